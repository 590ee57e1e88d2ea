//! What an event did: to those on its list or in its scope by comparison, to everybody against expected returns; never without placebos.

use std::ops::Range;

use fidance_domain::retention::event_study::{BothSides, CellActivity, Study, StudySummary};
use fidance_stats::{
    causal::{
        CausalError, Cell, EffectEstimate, Panel,
        bsts::{Recovery, binomial::HORIZONS, fading},
        did::{
            event_time, gap,
            matching::{Stratum, Weights, variance_of_sum, weights},
        },
        gate::{FakeDates, Gated, PlaceboInTime, check, combine},
        verdict::{Sampling, State, Wanted, judge},
    },
    interval::{Confidence, Estimate, Interval},
};
use rand_distr::{Distribution, Normal};
use rand_pcg::{Pcg64, rand_core::SeedableRng};

use super::{
    events::{Placed, beside, followed, ids_beside},
    kept,
    model::{Effect, EffectSize, HalfLife, Method, WhyNot},
    together::size_mut,
    two_threads::at_fake_dates,
};
use crate::watch::{
    model::Figure,
    returns::{Gap, Leading, WARMING_UP},
};

/// The relative change that a business would want to know of.
const NOTABLE: f64 = 0.05;
/// Weeks of past without which nothing is estimated.
pub(super) const LEAST_PAST: usize = 8;
/// Weeks of past of a fake date.
const LEAST_TRIED: usize = 10;
/// How many times smaller than the effect a bias is slight.
const SLIGHT: f64 = 4.0;
/// Draws for the half-life.
pub(super) const DRAWS: usize = 400;
pub(super) const CONFIDENCE: Confidence = Confidence::P95;
/// Newey-West lags of the gap.
const LAGS: usize = 4;

/// What a return is worth, week by week; nothing without amounts.
#[derive(Debug)]
pub(crate) struct Amounts(Vec<f64>);

impl Amounts {
    /// What those who returned in each week came to, and how many they were.
    pub(crate) fn new(weeks: Option<Vec<(f64, u64)>>) -> Self {
        let mean = |(amount, returned): (f64, u64)| amount / (returned as f64).max(1.0);
        Self(weeks.unwrap_or_default().into_iter().map(mean).collect())
    }

    /// Mean amount of a return in some weeks.
    fn mean(&self, weeks: &Range<usize>) -> Option<f64> {
        let amounts = self.0.get(weeks.clone()).filter(|amounts| !amounts.is_empty())?;
        Some(amounts.iter().sum::<f64>() / amounts.len() as f64)
    }
}

/// What an event did to the returns of everybody who was a customer then: against what the weeks before it let expect of
/// customers as they were at that moment, and tried at fake dates.
pub(crate) fn total(
    leading: &Leading,
    amounts: &Amounts,
    events: &[Placed],
    index: usize,
    weeks: usize,
    seed: u64,
) -> Effect {
    let not = |because| Effect::NotEstimated { because };
    let Some(range) = followed(events, index, weeks) else { return not(WhyNot::NoWeekAfter) };
    let past = leading.past(range.start);
    if past < LEAST_PAST {
        return not(WhyNot::ShortPast { weeks: past as u64, needed: LEAST_PAST as u64 });
    }
    let with = ids_beside(&beside(events, index, &range), index);
    if !with.is_empty() {
        return Effect::NotSeparable { with, together: None };
    }
    let Some(since) = leading.since(range.start) else { return not(WhyNot::NotDetermined) };
    let Some(gap) = since.gap(&range) else { return not(WhyNot::NotDetermined) };
    let model = effect_of(&gap);
    let dates = fake_dates(range.start, range.len());
    // An earlier date has less of a past, and an expectation that is less sure and says so. A placebo counts by how far it
    // is off for what it says, in the measure of the real date.
    let placebo = |date: usize| {
        let placebo = leading.since(date)?.gap(&(date..date + range.len()))?;
        let error = |gap: &Gap| gap.run.standard_deviation() / gap.exposed;
        (placebo.weeks.len() * 2 >= range.len() && leading.past(date) >= LEAST_TRIED)
            .then(|| effect_of(&placebo).value * error(&gap) / error(&placebo))
    };
    let tried = at_fake_dates(dates, range.start, range.len(), placebo);
    let in_time = PlaceboInTime::of(tried, range.start, range.len());
    let gated = combine(model, in_time, None, CONFIDENCE);
    let share = gap.run.expected / gap.exposed;
    let horizons = HORIZONS.map(|(from, to)| {
        let part = range.start + from..range.start.saturating_add(to).saturating_add(1).min(range.end);
        let gap = since.gap(&part)?;
        let part = effect_of(&gap);
        Some(scaled(part.estimate(), gap.run.expected / gap.exposed))
    });
    let noise: Vec<(f64, f64)> = gap
        .weeks
        .iter()
        .map(|week| {
            let (observed, exposed) = (week.observed as f64, week.exposed as f64);
            ((observed - week.expected) / exposed, week.standard_deviation() / exposed)
        })
        .collect();
    let mut rng = Pcg64::seed_from_u64(seed);
    let draws = (0..DRAWS).map(|_| {
        let draw = |(value, deviation): &(f64, f64)| {
            Normal::new(*value, *deviation).map_or(*value, |normal| normal.sample(&mut rng))
        };
        noise.iter().map(draw).collect()
    });
    let customers: Vec<f64> = gap.weeks.iter().map(|week| week.exposed as f64).collect();
    let half_life = fading(draws, customers, gated.interval, CONFIDENCE);
    let customers = gap.weeks.first().map_or(0, |week| week.exposed);
    let sampling = Sampling { customers, variance: gap.run.expected / gap.exposed.powi(2) };
    let shape = Shape { share, decisions: gap.exposed, half_life, horizons };
    untold_untried(judged(amounts, &range, &gated, sampling, &shape, Method::ExpectedReturns))
}

