//! The main alarm: a Shiryaev-Roberts e-detector of a fall, with a promised rate of false alarms.
//!
//! Shin, Ramdas and Rinaldo (2023), "E-detectors: a nonparametric framework for sequential change detection",
//! NEJSDS, arXiv:2203.03532. The promise needs no simulation and no large sample: it follows from the
//! likelihood ratio having a mean of at most 1 while the share is at or above its guarded baseline.

use super::baseline::Prediction;
use super::beta_binomial::{BetaBinomial, Count, Overdispersion, Share};
use super::numeric::{ln_expm1, log_sum_exp, softplus};

/// The falls looked for, in logits: at 95 % these are about 0.5, 1.0, 2.2 and 5.5 points.
pub const FALLS: [f64; 4] = [0.1, 0.2, 0.4, 0.8];

/// The falls that a detector looks for, in logits.
///
/// They change how soon a fall of some size is found, never the promise: each ratio alone has a mean of at most 1.
///
/// ```
/// use fidance_stats::change::edetector::{FALLS, Falls};
/// assert_eq!(Falls::default().logits(), FALLS);
/// assert!(Falls::new([0.1, 0.2, 0.4, -0.8]).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Falls([f64; 4]);

impl Falls {
    /// [`FALLS`]: for the share of customers kept, near 95 %.
    pub const KEPT: Self = Self(FALLS);
    /// For weekly returns, whose shares are small: there a fall of the logit is one of the returns themselves, by about
    /// 2.5, 5, 10 and 18 %.
    pub const RETURNS: Self = Self([0.025, 0.05, 0.1, 0.2]);

    /// Other falls, all positive. Error: [`EDetectorError::Fall`].
    pub fn new(logits: [f64; 4]) -> Result<Self, EDetectorError> {
        match logits.iter().find(|fall| !(**fall > 0.0 && fall.is_finite())) {
            Some(&wrong) => Err(EDetectorError::Fall(wrong)),
            None => Ok(Self(logits)),
        }
    }

    /// The four falls.
    pub fn logits(self) -> [f64; 4] {
        self.0
    }
}

impl Default for Falls {
    fn default() -> Self {
        Self::KEPT
    }
}

/// Standard errors by which the baseline is lowered before the alarm compares with it.
pub const GUARD: f64 = 1.645;

/// Why a threshold or a state is not one.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum EDetectorError {
    /// Years and periods per year must make at least one period.
    #[error("at most one false alarm in {years} years of {periods_per_year} periods is no promise")]
    Promise {
        /// Years between false alarms.
        years: f64,
        /// Periods in a year.
        periods_per_year: f64,
    },
    /// A part of the rate must be in (0, 1].
    #[error("a part of the rate of false alarms must be above 0 and at most 1, got {0}")]
    Part(f64),
    /// A fall to look for must be one.
    #[error("a fall to look for must be positive and finite, in logits, got {0}")]
    Fall(f64),
    /// Stored evidence that no detector can have written.
    #[error("stored evidence must be finite and not negative, got {0}")]
    State(f64),
}

/// The evidence A at which the alarm is given.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Threshold {
    periods: f64,
}

impl Threshold {
    /// A for "at most one false alarm every `years` years": years × periods per year.
    ///
    /// ```
    /// use fidance_stats::change::Threshold;
    /// assert_eq!(Threshold::one_false_alarm_in(5.0, 52.0)?.periods(), 260.0);
    /// # Ok::<(), fidance_stats::change::edetector::EDetectorError>(())
    /// ```
    pub fn one_false_alarm_in(years: f64, periods_per_year: f64) -> Result<Self, EDetectorError> {
        let periods = years * periods_per_year;
        if years > 0.0 && periods >= 1.0 && periods.is_finite() {
            Ok(Self { periods })
        } else {
            Err(EDetectorError::Promise { years, periods_per_year })
        }
    }

    /// The threshold of an alarm that may use only `part` of the rate of false alarms: A/part.
    pub fn with_part(self, part: f64) -> Result<Self, EDetectorError> {
        if part > 0.0 && part <= 1.0 {
            Ok(Self { periods: self.periods / part })
        } else {
            Err(EDetectorError::Part(part))
        }
    }

    /// 80 % of the rate for closed periods and 20 % for provisional pages: A/0.8 and A/0.2.
    pub fn split(self) -> (Self, Self) {
        (Self { periods: self.periods / 0.8 }, Self { periods: self.periods / 0.2 })
    }

    /// A: the guaranteed mean number of periods between false alarms.
    pub fn periods(self) -> f64 {
        self.periods
    }

    /// Whether evidence ln M calls for the alarm: M ≥ A.
    pub fn is_reached_by(self, ln_evidence: f64) -> bool {
        ln_evidence >= self.periods.ln()
    }
}

/// The hypothesis the alarm speaks against: a share of at least p₀, with overdispersion ρ.
///
/// Both must come from before the period that is judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Null {
    /// p₀.
    pub share: Share,
    /// ρ.
    pub rho: Overdispersion,
}

