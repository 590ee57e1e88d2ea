//! The beta-binomial distribution of the customers kept in a period: probabilities, tails, normal scores.
//!
//! Customers of one period share weather, campaigns and outages, so that their number varies more than a
//! binomial. The share is taken as drawn anew each period from a Beta around its mean; the overdispersion ρ is
//! the correlation of two customers of the same period. What is exact for 50 customers must not lose its
//! digits for 5,000,000, hence the unusual form of the probability below.

use statrs::distribution::{ContinuousCDF, Normal};
use statrs::function::gamma::ln_gamma;
use statrs::function::logistic::logistic;

/// Why numbers do not describe counts of customers.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum BetaBinomialError {
    /// ρ is not strictly between 0 and 1.
    #[error("overdispersion must be strictly between 0 and 1, got {0}")]
    Overdispersion(f64),
    /// The share is not strictly between 0 and 1, or too close to an end.
    #[error("a share must be strictly between 0 and 1 (logit within ±{limit}), got {value}", limit = Share::MAX_LOGIT)]
    Share {
        /// The share or logit given.
        value: f64,
    },
    /// More kept than due.
    #[error("{kept} customers kept of {due} due")]
    Count {
        /// Customers kept.
        kept: u64,
        /// Customers whose decision was due.
        due: u64,
    },
}

/// Customers kept out of those whose decision was due in a period: x of n, x ≤ n.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    kept: u64,
    due: u64,
}

impl Count {
    /// `kept` customers of `due`. Error: [`BetaBinomialError::Count`].
    pub fn new(kept: u64, due: u64) -> Result<Self, BetaBinomialError> {
        if kept <= due { Ok(Self { kept, due }) } else { Err(BetaBinomialError::Count { kept, due }) }
    }

    /// x.
    pub fn kept(self) -> u64 {
        self.kept
    }

    /// n.
    pub fn due(self) -> u64 {
        self.due
    }

    /// n − x.
    pub fn lost(self) -> u64 {
        self.due - self.kept
    }

    /// x/n; `None` when nothing was due.
    pub fn share(self) -> Option<f64> {
        (self.due > 0).then(|| self.kept as f64 / self.due as f64)
    }
}

/// A share strictly between 0 and 1, held as its logit so that neither end loses digits.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Share {
    logit: f64,
}

impl Share {
    /// Beyond this logit (a share of 1 − 10⁻¹³) nothing can be learned from counts.
    pub const MAX_LOGIT: f64 = 30.0;

    /// From a share such as 0.95. Error: [`BetaBinomialError::Share`].
    pub fn new(p: f64) -> Result<Self, BetaBinomialError> {
        if p > 0.0 && p < 1.0 {
            Self::from_logit(p.ln() - (-p).ln_1p())
        } else {
            Err(BetaBinomialError::Share { value: p })
        }
    }

    /// From η = ln(p/(1−p)). Error: [`BetaBinomialError::Share`].
    pub fn from_logit(logit: f64) -> Result<Self, BetaBinomialError> {
        if logit.abs() <= Self::MAX_LOGIT {
            Ok(Self { logit })
        } else {
            Err(BetaBinomialError::Share { value: logit })
        }
    }

    /// η.
    pub fn logit(self) -> f64 {
        self.logit
    }

    /// p.
    pub fn value(self) -> f64 {
        logistic(self.logit)
    }

    /// 1 − p, to full relative precision.
    pub fn complement(self) -> f64 {
        logistic(-self.logit)
    }

    /// The share whose logit is higher by `by`, kept within ±[`Share::MAX_LOGIT`].
    #[must_use]
    pub fn shifted(self, by: f64) -> Self {
        Self { logit: (self.logit + by).clamp(-Self::MAX_LOGIT, Self::MAX_LOGIT) }
    }
}

/// ρ, the correlation between two customers of one period: strictly between 0 (binomial) and 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Overdispersion(f64);

impl Overdispersion {
    /// ρ such as 0.0005. Error: [`BetaBinomialError::Overdispersion`].
    pub fn new(rho: f64) -> Result<Self, BetaBinomialError> {
        // Below the smallest normal number 1/ρ would overflow.
        if (f64::MIN_POSITIVE..1.0).contains(&rho) {
            Ok(Self(rho))
        } else {
            Err(BetaBinomialError::Overdispersion(rho))
        }
    }

    /// ρ.
    pub fn value(self) -> f64 {
        self.0
    }

