//! When a customer would try to buy if nothing were planted.
//!
//! All random numbers that decide an attempt are drawn here, before any world is looked at. Every
//! counterfactual world then asks the same numbers, so that worlds differ only by what was planted.

use crate::{
    calendar::{Calendar, Micros, floor_index},
    draw::{Purpose, Stream},
    person::Person,
};

/// What someone who comes to the shop is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Intent {
    Buy,
    /// Only looks, while the change of this number confronts visitors with something.
    Look(u8),
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    pub(crate) at: Micros,
    pub(crate) day: u32,
    /// Its number among the customer's attempts, the same in every world.
    pub(crate) number: u32,
    pub(crate) intent: Intent,
    /// Below the product of all factors, the customer comes.
    pub(crate) will: f64,
    /// Decides ordinary losses at authentication and payment.
    pub(crate) luck: f64,
    /// Value of the order, if it becomes one, in hundredths.
    pub(crate) cents: u32,
}

impl Attempt {
    pub(crate) const fn look(at: Micros, day: u32, change: u8, will: f64) -> Self {
        let number = (1 << 31) | change as u32;
        Self { at, day, number, intent: Intent::Look(change), will, luck: 1.0, cents: 0 }
    }
}

/// Fills `attempts` with a customer's attempts in order of time.
pub(crate) fn draw(
    seed: u64,
    customer: u32,
    person: &Person,
    value_within: f64,
    calendar: &Calendar,
    attempts: &mut Vec<Attempt>,
) {
    attempts.clear();
    let mut gaps = Stream::new(seed, customer, Purpose::Gaps, 0);
    let mut stream = Stream::new(seed, customer, Purpose::Attempts, 0);
    let mut attempt = |day: usize| {
        let day = day.min(calendar.days().saturating_sub(1));
        Attempt {
            at: calendar.moment(day, stream.unit(), stream.unit()),
            day: u32::try_from(day).unwrap_or(u32::MAX),
            number: 0,
            intent: Intent::Buy,
            will: stream.unit(),
            luck: stream.unit(),
            cents: cents(person.level * libm::exp(value_within * stream.normal())),
        }
    };
    if person.acquired >= 0.0 {
        attempts.push(attempt(floor_index(person.acquired)));
    }
    for (start, end) in &person.spells {
        let until = calendar.busy_until(*end);
        let (mut busy, mut day) = (calendar.busy_until(*start), floor_index(*start));
        loop {
            busy += gaps.exponential() / person.rate;
            if busy >= until {
                break;
            }
            day = calendar.day_when_busy(busy, day);
            attempts.push(attempt(day));
        }
    }
    attempts.sort_by_key(|attempt| attempt.at);
    attempts.iter_mut().zip(0..).for_each(|(attempt, number)| attempt.number = number);
}

/// At least one unit.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped on this line")]
fn cents(value: f64) -> u32 {
    (value * 100.0).round().clamp(100.0, 4e9) as u32
}
