//! Past incidents as the estimators see them: effects, their sampling errors and what is known of each incident.

use nalgebra::{Cholesky, DMatrix, DVector, SymmetricEigen};

/// Why past incidents cannot be analysed.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum MetaError {
    /// Effects, errors and properties are not of the same incidents.
    #[error("{effects} effects, but {what} of {found} incidents")]
    Lengths {
        /// Number of effects.
        effects: usize,
        /// What has another length.
        what: &'static str,
        /// Its length.
        found: usize,
    },
    /// A value that is not finite, or a variance that is not positive.
    #[error("the {what} of incident {incident} is not usable: {value}")]
    Value {
        /// What is wrong.
        what: &'static str,
        /// Index of the incident.
        incident: usize,
        /// The value.
        value: f64,
    },
    /// The covariance matrix of the effects is not symmetric and positive definite.
    #[error("the covariance of the effects is not symmetric and positive definite")]
    Covariance,
    /// Fewer incidents than the coefficients need.
    #[error("{incidents} incidents, at least {needed} needed for {coefficients} coefficients")]
    TooFew {
        /// Number of incidents.
        incidents: usize,
        /// Number of coefficients.
        coefficients: usize,
        /// The least number of incidents.
        needed: usize,
    },
    /// Properties that say the same twice, so that their coefficients cannot be told apart.
    #[error("the properties of the incidents do not tell the coefficients apart")]
    NotIdentified,
    /// A prior whose scale is not positive and finite, or priors that are not one per coefficient.
    #[error("a prior is not usable: {0}")]
    Prior(&'static str),
    /// No number of incidents up to the limit is enough.
    #[error("more than {0} incidents would be needed")]
    OutOfReach(usize),
}

