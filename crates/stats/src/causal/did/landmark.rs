//! Customers of some segments against alike customers of others, where being alike misleads.
//!
//! Whoever is matched on what was done before a week drifts apart after it: a frequent buyer who happened to pause looks
//! like a rare one, and comes back sooner (regression to the mean). Between customers drawn by a list that cancels out,
//! between segments with different habits it does not. So the comparison is made from earlier weeks (landmarks) too, with
//! customers matched anew at each, and how the sides drifted apart there is what the gap after the event is held against.
//!
//! What else is different between the sides after the event, and was not at any landmark, is in the effect.

use crate::{
    causal::{
        CausalError, EffectEstimate,
        gate::{FakeDates, Gated, MIN_FAKE_DATES, at_fake_dates, combine},
        mean,
    },
    interval::Confidence,
};

/// Both sides from one period on, customers matched by what they were at its beginning.
#[derive(Debug, Clone, PartialEq)]
pub struct Landmark {
    /// The period.
    pub date: usize,
    /// Share of those concerned who were active, by period since the landmark.
    pub concerned: Vec<f64>,
    /// The same of the others, weighted to the composition of those concerned.
    pub others: Vec<f64>,
    /// Sampling variance of the logarithm of the ratio of both sums.
    pub relative_variance: f64,
    /// Periods from the landmark on that decide its shares: as many as there are, or more where one share is of several.
    pub span: usize,
}

/// An effect against the drift at earlier landmarks.
#[derive(Debug, Clone, PartialEq)]
pub struct LandmarkEffect {
    /// Mean change of the share, over all periods. The model's interval knows sampling only.
    pub effect: EffectEstimate,
    /// Share of those concerned without the event, by period.
    pub expected: Vec<f64>,
    /// Its sampling variance.
    pub variance: f64,
}

impl LandmarkEffect {
    /// Mean share without the event.
    pub fn share(&self) -> f64 {
        mean(&self.expected)
    }
}

/// The gap from `landmark` on against the drift from `earlier` ones: `mean_h (a_h − b_h ρ_h)` with a the share of those
/// concerned, b that of the others and `ρ_h = Σ a_h / Σ b_h` over the earlier landmarks.
///
/// Variance: that of the ratio at the landmark, and that at an earlier one over the number of horizons that lie side by
/// side among them. Error: [`CausalError::TooFewPlacebos`] without an earlier landmark,
/// [`CausalError::NothingToCompare`] where nobody was active.
///
/// ```
/// use fidance_stats::{causal::did::landmark::{Landmark, fit}, interval::Confidence};
/// let at = |date, concerned: [f64; 2]| Landmark {
///     date, concerned: concerned.to_vec(), others: vec![0.10, 0.08], relative_variance: 1e-4, span: 2,
/// };
/// let found = fit(&at(9, [0.08, 0.05]), &[&at(3, [0.09, 0.06])], Confidence::P95)?;
/// assert!((found.effect.value + 0.01).abs() < 1e-12 && (found.share() - 0.075).abs() < 1e-12);
/// # Ok::<(), fidance_stats::causal::CausalError>(())
/// ```
pub fn fit(
    landmark: &Landmark,
    earlier: &[&Landmark],
    confidence: Confidence,
) -> Result<LandmarkEffect, CausalError> {
    let horizon = landmark.concerned.len();
    let dates = || earlier.iter().map(|one| one.date);
    let (Some(first), Some(last)) = (dates().min(), dates().max()) else {
        return Err(CausalError::TooFewPlacebos { found: 0, needed: 1 });
    };
    let sum = |of: fn(&Landmark) -> &Vec<f64>, period: usize| -> f64 {
        earlier.iter().filter_map(|one| of(one).get(period)).sum()
    };
    let expected: Vec<f64> = (0..horizon)
        .map(|period| {
            let drift = sum(|one| &one.concerned, period) / sum(|one| &one.others, period);
            landmark.others.get(period).map_or(f64::NAN, |others| others * drift)
        })
        .collect();
    let share = mean(&expected);
    if !share.is_finite() || share <= 0.0 {
        return Err(CausalError::NothingToCompare { treated: 1, controls: 0 });
    }
    let value = mean(&landmark.concerned) - share;
    let windows = ((last - first) / landmark.span.max(1) + 1) as f64;
    let drift: Vec<f64> = earlier.iter().map(|one| one.relative_variance).collect();
    let variance = (landmark.relative_variance + mean(&drift) / windows) * share * share;
    let effect = EffectEstimate::normal(value, variance.sqrt(), confidence);
    Ok(LandmarkEffect { effect, expected, variance })
}

