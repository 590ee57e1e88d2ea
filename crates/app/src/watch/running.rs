//! The week that is not over: who came so far against who was to be expected by now. It is shown, and nothing rests on it: no
//! evidence, no alarm, and nothing that is stored.

use fidance_domain::{
    history::Micros,
    retention::{
        coverage::Edges,
        running::{DAYS, RunningSummary, WEEKS},
    },
    time::Days,
};
use fidance_stats::{
    hazard::{Completion, Running},
    interval::Confidence,
};

use super::{look::figure, model::RunningWeek, returns::Leading};

/// The running week in days.
#[derive(Debug)]
pub(crate) struct SoFar {
    /// The last complete weeks, and the running one.
    pub(crate) edges: Edges,
    /// Days of the running week that are over: 1 to 6.
    days: usize,
}

impl SoFar {
    /// `None` where no day of the running week is over by `until`, up to which the data are complete.
    pub(crate) fn new(days: &Days, weeks: &Edges, until: Micros) -> Option<Self> {
        let monday = weeks.day(weeks.periods());
        let over = (monday..days.len()).take(DAYS).take_while(|day| days.start(day + 1) <= until).count();
        (over > 0).then(|| Self { edges: weeks.running(days, WEEKS), days: over })
    }
}

/// What came so far and what was to be expected; `None` where nothing was.
pub(crate) fn week(
    so_far: &SoFar,
    counted: &RunningSummary,
    days: &Days,
    leading: &Leading,
) -> Option<RunningWeek> {
    let expected = leading.ahead(counted.at_risk())?;
    let completion = Completion::fit(counted.complete(), so_far.days)?;
    let running = Running::new(&expected, &completion);
    let observed = counted.running().iter().take(so_far.days).sum();
    Some(RunningWeek {
        start: days.date(so_far.edges.day(so_far.edges.periods() - 1)),
        days: so_far.days as u64,
        due: counted.at_risk().map(|(_, customers)| customers).sum(),
        observed,
        completion: figure(completion.of_one_week(expected.expected, Confidence::P95)),
        expected: figure(running.by_now(Confidence::P95)),
        total: figure(running.whole(observed, Confidence::P95)),
    })
}
