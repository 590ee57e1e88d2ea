//! The running period: what the customers lost so far say before it is closed.
//!
//! A partial share is never compared with a whole one. Closed periods tell which part F(τ) of the losses is
//! known τ days in; so many are expected by now. The result is provisional: it may page, it is not stored.

use super::beta_binomial::{Count, Overdispersion, Share};
use super::edetector::{FALLS, Null};
use super::overdispersion::{self, Level, OverdispersionError};
use crate::interval::Confidence;

/// Why there is no completion curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CompletionError {
    /// No losses to learn from.
    #[error("no customer was lost in the closed periods, so that nothing is known of their delays")]
    NoLosses,
    /// More customers lost than due.
    #[error("closed period {index}: {lost} customers lost of {due} due")]
    InvalidPeriod {
        /// Position in the input.
        index: usize,
        /// Customers lost.
        lost: u64,
        /// Customers due.
        due: u64,
    },
    /// The overdispersion of partial periods.
    #[error(transparent)]
    Overdispersion(#[from] OverdispersionError),
}

/// A closed period: customers due, and those lost by the delay after which it was known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedPeriod {
    /// Customers whose decision was due.
    pub due: u64,
    /// Customers lost, known 0, 1, 2 … units of delay after the beginning of the period.
    pub lost_by_delay: Vec<u64>,
}

/// The running period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunningPeriod {
    /// Units of delay that have passed completely, counted from 0.
    pub delay: usize,
    /// Customers of the whole period and how many of them are not lost so far.
    pub so_far: Count,
}

/// F(τ): the part of a period's losses known by delay τ.
#[derive(Debug, Clone, PartialEq)]
pub struct CompletionCurve {
    parts: Vec<f64>,
}

impl CompletionCurve {
    /// From the last closed periods: h(d) = lost at delay d / lost by delay d, F(τ) = Π_{d>τ} (1 − h(d)).
    ///
    /// The product over reverse hazards is the estimate of reporting delays of Kalbfleisch and Lawless (1991),
    /// Statistica Sinica 1; for periods closed alike it equals the pooled part. Errors:
    /// [`CompletionError::NoLosses`], [`CompletionError::InvalidPeriod`].
    ///
    /// ```
    /// use fidance_stats::change::completion::{ClosedPeriod, CompletionCurve};
    /// let week = |lost: [u64; 4]| ClosedPeriod { due: 2000, lost_by_delay: lost.to_vec() };
    /// let curve = CompletionCurve::fit(&[week([40, 30, 20, 10]), week([50, 30, 10, 10])])?;
    /// assert!((curve.part(1) - 0.75).abs() < 1e-12);
    /// assert_eq!(curve.part(3), 1.0);
    /// # Ok::<(), fidance_stats::change::completion::CompletionError>(())
    /// ```
    pub fn fit(closed: &[ClosedPeriod]) -> Result<Self, CompletionError> {
        for (index, period) in closed.iter().enumerate() {
            let lost = period.lost_by_delay.iter().sum();
            if lost > period.due {
                return Err(CompletionError::InvalidPeriod { index, lost, due: period.due });
            }
        }
        let delays = closed.iter().map(|period| period.lost_by_delay.len()).max().unwrap_or(0);
        let mut at = vec![0.0; delays];
        for (delay, lost) in closed.iter().flat_map(|period| period.lost_by_delay.iter().enumerate()) {
            at[delay] += *lost as f64;
        }
        let mut by: f64 = at.iter().sum();
        if by <= 0.0 {
            return Err(CompletionError::NoLosses);
        }
        let mut parts = vec![1.0; delays];
        for delay in (1..delays).rev() {
            let hazard = if by > 0.0 { at[delay] / by } else { 0.0 };
            parts[delay - 1] = parts[delay] * (1.0 - hazard);
            by -= at[delay];
        }
        Ok(Self { parts })
    }

    /// F(τ); 1 from the last delay seen on.
    pub fn part(&self, delay: usize) -> f64 {
        self.parts.get(delay).copied().unwrap_or(1.0)
    }

    /// The hypothesis for the customers lost so far: a share of 1 − (1−p₀)F(τ) not lost yet, with ρ′.
    ///
    /// `None` while F(τ) is 0 and nothing can be expected.
    pub fn provisional_null(&self, null: &Null, delay: usize, rho: Overdispersion) -> Option<Null> {
        self.thinned(null.share, delay).map(|share| Null { share, rho })
    }

