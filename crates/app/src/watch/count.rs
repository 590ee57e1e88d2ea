//! The passes over the rows: what the watch counts, week by week.

use fidance_domain::{
    amount::Amount,
    history::{DayVisitor, Histories, HistoryError, Micros, Profile},
    retention::{
        ActivityWindow,
        coverage::Edges,
        event_study::{EventStudyKernel, Study, StudySummary},
        exposure::{ExposureKernel, ExposureSummary},
        flows::{FlowKernel, FlowSummary},
        group::EVERYBODY,
        landmark::{LandmarkKernel, LandmarkSummary},
        returns::{Chances, ReturnsKernel, ReturnsSummary},
        running::{RunningKernel, RunningSummary},
    },
    time::{Day, Days},
};

use crate::report::pass::{PartVisitor, over_parts};

/// The rows, and the weeks they are counted in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) source: &'a dyn Histories,
    pub(crate) threads: usize,
    pub(crate) days: &'a Days,
    pub(crate) until: Micros,
    pub(crate) weeks: &'a Edges,
}

/// What the first pass finds.
#[derive(Debug)]
pub(crate) struct Counted {
    /// Exposures of everybody.
    pub(crate) exposure: ExposureSummary,
    /// Returns by what customers were like weeks before.
    pub(crate) landmarks: LandmarkSummary,
    /// S, K and the rest by week, of everybody.
    pub(crate) flows: FlowSummary,
    /// One per study.
    pub(crate) studies: Vec<StudySummary>,
    /// The week that is not over; absent where no day of it is.
    pub(crate) running: Option<RunningSummary>,
}

struct First<'a> {
    window: &'a ActivityWindow,
    exposure: ExposureKernel<'a>,
    landmarks: LandmarkKernel<'a>,
    flows: FlowKernel<'a>,
    studies: EventStudyKernel<'a>,
    running: Option<RunningKernel<'a>>,
}

impl First<'_> {
    fn finish(self) -> Counted {
        Counted {
            exposure: self.exposure.finish(),
            landmarks: self.landmarks.finish(),
            flows: self.flows.finish(),
            studies: self.studies.finish(),
            running: self.running.map(RunningKernel::finish),
        }
    }
}

impl PartVisitor for First<'_> {}

impl DayVisitor for First<'_> {
    fn wants_amounts(&self) -> bool {
        false
    }

    fn begin(&mut self, profile: Profile) {
        self.exposure.begin(&[EVERYBODY]);
        self.landmarks.begin();
        self.flows.begin(&[EVERYBODY]);
        self.studies.begin(profile);
        self.running.iter_mut().for_each(RunningKernel::begin);
    }

    fn days(&mut self, days: &[Day], _: &[Amount]) {
        for &day in days {
            self.exposure.observe(day);
            self.landmarks.observe(day);
            self.flows.observe(self.window.of(day));
            self.studies.observe(day);
        }
        if let Some(running) = &mut self.running {
            days.iter().for_each(|&day| running.observe(day));
        }
    }

    fn end(&mut self) {
        self.exposure.end();
        self.landmarks.end();
        self.flows.end();
        self.studies.end();
        self.running.iter_mut().for_each(RunningKernel::end);
    }
}

/// Exposures, flows, studies and the running week, in one pass.
pub(crate) fn first(
    rows: Rows<'_>,
    window: &ActivityWindow,
    studies: &[Study],
    running: Option<&Edges>,
) -> Result<Counted, HistoryError> {
    let new = || First {
        window,
        exposure: ExposureKernel::new(rows.weeks, 1),
        landmarks: LandmarkKernel::new(rows.weeks),
        flows: FlowKernel::new(rows.weeks, 1),
        studies: EventStudyKernel::new(rows.weeks, studies),
        running: running.map(RunningKernel::new),
    };
    let visitors = over_parts(rows.source, rows.threads, (rows.days, rows.until), new)?;
    let mut counted = visitors.into_iter().map(First::finish);
    // There is at least one thread, hence one visitor.
    let mut sum = counted.next().unwrap_or_else(|| new().finish());
    for other in counted {
        sum.exposure.add(&other.exposure);
        sum.landmarks.add(&other.landmarks);
        sum.flows.add(&other.flows);
        sum.studies.iter_mut().zip(&other.studies).for_each(|(mine, theirs)| mine.add(theirs));
        sum.running.iter_mut().zip(&other.running).for_each(|(mine, theirs)| mine.add(theirs));
    }
    Ok(sum)
}

struct Second<'a>(ReturnsKernel<'a>);

impl PartVisitor for Second<'_> {}

impl DayVisitor for Second<'_> {
    fn begin(&mut self, profile: Profile) {
        self.0.begin(profile);
    }

    fn days(&mut self, days: &[Day], amounts: &[Amount]) {
        days.iter().zip(amounts).for_each(|(&day, &amount)| self.0.observe(day, amount));
    }

    fn end(&mut self) {
        self.0.end();
    }
}

/// Returns against the chances, by every combination of segment values, in a second pass.
pub(crate) fn second(rows: Rows<'_>, chances: &Chances) -> Result<ReturnsSummary, HistoryError> {
    let new = || Second(ReturnsKernel::new(rows.weeks, chances));
    let visitors = over_parts(rows.source, rows.threads, (rows.days, rows.until), new)?;
    let mut summaries = visitors.into_iter().map(|visitor| visitor.0.finish());
    let mut sum = summaries.next().unwrap_or_else(|| new().0.finish());
    summaries.for_each(|other| sum.add(&other));
    Ok(sum)
}