    /// S = 1/ρ − 1, the weight of the Beta: a = pS, b = (1−p)S.
    pub fn weight(self) -> f64 {
        (1.0 - self.0) / self.0
    }

    /// 1 + (n−1)ρ: how many times larger the variance is than the binomial one.
    pub fn variance_factor(self, due: u64) -> f64 {
        1.0 + (due as f64 - 1.0).max(0.0) * self.0
    }

    /// Held within the values that can be estimated from counts.
    pub(super) fn clamped(rho: f64) -> Self {
        Self(rho.clamp(1e-12, 0.999))
    }
}

/// The distribution of the customers kept: BB(n, pS, (1−p)S).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BetaBinomial {
    share: Share,
    rho: Overdispersion,
    /// pS.
    a: f64,
    /// (1−p)S.
    b: f64,
    /// S.
    s: f64,
}

/// The probabilities of fewer, exactly as many, and more customers kept than observed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tails {
    /// P(X < x).
    pub fewer: f64,
    /// P(X = x).
    pub equal: f64,
    /// P(X > x).
    pub more: f64,
}

impl BetaBinomial {
    /// Mean share p and overdispersion ρ.
    pub fn new(share: Share, rho: Overdispersion) -> Self {
        let s = rho.weight();
        Self { share, rho, a: share.value() * s, b: share.complement() * s, s }
    }

    /// p.
    pub fn share(&self) -> Share {
        self.share
    }

    /// ρ.
    pub fn rho(&self) -> Overdispersion {
        self.rho
    }

    /// ln P(X = x), with n up to millions: exact to about 1e−15 of itself or 1e−11, whichever is larger.
    ///
    /// With F(z) = z ln z, the Stirling parts of the nine gamma functions group into two divergences from the
    /// pooled share p̄ = (a+x)/(S+n):
    ///
    /// ln P = −S·KL(p ‖ p̄) − n·KL(x/n ‖ p̄) + ½ ln[abn(S+n)/(S(a+x)(b+y)xy)] − ½ ln 2π + Stirling remainders.
    ///
    /// Each divergence is computed as Loader (2000) does for the binomial, so that numbers of the size of
    /// ln Γ(n) never meet.
    ///
    /// ```
    /// use fidance_stats::change::{BetaBinomial, Count, Overdispersion, Share};
    /// // a = b = 1 makes every number of customers equally likely.
    /// let uniform = BetaBinomial::new(Share::new(0.5)?, Overdispersion::new(1.0 / 3.0)?);
    /// let p = uniform.ln_pmf(Count::new(3, 1_000_000)?).exp();
    /// assert!((p * 1_000_001.0 - 1.0).abs() < 1e-12);
    /// # Ok::<(), fidance_stats::change::BetaBinomialError>(())
    /// ```
    pub fn ln_pmf(&self, count: Count) -> f64 {
        let (x, y, n) = (count.kept as f64, count.lost() as f64, count.due as f64);
        if count.due == 0 {
            return 0.0;
        }
        let Self { a, b, s, .. } = *self;
        let (p, q) = ((a + x) / (s + n), (b + y) / (s + n));
        let divergences = deviance(a, s * p) + deviance(b, s * q) + deviance(x, n * p) + deviance(y, n * q);
        let (x_factor, x_rest) = factorial_parts(x);
        let (y_factor, y_rest) = factorial_parts(y);
        let scale = a / (a + x) * (b / (b + y)) * ((s + n) / s) * (n / x_factor / y_factor);
        let remainders = remainder(a + x) + remainder(b + y) - remainder(s + n) - remainder(a) - remainder(b)
            + remainder(s)
            + remainder(n)
            - x_rest
            - y_rest;
        0.5 * scale.ln() + HALF_LN_TAU + remainders - divergences
    }

    /// The three probabilities around `count`, by summing the shorter tail outward from it.
    ///
    /// The pmf follows from its neighbour by one division. With a, b ≥ 1 it is log-concave, so that the sum
    /// stops once the geometric bound of the rest is below 1e−17 of it; otherwise every term is added.
    /// Time: some standard deviations of the count, at most n.
    pub fn tails(&self, count: Count) -> Tails {
        let (x, y) = (count.kept as f64, count.lost() as f64);
        let equal = self.ln_pmf(count).exp().min(1.0);
        if x <= count.due as f64 * self.share.value() {
            let fewer = (equal * neighbours_below(self.a, self.b, x, y)).min(1.0 - equal);
            Tails { fewer, equal, more: (1.0 - fewer - equal).max(0.0) }
        } else {
            let more = (equal * neighbours_below(self.b, self.a, y, x)).min(1.0 - equal);
            Tails { fewer: (1.0 - more - equal).max(0.0), equal, more }
        }
    }

