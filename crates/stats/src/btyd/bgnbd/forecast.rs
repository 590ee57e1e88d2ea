//! What a BG/NBD model says about a customer: still alive, and how many purchases to come.

use super::BgNbd;

/// Beyond this the hypergeometric series is slower than the integral.
const SERIES_ARGUMENT_LIMIT: f64 = 0.998;
/// Relative size of what no digit of a result shows.
const NEGLIGIBLE: f64 = 1e-18;
/// Below this the alternating start of the series loses digits.
const SERIES_FIRST_PARAMETER_LIMIT: f64 = -10.0;

impl BgNbd {
    /// Chance that a customer with `frequency` repeat purchases, the last at `recency`, is still a customer
    /// at `age` (Fader, Hardie and Lee 2008, "Computing P(alive) using the BG/NBD model"). Evaluated in logs.
    ///
    /// A customer without repeat purchase gets 1: in this model one can only leave after a repeat purchase.
    ///
    /// ```
    /// use fidance_stats::btyd::bgnbd::BgNbd;
    /// let cdnow = BgNbd { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };
    /// assert!((cdnow.p_alive(2, 30.43, 38.86) - 0.7266).abs() < 1e-3);
    /// assert_eq!(cdnow.p_alive(0, 0.0, 38.86), 1.0);
    /// ```
    pub fn p_alive(&self, frequency: u32, recency: f64, age: f64) -> f64 {
        if frequency == 0 {
            return 1.0;
        }
        let x = f64::from(frequency);
        let log_ratio = ((self.alpha + age) / (self.alpha + recency)).ln();
        let log_odds_of_leaving = self.a.ln() - (self.b + x - 1.0).ln() + (self.r + x) * log_ratio;
        1.0 / (1.0 + log_odds_of_leaving.exp())
    }

    /// Expected purchases of a new customer over the first `horizon` units of time, the first purchase not
    /// counted (Fader, Hardie and Lee 2005, eq. 9).
    ///
    /// ```
    /// use fidance_stats::btyd::bgnbd::BgNbd;
    /// let cdnow = BgNbd { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };
    /// assert!(cdnow.expected_purchases(39.0) > 1.0 && cdnow.expected_purchases(39.0) < 1.3);
    /// ```
    pub fn expected_purchases(&self, horizon: f64) -> f64 {
        self.purchases_if_alive(0.0, 0.0, horizon)
    }

    /// Expected purchases over the next `horizon` units of time of a customer with this history
    /// (Fader, Hardie and Lee 2005, eq. 10).
    ///
    /// ```
    /// use fidance_stats::btyd::bgnbd::BgNbd;
    /// let cdnow = BgNbd { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };
    /// let expected = cdnow.conditional_expected_purchases(2, 30.43, 38.86, 39.0);
    /// assert!((expected - 1.226).abs() < 0.001);
    /// ```
    pub fn conditional_expected_purchases(
        &self,
        frequency: u32,
        recency: f64,
        age: f64,
        horizon: f64,
    ) -> f64 {
        self.p_alive(frequency, recency, age) * self.purchases_if_alive(f64::from(frequency), age, horizon)
    }

    /// Expected purchases of a customer known to be alive at `age` after `x` repeat purchases:
    /// E[(1 − (1 + pτ)^−(r+x))/p] with p ~ Beta(a, b+x) and τ = horizon/(α + age).
    fn purchases_if_alive(&self, x: f64, age: f64, horizon: f64) -> f64 {
        if horizon <= 0.0 {
            return 0.0;
        }
        let ratio = horizon / (self.alpha + age);
        self.by_series(x, ratio).unwrap_or_else(|| self.by_integral(x, ratio))
    }

    /// The closed form of the paper after Euler's transformation, in which the power that overflows cancels:
    /// (a+b+x−1)/(a−1) · [1 − (1−z)^(a−1) · ₂F₁(a+b−1−r, a−1; a+b+x−1; z)], z = τ/(1+τ).
    /// `None` near its removable singularities and where it is slow or loses digits.
    fn by_series(&self, x: f64, ratio: f64) -> Option<f64> {
        let z = ratio / (1.0 + ratio);
        let (first, second, third) =
            (self.a + self.b - 1.0 - self.r, self.a - 1.0, self.a + self.b + x - 1.0);
        let awkward = z > SERIES_ARGUMENT_LIMIT
            || first < SERIES_FIRST_PARAMETER_LIMIT
            || second.abs() < 1e-6
            || third < 0.05;
        if awkward {
            return None;
        }
        let log_hypergeometric = log_hypergeometric(first, second, third, z)?;
        let bracket = -(log_hypergeometric - second * ratio.ln_1p()).exp_m1();
        Some(third / second * bracket).filter(|value| value.is_finite() && *value >= 0.0)
    }

