//! Meta-regression with random effects: τ² by restricted maximum likelihood, and what follows from it.

use nalgebra::DVector;
use statrs::distribution::{ChiSquared, ContinuousCDF, StudentsT};

use super::incidents::{Incidents, MetaError, Weighted};
use crate::interval::{Confidence, Estimate, Interval};

/// A fitted meta-regression.
#[derive(Debug, Clone, PartialEq)]
pub struct MetaRegression {
    /// Variance between incidents that their properties do not explain, in the squared unit of the effects.
    pub tau2: f64,
    /// Coefficients b, in the order of the columns.
    pub coefficients: Vec<f64>,
    /// Their standard errors √diag (X'WX)⁻¹, τ² taken as known.
    pub standard_errors: Vec<f64>,
    /// Standard errors of Knapp and Hartung: the above times √(Σ w r²/(k−p)).
    pub knapp_hartung: Vec<f64>,
    /// The effect of each incident, shrunk to what its properties predict (BLUP).
    pub shrunk: Vec<f64>,
    /// Restricted log-likelihood without constants: −½(Σ ln(v+τ²) + Σ w r² + ln|X'WX|).
    pub log_likelihood: f64,
    /// k − p.
    pub degrees_of_freedom: f64,
    covariance: nalgebra::DMatrix<f64>,
    scale: f64,
}

/// How different the incidents are, beyond chance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Heterogeneity {
    /// Cochran's Q of the residuals at τ² = 0.
    pub q: f64,
    /// Chance of a Q at least as large when τ² = 0.
    pub p_value: f64,
    /// τ² by `DerSimonian` and Laird, 0 where negative.
    pub der_simonian_laird: f64,
    /// Values of τ² that Q does not contradict (Viechtbauer 2007, Q-profile).
    pub tau2: Interval,
}

/// Fits τ² by REML and the coefficients by weighted least squares. Errors: [`MetaError`].
///
/// ```
/// use fidance_stats::meta::{Incidents, Sampling, reml};
/// // Points of retention lost in six past incidents, and the standard error of each estimate.
/// let incidents = Incidents::mean_only(
///     &[-2.7, -0.4, -1.9, -3.1, -1.2, -0.2],
///     Sampling::StandardErrors(&[0.6, 0.3, 0.8, 0.9, 0.3, 0.2]),
/// )?;
/// let fit = reml(&incidents)?;
/// assert!(fit.tau2 > 0.0 && fit.coefficients[0] < 0.0);
/// // Large incidents with large errors are pulled towards the others.
/// assert!(fit.shrunk[3] > -3.1);
/// # Ok::<(), fidance_stats::meta::MetaError>(())
/// ```
pub fn reml(incidents: &Incidents) -> Result<MetaRegression, MetaError> {
    let tau2 = restricted_maximum(incidents)?;
    let fit = Weighted::at(incidents, tau2, None).ok_or(MetaError::NotIdentified)?;
    let scale = fit.misfit / incidents.degrees_of_freedom();
    let errors = fit.covariance.diagonal().map(f64::sqrt);
    let shrunk = incidents.turn_back(shrunk(incidents, tau2, &fit.coefficients));
    Ok(MetaRegression {
        tau2,
        standard_errors: errors.iter().copied().collect(),
        knapp_hartung: errors.iter().map(|error| error * scale.sqrt()).collect(),
        shrunk: shrunk.iter().copied().collect(),
        log_likelihood: restricted_log_likelihood(&fit),
        degrees_of_freedom: incidents.degrees_of_freedom(),
        coefficients: fit.coefficients.iter().copied().collect(),
        covariance: fit.covariance,
        scale,
    })
}

impl MetaRegression {
    /// One coefficient with its interval by Knapp and Hartung: b ± t(k−p) · se · √max(1, Σ w r²/(k−p)).
    ///
    /// The floor of 1 keeps the interval from being narrower than the one that takes τ² as known, which with few
    /// incidents happens by chance. `None` for a coefficient that does not exist.
    pub fn coefficient(&self, index: usize, confidence: Confidence) -> Option<Estimate> {
        let (value, error) = (*self.coefficients.get(index)?, *self.standard_errors.get(index)?);
        let half = t_quantile(self.degrees_of_freedom, confidence)? * error * self.scale.max(1.0).sqrt();
        Some(Estimate { value, interval: Interval { low: value - half, high: value + half } })
    }

    /// The effect of a next incident with these properties: x'b ± t(k−p−1) · √(τ² + x'(X'WX)⁻¹x).
    ///
    /// It is the range for the next incident's true effect, not for the mean of such incidents. `None` unless
    /// there is one property per coefficient and at least two incidents more than coefficients.
    pub fn next_incident(&self, properties: &[f64], confidence: Confidence) -> Option<Estimate> {
        if properties.len() != self.coefficients.len() {
            return None;
        }
        let x = DVector::from_column_slice(properties);
        let value = self.coefficients.iter().zip(properties).map(|(b, x)| b * x).sum::<f64>();
        let variance = self.tau2 + (x.transpose() * &self.covariance * &x)[(0, 0)];
        let half = t_quantile(self.degrees_of_freedom - 1.0, confidence)? * variance.sqrt();
        Some(Estimate { value, interval: Interval { low: value - half, high: value + half } })
    }
}

