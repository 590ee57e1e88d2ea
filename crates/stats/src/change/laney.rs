//! The p-chart and Laney's p′-chart: the limits people know from quality control, for comparison only.
//!
//! Neither knows seasons nor overlapping looks; with 3 standard deviations a p-chart is wrong every 18 to 25 weeks
//! on retention with a season. Laney (2002), "Improved control charts for attributes", Quality Engineering
//! 14(4); the estimate of `σ_z` by moving ranges is that of Minitab. Some vendors use the standard deviation of
//! z and print other limits.

use super::beta_binomial::Count;

/// Why a chart has no limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ControlChartError {
    /// At least two periods with customers due.
    #[error("{0} periods with customers due, at least 2 needed")]
    TooFewPeriods(usize),
    /// Everybody or nobody was kept.
    #[error("the share of the reference periods is 0 or 1, so the chart has no width")]
    NoVariation,
}

/// Limits for the share of a period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ControlLimits {
    /// p̄, all customers of the reference periods pooled.
    pub mean: f64,
    /// `σ_z`: how much more than binomially the periods differ; 1 for the p-chart.
    pub sigma_z: f64,
}

/// Mean of the range of two standard normal values (d₂), as printed by Minitab.
const D2: f64 = 1.128;

impl ControlLimits {
    /// The p-chart: `σ_z` = 1.
    pub fn p_chart(reference: &[Count]) -> Result<Self, ControlChartError> {
        let mean = pooled(reference)?;
        Ok(Self { mean, sigma_z: 1.0 })
    }

    /// Laney's p′: `z_i = (p_i − p̄)/√(p̄(1−p̄)/n_i)`, `σ_z = mean |z_i − z_{i−1}| / 1.128`. Periods in
    /// order.
    ///
    /// ```
    /// use fidance_stats::change::{Count, laney::ControlLimits};
    /// let weeks: Vec<Count> = [952, 939, 961, 945].into_iter().flat_map(|kept| Count::new(kept, 1000)).collect();
    /// let limits = ControlLimits::laney(&weeks)?;
    /// assert!(limits.sigma_z > 1.0 && limits.lower(3.0, 1000) < 0.93);
    /// # Ok::<(), fidance_stats::change::laney::ControlChartError>(())
    /// ```
    pub fn laney(reference: &[Count]) -> Result<Self, ControlChartError> {
        let mean = pooled(reference)?;
        let scores: Vec<f64> = reference
            .iter()
            .filter_map(|count| Some((count.share()? - mean) / deviation(mean, count.due())))
            .collect();
        let ranges = scores.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum::<f64>();
        Ok(Self { mean, sigma_z: ranges / (scores.len() - 1) as f64 / D2 })
    }

    /// p̄ − `width`·`σ_z`·√(p̄(1−p̄)/n): 3 is usual. Not cut at 0. −∞ when nothing was due.
    pub fn lower(&self, width: f64, due: u64) -> f64 {
        self.mean - width * self.sigma_z * deviation(self.mean, due)
    }

    /// The upper limit.
    pub fn upper(&self, width: f64, due: u64) -> f64 {
        self.mean + width * self.sigma_z * deviation(self.mean, due)
    }
}

fn deviation(mean: f64, due: u64) -> f64 {
    (mean * (1.0 - mean) / due as f64).sqrt()
}

fn pooled(reference: &[Count]) -> Result<f64, ControlChartError> {
    let periods = reference.iter().filter(|count| count.due() > 0).count();
    if periods < 2 {
        return Err(ControlChartError::TooFewPeriods(periods));
    }
    let sum = |of: fn(Count) -> u64| reference.iter().map(|&count| of(count) as f64).sum::<f64>();
    let mean = sum(Count::kept) / sum(Count::due);
    if mean > 0.0 && mean < 1.0 { Ok(mean) } else { Err(ControlChartError::NoVariation) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charts_without_limits_are_refused() {
        let all = Count::new(10, 10).unwrap();
        let none_due = Count::new(0, 0).unwrap();
        assert_eq!(ControlLimits::laney(&[all, none_due]), Err(ControlChartError::TooFewPeriods(1)));
        assert_eq!(ControlLimits::p_chart(&[all, all]), Err(ControlChartError::NoVariation));
    }

    #[test]
    fn a_period_without_customers_is_left_out() {
        let counts = |pairs: &[(u64, u64)]| -> Vec<Count> {
            pairs.iter().map(|&(kept, due)| Count::new(kept, due).unwrap()).collect()
        };
        let with = ControlLimits::laney(&counts(&[(90, 100), (0, 0), (80, 100), (95, 100)]));
        assert_eq!(with, ControlLimits::laney(&counts(&[(90, 100), (80, 100), (95, 100)])));
    }
}
