//! The chance to return of each cell: its own rate where it has been seen often, what its margins say where not.
//!
//! x returned out of n (n already in weeks of ordinary season). Margins: logit m = a constant, plus
//! one effect of each class. Cells scatter around their margins as Beta(mS, (1−m)S), so x ~ beta-binomial and
//! ĥ = (x + S·m)/(n + S). S is fitted by maximum likelihood: empirical Bayes.

use nalgebra::{Cholesky, DMatrix, DVector};
use statrs::function::{beta::ln_beta, logistic::logistic};

/// Prior precision of a class's effect, in log-odds: standard deviation 5, so that a class nobody was in has an answer.
const RIDGE: f64 = 0.04;
/// Beyond these log-odds nothing is fitted.
const FURTHEST: f64 = 15.0;
/// Range of ln S: from cells that have little to do with their margins to cells that equal them.
const LOG_SIZES: (f64, f64) = (0.0, 14.0);

/// One cell's sums over the weeks of the estimate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct CellSum {
    pub(super) classes: [usize; 3],
    pub(super) exposed: f64,
    pub(super) returned: f64,
}

/// The chances to return.
#[derive(Debug, Clone)]
pub(super) struct CellRates {
    /// ĥ as log-odds, per cell.
    pub(super) log_odds: Vec<f64>,
    /// Posterior variance of ĥ, per cell.
    pub(super) variance: Vec<f64>,
    /// S.
    pub(super) size: f64,
}

/// Fits the chances, and S unless it is given. There must be returns and customers who did not return.
pub(super) fn fit(classes: [usize; 3], sums: &[CellSum], given: Option<f64>) -> CellRates {
    // Margins and scatter in turn: cells that scatter widely must not count by their size alone.
    let scattered =
        |size: f64| sums.iter().map(|sum| (size + 1.0) / (size + sum.exposed.max(1.0))).collect::<Vec<f64>>();
    let (margins, size) = if let Some(size) = given {
        (fit_margins(classes, sums, &scattered(size)), size)
    } else {
        let size = fit_size(sums, &fit_margins(classes, sums, &vec![1.0; sums.len()]));
        let margins = fit_margins(classes, sums, &scattered(size));
        let size = fit_size(sums, &margins);
        (margins, size)
    };
    let mut rates = CellRates { log_odds: Vec::new(), variance: Vec::new(), size };
    for (sum, margin) in sums.iter().zip(&margins) {
        let rate = (sum.returned + size * margin) / (sum.exposed.max(sum.returned) + size);
        rates.log_odds.push(logit(rate));
        rates.variance.push(rate * (1.0 - rate) / (sum.exposed + size + 1.0));
    }
    rates
}

pub(super) fn logit(share: f64) -> f64 {
    (share / (1.0 - share)).ln().clamp(-FURTHEST, FURTHEST)
}

/// Main effects by iteratively reweighted least squares; returns m per cell.
fn fit_margins(classes: [usize; 3], sums: &[CellSum], weights: &[f64]) -> Vec<f64> {
    let columns = 1 + classes.iter().sum::<usize>();
    let places = |sum: &CellSum| {
        let [recency, frequency, tenure] = sum.classes;
        [0, 1 + recency, 1 + classes[0] + frequency, 1 + classes[0] + classes[1] + tenure]
    };
    let (exposed, returned) = sums.iter().zip(weights).fold((0.0, 0.0), |(n, x), (sum, weight)| {
        (n + weight * sum.exposed.max(sum.returned), x + weight * sum.returned)
    });
    let mut effects = DVector::zeros(columns);
    effects[0] = logit(returned / exposed);
    let predict = |effects: &DVector<f64>, sum: &CellSum| {
        places(sum).map(|place| effects[place]).iter().sum::<f64>().clamp(-FURTHEST, FURTHEST)
    };
    for _ in 0..25 {
        let mut information = DMatrix::zeros(columns, columns);
        let mut score = DVector::zeros(columns);
        for (sum, weight) in sums.iter().zip(weights) {
            let share = logistic(predict(&effects, sum));
            let exposed = weight * sum.exposed.max(sum.returned);
            let residual = weight * sum.returned - exposed * share;
            for row in places(sum) {
                score[row] += residual;
                for column in places(sum) {
                    information[(row, column)] += exposed * share * (1.0 - share);
                }
            }
        }
        for place in 1..columns {
            information[(place, place)] += RIDGE;
            score[place] -= RIDGE * effects[place];
        }
        information[(0, 0)] += 1e-9;
        let Some(factor) = Cholesky::new(information) else { break };
        let step = factor.solve(&score).map(|step: f64| step.clamp(-2.0, 2.0));
        effects += &step;
        if step.amax() < 1e-8 {
            break;
        }
    }
    sums.iter().map(|sum| logistic(predict(&effects, sum))).collect()
}

