//! The score of a set of cells: how much better "odds of being kept times q, q < 1" explains the counts than the
//! expectation does.
//!
//! With t = ln q < 0: f(t) = x·t − Σ n·ln(1 − p + p·eᵗ), x the customers kept. f is concave and 0 at t = 0, so it is
//! positive between 0 and one other root when fewer were kept than expected, and nowhere otherwise.

/// Counts of a cell as the score needs them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Count {
    pub(super) customers: f64,
    pub(super) kept: f64,
    pub(super) expected: f64,
}

/// The lowest ln q that is tried: an odds ratio of e⁻³⁰ is "nobody kept".
const LOWEST: f64 = -30.0;
const STEPS: usize = 80;

/// f(t).
pub(super) fn log_ratio(counts: &[Count], log_q: f64) -> f64 {
    let shrink = log_q.exp_m1();
    let term = |count: &Count| count.kept * log_q - count.customers * (count.expected * shrink).ln_1p();
    counts.iter().map(term).sum()
}

/// f'(t) and f''(t).
fn slopes(counts: &[Count], log_q: f64) -> (f64, f64) {
    let q = log_q.exp();
    counts.iter().fold((0.0, 0.0), |(first, second), count| {
        let share = q * count.expected / (1.0 - count.expected + q * count.expected);
        (first + count.kept - count.customers * share, second - count.customers * share * (1.0 - share))
    })
}

/// The highest f over t < 0 and its place: (0, 0) where at least as many were kept as expected.
pub(super) fn best(counts: &[Count]) -> (f64, f64) {
    if slopes(counts, 0.0).0 >= 0.0 {
        return (0.0, 0.0);
    }
    let at = newton((LOWEST, 0.0), |t| slopes(counts, t));
    (log_ratio(counts, at).max(0.0), at)
}

/// Where f is above `level` for t < 0: the two ends, `None` where it never is.
pub(super) fn above(counts: &[Count], level: f64) -> Option<(f64, f64)> {
    let (highest, at) = best(counts);
    if highest <= level {
        return None;
    }
    let value = |t: f64| (log_ratio(counts, t) - level, slopes(counts, t).0);
    // Rising from the left end to `at`: turned so that the root's search sees a falling function.
    let low = if value(LOWEST).0 > 0.0 {
        f64::NEG_INFINITY
    } else {
        -newton((-at, -LOWEST), |t| {
            let (f, slope) = value(-t);
            (f, -slope)
        })
    };
    let high = if level <= 0.0 { 0.0 } else { newton((at, 0.0), value) };
    Some((low, high))
}

/// The root of a falling function between two ends: Newton's steps, halving where one leaves the bracket.
fn newton((mut low, mut high): (f64, f64), f: impl Fn(f64) -> (f64, f64)) -> f64 {
    // Odds ratios of interest are near 1, at the upper end of the widest bracket.
    let mut t = f64::midpoint(low, high).max(high - 0.5);
    for _ in 0..STEPS {
        let (value, slope) = f(t);
        (low, high) = if value > 0.0 { (t, high) } else { (low, t) };
        let step = if slope < 0.0 { t - value / slope } else { f64::NAN };
        let next = if step > low && step < high { step } else { f64::midpoint(low, high) };
        if (next - t).abs() <= 1e-13 * (1.0 + t.abs()) {
            return next;
        }
        t = next;
    }
    t
}
