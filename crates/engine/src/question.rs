//! What is asked of a lake, and the kernels that answer it: part by part, in integers that add.
//!
//! A [`Question`] with its [`Bounds`] is all that a task on another machine needs to count in the same periods.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use fidance_domain::{
    amount::Amount,
    history::{DayVisitor, Extent, Histories, HistoryError, Marked, Micros, Profile},
    retention::{
        ActivityWindow, GroupId, Groups,
        cohort::{Bracket, CohortKernel, CohortSummary},
        coverage::Edges,
        flows::{FlowKernel, FlowSummary},
        group::EVERYBODY,
    },
    time::{Day, Days, Every, Window, date_of},
};
use jiff::{civil::Date, tz::TimeZone};

/// More periods than this make no table that anybody reads, and a cohort matrix that fills the memory.
const MAX_PERIODS: usize = 5_000;
const MAX_COHORTS: usize = 1_000;
/// As in the report: longer data are a wrong date.
const MAX_DAYS: i64 = 200 * 366;
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Question {
    /// The flows of every period of this length, with this window of activity.
    pub flows: Option<(Every, Window)>,
    /// The cohorts of periods of this length, and brackets of buckets after them.
    pub cohorts: Option<(Every, Vec<Bracket>)>,
    /// Flows of every segment value too, not only of everybody.
    pub by_segment: bool,
}

/// The instants between which data are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The first activity.
    pub first: Micros,
    /// The data are complete up to here.
    pub until: Micros,
}

impl From<Extent> for Bounds {
    fn from(extent: Extent) -> Self {
        Self { first: extent.first, until: extent.until }
    }
}

/// The sums that answer a question.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summaries {
    /// Where flows were asked for.
    pub flows: Option<FlowSummary>,
    /// Where cohorts were asked for.
    pub cohorts: Option<CohortSummary>,
}

/// A question cannot be answered.
#[derive(Debug, thiserror::Error)]
pub enum QuestionError {
    /// A name is not that of a period.
    #[error("`{0}` is not a period: write day, week, month or quarter")]
    Every(String),
    /// A text is not a window.
    #[error(transparent)]
    Window(#[from] fidance_domain::time::WindowParseError),
    /// The result would be unreadable and take all memory.
    #[error("the data span {periods} periods of one {every}, more than {most}: ask for longer periods")]
    TooMany {
        /// How many.
        periods: usize,
        /// The length of one.
        every: &'static str,
        /// How many are allowed.
        most: usize,
    },
    /// An instant of the data is far from the others.
    #[error("the data span {days} days, more than 200 years: an instant among them must be wrong")]
    TooLong {
        /// How many.
        days: i64,
    },
    /// Nobody waits for the answer any more.
    #[error("the answer is not wanted any more")]
    Cancelled,
    /// The storage failed.
    #[error(transparent)]
    History(#[from] HistoryError),
}

/// The length of a period, by its name.
///
/// # Errors
/// Where there is no such period.
pub fn every_of(name: &str) -> Result<Every, QuestionError> {
    match name.trim() {
        "day" => Ok(Every::Day),
        "week" => Ok(Every::Week),
        "month" => Ok(Every::Month),
        "quarter" => Ok(Every::Quarter),
        other => Err(QuestionError::Every(other.to_owned())),
    }
}

/// The name of a period.
pub const fn name_of(every: Every) -> &'static str {
    match every {
        Every::Day => "day",
        Every::Week => "week",
        Every::Month => "month",
        Every::Quarter => "quarter",
    }
}

/// Consecutive periods over the data.
#[derive(Debug)]
pub struct Periods {
    days: Days,
    edges: Edges,
    bounds: Bounds,
    first: Date,
}

impl Periods {
    fn new(zone: &TimeZone, bounds: Bounds, every: Every, most: usize) -> Result<Self, QuestionError> {
        let span = bounds.until.saturating_sub(bounds.first) / MICROS_PER_DAY;
        if span > MAX_DAYS {
            return Err(QuestionError::TooLong { days: span });
        }
        let last = bounds.until.saturating_sub(1).max(bounds.first);
        let days = Edges::table(zone, bounds.first, last);
        let edges = Edges::new(&days, every, days.day_of(bounds.first), days.day_of(last));
        if edges.periods() > most {
            return Err(QuestionError::TooMany { periods: edges.periods(), every: name_of(every), most });
        }
        Ok(Self { first: date_of(zone, bounds.first), days, edges, bounds })
    }

