//! The binomial logit with an effect per unit and per period, and treatment columns.
//!
//! A dense design would have units + periods columns and as many rows as cells. The units' block of the
//! information matrix is diagonal, so it is eliminated (Schur complement) and only periods + treatments remain.
//! Used by the single effect and by the effects by event time; not public.

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

use crate::causal::{CausalError, Panel};

const MAX_ITERATIONS: usize = 60;
/// Largest change of a parameter at the end.
const TOLERANCE: f64 = 1e-10;
/// Longest step of a log-odds in one iteration.
const MAX_STEP: f64 = 3.0;

/// The fitted model: `logit p = a_unit + b_period + tau_column`.
#[derive(Debug, Clone)]
pub(super) struct TwoWayLogit<'a> {
    customers: &'a DMatrix<f64>,
    /// Treatment column of each cell.
    column: DMatrix<Option<usize>>,
    unit: DVector<f64>,
    /// Periods from the second on, then the treatment columns.
    rest: DVector<f64>,
    information: Information,
    /// Pearson's X² over cells − parameters.
    pub(super) dispersion: f64,
    pub(super) degrees_of_freedom: f64,
}

/// The information matrix with the units eliminated.
#[derive(Debug, Clone)]
struct Information {
    units: DVector<f64>,
    cross: DMatrix<f64>,
    schur: Cholesky<f64, Dyn>,
}

impl Information {
    /// `I⁻¹ g` for a vector split into units and the rest.
    fn solve(&self, units: &DVector<f64>, rest: &DVector<f64>) -> (DVector<f64>, DVector<f64>) {
        let reduced = rest - self.cross.tr_mul(&units.component_div(&self.units));
        let rest = self.schur.solve(&reduced);
        ((units - &self.cross * &rest).component_div(&self.units), rest)
    }
}

/// A linear form of the parameters, for the delta method.
pub(super) struct Gradient {
    unit: DVector<f64>,
    rest: DVector<f64>,
}

impl<'a> TwoWayLogit<'a> {
    /// Fits by Newton's method (iteratively reweighted least squares). `columns` treatment columns, numbered by
    /// `column(unit, period)`.
    pub(super) fn fit(
        panel: &'a Panel,
        columns: usize,
        column: impl Fn(usize, usize) -> Option<usize>,
    ) -> Result<Self, CausalError> {
        let customers = panel.counts().ok_or(CausalError::NoCounts)?;
        let (units, periods) = customers.shape();
        let column = DMatrix::from_fn(units, periods, column);
        let retained = panel.values().component_mul(customers);
        let start = DVector::from_fn(units, |unit, _| {
            let (x, n) = (retained.row(unit).sum(), customers.row(unit).sum());
            ((x + 0.5) / (n - x + 0.5)).ln()
        });
        let mut unit = start;
        let mut rest = DVector::zeros(periods - 1 + columns);
        for _ in 0..MAX_ITERATIONS {
            let cells = Cells { customers, column: &column, unit: &unit, rest: &rest };
            let residual = &retained - cells.expected();
            let information = cells.information()?;
            let (score_unit, score_rest) = cells.sums(&residual);
            let (step_unit, step_rest) = information.solve(&score_unit, &score_rest);
            let longest = step_unit.amax().max(step_rest.amax());
            let damping = (MAX_STEP / longest).min(1.0);
            unit += step_unit * damping;
            rest += step_rest * damping;
            if longest < TOLERANCE {
                return Self::finish(customers, &retained, column, unit, rest);
            }
            if !longest.is_finite() {
                break;
            }
        }
        Err(CausalError::NoConvergence { iterations: MAX_ITERATIONS })
    }

    fn finish(
        customers: &'a DMatrix<f64>,
        retained: &DMatrix<f64>,
        column: DMatrix<Option<usize>>,
        unit: DVector<f64>,
        rest: DVector<f64>,
    ) -> Result<Self, CausalError> {
        let cells = Cells { customers, column: &column, unit: &unit, rest: &rest };
        let expected = cells.expected();
        let weights = cells.weights();
        let pearson: f64 =
            (0..expected.len()).map(|i| (retained[i] - expected[i]).powi(2) / weights[i]).sum();
        let degrees_of_freedom = expected.len() as f64 - (unit.len() + rest.len()) as f64;
        if degrees_of_freedom < 1.0 {
            return Err(CausalError::NotIdentified);
        }
        let information = cells.information()?;
        let dispersion = pearson / degrees_of_freedom;
        Ok(Self { customers, column, unit, rest, information, dispersion, degrees_of_freedom })
    }

