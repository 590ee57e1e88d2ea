//! Draws from the Pólya-Gamma distribution, which turns a binomial likelihood into a normal one.
//!
//! `PG(n, c)` is the sum of n independent `PG(1, c)`. Up to [`EXACT_UP_TO`] it is drawn as that sum, each by the alternating
//! series of Devroye as given in Polson, Scott and Windle (2013), JASA 108, section 4. Above, by a normal with the exact
//! mean `n/(2c) tanh(c/2)` and variance `n (sinh c - c) / (4 c³ cosh²(c/2))`: the skewness is then below 0.2.

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2, PI};

use rand::Rng;
use rand_distr::{Distribution, Exp1};
use statrs::function::erf::erfc;

use super::draw::{normal, uniform};

/// Largest n that is drawn exactly.
pub const EXACT_UP_TO: u64 = 100;
/// Where the sampler changes from one series to the other.
const SPLIT: f64 = 0.64;

/// Mean of `PG(n, c)`.
///
/// ```
/// use fidance_stats::causal::bsts::polya_gamma::{mean, variance};
/// assert_eq!((mean(24.0, 0.0), variance(24.0, 0.0)), (6.0, 1.0));
/// ```
pub fn mean(n: f64, c: f64) -> f64 {
    if c.abs() < 1e-4 { n * (0.25 - c * c / 48.0) } else { n / (2.0 * c) * (0.5 * c).tanh() }
}

/// Variance of `PG(n, c)`.
pub fn variance(n: f64, c: f64) -> f64 {
    let c = c.abs();
    if c < 1e-2 {
        return n / 24.0 * (1.0 - c * c / 5.0);
    }
    let tanh = (0.5 * c).tanh();
    // sinh c / cosh²(c/2) = 2 tanh(c/2), which does not overflow.
    n * (2.0 * tanh - c * (1.0 - tanh * tanh)) / (4.0 * c * c * c)
}

/// Draws `PG(n, c)`; 0 for n = 0.
///
/// ```
/// use fidance_stats::causal::bsts::polya_gamma;
/// use rand_pcg::{Pcg64, rand_core::SeedableRng};
/// let mut rng = Pcg64::seed_from_u64(1);
/// let omega = polya_gamma::draw(3000, 2.9, &mut rng);
/// assert!((omega - polya_gamma::mean(3000.0, 2.9)).abs() < 40.0);
/// ```
pub fn draw(n: u64, c: f64, rng: &mut (impl Rng + ?Sized)) -> f64 {
    if n > EXACT_UP_TO {
        let n = n as f64;
        let centre = mean(n, c);
        return (centre + variance(n, c).sqrt() * normal(rng)).max(0.05 * centre);
    }
    let unit = Unit::new(c);
    (0..n).map(|_| unit.draw(rng)).sum()
}

/// `PG(1, c)`, with what does not depend on the draw computed once.
struct Unit {
    z: f64,
    rate: f64,
    /// Chance of the exponential tail as against the inverse Gaussian part.
    tail: f64,
}

impl Unit {
    fn new(c: f64) -> Self {
        let z = 0.5 * c.abs();
        let rate = PI * PI / 8.0 + 0.5 * z * z;
        let root = SPLIT.sqrt().recip();
        let log_base = rate.ln() + rate * SPLIT;
        let left = (log_base - z + log_normal_cdf(root * (SPLIT * z - 1.0))).exp();
        let right = (log_base + z + log_normal_cdf(-root * (SPLIT * z + 1.0))).exp();
        Self { z, rate, tail: 1.0 / (1.0 + 2.0 * FRAC_2_PI * (left + right)) }
    }

    fn draw(&self, rng: &mut (impl Rng + ?Sized)) -> f64 {
        loop {
            let x = if uniform(rng) < self.tail {
                SPLIT + exponential(rng) / self.rate
            } else {
                self.truncated_inverse_gaussian(rng)
            };
            if accepts(x, rng) {
                return 0.25 * x;
            }
        }
    }

    /// Inverse Gaussian with mean 1/z and shape 1, below the split.
    fn truncated_inverse_gaussian(&self, rng: &mut (impl Rng + ?Sized)) -> f64 {
        if self.z < 1.0 / SPLIT {
            loop {
                let (first, second) = (exponential(rng), exponential(rng));
                if first * first > 2.0 * second / SPLIT {
                    continue;
                }
                let x = SPLIT / (1.0 + SPLIT * first).powi(2);
                if uniform(rng) <= (-0.5 * self.z * self.z * x).exp() {
                    return x;
                }
            }
        }
        let mu = 1.0 / self.z;
        loop {
            let y = mu * normal(rng).powi(2);
            let x = mu + 0.5 * mu * (y - (4.0 * y + y * y).sqrt());
            let x = if uniform(rng) > mu / (mu + x) { mu * mu / x } else { x };
            if x > 0.0 && x <= SPLIT {
                return x;
            }
        }
    }
}

