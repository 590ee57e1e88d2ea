//! EWMA of normal scores: a smoothed picture of drift, for comparison with the alarm; it pages nobody.
//!
//! Roberts (1959), Technometrics 1. Like the CUSUM it takes its scores as independent and standard normal.

/// Why a chart cannot be set up.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum EwmaError {
    /// λ must be in (0, 1] and L positive.
    #[error("an EWMA needs a weight in (0, 1] and a positive width, got λ = {weight}, L = {width}")]
    Parameters {
        /// λ.
        weight: f64,
        /// L.
        width: f64,
    },
    /// A stored value that is not finite.
    #[error("a stored EWMA must be finite, got {0}")]
    State(f64),
}

/// `E_t = (1−λ) E_{t−1} + λ z_t`; low when `E < −L·√(λ/(2−λ) · (1 − (1−λ)^{2t}))`, t counted from 1.
///
/// ```
/// use fidance_stats::change::ewma::Ewma;
/// let mut ewma = Ewma::new(0.1, 2.7)?;
/// assert!(!ewma.update(-1.0));
/// let low = (0..20).filter(|_| ewma.update(-1.0)).count();
/// assert!(low > 10);
/// # Ok::<(), fidance_stats::change::ewma::EwmaError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ewma {
    weight: f64,
    width: f64,
    value: f64,
    /// (1−λ)^{2t}.
    forgotten: f64,
}

impl Ewma {
    /// λ (0.1 is usual) and L, the width of the limit in standard deviations of E.
    pub fn new(weight: f64, width: f64) -> Result<Self, EwmaError> {
        if weight > 0.0 && weight <= 1.0 && width > 0.0 && width.is_finite() {
            Ok(Self { weight, width, value: 0.0, forgotten: 1.0 })
        } else {
            Err(EwmaError::Parameters { weight, width })
        }
    }

    /// Goes on from a stored value after `periods` periods.
    pub fn restore(self, value: f64, periods: u64) -> Result<Self, EwmaError> {
        if value.is_finite() {
            let forgotten = (1.0 - self.weight).powf(2.0 * periods as f64);
            Ok(Self { value, forgotten, ..self })
        } else {
            Err(EwmaError::State(value))
        }
    }

    /// Takes the score of a period and tells whether E is below its limit.
    pub fn update(&mut self, score: f64) -> bool {
        let keep = 1.0 - self.weight;
        self.value = keep * self.value + self.weight * score;
        self.forgotten *= keep * keep;
        self.value < self.limit()
    }

    /// E.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// The lower limit of the last period.
    pub fn limit(&self) -> f64 {
        -self.width * (self.weight / (2.0 - self.weight) * (1.0 - self.forgotten)).sqrt()
    }

    /// E = 0, as at the start.
    pub fn restart(&mut self) {
        (self.value, self.forgotten) = (0.0, 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_can_be_stored() {
        let mut ewma = Ewma::new(0.1, 2.7).unwrap();
        for score in [0.3, -1.2, -0.4] {
            ewma.update(score);
        }
        let mut again = Ewma::new(0.1, 2.7).unwrap().restore(ewma.value(), 3).unwrap();
        assert_eq!(ewma.update(-2.0), again.update(-2.0));
        assert!((ewma.limit() - again.limit()).abs() < 1e-15);
        assert!(ewma.restore(f64::NAN, 1).is_err());
        assert!(Ewma::new(0.0, 2.7).is_err() && Ewma::new(0.1, -1.0).is_err());
    }
}
