//! What was to be expected: the interface of a baseline, and the plainest one behind it.
//!
//! The alarm asks a baseline for the share of a period from earlier periods only, with its standard error,
//! which becomes the guard. [`PlugIn`] is a regression on season and holidays over a window of the past: a
//! fair comparison and a fallback. [`Structural`](super::structural::Structural), with a moving level, is the one to use.

use nalgebra::{DMatrix, DVector};
use statrs::function::logistic::logistic;

use super::beta_binomial::{BetaBinomialError, Count, Overdispersion, Share};
use super::overdispersion::{self, Level, OverdispersionError};
use super::structural::StructuralError;
use crate::interval::Confidence;

/// The last periods a baseline does not see, so that a slow fall is not learned as the new normal.
pub const GAP: usize = 8;

/// What is expected of a period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// σ(η).
    pub share: Share,
    /// s: the standard error of η for the mean of the period, without its overdispersion.
    pub standard_error: f64,
    /// ρ to judge the period with: an upper bound, not the estimate.
    pub rho: Overdispersion,
}

/// A way to learn what is to be expected from the past.
pub trait Baseline {
    /// What was learned.
    type Fitted: FittedBaseline;

    /// Learns from the periods 0, 1 … of a series. The caller has left out the last [`GAP`].
    fn fit(&self, past: &[Count]) -> Result<Self::Fitted, BaselineError>;
}

/// A baseline that has learned.
pub trait FittedBaseline {
    /// What is expected of `period`, counted from the beginning of the series.
    fn predict(&self, period: usize) -> Result<Prediction, BaselineError>;
}

