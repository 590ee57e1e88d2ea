//! What an event did: by comparison where there is a list, else by a structural time series, never without placebos.

use std::ops::Range;

use fidance_domain::retention::{
    event_study::StudySummary, exposure::ExposureSummary, group::EVERYBODY, risk::RECENCY_BOUNDS,
};
use fidance_stats::{
    causal::{
        CausalError, Cell, EffectEstimate, Panel,
        bsts::{
            Chain, Recovery,
            binomial::{Checked, HORIZONS, Options, Period, Placebos, RetentionEffect, Season, fit_checked},
            fading,
        },
        did::{
            event_time, gap,
            matching::{Stratum, Weights, weights},
        },
        gate::{FakeDates, Gated, check},
        verdict::{Sampling, State, Wanted, judge},
    },
    interval::{Confidence, Estimate, Interval},
};
use rand_distr::{Distribution, Normal};
use rand_pcg::{Pcg64, rand_core::SeedableRng};

use super::{
    events::{Placed, followed},
    model::{Effect, EffectSize, HalfLife, Method, WhyNot},
};
use crate::watch::model::Figure;

/// The relative change that a business would want to know of.
const NOTABLE: f64 = 0.05;
/// Weeks of past without which nothing is estimated: a model of ten weeks, and fake dates after them.
const LEAST_PAST: usize = 20;
/// From how many weeks of past on a yearly season can be learned.
const SEASON_PAST: usize = 60;
/// Customers silent for a year or more are not among those who could return: their number grows with the age of the
/// shop, and nothing of what happens now moves them.
const LONGEST_SILENCE: u32 = 366;
const CONFIDENCE: Confidence = Confidence::P95;
/// Newey-West lags of the gap.
const LAGS: usize = 4;

/// The weekly series of everybody.
#[derive(Debug)]
pub(crate) struct Everybody {
    /// Customers seen within a year, and those of them who returned.
    periods: Vec<Period>,
    /// Mean amount of a customer who returned in the week; empty without amounts.
    amounts: Vec<f64>,
}

impl Everybody {
    /// `amounts`: what those who returned in each week came to, and how many they were.
    pub(crate) fn new(exposure: &ExposureSummary, amounts: Option<Vec<(f64, u64)>>) -> Self {
        let last =
            RECENCY_BOUNDS.iter().position(|&bound| bound > LONGEST_SILENCE).unwrap_or(RECENCY_BOUNDS.len());
        let period = |week: usize| {
            let mut period = Period { due: 0, retained: 0 };
            for (_, exposure) in exposure.cells(EVERYBODY, week).filter(|(cell, _)| cell.recency < last) {
                period.due += exposure.at_risk;
                period.retained += exposure.returned;
            }
            period
        };
        let mean = |(amount, returned): (f64, u64)| amount / (returned as f64).max(1.0);
        Self {
            periods: (0..exposure.periods()).map(period).collect(),
            amounts: amounts.unwrap_or_default().into_iter().map(mean).collect(),
        }
    }

    pub(crate) fn weeks(&self) -> usize {
        self.periods.len()
    }

    /// Mean amount of a return in some weeks.
    pub(crate) fn amount(&self, weeks: &Range<usize>) -> Option<f64> {
        let amounts = self.amounts.get(weeks.clone()).filter(|amounts| !amounts.is_empty())?;
        Some(amounts.iter().sum::<f64>() / amounts.len() as f64)
    }
}

