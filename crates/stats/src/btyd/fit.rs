//! What every fitted model reports, and the one path from a likelihood to a fit.

use nalgebra::DMatrix;

use super::optimise::{self, Objective, Optimum};

/// A model whose parameters are all positive and are estimated on the log scale.
pub trait LogParameters<const N: usize>: Sized {
    /// Names of the parameters, in order.
    const NAMES: [&'static str; N];

    /// The model with these log-parameters.
    fn from_log(log_parameters: [f64; N]) -> Self;

    /// Its log-parameters.
    fn to_log(&self) -> [f64; N];
}

/// A model fitted by maximum likelihood.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit<M, const N: usize> {
    /// The model at the maximum of the likelihood.
    pub model: M,
    /// The log-likelihood there.
    pub log_likelihood: f64,
    /// Covariance of the log-parameters, from the inverse of the observed information. Rows and columns of
    /// parameters at a bound are 0.
    pub covariance: [[f64; N]; N],
    /// Which parameters lie at the edge of the range searched. There the likelihood keeps rising towards a
    /// limit (customers all alike, or nobody leaving): the forecast is that of the limit, and the
    /// uncertainty is that of the other parameters alone.
    pub at_bound: [bool; N],
    /// The range searched for each log-parameter.
    pub log_range: [(f64, f64); N],
    /// Customers the fit rests on.
    pub customers: u64,
    /// Iterations of the optimiser, over its best start.
    pub iterations: usize,
}

impl<M, const N: usize> Fit<M, N> {
    /// Standard errors of the log-parameters; 0 for parameters at a bound.
    pub fn standard_errors(&self) -> [f64; N] {
        std::array::from_fn(|i| self.covariance[i][i].sqrt())
    }
}

/// Why a model could not be fitted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FitError {
    /// A row contradicts itself, so that the data as a whole are in doubt.
    #[error("row {index}: {reason}")]
    InvalidRow {
        /// Position of the row, from 0.
        index: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Fewer informative customers than any estimate could rest on.
    #[error("{customers} customers with {what}, at least {needed} needed")]
    TooFewCustomers {
        /// Informative customers in the data.
        customers: u64,
        /// What makes a customer informative.
        what: &'static str,
        /// The least number accepted.
        needed: u64,
    },
    /// The optimiser did not reach a point where the slope of the likelihood vanishes.
    #[error("no convergence after {iterations} iterations, slope {slope:e} per customer")]
    NotConverged {
        /// Iterations spent.
        iterations: usize,
        /// Largest component of the gradient of the mean log-likelihood in the log-parameters.
        slope: f64,
    },
    /// The likelihood is flat at its maximum: several parameter sets explain the data equally well.
    #[error("the data do not tell the parameters apart")]
    NotIdentified,
}

/// The least number of informative customers for any fit of this module.
pub(super) const MINIMUM_CUSTOMERS: u64 = 30;

pub(super) fn require(customers: u64, what: &'static str) -> Result<(), FitError> {
    if customers < MINIMUM_CUSTOMERS {
        return Err(FitError::TooFewCustomers { customers, what, needed: MINIMUM_CUSTOMERS });
    }
    Ok(())
}

/// Minimises a mean negative log-likelihood from the most promising of `starts`, and inverts its curvature.
/// `customers` is the number of customers the mean is over. The fields in the unit of the data
/// (`log_likelihood`) are those of the objective; the caller shifts them when it rescaled the data.
pub(super) fn maximise<M: LogParameters<N>, const N: usize>(
    objective: &impl Objective<N>,
    starts: &[[f64; N]],
    log_range: [(f64, f64); N],
    customers: u64,
) -> Result<Fit<M, N>, FitError> {
    let optimum = optimise::minimise(objective, starts, &log_range);
    if !optimum.converged {
        return Err(FitError::NotConverged { iterations: optimum.iterations, slope: optimum.slope });
    }
    let weight = customers as f64;
    Ok(Fit {
        model: M::from_log(optimum.point.into()),
        log_likelihood: -optimum.value * weight,
        covariance: covariance(&optimum, weight)?,
        at_bound: optimum.at_bound,
        log_range,
        customers,
        iterations: optimum.iterations,
    })
}

/// Smallest curvature, relative to the largest, that differences of the gradient can tell from none.
const LEAST_CURVATURE: f64 = 1e-7;

/// Inverse of the total curvature over the parameters inside their range, zero elsewhere.
fn covariance<const N: usize>(optimum: &Optimum<N>, weight: f64) -> Result<[[f64; N]; N], FitError> {
    let free: Vec<usize> = (0..N).filter(|&i| !optimum.at_bound[i]).collect();
    let mut covariance = [[0.0; N]; N];
    if free.is_empty() {
        return Ok(covariance);
    }
    let information = DMatrix::from_fn(free.len(), free.len(), |i, j| optimum.hessian[(free[i], free[j])]);
    let eigen = information.symmetric_eigen();
    let (least, most) = (eigen.eigenvalues.min(), eigen.eigenvalues.max());
    if least.is_nan() || most <= 0.0 || least <= LEAST_CURVATURE * most {
        return Err(FitError::NotIdentified);
    }
    for (i, &row) in free.iter().enumerate() {
        for (j, &column) in free.iter().enumerate() {
            let terms = eigen.eigenvectors.column_iter().zip(eigen.eigenvalues.iter());
            covariance[row][column] = terms.map(|(v, value)| v[i] * v[j] / value).sum::<f64>() / weight;
        }
    }
    Ok(covariance)
}
