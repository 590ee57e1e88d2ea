//! Bayesian online change-point detection (Adams and `MacKay` 2007, arXiv:0710.3742): the distribution of the time
//! since the last change, updated with every observation.

use statrs::function::{beta::ln_beta, gamma::ln_gamma};

/// Why there is no distribution of run lengths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BocpdError {
    /// The expected time between changes is not longer than one observation.
    #[error("the expected time between changes must be more than one observation")]
    Hazard,
    /// A prior out of range.
    #[error("a parameter of the prior is out of range")]
    Prior,
}

/// What a stretch without change looks like: a prior, and how an observation updates it.
pub trait Likelihood: Clone {
    /// One observation.
    type Observation;

    /// Logarithm of the predictive density, up to a term that does not depend on the past.
    fn log_predictive(&self, observation: &Self::Observation) -> f64;

    /// The posterior after an observation.
    fn update(&mut self, observation: &Self::Observation);
}

/// Normal observations of unknown mean and variance: μ ~ N(mean, σ²/weight), σ² ~ inverse gamma(shape, rate).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NormalInverseGamma {
    mean: f64,
    weight: f64,
    shape: f64,
    rate: f64,
}

impl NormalInverseGamma {
    /// The prior. Error: [`BocpdError::Prior`].
    pub fn new(mean: f64, weight: f64, shape: f64, rate: f64) -> Result<Self, BocpdError> {
        let usable = mean.is_finite() && weight > 0.0 && shape > 0.0 && rate > 0.0;
        if usable { Ok(Self { mean, weight, shape, rate }) } else { Err(BocpdError::Prior) }
    }
}

impl Likelihood for NormalInverseGamma {
    type Observation = f64;

    /// Student's t with 2·shape degrees of freedom.
    fn log_predictive(&self, &observation: &f64) -> f64 {
        let freedom = 2.0 * self.shape;
        let scale2 = self.rate * (self.weight + 1.0) / (self.shape * self.weight);
        let distance2 = (observation - self.mean).powi(2) / scale2;
        ln_gamma(f64::midpoint(freedom, 1.0))
            - ln_gamma(freedom / 2.0)
            - 0.5 * (freedom * std::f64::consts::PI * scale2).ln()
            - f64::midpoint(freedom, 1.0) * (distance2 / freedom).ln_1p()
    }

    fn update(&mut self, &observation: &f64) {
        let distance = observation - self.mean;
        self.rate += self.weight * distance * distance / (2.0 * (self.weight + 1.0));
        self.mean += distance / (self.weight + 1.0);
        self.weight += 1.0;
        self.shape += 0.5;
    }
}

/// x kept out of n with an unknown share: beta prior; binomial counts, or overdispersed ones.
///
/// With overdispersion ρ each period counts as n/(1+(n−1)ρ) customers with the same share: the beta-binomial's variance
/// in conjugate form, an approximation. ρ = 0 is the binomial.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProportionBeta {
    kept: f64,
    lost: f64,
    overdispersion: f64,
}

impl ProportionBeta {
    /// The prior Beta(kept, lost) and ρ. Error: [`BocpdError::Prior`].
    pub fn new(kept: f64, lost: f64, overdispersion: f64) -> Result<Self, BocpdError> {
        let usable = kept > 0.0 && lost > 0.0 && (0.0..1.0).contains(&overdispersion);
        if usable { Ok(Self { kept, lost, overdispersion }) } else { Err(BocpdError::Prior) }
    }

    fn effective(&self, (kept, customers): (u64, u64)) -> (f64, f64) {
        let n = customers as f64;
        let worth = 1.0 / (1.0 + (n - 1.0).max(0.0) * self.overdispersion);
        (kept as f64 * worth, (n - kept as f64) * worth)
    }
}

impl Likelihood for ProportionBeta {
    /// (kept, customers).
    type Observation = (u64, u64);

    fn log_predictive(&self, &observation: &(u64, u64)) -> f64 {
        let (kept, lost) = self.effective(observation);
        ln_beta(self.kept + kept, self.lost + lost) - ln_beta(self.kept, self.lost)
    }

    fn update(&mut self, &observation: &(u64, u64)) {
        let (kept, lost) = self.effective(observation);
        self.kept += kept;
        self.lost += lost;
    }
}

/// The detector: run lengths 0, 1, … with their probabilities and what each has learned.
#[derive(Debug, Clone)]
pub struct Bocpd<L> {
    prior: L,
    log_change: f64,
    log_stay: f64,
    runs: Vec<(f64, L)>,
}

/// Probabilities of the run lengths 0, 1, … after an observation: entry r, r observations since the last change.
#[derive(Debug, Clone, PartialEq)]
pub struct RunLengths(pub Vec<f64>);

impl RunLengths {
    /// The most probable run length, and its probability.
    pub fn most_probable(&self) -> (usize, f64) {
        let start = (0, f64::NEG_INFINITY);
        self.0
            .iter()
            .copied()
            .enumerate()
            .fold(start, |best, other| if other.1 > best.1 { other } else { best })
    }

    /// Probability that the last change is at most this many observations ago.
    pub fn at_most(&self, length: usize) -> f64 {
        self.0.iter().take(length + 1).sum()
    }
}

impl<L: Likelihood> Bocpd<L> {
    /// A detector that expects a change every `between` observations. Error: [`BocpdError::Hazard`].
    pub fn new(prior: L, between: f64) -> Result<Self, BocpdError> {
        if !(between > 1.0 && between.is_finite()) {
            return Err(BocpdError::Hazard);
        }
        let hazard = 1.0 / between;
        let runs = vec![(0.0, prior.clone())];
        Ok(Self { prior, log_change: hazard.ln(), log_stay: (-hazard).ln_1p(), runs })
    }

    /// Takes one observation. Time and memory grow with the number of observations so far.
    pub fn observe(&mut self, observation: &L::Observation) -> RunLengths {
        let weighed: Vec<f64> =
            self.runs.iter().map(|(log, learned)| log + learned.log_predictive(observation)).collect();
        let total = log_sum(&weighed);
        for ((log, learned), weighed) in self.runs.iter_mut().zip(&weighed) {
            *log = weighed - total + self.log_stay;
            learned.update(observation);
        }
        // A change just now: the next observation is the first of its stretch.
        self.runs.insert(0, (self.log_change, self.prior.clone()));
        RunLengths(self.runs.iter().map(|(log, _)| log.exp()).collect())
    }
}

fn log_sum(logs: &[f64]) -> f64 {
    let highest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    highest + logs.iter().map(|log| (log - highest).exp()).sum::<f64>().ln()
}
