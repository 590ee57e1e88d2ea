//! A small optimiser for likelihoods of two to four log-parameters within a box.
//!
//! BFGS with backtracking brings the best of several starts near the optimum, then Newton steps on a
//! numerical Hessian (differences of the analytic gradient) finish and give the curvature that the
//! standard errors need anyway. A general library would bring traits, states and observers for what is a
//! hundred lines at this size, and would not handle the box, which matters here: when customers are all
//! alike the likelihood rises for ever towards a limit, and the edge of the box is the answer.

use nalgebra::{SMatrix, SVector};

const MAX_ITERATIONS: usize = 200;
const MAX_POLISH: usize = 20;
/// Slope of the mean log-likelihood below which a point counts as an optimum.
const SLOPE_TOLERANCE: f64 = 1e-8;
/// Slope at which BFGS hands over to Newton.
const COARSE_TOLERANCE: f64 = 1e-5;
/// Longest step in any log-parameter.
const MAX_STEP: f64 = 2.0;
/// Step of the differences: their error is of the order of its square.
const DIFFERENCE_STEP: f64 = 1e-4;

type Vector<const N: usize> = SVector<f64, N>;
type Matrix<const N: usize> = SMatrix<f64, N, N>;
type Range<const N: usize> = [(f64, f64); N];

/// A function to minimise, with its gradient.
pub(super) trait Objective<const N: usize> {
    /// Value and gradient at a point.
    fn evaluate(&self, point: &[f64; N]) -> (f64, [f64; N]);
}

/// Where the minimisation ended.
#[derive(Debug, Clone)]
pub(super) struct Optimum<const N: usize> {
    pub(super) point: Vector<N>,
    pub(super) value: f64,
    pub(super) hessian: Matrix<N>,
    pub(super) at_bound: [bool; N],
    pub(super) slope: f64,
    pub(super) iterations: usize,
    pub(super) converged: bool,
}

/// A point with everything known about it.
#[derive(Debug, Clone, Copy)]
struct State<const N: usize> {
    point: Vector<N>,
    value: f64,
    gradient: Vector<N>,
}

/// Minimises from the two best of `starts` and keeps the better end; ends that converged come first.
pub(super) fn minimise<const N: usize>(
    objective: &impl Objective<N>,
    starts: &[[f64; N]],
    range: &Range<N>,
) -> Optimum<N> {
    let mut states: Vec<State<N>> =
        starts.iter().map(|start| evaluate(objective, clamp(Vector::from(*start), range))).collect();
    states.sort_by(|a, b| a.value.total_cmp(&b.value));
    let ends = states.iter().take(2).map(|&start| minimise_from(objective, start, range));
    let better =
        |a: &Optimum<N>, b: &Optimum<N>| b.converged.cmp(&a.converged).then(a.value.total_cmp(&b.value));
    ends.min_by(better).unwrap_or_else(|| unexplored(range))
}

/// The end of a search that was given no start.
fn unexplored<const N: usize>(range: &Range<N>) -> Optimum<N> {
    Optimum {
        point: clamp(Vector::zeros(), range),
        value: f64::INFINITY,
        hessian: Matrix::zeros(),
        at_bound: [false; N],
        slope: f64::INFINITY,
        iterations: 0,
        converged: false,
    }
}

fn minimise_from<const N: usize>(
    objective: &impl Objective<N>,
    start: State<N>,
    range: &Range<N>,
) -> Optimum<N> {
    let (state, iterations) = bfgs(objective, start, range);
    newton(objective, state, range, iterations)
}

fn evaluate<const N: usize>(objective: &impl Objective<N>, point: Vector<N>) -> State<N> {
    let (value, gradient) = objective.evaluate(&point.into());
    let value = if value.is_finite() { value } else { f64::INFINITY };
    State { point, value, gradient: Vector::from(gradient) }
}

fn clamp<const N: usize>(point: Vector<N>, range: &Range<N>) -> Vector<N> {
    Vector::from_fn(|i, _| point[i].clamp(range[i].0, range[i].1))
}

