//! Segments: one alarm over all of them, and the order in which they carry it.
//!
//! The mean of e-detectors is an e-detector, so that looking at a thousand segments costs nothing of the
//! promise. The ranking is not a test: `E[M_t]` may be as large as t, not 1, and no rate of false discoveries
//! at a fixed date follows.

use super::edetector::Threshold;
use super::numeric::log_sum_exp;

/// ln of the mean of the segments' evidence, to compare with the threshold. `None` without segments.
///
/// ```
/// use fidance_stats::change::segments::global;
/// let ln_evidence = [0.0, 500.0_f64.ln() + 2.0_f64.ln()];
/// assert!((global(&ln_evidence).unwrap() - 500.5_f64.ln()).abs() < 1e-12);
/// ```
pub fn global(ln_evidence: &[f64]) -> Option<f64> {
    (!ln_evidence.is_empty())
        .then(|| log_sum_exp(ln_evidence.iter().copied()) - (ln_evidence.len() as f64).ln())
}

/// The segments named with an alarm, strongest first: e-BH at threshold A (Wang and Ramdas 2022, JRSS B 84).
///
/// With K segments and evidence sorted downwards, the k strongest for the largest k with M_(k) ≥ A·K/k.
/// Ranked evidence only; see the head of this module. Where any segment is named the mean of all evidence is at
/// least A (k segments of A·K/k each), so that the promise of [`global`] holds for naming one.
///
/// ```
/// use fidance_stats::change::{Threshold, segments::rank};
/// let threshold = Threshold::one_false_alarm_in(2.0, 50.0).unwrap();
/// let ln_evidence = [3.0, 250.0_f64.ln(), 1.0, 210.0_f64.ln()];
/// assert_eq!(rank(&ln_evidence, threshold), [1, 3]);
/// assert!(rank(&ln_evidence[..3], threshold).is_empty());
/// ```
pub fn rank(ln_evidence: &[f64], threshold: Threshold) -> Vec<usize> {
    let mut order: Vec<usize> = (0..ln_evidence.len()).filter(|&i| !ln_evidence[i].is_nan()).collect();
    order.sort_by(|&i, &j| ln_evidence[j].total_cmp(&ln_evidence[i]));
    let needed = |k: usize| (threshold.periods() * ln_evidence.len() as f64 / k as f64).ln();
    let named = (1..=order.len()).rev().find(|&k| ln_evidence[order[k - 1]] >= needed(k));
    order.truncate(named.unwrap_or(0));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_segment_is_its_own_alarm() {
        let threshold = Threshold::one_false_alarm_in(5.0, 52.0).unwrap();
        assert_eq!(global(&[6.0]), Some(6.0));
        assert_eq!(rank(&[6.0], threshold), [0]);
        assert_eq!(rank(&[5.0], threshold), Vec::<usize>::new());
        assert_eq!((global(&[]), rank(&[], threshold)), (None, vec![]));
    }

    /// A weak segment is carried by many strong ones, as the definition says.
    #[test]
    fn the_largest_k_counts() {
        let threshold = Threshold::one_false_alarm_in(2.0, 50.0).unwrap();
        let ln_evidence: Vec<f64> = [150.0_f64, 160.0, 190.0, 2.0].map(f64::ln).to_vec();
        assert_eq!(rank(&ln_evidence, threshold), [2, 1, 0]);
        assert!(rank(&[190.0_f64.ln(), 0.0, 0.0, 0.0], threshold).is_empty());
    }
}
