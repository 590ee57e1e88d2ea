//! The binomial logit with an effect per unit and per period, and treatment columns.
//!
//! A dense design would have units + periods columns and as many rows as cells. Each of the two blocks of the
//! information matrix is diagonal, so the larger is eliminated (Schur complement) and only the smaller one and the
//! treatments remain. The model is the same with units and periods exchanged, so the table is turned to have the
//! larger side in its rows. Used by the single effect and by the effects by event time; not public.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};
use statrs::function::logistic::logistic;

use crate::causal::{CausalError, Panel};

const MAX_ITERATIONS: usize = 60;
/// Largest change of a parameter at the end.
const TOLERANCE: f64 = 1e-10;
/// Longest step of a log-odds in one iteration.
const MAX_STEP: f64 = 3.0;

/// The fitted model: `logit p = a_row + b_column + tau_treatment`.
#[derive(Debug, Clone)]
pub(super) struct TwoWayLogit {
    customers: DMatrix<f64>,
    /// Treatment of each cell.
    treatment: DMatrix<Option<usize>>,
    row: DVector<f64>,
    /// Columns from the second on, then the treatments.
    rest: DVector<f64>,
    information: Information,
    /// Pearson's X² over cells − parameters.
    pub(super) dispersion: f64,
    pub(super) degrees_of_freedom: f64,
}

/// The information matrix with the rows eliminated.
#[derive(Debug, Clone)]
struct Information {
    rows: DVector<f64>,
    cross: DMatrix<f64>,
    schur: Cholesky<f64, Dyn>,
}

impl Information {
    /// `I⁻¹ g` for a vector split into rows and the rest.
    fn solve(&self, rows: &DVector<f64>, rest: &DVector<f64>) -> (DVector<f64>, DVector<f64>) {
        let reduced = rest - self.cross.tr_mul(&rows.component_div(&self.rows));
        let rest = self.schur.solve(&reduced);
        ((rows - &self.cross * &rest).component_div(&self.rows), rest)
    }
}

/// A linear form of the parameters, for the delta method.
pub(super) struct Gradient {
    row: DVector<f64>,
    rest: DVector<f64>,
}

impl TwoWayLogit {
    /// Fits by Newton's method (iteratively reweighted least squares). `treatments` of them, numbered by
    /// `treatment(unit, period)`.
    pub(super) fn fit(
        panel: &Panel,
        treatments: usize,
        treatment: impl Fn(usize, usize) -> Option<usize>,
    ) -> Result<Self, CausalError> {
        let customers = panel.counts().ok_or(CausalError::NoCounts)?;
        let (units, periods) = customers.shape();
        let treatment = DMatrix::from_fn(units, periods, treatment);
        let retained = panel.values().component_mul(customers);
        if units < periods {
            Self::of_table(customers.transpose(), &retained.transpose(), treatment.transpose(), treatments)
        } else {
            Self::of_table(customers.clone(), &retained, treatment, treatments)
        }
    }

    fn of_table(
        customers: DMatrix<f64>,
        retained: &DMatrix<f64>,
        treatment: DMatrix<Option<usize>>,
        treatments: usize,
    ) -> Result<Self, CausalError> {
        let (rows, columns) = customers.shape();
        let start = DVector::from_fn(rows, |row, _| {
            let (x, n) = (retained.row(row).sum(), customers.row(row).sum());
            ((x + 0.5) / (n - x + 0.5)).ln()
        });
        let mut row = start;
        let mut rest = DVector::zeros(columns - 1 + treatments);
        for _ in 0..MAX_ITERATIONS {
            let cells = Cells { customers: &customers, treatment: &treatment, row: &row, rest: &rest };
            let residual = retained - cells.expected();
            let information = cells.information()?;
            let (score_row, score_rest) = cells.sums(&residual);
            let (step_row, step_rest) = information.solve(&score_row, &score_rest);
            let longest = step_row.amax().max(step_rest.amax());
            let damping = (MAX_STEP / longest).min(1.0);
            row += step_row * damping;
            rest += step_rest * damping;
            if longest < TOLERANCE {
                return Self::finish(customers, retained, treatment, row, rest);
            }
            if !longest.is_finite() {
                break;
            }
        }
        Err(CausalError::NoConvergence { iterations: MAX_ITERATIONS })
    }

    fn finish(
        customers: DMatrix<f64>,
        retained: &DMatrix<f64>,
        treatment: DMatrix<Option<usize>>,
        row: DVector<f64>,
        rest: DVector<f64>,
    ) -> Result<Self, CausalError> {
        let cells = Cells { customers: &customers, treatment: &treatment, row: &row, rest: &rest };
        let expected = cells.expected();
        let weights = cells.weights();
        let pearson: f64 =
            (0..expected.len()).map(|i| (retained[i] - expected[i]).powi(2) / weights[i]).sum();
        let degrees_of_freedom = expected.len() as f64 - (row.len() + rest.len()) as f64;
        if degrees_of_freedom < 1.0 {
            return Err(CausalError::NotIdentified);
        }
        let information = cells.information()?;
        let dispersion = pearson / degrees_of_freedom;
        Ok(Self { customers, treatment, row, rest, information, dispersion, degrees_of_freedom })
    }