/// Parameters at an edge of the box from which the descent would leave it.
fn held<const N: usize>(state: &State<N>, range: &Range<N>) -> [bool; N] {
    std::array::from_fn(|i| {
        let (low, high) = range[i];
        (state.point[i] <= low && state.gradient[i] > 0.0)
            || (state.point[i] >= high && state.gradient[i] < 0.0)
    })
}

/// Largest component of the gradient over the parameters that may move.
fn slope<const N: usize>(state: &State<N>, held: [bool; N]) -> f64 {
    (0..N).filter(|&i| !held[i]).map(|i| state.gradient[i].abs()).fold(0.0, f64::max)
}

fn bfgs<const N: usize>(
    objective: &impl Objective<N>,
    start: State<N>,
    range: &Range<N>,
) -> (State<N>, usize) {
    let mut state = start;
    let mut inverse = Matrix::<N>::identity();
    let mut fixed = held(&state, range);
    for iteration in 0..MAX_ITERATIONS {
        if slope(&state, fixed) < COARSE_TOLERANCE {
            return (state, iteration);
        }
        let mut direction = -(inverse * without(state.gradient, fixed));
        if direction.dot(&state.gradient) >= 0.0 {
            inverse = Matrix::identity();
            direction = -without(state.gradient, fixed);
        }
        let Some(next) = line_search(objective, &state, without(direction, fixed), range) else {
            return (state, iteration);
        };
        update_inverse(&mut inverse, next.point - state.point, next.gradient - state.gradient);
        state = next;
        let now_fixed = held(&state, range);
        if now_fixed != fixed {
            inverse = Matrix::identity();
            fixed = now_fixed;
        }
    }
    (state, MAX_ITERATIONS)
}

fn without<const N: usize>(vector: Vector<N>, held: [bool; N]) -> Vector<N> {
    Vector::from_fn(|i, _| if held[i] { 0.0 } else { vector[i] })
}

/// Backtracks along `direction` until the value falls enough (Armijo).
fn line_search<const N: usize>(
    objective: &impl Objective<N>,
    from: &State<N>,
    direction: Vector<N>,
    range: &Range<N>,
) -> Option<State<N>> {
    let mut length = (MAX_STEP / direction.amax()).min(1.0);
    for _ in 0..40 {
        let point = clamp(from.point + direction * length, range);
        let next = evaluate(objective, point);
        let expected = from.gradient.dot(&(point - from.point));
        if next.value <= from.value + 1e-4 * expected && expected < 0.0 {
            return Some(next);
        }
        length /= 2.0;
    }
    None
}

/// The BFGS update of the inverse Hessian, skipped where the curvature along the step is not positive.
fn update_inverse<const N: usize>(inverse: &mut Matrix<N>, step: Vector<N>, change: Vector<N>) {
    let curvature = step.dot(&change);
    if curvature <= 1e-10 * step.norm() * change.norm() {
        return;
    }
    let left = Matrix::identity() - step * change.transpose() / curvature;
    *inverse = left * *inverse * left.transpose() + step * step.transpose() / curvature;
}

/// Newton steps until the slope vanishes; reports the Hessian at the end.
fn newton<const N: usize>(
    objective: &impl Objective<N>,
    start: State<N>,
    range: &Range<N>,
    iterations: usize,
) -> Optimum<N> {
    let mut state = start;
    let mut hessian = differences(objective, state.point);
    for polish in 0..MAX_POLISH {
        let fixed = held(&state, range);
        let slope = slope(&state, fixed);
        if slope < SLOPE_TOLERANCE {
            return optimum(&state, hessian, fixed, slope, iterations + polish);
        }
        let Some(next) = newton_step(objective, &state, hessian, fixed, range) else { break };
        state = next;
        hessian = differences(objective, state.point);
    }
    let fixed = held(&state, range);
    let slope = slope(&state, fixed);
    optimum(&state, hessian, fixed, slope, iterations + MAX_POLISH)
}

