//! Is the found conjunction more than chance? The whole search is repeated on tables in which nothing happened.

use rand::Rng;
use rand_distr::{Beta, Binomial, Distribution};

use super::scan::{Finding, Scan, scan};
use super::table::{Cell, SegmentTable};

/// What "nothing happened" means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Null {
    /// Overdispersion ρ of each cell's count: variance n·p(1−p)(1+(n−1)ρ). 0 is binomial.
    pub overdispersion: f64,
    /// Number of tables drawn; the p-value is no finer than 1/(tables + 1).
    pub tables: u32,
}

/// The chance of a finding with at least this score when every cell follows its expectation:
/// (1 + tables with at least the score)/(1 + tables).
///
/// Parametric bootstrap. Kept ~ beta-binomial(n, p, ρ) in each cell; where the expectation rests on `evidence`
/// customers, p itself is first drawn from Beta(p·m, (1−p)·m), so that a thin baseline counts as thin. Cells are drawn
/// independently: a shock common to all cells makes "everybody" the finding, and belongs to the alarm.
pub fn p_value(
    table: &SegmentTable,
    finding: &Finding,
    settings: Scan,
    null: Null,
    rng: &mut (impl Rng + ?Sized),
) -> f64 {
    let mut as_high = 0_u32;
    for _ in 0..null.tables {
        let kept: Vec<u64> = table.cells().iter().map(|cell| draw(cell, null.overdispersion, rng)).collect();
        let found = scan(&table.with_kept(kept.into_iter()), settings, rng);
        as_high += u32::from(found.score >= finding.score);
    }
    f64::from(as_high + 1) / f64::from(null.tables + 1)
}

fn draw(cell: &Cell, overdispersion: f64, rng: &mut (impl Rng + ?Sized)) -> u64 {
    let mut share = cell.expected;
    if let Some(evidence) = cell.evidence {
        share = spread(share, evidence, rng);
    }
    if overdispersion > 0.0 {
        share = spread(share, 1.0 / overdispersion - 1.0, rng);
    }
    Binomial::new(cell.customers, share.clamp(0.0, 1.0))
        .map_or(cell.customers, |binomial| binomial.sample(rng))
}

/// A share around `mean` with variance mean(1−mean)/(size+1).
fn spread(mean: f64, size: f64, rng: &mut (impl Rng + ?Sized)) -> f64 {
    Beta::new(mean * size, (1.0 - mean) * size).map_or(mean, |beta| beta.sample(rng))
}
