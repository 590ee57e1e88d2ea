//! The cohort matrix in its four variants, with what is not known yet left empty.

use fidance_domain::{
    retention::{
        cohort::{Bracket, CohortSummary},
        coverage::Edges,
    },
    time::{Day, Days, Every},
};

use super::{
    model::{self, CohortMeans, CohortRow, Cohorts, PooledMean},
    periods::Calendar,
};

/// More buckets than this make no readable matrix, and one of 10,000 days would take gigabytes.
const MAX_BUCKETS: usize = 400;

/// The bucket length for a matrix: that of the periods, or the next longer one that keeps it readable.
pub(super) fn edges(days: &Days, every: Every, (first, last): (Day, Day)) -> (Every, Edges) {
    let lengths = [Every::Day, Every::Week, Every::Month, Every::Quarter];
    let candidates = lengths.into_iter().skip_while(|&length| length != every);
    let mut with_edges = candidates.map(|length| (length, Edges::new(days, length, first, last)));
    let Some(mut best) = with_edges.next() else { return (every, Edges::new(days, every, first, last)) };
    while best.1.periods() > MAX_BUCKETS {
        match with_edges.next() {
            Some(longer) => best = longer,
            None => break,
        }
    }
    best
}

/// The usual brackets: the first, second and third thirds of a quarter, a half-year, a year.
pub(super) fn usual_brackets(every: Every) -> Vec<Bracket> {
    let bounds: &[(u32, u32)] = match every {
        Every::Day => &[(1, 6), (7, 13), (14, 29), (30, 59), (60, 89)],
        Every::Week => &[(1, 4), (5, 8), (9, 13), (14, 26), (27, 52)],
        Every::Month => &[(1, 3), (4, 6), (7, 9), (10, 12), (13, 24)],
        Every::Quarter => &[(1, 2), (3, 4), (5, 8)],
    };
    bounds.iter().map(|&(from, to)| Bracket { from, to }).collect()
}

/// The matrix as shown; cohorts without customers have no row.
pub(super) fn matrix(calendar: &Calendar<'_>, summary: &CohortSummary, brackets: &[Bracket]) -> Cohorts {
    let cell_is_complete = |cohort: usize, k: usize| calendar.is_complete(cohort + k);
    let observed = |cohort: usize, cells: Vec<u64>| -> Vec<Option<u64>> {
        cells.into_iter().enumerate().map(|(k, cell)| cell_is_complete(cohort, k).then_some(cell)).collect()
    };
    let row = |cohort: usize| {
        let bracket_is_complete = |bracket: &Bracket| {
            cohort + (bracket.to as usize) < summary.cohorts()
                && cell_is_complete(cohort, bracket.to as usize)
        };
        let bracket_cells = summary.bracket(cohort).into_iter().zip(brackets);
        CohortRow {
            start: calendar.start(cohort),
            size: summary.size(cohort),
            n_day: observed(cohort, summary.n_day(cohort)),
            unbounded: observed(cohort, summary.unbounded(cohort)),
            bracket: bracket_cells
                .map(|(cell, bracket)| bracket_is_complete(bracket).then_some(cell))
                .collect(),
            full: observed(cohort, summary.full(cohort)),
        }
    };
    let rows: Vec<CohortRow> =
        (0..summary.cohorts()).filter(|&cohort| summary.size(cohort) > 0).map(row).collect();
    let pooled = CohortMeans {
        n_day: pooled(&rows, |row| &row.n_day),
        unbounded: pooled(&rows, |row| &row.unbounded),
        bracket: pooled(&rows, |row| &row.bracket),
        full: pooled(&rows, |row| &row.full),
    };
    let brackets = brackets.iter().map(|b| model::Bracket { from: b.from, to: b.to }).collect();
    Cohorts { every: calendar.every.into(), brackets, rows, pooled }
}

/// Σ customers active / Σ customers, over the cohorts whose cell is complete.
fn pooled(rows: &[CohortRow], cells: impl Fn(&CohortRow) -> &Vec<Option<u64>>) -> Vec<Option<PooledMean>> {
    let columns = rows.iter().map(|row| cells(row).len()).max().unwrap_or(0);
    let mean = |k: usize| {
        let complete = rows.iter().filter_map(|row| Some((cells(row).get(k).copied().flatten()?, row.size)));
        let (active, customers) = complete.fold((0, 0), |sum, cell| (sum.0 + cell.0, sum.1 + cell.1));
        (customers > 0).then(|| PooledMean { rate: active as f64 / customers as f64, customers })
    };
    (0..columns).map(mean).collect()
}
