//! The leading series: customers who came back in the week against those who were to be expected to.

use std::collections::HashMap;
use std::ops::Range;

use fidance_domain::retention::{
    exposure::ExposureSummary,
    group::EVERYBODY,
    landmark::{LAGS, LandmarkSummary},
    returns::{Chance, Chances},
    risk::{Cell, FREQUENCY_BOUNDS, RECENCY_BOUNDS, TENURE_BOUNDS},
};
use fidance_stats::{
    change::{Count, EDetector, Null, Overdispersion, Share, baseline::Prediction, edetector::GUARD},
    hazard::{
        CellChances, Episode, Expectation, Expected, Exposure, ExposureTable, HazardError, Landmark,
        LandmarkTable, RunReturns, Settings, WeekReturns, mixed,
    },
};

use jiff::{ToSpan, civil::Date};

use super::detect::{Series, Week};

/// Weeks at the beginning of the data that teach nothing: whoever is seen for the first time then may have been a customer
/// for years, and returns like one.
pub(crate) const WARMING_UP: usize = 26;

/// The table that expectations are learned from. Weeks that are warming up are left empty: they are neither learned from
/// nor judged.
pub(crate) fn table(summary: &ExposureSummary) -> ExposureTable {
    let mut table = ExposureTable::new([RECENCY_BOUNDS.len(), FREQUENCY_BOUNDS.len(), TENURE_BOUNDS.len()]);
    for week in WARMING_UP..summary.periods() {
        for (cell, exposure) in summary.cells(EVERYBODY, week) {
            let exposure = Exposure { exposed: exposure.at_risk, returned: exposure.returned };
            // Neither the class nor the counts can be out of range: they come from the same bounds and one walk.
            let _ = table.add(week, classes(cell), exposure);
        }
    }
    table
}

/// What is learned of customers in the weeks after a moment: returns by their cell at that moment.
pub(crate) fn landmarks(summary: &LandmarkSummary) -> LandmarkTable {
    let mut table =
        LandmarkTable::new([RECENCY_BOUNDS.len(), FREQUENCY_BOUNDS.len(), TENURE_BOUNDS.len()], LAGS);
    for week in WARMING_UP..summary.periods() {
        for lag in 0..LAGS.min(week + 1 - WARMING_UP) {
            for (cell, returned) in summary.returned(week, lag).filter(|(_, returned)| *returned > 0) {
                // As above, the class cannot be out of range.
                let _ = table.add(week, lag, classes(cell), returned);
            }
            table.add_earlier(week, lag, summary.earlier(week, lag));
        }
    }
    table
}

/// Weeks around the one of 25 December that have an effect of their own, from the fifth before it (Black Friday is in the
/// fourth or fifth) to the third after it: presents, holidays and sales move returns by half from one week to the next,
/// and no smooth season can hold that.
const YEARS_END: std::ops::RangeInclusive<i32> = -5..=3;

/// The week's place in the year's end, from 0.
fn years_end(monday: Date) -> Option<usize> {
    let weeks = |year: i16| {
        let christmas = Date::new(year, 12, 25).ok()?;
        let christmas =
            christmas.saturating_sub(i64::from(christmas.weekday().to_monday_zero_offset()).days());
        Some(monday.since(christmas).ok()?.get_days() / 7)
    };
    // The first weeks of January are after the Christmas of the year before.
    let weeks = [monday.year(), monday.year() - 1].into_iter().filter_map(weeks);
    let mut inside = weeks.filter(|weeks| YEARS_END.contains(weeks));
    inside.next().and_then(|weeks| usize::try_from(weeks - YEARS_END.start()).ok())
}

fn classes(cell: Cell) -> [usize; 3] {
    [cell.recency, cell.frequency, cell.tenure]
}

/// Expected returns of every week that has enough of a past.
#[derive(Debug)]
pub(crate) struct Leading {
    expectation: Expectation,
    /// The weeks judged so far.
    pub(crate) expected: Expected,
    episodes: Vec<Episode>,
    detector: EDetector,
    /// Where its evidence began from nothing.
    from: usize,
    /// What was learned before a week, of customers as they are in each week, by week.
    frozen: HashMap<usize, Option<Expected>>,
    /// The same, of customers as they were in that week.
    landmarks: HashMap<usize, Option<Landmark>>,
}

impl Leading {
    pub(crate) fn new(
        table: ExposureTable,
        landmarks: LandmarkTable,
        monday: impl Fn(usize) -> Date,
    ) -> Result<Self, HazardError> {
        let expectation = Expectation::new(table, Settings::default())?
            .with_peaks(|week| years_end(monday(week)))
            .with_landmarks(landmarks)?;
        let (expected, episodes) = (Expected::default(), Vec::new());
        let (detector, from) = (EDetector::new(), 0);
        let (frozen, landmarks) = (HashMap::new(), HashMap::new());
        Ok(Self { expectation, expected, episodes, detector, from, frozen, landmarks })
    }