    /// Number of periods.
    pub fn len(&self) -> usize {
        self.edges.periods()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first day of a period; of the one after the last, the day on which the last ends.
    pub fn start(&self, period: usize) -> Date {
        self.days.date(self.edges.day(period))
    }

    /// Whether the data reach the end of a period.
    pub fn is_complete(&self, period: usize) -> bool {
        self.days.start(self.edges.day(period + 1)) <= self.bounds.until
    }

    /// Whether a period starts so early that a window before it begins before the data do.
    pub fn warms_up(&self, period: usize, window: Window) -> bool {
        window.before(self.start(period)) < self.first
    }
}

/// A question made ready for one lake.
#[derive(Debug)]
pub struct Counting {
    question: Question,
    bounds: Bounds,
    groups: Groups,
    flows: Option<(Periods, ActivityWindow)>,
    cohorts: Option<Periods>,
}

impl Counting {
    /// Lays out the periods of a question.
    ///
    /// # Errors
    /// Where there would be too many.
    pub fn new(
        question: Question,
        zone: &TimeZone,
        bounds: Bounds,
        groups: Groups,
    ) -> Result<Self, QuestionError> {
        let flows = question.flows.map(|(every, window)| {
            let periods = Periods::new(zone, bounds, every, MAX_PERIODS)?;
            let window = ActivityWindow::new(&periods.days, window);
            Ok::<_, QuestionError>((periods, window))
        });
        let cohorts =
            question.cohorts.as_ref().map(|(every, _)| Periods::new(zone, bounds, *every, MAX_COHORTS));
        Ok(Self { flows: flows.transpose()?, cohorts: cohorts.transpose()?, bounds, groups, question })
    }

    /// The periods of the flows, where they were asked for.
    pub fn flow_periods(&self) -> Option<&Periods> {
        self.flows.as_ref().map(|(periods, _)| periods)
    }

    /// The periods of the cohorts, where they were asked for.
    pub fn cohort_periods(&self) -> Option<&Periods> {
        self.cohorts.as_ref()
    }

    /// The groups that flows are counted for.
    pub fn groups(&self) -> &Groups {
        &self.groups
    }

    fn brackets(&self) -> &[Bracket] {
        self.question.cohorts.as_ref().map_or(&[], |(_, brackets)| brackets)
    }

    fn group_count(&self) -> usize {
        if self.question.by_segment { self.groups.len() } else { 1 }
    }

    fn kernels(&self) -> Kernels<'_> {
        let flows = self
            .flows
            .as_ref()
            .map(|(periods, window)| (FlowKernel::new(&periods.edges, self.group_count()), window));
        let cohorts = self.cohorts.as_ref().map(|periods| CohortKernel::new(&periods.edges, self.brackets()));
        let marks = match (&flows, &cohorts) {
            (Some((flows, window)), None) => flows.marks(window),
            (None, Some(cohorts)) => self.days().and_then(|days| cohorts.marks(days.len())),
            _ => None,
        };
        Kernels { counting: self, flows, cohorts, marks }
    }

    /// The answer where there is no customer.
    pub fn nothing(&self) -> Summaries {
        self.kernels().finish()
    }

    fn groups_of(&self, profile: Profile) -> &[GroupId] {
        if self.question.by_segment { self.groups.of(profile) } else { &[EVERYBODY] }
    }

    /// Whether any part has been asked for anything; for days there is one table for both.
    fn days(&self) -> Option<&Days> {
        self.flow_periods().or(self.cohort_periods()).map(|periods| &periods.days)
    }

    /// The answer for one part.
    ///
    /// # Errors
    /// Where the storage fails.
    pub fn part(&self, source: &dyn Histories, part: usize) -> Result<Summaries, HistoryError> {
        let mut kernels = self.kernels();
        if let Some(days) = self.days() {
            source.visit_days(part, days, self.bounds.until, &mut kernels)?;
        }
        Ok(kernels.finish())
    }