    /// ln L of the running period for each of [`FALLS`], for
    /// [`EDetector::provisional`](super::EDetector::provisional): the fall is one of the final share, thinned
    /// by F(τ) like the baseline. All 0 while F(τ) is 0.
    pub fn ln_ratios(&self, null: &Null, running: RunningPeriod, rho: Overdispersion) -> [f64; 4] {
        let ln_pmf = |share: Share| {
            let thinned = self.thinned(share, running.delay)?;
            Some(super::BetaBinomial::new(thinned, rho).ln_pmf(running.so_far))
        };
        let at_null = ln_pmf(null.share);
        FALLS.map(|fall| ln_pmf(null.share.shifted(-fall)).zip(at_null).map_or(0.0, |(q, p)| q - p))
    }

    /// 1 − (1−p)F(τ).
    fn thinned(&self, share: Share, delay: usize) -> Option<Share> {
        let lost_so_far = Share::new(share.complement() * self.part(delay)).ok()?;
        Share::from_logit(-lost_so_far.logit()).ok()
    }

    /// ρ′ at a delay, the upper bound fitted to the closed periods as they stood at that delay.
    ///
    /// Includes what the periods differ in their delays. If each customer lost is known by τ with chance F(τ),
    /// independently, it is ρ·p₀F/(1 − (1−p₀)F), less than ρ.
    pub fn overdispersion(
        &self,
        closed: &[(Null, ClosedPeriod)],
        delay: usize,
        level: Confidence,
    ) -> Result<Overdispersion, CompletionError> {
        let so_far = |(null, period): &(Null, ClosedPeriod)| {
            let lost: u64 = period.lost_by_delay.iter().take(delay + 1).sum();
            let count = Count::new(period.due.checked_sub(lost)?, period.due).ok()?;
            Some((self.thinned(null.share, delay)?, count))
        };
        let periods: Vec<_> = closed.iter().filter_map(so_far).collect();
        Ok(overdispersion::fit(&periods, Level::Known, level)?.upper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::EDetector;

    fn null() -> Null {
        Null { share: Share::new(0.95).unwrap(), rho: Overdispersion::new(5e-4).unwrap() }
    }

    fn week(lost: &[u64]) -> ClosedPeriod {
        ClosedPeriod { due: 2000, lost_by_delay: lost.to_vec() }
    }

    #[test]
    fn the_last_delay_gives_the_final_evidence() {
        let curve = CompletionCurve::fit(&[week(&[30, 40, 30]), week(&[28, 45, 25])]).unwrap();
        let final_count = Count::new(1870, 2000).unwrap();
        let mut detector = EDetector::new();
        let running = RunningPeriod { delay: 2, so_far: final_count };
        let provisional = detector.provisional(curve.ln_ratios(&null(), running, null().rho));
        assert!((provisional - detector.update(&null(), final_count)).abs() < 1e-10);
    }

    /// Half of the losses known and half of the expected number there: no evidence either way. A raw ratio
    /// would have cheered.
    #[test]
    fn a_normal_half_week_is_no_news_and_a_bad_one_is() {
        let curve = CompletionCurve::fit(&vec![week(&[25, 25, 25, 25]); 12]).unwrap();
        let evidence = |lost: u64| {
            let running = RunningPeriod { delay: 1, so_far: Count::new(2000 - lost, 2000).unwrap() };
            EDetector::new().provisional(curve.ln_ratios(&null(), running, null().rho))
        };
        assert!(evidence(50) < 0.0 && evidence(40) < evidence(50), "{}", evidence(50));
        assert!(evidence(100) > 5.0, "{}", evidence(100));
    }

    #[test]
    fn before_anything_is_known_nothing_is_said() {
        let curve = CompletionCurve::fit(&[week(&[0, 0, 60, 40])]).unwrap();
        let running = RunningPeriod { delay: 1, so_far: Count::new(2000, 2000).unwrap() };
        assert!(curve.ln_ratios(&null(), running, null().rho).iter().all(|x| x.abs() < f64::MIN_POSITIVE));
        assert_eq!(curve.provisional_null(&null(), 0, null().rho), None);
        assert_eq!(CompletionCurve::fit(&[week(&[0, 0])]), Err(CompletionError::NoLosses));
        assert!(CompletionCurve::fit(&[ClosedPeriod { due: 3, lost_by_delay: vec![2, 2] }]).is_err());
    }

    #[test]
    fn the_overdispersion_of_partial_weeks_is_fitted() {
        let weeks: Vec<ClosedPeriod> = (0..30_u64).map(|i| week(&[30 + i * 7 % 40, 50])).collect();
        let curve = CompletionCurve::fit(&weeks).unwrap();
        let judged: Vec<_> = weeks.into_iter().map(|week| (null(), week)).collect();
        let rho = curve.overdispersion(&judged, 0, Confidence::P90).unwrap();
        assert!(rho.value() > 5e-4 && rho.value() < 0.01, "{rho:?}");
    }
}
