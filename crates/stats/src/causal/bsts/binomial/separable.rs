//! Whether an incident can be told apart from other known events.
//!
//! An event whose column is (nearly) a combination of the incident's horizons would trade its effect against the
//! incident's at no cost in fit. The answer is then a state, not a number with a wide interval: the prior alone would
//! decide how the gap is shared.

use nalgebra::{DMatrix, DVector};

use crate::causal::bsts::BstsError;

use super::{HORIZONS, Period};

/// Share of a column's weighted variation that the others may explain.
const LIMIT: f64 = 0.9;

/// How the periods after the incident are used.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Design {
    /// They are missing to the model.
    Counterfactual,
    /// They are fitted, with these columns for the incident, one per horizon.
    Joint(Vec<Vec<f64>>),
    /// They are fitted, with no incident beside the events, of which each has so many candidate columns.
    Events {
        /// Columns of one event.
        candidates: usize,
    },
    /// These events cannot be told from the incident.
    NotSeparable(Vec<usize>),
}

pub(super) fn design(
    periods: &[Period],
    controls: &[Vec<f64>],
    events: &[Vec<f64>],
    start: usize,
) -> Result<Design, BstsError> {
    for (event, column) in events.iter().enumerate() {
        let wrong = |reason| Err(BstsError::Control { control: controls.len() + event, reason });
        if column.len() != periods.len() {
            return wrong("has another number of periods than the series");
        }
        if !column.iter().all(|value| value.is_finite()) {
            return wrong("is not a number in some period");
        }
        if !varies(column) {
            return wrong("does not vary");
        }
    }
    let incident = incident_columns(periods, start);
    let confounded: Vec<usize> =
        (0..events.len()).filter(|&event| explained(&events[event], &incident, periods) >= LIMIT).collect();
    if !confounded.is_empty() {
        return Ok(Design::NotSeparable(confounded));
    }
    let step: Vec<f64> = (0..periods.len()).map(|t| f64::from(u8::from(t >= start))).collect();
    if !events.is_empty() && explained(&step, events, periods) >= LIMIT {
        return Ok(Design::NotSeparable((0..events.len()).collect()));
    }
    let only_after = events.iter().any(|column| !varies(&column[..start]));
    Ok(if only_after { Design::Joint(incident) } else { Design::Counterfactual })
}

/// One column per horizon in which customers were due.
fn incident_columns(periods: &[Period], start: usize) -> Vec<Vec<f64>> {
    let within = |t: usize, (from, to): (usize, usize)| t >= start && (from..=to).contains(&(t - start));
    HORIZONS
        .iter()
        .filter(|&&horizon| periods.iter().enumerate().any(|(t, p)| within(t, horizon) && p.due > 0))
        .map(|&horizon| (0..periods.len()).map(|t| f64::from(u8::from(within(t, horizon)))).collect())
        .collect()
}

fn varies(column: &[f64]) -> bool {
    column.iter().any(|value| Some(value) != column.first())
}

/// R² of a column on others and a constant, weighted by customers due.
fn explained(column: &[f64], by: &[Vec<f64>], periods: &[Period]) -> f64 {
    let roots: Vec<f64> = periods.iter().map(|period| (period.due as f64).sqrt()).collect();
    let x = DMatrix::from_fn(periods.len(), by.len() + 1, |t, j| {
        roots[t] * if j == 0 { 1.0 } else { by[j - 1][t] }
    });
    let y = DVector::from_fn(periods.len(), |t, _| roots[t] * column[t]);
    let svd = x.clone().svd(true, true);
    let Ok(coefficients) = svd.solve(&y, 1e-9) else { return 1.0 };
    let residual = (&y - x * coefficients).norm_squared();
    let weights: f64 = periods.iter().map(|period| period.due as f64).sum();
    let mean = column.iter().zip(periods).map(|(v, p)| v * p.due as f64).sum::<f64>() / weights;
    let total: f64 = column.iter().zip(periods).map(|(v, p)| p.due as f64 * (v - mean).powi(2)).sum();
    if total > 0.0 { 1.0 - residual / total } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(on: impl Fn(usize) -> bool) -> Vec<f64> {
        (0..130).map(|t| f64::from(u8::from(on(t)))).collect()
    }

    #[test]
    fn coinciding_events_are_not_separable() {
        let periods = vec![Period { due: 3000, retained: 2850 }; 130];
        let design = |events: &[Vec<f64>]| design(&periods, &[], events, 104).unwrap();
        assert_eq!(design(&[column(|t| t >= 104)]), Design::NotSeparable(vec![0]));
        assert_eq!(design(&[column(|t| t == 50), column(|t| t >= 103)]), Design::NotSeparable(vec![1]));
        assert_eq!(design(&[column(|t| t >= 117)]), Design::NotSeparable(vec![0]), "a whole horizon");
        // Together they are the incident's window.
        let halves = [column(|t| t >= 104 && t % 2 == 0), column(|t| t >= 104 && t % 2 == 1)];
        assert_eq!(design(&halves), Design::NotSeparable(vec![0, 1]));
        assert!(matches!(design(&[column(|t| (110..113).contains(&t))]), Design::Joint(_)));
        assert_eq!(design(&[column(|t| t >= 60)]), Design::Counterfactual);
        assert_eq!(design(&[]), Design::Counterfactual);
    }
}