/// What an event did to everybody's returns.
pub(crate) fn total(everybody: &Everybody, events: &[Placed], index: usize, seed: u64) -> Effect {
    let weeks = everybody.weeks();
    let Some(range) = followed(events, index, weeks) else {
        return Effect::NotEstimated { because: WhyNot::NoWeekAfter };
    };
    if range.start < LEAST_PAST {
        let because = WhyNot::ShortPast { weeks: range.start as u64, needed: LEAST_PAST as u64 };
        return Effect::NotEstimated { because };
    }
    let Some(periods) = everybody.periods.get(..range.end) else {
        return Effect::NotEstimated { because: WhyNot::NotDetermined };
    };
    let others: Vec<usize> =
        (0..events.len()).filter(|other| *other != index && competes(events, *other, &range)).collect();
    let columns: Vec<Vec<f64>> =
        others.iter().filter_map(|other| Some(events.get(*other)?.column(range.end))).collect();
    let trend = vec![(0..range.end).map(|week| week as f64).collect::<Vec<f64>>()];
    let year = Season::Fourier { period: 365.25 / 7.0, harmonics: 2 };
    let options = Options {
        chain: Chain { draws: 2000, burn_in: 300 },
        season: if range.start >= SEASON_PAST { year } else { Season::None },
        level_deviation: 0.02,
        confidence: CONFIDENCE,
    };
    let first = if range.start < 52 { range.start.div_ceil(2).max(12) } else { 26 };
    let room = range.start.saturating_sub(range.len() + first);
    let placebos = Placebos {
        dates: FakeDates { first, step: (room / 12).max(1) },
        chain: Chain { draws: 200, burn_in: 80 },
    };
    let mut rng = Pcg64::seed_from_u64(seed);
    match fit_checked(periods, &trend, &columns, range.start, &options, placebos, &mut rng) {
        Ok(Checked::Effect(found, gated)) => of_series(everybody, periods, &range, &found, &gated),
        Ok(Checked::NotSeparable { events: with }) => {
            let id = |place: usize| Some(events.get(*others.get(place)?)?.known.id.clone());
            Effect::NotSeparable { with: with.into_iter().filter_map(id).collect() }
        }
        Err(error) => Effect::NotEstimated { because: why(&error, range.start) },
    }
}

/// Whether another event bends the weeks before or after: it is in the data and not a week away from their ends, where
/// its column would not vary.
fn competes(events: &[Placed], other: usize, range: &Range<usize>) -> bool {
    let Some(event) = events.get(other) else { return false };
    let varies = event.column(range.end);
    let (first, rest) = varies.split_first().map_or((0.0, &[][..]), |(first, rest)| (*first, rest));
    event.week + 26 > 0 && rest.iter().any(|value| (value - first).abs() > 1e-6)
}

fn why(error: &CausalError, before: usize) -> WhyNot {
    match error {
        CausalError::TooFewPlacebos { .. } | CausalError::TooFewPeriods { .. } => {
            WhyNot::ShortPast { weeks: before as u64, needed: 2 * LEAST_PAST as u64 }
        }
        CausalError::NothingToCompare { .. } | CausalError::TooFewControls { .. } => WhyNot::NothingToCompare,
        _ => WhyNot::NotDetermined,
    }
}

fn of_series(
    everybody: &Everybody,
    periods: &[Period],
    range: &Range<usize>,
    found: &RetentionEffect,
    gated: &Gated,
) -> Effect {
    let after = periods.get(range.clone()).unwrap_or_default();
    let due: f64 = after.iter().map(|period| period.due as f64).sum();
    let kept: f64 = after.iter().map(|period| period.retained as f64).sum();
    let share = kept / due - gated.model.value;
    let horizons = [0, 1, 2].map(|at: usize| {
        let (from, to) = HORIZONS.get(at).copied()?;
        let weeks = after.get(from..after.len().min(to.saturating_add(1)))?;
        let due: f64 = weeks.iter().map(|period| period.due as f64).sum();
        let kept: f64 = weeks.iter().map(|period| period.retained as f64).sum();
        let estimate = (*found.horizons.get(at)?)?;
        Some(scaled(estimate, kept / due - estimate.value))
    });
    let customers = periods.get(range.start).map_or(0, |period| period.due);
    let before: f64 = periods.iter().take(range.start).map(|period| period.due as f64).sum();
    let sampling = Sampling::binomial(share, customers, [due, before, f64::INFINITY, f64::INFINITY]);
    let shape = Shape { share, decisions: due, half_life: found.recovery, horizons };
    judged(everybody, range, gated, sampling, shape, Method::StructuralTimeSeries)
}

/// What both designs have in common.
struct Shape {
    /// The share that would have returned in a week.
    share: f64,
    /// Customers times weeks.
    decisions: f64,
    half_life: Recovery,
    horizons: [Option<Figure>; 3],
}

