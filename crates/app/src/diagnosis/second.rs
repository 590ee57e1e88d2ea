//! What other methods say of an effect: shown beside the estimate, never instead of it.
//!
//! They rest on other assumptions, so that agreement is worth something and contradiction a warning. None of them decides a
//! state or a standing; a contradiction speaks against the event.

use std::ops::Range;

use fidance_domain::retention::event_study::StudySummary;
use fidance_stats::{
    causal::{
        EffectEstimate, Panel,
        bsts::{
            Chain,
            binomial::{Finding, Options, RetentionEffect, Season, fit_around},
        },
        gate::{Estimator, PlaceboInTime, combine, in_space},
        synthetic::{
            PlaceboError, control,
            weighted::{self, Weighting},
        },
    },
    interval::Interval,
};
use rand_pcg::{Pcg64, rand_core::SeedableRng};

use super::{
    effect::CONFIDENCE,
    model::{Effect, Method, Range as Ends, SecondOpinion},
    together::{LEVEL, Series, fake_dates, size_mut},
    two_threads::at_fake_dates,
};
use crate::watch::{model::Figure, returns::Leading};

const CHAIN: Chain = Chain { draws: 1_000, burn_in: 200 };
/// At fake dates only the mean is used.
const QUICK: Chain = Chain { draws: 200, burn_in: 100 };
/// Fake dates at most.
const DATES: usize = 6;
/// Weeks of a year, and of past from which on the structural series has a season of its own beside that of what was
/// expected.
const YEAR: f64 = 365.25 / 7.0;
const TWO_YEARS: usize = 104;
/// Groups of customers not on the list, at most.
const GROUPS: u64 = 30;
/// Customers in one of them, at least.
const LEAST_GROUP: u64 = 100;
/// Weeks before the event that weights are sought on, at least.
const LEAST_BEFORE: usize = 8;

/// Adds to an effect on everybody's returns what a structural time series of the weekly share says.
pub(super) fn of_total(effect: &mut Effect, leading: &Leading, range: &Range<usize>, seed: u64) {
    let Some(size) = size_mut(effect).filter(|size| size.method == Method::ExpectedReturns) else { return };
    let Some(found) = series_at(leading, range, CHAIN, seed) else { return };
    let placebo = |date: usize| {
        let seed = seed.wrapping_add(date as u64);
        Some(series_at(leading, &(date..date + range.len()), QUICK, seed)?.relative.value)
    };
    let dates = fake_dates(range.start, range.len(), DATES);
    let tried = at_fake_dates(dates, range.start, range.len(), placebo);
    let Ok(in_time) = PlaceboInTime::of(tried, range.start, range.len()).enough() else { return };
    let model = EffectEstimate {
        value: found.relative.value,
        interval: found.relative.interval,
        p_value: found.tail.two_sided,
    };
    let gated = combine(model, in_time, None, CONFIDENCE);
    let main = size.relative;
    let method = Method::StructuralTimeSeries;
    size.second.push(opinion(method, found.relative.value, Some(gated.interval), None, &main));
}

fn series_at(
    leading: &Leading,
    range: &Range<usize>,
    chain: Chain,
    seed: u64,
) -> Option<Box<RetentionEffect>> {
    let series = Series::new(leading, range.start, range.end)?;
    let start = series.place(range.start)?;
    let season =
        if start >= TWO_YEARS { Season::Fourier { period: YEAR, harmonics: 1 } } else { Season::None };
    let options = Options { chain, season, level_deviation: LEVEL, confidence: CONFIDENCE };
    let mut rng = Pcg64::seed_from_u64(seed);
    match fit_around(&series.periods, &series.around, &[], &[], start, &options, &mut rng).ok()? {
        Finding::Effect(found) => Some(found),
        Finding::NotSeparable { .. } => None,
    }
}

