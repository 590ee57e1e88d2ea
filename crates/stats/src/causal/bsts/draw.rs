//! Draws that several samplers need: a variance from its inverse gamma with an upper limit, normals, quantiles.

use rand::Rng;
use rand_distr::{Distribution, Gamma, StandardNormal, StandardUniform};
use statrs::function::gamma::{gamma_lr, gamma_ur};

/// Prior of a standard deviation: `1/s² ~ Gamma(df/2, df guess²/2)`, with `s` at most `upper`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct DeviationPrior {
    pub(super) guess: f64,
    pub(super) df: f64,
    pub(super) upper: f64,
}

impl DeviationPrior {
    /// Draws a variance given `count` squares that sum to `squares`.
    pub(super) fn draw(&self, squares: f64, count: f64, rng: &mut (impl Rng + ?Sized)) -> f64 {
        let shape = f64::midpoint(self.df, count);
        let rate = f64::midpoint(self.df * self.guess * self.guess, squares);
        inverse_gamma_below(shape, rate, self.upper * self.upper, rng)
    }
}

const ATTEMPTS: usize = 50;

/// A variance `1/g`, `g ~ Gamma(shape, rate)`, not above `limit`.
pub(super) fn inverse_gamma_below(shape: f64, rate: f64, limit: f64, rng: &mut (impl Rng + ?Sized)) -> f64 {
    let Ok(gamma) = Gamma::new(shape, 1.0 / rate) else { return limit };
    for _ in 0..ATTEMPTS {
        let precision: f64 = gamma.sample(rng);
        if precision * limit >= 1.0 {
            return 1.0 / precision;
        }
    }
    1.0 / upper_tail(shape, rate, 1.0 / limit, rng)
}

/// A gamma above `least`, by bisection of its tail; rarely needed.
fn upper_tail(shape: f64, rate: f64, least: f64, rng: &mut (impl Rng + ?Sized)) -> f64 {
    let uniform: f64 = StandardUniform.sample(rng);
    let target = gamma_ur(shape, rate * least) * (1.0 - uniform);
    if target <= 0.0 || gamma_lr(shape, rate * least) >= 1.0 {
        return least;
    }
    let (mut low, mut high) = (least, 2.0 * least.max(shape / rate));
    while gamma_ur(shape, rate * high) > target {
        high *= 2.0;
    }
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if gamma_ur(shape, rate * middle) > target { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

#[inline]
pub(super) fn normal(rng: &mut (impl Rng + ?Sized)) -> f64 {
    StandardNormal.sample(rng)
}

#[inline]
pub(super) fn uniform(rng: &mut (impl Rng + ?Sized)) -> f64 {
    StandardUniform.sample(rng)
}

/// Quantile of sorted values by linear interpolation (type 7 of Hyndman and Fan 1996, R's default).
pub(super) fn quantile(sorted: &[f64], q: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let position = q * last as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "q is a share, so within the slice"
    )]
    let below = position.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (position - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use rand_pcg::{Pcg64, rand_core::SeedableRng};

    use super::*;

    #[test]
    fn a_variance_stays_below_its_limit_and_keeps_its_mean() {
        let mut rng = Pcg64::seed_from_u64(3);
        let n = 40_000;
        let mean = |limit: f64, rng: &mut Pcg64| {
            (0..n).map(|_| 1.0 / inverse_gamma_below(4.0, 2.0, limit, rng)).sum::<f64>() / f64::from(n)
        };
        // Mean of Gamma(4, rate 2) is 2, deviation 1.
        assert!((mean(1e9, &mut rng) - 2.0).abs() < 0.02);
        // Above 8 the mean is shape/rate * Q(5, 16)/Q(4, 16), by R: 2*pgamma(16,5,lower=F)/pgamma(16,4,lower=F).
        let expected = 2.0 * gamma_ur(5.0, 16.0) / gamma_ur(4.0, 16.0);
        assert!((mean(1.0 / 8.0, &mut rng) - expected).abs() < 0.02);
    }

    #[test]
    fn quantiles_are_those_of_r() {
        // R: quantile(c(1, 2, 4, 8), c(0, .1, .5, 1))
        for (q, expected) in [(0.0, 1.0), (0.1, 1.3), (0.5, 3.0), (1.0, 8.0)] {
            assert!((quantile(&[1.0, 2.0, 4.0, 8.0], q) - expected).abs() < 1e-12);
        }
    }
}