impl Null {
    /// The guarded baseline p₀ = σ(η − `guard`·s): a baseline estimated too high by less than the guard does
    /// not raise the rate of false alarms. [`GUARD`] is usual.
    #[must_use]
    pub fn guarded(prediction: &Prediction, guard: f64) -> Self {
        let share = prediction.share.shifted(-guard * prediction.standard_error);
        Self { share, rho: prediction.rho }
    }

    /// ln L for each of [`FALLS`]: `BB(x | n, q_j) / BB(x | n, p₀)` with `logit q_j = logit p₀ − d_j`. All 0 when
    /// nothing was due.
    pub fn ln_ratios(&self, count: Count) -> [f64; 4] {
        self.ln_ratios_of(Falls::KEPT, count)
    }

    /// ln L for each of these falls.
    pub fn ln_ratios_of(&self, falls: Falls, count: Count) -> [f64; 4] {
        let at_null = BetaBinomial::new(self.share, self.rho).ln_pmf(count);
        falls
            .logits()
            .map(|fall| BetaBinomial::new(self.share.shifted(-fall), self.rho).ln_pmf(count) - at_null)
    }

    /// ln L for one fall of the logit.
    pub fn ln_ratio(&self, fall: f64, count: Count) -> f64 {
        BetaBinomial::new(self.share.shifted(-fall), self.rho).ln_pmf(count)
            - BetaBinomial::new(self.share, self.rho).ln_pmf(count)
    }
}

/// The evidence so far, as plain numbers to store between periods.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EDetectorState {
    /// ln(1 + M) for each of the falls looked for: 0 at the start, finite for ever.
    pub ln_one_plus: [f64; 4],
    /// Periods counted since the start or the last restart.
    pub periods: u64,
}

/// The detector: `M_t` is the mean over j of `M_t^j = L_t^j (M_{t−1}^j + 1)`, `M_0 = 0`.
///
/// **Promise.** Alarm at the first M ≥ A: while the share is at or above p₀ every period, the mean number of
/// periods to an alarm is at least A. For E\[L | past\] ≤ 1 makes `M_t − t` a supermartingale, and at the alarm
/// its mean is at most 0. It fails if ρ is too small, if the baseline is too high by more than its guard, or
/// if p₀ and ρ were not fixed before the period.
///
/// Evidence is kept as ln(1+M): M passes 10⁴⁶ within half a year of a fall of two points.
///
/// ```
/// use fidance_stats::change::{Count, EDetector, Null, Overdispersion, Share, Threshold};
/// let null = Null { share: Share::new(0.95)?, rho: Overdispersion::new(0.0005)? };
/// let threshold = Threshold::one_false_alarm_in(5.0, 52.0).unwrap();
/// let mut detector = EDetector::new();
/// for kept in [1898, 1905, 1892, 1901] {
///     assert!(!threshold.is_reached_by(detector.update(&null, Count::new(kept, 2000)?)));
/// }
/// detector.update(&null, Count::new(1840, 2000)?);
/// let ln_evidence = detector.update(&null, Count::new(1835, 2000)?);
/// assert!(threshold.is_reached_by(ln_evidence));
/// detector.restart();
/// # Ok::<(), fidance_stats::change::BetaBinomialError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct EDetector {
    falls: Falls,
    state: EDetectorState,
}

impl EDetector {
    /// No evidence: M = 0. Looks for [`Falls::KEPT`].
    pub fn new() -> Self {
        Self { falls: Falls::KEPT, state: EDetectorState { ln_one_plus: [0.0; 4], periods: 0 } }
    }

    /// The same evidence, looking for these falls from now on.
    #[must_use]
    pub fn with_falls(self, falls: Falls) -> Self {
        Self { falls, ..self }
    }

    /// Goes on from stored evidence. Error: [`EDetectorError::State`].
    pub fn restore(state: EDetectorState) -> Result<Self, EDetectorError> {
        match state.ln_one_plus.iter().find(|u| !(u.is_finite() && **u >= 0.0)) {
            Some(&wrong) => Err(EDetectorError::State(wrong)),
            None => Ok(Self { state, ..Self::new() }),
        }
    }

    /// What to store.
    pub fn state(&self) -> EDetectorState {
        self.state
    }

    /// Takes the final count of a closed period and returns ln M.
    ///
    /// A period in which nothing was due changes nothing. M would otherwise grow by 1, and an alarm without a
    /// single customer would come after A such periods.
    pub fn update(&mut self, null: &Null, count: Count) -> f64 {
        if count.due() > 0 { self.add(null.ln_ratios_of(self.falls, count)) } else { self.ln_evidence() }
    }

    /// Takes the ln L of a closed period, for callers that have them already, and returns ln M.
    pub fn add(&mut self, ln_ratios: [f64; 4]) -> f64 {
        for (u, ln_ratio) in self.state.ln_one_plus.iter_mut().zip(ln_ratios) {
            *u = softplus(ln_ratio + *u);
        }
        self.state.periods += 1;
        self.ln_evidence()
    }

    /// ln M if the running period ended with these ln L; the evidence stored stays as it is.
    pub fn provisional(&self, ln_ratios: [f64; 4]) -> f64 {
        let terms = self.state.ln_one_plus.iter().zip(ln_ratios).map(|(u, ln_ratio)| ln_ratio + u);
        log_sum_exp(terms) - LN_COMPONENTS
    }

