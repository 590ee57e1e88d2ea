//! What customers, and one point of retention, are worth.
//!
//! One point of TRC is one hundredth of the customers active now. It is worth that many times the difference
//! between what an active customer and one who has just been lost are expected to bring over twelve months:
//! [`purchases`] without contracts, [`contracts`] with them.

pub(super) mod contracts;
pub(super) mod purchases;

use fidance_stats::btyd::FitError;

use super::model::{Estimate, NoValueReason, Note, Value};

/// Parameter sets drawn for an interval.
const DRAWS: usize = 200;

/// A value, or why there is none.
#[derive(Debug, Default)]
pub(super) struct Valuation {
    pub(super) value: Option<Value>,
    pub(super) notes: Vec<Note>,
}

impl Valuation {
    fn none(because: NoValueReason) -> Self {
        Self { value: None, notes: vec![Note::NoValue { because }] }
    }
}

impl From<FitError> for Valuation {
    fn from(error: FitError) -> Self {
        Self::none(match error {
            FitError::TooFewCustomers { customers, needed, .. } => {
                NoValueReason::TooFewCustomers { customers, needed }
            }
            FitError::InvalidRow { .. } | FitError::NotConverged { .. } | FitError::NotIdentified => {
                NoValueReason::NotEstimable
            }
        })
    }
}

/// An estimate with the interval that holds 95 % of what was drawn.
fn estimate(estimate: f64, mut drawn: Vec<f64>) -> Estimate {
    drawn.retain(|value| value.is_finite());
    drawn.sort_by(f64::total_cmp);
    let quantile = |share: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index into the draws"
        )]
        let index = (share * drawn.len().saturating_sub(1) as f64).round() as usize;
        drawn.get(index).copied().unwrap_or(estimate)
    };
    Estimate { estimate, low: quantile(0.025).min(estimate), high: quantile(0.975).max(estimate) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_holds_its_estimate() {
        let found = estimate(1.0, vec![f64::NAN, 2.0, 3.0, 4.0]);
        assert!(found.low <= found.estimate && found.estimate <= found.high && found.high >= 3.0);
    }
}
