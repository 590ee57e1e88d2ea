//! CUSUM of normal scores: the second tier, a colour for drift that pages nobody.
//!
//! Page (1954), Biometrika 41. Faster than the alarm when its scores are standard normal, which no estimated
//! baseline grants; hence no promise is attached to it.

use nalgebra::{DMatrix, DVector};
use statrs::distribution::{ContinuousCDF, Normal};

use super::numeric::root;

/// Why a chart cannot be set up.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum CusumError {
    /// k and h must be positive and finite.
    #[error("a CUSUM needs a positive allowance and limit, got k = {allowance}, h = {limit}")]
    Parameters {
        /// k.
        allowance: f64,
        /// h.
        limit: f64,
    },
    /// Stored value that is not finite or is negative.
    #[error("a stored CUSUM must be finite and not negative, got {0}")]
    State(f64),
    /// No limit gives that run length.
    #[error("no limit gives an average run length of {0}")]
    RunLength(f64),
}

/// `C_t = max(0, C_{t−1} − z_t − k)`, shown above h.
///
/// ```
/// use fidance_stats::change::cusum::{Cusum, limit_for};
/// let limit = limit_for(500.0, 0.5)?;
/// assert!((limit - 4.39).abs() < 0.01);
/// let mut cusum = Cusum::new(0.5, limit)?;
/// assert!(!cusum.update(-3.0) && cusum.update(-3.0));
/// # Ok::<(), fidance_stats::change::cusum::CusumError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cusum {
    allowance: f64,
    limit: f64,
    value: f64,
}

impl Cusum {
    /// k (half the shift sought, in standard deviations; 0.5 is usual) and h.
    pub fn new(allowance: f64, limit: f64) -> Result<Self, CusumError> {
        check(allowance, limit)?;
        Ok(Self { allowance, limit, value: 0.0 })
    }

    /// Goes on from a stored value of C.
    pub fn restore(self, value: f64) -> Result<Self, CusumError> {
        if value.is_finite() && value >= 0.0 {
            Ok(Self { value, ..self })
        } else {
            Err(CusumError::State(value))
        }
    }

    /// Takes the score of a period (negative: fewer kept) and tells whether C is above h.
    pub fn update(&mut self, score: f64) -> bool {
        self.value = (self.value - score - self.allowance).max(0.0);
        self.value > self.limit
    }

    /// C.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// C = 0.
    pub fn restart(&mut self) {
        self.value = 0.0;
    }
}

/// States of the chain: enough for 0.1 % of the run length.
const STATES: usize = 200;

/// Average run length of a CUSUM of independent N(−`shift`, 1) scores, from C = 0 (Brook and Evans 1972,
/// Biometrika 59).
///
/// C is cut into m = 200 states of width w = 2h/(2m−1); with the matrix P of transitions among them
/// `ARL = [(I−P)⁻¹ 1]₀`, `P_ij = Φ((j−i)w + w/2 + k − shift) − Φ((j−i)w − w/2 + k − shift)` and
/// `P_i0 = Φ(−iw + w/2 + k − shift)`.
/// Time: m³/3.
pub fn average_run_length(limit: f64, allowance: f64, shift: f64) -> Result<f64, CusumError> {
    check(allowance, limit)?;
    let normal = Normal::standard();
    let width = 2.0 * limit / (2 * STATES - 1) as f64;
    let drift = allowance - shift;
    let one_minus_p = DMatrix::from_fn(STATES, STATES, |i, j| {
        let gap = (j as f64 - i as f64) * width + drift;
        let upper = normal.cdf(gap + 0.5 * width);
        let p = if j == 0 { upper } else { upper - normal.cdf(gap - 0.5 * width) };
        if i == j { 1.0 - p } else { -p }
    });
    let lengths = one_minus_p.lu().solve(&DVector::from_element(STATES, 1.0));
    let from_zero = lengths.map_or(f64::INFINITY, |lengths| lengths[0]);
    // Beyond 1e12 periods the matrix is singular to working precision.
    if (1.0..1e12).contains(&from_zero) { Ok(from_zero) } else { Err(CusumError::RunLength(from_zero)) }
}

/// h for a wanted average run length without shift. Time: 30 run lengths.
pub fn limit_for(run_length: f64, allowance: f64) -> Result<f64, CusumError> {
    check(allowance, 1.0)?;
    if !(run_length > 2.0 && run_length < 1e9) {
        return Err(CusumError::RunLength(run_length));
    }
    // ARL(h) grows like e^{2kh}/2k².
    let ceiling = (run_length * 2.0 * allowance * allowance + 1.0).ln() / (2.0 * allowance) + 8.0;
    let excess = |limit: f64| average_run_length(limit, allowance, 0.0).map_or(1.0, |arl| arl - run_length);
    if excess(ceiling) < 0.0 || excess(1e-6) > 0.0 {
        return Err(CusumError::RunLength(run_length));
    }
    Ok(root(1e-6, ceiling, 1e-7, excess))
}

fn check(allowance: f64, limit: f64) -> Result<(), CusumError> {
    let good = |x: f64| x > 0.0 && x.is_finite();
    if good(allowance) && good(limit) { Ok(()) } else { Err(CusumError::Parameters { allowance, limit }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// h, k, then ARL at shifts 0, 0.5, 1, 2: a chain of 200 states, tolerance 0.5 %.
    #[test]
    fn run_lengths_are_those_of_the_tables() {
        let table = [
            (4.0, 0.5, [335.346, 26.679, 8.383, 3.343]),
            (5.0, 0.5, [930.746, 38.009, 10.376, 4.009]),
            (4.39, 0.5, [500.398, 30.86, 9.16, 3.602]),
            (8.0, 0.25, [736.538, 28.764, 11.393, 5.214]),
            (4.77, 0.5, [737.029, 35.226, 9.917, 3.855]),
        ];
        for (h, k, lengths) in table {
            for (shift, expected) in [0.0, 0.5, 1.0, 2.0].into_iter().zip(lengths) {
                let found = average_run_length(h, k, shift).unwrap();
                assert!((found / expected - 1.0).abs() < 5e-3, "{h} {k} {shift}: {found} {expected}");
                assert!(
                    (found - expected).abs() < 2e-3,
                    "the same chain: {h} {k} {shift}: {found} {expected}"
                );
            }
        }
    }

    #[test]
    fn the_limit_gives_back_its_run_length() {
        for (run_length, allowance) in [(50.0, 0.5), (500.0, 0.5), (1000.0, 0.25), (5000.0, 1.0)] {
            let limit = limit_for(run_length, allowance).unwrap();
            let found = average_run_length(limit, allowance, 0.0).unwrap();
            assert!((found / run_length - 1.0).abs() < 1e-4, "{run_length}: {limit} {found}");
        }
        for wrong in [0.0, 1.0, -5.0, f64::NAN, f64::INFINITY] {
            assert!(limit_for(wrong, 0.5).is_err(), "{wrong}");
        }
        assert!(Cusum::new(0.0, 4.0).is_err() && Cusum::new(0.5, f64::NAN).is_err());
    }

    #[test]
    fn the_value_can_be_stored() {
        let mut cusum = Cusum::new(0.5, 4.0).unwrap();
        cusum.update(-2.0);
        let mut again = Cusum::new(0.5, 4.0).unwrap().restore(cusum.value()).unwrap();
        assert_eq!(cusum.update(-1.0), again.update(-1.0));
        assert_eq!(cusum, again);
        assert!(cusum.restore(f64::NAN).is_err());
    }
}