/// What could not be tried at enough fake dates is shown, and told to be neither there nor not.
fn untold_untried(effect: Effect) -> Effect {
    match effect {
        Effect::Found(size) | Effect::NotSeen { size, .. } | Effect::Biased { size, .. }
            if !size.is_tried() =>
        {
            Effect::TooFew { size, needed: None }
        }
        Effect::TooFew { size, .. } if !size.is_tried() => Effect::TooFew { size, needed: None },
        tried => tried,
    }
}

/// Fake dates over the past, a dozen of them.
fn fake_dates(start: usize, horizon: usize) -> FakeDates {
    let first = WARMING_UP + LEAST_TRIED;
    let room = start.saturating_sub(horizon + first);
    FakeDates { first, step: (room / 12).max(1) }
}

/// The gap as an effect on the share that returns.
fn effect_of(gap: &Gap) -> EffectEstimate {
    let run = &gap.run;
    let value = (run.observed as f64 - run.expected) / gap.exposed;
    EffectEstimate::normal(value, run.standard_deviation() / gap.exposed, CONFIDENCE)
}

pub(super) fn why(error: &CausalError, before: usize) -> WhyNot {
    match error {
        CausalError::TooFewPlacebos { .. } | CausalError::TooFewPeriods { .. } => {
            WhyNot::ShortPast { weeks: before as u64, needed: 4 * LEAST_TRIED as u64 }
        }
        CausalError::NothingToCompare { .. } | CausalError::TooFewControls { .. } => WhyNot::NothingToCompare,
        _ => WhyNot::NotDetermined,
    }
}

/// What all designs have in common.
pub(super) struct Shape {
    /// The share that would have returned in a week.
    pub(super) share: f64,
    /// Customers times weeks.
    pub(super) decisions: f64,
    pub(super) half_life: Recovery,
    pub(super) horizons: [Option<Figure>; 3],
}

pub(super) fn judged(
    amounts: &Amounts,
    range: &Range<usize>,
    gated: &Gated,
    sampling: Sampling,
    shape: &Shape,
    method: Method,
) -> Effect {
    let Shape { share, decisions, half_life, horizons } = *shape;
    let estimate = Estimate { value: gated.model.value, interval: gated.interval };
    let lost = |points: f64| -points * decisions;
    let lost = Figure {
        value: lost(estimate.value),
        low: lost(estimate.interval.high),
        high: lost(estimate.interval.low),
    };
    let money = amounts.mean(range).map(|amount| Figure {
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
        inclusion: None,
        second: Vec::new(),
        kept: None,
    });
    let power = Confidence::new(0.8).unwrap_or(CONFIDENCE);
    let wanted = Wanted { effect: NOTABLE * share, power, confidence: CONFIDENCE };
    // A bias that the interval holds already, and that is small beside the effect, does not make it one.
    let slight = gated.in_time.bias.abs() * SLIGHT < gated.model.value.abs();
    if gated.biased && slight && !gated.interval.contains(0.0) {
        return Effect::Found(size);
    }
    match judge(gated, wanted, sampling, &[]) {
        State::Effect => Effect::Found(size),
        State::NoEffectSeen { smallest_effect } => {
            Effect::NotSeen { size, smallest: smallest_effect / share }
        }
        State::Biased { bias, .. } => Effect::Biased { size, bias },
        State::TooFew { customers_needed } => Effect::TooFew { size, needed: customers_needed },
        State::NotSeparable { with } => Effect::NotSeparable { with, together: None },
    }
}

pub(super) fn figure(estimate: Estimate) -> Figure {
    Figure { value: estimate.value, low: estimate.interval.low, high: estimate.interval.high }
}

/// An effect in shares, relative to the share that would have been.
pub(super) fn scaled(estimate: Estimate, share: f64) -> Figure {
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
    /// Sampling variance of the difference of differences, customers being the draws.
    variance: f64,
}

/// Weights that give the others the composition of those concerned.
pub(super) fn matching(cells: &[&BothSides]) -> Option<Weights> {
    let cell = |customers| Cell { customers, retained: 0 };
    let stratum = |sides: &&BothSides| Stratum {
        affected: cell(sides.concerned.customers),
        unaffected: cell(sides.others.customers),
    };
    weights(&cells.iter().map(stratum).collect::<Vec<_>>())
}