    /// The answer for all parts, by this many threads of this process.
    ///
    /// # Errors
    /// Where the storage fails, or `cancelled` is set meanwhile.
    pub fn all(
        &self,
        source: &dyn Histories,
        threads: usize,
        cancelled: &AtomicBool,
    ) -> Result<Summaries, QuestionError> {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut sum = self.nothing();
            loop {
                let part = next.fetch_add(1, Ordering::Relaxed);
                if part >= source.parts() {
                    return Ok(sum);
                }
                if cancelled.load(Ordering::Relaxed) {
                    return Err(QuestionError::Cancelled);
                }
                sum.add(&self.part(source, part)?);
            }
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> =
                (1..threads.clamp(1, source.parts().max(1))).map(|_| scope.spawn(work)).collect();
            let mut sum = work()?;
            for worker in workers {
                match worker.join() {
                    Ok(theirs) => sum.add(&theirs?),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            Ok(sum)
        })
    }

    /// The answer that a row of integers stands for; `None` where it is not one to this question.
    pub fn from_counts(&self, flows: &[i64], cohorts: &[u64]) -> Option<Summaries> {
        let flows = match self.flow_periods() {
            Some(periods) => Some(FlowSummary::from_counts(periods.edges.len(), self.group_count(), flows)?),
            None => flows.is_empty().then_some(None)?,
        };
        let cohorts = match self.cohort_periods() {
            Some(periods) => {
                Some(CohortSummary::from_counts(periods.len(), self.nothing_brackets(), cohorts)?)
            }
            None => cohorts.is_empty().then_some(None)?,
        };
        Some(Summaries { flows, cohorts })
    }

    fn nothing_brackets(&self) -> usize {
        self.brackets().len().min(fidance_domain::retention::cohort::MAX_BRACKETS)
    }
}

impl Summaries {
    /// Adds the answer of other customers to the same question.
    pub fn add(&mut self, other: &Self) {
        if let (Some(mine), Some(theirs)) = (&mut self.flows, &other.flows) {
            mine.add(theirs);
        }
        if let (Some(mine), Some(theirs)) = (&mut self.cohorts, &other.cohorts) {
            mine.add(theirs);
        }
    }
}

#[derive(Debug)]
struct Kernels<'a> {
    counting: &'a Counting,
    flows: Option<(FlowKernel<'a>, &'a ActivityWindow)>,
    cohorts: Option<CohortKernel<'a>>,
    /// Where one of the two is asked for alone: what is enough of a customer's days.
    marks: Option<Vec<u64>>,
}

impl Kernels<'_> {
    fn finish(self) -> Summaries {
        Summaries {
            flows: self.flows.map(|(kernel, _)| kernel.finish()),
            cohorts: self.cohorts.map(CohortKernel::finish),
        }
    }
}

impl DayVisitor for Kernels<'_> {
    fn wants_amounts(&self) -> bool {
        false
    }

    fn marks(&self) -> Option<&[u64]> {
        self.marks.as_deref()
    }

    fn marked(&mut self, customers: &[Marked]) {
        for customer in customers {
            if let Some((flows, _)) = &mut self.flows {
                flows.marked(self.counting.groups_of(customer.profile), customer.first, customer.marks);
            }
            if let Some(cohorts) = &mut self.cohorts {
                cohorts.marked(customer.marks);
            }
        }
    }

    fn begin(&mut self, profile: Profile) {
        if let Some((flows, _)) = &mut self.flows {
            flows.begin(self.counting.groups_of(profile));
        }
        if let Some(cohorts) = &mut self.cohorts {
            cohorts.begin();
        }
    }

    fn days(&mut self, days: &[Day], _: &[Amount]) {
        for &day in days {
            if let Some((flows, window)) = &mut self.flows {
                flows.observe(window.of(day));
            }
            if let Some(cohorts) = &mut self.cohorts {
                cohorts.observe(day);
            }
        }
    }

    fn end(&mut self) {
        if let Some((flows, _)) = &mut self.flows {
            flows.end();
        }
        if let Some(cohorts) = &mut self.cohorts {
            cohorts.end();
        }
    }
}