fn optimum<const N: usize>(
    state: &State<N>,
    hessian: Matrix<N>,
    at_bound: [bool; N],
    slope: f64,
    iterations: usize,
) -> Optimum<N> {
    Optimum {
        point: state.point,
        value: state.value,
        hessian,
        at_bound,
        slope,
        iterations,
        converged: slope < SLOPE_TOLERANCE && state.value.is_finite(),
    }
}

/// One damped Newton step: the damping grows until the step improves the value, or at equal value the slope.
fn newton_step<const N: usize>(
    objective: &impl Objective<N>,
    state: &State<N>,
    hessian: Matrix<N>,
    fixed: [bool; N],
    range: &Range<N>,
) -> Option<State<N>> {
    let gradient = without(state.gradient, fixed);
    let mut damping = 0.0;
    for _ in 0..30 {
        let mut damped = hessian + Matrix::identity() * damping;
        for i in (0..N).filter(|&i| fixed[i]) {
            damped.fill_row(i, 0.0);
            damped.fill_column(i, 0.0);
            damped[(i, i)] = 1.0;
        }
        if let Some(cholesky) = damped.cholesky() {
            let step = -cholesky.solve(&gradient);
            let length = (MAX_STEP / step.amax()).min(1.0);
            let next = evaluate(objective, clamp(state.point + step * length, range));
            if improves(state, &next, fixed) {
                return Some(next);
            }
        }
        damping = if damping == 0.0 { 1e-6 } else { damping * 10.0 };
    }
    None
}

fn improves<const N: usize>(state: &State<N>, next: &State<N>, fixed: [bool; N]) -> bool {
    let rounding = 1e-13 * state.value.abs().max(1.0);
    next.value < state.value - rounding
        || (next.value <= state.value + rounding && slope(next, fixed) < slope(state, fixed))
}

/// The Hessian by central differences of the gradient, made symmetric.
fn differences<const N: usize>(objective: &impl Objective<N>, point: Vector<N>) -> Matrix<N> {
    let mut hessian = Matrix::<N>::zeros();
    for i in 0..N {
        let mut shift = Vector::<N>::zeros();
        shift[i] = DIFFERENCE_STEP;
        let above = evaluate(objective, point + shift).gradient;
        let below = evaluate(objective, point - shift).gradient;
        hessian.set_column(i, &((above - below) / (2.0 * DIFFERENCE_STEP)));
    }
    (hessian + hessian.transpose()) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Rosenbrock;

    impl Objective<2> for Rosenbrock {
        fn evaluate(&self, &[x, y]: &[f64; 2]) -> (f64, [f64; 2]) {
            let (u, v) = (1.0 - x, y - x * x);
            (u * u + 100.0 * v * v, [-2.0 * u - 400.0 * x * v, 200.0 * v])
        }
    }

    /// Falls for ever in the first parameter.
    struct Slope;

    impl Objective<2> for Slope {
        fn evaluate(&self, &[x, y]: &[f64; 2]) -> (f64, [f64; 2]) {
            ((-x).exp() + y * y, [-(-x).exp(), 2.0 * y])
        }
    }

    #[test]
    fn a_curved_valley_is_followed_to_its_minimum() {
        let end = minimise(&Rosenbrock, &[[-1.2, 1.0], [4.0, -3.0]], &[(-10.0, 10.0); 2]);
        assert!(end.converged && end.at_bound == [false, false]);
        assert!((end.point - Vector::from([1.0, 1.0])).amax() < 1e-7);
        assert!((end.hessian[(0, 0)] - 802.0).abs() < 1e-3);
    }

    #[test]
    fn an_endless_descent_stops_at_the_edge_and_says_so() {
        let end = minimise(&Slope, &[[0.0, 1.0]], &[(-5.0, 5.0); 2]);
        assert!(end.converged);
        assert_eq!(end.at_bound, [true, false]);
        assert!((end.point - Vector::from([5.0, 0.0])).amax() < 1e-7);
    }

    #[test]
    fn no_start_is_no_convergence() {
        assert!(!minimise(&Slope, &[], &[(-5.0, 5.0); 2]).converged);
    }
}