    /// Weeks that the first expectation needs.
    pub(crate) fn needed() -> usize {
        let Settings { least_past, gap, .. } = Settings::default();
        least_past + gap
    }

    /// The customers who were known when week `origin` began, from it on.
    pub(crate) fn landmark(&mut self, origin: usize) -> Option<&Landmark> {
        let expectation = &self.expectation;
        let known = self.landmarks.entry(origin);
        known.or_insert_with(|| before(expectation.clone(), origin).landmark(origin).ok()).as_ref()
    }

    /// What was to be expected of the week after the last one, of customers by cell at its start; `None` where nothing was.
    pub(crate) fn ahead(&self, at_risk: impl Iterator<Item = (Cell, u64)>) -> Option<WeekReturns> {
        let exposed = at_risk.filter(|(_, customers)| *customers > 0);
        let week = self.expectation.ahead(exposed.map(|(cell, customers)| (classes(cell), customers)));
        week.ok().flatten().filter(|week| week.expected > 0.0)
    }

    /// Some weeks together, of the customers who were known when week `origin` began.
    pub(crate) fn run(&mut self, origin: usize, weeks: &Range<usize>) -> Option<RunReturns> {
        Some(self.landmark(origin)?.run(weeks))
    }

    /// Returns from `origin` on of the customers known then, whatever is known now of falls that were not over by then.
    pub(crate) fn since(&self, origin: usize) -> Option<Since> {
        let (expectation, _) = self.known_by(origin);
        expectation.landmark(origin).ok().map(Since)
    }

    /// Weeks before `end` with the chances learned before `origin`: those before it with one level for all, those from it on of
    /// the customers known then. Weeks of falls that were over by then are left out.
    pub(crate) fn steady(&self, origin: usize, end: usize) -> Option<Vec<WeekReturns>> {
        let (expectation, episodes) = self.known_by(origin);
        let teaches = |week: &WeekReturns| {
            (WARMING_UP..origin).contains(&week.week)
                && !episodes.iter().any(|episode| episode.weeks.contains(&week.week))
        };
        let before = expectation.steady(origin).ok()?.weeks.into_iter().filter(teaches);
        let landmark = expectation.landmark(origin).ok()?;
        let since = landmark.weeks().iter().filter(|week| week.week < end).copied();
        Some(before.chain(since).collect())
    }

    /// What was known at a week, and the falls that were over by then: one that was not was the state of things.
    fn known_by(&self, origin: usize) -> (Expectation, Vec<Episode>) {
        let over = |episode: &&Episode| episode.weeks.end <= origin;
        let episodes: Vec<Episode> = self.episodes.iter().filter(over).cloned().collect();
        let mut expectation = before(self.expectation.clone(), origin);
        expectation.leave_out(&episodes);
        (expectation, episodes)
    }

    /// By how much the log-odds of each week differ through the season and the peaks of the year, as learned before
    /// `origin`; by week, only differences between weeks mean anything.
    pub(crate) fn season(&self, origin: usize) -> Option<Vec<f64>> {
        let (expectation, _) = self.known_by(origin);
        let expected = expectation.steady(origin).ok()?;
        let first = expected.chances.first()?;
        let cell = Cell::all().find(|cell| first.chance(classes(*cell)).is_some())?;
        let mut season = vec![0.0; self.table().weeks()];
        let logit = |chance: f64| (chance / (1.0 - chance)).ln();
        let base = expected.chances.iter().find(|week| week.week() == origin)?.chance(classes(cell))?;
        for week in &expected.chances {
            if let (Some(season), Some(chance)) = (season.get_mut(week.week()), week.chance(classes(cell))) {
                *season = logit(chance) - logit(base);
            }
        }
        Some(season)
    }

    fn table(&self) -> &ExposureTable {
        self.expectation.table()
    }

    /// Weeks before `origin` that teach something.
    pub(crate) fn past(&self, origin: usize) -> usize {
        (0..origin.min(self.table().weeks())).filter(|week| self.table().total(*week).exposed > 0).count()
    }

    /// The chances of the second pass: in the weeks of a fall those of the customers known at its origin, the rolling ones
    /// elsewhere.
    pub(crate) fn chances(&mut self, falls: &[(usize, Range<usize>)]) -> Chances {
        let mut chances = Chances::new(self.table().weeks());
        self.expected.chances.iter().for_each(|week| set(&mut chances, week));
        for (origin, weeks) in falls {
            let Some(landmark) = self.landmark(*origin) else { continue };
            let known: Vec<&CellChances> =
                landmark.chances().iter().filter(|week| weeks.contains(&week.week())).collect();
            if let (Some(first), Some(last)) = (known.first(), known.last()) {
                chances.hold(*origin, first.week()..last.week() + 1);
            }
            known.into_iter().for_each(|week| set(&mut chances, week));
        }
        chances
    }
}

