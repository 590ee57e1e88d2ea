//! The series: for every week with enough of a past, what was expected and what came.

use std::ops::Range;
use std::sync::Arc;

use super::chances::{CellChances, Expected};
use super::landmark::{Landmark, LandmarkTable, Landmarks};
use super::model::{Counts, Model, Past};
use super::table::{Exposure, ExposureTable, HazardError};
use super::week::WeekReturns;

/// The season: Fourier terms on the log-odds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Season {
    /// Length in weeks.
    pub period: f64,
    /// Number of harmonics; 0 for no season.
    pub harmonics: usize,
    /// Number of further ones, for what a smooth season does not hold, such as a month unlike its neighbours. How large they
    /// are is learned by itself, and whether they are needed.
    pub sharp: usize,
}

/// How expected returns are estimated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// The estimate for week t uses weeks up to t − gap.
    pub gap: usize,
    /// The most weeks it uses.
    pub window: usize,
    /// The least weeks it needs.
    pub least_past: usize,
    /// The season.
    pub season: Season,
    /// Cells, season and spreads are fitted anew every so many weeks; the level follows every week.
    pub refit_every: usize,
}

impl Default for Settings {
    /// Two years of past, a gap of 8 weeks, a yearly season of three harmonics and three sharp ones.
    fn default() -> Self {
        Self {
            gap: 8,
            window: 104,
            least_past: 52,
            season: Season { period: 365.25 / 7.0, harmonics: 3, sharp: 3 },
            refit_every: 4,
        }
    }
}

/// The weeks of [`rolling`] without the chances behind them.
pub fn expected_returns(table: &ExposureTable, settings: &Settings) -> Result<Vec<WeekReturns>, HazardError> {
    rolling(table, settings).map(|expected| expected.weeks)
}

/// Expected returns of every week from `least_past + gap` weeks after the first, each from its own past only: what
/// an alarm watches.
///
/// Weeks in which nobody could return are left out. Errors: [`HazardError`].
pub fn rolling(table: &ExposureTable, settings: &Settings) -> Result<Expected, HazardError> {
    let mut expectation = Expectation::new(table.clone(), *settings)?;
    let mut series = Expected::default();
    for week in expectation.weeks() {
        if let Some((returns, chances)) = expectation.week(week)? {
            series.weeks.push(returns);
            series.chances.push(chances);
        }
    }
    Ok(series)
}

/// Expected returns of every week from `origin` to the end of the table, all from the weeks before `origin`: what would
/// have come had nothing happened. A fall that lasts is never learned as normal; for that the expectation grows
/// less sure from week to week.
///
/// The gap plays no part. Weeks in which nobody could return are left out. Errors: [`HazardError`], too few weeks also
/// when the table ends before `origin`.
pub fn frozen(table: &ExposureTable, settings: &Settings, origin: usize) -> Result<Expected, HazardError> {
    check(settings)?;
    Expectation::unchecked(table.clone(), *settings).frozen(origin)
}

/// Weeks that an expectation does not learn from, though they are judged: those of an alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Episode {
    /// The weeks.
    pub weeks: Range<usize>,
    /// Whether what happened in them has become normal: then the level is learned anew from the week after them.
    pub lasting: bool,
}

/// Expected returns, asked for week by week. While the weeks go on, episodes may become known that are no longer learned
/// from. [`rolling`] and [`frozen`] are this without peaks and episodes.
#[derive(Debug, Clone)]
pub struct Expectation {
    table: Arc<ExposureTable>,
    pub(super) counts: Counts,
    landmarks: Option<Arc<Landmarks>>,
    episodes: Vec<Episode>,
    settings: Settings,
    model: Option<Fitted>,
}

#[derive(Debug, Clone)]
struct Fitted {
    week: usize,
    model: Model,
}

impl Expectation {
    /// Errors: [`HazardError::Settings`], [`HazardError::TooFewWeeks`].
    pub fn new(table: ExposureTable, settings: Settings) -> Result<Self, HazardError> {
        check(&settings)?;
        let expectation = Self::unchecked(table, settings);
        if expectation.weeks().is_empty() {
            let needed = expectation.weeks().start + 1;
            return Err(HazardError::TooFewWeeks { weeks: expectation.table.weeks(), needed });
        }
        Ok(expectation)
    }

    fn unchecked(table: ExposureTable, settings: Settings) -> Self {
        let counts = Counts::new(&table, settings.season);
        let (table, episodes) = (Arc::new(table), Vec::new());
        Self { table, counts, landmarks: None, episodes, settings, model: None }
    }

    /// Weeks of the same peak of the year (numbered from 0) share an effect of their own. In its first year a peak is
    /// expected with a wide interval.
    #[must_use]
    pub fn with_peaks(mut self, of: impl Fn(usize) -> Option<usize>) -> Self {
        self.counts.set_peaks(of);
        self
    }

    /// The table.
    pub fn table(&self) -> &ExposureTable {
        &self.table
    }

    /// The weeks that have enough of a past.
    pub fn weeks(&self) -> Range<usize> {
        self.settings.least_past + self.settings.gap - 1..self.table.weeks()
    }

    /// From now on these weeks are not learned from, and all others are.
    pub fn leave_out(&mut self, episodes: &[Episode]) {
        self.counts.leave_out(episodes, 0);
        self.episodes = episodes.to_vec();
        self.model = None;
    }

    /// What was to be expected of a week, and the chances behind it; `None` where nobody could return. Weeks are asked
    /// for in order. Error: [`HazardError::NoRate`].
    pub fn week(&mut self, week: usize) -> Result<Option<(WeekReturns, CellChances)>, HazardError> {
        let (past, model) = self.fitted(week)?;
        let end = past.end;
        let level = model.follow(&self.counts, past);
        let chances = model.chances(&self.counts, &level, end, week);
        // Every cell of the table has a chance, as the chances were fitted on it.
        let returns = chances.expect(&self.table)?;
        Ok(returns.map(|returns| (returns, chances)))
    }

