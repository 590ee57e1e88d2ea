//! Whether customers stay: those concerned by an event against alike others, a window after it against a window before it.
//!
//! Retention over a period as long as the window of activity is the share of its customers who were active in it. What an
//! event did to that share is what it did to the retention rate itself, in points; weekly shares of those who come back are seen
//! earlier, and are no retention.

use super::matching::{Stratum, variance_of_sum, weights};
use crate::causal::{Cell, EffectEstimate};
use crate::interval::Confidence;

/// Customers of one stratum on one side who were customers when the event became known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stay {
    /// How many.
    pub customers: u64,
    /// Those who had been customers a window before.
    pub earlier: u64,
    /// Those who still were a window later.
    pub kept: u64,
    /// Those who were at all three times.
    pub both: u64,
}

impl Stay {
    fn cell(&self) -> Cell {
        Cell { customers: self.customers, retained: self.kept }
    }

    /// Sum of y = kept − earlier over the customers, each 0 or 1, and its sampling variance.
    fn contrast(&self) -> (f64, f64) {
        let sum = self.kept as f64 - self.earlier as f64;
        let squares = (self.kept + self.earlier) as f64 - 2.0 * self.both as f64;
        (sum, variance_of_sum(self.customers, sum, squares))
    }
}

/// Alike customers on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Alike {
    /// Those whom the event concerns.
    pub concerned: Stay,
    /// Those whom it does not.
    pub others: Stay,
}

/// What an event did to the share that stays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StayEffect {
    /// Change of the share kept among those concerned; −0.01 is one point.
    pub effect: EffectEstimate,
    /// The share that would have been kept without it.
    pub expected: f64,
    /// Customers concerned who have a counterpart.
    pub matched: u64,
}

/// The effect of an event on the share kept: `Σ (N_c/N)(ȳ_concerned − ȳ_others)` over strata with both sides, with y = kept −
/// earlier of each customer and `N_c` those concerned of stratum c.
///
/// Customers are the draws: variance `Σ V_concerned/N² + Σ (N_c/M_c)² V_others/N²`, V as in [`variance_of_sum`], `M_c` the
/// others. That the sides differ in habits that no stratum knows cancels out as far as it does so a window earlier. `None` where no
/// stratum has both sides.
///
/// ```
/// use fidance_stats::{causal::did::stay::{Alike, Stay, stay}, interval::Confidence};
/// let side = |kept, both| Stay { customers: 200, earlier: 100, kept, both };
/// let found = stay(&[Alike { concerned: side(120, 70), others: side(150, 80) }], Confidence::P95).unwrap();
/// assert!((found.effect.value + 0.15).abs() < 1e-12 && (found.expected - 0.75).abs() < 1e-12);
/// ```
pub fn stay(strata: &[Alike], confidence: Confidence) -> Option<StayEffect> {
    let pairs: Vec<Stratum> = strata
        .iter()
        .map(|alike| Stratum { affected: alike.concerned.cell(), unaffected: alike.others.cell() })
        .collect();
    let found = weights(&pairs)?;
    let n = found.matched as f64;
    let used = strata.iter().zip(&found.weights).filter(|(_, weight)| **weight > 0.0);
    let (mut value, mut variance, mut kept) = (0.0, 0.0, 0.0);
    for (alike, weight) in used {
        let ((mine, of_mine), (theirs, of_theirs)) = (alike.concerned.contrast(), alike.others.contrast());
        value += (mine - weight * theirs) / n;
        variance += (of_mine + weight * weight * of_theirs) / (n * n);
        kept += alike.concerned.kept as f64 / n;
    }
    let effect = EffectEstimate::normal(value, variance.sqrt(), confidence);
    Some(StayEffect { effect, expected: kept - value, matched: found.matched })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(customers: u64, earlier: u64, kept: u64, both: u64) -> Stay {
        Stay { customers, earlier, kept, both }
    }

    #[test]
    fn strata_count_by_those_concerned_and_the_gap_before_is_taken_off() {
        let strata = [
            // 10 points fewer kept than the others, who are twice as many; alike before.
            Alike { concerned: side(100, 50, 60, 30), others: side(200, 100, 140, 70) },
            // As many kept as the others, and 20 points more before: an effect of −20 points.
            Alike { concerned: side(300, 150, 150, 100), others: side(100, 30, 50, 20) },
            // Nobody to compare with.
            Alike { concerned: side(7, 0, 7, 0), others: Stay::default() },
        ];
        let found = stay(&strata, Confidence::P95).unwrap();
        assert_eq!(found.matched, 400);
        assert!((found.effect.value - (0.25 * -0.10 + 0.75 * -0.20)).abs() < 1e-12, "{found:?}");
        assert!((found.expected - (210.0 / 400.0 + 0.175)).abs() < 1e-12);
        // By hand: Σy² = kept + earlier − 2 both.
        let v = |n: f64, sum: f64, squares: f64| n / (n - 1.0) * (squares - sum * sum / n);
        let variance = v(100.0, 10.0, 50.0)
            + 0.25 * v(200.0, 40.0, 100.0)
            + v(300.0, 0.0, 100.0)
            + 9.0 * v(100.0, 20.0, 40.0);
        let error = found.effect.interval.width() / 2.0 / Confidence::P95.z();
        assert!((error.powi(2) - variance / 160_000.0).abs() < 1e-12);
        assert_eq!(stay(&strata[2..], Confidence::P95), None);
    }
}