/// Customers known at one moment, and their returns since.
#[derive(Debug, Clone)]
pub(crate) struct Since(Landmark);

impl Since {
    /// Some weeks of them; `None` where there are none, or none was to be expected.
    pub(crate) fn gap(&self, weeks: &Range<usize>) -> Option<Gap> {
        let run = self.0.run(weeks);
        let weeks: Vec<WeekReturns> =
            self.0.weeks().iter().filter(|week| weeks.contains(&week.week)).copied().collect();
        let exposed = weeks.iter().map(|week| week.exposed).sum::<u64>() as f64;
        (exposed > 0.0).then_some(Gap { run, exposed, weeks })
    }
}

/// Some weeks against what was known before them.
#[derive(Debug, Clone)]
pub(crate) struct Gap {
    pub(crate) run: RunReturns,
    /// Customers who could return, summed over the weeks.
    pub(crate) exposed: f64,
    pub(crate) weeks: Vec<WeekReturns>,
}

fn set(chances: &mut Chances, week: &CellChances) {
    for cell in Cell::all() {
        if let Some(chance) = week.chance(classes(cell)).and_then(Chance::from_f64) {
            chances.set(week.week(), cell, chance);
        }
    }
}

/// As good as binomial.
const LEAST_RHO: f64 = 1e-9;

fn judged(week: &WeekReturns) -> Option<Week> {
    let prediction = Prediction {
        share: Share::new(week.share()).ok()?,
        standard_error: week.share_error(),
        // Below binomial counts as binomial: on the safe side.
        rho: Overdispersion::new(week.overdispersion().max(LEAST_RHO)).ok()?,
    };
    Some(Week {
        at: week.week,
        null: Null::guarded(&prediction, GUARD),
        plain: Null { share: prediction.share, rho: prediction.rho },
        count: Count::new(week.observed, week.exposed).ok()?,
    })
}

/// For an origin so early that nothing could be learned before it, with the past that there is.
fn before(expectation: Expectation, origin: usize) -> Expectation {
    expectation.with_least_past(Settings::default().least_past.min(origin))
}

impl Series for Leading {
    fn weeks(&self) -> Range<usize> {
        self.expectation.weeks()
    }

    /// Weeks in which the expectation is at an end of the scale are left out.
    fn judge(&mut self, week: usize) -> Option<Week> {
        let (returns, chances) = self.expectation.week(week).ok()??;
        let judged = judged(&returns)?;
        self.expected.weeks.push(returns);
        self.expected.chances.push(chances);
        Some(judged)
    }

    fn ln_evidence(&mut self, week: &Week, from: usize) -> f64 {
        if from != self.from {
            self.detector.restart();
            self.from = from;
        }
        let guarded = self.detector.update(&week.null, week.count);
        let lasting = self.expectation.evidence(week.at, from).ok().flatten();
        let lasting = lasting.map_or(f64::NEG_INFINITY, |found| found.ln_evidence);
        mixed(lasting, guarded)
    }

    fn leave_out(&mut self, episodes: &[Episode]) {
        self.expectation.leave_out(episodes);
        self.episodes = episodes.to_vec();
    }

    /// Of customers as they are in each week: a fall is over when those who are still there come back as such customers do,
    /// though others may be gone for good.
    fn ratio(&mut self, origin: usize, weeks: Range<usize>) -> Option<f64> {
        let expectation = &self.expectation;
        let known = self.frozen.entry(origin);
        let expected =
            known.or_insert_with(|| before(expectation.clone(), origin).frozen(origin).ok()).as_ref()?;
        let run = RunReturns::sum(expected.weeks.iter().filter(|week| weeks.contains(&week.week)));
        (run.expected > 0.0).then(|| run.observed as f64 / run.expected)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::years_end;

    #[test]
    fn the_weeks_of_the_years_end() {
        // Black Friday, Christmas, the first Monday of a year.
        assert_eq!(years_end(date(2025, 11, 24)), Some(1));
        assert_eq!(years_end(date(2023, 11, 20)), Some(0));
        assert_eq!(years_end(date(2025, 12, 22)), Some(5));
        assert_eq!(years_end(date(2026, 1, 5)), Some(7));
        assert_eq!(years_end(date(2026, 1, 12)), Some(8));
        assert_eq!(years_end(date(2026, 1, 19)), None);
        assert_eq!(years_end(date(2025, 11, 10)), None);
        assert_eq!(years_end(date(2025, 6, 30)), None);
    }
}