/// What a week in which a customer was active counts, from the origin of a study on and before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Contrast {
    pub(super) after: f64,
    pub(super) before: f64,
}

/// Sampling variances of the sums of `contrast` over those concerned and over the weighted others. The study's origin is its
/// period number `start`.
pub(super) fn variances(cells: &[&BothSides], weights: &[f64], contrast: Contrast, start: usize) -> [f64; 2] {
    let Contrast { after, before } = contrast;
    let of = |side: &CellActivity| {
        let (past, since) = side.active.split_at(start.min(side.active.len()));
        let sum = |weeks: &[u64]| weeks.iter().sum::<u64>() as f64;
        let squares = after.powi(2) * side.squares.after as f64
            + 2.0 * after * before * side.squares.across as f64
            + before.powi(2) * side.squares.before as f64;
        variance_of_sum(side.customers, after * sum(since) + before * sum(past), squares)
    };
    let used = cells.iter().zip(weights).filter(|(_, weight)| **weight > 0.0);
    used.fold([0.0; 2], |[mine, theirs], (sides, weight)| {
        [mine + of(&sides.concerned), theirs + of(&sides.others) * weight * weight]
    })
}

/// The comparison of one event, its weeks cut to those that can be given to it.
fn compared(study: &StudySummary, periods: &Range<usize>, range: &Range<usize>) -> Result<Compared, WhyNot> {
    let cells: Vec<_> = study.cells().map(|(.., sides)| sides).collect();
    let Some(Weights { weights, matched, effective_controls, .. }) = matching(&cells) else {
        return Err(WhyNot::NothingToCompare);
    };
    let length = range.end.saturating_sub(periods.start);
    let (mut affected, mut others) = (vec![0.0; length], vec![0.0; length]);
    for (sides, weight) in cells.iter().zip(&weights).filter(|(_, weight)| **weight > 0.0) {
        let weeks = sides.concerned.active.iter().zip(&sides.others.active);
        for ((mine, theirs), (a, o)) in affected.iter_mut().zip(&mut others).zip(weeks) {
            *mine += *a as f64;
            *theirs += *o as f64 * weight;
        }
    }
    let total = matched as f64;
    let start = range.start - periods.start;
    let contrast = Contrast { after: 1.0 / range.len() as f64, before: -1.0 / start as f64 };
    let variance = variances(&cells, &weights, contrast, start).iter().sum::<f64>() / (total * total);
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
    Ok(Compared { panel, counts, range: range.clone(), customers: total, variance })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers of customers")]
pub(super) fn whole(customers: f64) -> u64 {
    customers.round() as u64
}

/// What being on an event's list, or in its scope, did, and the probability of such differences before it.
pub(crate) fn exposed(
    amounts: &Amounts,
    events: &[Placed],
    index: usize,
    weeks: usize,
    (summary, study): (&StudySummary, &Study),
    seed: u64,
) -> (Effect, Option<f64>) {
    let not = |because| (Effect::NotEstimated { because }, None);
    let Some(range) = followed(events, index, weeks) else {
        return not(WhyNot::NoWeekAfter);
    };
    let compared = match compared(summary, &study.periods, &range) {
        Ok(compared) => compared,
        Err(because) => return not(because),
    };
    // Weeks with lags know what befell all customers for some weeks; customers know their habits, which last longer than any
    // lag that so few weeks allow. Placebos give their effect only.
    let estimator = |panel: &Panel| -> Result<EffectEstimate, CausalError> {
        let by_weeks = gap::fit(panel, LAGS, CONFIDENCE)?.effect;
        let by_customers = EffectEstimate::normal(by_weeks.value, compared.variance.sqrt(), CONFIDENCE);
        let wider = by_customers.interval.width() > by_weeks.interval.width();
        Ok(if wider { by_customers } else { by_weeks })
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
    let mut effect = of_comparison(amounts, &compared, &gated, seed);
    let kept = kept::of_list(events, index, study, summary, (&effect, &gated));
    if let Some(size) = size_mut(&mut effect) {
        size.kept = Some(kept);
    }
    (effect, pre_trend)
}

fn of_comparison(amounts: &Amounts, compared: &Compared, gated: &Gated, seed: u64) -> Effect {
    let Compared { panel, range, customers, variance, .. } = compared;
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
    let draws = (0..DRAWS).map(|_| {
        let noise = noise.as_ref();
        paths.iter().map(|value| value + noise.map_or(0.0, |noise| noise.sample(&mut rng))).collect()
    });
    let half_life = fading(draws, vec![*customers; weeks], gated.interval, CONFIDENCE);
    let decisions = customers * weeks as f64;
    let sampling = Sampling { customers: whole(*customers), variance: *variance };
    let shape = Shape { share, decisions, half_life, horizons };
    judged(amounts, range, gated, sampling, &shape, Method::DifferenceInDifferences)
}
