//! The alarm per segment on a shop of customers: the segment that falls alone is named, and nothing else is.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "numbers of customers and instants"
)]

use std::sync::Arc;

use fidance_app::{
    barometer::{Barometer, Rows},
    report::model::PeriodLength,
    watch::{WatchSource, model::Watch},
};
use fidance_domain::{
    amount::Amount,
    history::{Profile, Segments},
    testing::{Customer, MemoryHistories},
};
use jiff::civil::date;

use crate::support::{DAY, at, provenance, settings};

const COUNTRIES: [&str; 4] = ["FR", "BE", "ES", "DE"];
const DAYS: i64 = 154 * 7;
/// The last fourteen weeks.
const FALL: i64 = DAYS - 14 * 7;

/// A number between 0 and 1 that belongs to a customer and a purpose.
fn chance(id: u64, salt: u64) -> f64 {
    let mixed = (id + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (salt + 1).wrapping_mul(0xd1b5_4a32_d192_ed03);
    let mixed = (mixed ^ (mixed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((mixed ^ (mixed >> 29)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Customers who come at a pace of their own; from [`FALL`] on, so many of the visits of some countries stay away.
pub(crate) fn looked(order: [u32; 4], falls: impl Fn(&str) -> f64) -> Barometer {
    let customer = |id: u64| {
        let country = (chance(id, 0) * 4.0).floor() as usize % 4;
        let pace = 1.0 / (12.0 + 40.0 * chance(id, 1));
        let first = if chance(id, 2) < 0.5 { 0.0 } else { chance(id, 3) * DAYS as f64 };
        let kept = 1.0 - falls(COUNTRIES[country]);
        let mut day = first;
        let mut activities = Vec::new();
        for visit in 0.. {
            day += -(1.0 - chance(id, 10 + 2 * visit)).ln() / pace;
            if day >= DAYS as f64 {
                break;
            }
            if day < FALL as f64 || chance(id, 11 + 2 * visit) < kept {
                let instant = at(date(2023, 1, 2)) + (day * DAY as f64) as i64;
                activities.push((instant, Amount::default()));
            }
        }
        Customer { profile: Profile(order[country]), activities }
    };
    let mut values = vec![String::new(); 4];
    for (country, name) in COUNTRIES.iter().enumerate() {
        (*name).clone_into(&mut values[order[country] as usize]);
    }
    let histories = MemoryHistories {
        customers: (0..3_000).map(customer).filter(|customer| !customer.activities.is_empty()).collect(),
        segments: Segments {
            dimensions: vec!["country".into()],
            values: vec![values],
            profiles: (0..4).map(|value| vec![value]).collect(),
            ..Segments::default()
        },
        parts: 1,
        has_amounts: false,
    };
    let rows = Rows::Activities(Box::new(histories));
    Barometer::new(rows, settings(PeriodLength::Month, "90d"), provenance())
}

fn shop(order: [u32; 4], falls: impl Fn(&str) -> f64) -> Watch {
    Arc::unwrap_or_clone(looked(order, falls).watch().unwrap())
}

#[test]
fn a_country_that_falls_alone_is_named_first_and_no_other_is() {
    let watch = shop([0, 1, 2, 3], |country| if country == "ES" { 0.4 } else { 0.0 });
    let names: Vec<(&str, bool)> =
        watch.segments.iter().map(|segment| (segment.value.as_str(), segment.raised)).collect();
    assert_eq!((names.len(), names[0]), (4, ("ES", true)), "{names:?}");
    assert!(names[1..].iter().all(|(_, raised)| !raised), "{names:?}");
    let spain = &watch.segments[0];
    assert_eq!(spain.rank, 1);
    let fall = date(2023, 1, 2).saturating_add(jiff::Span::new().days(FALL));
    let since = spain.since.unwrap();
    assert!((since - fall).get_days().abs() <= 14, "{since}");
    assert!(spain.relative.low < -0.3 && spain.relative.high < -0.1, "{spain:?}");
}

#[test]
fn a_fall_of_all_countries_is_no_segments() {
    let watch = shop([0, 1, 2, 3], |_| 0.3);
    assert!(watch.segments.iter().all(|segment| !segment.raised), "{:?}", watch.segments);
    assert_eq!(watch.alarms.iter().filter(|alarm| alarm.id.starts_with("returns")).count(), 1);
}

/// Named and measured alike, whichever value was seen first in the data.
#[test]
fn the_order_of_values_does_not_matter() {
    let one = shop([0, 1, 2, 3], |country| if country == "BE" { 0.5 } else { 0.0 });
    let other = shop([2, 0, 3, 1], |country| if country == "BE" { 0.5 } else { 0.0 });
    assert_eq!(one.segments, other.segments);
}
