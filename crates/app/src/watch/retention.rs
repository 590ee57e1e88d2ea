//! The lagging series: the retention rate of each week against its own past.

use std::{collections::HashMap, ops::Range};

use fidance_domain::retention::flows::Flows;
use fidance_stats::{
    causal::bsts::binomial::Period,
    change::{
        BetaBinomial, Count, EDetector, Null, Overdispersion, Share,
        structural::{Options, StructuralBaseline},
    },
    hazard::Episode,
};

use super::detect::{Series, Week};

/// Weeks from one fit to the next: in between the same fit looks one to four weeks further ahead.
const REFIT_EVERY: usize = 4;
/// Weeks of past below which there is no expectation.
const LEAST_PAST: usize = 52;
/// The most weeks of past: what was five years ago says little of today.
const WINDOW: usize = 156;

/// What was to be expected of a week.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ExpectedWeek {
    pub(crate) at: usize,
    pub(crate) due: u64,
    pub(crate) kept: u64,
    pub(crate) share: f64,
    /// Standard deviation of the count around its expectation, that of the expectation included.
    pub(crate) deviation: f64,
    /// The part of the expectation alone.
    pub(crate) baseline_deviation: f64,
}

/// The weekly retention rate, from the first week that is no longer warming up.
#[derive(Debug)]
pub(crate) struct Lagging {
    periods: Vec<Period>,
    /// Weeks before the first of `periods`.
    offset: usize,
    /// What was to be expected of the weeks judged so far.
    pub(crate) expected: Vec<ExpectedWeek>,
    hidden: Vec<Range<usize>>,
    detector: EDetector,
    /// Where its evidence began from nothing.
    from: usize,
    fitted: Option<Fitted>,
    frozen: HashMap<usize, Option<StructuralBaseline>>,
}

#[derive(Debug)]
struct Fitted {
    /// The place of the first week that it was fitted for.
    place: usize,
    baseline: StructuralBaseline,
}

impl Lagging {
    /// From the flows of all weeks, the first `warming` of which are warming up.
    pub(crate) fn new(flows: &[Flows], warming: usize) -> Self {
        let settled = flows.get(warming..).unwrap_or_default();
        Self {
            periods: settled.iter().map(|flows| Period { due: flows.s, retained: flows.k }).collect(),
            offset: warming,
            expected: Vec::new(),
            hidden: Vec::new(),
            detector: EDetector::new(),
            from: 0,
            fitted: None,
            frozen: HashMap::new(),
        }
    }

    /// What the weeks before `end` (a place in `periods`) let expect. Places are counted from the window's start so that
    /// the season keeps its phase: the whole past is handed over, and what is too old, or is not learned from, counts as
    /// not observed.
    fn fit(&self, end: usize) -> Option<StructuralBaseline> {
        let oldest = end.saturating_sub(WINDOW);
        let hidden = |place: usize| self.hidden.iter().any(|weeks| weeks.contains(&(place + self.offset)));
        let seen = |(place, period): (usize, &Period)| {
            let teaches = place >= oldest && !hidden(place);
            if teaches { *period } else { Period { due: 0, retained: 0 } }
        };
        let past: Vec<Period> = self.periods.iter().take(end).enumerate().map(seen).collect();
        StructuralBaseline::fit(&past, &[], end, &Options { gap: 1, ..Options::default() }).ok()
    }

    fn gap() -> usize {
        Options::default().gap
    }

    fn against(&self, baseline: &StructuralBaseline, place: usize) -> Option<(Week, ExpectedWeek)> {
        let Period { due, retained } = *self.periods.get(place)?;
        let prediction = baseline.predict(&[], place).ok()?;
        let rho = Overdispersion::new(baseline.overdispersion_upper).ok()?;
        let share = Share::new(prediction.share()).ok()?;
        let guarded = Share::new(prediction.guarded_null()).ok()?;
        let at = place + self.offset;
        let week = Week {
            at,
            null: Null { share: guarded, rho },
            plain: Null { share, rho: BetaBinomial::new(share, rho).rho() },
            count: Count::new(retained, due).ok()?,
        };
        let n = due as f64;
        let binomial = n * share.value() * share.complement();
        let baseline_deviation = binomial * prediction.standard_deviation;
        let own = binomial * rho.variance_factor(due);
        let expected = ExpectedWeek {
            at,
            due,
            kept: retained,
            share: share.value(),
            deviation: (own + baseline_deviation.powi(2)).sqrt(),
            baseline_deviation,
        };
        Some((week, expected))
    }

    /// What the weeks before `onset` let expect of some weeks.
    pub(crate) fn frozen(&mut self, onset: usize, weeks: &Range<usize>) -> Vec<ExpectedWeek> {
        let end = onset.saturating_sub(self.offset);
        if !self.frozen.contains_key(&onset) {
            let baseline = self.fit(end);
            self.frozen.insert(onset, baseline);
        }
        let Some(Some(baseline)) = self.frozen.get(&onset) else { return Vec::new() };
        let places = weeks.clone().filter_map(|week| week.checked_sub(self.offset));
        places.filter_map(|place| Some(self.against(baseline, place)?.1)).collect()
    }
}

impl Series for Lagging {
    fn weeks(&self) -> Range<usize> {
        let weeks = LEAST_PAST + Self::gap()..self.periods.len();
        weeks.start + self.offset..weeks.end + self.offset
    }

    fn judge(&mut self, week: usize) -> Option<Week> {
        let place = week.checked_sub(self.offset)?;
        let stale = self.fitted.as_ref().is_none_or(|fitted| place >= fitted.place + REFIT_EVERY);
        if stale {
            let baseline = self.fit((place + 1).checked_sub(Self::gap())?);
            self.fitted = baseline.map(|baseline| Fitted { place, baseline });
        }
        let (week, expected) = self.against(&self.fitted.as_ref()?.baseline, place)?;
        self.expected.push(expected);
        Some(week)
    }

    fn ln_evidence(&mut self, week: &Week, from: usize) -> f64 {
        if from != self.from {
            self.detector.restart();
            self.from = from;
        }
        self.detector.update(&week.null, week.count)
    }

    /// What became the new normal is learned at once: a level that wanders cannot leap.
    fn leave_out(&mut self, episodes: &[Episode]) {
        let passing = episodes.iter().filter(|episode| !episode.lasting);
        self.hidden = passing.map(|episode| episode.weeks.clone()).collect();
        self.fitted = None;
    }

    fn ratio(&mut self, onset: usize, weeks: Range<usize>) -> Option<f64> {
        let weeks = self.frozen(onset, &weeks);
        // Of those who leave: a fall of the rate by a point is a rise of these by half.
        let expected: f64 = weeks.iter().map(|week| week.due as f64 * week.share).sum();
        let kept: u64 = weeks.iter().map(|week| week.kept).sum();
        (expected > 0.0).then(|| kept as f64 / expected)
    }
}
