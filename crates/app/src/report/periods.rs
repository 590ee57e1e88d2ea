//! Periods of a report: flows with their rates, what may be trusted, and the last period against the past.

use fidance_domain::{
    history::Micros,
    retention::{coverage::Edges, flows::Flows, revenue::Revenue},
    time::{Days, Every, Window},
};
use fidance_stats::{
    difference::difference_of_proportions,
    interval::{Confidence, wilson},
    trend::theil_sen,
};
use jiff::civil::Date;

use super::{
    drivers::drivers,
    model::{Comparison, Headline, PeriodRow, SegmentPeriods, Trend},
};

/// What is known of the calendar of a report.
#[derive(Debug)]
pub(super) struct Calendar<'a> {
    pub(super) days: &'a Days,
    pub(super) edges: &'a Edges,
    pub(super) every: Every,
    /// The data are complete up to here.
    pub(super) until: Micros,
    /// First civil day with data.
    pub(super) first: Date,
    /// Activity window; contracts have none.
    pub(super) window: Option<Window>,
    /// First day from which customers who left are known too: before it everybody seems to have stayed.
    pub(super) known_from: Option<Date>,
}

impl Calendar<'_> {
    /// Whether the data reach the end of a period.
    pub(super) fn is_complete(&self, period: usize) -> bool {
        self.days.start(self.edges.day(period + 1)) <= self.until
    }

    fn warms_up(&self, period: usize) -> bool {
        let start = self.start(period);
        self.window.is_some_and(|window| window.before(start) < self.first)
            || self.known_from.is_some_and(|known_from| start < known_from)
    }

    /// First day of a period.
    pub(super) fn start(&self, period: usize) -> Date {
        self.days.date(self.edges.day(period))
    }
}

/// One row per period.
pub(super) fn rows(calendar: &Calendar<'_>, flows: &[Flows], revenue: Option<&[Revenue]>) -> Vec<PeriodRow> {
    let row = |(period, flows): (usize, &Flows)| {
        let revenue = revenue.and_then(|revenue| revenue.get(period));
        let rate = wilson(flows.k, flows.s, Confidence::default());
        PeriodRow {
            start: calendar.start(period),
            end: calendar.start(period + 1),
            complete: calendar.is_complete(period),
            warming_up: calendar.warms_up(period),
            s: flows.s,
            e: flows.e,
            k: flows.k,
            l: flows.l(),
            n: flows.n,
            r: flows.r,
            n_lost: flows.n_lost,
            trc: flows.trc(),
            trc_low: rate.map(|rate| rate.interval.low),
            trc_high: rate.map(|rate| rate.interval.high),
            trc_formula: flows.trc_formula(),
            revenue: revenue.map(|revenue| revenue.booked.to_f64()),
            nrr: revenue.and_then(Revenue::nrr),
            grr: revenue.and_then(Revenue::grr),
        }
    };
    flows.iter().enumerate().map(row).collect()
}

/// The last settled period against the one before, the year before, and the trend.
pub(super) fn headline(every: Every, rows: &[PeriodRow], segments: &[SegmentPeriods]) -> Option<Headline> {
    let period = rows.iter().rposition(PeriodRow::is_settled)?;
    let now = rows.get(period)?;
    let year_ago = rows.iter().position(|row| row.start == every.year_before(now.start));
    let compare = |other: usize| {
        let found = compare(rows, now, other)?;
        Some(Comparison { drivers: drivers(segments, rows, other, period), ..found })
    };
    Some(Headline {
        period,
        year_ago: year_ago.and_then(compare),
        previous: period.checked_sub(1).and_then(compare),
        trend: trend(every, rows.get(..=period)?),
    })
}

fn compare(rows: &[PeriodRow], now: &PeriodRow, other: usize) -> Option<Comparison> {
    let then = rows.get(other).filter(|row| row.is_settled())?;
    let difference = difference_of_proportions((now.k, now.s), (then.k, then.s), Confidence::default())?;
    Some(Comparison {
        period: other,
        difference: difference.value,
        low: difference.interval.low,
        high: difference.interval.high,
        drivers: Vec::new(),
    })
}

/// The slope over the last two years at most; at least six periods.
fn trend(every: Every, rows: &[PeriodRow]) -> Option<Trend> {
    const FEWEST: usize = 6;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 731")]
    let two_years = (2.0 * every.per_year()).round() as usize;
    let recent = rows.get(rows.len().saturating_sub(two_years)..)?;
    // A period that does not count leaves a hole, and the distance across it is kept.
    let rate = |row: &PeriodRow| row.trc.filter(|_| row.is_settled()).unwrap_or(f64::NAN);
    let series: Vec<f64> = recent.iter().map(rate).collect();
    let settled = series.iter().filter(|rate| rate.is_finite()).count();
    if settled < FEWEST {
        return None;
    }
    let slope = theil_sen(&series, Confidence::default()).ok()?.per(every.per_year());
    Some(Trend {
        per_year: slope.value,
        low: slope.interval.low,
        high: slope.interval.high,
        periods: settled,
    })
}