    /// The normal score of a count: z = −Φ⁻¹(u), u = P(Y < y) + P(Y = y)/2 with Y the customers lost.
    ///
    /// Negative when fewer were kept than expected. The probability integral transform with the mid-P
    /// correction (Lancaster 1961): near a share of 95 % the usual (p−p₀)/se has twice too many low values.
    /// 0 when nothing was due; held within ±38, where f64 ends.
    pub fn normal_score(&self, count: Count) -> f64 {
        let tails = self.tails(count);
        let (below, above) = (tails.fewer + 0.5 * tails.equal, tails.more + 0.5 * tails.equal);
        let quantile = |p: f64| Normal::standard().inverse_cdf(p.max(f64::MIN_POSITIVE));
        let score = if below <= above { quantile(below.min(0.5)) } else { -quantile(above.min(0.5)) };
        score.clamp(-38.0, 38.0)
    }

    /// The Pearson score (x−np)/√(npq(1+(n−1)ρ)); kept for comparison, miscalibrated near 95 %.
    pub fn pearson_score(&self, count: Count) -> f64 {
        if count.due == 0 {
            return 0.0;
        }
        let n = count.due as f64;
        let variance = n * self.share.value() * self.share.complement() * self.rho.variance_factor(count.due);
        // x − np = nq − y, which keeps the digits when nearly all are kept.
        (n * self.share.complement() - count.lost() as f64) / variance.sqrt()
    }
}

/// ½ ln 2π.
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_7;
/// From here on five terms of Stirling's series are exact to 1e−15.
const STIRLING_FROM: f64 = 15.0;

/// x ln(x/m) + m − x ≥ 0 without cancellation when x is near m (Loader 2000, "bd0").
fn deviance(x: f64, m: f64) -> f64 {
    if x <= 0.0 {
        return m;
    }
    let gap = x - m;
    if gap.abs() >= 0.1 * (x + m) {
        return x * (x / m).ln() + m - x;
    }
    let v = gap / (x + m);
    let mut sum = gap * v;
    let mut term = 2.0 * x * v;
    let mut odd = 3.0;
    loop {
        term *= v * v;
        let next = sum + term / odd;
        if next.total_cmp(&sum).is_eq() {
            return next;
        }
        sum = next;
        odd += 2.0;
    }
}

/// ln Γ(z) − [(z−½) ln z − z + ½ ln 2π] for z > 0.
fn remainder(z: f64) -> f64 {
    if z < STIRLING_FROM {
        return ln_gamma(z) - (z - 0.5) * z.ln() + z - HALF_LN_TAU;
    }
    let r = 1.0 / (z * z);
    (1.0 / 12.0 - r * (1.0 / 360.0 - r * (1.0 / 1260.0 - r * (1.0 / 1680.0 - r / 1188.0)))) / z
}

/// The factor and the remainder of x! in the probability: 0! = 1 has no Stirling part, which is the same as
/// a factor 1/2π.
fn factorial_parts(x: f64) -> (f64, f64) {
    if x > 0.0 { (x * std::f64::consts::TAU, remainder(x)) } else { (1.0, 0.0) }
}