/// Why nothing can be expected.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum BaselineError {
    /// Not enough of the past.
    #[error("{periods} periods with customers due, at least {needed} needed for the baseline")]
    TooFewPeriods {
        /// Usable periods.
        periods: usize,
        /// The least number.
        needed: usize,
    },
    /// Season and holidays cannot be told apart, or everybody was kept.
    #[error("the past does not determine the baseline: give a longer window, or fewer harmonics")]
    NotIdentified,
    /// An expected share too close to 0 or 1.
    #[error(transparent)]
    Share(#[from] BetaBinomialError),
    /// ρ cannot be estimated.
    #[error(transparent)]
    Overdispersion(#[from] OverdispersionError),
    /// A baseline with a moving level cannot be fitted.
    #[error(transparent)]
    Structural(#[from] StructuralError),
}

/// Logistic regression on a constant, K harmonics of the year, and effects of marked periods, over the last
/// `window` periods it is given:
///
/// `η_t = μ + Σ_{k=1..K} [a_k cos(2πkt/m) + b_k sin(2πkt/m)] + c·1{t marked}`.
///
/// Weights n·p(1−p)/(1+(n−1)ρ), ρ by moments between two passes and by maximum
/// likelihood after them; s² = xᵀ(XᵀWX)⁻¹x.
#[derive(Debug, Clone, PartialEq)]
pub struct PlugIn {
    /// `m`, periods in a year; 52.18 for weeks of a calendar.
    pub periods_per_year: f64,
    /// K.
    pub harmonics: u8,
    /// Periods used, the latest ones.
    pub window: usize,
    /// Positions in the year of periods with an effect of their own (a holiday), each with one coefficient.
    pub marked: Vec<Vec<usize>>,
    /// One-sided level of the bound on ρ.
    pub rho_level: Confidence,
}

/// A [`PlugIn`] that has learned.
#[derive(Debug, Clone)]
pub struct FittedPlugIn {
    design: PlugIn,
    coefficients: DVector<f64>,
    covariance: DMatrix<f64>,
    rho: Overdispersion,
}

impl PlugIn {
    fn row(&self, period: usize) -> Vec<f64> {
        let mut row = vec![1.0];
        for k in 1..=self.harmonics {
            let angle = std::f64::consts::TAU * f64::from(k) * period as f64 / self.periods_per_year;
            row.extend([angle.cos(), angle.sin()]);
        }
        row.extend(self.marked.iter().map(|periods| f64::from(u8::from(periods.contains(&period)))));
        row
    }
}

impl Baseline for PlugIn {
    type Fitted = FittedPlugIn;

    fn fit(&self, past: &[Count]) -> Result<FittedPlugIn, BaselineError> {
        let first = past.len().saturating_sub(self.window);
        let window: Vec<(usize, Count)> =
            past.iter().copied().enumerate().skip(first).filter(|(_, count)| count.due() > 0).collect();
        let mut regression = Regression::new(self, &window);
        let needed = 2 * regression.rows.ncols();
        if window.len() < needed {
            return Err(BaselineError::TooFewPeriods { periods: window.len(), needed });
        }
        regression.iterate(None)?;
        let rho = regression.overdispersion_by_moments()?;
        regression.iterate(Some(rho))?;
        let rho = overdispersion::fit(&regression.judged()?, Level::Known, self.rho_level)?;
        let covariance = regression.information(Some(rho.upper)).0;
        let covariance = covariance.try_inverse().ok_or(BaselineError::NotIdentified)?;
        Ok(FittedPlugIn {
            design: self.clone(),
            coefficients: regression.coefficients,
            covariance,
            rho: rho.upper,
        })
    }
}

impl FittedBaseline for FittedPlugIn {
    fn predict(&self, period: usize) -> Result<Prediction, BaselineError> {
        let row = DVector::from_vec(self.design.row(period));
        let share = Share::from_logit(row.dot(&self.coefficients))?;
        let variance = (row.transpose() * &self.covariance * &row)[0];
        Ok(Prediction { share, standard_error: variance.max(0.0).sqrt(), rho: self.rho })
    }
}

struct Regression {
    rows: DMatrix<f64>,
    counts: Vec<Count>,
    coefficients: DVector<f64>,
}

const MAX_ITERATIONS: usize = 50;

impl Regression {
    fn new(design: &PlugIn, window: &[(usize, Count)]) -> Self {
        let columns = design.row(0).len();
        let cells: Vec<f64> = window.iter().flat_map(|(period, _)| design.row(*period)).collect();
        let rows = DMatrix::from_row_slice(window.len(), columns, &cells);
        let counts: Vec<Count> = window.iter().map(|(_, count)| *count).collect();
        let sum = |of: fn(Count) -> u64| counts.iter().map(|&count| of(count) as f64).sum::<f64>() + 0.5;
        let mut coefficients = DVector::zeros(columns);
        coefficients[0] = (sum(Count::kept) / sum(Count::lost)).ln();
        Self { rows, counts, coefficients }
    }

    /// The information and the score at the present coefficients.
    fn information(&self, rho: Option<Overdispersion>) -> (DMatrix<f64>, DVector<f64>) {
        let columns = self.rows.ncols();
        let (mut information, mut score) = (DMatrix::zeros(columns, columns), DVector::zeros(columns));
        for (row, count) in self.rows.row_iter().zip(&self.counts) {
            let eta = (row * &self.coefficients)[0];
            let (p, q) = (logistic(eta), logistic(-eta));
            let inflation = rho.map_or(1.0, |rho| rho.variance_factor(count.due()));
            let n = count.due() as f64;
            let row = row.transpose();
            information += &row * row.transpose() * (n * p * q / inflation);
            score += row * ((n * q - count.lost() as f64) / inflation);
        }
        (information, score)
    }

    /// Newton steps until the coefficients stand.
    fn iterate(&mut self, rho: Option<Overdispersion>) -> Result<(), BaselineError> {
        for _ in 0..MAX_ITERATIONS {
            let (information, score) = self.information(rho);
            let step = information.cholesky().ok_or(BaselineError::NotIdentified)?.solve(&score);
            // A full step can overshoot when nearly everybody is kept.
            let size = step.amax();
            self.coefficients += &step * (1.0 / size.max(1.0));
            if size < 1e-9 {
                return Ok(());
            }
        }
        Err(BaselineError::NotIdentified)
    }

    /// ρ from Pearson's statistic, enough for weights: X² has the mean Σ(1 + (n−1)ρ).
    fn overdispersion_by_moments(&self) -> Result<Overdispersion, BaselineError> {
        let (mut excess, mut pairs) = (0.0, 0.0);
        for (share, count) in self.judged()? {
            let n = count.due() as f64;
            let gap = n * share.complement() - count.lost() as f64;
            excess += gap * gap / (n * share.value() * share.complement()) - 1.0;
            pairs += n - 1.0;
        }
        Ok(Overdispersion::clamped(excess / f64::max(pairs, 1.0)))
    }

    fn judged(&self) -> Result<Vec<(Share, Count)>, BaselineError> {
        let shares =
            (&self.rows * &self.coefficients).iter().map(|&eta| Share::from_logit(eta)).collect::<Vec<_>>();
        shares.into_iter().zip(&self.counts).map(|(share, count)| Ok((share?, *count))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn design() -> PlugIn {
        PlugIn {
            periods_per_year: 52.0,
            harmonics: 1,
            window: 104,
            marked: vec![vec![51, 103]],
            rho_level: Confidence::P90,
        }
    }

    /// Counts without noise give the coefficients back.
    #[test]
    fn season_and_holidays_are_learned() {
        let truth = |t: usize| {
            let season = 0.15 * (std::f64::consts::TAU * t as f64 / 52.0).cos();
            logistic(3.0 + season - if t % 52 == 51 { 0.5 } else { 0.0 })
        };
        let past: Vec<Count> = (0..104)
            .map(|t| Count::new(format!("{:.0}", 1e6 * truth(t)).parse().unwrap(), 1_000_000).unwrap())
            .collect();
        let fitted = design().fit(&past).unwrap();
        for t in [0, 13, 40, 51, 103, 120, 150] {
            let prediction = fitted.predict(t).unwrap();
            assert!((prediction.share.value() - truth(if t == 155 { 51 } else { t })).abs() < 1e-5, "{t}");
            assert!(prediction.standard_error > 0.0 && prediction.standard_error < 0.01);
        }
        assert!(fitted.rho.value() < 1e-6);
    }

    #[test]
    fn too_little_past_is_refused() {
        let weeks = vec![Count::new(95, 100).unwrap(); 6];
        assert!(matches!(design().fit(&weeks), Err(BaselineError::TooFewPeriods { .. })));
        let nobody_lost = vec![Count::new(100, 100).unwrap(); 104];
        assert!(design().fit(&nobody_lost).is_err());
        let without_the_holiday = PlugIn { marked: vec![vec![400]], ..design() };
        let weeks = vec![Count::new(95, 100).unwrap(); 104];
        assert!(matches!(without_the_holiday.fit(&weeks), Err(BaselineError::NotIdentified)));
    }
}
