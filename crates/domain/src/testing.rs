//! For tests: histories in memory, and retention computed the plain, slow, obviously right way.
//!
//! [`plain`] follows the definitions word for word, with instants and sets, and shares nothing with the
//! kernels but the types of the results.

use crate::{
    amount::Amount,
    history::{Extent, Histories, HistoryError, HistoryVisitor, Micros, Profile, Segments},
};

/// One customer in memory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Customer {
    /// Group of segment values.
    pub profile: Profile,
    /// Activities in order of time.
    pub activities: Vec<(Micros, Amount)>,
}

/// Histories in memory, split into parts by turns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MemoryHistories {
    /// Customers in any order.
    pub customers: Vec<Customer>,
    /// Segment columns.
    pub segments: Segments,
    /// Number of parts; 0 counts as 1.
    pub parts: usize,
    /// Whether amounts mean something.
    pub has_amounts: bool,
}

impl MemoryHistories {
    /// Customers without segments or amounts, each given by the instants of its activities.
    pub fn from_instants(customers: impl IntoIterator<Item = Vec<Micros>>) -> Self {
        let customer = |mut instants: Vec<Micros>| {
            instants.sort_unstable();
            let activities = instants.into_iter().map(|at| (at, Amount::ZERO)).collect();
            Customer { profile: Profile::default(), activities }
        };
        Self { customers: customers.into_iter().map(customer).collect(), ..Self::default() }
    }
}

impl Histories for MemoryHistories {
    fn extent(&self) -> Option<Extent> {
        let instants = || self.customers.iter().flat_map(|customer| &customer.activities).map(|(at, _)| *at);
        Some(Extent {
            first: instants().min()?,
            until: instants().max()? + 1,
            rows: instants().count() as u64,
        })
    }

    fn segments(&self) -> &Segments {
        &self.segments
    }

    fn has_amounts(&self) -> bool {
        self.has_amounts
    }

    fn parts(&self) -> usize {
        self.parts.max(1)
    }

    fn visit(&self, part: usize, visitor: &mut dyn HistoryVisitor) -> Result<(), HistoryError> {
        for customer in self.customers.iter().skip(part).step_by(self.parts()) {
            let (at, amounts): (Vec<_>, Vec<_>) = customer.activities.iter().copied().unzip();
            if at.is_empty() {
                continue;
            }
            visitor.begin(customer.profile);
            visitor.activities(&at, &amounts);
            visitor.end();
        }
        Ok(())
    }
}

/// The definitions, word for word.
pub mod plain {
    use jiff::{civil::Date, tz::TimeZone};

    use crate::{
        history::Micros,
        retention::flows::Flows,
        time::{Window, start_of_day},
    };

    /// Whether a customer with these activities is active at the start of `date`.
    pub fn is_active(activities: &[Micros], zone: &TimeZone, date: Date, window: Window) -> bool {
        let (from, until) = (start_of_day(zone, window.before(date)), start_of_day(zone, date));
        activities.iter().any(|&at| from <= at && at < until)
    }

    /// The flows over `[start, end)`.
    pub fn flows(
        customers: &[Vec<Micros>],
        zone: &TimeZone,
        start: Date,
        end: Date,
        window: Window,
    ) -> Flows {
        let (s, e) = (start_of_day(zone, start), start_of_day(zone, end));
        let mut flows = Flows::default();
        for activities in customers {
            let Some(&first) = activities.iter().min() else { continue };
            let at_start = is_active(activities, zone, start, window);
            let at_end = is_active(activities, zone, end, window);
            let began_inside = s <= first && first < e;
            flows.s += u64::from(at_start);
            flows.e += u64::from(at_end);
            flows.k += u64::from(at_start && at_end);
            flows.n += u64::from(began_inside && at_end);
            flows.n_lost += u64::from(began_inside && !at_end);
            flows.r += u64::from(!at_start && at_end && first < s);
        }
        flows
    }

    /// Customers of the cohort that began in `[start, end)` with an activity in every one of `ranges`
    /// (`all`), or in at least one of them.
    pub fn cohort(
        customers: &[Vec<Micros>],
        zone: &TimeZone,
        (start, end): (Date, Date),
        ranges: &[(Date, Date)],
        all: bool,
    ) -> u64 {
        let inside = |at: Micros, (from, to): (Date, Date)| {
            start_of_day(zone, from) <= at && at < start_of_day(zone, to)
        };
        let seen = |activities: &[Micros], range| activities.iter().any(|&at| inside(at, range));
        let counts = |activities: &&Vec<Micros>| {
            activities.iter().min().is_some_and(|&first| inside(first, (start, end)))
                && if all {
                    ranges.iter().all(|&range| seen(activities, range))
                } else {
                    ranges.iter().any(|&range| seen(activities, range))
                }
        };
        customers.iter().filter(counts).count() as u64
    }

    /// First day on which a customer is not active any more, before `horizon`; `None` if there is none.
    /// Counts from the day after the first activity.
    pub fn first_inactive(
        activities: &[Micros],
        zone: &TimeZone,
        first_day: Date,
        horizon: Date,
        window: Window,
    ) -> Option<Date> {
        let mut date = first_day.tomorrow().ok()?;
        while date <= horizon {
            if !is_active(activities, zone, date, window) {
                return Some(date);
            }
            date = date.tomorrow().ok()?;
        }
        None
    }
}