fn judged(
    everybody: &Everybody,
    range: &Range<usize>,
    gated: &Gated,
    sampling: Sampling,
    shape: Shape,
    method: Method,
) -> Effect {
    let Shape { share, decisions, half_life, horizons } = shape;
    let estimate = Estimate { value: gated.model.value, interval: gated.interval };
    let lost = |points: f64| -points * decisions;
    let lost = Figure {
        value: lost(estimate.value),
        low: lost(estimate.interval.high),
        high: lost(estimate.interval.low),
    };
    let money = everybody.amount(range).map(|amount| Figure {
        value: lost.value * amount,
        low: lost.low * amount,
        high: lost.high * amount,
    });
    let size = Box::new(EffectSize {
        weeks: range.len() as u64,
        points: figure(estimate),
        relative: scaled(estimate, share),
        lost,
        money,
        horizons,
        half_life: match half_life {
            Recovery::NoDrop => HalfLife::NoDrop,
            Recovery::NotSeen { at_least } => HalfLife::NotSeen { at_least },
            Recovery::HalfLife(estimate) => HalfLife::Weeks(figure(estimate)),
        },
        p_value: gated.p_value.value,
        resolution: gated.p_value.resolution,
        placebos: gated.in_time.effects.len() as u64,
        widened: gated.interval.width() > gated.model.interval.width() * (1.0 + 1e-9),
        method,
    });
    let power = Confidence::new(0.8).unwrap_or(CONFIDENCE);
    let wanted = Wanted { effect: NOTABLE * share, power, confidence: CONFIDENCE };
    match judge(gated, wanted, sampling, &[]) {
        State::Effect => Effect::Found(size),
        State::NoEffectSeen { smallest_effect } => {
            Effect::NotSeen { size, smallest: smallest_effect / share }
        }
        State::Biased { bias, .. } => Effect::Biased { size, bias },
        State::TooFew { customers_needed } => Effect::TooFew { size, needed: customers_needed },
        State::NotSeparable { with } => Effect::NotSeparable { with },
    }
}

fn figure(estimate: Estimate) -> Figure {
    Figure { value: estimate.value, low: estimate.interval.low, high: estimate.interval.high }
}

/// An effect in shares, relative to the share that would have been.
fn scaled(estimate: Estimate, share: f64) -> Figure {
    let Interval { low, high } = estimate.interval;
    Figure { value: estimate.value / share, low: low / share, high: high / share }
}

/// Affected customers and alike others, by week.
#[derive(Debug)]
pub(crate) struct Compared {
    panel: Panel,
    /// The same in counts, for the test of the time before.
    counts: Option<Panel>,
    range: Range<usize>,
    customers: f64,
}

