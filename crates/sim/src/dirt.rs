//! Faults of recorded data: rows without a customer, double rows, late rows, wrong clocks.
//!
//! In a table a row by a wrong clock has a wrong date. A message says beside it what the same clock showed when it was sent,
//! so that its receiver can find the error out; the error may be as large as clocks really show.

use crate::{
    calendar::{DAY, HOUR, Micros, SECOND},
    draw::{Purpose, Stream},
    event::{Event, NOBODY},
    scenario::Dirt,
};

/// Errors of clocks that are told: five minutes to three years.
const CLOCKS: (f64, f64) = (300.0, 3.0 * 365.0 * 86_400.0);

/// What is known of wrong clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clocks {
    /// Nothing: rows are dated wrongly.
    Hidden,
    /// What they showed when a message was sent.
    Told,
}

/// Spoils a customer's events as the scenario says.
pub(crate) fn spoil(dirt: &Dirt, clocks: Clocks, seed: u64, customer: u32, events: &mut Vec<Event>) {
    if *dirt == Dirt::default() {
        return;
    }
    let mut stream = Stream::new(seed, customer, Purpose::Dirt, 0);
    let mut twice = Vec::new();
    for event in events.iter_mut() {
        spoil_one(dirt, clocks, &mut stream, event);
        if stream.chance(dirt.duplicates) {
            let delay = span(&mut stream, 0, 2 * DAY);
            twice.push(Event { received: event.received + delay, ..*event });
        }
    }
    events.append(&mut twice);
}

/// When what was sent at an instant is received, the seconds by which the sender's clock is ahead, and when it is received
/// again, if it is.
pub(crate) fn way(dirt: &Dirt, stream: &mut Stream, at: Micros) -> (Micros, i32, Option<Micros>) {
    let (late, clock) = (stream.unit(), stream.unit());
    let received = at + delay(dirt, stream, late);
    let ahead = if clock < dirt.clock_skew + dirt.future { wrong_by(stream) } else { 0 };
    let again = stream.chance(dirt.duplicates).then(|| received + span(stream, SECOND, 2 * DAY));
    (received, ahead, again)
}

fn spoil_one(dirt: &Dirt, clocks: Clocks, stream: &mut Stream, event: &mut Event) {
    let (nobody, late, clock) = (stream.unit(), stream.unit(), stream.unit());
    if nobody < dirt.missing_id {
        event.id = 1;
    } else if nobody < dirt.missing_id + dirt.reserved_id {
        let words = NOBODY.len() - 1;
        event.id = u8::try_from(2 + stream.below(words)).unwrap_or(2);
    }
    event.received += delay(dirt, stream, late);
    if clocks == Clocks::Told {
        if clock < dirt.clock_skew + dirt.future {
            event.ahead = wrong_by(stream);
        }
    } else if clock < dirt.clock_skew {
        event.at += span(stream, -DAY, DAY);
    } else if clock < dirt.clock_skew + dirt.future {
        event.at += span(stream, DAY, 30 * DAY);
    }
}

fn delay(dirt: &Dirt, stream: &mut Stream, late: f64) -> Micros {
    if late < dirt.late {
        span(stream, HOUR, 7 * DAY)
    } else if late < dirt.late + dirt.very_late {
        span(stream, 30 * DAY, 60 * DAY)
    } else {
        0
    }
}

/// Small errors are as frequent as large ones, and clocks are slow as often as fast.
#[expect(clippy::cast_possible_truncation, reason = "at most three years of seconds")]
fn wrong_by(stream: &mut Stream) -> i32 {
    let (least, most) = CLOCKS;
    let size = least * libm::pow(most / least, stream.unit());
    if stream.chance(0.5) { size as i32 } else { -(size as i32) }
}

/// Whole seconds between two spans.
#[expect(clippy::cast_possible_truncation, reason = "less than a hundred days")]
fn span(stream: &mut Stream, least: Micros, most: Micros) -> Micros {
    let micros = least + (stream.unit() * (most - least) as f64) as i64;
    micros - micros.rem_euclid(1_000_000)
}