/// The quantile of Student's t for a two-sided interval.
pub(super) fn t_quantile(degrees_of_freedom: f64, confidence: Confidence) -> Option<f64> {
    let t = StudentsT::new(0.0, 1.0, degrees_of_freedom).ok()?;
    Some(t.inverse_cdf(f64::midpoint(1.0, confidence.level())))
}

/// Q, its p-value, τ² of `DerSimonian` and Laird, and the Q-profile interval of τ². Errors: [`MetaError`].
///
/// Q(τ²) = Σ r²/(v+τ²) falls with τ² and follows χ²(k−p) at the true one; `DerSimonian` and Laird equate its
/// expectation at τ² = 0: τ² = (Q − (k−p))/(Σw − tr((X'WX)⁻¹X'W²X)).
pub fn heterogeneity(incidents: &Incidents, confidence: Confidence) -> Result<Heterogeneity, MetaError> {
    let fit = Weighted::at(incidents, 0.0, None).ok_or(MetaError::NotIdentified)?;
    let freedom = incidents.degrees_of_freedom();
    let chi_square = ChiSquared::new(freedom).map_err(|_| MetaError::NotIdentified)?;
    let spread = fit.weights.sum() - fit.trace_of_squares(incidents);
    let tail = f64::midpoint(1.0, confidence.level());
    Ok(Heterogeneity {
        q: fit.misfit,
        p_value: chi_square.sf(fit.misfit),
        der_simonian_laird: ((fit.misfit - freedom) / spread).max(0.0),
        tau2: Interval {
            low: tau2_at(incidents, chi_square.inverse_cdf(tail)),
            high: tau2_at(incidents, chi_square.inverse_cdf(1.0 - tail)),
        },
    })
}

/// The τ² at which Q(τ²) is `target`; 0 where Q is below it from the start.
fn tau2_at(incidents: &Incidents, target: f64) -> f64 {
    let excess = |tau2: f64| Weighted::at(incidents, tau2, None).map_or(-1.0, |fit| fit.misfit - target);
    if excess(0.0) <= 0.0 {
        return 0.0;
    }
    let mut high = typical_variance(incidents);
    while excess(high) > 0.0 && high < f64::MAX / 4.0 {
        high *= 2.0;
    }
    bisect(0.0, high, excess)
}

/// A root of a function that is positive at `low` and not at `high`.
fn bisect(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if f(middle) > 0.0 { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// The scale on which τ² is searched: spread of the effects and their errors together.
pub(super) fn typical_variance(incidents: &Incidents) -> f64 {
    let mean = incidents.effects.mean();
    let spread = incidents.effects.map(|y| (y - mean).powi(2)).mean();
    spread + incidents.variances.mean()
}

fn restricted_log_likelihood(fit: &Weighted) -> f64 {
    let log_weights: f64 = fit.weights.iter().map(|w| w.ln()).sum();
    0.5 * (log_weights - fit.misfit - fit.log_determinant)
}

/// The τ² of the highest restricted likelihood: best point of a grid in τ, then the root of the slope next to it.
fn restricted_maximum(incidents: &Incidents) -> Result<f64, MetaError> {
    const STEPS: u32 = 100;
    let widest = 4.0 * typical_variance(incidents).sqrt();
    let tau2 = |step: u32| (widest * f64::from(step) / f64::from(STEPS)).powi(2);
    let height = |tau2: f64| {
        Weighted::at(incidents, tau2, None).map_or(f64::NEG_INFINITY, |fit| restricted_log_likelihood(&fit))
    };
    let best = (0..=STEPS).max_by(|&a, &b| height(tau2(a)).total_cmp(&height(tau2(b)))).unwrap_or(0);
    let slope = |tau2: f64| Weighted::at(incidents, tau2, None).map_or(0.0, |fit| slope(incidents, &fit));
    let (low, high) = (tau2(best.saturating_sub(1)), tau2(best + 1));
    if !height(tau2(best)).is_finite() {
        return Err(MetaError::NotIdentified);
    }
    // The highest point at the edge of the range, falling from there on: τ² = 0.
    if best == 0 && slope(0.0) <= 0.0 {
        return Ok(0.0);
    }
    Ok(bisect(low, high, slope))
}

/// Derivative of the restricted log-likelihood in τ²: ½(Σ w²r² − Σw + tr((X'WX)⁻¹X'W²X)).
fn slope(incidents: &Incidents, fit: &Weighted) -> f64 {
    let explained: f64 = fit.residuals.iter().zip(fit.weights.iter()).map(|(r, w)| (w * r).powi(2)).sum();
    0.5 * (explained - fit.weights.sum() + fit.trace_of_squares(incidents))
}

/// (1−B)y + B·Xb with B = v/(v+τ²), over the turned incidents.
pub(super) fn shrunk(incidents: &Incidents, tau2: f64, coefficients: &DVector<f64>) -> DVector<f64> {
    let predicted = &incidents.design * coefficients;
    DVector::from_fn(incidents.incidents(), |i, _| {
        let pull = incidents.variances[i] / (incidents.variances[i] + tau2);
        (1.0 - pull) * incidents.effects[i] + pull * predicted[i]
    })
}
