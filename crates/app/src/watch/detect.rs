//! The alarm on one series: the evidence week by week, when it was raised, since when, how, and until when.
//!
//! The whole past is run through the detector anew each time, so that the same data give the same alarms, and data
//! that were restated give restated ones.

use fidance_stats::{
    change::{
        Count, EDetector, Null, Threshold,
        cusum::Cusum,
        onset::{self, JudgedPeriod},
        shape::{self, Shape},
    },
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
    /// The guarded baseline, from earlier weeks only.
    pub(crate) null: Null,
    /// The unguarded one, for the advisory chart.
    pub(crate) plain: Null,
    pub(crate) count: Count,
}

/// The evidence after a week.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Evidence {
    pub(crate) at: usize,
    pub(crate) ln_evidence: f64,
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
    /// The week after the last one that is counted to the fall.
    pub(crate) end: usize,
}

/// What a fall is measured against: observed over expected in some weeks, from what was known before its onset.
pub(crate) trait Frozen {
    /// Observed over expected in `weeks`, learned before `onset`; `None` where nothing can be expected.
    fn ratio(&mut self, onset: usize, weeks: std::ops::Range<usize>) -> Option<f64>;
}

/// Runs the detector over a series.
pub(crate) fn detect(
    weeks: &[Week],
    threshold: Threshold,
    frozen: &mut dyn Frozen,
) -> (Vec<Evidence>, Vec<Raised>) {
    let mut detector = EDetector::new();
    let mut advisory = Cusum::new(ADVISORY.0, ADVISORY.1).ok();
    let (mut evidence, mut alarms) = (Vec::with_capacity(weeks.len()), Vec::<Raised>::new());
    // Where the detector last began with no evidence.
    let mut since = 0;
    for (place, week) in weeks.iter().enumerate() {
        let ln_evidence = detector.update(&week.null, week.count);
        if let Some(chart) = &mut advisory {
            let judge = fidance_stats::change::BetaBinomial::new(week.plain.share, week.plain.rho);
            chart.update(judge.normal_score(week.count));
        }
        let mut open = alarms.last_mut().filter(|alarm| alarm.end > week.at);
        if let Some(alarm) = &mut open {
            if let Some(first) = over(alarm, week.at, frozen) {
                alarm.recovered = Some(first);
                alarm.end = first;
            } else if week.at + 1 >= alarm.onset + NEW_NORMAL {
                alarm.end = week.at + 1;
            }
            if alarm.end <= week.at + 1 {
                detector.restart();
                since = place + 1;
            }
        } else if threshold.is_reached_by(ln_evidence) {
            let judged: Vec<JudgedPeriod> = weeks
                .get(since..=place)
                .unwrap_or_default()
                .iter()
                .map(|week| JudgedPeriod { null: week.null, count: week.count })
                .collect();
            if let (Some(onset), Some(shape)) = (onset::locate(&judged), shape::classify(&judged)) {
                let at = |index: usize| weeks.get(since + index).map_or(week.at, |week| week.at);
                let (first, last) = onset.candidates(Confidence::P90);
                alarms.push(Raised {
                    at: week.at,
                    ln_evidence,
                    onset: at(onset.period),
                    candidates: (at(first), at(last)),
                    shape: shape.shape(),
                    recovered: None,
                    end: usize::MAX,
                });
            }
        }
        let open = alarms.last().is_some_and(|alarm| alarm.end > week.at);
        let advisory = advisory.as_ref().map_or(0.0, Cusum::value);
        evidence.push(Evidence { at: week.at, ln_evidence, advisory, open });
    }
    let end = weeks.last().map_or(0, |week| week.at + 1);
    alarms.iter_mut().for_each(|alarm| alarm.end = alarm.end.min(end));
    (evidence, alarms)
}

/// Whether, with the week `now`, at most a quarter of the fall is left: then the first of the weeks in which it is.
fn over(alarm: &Raised, now: usize, frozen: &mut dyn Frozen) -> Option<usize> {
    let first = (now + 1).checked_sub(RECOVERY_WEEKS).filter(|first| *first > alarm.at)?;
    let fall = 1.0 - frozen.ratio(alarm.onset, alarm.onset..alarm.at + 1)?;
    let left = 1.0 - frozen.ratio(alarm.onset, first..now + 1)?;
    (left <= RECOVERED * fall).then_some(first)
}
