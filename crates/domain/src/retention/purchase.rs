//! What models of buying need of each customer: how often, how recently, for how long, for how much.

use crate::{amount::Amount, time::Day};

/// One customer's purchases. Purchases of one civil day are one purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purchases {
    /// Repeat purchases: active days after the first.
    pub repeats: u32,
    /// Days from the first to the last purchase.
    pub recency: u32,
    /// Days from the first purchase to the end of the calibration.
    pub age: u32,
    /// Sum over the repeat purchases.
    pub repeat_amount: Amount,
}

impl Purchases {
    /// Days of silence at the end of the calibration.
    pub const fn silent(&self) -> u32 {
        self.age - self.recency
    }

    /// Mean amount of a repeat purchase.
    pub fn mean_amount(&self) -> Option<f64> {
        (self.repeats > 0).then(|| self.repeat_amount.to_f64() / f64::from(self.repeats))
    }
}

/// Collects the purchases of every n-th customer up to the end of the calibration.
///
/// Parts hold customers in the order of a hash, so every n-th of a part is a sample drawn by chance, and the
/// same one in every run.
#[derive(Debug)]
pub struct PurchaseKernel {
    last_day: Day,
    one_in: u64,
    seen: u64,
    rows: Vec<Purchases>,
    state: Option<State>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    first: Day,
    last: Day,
    repeats: u32,
    repeat_amount: Amount,
}

impl PurchaseKernel {
    /// Purchases up to and including `last_day`, of one customer in `one_in`.
    pub fn new(last_day: Day, one_in: u64) -> Self {
        Self { last_day, one_in: one_in.max(1), seen: 0, rows: Vec::new(), state: None }
    }

    /// Another part begins. Counting anew makes the sample independent of who reads which part.
    pub fn begin_part(&mut self) {
        self.seen = 0;
    }

    /// A new customer.
    #[inline]
    pub fn begin(&mut self) {
        self.state = None;
        self.seen += 1;
    }

    /// The customer's next active day, in order, with what was bought.
    #[inline]
    pub fn observe(&mut self, day: Day, amount: Amount) {
        if day > self.last_day || !self.seen.is_multiple_of(self.one_in) {
            return;
        }
        match &mut self.state {
            None => {
                self.state = Some(State { first: day, last: day, repeats: 0, repeat_amount: Amount::ZERO })
            }
            Some(state) => {
                if day > state.last {
                    state.repeats += 1;
                    state.last = day;
                }
                if state.repeats > 0 {
                    state.repeat_amount += amount;
                }
            }
        }
    }

    /// The customer is over.
    #[inline]
    pub fn end(&mut self) {
        if let Some(state) = self.state.take() {
            self.rows.push(Purchases {
                repeats: state.repeats,
                recency: state.last - state.first,
                age: self.last_day - state.first,
                repeat_amount: state.repeat_amount,
            });
        }
    }

    /// The customers so far.
    pub fn finish(self) -> Vec<Purchases> {
        self.rows
    }
}
