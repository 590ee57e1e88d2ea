//! Small numerical tools of the alarm: sums of logarithms, a minimum and a root in one dimension.
//!
//! One dimension needs no library: Brent's minimum and a bisection are shorter than the adapter would be.

/// ln(Σ eˣ) without overflow; −∞ for nothing.
pub(crate) fn log_sum_exp(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = values.clone().fold(f64::NEG_INFINITY, f64::max);
    if largest.is_finite() {
        largest + values.map(|x| (x - largest).exp()).sum::<f64>().ln()
    } else {
        largest
    }
}

/// ln(1+eˣ) without overflow.
pub(super) fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// ln(eᵘ−1) for u ≥ 0: the inverse of [`softplus`].
pub(super) fn ln_expm1(u: f64) -> f64 {
    if u > 40.0 { u } else { u.exp_m1().ln() }
}

/// The place and value of the minimum of a function with one minimum in `low..high` (Brent 1973, "localmin").
pub(super) fn minimum(low: f64, high: f64, tolerance: f64, mut f: impl FnMut(f64) -> f64) -> (f64, f64) {
    const GOLDEN: f64 = 0.381_966_011_250_105_1;
    const MAX_STEPS: usize = 200;
    let (mut low, mut high) = (low, high);
    let mut best = low + GOLDEN * (high - low);
    let mut f_best = f(best);
    let (mut second, mut f_second) = (best, f_best);
    let (mut third, mut f_third) = (best, f_best);
    let (mut step, mut step_before) = (0.0_f64, 0.0_f64);
    for _ in 0..MAX_STEPS {
        let middle = f64::midpoint(low, high);
        let near = 1e-9 * best.abs() + tolerance;
        if (best - middle).abs() <= 2.0 * near - 0.5 * (high - low) {
            break;
        }
        let parabola = (step_before.abs() > near)
            .then(|| {
                let r = (best - second) * (f_best - f_third);
                let q = (best - third) * (f_best - f_second);
                let p = (best - third) * q - (best - second) * r;
                let q = 2.0 * (q - r);
                let (p, q) = if q > 0.0 { (-p, q) } else { (p, -q) };
                (p, q)
            })
            .filter(|&(p, q)| {
                p.abs() < (0.5 * q * step_before).abs() && p > q * (low - best) && p < q * (high - best)
            });
        step_before = step;
        if let Some((p, q)) = parabola {
            step = p / q;
            let at = best + step;
            if at - low < 2.0 * near || high - at < 2.0 * near {
                step = near.copysign(middle - best);
            }
        } else {
            step_before = if best < middle { high - best } else { low - best };
            step = GOLDEN * step_before;
        }
        let at = if step.abs() >= near { best + step } else { best + near.copysign(step) };
        let value = f(at);
        if value <= f_best {
            if at < best {
                high = best;
            } else {
                low = best;
            }
            (third, f_third, second, f_second, best, f_best) = (second, f_second, best, f_best, at, value);
        } else {
            if at < best {
                low = at;
            } else {
                high = at;
            }
            if value <= f_second || second.total_cmp(&best).is_eq() {
                (third, f_third, second, f_second) = (second, f_second, at, value);
            } else if value <= f_third || third.total_cmp(&best).is_eq() || third.total_cmp(&second).is_eq() {
                (third, f_third) = (at, value);
            }
        }
    }
    (best, f_best)
}

/// Where a rising function crosses 0 within `low..high`, to `tolerance`; an end if it does not.
///
/// False position with the Illinois rule, which needs a third of the evaluations of a bisection.
pub(super) fn root(low: f64, high: f64, tolerance: f64, mut f: impl FnMut(f64) -> f64) -> f64 {
    const MAX_STEPS: usize = 200;
    let (mut low, mut high) = (low, high);
    let (mut f_low, mut f_high) = (f(low), f(high));
    if f_low >= 0.0 {
        return low;
    }
    if f_high <= 0.0 {
        return high;
    }
    let mut last_side = 0_i8;
    for _ in 0..MAX_STEPS {
        if high - low <= tolerance {
            break;
        }
        let line = (low * f_high - high * f_low) / (f_high - f_low);
        // Never nearer to an end than the tolerance, so that the other end moves too.
        let nearest = (0.5 * tolerance).min(0.25 * (high - low));
        let at = line.clamp(low + nearest, high - nearest);
        let value = f(at);
        if value < 0.0 {
            (low, f_low) = (at, value);
            if last_side == -1 {
                f_high *= 0.5;
            }
            last_side = -1;
        } else {
            (high, f_high) = (at, value);
            if last_side == 1 {
                f_low *= 0.5;
            }
            last_side = 1;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minimum_of_a_skewed_bowl_is_found() {
        let (at, value) = minimum(-10.0, 30.0, 1e-10, |x| (x - 2.0).exp() - x);
        assert!((at - 2.0).abs() < 1e-7 && (value + 1.0).abs() < 1e-12, "{at} {value}");
        let (edge, _) = minimum(0.0, 1.0, 1e-10, |x| x);
        assert!(edge < 1e-8, "{edge}");
    }

    #[test]
    fn logarithms_do_not_overflow() {
        assert!((log_sum_exp([1e4, 1e4].into_iter()) - 1e4 - 2.0_f64.ln()).abs() < 1e-12);
        assert!(log_sum_exp(std::iter::empty()).is_infinite());
        for x in [-800.0, -3.0, 0.0, 3.0, 39.0, 41.0, 1e15] {
            let back = ln_expm1(softplus(x));
            assert!(x < -700.0 || (back - x).abs() <= 1e-12 * x.abs().max(1.0), "{x} {back}");
        }
    }

    #[test]
    fn a_root_is_bracketed() {
        assert!((root(0.0, 10.0, 1e-12, |x| x * x - 2.0) - 2.0_f64.sqrt()).abs() < 1e-11);
        assert!((root(-20.0, 0.0, 1e-9, |x| x.exp() - 1e-4) - 1e-4_f64.ln()).abs() < 1e-8);
        assert!(root(1.0, 2.0, 1e-9, |x| x) < 1.0 + 1e-12 && root(1.0, 2.0, 1e-9, |x| x - 5.0) > 2.0 - 1e-12);
    }
}