    fn cells(&self) -> Cells<'_> {
        Cells { customers: self.customers, column: &self.column, unit: &self.unit, rest: &self.rest }
    }

    fn first_column(&self) -> usize {
        self.customers.ncols() - 1
    }

    /// Coefficient of a treatment column, on the log-odds scale.
    pub(super) fn coefficient(&self, column: usize) -> f64 {
        self.rest[self.first_column() + column]
    }

    /// The form that picks one treatment column.
    pub(super) fn pick(&self, column: usize) -> Gradient {
        let mut gradient = self.zero();
        gradient.rest[self.first_column() + column] = 1.0;
        gradient
    }

    /// Sum over the cells of one column of `weight(n) · (p with the effect − p without)`, and its gradient.
    pub(super) fn effect_sum(&self, column: usize, weight: impl Fn(f64) -> f64) -> (f64, Gradient) {
        let mut gradient = self.zero();
        let mut sum = 0.0;
        let tau = self.coefficient(column);
        let cells = self.cells();
        for (unit, period) in cells.places().filter(|&place| self.column[place] == Some(column)) {
            let eta = cells.linear(unit, period);
            let (with, without) = (logistic(eta), logistic(eta - tau));
            let w = weight(self.customers[(unit, period)]);
            sum += w * (with - without);
            let slope_with = w * with * (1.0 - with);
            let change = slope_with - w * without * (1.0 - without);
            gradient.unit[unit] += change;
            if period > 0 {
                gradient.rest[period - 1] += change;
            }
            gradient.rest[self.first_column() + column] += slope_with;
        }
        (sum, gradient)
    }

    /// Cells of a treatment column.
    pub(super) fn cells_in(&self, column: usize) -> usize {
        self.column.iter().filter(|found| **found == Some(column)).count()
    }

    /// Variance of a form by the delta method. The dispersion never narrows it: below 1 it is chance.
    pub(super) fn variance(&self, gradient: &Gradient) -> f64 {
        self.covariance(gradient, gradient)
    }

    /// Covariance of two forms.
    pub(super) fn covariance(&self, one: &Gradient, other: &Gradient) -> f64 {
        let (unit, rest) = self.information.solve(&other.unit, &other.rest);
        (one.unit.dot(&unit) + one.rest.dot(&rest)) * self.dispersion.max(1.0)
    }

    fn zero(&self) -> Gradient {
        Gradient { unit: DVector::zeros(self.unit.len()), rest: DVector::zeros(self.rest.len()) }
    }
}

/// The cells at one set of parameters.
struct Cells<'a> {
    customers: &'a DMatrix<f64>,
    column: &'a DMatrix<Option<usize>>,
    unit: &'a DVector<f64>,
    rest: &'a DVector<f64>,
}

impl Cells<'_> {
    fn places(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let (units, periods) = self.customers.shape();
        (0..units).flat_map(move |unit| (0..periods).map(move |period| (unit, period)))
    }

    fn linear(&self, unit: usize, period: usize) -> f64 {
        let of_period = if period > 0 { self.rest[period - 1] } else { 0.0 };
        let of_column =
            self.column[(unit, period)].map_or(0.0, |c| self.rest[self.customers.ncols() - 1 + c]);
        self.unit[unit] + of_period + of_column
    }

    fn expected(&self) -> DMatrix<f64> {
        self.map(|n, p| n * p)
    }

    fn weights(&self) -> DMatrix<f64> {
        self.map(|n, p| n * p * (1.0 - p))
    }

    fn map(&self, of: impl Fn(f64, f64) -> f64) -> DMatrix<f64> {
        let (units, periods) = self.customers.shape();
        DMatrix::from_fn(units, periods, |unit, period| {
            of(self.customers[(unit, period)], logistic(self.linear(unit, period)))
        })
    }

    /// Sums of a quantity by parameter.
    fn sums(&self, of: &DMatrix<f64>) -> (DVector<f64>, DVector<f64>) {
        let unit = of.column_sum();
        let mut rest = DVector::zeros(self.rest.len());
        for (u, period) in self.places() {
            if period > 0 {
                rest[period - 1] += of[(u, period)];
            }
            if let Some(column) = self.column[(u, period)] {
                rest[self.customers.ncols() - 1 + column] += of[(u, period)];
            }
        }
        (unit, rest)
    }

    fn information(&self) -> Result<Information, CausalError> {
        let weights = self.weights();
        let (units, diagonal) = self.sums(&weights);
        let first = self.customers.ncols() - 1;
        let mut cross = DMatrix::zeros(units.len(), self.rest.len());
        let mut inner = DMatrix::from_diagonal(&diagonal);
        for (unit, period) in self.places() {
            let weight = weights[(unit, period)];
            if period > 0 {
                cross[(unit, period - 1)] += weight;
            }
            if let Some(column) = self.column[(unit, period)] {
                cross[(unit, first + column)] += weight;
                if period > 0 {
                    inner[(period - 1, first + column)] += weight;
                    inner[(first + column, period - 1)] += weight;
                }
            }
        }
        if units.iter().any(|weight| *weight <= 0.0) {
            return Err(CausalError::NotIdentified);
        }
        let scaled = DMatrix::from_fn(cross.nrows(), cross.ncols(), |i, j| cross[(i, j)] / units[i].sqrt());
        let schur = inner - scaled.tr_mul(&scaled);
        // Rounding can hide a pivot that is truly 0, so a nearly empty one counts as 0.
        let largest = schur.diagonal().amax();
        let schur = schur.cholesky().ok_or(CausalError::NotIdentified)?;
        let smallest =
            schur.l_dirty().diagonal().iter().fold(f64::INFINITY, |least, pivot| least.min(pivot * pivot));
        if smallest > 1e-12 * largest {
            Ok(Information { units, cross, schur })
        } else {
            Err(CausalError::NotIdentified)
        }
    }
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}
