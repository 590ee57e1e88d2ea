//! Controls as a matrix with an intercept, each standardised by its own moments before the incident.

use super::BstsError;

/// Columns of regressors; the first is the intercept.
#[derive(Debug, Clone)]
pub(super) struct Controls {
    /// Period after period, `width` values each.
    rows: Vec<f64>,
    width: usize,
}

impl Controls {
    /// `before`: which periods the moments come from.
    pub(super) fn standardised(
        controls: &[Vec<f64>],
        periods: usize,
        before: impl Fn(usize) -> bool,
    ) -> Result<Self, BstsError> {
        let width = controls.len() + 1;
        let mut rows = vec![1.0; periods * width];
        for (control, series) in controls.iter().enumerate() {
            let wrong = |reason| BstsError::Control { control, reason };
            if series.len() != periods {
                return Err(wrong("has another number of periods than the series"));
            }
            if !series.iter().all(|value| value.is_finite()) {
                return Err(wrong("is not a number in some period"));
            }
            let seen = || (0..periods).filter(|&t| before(t)).map(|t| series[t]);
            let (mean, deviation) = moments(seen());
            if deviation.is_nan() || deviation <= 1e-12 * mean.abs().max(f64::MIN_POSITIVE) {
                return Err(wrong("does not vary before the incident"));
            }
            for (t, value) in series.iter().enumerate() {
                rows[t * width + control + 1] = (value - mean) / deviation;
            }
        }
        Ok(Self { rows, width })
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    #[inline]
    pub(super) fn row(&self, period: usize) -> &[f64] {
        &self.rows[period * self.width..(period + 1) * self.width]
    }

    #[inline]
    pub(super) fn predict(&self, period: usize, coefficients: &[f64]) -> f64 {
        self.row(period).iter().zip(coefficients).map(|(x, b)| x * b).sum()
    }

    /// Adds columns that are used as they are.
    pub(super) fn with_raw(self, columns: &[Vec<f64>]) -> Self {
        let width = self.width + columns.len();
        let periods = self.rows.len() / self.width;
        let mut rows = Vec::with_capacity(periods * width);
        for t in 0..periods {
            rows.extend_from_slice(self.row(t));
            rows.extend(columns.iter().map(|column| column[t]));
        }
        Self { rows, width }
    }
}

/// Mean and standard deviation with n - 1.
pub(super) fn moments(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let n = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / n;
    let squares: f64 = values.map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0)).sqrt())
}
