//! Money as an exact integer, so that sums over any number of partitions are the same to the last cent.

use std::{fmt, iter::Sum, ops::AddAssign};

/// An amount in ten-thousandths of a currency unit.
///
/// Four decimals hold every currency's minor unit and the usual unit prices; an `i64` of them holds
/// 922 billion units. The currency itself is a property of the column, not of the amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Amount(i64);

impl Amount {
    /// No money.
    pub const ZERO: Self = Self(0);
    /// How many steps make one currency unit.
    pub const STEPS: i64 = 10_000;

    /// From ten-thousandths of a unit.
    pub const fn from_steps(steps: i64) -> Self {
        Self(steps)
    }

    /// From a decimal number, rounded to four decimals; `None` where it is not finite or too large.
    pub fn from_f64(units: f64) -> Option<Self> {
        let steps = (units * Self::STEPS as f64).round();
        // 2^62 leaves room to add at least one more amount without overflow.
        #[expect(clippy::cast_possible_truncation, reason = "checked against the bounds on this line")]
        (steps.abs() < 4.6e18).then_some(Self(steps as i64))
    }

    /// Ten-thousandths of a unit.
    pub const fn steps(self) -> i64 {
        self.0
    }

    /// Currency units, for display and for statistics.
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / Self::STEPS as f64
    }

    /// The sum, at the type's bound where it would pass it.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        *self = self.saturating_add(other);
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::saturating_add)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}", self.to_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_read_as_a_float_is_exact() {
        for (units, steps) in [(11.77, 117_700), (0.1 + 0.2, 3_000), (-29.33, -293_300), (0.0, 0)] {
            assert_eq!(Amount::from_f64(units).unwrap().steps(), steps);
        }
    }

    #[test]
    fn what_is_not_an_amount_is_refused() {
        for units in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300] {
            assert_eq!(Amount::from_f64(units), None);
        }
    }
}