/// What is known of the errors of the effects.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sampling<'a> {
    /// Independent effects: their standard errors, in the unit of the effects.
    StandardErrors(&'a [f64]),
    /// Effects that share a baseline or a control group: the full covariance matrix V.
    Covariance(&'a DMatrix<f64>),
}

/// Past incidents, checked.
///
/// With a full V the data are turned by its eigenvectors: V = UDU', so U'y has the diagonal variance D + τ²I for
/// every τ², and everything below works as with independent errors.
#[derive(Debug, Clone, PartialEq)]
pub struct Incidents {
    pub(super) effects: DVector<f64>,
    pub(super) variances: DVector<f64>,
    pub(super) design: DMatrix<f64>,
    pub(super) rotation: Option<DMatrix<f64>>,
}

impl Incidents {
    /// `design` has one row per incident and one column per coefficient; the column of ones for the mean is the
    /// caller's. Errors: [`MetaError`]. At least one incident more than coefficients.
    pub fn new(effects: &[f64], sampling: Sampling<'_>, design: &DMatrix<f64>) -> Result<Self, MetaError> {
        let (k, p) = (effects.len(), design.ncols());
        if design.nrows() != k {
            return Err(MetaError::Lengths { effects: k, what: "properties", found: design.nrows() });
        }
        if p == 0 || k <= p {
            return Err(MetaError::TooFew { incidents: k, coefficients: p, needed: p + 1 });
        }
        check("effect", effects.iter().copied(), f64::is_finite)?;
        for column in design.column_iter() {
            check("property", column.iter().copied(), f64::is_finite)?;
        }
        let effects = DVector::from_column_slice(effects);
        let incidents = match sampling {
            Sampling::StandardErrors(errors) => independent(effects, errors, design)?,
            Sampling::Covariance(covariance) => rotated(&effects, covariance, design)?,
        };
        // At τ² = 0 already: columns that are not independent are not at any τ².
        Weighted::at(&incidents, 0.0, None).ok_or(MetaError::NotIdentified)?;
        Ok(incidents)
    }

    /// A mean and nothing else: the design is a column of ones.
    pub fn mean_only(effects: &[f64], sampling: Sampling<'_>) -> Result<Self, MetaError> {
        Self::new(effects, sampling, &DMatrix::from_element(effects.len(), 1, 1.0))
    }

    /// Number of incidents.
    pub fn incidents(&self) -> usize {
        self.effects.len()
    }

    /// Number of coefficients.
    pub fn coefficients(&self) -> usize {
        self.design.ncols()
    }

    /// `incidents − coefficients`.
    pub(super) fn degrees_of_freedom(&self) -> f64 {
        (self.incidents() - self.coefficients()) as f64
    }

    /// A vector over the turned incidents, back over the incidents themselves.
    pub(super) fn turn_back(&self, vector: DVector<f64>) -> DVector<f64> {
        match &self.rotation {
            Some(rotation) => rotation * vector,
            None => vector,
        }
    }
}

fn check(
    what: &'static str,
    values: impl Iterator<Item = f64>,
    usable: impl Fn(f64) -> bool,
) -> Result<(), MetaError> {
    match values.enumerate().find(|&(_, value)| !usable(value)) {
        Some((incident, value)) => Err(MetaError::Value { what, incident, value }),
        None => Ok(()),
    }
}

fn independent(effects: DVector<f64>, errors: &[f64], design: &DMatrix<f64>) -> Result<Incidents, MetaError> {
    if errors.len() != effects.len() {
        return Err(MetaError::Lengths {
            effects: effects.len(),
            what: "standard errors",
            found: errors.len(),
        });
    }
    check("standard error", errors.iter().copied(), |error| error > 0.0 && error.is_finite())?;
    let variances = DVector::from_iterator(errors.len(), errors.iter().map(|error| error * error));
    Ok(Incidents { effects, variances, design: design.clone(), rotation: None })
}

fn rotated(
    effects: &DVector<f64>,
    covariance: &DMatrix<f64>,
    design: &DMatrix<f64>,
) -> Result<Incidents, MetaError> {
    let k = effects.len();
    if covariance.nrows() != k || covariance.ncols() != k {
        return Err(MetaError::Lengths { effects: k, what: "a covariance", found: covariance.nrows() });
    }
    let scale = covariance.amax();
    let symmetric = (covariance - covariance.transpose()).amax() <= 1e-9 * scale;
    if !scale.is_finite() || !symmetric {
        return Err(MetaError::Covariance);
    }
    let eigen = SymmetricEigen::new(covariance.clone());
    if eigen.eigenvalues.iter().any(|&value| value <= 1e-12 * scale) {
        return Err(MetaError::Covariance);
    }
    let back = eigen.eigenvectors;
    Ok(Incidents {
        effects: back.tr_mul(effects),
        variances: eigen.eigenvalues,
        design: back.tr_mul(design),
        rotation: Some(back),
    })
}

/// A normal prior on the coefficients, as its precision matrix (diagonal) and precision times mean.
#[derive(Debug, Clone)]
pub(super) struct NormalPrior {
    pub(super) precision: DVector<f64>,
    pub(super) mean: DVector<f64>,
}

/// Weighted least squares at one τ².
#[derive(Debug, Clone)]
pub(super) struct Weighted {
    /// 1/(v + τ²).
    pub(super) weights: DVector<f64>,
    /// (X'WX)⁻¹, with the prior's precision added when there is one.
    pub(super) covariance: DMatrix<f64>,
    /// The coefficients.
    pub(super) coefficients: DVector<f64>,
    /// y − Xb.
    pub(super) residuals: DVector<f64>,
    /// ln |X'WX|, the prior included.
    pub(super) log_determinant: f64,
    /// Σ w r², plus the prior's quadratic form.
    pub(super) misfit: f64,
}

impl Weighted {
    /// `None` where the matrix is singular.
    pub(super) fn at(incidents: &Incidents, tau2: f64, prior: Option<&NormalPrior>) -> Option<Self> {
        let Incidents { effects, variances, design, .. } = incidents;
        let weights = variances.map(|v| 1.0 / (v + tau2));
        let mut weighted = design.clone();
        for (mut row, weight) in weighted.row_iter_mut().zip(weights.iter()) {
            row *= *weight;
        }
        let mut information = weighted.tr_mul(design);
        let mut score = weighted.tr_mul(effects);
        if let Some(prior) = prior {
            for j in 0..design.ncols() {
                information[(j, j)] += prior.precision[j];
                score[j] += prior.precision[j] * prior.mean[j];
            }
        }
        let (covariance, log_determinant) = invert(&information)?;
        let coefficients = &covariance * score;
        let residuals = effects - design * &coefficients;
        let mut misfit: f64 = residuals.iter().zip(weights.iter()).map(|(r, w)| w * r * r).sum();
        if let Some(prior) = prior {
            let from_prior = (0..design.ncols())
                .map(|j| prior.precision[j] * (coefficients[j] - prior.mean[j]).powi(2))
                .sum::<f64>();
            misfit += from_prior;
        }
        Some(Self { weights, covariance, coefficients, residuals, log_determinant, misfit })
    }

    /// tr((X'WX)⁻¹ X'W²X).
    pub(super) fn trace_of_squares(&self, incidents: &Incidents) -> f64 {
        let leverage = |(row, w): (nalgebra::DMatrixView<'_, f64>, &f64)| {
            w * w * (row * &self.covariance * row.transpose())[(0, 0)]
        };
        (0..incidents.incidents())
            .map(|i| {
                leverage((incidents.design.view((i, 0), (1, incidents.coefficients())), &self.weights[i]))
            })
            .sum()
    }
}

/// The inverse and the logarithm of the determinant, of a matrix that is clearly positive definite.
fn invert(information: &DMatrix<f64>) -> Option<(DMatrix<f64>, f64)> {
    // Scaled to a unit diagonal first, so that a property in days and one in years are judged alike.
    let scale = information.diagonal().map(|d| 1.0 / d.sqrt());
    if scale.iter().any(|s| !s.is_finite()) {
        return None;
    }
    let n = information.nrows();
    let scaled = DMatrix::from_fn(n, n, |i, j| information[(i, j)] * scale[i] * scale[j]);
    let factor = Cholesky::new(scaled)?;
    let smallest = factor.l_dirty().diagonal().min();
    if smallest < 1e-6 {
        return None;
    }
    let log_determinant =
        2.0 * factor.l_dirty().diagonal().map(f64::ln).sum() - 2.0 * scale.map(f64::ln).sum();
    let inverse = factor.inverse();
    Some((DMatrix::from_fn(n, n, |i, j| inverse[(i, j)] * scale[i] * scale[j]), log_determinant))
}
