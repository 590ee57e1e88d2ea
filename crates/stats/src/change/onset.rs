//! The onset: the most likely first period of a fall that has been found, with a set of candidates.
//!
//! It dates a fall; it does not prove that one took place, and a date is not a cause.

use super::beta_binomial::Count;
use super::edetector::{Falls, Null};
use super::numeric::log_sum_exp;
use super::shape::{RAMPS, Scored, ramp_sums, sums_to_end};
use crate::interval::Confidence;

/// A closed period and what was expected of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JudgedPeriod {
    /// The guarded baseline it was judged against.
    pub null: Null,
    /// What was counted.
    pub count: Count,
}

/// Where a fall began.
#[derive(Debug, Clone, PartialEq)]
pub struct Onset {
    /// Most likely first period of the fall, as an index into the periods given.
    pub period: usize,
    /// The fall of those looked for that fits best, in logits.
    pub fall: f64,
    /// Σ ln L from `period` to the end, at that fall.
    pub ln_likelihood_ratio: f64,
    /// The posterior probability of each period as the onset; sums to 1.
    pub weights: Vec<f64>,
}

impl Onset {
    /// First and last index of the periods of highest weight that together reach `confidence`.
    ///
    /// The level is that of the posterior; how often the true onset is inside after an alarm is measured by
    /// simulation in `docs/statistics/results/alarm.md`.
    pub fn candidates(&self, confidence: Confidence) -> (usize, usize) {
        let mut order: Vec<usize> = (0..self.weights.len()).collect();
        order.sort_by(|&i, &j| self.weights[j].total_cmp(&self.weights[i]));
        let mut reached = 0.0;
        let mut hull = (self.period, self.period);
        for index in order {
            if reached >= confidence.level() {
                break;
            }
            hull = (hull.0.min(index), hull.1.max(index));
            reached += self.weights[index];
        }
        hull
    }
}

/// Dates a fall within `periods`, those since the last restart of the detector, oldest first. `None` if empty.
///
/// The estimate is the maximum likelihood one for a step,
/// `ν = argmax_{s ≤ T} max_j Σ_{t=s..T} ln L_t(d_j)`.
///
/// The weights are posterior probabilities (Smith 1975, Biometrika 62, with overdispersion). Before the data every
/// onset and every fall of [`Falls::KEPT`] is equally likely, and a step as likely as a ramp of 8, 13 or 26
/// periods. With steps alone the weights would be the shares of the onsets in `M_T`, which is a sum over them;
/// but then the set of candidates would miss the onset of a ramp half of the time.
///
/// Time: periods × 200 likelihoods.
///
/// ```
/// use fidance_stats::change::onset::{JudgedPeriod, locate};
/// use fidance_stats::change::{Count, Null, Overdispersion, Share};
/// use fidance_stats::interval::Confidence;
/// let null = Null { share: Share::new(0.95)?, rho: Overdispersion::new(0.0005)? };
/// let kept = [1903, 1896, 1905, 1899, 1841, 1850, 1838];
/// let periods: Vec<JudgedPeriod> =
///     kept.into_iter().flat_map(|kept| Count::new(kept, 2000)).map(|count| JudgedPeriod { null, count }).collect();
/// let onset = locate(&periods).unwrap();
/// assert_eq!(onset.period, 4);
/// let (first, last) = onset.candidates(Confidence::P90);
/// assert!(first >= 2 && last == 4);
/// # Ok::<(), fidance_stats::change::BetaBinomialError>(())
/// ```
pub fn locate(periods: &[JudgedPeriod]) -> Option<Onset> {
    locate_among(periods, Falls::KEPT)
}

/// [`locate`] for a detector that looks for other falls.
pub fn locate_among(periods: &[JudgedPeriod], falls: Falls) -> Option<Onset> {
    let periods = &Scored::all(periods);
    let steps = falls.logits().map(|fall| (fall, sums_to_end(periods, fall)));
    let candidates = (0..periods.len())
        .flat_map(|period| steps.iter().map(move |(fall, sums)| (period, *fall, sums[period])));
    // On equal sums the earliest.
    let (period, fall, ln_likelihood_ratio) =
        candidates.reduce(|best, next| if next.2 > best.2 { next } else { best })?;
    let ramps: Vec<Vec<f64>> = steps
        .iter()
        .flat_map(|(fall, full)| RAMPS.map(|length| ramp_sums(periods, *fall, length, full)))
        .collect();
    // A step has half of the prior weight, the ramps share the other half.
    let ln_ramps = (RAMPS.len() as f64).ln();
    let evidence: Vec<f64> = (0..periods.len())
        .map(|at| {
            let as_step = steps.iter().map(|(_, sums)| sums[at]);
            log_sum_exp(as_step.chain(ramps.iter().map(|sums| sums[at] - ln_ramps)))
        })
        .collect();
    let total = log_sum_exp(evidence.iter().copied());
    let weights: Vec<f64> = evidence.into_iter().map(|ln_weight| (ln_weight - total).exp()).collect();
    Some(Onset { period, fall, ln_likelihood_ratio, weights })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::edetector::FALLS;
    use crate::change::{Overdispersion, Share};

    fn periods(kept: &[u64]) -> Vec<JudgedPeriod> {
        let null = Null { share: Share::new(0.9).unwrap(), rho: Overdispersion::new(1e-3).unwrap() };
        kept.iter().map(|&kept| JudgedPeriod { null, count: Count::new(kept, 500).unwrap() }).collect()
    }

    /// The last period as the onset, from the definition: a step, or the first rung of each ramp.
    #[test]
    fn the_weights_are_posterior_probabilities() {
        let periods = periods(&[452, 447, 449, 430, 428, 425, 436]);
        let onset = locate(&periods).unwrap();
        assert_eq!(onset.period, 3);
        let prior = |form: usize| if form == 0 { 1.0 } else { 1.0 / 3.0 };
        let likelihood = |start: usize, fall: f64, length: f64| -> f64 {
            let rung = |k: usize| fall * ((k + 1) as f64 / length).min(1.0);
            periods[start..]
                .iter()
                .enumerate()
                .map(|(k, p)| p.null.ln_ratio(rung(k), p.count))
                .sum::<f64>()
                .exp()
        };
        let weight = |start: usize| -> f64 {
            let form = |(i, length): (usize, f64)| {
                FALLS.map(|fall| likelihood(start, fall, length)).iter().sum::<f64>() * prior(i)
            };
            [1.0, 8.0, 13.0, 26.0].into_iter().enumerate().map(form).sum()
        };
        let total: f64 = (0..periods.len()).map(weight).sum();
        for (start, found) in onset.weights.iter().enumerate() {
            assert!((found - weight(start) / total).abs() < 1e-10, "{start}: {found}");
        }
    }

    #[test]
    fn nothing_has_no_onset() {
        assert_eq!(locate(&[]), None);
    }
}