/// Σ over k ≥ 1 of P(x−k)/P(x).
fn neighbours_below(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let log_concave = a >= 1.0 && b >= 1.0;
    let (mut x, mut y) = (x, y);
    let (mut term, mut sum) = (1.0, 0.0);
    while x > 0.0 {
        let ratio = x * (b + y) / ((y + 1.0) * (a + x - 1.0));
        term *= ratio;
        sum += term;
        if log_concave && ratio < 1.0 && term * ratio < 1e-17 * sum * (1.0 - ratio) {
            break;
        }
        x -= 1.0;
        y += 1.0;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distribution(p: f64, rho: f64) -> BetaBinomial {
        BetaBinomial::new(Share::new(p).unwrap(), Overdispersion::new(rho).unwrap())
    }

    fn count(kept: u64, due: u64) -> Count {
        Count::new(kept, due).unwrap()
    }

    #[test]
    fn impossible_numbers_are_refused() {
        assert!(Count::new(3, 2).is_err());
        for p in [0.0, 1.0, -0.1, f64::NAN, 1.0 - 1e-15] {
            assert!(Share::new(p).is_err(), "{p}");
        }
        for rho in [0.0, 1.0, -1e-9, f64::NAN, f64::INFINITY, 1e-310] {
            assert!(Overdispersion::new(rho).is_err(), "{rho}");
        }
    }

    /// The definition, term by term: Γ(a+x)/(Γ(a) x!) and so on as products.
    fn plain_pmf(a: f64, b: f64, x: u64, y: u64) -> f64 {
        let rising = |a: f64, x: u64| (0..x).map(|i| ((a + i as f64) / (i as f64 + 1.0)).ln()).sum::<f64>();
        (rising(a, x) + rising(b, y) - rising(a + b, x + y)).exp()
    }

    #[test]
    fn probabilities_are_those_of_the_definition() {
        for (p, rho, n) in
            [(0.95, 5e-4, 60), (0.5, 0.3, 40), (0.99, 0.9, 25), (0.02, 1e-9, 30), (0.9, 0.02, 1)]
        {
            let law = distribution(p, rho);
            let mut total = 0.0;
            for x in 0..=n {
                let expected = plain_pmf(law.a, law.b, x, n - x);
                let found = law.ln_pmf(count(x, n)).exp();
                assert!((found - expected).abs() <= 1e-12 * expected, "{p} {rho} {x}: {found} {expected}");
                total += found;
            }
            assert!((total - 1.0).abs() < 1e-12, "{p} {rho}: {total}");
        }
    }

    /// No closed form at this size: the ratio of neighbours is known exactly, and the sum is 1.
    #[test]
    fn millions_of_customers_lose_no_digits() {
        let n = 5_000_000;
        for (p, rho) in [(0.95, 5e-4), (0.999, 1e-6), (0.6, 1e-12), (0.95, 0.2)] {
            let law = distribution(p, rho);
            for x in [1, 1_000_000, 4_700_000, 4_750_000, 4_999_998] {
                let y = (n - x) as f64;
                let exact = ((x + 1) as f64 * (law.b + y - 1.0)) / (y * (law.a + x as f64));
                let found = law.ln_pmf(count(x, n)) - law.ln_pmf(count(x + 1, n));
                let tolerance = 1e-10 + 2e-15 * law.ln_pmf(count(x, n)).abs();
                assert!((found - exact.ln()).abs() < tolerance, "{p} {rho} {x}: {found} {}", exact.ln());
            }
            let tails = law.tails(count(4_750_000, n));
            let from_above = law.tails(count(4_750_001, n));
            assert!((tails.fewer + tails.equal - from_above.fewer).abs() < 1e-9, "{p} {rho}: {tails:?}");
        }
    }

    #[test]
    fn tails_add_up_whatever_the_shape() {
        for (p, rho, n) in [(0.95, 5e-4, 400), (0.7, 0.6, 90), (0.999, 0.5, 50), (0.3, 0.02, 1)] {
            let law = distribution(p, rho);
            let mut fewer = 0.0;
            for x in 0..=n {
                let tails = law.tails(count(x, n));
                assert!((tails.fewer - fewer).abs() < 1e-12, "{p} {rho} {x}: {tails:?} {fewer}");
                assert!((tails.fewer + tails.equal + tails.more - 1.0).abs() < 1e-12);
                fewer += tails.equal;
            }
        }
    }

    /// R: qnorm(c(1e-20, 1e-100)); the score keeps its digits far out and is mirrored.
    #[test]
    fn scores_reach_far_out() {
        let normal = |p: f64| Normal::standard().inverse_cdf(p);
        assert!((normal(1e-20) + 9.262_340_089_798_41).abs() < 1e-9);
        assert!((normal(1e-100) + 21.273_453_560_966_36).abs() < 1e-8);
        let law = distribution(0.95, 5e-4);
        let mut before = -39.0;
        for kept in [0, 1000, 1500, 1800, 1850, 1900, 1950, 1999, 2000] {
            let score = law.normal_score(count(kept, 2000));
            assert!(score.is_finite() && score >= before, "{kept}: {score}");
            before = score;
        }
        let mirrored = distribution(0.05, 5e-4);
        let (one, other) = (law.normal_score(count(1870, 2000)), mirrored.normal_score(count(130, 2000)));
        assert!((one + other).abs() < 1e-12, "{one} {other}");
        assert!(law.normal_score(count(0, 0)).abs() < f64::MIN_POSITIVE);
    }
}