/// The comparison of one event, its weeks cut to those that can be given to it.
fn compared(study: &StudySummary, periods: &Range<usize>, range: &Range<usize>) -> Result<Compared, WhyNot> {
    let cells: Vec<_> = study.cells().map(|(_, sides)| sides).collect();
    let cell = |customers| Cell { customers, retained: 0 };
    let strata: Vec<Stratum> = cells
        .iter()
        .map(|sides| Stratum {
            affected: cell(sides.listed.customers),
            unaffected: cell(sides.others.customers),
        })
        .collect();
    let Some(Weights { weights, matched, effective_controls, .. }) = weights(&strata) else {
        return Err(WhyNot::NothingToCompare);
    };
    let length = range.end.saturating_sub(periods.start);
    let (mut affected, mut others) = (vec![0.0; length], vec![0.0; length]);
    for (sides, weight) in cells.iter().zip(&weights).filter(|(_, weight)| **weight > 0.0) {
        let weeks = sides.listed.active.iter().zip(&sides.others.active);
        for ((mine, theirs), (a, o)) in affected.iter_mut().zip(&mut others).zip(weeks) {
            *mine += *a as f64;
            *theirs += *o as f64 * weight;
        }
    }
    let total = matched as f64;
    let start = range.start - periods.start;
    let counted = |active: &[f64], customers: f64| -> Vec<Cell> {
        active
            .iter()
            .map(|sum| {
                let customers = whole(customers);
                Cell { customers, retained: whole(sum / total * customers as f64).min(customers) }
            })
            .collect()
    };
    let units = [counted(&affected, total), counted(&others, effective_controls)];
    [&mut affected, &mut others].into_iter().for_each(|side| side.iter_mut().for_each(|week| *week /= total));
    let panel = Panel::from_values(&[affected, others], &[true, false], start);
    let panel = panel.map_err(|error| why(&error, start))?;
    let counts = Panel::from_counts(&units, &[true, false], start).ok();
    Ok(Compared { panel, counts, range: range.clone(), customers: total })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers of customers")]
fn whole(customers: f64) -> u64 {
    customers.round() as u64
}

/// What being on an event's list did, and the probability of such differences before it.
pub(crate) fn exposed(
    everybody: &Everybody,
    events: &[Placed],
    index: usize,
    study: &StudySummary,
    periods: &Range<usize>,
    seed: u64,
) -> (Effect, Option<f64>) {
    let not = |because| (Effect::NotEstimated { because }, None);
    let Some(range) = followed(events, index, everybody.weeks()) else {
        return not(WhyNot::NoWeekAfter);
    };
    let compared = match compared(study, periods, &range) {
        Ok(compared) => compared,
        Err(because) => return not(because),
    };
    let estimator = |panel: &Panel| -> Result<EffectEstimate, CausalError> {
        Ok(gap::fit(panel, LAGS, CONFIDENCE)?.effect)
    };
    let before = compared.panel.start();
    let dates = FakeDates { first: (before / 4).max(4), step: 1 };
    // With a horizon longer than the past no fake date fits: then the checks are made with what fits.
    let gated = match check(&estimator, &compared.panel, dates, CONFIDENCE) {
        Ok(gated) => gated,
        Err(error) => return not(why(&error, before)),
    };
    let pre_trend = compared
        .counts
        .as_ref()
        .and_then(|panel| event_time::fit(panel, 4, CONFIDENCE).ok())
        .map(|found| found.pre_trend.p_value);
    (of_comparison(everybody, &compared, &gated, seed), pre_trend)
}

fn of_comparison(everybody: &Everybody, compared: &Compared, gated: &Gated, seed: u64) -> Effect {
    let Compared { panel, range, customers, .. } = compared;
    let (start, weeks) = (panel.start(), panel.horizon());
    let gap: Vec<f64> =
        panel.treated_mean().iter().zip(panel.control_mean()).map(|(mine, theirs)| mine - theirs).collect();
    let (past, after) = gap.split_at(start.min(gap.len()));
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let level = mean(past);
    let scatter = (past.iter().map(|value| (value - level).powi(2)).sum::<f64>()
        / (past.len() as f64 - 1.0).max(1.0))
    .sqrt();
    let paths: Vec<f64> = after.iter().map(|value| value - level).collect();
    let treated = panel.treated_mean();
    let observed = mean(treated.get(start..).unwrap_or_default());
    let share = observed - gated.model.value;
    let horizons = HORIZONS.map(|(from, to)| {
        let part = paths.get(from..paths.len().min(to.saturating_add(1))).filter(|part| !part.is_empty())?;
        let half = CONFIDENCE.z() * scatter * (1.0 / part.len() as f64 + 1.0 / past.len() as f64).sqrt();
        let value = mean(part);
        let interval = Interval { low: value - half, high: value + half };
        Some(scaled(Estimate { value, interval }, share))
    });
    let mut rng = Pcg64::seed_from_u64(seed);
    let noise = Normal::new(0.0, scatter).ok();
    let draws = (0..400).map(|_| {
        let noise = noise.as_ref();
        paths.iter().map(|value| value + noise.map_or(0.0, |noise| noise.sample(&mut rng))).collect()
    });
    let half_life = fading(draws, vec![*customers; weeks], gated.interval, CONFIDENCE);
    let decisions = customers * weeks as f64;
    let before = customers * start as f64;
    let sampling = Sampling::binomial(share, whole(*customers), [decisions, decisions, before, before]);
    let shape = Shape { share, decisions, half_life, horizons };
    judged(everybody, range, gated, sampling, shape, Method::DifferenceInDifferences)
}
