//! From draws of the log-odds to effects: every figure of one draw comes from the same counterfactual.

use rand::Rng;
use rand_distr::{Binomial, Distribution};
use statrs::function::logistic::logistic;

use crate::causal::bsts::effect::{Draws, Probability, TailArea, effective_draws, summarise};
use crate::causal::bsts::recovery::HalfLives;
use crate::interval::{Confidence, Estimate, Interval};

use super::sampler::Sampler;
use super::{HORIZONS, Period, RetentionEffect};

#[derive(Debug)]
pub(super) struct Collected<'a> {
    periods: &'a [Period],
    start: usize,
    draws: usize,
    /// Share that would be kept, all periods.
    shares: Draws,
    /// Customers kept less customers expected without the incident, per period from it on.
    gaps: Draws,
    expected_gap: f64,
    half_lives: Vec<f64>,
    fits: HalfLives,
    controls: usize,
    inclusion: Vec<f64>,
    deviations: Vec<f64>,
    level_steps: Vec<f64>,
    room: Vec<f64>,
}

impl<'a> Collected<'a> {
    pub(super) fn new(
        periods: &'a [Period],
        start: usize,
        controls: usize,
        events: usize,
        draws: usize,
    ) -> Self {
        let after = periods.len() - start;
        Self {
            periods,
            start,
            draws,
            shares: Draws::new(periods.len(), draws),
            gaps: Draws::new(after, draws),
            expected_gap: 0.0,
            half_lives: Vec::with_capacity(draws),
            fits: HalfLives::new(periods[start..].iter().map(|period| period.due as f64).collect()),
            controls,
            inclusion: vec![0.0; controls + events],
            deviations: Vec::with_capacity(draws),
            level_steps: Vec::with_capacity(draws),
            room: vec![0.0; after],
        }
    }

    pub(super) fn take(&mut self, sampler: &Sampler, rng: &mut (impl Rng + ?Sized)) {
        let share = |t: usize| logistic(sampler.psi[t] - sampler.incident(t));
        self.shares.push((0..self.periods.len()).map(share));
        for (gap, (t, period)) in self.room.iter_mut().zip(self.periods.iter().enumerate().skip(self.start)) {
            let share = share(t);
            let expected = period.due as f64 * share;
            *gap = kept(*period, share, rng) - expected;
            self.expected_gap += (period.retained as f64 - expected) / self.draws as f64;
        }
        self.gaps.push(self.room.iter().copied());
        for (gap, period) in self.room.iter_mut().zip(&self.periods[self.start..]) {
            *gap /= (period.due as f64).max(1.0);
        }
        self.half_lives.push(self.fits.of(&self.room));
        self.deviations.push(sampler.disturbance_variance.sqrt());
        self.level_steps.push(sampler.level_variance().sqrt());
        for (sum, &included) in self.inclusion.iter_mut().zip(sampler.included().iter().skip(1)) {
            *sum += f64::from(u8::from(included)) / self.draws as f64;
        }
    }

    pub(super) fn finish(mut self, confidence: Confidence) -> RetentionEffect {
        let after = &self.periods[self.start..];
        let due: f64 = after.iter().map(|period| period.due as f64).sum();
        let kept: f64 = after.iter().map(|period| period.retained as f64).sum();
        let gaps: Vec<f64> = self.gaps.rows().map(|row| row.iter().sum()).collect();
        let with_value = |estimate: Estimate, value| Estimate { value, ..estimate };
        let effect =
            with_value(summarise(gaps.iter().map(|gap| gap / due), confidence), self.expected_gap / due);
        let Interval { low, high } = effect.interval;
        let half_lives = std::mem::take(&mut self.half_lives);
        let event_inclusion = self.inclusion.split_off(self.controls);
        RetentionEffect {
            lost: Estimate {
                value: -self.expected_gap,
                interval: Interval { low: -high * due, high: -low * due },
            },
            relative: summarise(gaps.iter().map(|gap| kept / (kept - gap).max(1.0) - 1.0), confidence),
            tail: TailArea::of(gaps.iter().copied()).unwrap_or(TailArea {
                one_sided: 1.0,
                two_sided: 1.0,
                resolution: 1.0,
            }),
            probability_of_loss: Probability::of(gaps.iter().map(|gap| *gap < 0.0))
                .unwrap_or(Probability { value: 0.5, resolution: 0.5 }),
            horizons: HORIZONS.map(|horizon| self.over(horizon, confidence)),
            recovery: self.fits.recovery(half_lives, effect.interval, confidence),
            prediction: (0..self.periods.len())
                .map(|t| summarise(self.shares.column(t), confidence))
                .collect(),
            pointwise: (0..after.len()).map(|h| self.over((h, h), confidence)).collect(),
            effective_draws: effective_draws(&gaps),
            overdispersion: summarise(self.deviations.iter().copied(), confidence),
            level_step: summarise(self.level_steps.iter().copied(), confidence),
            inclusion: self.inclusion,
            event_inclusion,
            effect,
        }
    }

    /// The effect over some periods since the incident, weighted by customers due.
    fn over(&self, (from, to): (usize, usize), confidence: Confidence) -> Option<Estimate> {
        let after = &self.periods[self.start..];
        let to = to.min(after.len().checked_sub(1)?);
        let due: f64 = after.get(from..=to)?.iter().map(|period| period.due as f64).sum();
        let gap = |row: &[f64]| row[from..=to].iter().sum::<f64>() / due;
        (due > 0.0).then(|| summarise(self.gaps.rows().map(gap), confidence))
    }
}

/// Customers kept had chance fallen otherwise. What was observed is itself a sample: it varies with the share after the
/// incident, or with that without it where few or no customers left by chance.
fn kept(period: Period, without: f64, rng: &mut (impl Rng + ?Sized)) -> f64 {
    let (due, observed) = (period.due as f64, period.retained as f64);
    let share = observed / due.max(1.0);
    let spread = |share: f64| share * (1.0 - share);
    let share = if spread(share) > spread(without) { share } else { without };
    Binomial::new(period.due, share)
        .map_or(observed, |binomial| observed + binomial.sample(rng) as f64 - due * share)
}