/// Adds to an effect on those on a list what synthetic control and synthetic difference in differences say, with groups of
/// the others as donors. `periods` are the weeks of the study, `range` those from the event on.
pub(super) fn of_comparison(
    effect: &mut Effect,
    leading: Option<&Leading>,
    study: &StudySummary,
    periods: &Range<usize>,
    range: &Range<usize>,
) {
    let Some(size) = size_mut(effect) else { return };
    let season = leading.and_then(|leading| leading.season(range.start)).unwrap_or_default();
    let Some(panel) = panel(study, periods, range, &season) else { return };
    let main = size.relative;
    let treated = panel.treated_mean();
    let after = treated.get(panel.start()..).unwrap_or_default();
    let observed = after.iter().sum::<f64>() / after.len().max(1) as f64;
    let relative = |effect: f64| effect / (observed - effect);
    if let Ok(found) = control::fit(&panel) {
        let estimator = PlaceboError::new(|panel: &Panel| Ok(control::fit(panel)?.effect), CONFIDENCE);
        let p_value = in_space(&estimator, &panel, found.effect).ok().map(|placebo| placebo.p_value);
        size.second.push(opinion(Method::SyntheticControl, relative(found.effect), None, p_value, &main));
    }
    let point = |panel: &Panel| Ok(weighted::fit(panel, Weighting::SyntheticDid)?.effect);
    if let Ok(found) = PlaceboError::new(point, CONFIDENCE).estimate(&panel) {
        let Interval { low, high } = found.interval;
        // Its error is that of the points; the share without the event is that of the estimate at both ends.
        let without = observed - found.value;
        let ends = Interval { low: low / without, high: high / without };
        let method = Method::SyntheticDifferenceInDifferences;
        size.second.push(opinion(method, relative(found.value), Some(ends), None, &main));
    }
}

/// The listed customers as one unit and groups of the others, neighbouring cells together until each is large enough: the
/// share active by week, freed of the season that was learned from everybody before the event.
fn panel(
    study: &StudySummary,
    periods: &Range<usize>,
    range: &Range<usize>,
    season: &[f64],
) -> Option<Panel> {
    let length = range.end.checked_sub(periods.start)?;
    let start = range.start.checked_sub(periods.start).filter(|start| *start >= LEAST_BEFORE)?;
    let others: u64 = study.cells().map(|(_, _, sides)| sides.others.customers).sum();
    let least = (others / GROUPS).max(LEAST_GROUP);
    let mut listed = Group::new(length);
    let (mut groups, mut open) = (Vec::new(), Group::new(length));
    for (_, _, sides) in study.cells() {
        listed.add(sides.concerned.customers, &sides.concerned.active);
        open.add(sides.others.customers, &sides.others.active);
        if open.customers >= least {
            groups.push(std::mem::replace(&mut open, Group::new(length)));
        }
    }
    if listed.customers == 0 || groups.len() < 3 {
        return None;
    }
    let unit = |group: &Group| -> Vec<f64> {
        let shares = group.active.iter().map(|active| *active as f64 / group.customers as f64);
        let weeks = shares.zip(periods.start..);
        weeks.map(|(share, week)| without(share, season.get(week).copied().unwrap_or_default())).collect()
    };
    let units: Vec<Vec<f64>> = std::iter::once(&listed).chain(&groups).map(unit).collect();
    let treated: Vec<bool> = (0..units.len()).map(|unit| unit == 0).collect();
    Panel::from_values(&units, &treated, start).ok()
}

struct Group {
    customers: u64,
    active: Vec<u64>,
}

impl Group {
    fn new(periods: usize) -> Self {
        Self { customers: 0, active: vec![0; periods] }
    }

    fn add(&mut self, customers: u64, active: &[u64]) {
        self.customers += customers;
        self.active.iter_mut().zip(active).for_each(|(mine, theirs)| *mine += theirs);
    }
}

/// A share with so much less in its log-odds.
fn without(share: f64, log_odds: f64) -> f64 {
    if share <= 0.0 || share >= 1.0 {
        return share;
    }
    let odds = share / (1.0 - share) * (-log_odds).exp();
    odds / (1.0 + odds)
}

fn opinion(
    method: Method,
    relative: f64,
    interval: Option<Interval>,
    p_value: Option<f64>,
    main: &Figure,
) -> SecondOpinion {
    let agrees = match interval {
        Some(Interval { low, high }) => low <= main.high && main.low <= high,
        // Without an interval only the sign can contradict, and only what is sure of its own.
        None => !(main.low > 0.0 && relative < 0.0 || main.high < 0.0 && relative > 0.0),
    };
    let interval = interval.map(|Interval { low, high }| Ends { low, high });
    SecondOpinion { method, relative, interval, p_value, agrees }
}