/// The effect with its placebos: the same at every earlier landmark, against those whose periods do not overlap with its
/// own. They count relative to the share that is expected.
///
/// Errors: those of [`fit`]; [`CausalError::TooFewPlacebos`].
pub fn check(
    landmark: &Landmark,
    earlier: &[Landmark],
    confidence: Confidence,
) -> Result<(LandmarkEffect, Gated), CausalError> {
    let found = fit(landmark, &earlier.iter().collect::<Vec<_>>(), confidence)?;
    let placebo = |date: usize| {
        let fake = earlier.iter().find(|one| one.date == date)?;
        let apart: Vec<&Landmark> =
            earlier.iter().filter(|one| one.date.abs_diff(date) >= landmark.span).collect();
        let placebo = fit(fake, &apart, confidence).ok()?;
        Some(placebo.effect.value / placebo.share() * found.share())
    };
    let Some(first) = earlier.iter().map(|one| one.date).min() else {
        return Err(CausalError::TooFewPlacebos { found: 0, needed: MIN_FAKE_DATES });
    };
    let in_time = at_fake_dates(FakeDates { first, step: 1 }, landmark.date, landmark.span, placebo)?;
    let gated = combine(found.effect, in_time, None, confidence);
    Ok((found, gated))
}

#[cfg(test)]
mod tests {
    use rand_distr::{Distribution, Normal};
    use rand_pcg::{Pcg64, rand_core::SeedableRng};

    use super::*;

    /// Sides that drift apart by a tenth over the horizon, with noise in both.
    fn landmarks(rng: &mut Pcg64, effect: f64) -> (Landmark, Vec<Landmark>) {
        let noise = Normal::new(0.0, 0.03).unwrap();
        let mut at = |date: usize, effect: f64| {
            let mut noisy = |share: f64| share * (1.0 + noise.sample(rng));
            let others: Vec<f64> = (0..12).map(|h| noisy(0.1 - 0.002 * f64::from(h))).collect();
            let drift = |h: i32| 1.0 - 0.1 * f64::from(h) / 12.0 + effect;
            let concerned = (0..12).map(|h| noisy((0.1 - 0.002 * f64::from(h)) * drift(h))).collect();
            let relative_variance = 2.0 * 0.03_f64.powi(2) / 12.0;
            Landmark { date, concerned, others, relative_variance, span: 12 }
        };
        let earlier = (0..5).map(|place| at(12 * place, 0.0)).collect();
        (at(60, effect), earlier)
    }

    #[test]
    fn a_drift_that_comes_back_is_no_effect_and_an_effect_is_found() {
        let mut rng = Pcg64::seed_from_u64(7);
        let (mut covered, mut found_drift, mut found_effect) = (0, 0, 0);
        for _ in 0..200 {
            for (effect, count) in [(0.0, &mut found_drift), (-0.08, &mut found_effect)] {
                let (now, earlier) = landmarks(&mut rng, effect);
                let (_, gated) = check(&now, &earlier, Confidence::P95).unwrap();
                let truth = (0..12).map(|h| (0.1 - 0.002 * f64::from(h)) * effect).sum::<f64>() / 12.0;
                covered += u32::from(gated.interval.contains(truth));
                *count += u32::from(!gated.interval.contains(0.0));
            }
        }
        // 95 of 100, or more where placebos widen; three standard deviations of 400 are 13.
        assert!(covered >= 367, "{covered} of 400");
        assert!(found_drift <= 20 && found_effect >= 190, "{found_drift}, {found_effect}");
    }

    #[test]
    fn without_earlier_landmarks_nothing_is_said() {
        let (now, earlier) = landmarks(&mut Pcg64::seed_from_u64(1), 0.0);
        assert!(matches!(fit(&now, &[], Confidence::P95), Err(CausalError::TooFewPlacebos { .. })));
        let few = check(&now, &earlier[..1], Confidence::P95);
        assert!(matches!(few, Err(CausalError::TooFewPlacebos { .. })), "{few:?}");
    }
}
