//! The effect by time since the disclosure, and whether the two sides moved alike before it.
//!
//! Bins before the disclosure should show nothing. A test that finds nothing there is weak evidence when the
//! intervals are wide: the picture with its intervals goes to the reader, not the p-value alone.

use nalgebra::{DMatrix, DVector};
use statrs::distribution::{ContinuousCDF, FisherSnedecor};

use super::two_way::TwoWayLogit;
use crate::causal::{CausalError, EffectEstimate, Panel};
use crate::interval::Confidence;

/// One bin of periods relative to the disclosure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EventPoint {
    /// First period of the bin, counted from the disclosure (negative before it).
    pub first: i64,
    /// Last period of the bin.
    pub last: i64,
    /// Effect on the log-odds against the reference bin.
    pub log_odds: EffectEstimate,
    /// Mean change of the share retained over the bin's affected cells.
    pub share: EffectEstimate,
}

/// Whether the bins before the disclosure differ from the reference bin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PreTrend {
    /// Wald statistic over its numerator degrees of freedom.
    pub f: f64,
    /// Number of bins tested.
    pub bins: usize,
    /// Probability of as large a statistic when the trends were parallel.
    pub p_value: f64,
}

/// Effects by event time.
#[derive(Debug, Clone, PartialEq)]
pub struct EventTime {
    /// Bins in order; the reference bin, the last before the disclosure, is left out.
    pub points: Vec<EventPoint>,
    /// Test of the bins before the reference.
    pub pre_trend: PreTrend,
    /// Pearson dispersion.
    pub dispersion: f64,
}

/// Effects in bins of `width` periods relative to the disclosure, on the model of [`super::logit`].
///
/// The bin just before the disclosure is the reference. The pre-trend test is a Wald test that all earlier bins
/// are 0, as F with the dispersion estimated. Error: [`CausalError::TooFewPeriods`] with fewer than two bins
/// before, and those of [`super::logit::fit`].
pub fn fit(panel: &Panel, width: usize, confidence: Confidence) -> Result<EventTime, CausalError> {
    let width = width.max(1);
    let (before, after) = (panel.start(), panel.horizon());
    if before < 2 * width {
        return Err(CausalError::TooFewPeriods { before, after, needed: 2 * width });
    }
    // Bins are counted from the disclosure both ways, so the earliest and the latest may be shorter.
    let earlier = (before - 1) / width;
    let bin = |period: usize| match before.checked_sub(period + 1) {
        Some(back) if back < width => None,
        Some(back) => Some(earlier - back / width),
        None => Some(earlier + (period - before) / width),
    };
    let bins = earlier + after.div_ceil(width);
    let model = TwoWayLogit::fit(
        panel,
        bins,
        |unit, period| if panel.is_treated(unit) { bin(period) } else { None },
    )?;
    let point = |column: usize| {
        let in_bin = |period: &usize| bin(*period) == Some(column);
        let first = (0..panel.periods()).find(in_bin).unwrap_or_default();
        let last = (first..panel.periods()).rfind(in_bin).unwrap_or(first);
        let estimate = |value: f64, variance: f64| {
            EffectEstimate::student(value, variance.max(0.0).sqrt(), model.degrees_of_freedom, confidence)
        };
        let cells = model.cells_in(column) as f64;
        let (sum, gradient) = model.effect_sum(column, |_| 1.0);
        EventPoint {
            first: offset(first, before),
            last: offset(last, before),
            log_odds: estimate(model.coefficient(column), model.variance(&model.pick(column))),
            share: estimate(sum / cells, model.variance(&gradient) / (cells * cells)),
        }
    };
    let points = (0..bins).map(point).collect();
    Ok(EventTime { points, pre_trend: pre_trend(&model, earlier)?, dispersion: model.dispersion })
}

fn offset(period: usize, start: usize) -> i64 {
    // Panels are far shorter than i64::MAX; the fallback is never met.
    i64::try_from(period).unwrap_or(i64::MAX) - i64::try_from(start).unwrap_or(i64::MAX)
}

fn pre_trend(model: &TwoWayLogit, bins: usize) -> Result<PreTrend, CausalError> {
    let picks: Vec<_> = (0..bins).map(|column| model.pick(column)).collect();
    let covariance = DMatrix::from_fn(bins, bins, |i, j| model.covariance(&picks[i], &picks[j]));
    let coefficients = DVector::from_fn(bins, |column, _| model.coefficient(column));
    let solved = covariance.cholesky().ok_or(CausalError::NotIdentified)?.solve(&coefficients);
    let f = coefficients.dot(&solved) / bins as f64;
    let distribution = FisherSnedecor::new(bins as f64, model.degrees_of_freedom);
    let p_value = distribution.map_or(f64::NAN, |distribution| distribution.sf(f));
    Ok(PreTrend { f, bins, p_value })
}
