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
    /// Purchases in the year after the calibration, where the data reach that far: what a forecast made then
    /// is held against.
    pub later: u32,
    /// Their sum.
    pub later_amount: Amount,
}

/// Days of the year after the calibration that are watched for [`Purchases::later`].
pub const LATER_DAYS: Day = 365;

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
    last_later: Day,
    later: u32,
    later_amount: Amount,
}

impl State {
    fn new(first: Day) -> Self {
        let none = Amount::ZERO;
        Self {
            first,
            last: first,
            repeats: 0,
            repeat_amount: none,
            last_later: first,
            later: 0,
            later_amount: none,
        }
    }

    fn buy(&mut self, day: Day, amount: Amount) {
        if day > self.last {
            self.repeats += 1;
            self.last = day;
        }
        if self.repeats > 0 {
            self.repeat_amount += amount;
        }
    }

    fn buy_later(&mut self, day: Day, amount: Amount) {
        self.later += u32::from(day > self.last_later);
        self.last_later = day;
        self.later_amount += amount;
    }
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
        if day > self.last_day + LATER_DAYS || !self.seen.is_multiple_of(self.one_in) {
            return;
        }
        match &mut self.state {
            Some(state) if day > self.last_day => state.buy_later(day, amount),
            Some(state) => state.buy(day, amount),
            None if day > self.last_day => {}
            None => self.state = Some(State::new(day)),
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
                later: state.later,
                later_amount: state.later_amount,
            });
        }
    }

    /// The customers so far.
    pub fn finish(self) -> Vec<Purchases> {
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_purchases_and_the_year_after_is_apart() {
        let mut kernel = PurchaseKernel::new(100, 1);
        kernel.begin();
        for (day, amount) in
            [(10, 5), (10, 1), (30, 7), (30, 2), (90, 4), (101, 50), (101, 1), (465, 60), (466, 99)]
        {
            kernel.observe(day, Amount::from_steps(amount));
        }
        kernel.end();
        // A customer who comes later is none yet.
        kernel.begin();
        kernel.observe(150, Amount::from_steps(9));
        kernel.end();
        let expected = Purchases {
            repeats: 2,
            recency: 80,
            age: 90,
            repeat_amount: Amount::from_steps(13),
            later: 2,
            later_amount: Amount::from_steps(111),
        };
        assert_eq!(kernel.finish(), [expected]);
    }

    #[test]
    fn one_in_three_is_one_in_three() {
        let mut kernel = PurchaseKernel::new(100, 3);
        for _ in 0..300 {
            kernel.begin();
            kernel.observe(1, Amount::ZERO);
            kernel.end();
        }
        assert_eq!(kernel.finish().len(), 100);
    }
}
