//! Faults of recorded data: rows without a customer, double rows, late rows, wrong clocks.

use crate::{
    calendar::{DAY, HOUR, Micros},
    draw::{Purpose, Stream},
    event::{Event, NOBODY},
    scenario::Dirt,
};

/// Spoils a customer's events as the scenario says.
pub(crate) fn spoil(dirt: &Dirt, seed: u64, customer: u32, events: &mut Vec<Event>) {
    if *dirt == Dirt::default() {
        return;
    }
    let mut stream = Stream::new(seed, customer, Purpose::Dirt, 0);
    let mut twice = Vec::new();
    for event in events.iter_mut() {
        spoil_one(dirt, &mut stream, event);
        if stream.chance(dirt.duplicates) {
            let delay = span(&mut stream, 0, 2 * DAY);
            twice.push(Event { received: event.received + delay, ..*event });
        }
    }
    events.append(&mut twice);
}

fn spoil_one(dirt: &Dirt, stream: &mut Stream, event: &mut Event) {
    let (nobody, late, clock) = (stream.unit(), stream.unit(), stream.unit());
    if nobody < dirt.missing_id {
        event.id = 1;
    } else if nobody < dirt.missing_id + dirt.reserved_id {
        let words = NOBODY.len() - 1;
        event.id = u8::try_from(2 + stream.below(words)).unwrap_or(2);
    }
    if late < dirt.late {
        event.received += span(stream, HOUR, 7 * DAY);
    } else if late < dirt.late + dirt.very_late {
        event.received += span(stream, 30 * DAY, 60 * DAY);
    }
    if clock < dirt.clock_skew {
        event.at += span(stream, -DAY, DAY);
    } else if clock < dirt.clock_skew + dirt.future {
        event.at += span(stream, DAY, 30 * DAY);
    }
}

/// Whole seconds between two spans.
#[expect(clippy::cast_possible_truncation, reason = "less than a hundred days")]
fn span(stream: &mut Stream, least: Micros, most: Micros) -> Micros {
    let micros = least + (stream.unit() * (most - least) as f64) as i64;
    micros - micros.rem_euclid(1_000_000)
}