    /// The week after the last one of the table, of which only the customers at its start are known: by cell, those who could
    /// return. As [`week`](Self::week) would expect of it, from its own past; `observed` is 0. `None` where nobody could
    /// return. Customers of a cell in which the table never had any are left out: nothing is known of them.
    ///
    /// Errors: [`HazardError::NoRate`], [`HazardError::Class`].
    pub fn ahead(
        &self,
        exposed: impl IntoIterator<Item = ([usize; 3], u64)>,
    ) -> Result<Option<WeekReturns>, HazardError> {
        let week = self.table.weeks();
        let mut ahead = ExposureTable::new(self.table.classes());
        for (cell, exposed) in exposed.into_iter().filter(|(cell, _)| self.counts.knows(*cell)) {
            ahead.add(week, cell, Exposure { exposed, returned: 0 })?;
        }
        let mut expectation = self.clone();
        expectation.model = None;
        let (past, model) = expectation.fitted(week)?;
        let end = past.end;
        let level = model.follow(&self.counts, past);
        model.chances(&self.counts, &level, end, week).expect(&ahead)
    }

    /// Every week from `origin` to the end of the table, from the weeks before it that are learned from. See [`frozen`].
    pub fn frozen(&self, origin: usize) -> Result<Expected, HazardError> {
        let (model, past) = self.learned_before(origin)?;
        let level = model.follow(&self.counts, past);
        let mut series = Expected::default();
        for week in origin..self.table.weeks() {
            series.push(&self.table, model.chances(&self.counts, &level, origin, week));
        }
        Ok(series)
    }

    /// Every week of the table, before `origin` and after it, with the chances that are learned from the weeks before `origin`
    /// and one level for all: what the mix of customers and the season alone let expect. Not a forecast, as the weeks
    /// before have taught it; where the level wanders is left to whoever looks at the difference. Errors as for
    /// [`Self::frozen`].
    pub fn steady(&self, origin: usize) -> Result<Expected, HazardError> {
        let (model, past) = self.learned_before(origin)?;
        let level = model.follow(&self.counts, past);
        let mut series = Expected::default();
        for week in 0..self.table.weeks() {
            series.push(&self.table, model.chances(&self.counts, &level, origin.min(week), week));
        }
        Ok(series)
    }

    fn learned_before(&self, origin: usize) -> Result<(Model, Past), HazardError> {
        let past = origin.min(self.table.weeks());
        let needed = origin.max(self.settings.least_past);
        if past < needed {
            return Err(HazardError::TooFewWeeks { weeks: past, needed });
        }
        let past = origin.saturating_sub(self.settings.window)..origin;
        Ok((Model::fit(&self.counts, past.clone(), None)?, past))
    }

    /// The same customers by what they were like weeks before, for [`landmark`](Self::landmark). After
    /// [`with_peaks`](Self::with_peaks).
    ///
    /// Errors: [`HazardError::Shape`]; [`HazardError::Counts`] where more of a cell returned than were in it.
    pub fn with_landmarks(mut self, table: LandmarkTable) -> Result<Self, HazardError> {
        self.landmarks = Some(Arc::new(Landmarks::new(table, &self.table, &self.counts)?));
        Ok(self)
    }

    /// The customers who were known at the start of week `origin`, in that week and those after it, as far as the table of
    /// landmarks goes and something like it was seen before: everything is learned from the weeks before `origin`.
    ///
    /// Errors: as [`frozen`](Self::frozen); [`HazardError::Settings`] without [`with_landmarks`](Self::with_landmarks).
    pub fn landmark(&self, origin: usize) -> Result<Landmark, HazardError> {
        let landmarks = self.landmarks.as_ref();
        let landmarks = landmarks.ok_or(HazardError::Settings("there are no returns by landmark"))?;
        let (model, past) = self.learned_before(origin)?;
        Ok(landmarks.at(origin, model, past, &self.episodes))
    }

    /// Settings with another least past; for an onset near the beginning of the data.
    #[must_use]
    pub fn with_least_past(mut self, weeks: usize) -> Self {
        self.settings.least_past = weeks;
        self
    }

    /// The past of a week, the gap left out, and what was learned from it: anew every few weeks, in between as before.
    pub(super) fn fitted(&mut self, week: usize) -> Result<(Past, Model), HazardError> {
        let end = (week + 1).saturating_sub(self.settings.gap);
        let past = end.saturating_sub(self.settings.window)..end;
        let fitted = match self.model.take() {
            Some(fitted) if week.abs_diff(fitted.week) < self.settings.refit_every => fitted,
            before => {
                let before = before.map(|fitted| fitted.model);
                Fitted { week, model: Model::fit(&self.counts, past.clone(), before)? }
            }
        };
        let model = fitted.model.clone();
        self.model = Some(fitted);
        Ok((past, model))
    }
}

fn check(settings: &Settings) -> Result<(), HazardError> {
    let Settings { gap, window, least_past, season, refit_every } = *settings;
    if gap == 0 || refit_every == 0 {
        return Err(HazardError::Settings("the gap and the weeks between fits must be at least 1"));
    }
    if least_past < 4 || window < least_past {
        return Err(HazardError::Settings("the past needs at least 4 weeks, and the window as many"));
    }
    if season.period.is_nan() || season.period <= 2.0 * (season.harmonics + season.sharp) as f64 {
        return Err(HazardError::Settings("a season has fewer harmonics than half its weeks"));
    }
    Ok(())
}
