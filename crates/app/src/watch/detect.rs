//! The alarm on one series: the evidence week by week, when it was raised, since when, how, and until when.
//!
//! The whole past is run through the detector anew each time, so that the same data give the same alarms, and data
//! that were restated give restated ones.

use std::ops::Range;

use fidance_stats::{
    change::{
        BetaBinomial, Count, Null, Threshold,
        cusum::Cusum,
        onset::{self, JudgedPeriod},
        shape::{self, Shape},
    },
    hazard::Episode,
    interval::Confidence,
};

/// Allowance and limit of the advisory chart: 500 weeks between signals if its scores were standard normal.
const ADVISORY: (f64, f64) = (0.5, 4.39);
/// Weeks after which a fall that lasts is the new normal: the expectation has learned it by then.
const NEW_NORMAL: usize = 26;
/// Weeks that are looked at together to see whether a fall is over.
const RECOVERY_WEEKS: usize = 4;
/// Of a fall, what may be left when it counts as over.
const RECOVERED: f64 = 0.25;

/// A complete week: what it is judged against, and what was counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Week {
    /// Its place among the weeks of the data.
    pub(crate) at: usize,
    /// The guarded baseline, from earlier weeks only: for the onset and the shape of a fall.
    pub(crate) null: Null,
    /// The unguarded one, for the advisory chart.
    pub(crate) plain: Null,
    pub(crate) count: Count,
}

/// The evidence after a week.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Evidence {
    pub(crate) at: usize,
    pub(crate) ln: f64,
    pub(crate) advisory: f64,
    pub(crate) open: bool,
}

/// An alarm, in places of weeks.
#[derive(Debug, Clone)]
pub(crate) struct Raised {
    pub(crate) at: usize,
    pub(crate) ln_evidence: f64,
    pub(crate) onset: usize,
    /// First and last week that come into question, 90 %.
    pub(crate) candidates: (usize, usize),
    pub(crate) shape: Shape,
    /// The first of the weeks in which the fall was over.
    pub(crate) recovered: Option<usize>,
    /// Whether it ended without: after half a year the lower level is what is expected.
    pub(crate) lasting: bool,
    /// The week after the last one that is counted to the fall.
    pub(crate) end: usize,
}

impl Raised {
    /// The weeks before it are the past that the fall is measured against. Weeks that may be its own first are no part of
    /// it, nor is the one before them: falls do not wait for a Monday.
    pub(crate) fn origin(&self) -> usize {
        self.candidates.0.min(self.onset).saturating_sub(1)
    }
}

/// A series that says of each week what was to be expected of it. The weeks of an alarm teach it nothing: else a fall
/// that lasts would soon be what is expected, and what follows it a rise.
pub(crate) trait Series {
    /// The weeks that have enough of a past.
    fn weeks(&self) -> Range<usize>;
    /// A week against what weeks before it let expect; `None` where nothing can be expected. Weeks are asked for in order.
    fn judge(&mut self, week: usize) -> Option<Week>;
    /// The logarithm of the evidence, with this week, of a fall that began in week `from` or later.
    fn ln_evidence(&mut self, week: &Week, from: usize) -> f64;
    /// From now on these weeks are not learned from, and all others are.
    fn leave_out(&mut self, episodes: &[Episode]);
    /// Observed over expected in `weeks`, learned before `origin`; `None` where nothing can be expected.
    fn ratio(&mut self, origin: usize, weeks: Range<usize>) -> Option<f64>;
}

/// Runs the detector over a series.
pub(crate) fn detect(series: &mut dyn Series, threshold: Threshold) -> (Vec<Evidence>, Vec<Raised>) {
    let mut advisory = Cusum::new(ADVISORY.0, ADVISORY.1).ok();
    let (mut evidence, mut alarms) = (Vec::new(), Vec::<Raised>::new());
    let mut episodes: Vec<Episode> = Vec::new();
    let weeks = series.weeks();
    // Where the evidence last began from nothing, and the weeks since.
    let (mut from, mut since) = (weeks.start, Vec::<Week>::new());
    // While an alarm is open, the evidence stays what it was when it was raised.
    let mut ln_evidence = f64::NEG_INFINITY;
    for at in weeks.clone() {
        let Some(week) = series.judge(at) else { continue };
        if let Some(chart) = &mut advisory {
            let judge = BetaBinomial::new(week.plain.share, week.plain.rho);
            chart.update(judge.normal_score(week.count));
        }
        let open = alarms.last_mut().filter(|alarm| alarm.end == usize::MAX);
        if let Some(alarm) = open {
            let recovered = over(alarm, at, series);
            if let Some(first) = recovered {
                alarm.recovered = Some(first);
                alarm.end = first;
            } else if at + 1 >= alarm.onset + NEW_NORMAL {
                alarm.end = at + 1;
                alarm.lasting = true;
            }
            if alarm.end != usize::MAX {
                episodes.pop();
                episodes.push(Episode { weeks: alarm.origin()..alarm.end, lasting: recovered.is_none() });
                series.leave_out(&episodes);
                from = at + 1;
                since.clear();
                ln_evidence = f64::NEG_INFINITY;
            }
        } else {
            since.push(week);
            ln_evidence = series.ln_evidence(&week, from);
            if threshold.is_reached_by(ln_evidence)
                && let Some(raised) = raised(&since, ln_evidence)
            {
                episodes.push(Episode { weeks: raised.origin()..usize::MAX, lasting: false });
                series.leave_out(&episodes);
                alarms.push(raised);
            }
        }
        let open = alarms.last().is_some_and(|alarm| alarm.end > at);
        let advisory = advisory.as_ref().map_or(0.0, Cusum::value);
        evidence.push(Evidence { at, ln: ln_evidence, advisory, open });
    }
    alarms.iter_mut().for_each(|alarm| alarm.end = alarm.end.min(weeks.end));
    (evidence, alarms)
}

/// The alarm that the last of these weeks raises.
fn raised(weeks: &[Week], ln_evidence: f64) -> Option<Raised> {
    let judged: Vec<JudgedPeriod> =
        weeks.iter().map(|week| JudgedPeriod { null: week.null, count: week.count }).collect();
    let (onset, shape) = (onset::locate(&judged)?, shape::classify(&judged)?);
    let at = |index: usize| weeks.get(index).map(|week| week.at);
    let (first, last) = onset.candidates(Confidence::P90);
    Some(Raised {
        at: weeks.last()?.at,
        ln_evidence,
        onset: at(onset.period)?,
        candidates: (at(first)?, at(last)?),
        shape: shape.shape(),
        recovered: None,
        lasting: false,
        end: usize::MAX,
    })
}

/// Whether, with the week `now`, at most a quarter of the fall is left: then the first of the weeks in which it is.
fn over(alarm: &Raised, now: usize, series: &mut dyn Series) -> Option<usize> {
    let first = (now + 1).checked_sub(RECOVERY_WEEKS).filter(|first| *first > alarm.at)?;
    let fall = 1.0 - series.ratio(alarm.origin(), alarm.onset..alarm.at + 1)?;
    let left = 1.0 - series.ratio(alarm.origin(), first..now + 1)?;
    (left <= RECOVERED * fall).then_some(first)
}
