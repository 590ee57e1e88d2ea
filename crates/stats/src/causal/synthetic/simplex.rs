//! Least squares with weights that are at least 0 and sum to 1, solved exactly.
//!
//! An active-set method in the manner of Lawson and Hanson: it ends at the optimum after finitely many exact solves,
//! where projected or conditional gradients only creep towards it. For up to a few hundred columns.

use nalgebra::{DMatrix, DVector};

/// Slack of the optimality conditions and smallest singular value, relative to the scale of the problem.
const TOLERANCE: f64 = 1e-11;

/// `argmin ‖A w − b‖²` over w ≥ 0, Σw = 1; one weight per column. Empty for no column.
///
/// Where several weightings fit equally well, one of them.
///
/// ```
/// use fidance_stats::causal::synthetic::simplex;
/// use nalgebra::{DMatrix, DVector};
/// let a = DMatrix::from_row_slice(2, 3, &[0.0, 4.0, 9.0, 0.0, 0.0, 9.0]);
/// let weights = simplex::least_squares(&a, &DVector::from_vec(vec![1.0, -2.0]));
/// assert!((weights - DVector::from_vec(vec![0.75, 0.25, 0.0])).amax() < 1e-12);
/// ```
pub fn least_squares(a: &DMatrix<f64>, b: &DVector<f64>) -> DVector<f64> {
    let columns = a.ncols();
    let distance = |column: usize| (a.column(column) - b).norm_squared();
    let mut weights = DVector::zeros(columns);
    let Some(nearest) = (0..columns).min_by(|&i, &j| distance(i).total_cmp(&distance(j))) else {
        return weights;
    };
    weights[nearest] = 1.0;
    let scale = (0..columns).map(distance).fold(f64::MIN_POSITIVE, f64::max);
    let mut passive = vec![nearest];
    // The objective falls at each turn, so a set of columns never returns; the bound only guards against rounding.
    for _ in 0..20 * columns + 100 {
        let gradient = a.tr_mul(&(a * &weights - b));
        let level: f64 = passive.iter().map(|&column| weights[column] * gradient[column]).sum();
        let entering = (0..columns)
            .filter(|column| !passive.contains(column))
            .min_by(|&i, &j| gradient[i].total_cmp(&gradient[j]))
            .filter(|&column| gradient[column] < level - TOLERANCE * scale);
        let Some(entering) = entering else { break };
        passive.push(entering);
        let before = weights.clone();
        settle(a, b, &mut passive, &mut weights);
        if weights == before {
            break;
        }
    }
    weights
}

/// Moves to the best point on the columns in `passive`, dropping those that would turn negative.
fn settle(a: &DMatrix<f64>, b: &DVector<f64>, passive: &mut Vec<usize>, weights: &mut DVector<f64>) {
    while !passive.is_empty() {
        let target = on_columns(a, b, passive);
        let ratio = |(&column, &aim): (&usize, &f64)| {
            if aim < 0.0 { weights[column] / (weights[column] - aim) } else { 1.0 }
        };
        let step = passive.iter().zip(&target).map(ratio).fold(1.0, f64::min);
        for (&column, &aim) in passive.iter().zip(&target) {
            weights[column] += step * (aim - weights[column]);
        }
        if step >= 1.0 {
            return;
        }
        let least = passive.iter().map(|&column| weights[column]).fold(f64::INFINITY, f64::min).max(0.0);
        for &column in passive.iter() {
            if weights[column] <= least.max(TOLERANCE) {
                weights[column] = 0.0;
            }
        }
        passive.retain(|&column| weights[column] > 0.0);
        let total = weights.sum();
        *weights /= total;
    }
}

/// Least squares with Σw = 1 only: the first column is replaced by what the others leave.
fn on_columns(a: &DMatrix<f64>, b: &DVector<f64>, columns: &[usize]) -> Vec<f64> {
    let Some((&base, others)) = columns.split_first() else { return Vec::new() };
    if others.is_empty() {
        return vec![1.0];
    }
    let differences =
        DMatrix::from_fn(a.nrows(), others.len(), |row, i| a[(row, others[i])] - a[(row, base)]);
    let rest = b - a.column(base);
    let decomposition = differences.svd(true, true);
    let largest = decomposition.singular_values.amax();
    let solved =
        decomposition.solve(&rest, largest * TOLERANCE).unwrap_or_else(|_| DVector::zeros(others.len()));
    std::iter::once(1.0 - solved.sum()).chain(solved.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Karush-Kuhn-Tucker: every used column has the same gradient, and no unused one a smaller.
        #[test]
        fn the_conditions_of_the_optimum_hold(
            rows in 1_usize..12, columns in 1_usize..9, seed in proptest::collection::vec(-5.0..5.0_f64, 120),
        ) {
            let a = DMatrix::from_fn(rows, columns, |i, j| seed[i * columns + j]);
            let b = DVector::from_fn(rows, |i, _| seed[119 - i]);
            let weights = least_squares(&a, &b);
            prop_assert!((weights.sum() - 1.0).abs() < 1e-12);
            prop_assert!(weights.iter().all(|weight| (0.0..=1.0 + 1e-12).contains(weight)));
            let gradient = a.tr_mul(&(&a * &weights - &b));
            let level = gradient.dot(&weights);
            for (weight, slope) in weights.iter().zip(gradient.iter()) {
                prop_assert!(*slope >= level - 1e-7, "{slope} below {level}: {weights}");
                prop_assert!(*weight < 1e-9 || (slope - level).abs() < 1e-6, "{slope} against {level}: {weights}");
            }
        }
    }
}