    /// The same expectation as an integral over the log-odds of p, on which the trapezoidal rule converges
    /// exponentially. Positive throughout, so nothing cancels; slower than the series.
    ///
    /// With a or b near 0 the tails of the weight decay slowly, but there p is 0 or 1 to the last digit: what
    /// is left of a tail is a geometric series with a constant integrand, and is summed in closed form. That
    /// bounds the number of steps, whatever the parameters.
    fn by_integral(&self, x: f64, ratio: f64) -> f64 {
        let (left, stay, shape) = (self.a, self.b + x, self.r + x);
        let step = 0.25_f64.min(0.5 * (1.0 / left + 1.0 / stay).sqrt());
        let mode = (left / stay).ln();
        let log_weight = |log_odds: f64| -left * softplus(-log_odds) - stay * softplus(log_odds);
        let peak = log_weight(mode);
        // From here on p (to the left) or 1 − p (to the right) changes neither weight nor integrand.
        let settled = NEGLIGIBLE.ln() - (1.0 + left + stay + ratio * shape).ln();
        let mut sums = (0.0, 0.0);
        for (start, direction, decay) in [(0.0, 1.0, stay), (1.0, -1.0, left)] {
            let mut index: f64 = start;
            loop {
                let log_odds = mode + direction * index * step;
                let mut weight = (log_weight(log_odds) - peak).exp();
                let is_last = -direction * log_odds < settled;
                if is_last {
                    weight /= -(-decay * step).exp_m1();
                }
                sums.0 += weight;
                sums.1 += weight * purchases_given_leaving(log_odds, ratio, shape);
                if is_last || weight < NEGLIGIBLE {
                    break;
                }
                index += 1.0;
            }
        }
        sums.1 / sums.0
    }
}

/// (1 − (1 + pτ)^−s)/p, with p given by its log-odds.
fn purchases_given_leaving(log_odds: f64, ratio: f64, shape: f64) -> f64 {
    let p = 1.0 / (1.0 + (-log_odds).exp());
    if p * ratio * shape < 1e-14 {
        return ratio * shape;
    }
    -(-shape * (p * ratio).ln_1p()).exp_m1() / p
}

