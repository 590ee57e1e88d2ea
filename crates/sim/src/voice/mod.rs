//! What customers say: complaints on several channels, and answers to exit surveys.
//!
//! Voices follow from what happened in the world as it is, and never change it.

mod complaint;
mod survey;
mod texts;

use crate::{
    calendar::{Calendar, Micros},
    change::{Change, Hold},
    journey::Visits,
    scenario::Voices,
    segment::SegmentTable,
    truth::Order,
    world::Fate,
};

pub(crate) use complaint::{Complaint, write_complaints};
pub(crate) use survey::{Survey, write_surveys};

/// Listens to customers.
#[derive(Debug)]
pub(crate) struct Listener<'a> {
    pub(crate) seed: u64,
    pub(crate) voices: &'a Voices,
    /// For each change, the share of those concerned who complain, and about what.
    pub(crate) grievances: Vec<Grievance>,
    pub(crate) changes: &'a [Change],
    pub(crate) calendar: &'a Calendar,
    pub(crate) table: &'a SegmentTable,
}

/// What a change makes customers complain about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grievance {
    pub(crate) share: f64,
    /// Mean days until a complaint.
    pub(crate) delay: f64,
    pub(crate) motive: Motive,
}

/// What a complaint is about, as a good agent would note it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Motive {
    Delivery,
    Product,
    Price,
    Payment,
    Account,
    DataBreach,
    BreachSilence,
    SecurityWarning,
    AuthenticationCode,
}

impl Motive {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Delivery => "delivery",
            Self::Product => "product",
            Self::Price => "price",
            Self::Payment => "payment",
            Self::Account => "account",
            Self::DataBreach => "data_breach",
            Self::BreachSilence => "breach_silence",
            Self::SecurityWarning => "security_warning",
            Self::AuthenticationCode => "authentication_code",
        }
    }
}

/// Why a customer left, as the simulator knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    Life,
    Security,
    Authentication,
}

/// What kept a customer away between two instants.
fn cause(visits: Visits<'_>, from: Micros, to: Micros) -> Cause {
    let attempts = visits.attempts.iter().zip(&visits.world.fates);
    let missed = attempts.filter(|(attempt, _)| attempt.at > from && attempt.at <= to);
    let mut blamed = missed.filter_map(|(attempt, fate)| match fate {
        Fate::LostTo(number) => Some(usize::from(*number)),
        Fate::Absent => strongest(visits, attempt.at),
        _ => None,
    });
    blamed.next_back().map_or(Cause::Life, |number| match visits.stakes.get(number).map(|stake| stake.hold) {
        Some(Hold::Friction { sight: false, .. }) => Cause::Authentication,
        Some(Hold::Drift { .. }) | None => Cause::Life,
        _ => Cause::Security,
    })
}

fn strongest(visits: Visits<'_>, at: Micros) -> Option<usize> {
    let factors =
        visits.stakes.iter().zip(&visits.world.since).map(|(stake, since)| stake.factor(*since, at));
    let least = factors.enumerate().min_by(|a, b| a.1.total_cmp(&b.1));
    least.filter(|(_, factor)| *factor < 1.0).map(|(number, _)| number)
}

/// The last order before an instant.
fn last_before(orders: &[Order], at: Micros) -> Option<&Order> {
    orders.iter().rev().find(|order| order.at < at)
}