/// S by maximum likelihood, golden section in ln S.
fn fit_size(sums: &[CellSum], margins: &[f64]) -> f64 {
    let seen: Vec<(f64, f64, f64)> = sums
        .iter()
        .zip(margins)
        .filter(|(sum, _)| sum.exposed > 0.0)
        .map(|(sum, margin)| (sum.returned, sum.exposed.max(sum.returned), *margin))
        .collect();
    let log_likelihood = |log_size: f64| {
        let size = log_size.exp();
        let term = |&(x, n, m): &(f64, f64, f64)| {
            ln_beta(x + m * size, n - x + (1.0 - m) * size) - ln_beta(m * size, (1.0 - m) * size)
        };
        seen.iter().map(term).sum::<f64>()
    };
    let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = LOG_SIZES;
    let (mut left, mut right) = (high - golden * (high - low), low + golden * (high - low));
    let (mut at_left, mut at_right) = (log_likelihood(left), log_likelihood(right));
    while high - low > 0.02 {
        if at_left < at_right {
            (low, left, at_left) = (left, right, at_right);
            right = low + golden * (high - low);
            at_right = log_likelihood(right);
        } else {
            (high, right, at_right) = (right, left, at_left);
            left = high - golden * (high - low);
            at_left = log_likelihood(left);
        }
    }
    f64::midpoint(low, high).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(classes: [usize; 3], exposed: f64, returned: f64) -> CellSum {
        CellSum { classes, exposed, returned }
    }

    /// Cells that follow their margins exactly, and one that was hardly seen.
    #[test]
    fn a_thin_cell_takes_the_rate_of_its_margins() {
        let truth = |[r, f, _]: [usize; 3]| logistic(-1.0 - r as f64 + 0.5 * f as f64);
        let mut sums: Vec<CellSum> = (0..12)
            .map(|i| [i / 3, i % 3, 0])
            .map(|classes| sum(classes, 50_000.0, 50_000.0 * truth(classes)))
            .collect();
        sums[7] = sum([2, 1, 0], 3.0, 3.0);
        let rates = fit([4, 3, 1], &sums, None);
        for (sum, log_odds) in sums.iter().zip(&rates.log_odds) {
            assert!((logistic(*log_odds) / truth(sum.classes) - 1.0).abs() < 0.02, "{sum:?} {log_odds}");
        }
    }

    /// Cells that have nothing to do with their margins keep their own rate.
    #[test]
    fn a_full_cell_keeps_its_own_rate() {
        let rates_of = [0.1, 0.5, 0.05, 0.3, 0.02, 0.4];
        let sums: Vec<CellSum> = rates_of
            .iter()
            .enumerate()
            .map(|(i, rate)| sum([i / 2, i % 2, 0], 20_000.0, 20_000.0 * rate))
            .collect();
        let rates = fit([3, 2, 1], &sums, None);
        for (log_odds, rate) in rates.log_odds.iter().zip(rates_of) {
            assert!((logistic(*log_odds) / rate - 1.0).abs() < 0.03);
        }
    }
}