/// The alternating series: its partial sums close in on the density from both sides.
fn accepts(x: f64, rng: &mut (impl Rng + ?Sized)) -> bool {
    let mut sum = coefficient(0.0, x);
    let y = uniform(rng) * sum;
    let mut n = 0.0;
    loop {
        n += 1.0;
        sum -= coefficient(n, x);
        if y <= sum {
            return true;
        }
        n += 1.0;
        sum += coefficient(n, x);
        if y > sum {
            return false;
        }
    }
}

fn coefficient(n: f64, x: f64) -> f64 {
    let half = n + 0.5;
    if x > SPLIT {
        PI * half * (-0.5 * half * half * PI * PI * x).exp()
    } else {
        (FRAC_PI_2 * x).powf(-1.5) * PI * half * (-2.0 * half * half / x).exp()
    }
}

fn exponential(rng: &mut (impl Rng + ?Sized)) -> f64 {
    Exp1.sample(rng)
}

fn log_normal_cdf(x: f64) -> f64 {
    if x < -30.0 {
        // erfc underflows near -38; the leading term is exact enough here.
        return -0.5 * x * x - (-x).ln() - 0.5 * (2.0 * PI).ln();
    }
    (0.5 * erfc(-x * std::f64::consts::FRAC_1_SQRT_2)).ln()
}

#[cfg(test)]
mod tests {
    use rand_pcg::{Pcg64, rand_core::SeedableRng};

    use super::*;

    /// Mean and variance within five standard errors, on both sides of every switch in the sampler.
    #[test]
    fn draws_have_the_known_moments() {
        let mut rng = Pcg64::seed_from_u64(7);
        for (n, c) in [
            (1, 0.0),
            (1, 0.5),
            (1, 3.0),
            (1, 3.3),
            (1, 12.0),
            (1, 90.0),
            (7, -2.9),
            (100, 2.9),
            (101, 2.9),
            (5000, 4.0),
        ] {
            let size = if n > 50 { 20_000 } else { 100_000 };
            let draws: Vec<f64> = (0..size).map(|_| draw(n, c, &mut rng)).collect();
            let count = f64::from(size);
            let average = draws.iter().sum::<f64>() / count;
            let spread = draws.iter().map(|x| (x - average).powi(2)).sum::<f64>() / count;
            let fourth = draws.iter().map(|x| (x - average).powi(4)).sum::<f64>() / count;
            let (mean, variance) = (mean(n as f64, c), variance(n as f64, c));
            assert!(
                (average - mean).abs() < 5.0 * (variance / count).sqrt(),
                "{n} {c}: mean {average} {mean}"
            );
            let error = ((fourth - spread * spread) / count).sqrt();
            assert!((spread - variance).abs() < 5.0 * error, "{n} {c}: variance {spread} {variance}");
        }
    }

    /// `E[exp(-PG(1, 0) t)] = 1 / cosh(sqrt(t/2))` fixes the whole distribution.
    #[test]
    fn draws_have_the_laplace_transform() {
        let mut rng = Pcg64::seed_from_u64(8);
        let draws: Vec<f64> = (0..100_000).map(|_| draw(1, 0.0, &mut rng)).collect();
        for t in [0.5_f64, 4.0, 30.0] {
            let found = draws.iter().map(|x| (-t * x).exp()).sum::<f64>() / 1e5;
            assert!((found - (t / 2.0).sqrt().cosh().recip()).abs() < 0.005, "{t}: {found}");
        }
    }

    #[test]
    fn the_moments_meet_at_their_switches() {
        for switch in [1e-4, 1e-2] {
            let (below, above) = (switch * (1.0 - 1e-9), switch * (1.0 + 1e-9));
            assert!((mean(1.0, below) - mean(1.0, above)).abs() < 1e-11);
            assert!((variance(1.0, below) - variance(1.0, above)).abs() < 1e-9);
        }
        assert!(draw(0, 1.0, &mut Pcg64::seed_from_u64(1)).abs() < f64::MIN_POSITIVE);
    }
}
