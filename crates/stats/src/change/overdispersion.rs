//! The overdispersion ρ of a series of periods, by maximum likelihood, with an upper confidence bound.
//!
//! A ρ that is too small turns ordinary weeks into evidence, so that the alarm is given the upper bound and
//! not the estimate. A period alone says nothing about ρ; some dozens are needed.

use statrs::distribution::{ContinuousCDF, Normal};

use super::beta_binomial::{BetaBinomial, Count, Overdispersion, Share};
use super::numeric::{minimum, root};
use crate::interval::Confidence;

/// Whether the expected shares are known, or known but for a common shift of their logits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The shares are those given.
    Known,
    /// One shift of all logits is estimated with ρ.
    Shifted,
}

/// Why ρ cannot be estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OverdispersionError {
    /// Fewer periods than [`OverdispersionError::NEEDED`] with at least two customers due.
    #[error("{periods} periods with two customers due or more, at least {needed} needed", needed = Self::NEEDED)]
    TooFewPeriods {
        /// Usable periods.
        periods: usize,
    },
}

impl OverdispersionError {
    /// The least number of periods.
    pub const NEEDED: usize = 8;
}

/// The estimate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OverdispersionFit {
    /// ρ̂; 10⁻⁹ when the periods differ no more than chance.
    pub rho: Overdispersion,
    /// Upper bound from the profile likelihood at the one-sided level asked for: what the alarm should use.
    pub upper: Overdispersion,
    /// The shift of the logits; 0 for [`Level::Known`].
    pub shift: f64,
    /// The log-likelihood reached, binomial coefficients included.
    pub log_likelihood: f64,
}

/// ln ρ is sought here: from what cannot be told from chance to customers who all do the same.
const RANGE: (f64, f64) = (-20.723_265_836_946_41, -0.01);
const SHIFT_LIMIT: f64 = 3.0;
const TOLERANCE: f64 = 1e-8;

/// Fits ρ to `periods` of expected share and count; `level` is the one-sided level of the upper bound.
///
/// The bound is the ρ above ρ̂ at which the profile log-likelihood has fallen by z²/2, z = Φ⁻¹(level); 0.8 to
/// 0.9 is usual. When the shares were estimated from the same periods, ρ̂ is a little too small.
/// Time: periods × some hundred.
///
/// ```
/// use fidance_stats::change::overdispersion::{Level, fit};
/// use fidance_stats::change::{Count, Share};
/// use fidance_stats::interval::Confidence;
/// let share = Share::new(0.95)?;
/// let weeks = [1935, 1861, 1902, 1880, 1921, 1872, 1931, 1888, 1909, 1895];
/// let periods: Vec<_> = weeks.into_iter().flat_map(|kept| Some((share, Count::new(kept, 2000).ok()?))).collect();
/// let fitted = fit(&periods, Level::Known, Confidence::P90).unwrap();
/// assert!(fitted.rho.value() > 0.001 && fitted.upper > fitted.rho);
/// # Ok::<(), fidance_stats::change::BetaBinomialError>(())
/// ```
pub fn fit(
    periods: &[(Share, Count)],
    shares: Level,
    level: Confidence,
) -> Result<OverdispersionFit, OverdispersionError> {
    let usable: Vec<_> = periods.iter().copied().filter(|(_, count)| count.due() > 1).collect();
    if usable.len() < OverdispersionError::NEEDED {
        return Err(OverdispersionError::TooFewPeriods { periods: usable.len() });
    }
    let profile = |ln_rho: f64| profile(&usable, shares, ln_rho);
    let (ln_rho, value) = minimum(RANGE.0, RANGE.1, TOLERANCE, |ln_rho| profile(ln_rho).1);
    let (shift, _) = profile(ln_rho);
    let z = Normal::standard().inverse_cdf(level.level());
    let drop = 0.5 * z * z;
    let upper = root(ln_rho, RANGE.1, 1e-6, |above| profile(above).1 - value - drop);
    Ok(OverdispersionFit {
        rho: Overdispersion::clamped(ln_rho.exp()),
        upper: Overdispersion::clamped(upper.exp()),
        shift,
        log_likelihood: -value,
    })
}

/// The best shift at a given ρ, and −ln L there.
fn profile(periods: &[(Share, Count)], shares: Level, ln_rho: f64) -> (f64, f64) {
    let rho = Overdispersion::clamped(ln_rho.exp());
    let loss = |shift: f64| -> f64 {
        -periods
            .iter()
            .map(|&(share, count)| BetaBinomial::new(share.shifted(shift), rho).ln_pmf(count))
            .sum::<f64>()
    };
    match shares {
        Level::Known => (0.0, loss(0.0)),
        Level::Shifted => minimum(-SHIFT_LIMIT, SHIFT_LIMIT, TOLERANCE, loss),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn periods(kept: &[u64], due: u64) -> Vec<(Share, Count)> {
        let share = Share::new(0.9).unwrap();
        kept.iter().map(|&kept| (share, Count::new(kept, due).unwrap())).collect()
    }

    #[test]
    fn periods_more_alike_than_chance_give_no_overdispersion() {
        let fitted = fit(&periods(&[900; 20], 1000), Level::Known, Confidence::P90).unwrap();
        assert!(fitted.rho.value() < 1e-6, "{fitted:?}");
        assert!(fitted.upper.value() < 1e-3 && fitted.upper > fitted.rho, "{fitted:?}");
    }

    #[test]
    fn customers_who_all_do_the_same_reach_the_other_end() {
        let all_or_none: Vec<u64> = (0..20).map(|week| if week < 18 { 50 } else { 0 }).collect();
        let fitted = fit(&periods(&all_or_none, 50), Level::Known, Confidence::P90).unwrap();
        assert!(fitted.rho.value() > 0.9, "{fitted:?}");
    }

    #[test]
    fn single_customers_say_nothing() {
        let error = fit(&periods(&[1; 50], 1), Level::Known, Confidence::P90);
        assert_eq!(error, Err(OverdispersionError::TooFewPeriods { periods: 0 }));
    }
}
