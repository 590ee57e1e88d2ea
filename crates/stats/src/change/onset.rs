//! The onset: the most likely first period of a fall that has been found, with a set of candidates.
//!
//! It dates a fall; it does not prove that one took place, and a date is not a cause.

use super::beta_binomial::Count;
use super::edetector::{FALLS, Null};
use super::numeric::log_sum_exp;
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
    /// The fall of [`FALLS`] that fits best, in logits.
    pub fall: f64,
    /// Σ ln L from `period` to the end, at that fall.
    pub ln_likelihood_ratio: f64,
    /// First and last index of the smallest set that holds the asked share of the weight.
    pub candidates: (usize, usize),
    /// The weight of each period as the onset; sums to 1.
    pub weights: Vec<f64>,
}

/// Dates a fall within `periods`, those since the last restart of the detector, oldest first. `None` if empty.
///
/// The estimate is the maximum likelihood one, ν = argmax over s ≤ T of max_j Σ_{t=s..T} ln L_t(d_j).
///
/// The candidates: M_T is a sum over the possible onsets, M_T = Σ_s mean_j Π_{t=s..T} L_t(d_j), and the share
/// of s in it is the posterior probability of s when every onset and every fall is equally likely before the
/// data (Smith 1975, Biometrika 62). The periods of highest weight are taken until `confidence` is reached,
/// and their first and last are returned. The level is that of the posterior; how often the true onset is
/// inside after an alarm is measured by simulation in `docs/statistics/results/alarm.md`.
///
/// ```
/// use fidance_stats::change::onset::{JudgedPeriod, locate};
/// use fidance_stats::change::{Count, Null, Overdispersion, Share};
/// use fidance_stats::interval::Confidence;
/// let null = Null { share: Share::new(0.95)?, rho: Overdispersion::new(0.0005)? };
/// let kept = [1903, 1896, 1905, 1899, 1841, 1850, 1838];
/// let periods: Vec<JudgedPeriod> =
///     kept.into_iter().flat_map(|kept| Count::new(kept, 2000)).map(|count| JudgedPeriod { null, count }).collect();
/// let onset = locate(&periods, Confidence::P90).unwrap();
/// assert_eq!((onset.period, onset.candidates), (4, (4, 4)));
/// # Ok::<(), fidance_stats::change::BetaBinomialError>(())
/// ```
pub fn locate(periods: &[JudgedPeriod], confidence: Confidence) -> Option<Onset> {
    let mut sums = [0.0; FALLS.len()];
    let mut from_each: Vec<[f64; FALLS.len()]> = periods
        .iter()
        .rev()
        .map(|period| {
            for (sum, ln_ratio) in sums.iter_mut().zip(period.null.ln_ratios(period.count)) {
                *sum += ln_ratio;
            }
            sums
        })
        .collect();
    from_each.reverse();
    let candidates = from_each
        .iter()
        .enumerate()
        .flat_map(|(period, sums)| FALLS.into_iter().zip(*sums).map(move |(fall, sum)| (period, fall, sum)));
    // On equal sums the earliest.
    let (period, fall, ln_likelihood_ratio) =
        candidates.reduce(|best, next| if next.2 > best.2 { next } else { best })?;
    let evidence: Vec<f64> = from_each.iter().map(|sums| log_sum_exp(sums.iter().copied())).collect();
    let total = log_sum_exp(evidence.iter().copied());
    let weights: Vec<f64> = evidence.into_iter().map(|ln_weight| (ln_weight - total).exp()).collect();
    let candidates = heaviest(&weights, confidence.level());
    Some(Onset { period, fall, ln_likelihood_ratio, candidates, weights })
}

/// First and last index of the heaviest weights that together reach `share`.
fn heaviest(weights: &[f64], share: f64) -> (usize, usize) {
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|&i, &j| weights[j].total_cmp(&weights[i]));
    let mut reached = 0.0;
    let mut hull = (usize::MAX, 0);
    for index in order {
        hull = (hull.0.min(index), hull.1.max(index));
        reached += weights[index];
        if reached >= share {
            break;
        }
    }
    hull
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::{EDetector, Overdispersion, Share};

    fn periods(kept: &[u64]) -> Vec<JudgedPeriod> {
        let null = Null { share: Share::new(0.9).unwrap(), rho: Overdispersion::new(1e-3).unwrap() };
        kept.iter().map(|&kept| JudgedPeriod { null, count: Count::new(kept, 500).unwrap() }).collect()
    }

    /// The weights are the terms of the detector's sum, so that their unnormalised total is its evidence.
    #[test]
    fn the_weights_split_the_evidence() {
        let periods = periods(&[452, 447, 449, 430, 428, 425, 436]);
        let mut detector = EDetector::new();
        let ln_evidence = periods.iter().map(|p| detector.update(&p.null, p.count)).last().unwrap();
        let onset = locate(&periods, Confidence::P90).unwrap();
        assert!((onset.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        // The last period alone: its weight times M is its own mixture likelihood ratio.
        let last = periods.last().unwrap();
        let mixture = last.null.ln_ratios(last.count).map(f64::exp).iter().sum::<f64>() / 4.0;
        assert!((onset.weights[6] * ln_evidence.exp() / mixture - 1.0).abs() < 1e-10);
        assert_eq!(onset.period, 3);
    }

    #[test]
    fn nothing_has_no_onset() {
        assert_eq!(locate(&[], Confidence::P90), None);
    }
}