/// ln(1 + eˣ).
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// ln ₂F₁(a, b; c; z) by its power series, for 0 ≤ z < 1 and c > 0. Sums are rescaled before they overflow;
/// the leading 1 is kept apart so that a value near 1 keeps all its digits. `None` if not positive.
fn log_hypergeometric(a: f64, b: f64, c: f64, z: f64) -> Option<f64> {
    const HUGE: f64 = 1e250;
    let settled = a.abs() + b.abs();
    let (mut term, mut rest, mut one, mut log_scale) = (1.0_f64, 0.0_f64, 1.0, 0.0);
    let mut k = 0.0;
    while k < 100_000.0 {
        term *= (a + k) * (b + k) / ((c + k) * (k + 1.0)) * z;
        rest += term;
        k += 1.0;
        if k > settled && term.abs() <= 1e-16 * (1.0 - z) * rest.abs() {
            let log = if log_scale > 0.0 { (one + rest).ln() } else { rest.ln_1p() };
            return Some(log + log_scale).filter(|value| value.is_finite());
        }
        if rest.abs() > HUGE {
            (term, rest, one) = (term / HUGE, rest / HUGE, one / HUGE);
            log_scale += HUGE.ln();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// mpmath 1.4 at 30 digits, eq. 10 of the paper without P(alive), as it stands:
    /// `(a+b+x-1)/(a-1)*(1-((al+T)/(al+T+t))**(r+x)*hyp2f1(r+x,b+x,a+b+x-1,t/(al+T+t)))`
    #[test]
    fn purchases_if_alive_match_the_closed_form() {
        let cdnow = (0.243, 4.414, 0.793, 2.426);
        for ((r, alpha, a, b), x, age, horizon, expected) in [
            (cdnow, 0.0, 0.0, 39.0, 1.196_723_193_320_816_7),
            (cdnow, 2.0, 38.86, 39.0, 1.687_399_305_805_313),
            (cdnow, 50.0, 400.0, 365.0, 34.842_851_486_179_18),
            ((2.0, 30.0, 0.05, 1.2), 10.0, 365.0, 365.0, 10.865_502_921_329_593),
            ((40.0, 300.0, 1.5, 0.7), 3.0, 100.0, 50.0, 2.981_983_739_531_321_7),
            ((0.8, 30.0, 1.01, 0.4), 0.0, 0.0, 10_000.0, 2.899_237_258_166_391),
        ] {
            let model = BgNbd { r, alpha, a, b };
            let (value, integral) =
                (model.purchases_if_alive(x, age, horizon), model.by_integral(x, horizon / (alpha + age)));
            assert!((value / expected - 1.0).abs() < 1e-11, "{value} against {expected}");
            assert!((integral / expected - 1.0).abs() < 1e-11, "{integral} against {expected}");
        }
    }

    #[test]
    fn series_and_integral_agree() {
        for model in [
            BgNbd { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 },
            BgNbd { r: 5.0, alpha: 100.0, a: 0.05, b: 1.2 },
            BgNbd { r: 0.8, alpha: 30.0, a: 1.01, b: 0.4 },
            BgNbd { r: 2.0, alpha: 10.0, a: 300.0, b: 900.0 },
            BgNbd { r: 2.0, alpha: 10.0, a: 5.0, b: 1000.0 },
        ] {
            for (x, ratio) in [(0.0, 0.1), (1.0, 5.0), (40.0, 1.0), (5000.0, 2.0), (0.0, 200.0)] {
                let integral = model.by_integral(x, ratio);
                if let Some(series) = model.by_series(x, ratio) {
                    let error = (series / integral - 1.0).abs();
                    assert!(error < 1e-9, "{model:?} {x} {ratio}: {series} against {integral}");
                }
            }
        }
    }

    #[test]
    fn nothing_overflows_for_heavy_buyers() {
        for (r, alpha, a, b) in [
            (0.243, 4.414, 0.793, 2.426),
            (1e-3, 1e-3, 1e-3, 1e3),
            (1e3, 1e4, 1.0, 1e-3),
            (1e3, 1.0, 1e3, 1e3),
        ] {
            let model = BgNbd { r, alpha, a, b };
            for frequency in [0, 1, 50, 5000] {
                for (recency, age) in [(0.01, 5000.0), (4999.0, 5000.0), (1.0, 1.0)] {
                    let alive = model.p_alive(frequency, recency, age);
                    assert!((0.0..=1.0).contains(&alive));
                    let expected = model.conditional_expected_purchases(frequency, recency, age, 365.0);
                    let most = (r + f64::from(frequency)) / (alpha + age) * 365.0;
                    assert!(
                        expected >= 0.0 && expected <= most * (1.0 + 1e-9),
                        "{model:?}: {expected} of {most}"
                    );
                }
            }
        }
    }

    /// Customers all alike, nobody leaving: fits of small steady files end there, and forecasts of them must
    /// take no longer than others.
    #[test]
    fn limits_of_the_parameters_take_no_time() {
        let started = std::time::Instant::now();
        for &a in &[7e-6, 1e-3, 1.0, 1e3] {
            for &b in &[1e-3, 1.0, 1e3, 4e5] {
                for &r in &[1e-3, 1.0, 1e3, 4e5] {
                    let model = BgNbd { r, alpha: r * 3.0, a, b };
                    for x in [0.0, 3.0, 200.0] {
                        let found = model.purchases_if_alive(x, 20.0, 52.0);
                        let most = (r + x) / (r * 3.0 + 20.0) * 52.0;
                        assert!(
                            found >= 0.0 && found <= most * (1.0 + 1e-9),
                            "{model:?} {x}: {found} of {most}"
                        );
                    }
                }
            }
        }
        // 192 forecasts: a tenth of a second even unoptimised, minutes if a tail is walked to its end.
        assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
        // Nobody leaves: (r + x)·τ purchases, to the digits that 7e-6 leaves.
        let steady = BgNbd { r: 1e3, alpha: 3e3, a: 7e-6, b: 1e3 };
        assert!((steady.purchases_if_alive(0.0, 20.0, 52.0) / (1e3 / 3020.0 * 52.0) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn the_removable_singularities_are_smooth() {
        let at = |a: f64, b: f64| BgNbd { r: 0.4, alpha: 7.0, a, b }.expected_purchases(30.0);
        assert!((at(1.0, 2.0) - f64::midpoint(at(1.0 - 1e-4, 2.0), at(1.0 + 1e-4, 2.0))).abs() < 1e-7);
        assert!((at(0.6, 0.4) - f64::midpoint(at(0.6, 0.4 - 1e-4), at(0.6, 0.4 + 1e-4))).abs() < 1e-7);
    }
}
