//! The scores of the Turing change-point benchmark (van den Burg and Williams, arXiv:2003.06222): how well change points
//! agree with those of several people who marked the same series.

use std::collections::BTreeSet;

/// Why change points are not scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MetricError {
    /// Nobody marked the series.
    #[error("nobody marked the series")]
    NoAnnotator,
    /// A change point outside the series, or a series without values.
    #[error("a change point lies outside the series of {0} values")]
    Outside(usize),
}

/// How well change points agree with the annotators'.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    /// Harmonic mean of precision (against all annotators together) and recall (mean over annotators).
    pub f1: f64,
    /// Mean over annotators of how well their stretches are covered by ours (Jaccard, weighted by length).
    pub cover: f64,
}

/// Scores change points of a series of `length` values. Points within `margin` agree; index 0 counts as a change
/// point of everybody. Errors: [`MetricError`].
pub fn score(
    annotations: &[Vec<usize>],
    found: &[usize],
    length: usize,
    margin: usize,
) -> Result<Scores, MetricError> {
    if annotations.is_empty() {
        return Err(MetricError::NoAnnotator);
    }
    if length == 0 || annotations.iter().flatten().chain(found).any(|&at| at >= length) {
        return Err(MetricError::Outside(length));
    }
    let with_start = |points: &[usize]| points.iter().copied().chain([0]).collect::<BTreeSet<usize>>();
    let found = with_start(found);
    let annotations: Vec<BTreeSet<usize>> = annotations.iter().map(|points| with_start(points)).collect();
    let all: BTreeSet<usize> = annotations.iter().flatten().copied().collect();
    let annotators = annotations.len() as f64;
    let precision = matched(&all, &found, margin) as f64 / found.len() as f64;
    let recall =
        annotations.iter().map(|points| matched(points, &found, margin) as f64 / points.len() as f64);
    let recall = recall.sum::<f64>() / annotators;
    let cover = annotations.iter().map(|points| cover(points, &found, length)).sum::<f64>() / annotators;
    // 0 is a point of both, so precision and recall are never 0.
    Ok(Scores { f1: 2.0 * precision * recall / (precision + recall), cover })
}

/// True points that have a found one within the margin; each found one matches once, the nearest first.
fn matched(truth: &BTreeSet<usize>, found: &BTreeSet<usize>, margin: usize) -> usize {
    let mut free = found.clone();
    let hit = |at: &usize| {
        let near = free.range(at.saturating_sub(margin)..=at + margin).copied();
        let nearest = near.min_by_key(|other| (at.abs_diff(*other), *other));
        nearest.is_some_and(|nearest| free.remove(&nearest))
    };
    truth.iter().map(hit).filter(|&hit| hit).count()
}

fn stretches(points: &BTreeSet<usize>, length: usize) -> Vec<(usize, usize)> {
    let ends = points.iter().copied().skip(1).chain([length]);
    points.iter().copied().zip(ends).collect()
}

fn cover(truth: &BTreeSet<usize>, found: &BTreeSet<usize>, length: usize) -> f64 {
    let found = stretches(found, length);
    let jaccard = |a: (usize, usize), b: (usize, usize)| {
        let shared = a.1.min(b.1).saturating_sub(a.0.max(b.0));
        shared as f64 / (a.1 - a.0 + b.1 - b.0 - shared) as f64
    };
    let covered = |&stretch: &(usize, usize)| {
        let best = found.iter().map(|&other| jaccard(stretch, other)).fold(0.0, f64::max);
        (stretch.1 - stretch.0) as f64 * best
    };
    stretches(truth, length).iter().map(covered).sum::<f64>() / length as f64
}
