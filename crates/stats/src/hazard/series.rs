//! The series: for every week with enough of a past, what was expected and what came.

use super::chances::Expected;
use super::model::{Counts, Model, Past};
use super::table::{ExposureTable, HazardError};
use super::week::WeekReturns;

/// The season: Fourier terms on the log-odds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Season {
    /// Length in weeks.
    pub period: f64,
    /// Number of harmonics; 0 for no season.
    pub harmonics: usize,
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
    /// Two years of past, a gap of 8 weeks, a yearly season of three harmonics.
    fn default() -> Self {
        Self {
            gap: 8,
            window: 104,
            least_past: 52,
            season: Season { period: 365.25 / 7.0, harmonics: 3 },
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
    let counts = Counts::new(table);
    let mut series = Expected::default();
    for fitted in Refits::new(table, &counts, settings)? {
        let (week, past, model) = fitted?;
        let end = past.end;
        let level = model.follow(&counts, past, settings.season);
        series.push(table, model.chances(&counts, &level, end, week, settings.season));
    }
    Ok(series)
}

/// Every week that has enough of a past, with that past (the gap left out) and what was learned from it.
pub(super) struct Refits<'a> {
    counts: &'a Counts,
    settings: &'a Settings,
    model: Option<Model>,
    weeks: std::ops::Range<usize>,
    first: usize,
}

impl<'a> Refits<'a> {
    pub(super) fn new(
        table: &ExposureTable,
        counts: &'a Counts,
        settings: &'a Settings,
    ) -> Result<Self, HazardError> {
        check(settings)?;
        let first = settings.least_past + settings.gap - 1;
        let weeks = first..table.weeks();
        if weeks.is_empty() {
            return Err(HazardError::TooFewWeeks { weeks: table.weeks(), needed: first + 1 });
        }
        Ok(Self { counts, settings, model: None, weeks, first })
    }
}

impl Iterator for Refits<'_> {
    type Item = Result<(usize, Past, Model), HazardError>;

    fn next(&mut self) -> Option<Self::Item> {
        let week = self.weeks.next()?;
        let end = week + 1 - self.settings.gap;
        let past = end.saturating_sub(self.settings.window)..end;
        let fitted = match self.model.take() {
            Some(model) if !(week - self.first).is_multiple_of(self.settings.refit_every) => Ok(model),
            before => Model::fit(self.counts, past.clone(), self.settings, before),
        };
        self.model = fitted.as_ref().ok().cloned();
        Some(fitted.map(|model| (week, past, model)))
    }
}

/// Expected returns of every week from `origin` to the end of the table, all from the weeks before `origin`: what would
/// have come had nothing happened. A fall that lasts is never learned as normal; for that the expectation grows
/// less sure from week to week.
///
/// The gap plays no part. Weeks in which nobody could return are left out. Errors: [`HazardError`], too few weeks also
/// when the table ends before `origin`.
pub fn frozen(table: &ExposureTable, settings: &Settings, origin: usize) -> Result<Expected, HazardError> {
    check(settings)?;
    let past = origin.min(table.weeks());
    let needed = origin.max(settings.least_past);
    if past < needed {
        return Err(HazardError::TooFewWeeks { weeks: past, needed });
    }
    let counts = Counts::new(table);
    let past = origin.saturating_sub(settings.window)..origin;
    let model = Model::fit(&counts, past.clone(), settings, None)?;
    let level = model.follow(&counts, past, settings.season);
    let chances = |week| model.chances(&counts, &level, origin, week, settings.season);
    let mut series = Expected::default();
    (origin..table.weeks()).map(chances).for_each(|chances| series.push(table, chances));
    Ok(series)
}

fn check(settings: &Settings) -> Result<(), HazardError> {
    let Settings { gap, window, least_past, season, refit_every } = *settings;
    if gap == 0 || refit_every == 0 {
        return Err(HazardError::Settings("the gap and the weeks between fits must be at least 1"));
    }
    if least_past < 4 || window < least_past {
        return Err(HazardError::Settings("the past needs at least 4 weeks, and the window as many"));
    }
    if season.period.is_nan() || season.period <= 2.0 * season.harmonics as f64 {
        return Err(HazardError::Settings("a season has fewer harmonics than half its weeks"));
    }
    Ok(())
}