    /// ln M, −∞ at the start.
    pub fn ln_evidence(&self) -> f64 {
        log_sum_exp(self.ln_components().into_iter()) - LN_COMPONENTS
    }

    /// ln M^j for each of the falls looked for.
    pub fn ln_components(&self) -> [f64; 4] {
        self.state.ln_one_plus.map(ln_expm1)
    }

    /// After an acknowledged alarm: M = 0, and the promise begins anew.
    pub fn restart(&mut self) {
        *self = Self::new().with_falls(self.falls);
    }
}

impl Default for EDetector {
    fn default() -> Self {
        Self::new()
    }
}

/// ln 4.
const LN_COMPONENTS: f64 = 2.0 * std::f64::consts::LN_2;

#[cfg(test)]
mod tests {
    use super::*;

    fn null(p: f64) -> Null {
        Null { share: Share::new(p).unwrap(), rho: Overdispersion::new(5e-4).unwrap() }
    }

    /// The worst that can happen, for a million periods: everybody of five million leaves.
    #[test]
    fn evidence_never_overflows() {
        let mut detector = EDetector::new();
        let (disaster, triumph) =
            (Count::new(0, 5_000_000).unwrap(), Count::new(5_000_000, 5_000_000).unwrap());
        let null = null(0.95);
        let mut before = f64::NEG_INFINITY;
        for _ in 0..1_000_000 / 100 {
            let ln_evidence = detector.update(&null, disaster);
            assert!(ln_evidence.is_finite() && ln_evidence > before);
            before = ln_evidence;
        }
        // A hundred times further in one step: the state is a plain sum of ln L from here.
        let mut state = detector.state();
        state.ln_one_plus = state.ln_one_plus.map(|u| u * 100.0);
        let mut detector = EDetector::restore(state).unwrap();
        assert!(detector.update(&null, disaster).is_finite());
        for _ in 0..100 {
            let ln_evidence = detector.update(&null, triumph);
            assert!(ln_evidence.is_finite(), "{ln_evidence}");
        }
    }

    #[test]
    fn a_period_without_customers_changes_nothing() {
        let mut detector = EDetector::new();
        detector.update(&null(0.95), Count::new(90, 100).unwrap());
        let before = detector.clone();
        detector.update(&null(0.95), Count::new(0, 0).unwrap());
        assert_eq!(detector, before);
    }

    #[test]
    fn the_provisional_evidence_of_the_final_count_is_the_final_evidence() {
        let mut detector = EDetector::new();
        let null = null(0.95);
        for kept in [900, 940, 955, 930] {
            let count = Count::new(kept, 1000).unwrap();
            let provisional = detector.provisional(null.ln_ratios(count));
            assert!((detector.update(&null, count) - provisional).abs() < 1e-12);
        }
    }

    /// The promise for other falls: the mean ratio at p₀, by adding up every count, is 1, and the mixture is their mean.
    #[test]
    fn other_falls_are_weighed_alike() {
        let falls = Falls::RETURNS;
        let null = Null { share: Share::new(0.08).unwrap(), rho: Overdispersion::new(2e-4).unwrap() };
        let law = BetaBinomial::new(null.share, null.rho);
        let mut means = [0.0; 4];
        for kept in 0..=1500 {
            let count = Count::new(kept, 1500).unwrap();
            for (mean, ln_ratio) in means.iter_mut().zip(null.ln_ratios_of(falls, count)) {
                *mean += (law.ln_pmf(count) + ln_ratio).exp();
            }
        }
        assert!(means.iter().all(|mean| (mean - 1.0).abs() < 1e-9), "{means:?}");
        let mut detector = EDetector::new().with_falls(falls);
        let count = Count::new(105, 1500).unwrap();
        let mean = falls.logits().map(|fall| null.ln_ratio(fall, count).exp()).iter().sum::<f64>() / 4.0;
        assert!((detector.update(&null, count) - mean.ln()).abs() < 1e-12);
        detector.restart();
        assert!((detector.update(&null, count) - mean.ln()).abs() < 1e-12, "falls are kept by a restart");
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for (years, periods_per_year) in
            [(0.0, 52.0), (-1.0, -52.0), (f64::NAN, 52.0), (0.01, 52.0), (1e300, 1e300)]
        {
            assert!(Threshold::one_false_alarm_in(years, periods_per_year).is_err(), "{years}");
        }
        let threshold = Threshold::one_false_alarm_in(5.0, 52.0).unwrap();
        assert!(threshold.with_part(0.0).is_err() && threshold.with_part(1.1).is_err());
        let (closed, provisional) = threshold.split();
        let rate = 1.0 / closed.periods() + 1.0 / provisional.periods();
        assert!((rate * threshold.periods() - 1.0).abs() < 1e-12);
        for wrong in [-0.1, f64::NAN, f64::INFINITY] {
            let state = EDetectorState { ln_one_plus: [0.0, 0.0, wrong, 0.0], periods: 3 };
            assert!(EDetector::restore(state).is_err());
        }
    }
}