    fn cells(&self) -> Cells<'_> {
        Cells { customers: &self.customers, treatment: &self.treatment, row: &self.row, rest: &self.rest }
    }

    fn first_treatment(&self) -> usize {
        self.customers.ncols() - 1
    }

    /// Coefficient of a treatment, on the log-odds scale.
    pub(super) fn coefficient(&self, treatment: usize) -> f64 {
        self.rest[self.first_treatment() + treatment]
    }

    /// The form that picks one treatment.
    pub(super) fn pick(&self, treatment: usize) -> Gradient {
        let mut gradient = self.zero();
        gradient.rest[self.first_treatment() + treatment] = 1.0;
        gradient
    }

    /// Sum over the cells of one treatment of `weight(n) · (p with the effect − p without)`, and its gradient.
    pub(super) fn effect_sum(&self, treatment: usize, weight: impl Fn(f64) -> f64) -> (f64, Gradient) {
        let mut gradient = self.zero();
        let mut sum = 0.0;
        let tau = self.coefficient(treatment);
        let cells = self.cells();
        for (row, column) in cells.places().filter(|&place| self.treatment[place] == Some(treatment)) {
            let eta = cells.linear(row, column);
            let (with, without) = (logistic(eta), logistic(eta - tau));
            let w = weight(self.customers[(row, column)]);
            sum += w * (with - without);
            let slope_with = w * with * (1.0 - with);
            let change = slope_with - w * without * (1.0 - without);
            gradient.row[row] += change;
            if column > 0 {
                gradient.rest[column - 1] += change;
            }
            gradient.rest[self.first_treatment() + treatment] += slope_with;
        }
        (sum, gradient)
    }

    /// Cells of a treatment.
    pub(super) fn cells_in(&self, treatment: usize) -> usize {
        self.treatment.iter().filter(|found| **found == Some(treatment)).count()
    }

    /// Variance of a form by the delta method. The dispersion never narrows it: below 1 it is chance.
    pub(super) fn variance(&self, gradient: &Gradient) -> f64 {
        self.covariance(gradient, gradient)
    }

    /// Covariance of two forms.
    pub(super) fn covariance(&self, one: &Gradient, other: &Gradient) -> f64 {
        let (row, rest) = self.information.solve(&other.row, &other.rest);
        (one.row.dot(&row) + one.rest.dot(&rest)) * self.dispersion.max(1.0)
    }

    fn zero(&self) -> Gradient {
        Gradient { row: DVector::zeros(self.row.len()), rest: DVector::zeros(self.rest.len()) }
    }
}

/// The cells at one set of parameters.
struct Cells<'a> {
    customers: &'a DMatrix<f64>,
    treatment: &'a DMatrix<Option<usize>>,
    row: &'a DVector<f64>,
    rest: &'a DVector<f64>,
}

impl Cells<'_> {
    fn places(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let (rows, columns) = self.customers.shape();
        (0..rows).flat_map(move |row| (0..columns).map(move |column| (row, column)))
    }

    fn linear(&self, row: usize, column: usize) -> f64 {
        let of_column = if column > 0 { self.rest[column - 1] } else { 0.0 };
        let first = self.customers.ncols() - 1;
        let of_treatment =
            self.treatment[(row, column)].map_or(0.0, |treatment| self.rest[first + treatment]);
        self.row[row] + of_column + of_treatment
    }

    fn expected(&self) -> DMatrix<f64> {
        self.map(|n, p| n * p)
    }

    fn weights(&self) -> DMatrix<f64> {
        self.map(|n, p| n * p * (1.0 - p))
    }

    fn map(&self, of: impl Fn(f64, f64) -> f64) -> DMatrix<f64> {
        let (rows, columns) = self.customers.shape();
        DMatrix::from_fn(rows, columns, |row, column| {
            of(self.customers[(row, column)], logistic(self.linear(row, column)))
        })
    }

    /// Sums of a quantity by parameter.
    fn sums(&self, of: &DMatrix<f64>) -> (DVector<f64>, DVector<f64>) {
        let by_row = of.column_sum();
        let mut rest = DVector::zeros(self.rest.len());
        for (row, column) in self.places() {
            if column > 0 {
                rest[column - 1] += of[(row, column)];
            }
            if let Some(treatment) = self.treatment[(row, column)] {
                rest[self.customers.ncols() - 1 + treatment] += of[(row, column)];
            }
        }
        (by_row, rest)
    }

    fn information(&self) -> Result<Information, CausalError> {
        let weights = self.weights();
        let (rows, diagonal) = self.sums(&weights);
        let first = self.customers.ncols() - 1;
        let mut cross = DMatrix::zeros(rows.len(), self.rest.len());
        let mut inner = DMatrix::from_diagonal(&diagonal);
        for (row, column) in self.places() {
            let weight = weights[(row, column)];
            if column > 0 {
                cross[(row, column - 1)] += weight;
            }
            if let Some(treatment) = self.treatment[(row, column)] {
                cross[(row, first + treatment)] += weight;
                if column > 0 {
                    inner[(column - 1, first + treatment)] += weight;
                    inner[(first + treatment, column - 1)] += weight;
                }
            }
        }
        if rows.iter().any(|weight| *weight <= 0.0) {
            return Err(CausalError::NotIdentified);
        }
        let scaled = DMatrix::from_fn(cross.nrows(), cross.ncols(), |i, j| cross[(i, j)] / rows[i].sqrt());
        let schur = inner - scaled.tr_mul(&scaled);
        // Rounding can hide a pivot that is truly 0, so a nearly empty one counts as 0.
        let largest = schur.diagonal().amax();
        let schur = schur.cholesky().ok_or(CausalError::NotIdentified)?;
        let pivots = schur.l_dirty().diagonal();
        let smallest = pivots.iter().fold(f64::INFINITY, |least, pivot| least.min(pivot * pivot));
        if smallest > 1e-12 * largest {
            Ok(Information { rows, cross, schur })
        } else {
            Err(CausalError::NotIdentified)
        }
    }
}
