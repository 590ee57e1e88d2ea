//! A small shop in memory, and the settings to report on it.

use std::collections::BTreeMap;

use fidance_app::report::{
    model::{Input, PeriodLength, Rejected},
    question::{Question, WindowOption},
    settings::{Provenance, Settings},
};
use fidance_domain::{
    amount::Amount,
    history::{Micros, Profile, Segments},
    testing::{Customer, MemoryHistories},
};
use jiff::{civil::Date, tz::TimeZone};

pub(crate) const DAY: i64 = 86_400_000_000;

pub(crate) fn at(date: Date) -> Micros {
    date.to_zoned(TimeZone::UTC).unwrap().timestamp().as_microsecond()
}

pub(crate) fn question(every: PeriodLength, window: &str) -> Question {
    let window =
        if window == "auto" { WindowOption::Auto } else { WindowOption::Given(window.parse().unwrap()) };
    Question { every, window }
}

pub(crate) fn settings(every: PeriodLength, window: &str) -> Settings {
    Settings { threads: 1, ..Settings::new(question(every, window), TimeZone::UTC) }
}

pub(crate) fn provenance() -> Provenance {
    let input = Input {
        version: None,
        files: vec![],
        rows: 0,
        rows_used: 0,
        rows_filtered: 0,
        customers: 0,
        columns: BTreeMap::new(),
    };
    Provenance { input, rejected: Rejected::default(), notes: vec![] }
}

/// `count` customers in two countries who buy at steady but differing rhythms, some of whom stop for good.
pub(crate) fn shop(count: u32, days: i64) -> MemoryHistories {
    let start = at(jiff::civil::date(2023, 1, 1));
    let customer = |id: u32| {
        // A fixed multiplicative hash: spread out, and the same in every run.
        let noise = |salt: u64| {
            (u64::from(id) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17).wrapping_mul(salt | 1)
                >> 33
        };
        let rhythm = 5 + (noise(3) % 55) as i64;
        let begins = (noise(5) % (days as u64 * 2 / 3)) as i64;
        let stops = if noise(7).is_multiple_of(3) { begins + (noise(11) % 200) as i64 } else { days };
        let mut activities = Vec::new();
        let mut day = begins;
        let mut k = 0;
        while day < stops.min(days) {
            let cents = 1_000 + (noise(13) % 4_000) as i64 + (noise(17 + k) % 700) as i64;
            activities.push((
                start + day * DAY + (noise(19 + k) % 86_400) as i64 * 1_000_000,
                Amount::from_steps(cents * 100),
            ));
            day += rhythm + (noise(23 + k) % 9) as i64;
            k += 2;
        }
        activities.sort_unstable();
        Customer { profile: Profile(id % 2), activities }
    };
    MemoryHistories {
        customers: (0..count).map(customer).filter(|customer| !customer.activities.is_empty()).collect(),
        segments: Segments {
            dimensions: vec!["country".into()],
            values: vec![vec!["FR".into(), "BE".into()]],
            profiles: vec![vec![0], vec![1]],
            ..Segments::default()
        },
        parts: 1,
        has_amounts: true,
    }
}
