//! Fewer than ten incidents: τ with a prior, integrated out by quadrature in one dimension.
//!
//! With so few incidents τ² by REML is often 0 by chance, and every interval that takes it as known is then too
//! narrow. Given τ everything is normal, so one integral over τ is the whole of the computation: no sampler.

use nalgebra::DVector;
use statrs::distribution::{ContinuousCDF, Normal};

use super::incidents::{Incidents, MetaError, NormalPrior, Weighted};
use super::reml::{shrunk, typical_variance};
use crate::interval::{Confidence, Estimate, Interval};

/// Points of the quadrature.
const POINTS: u32 = 600;

/// What is believed of τ, the standard deviation between incidents, before the data. Scales are in the unit of the
/// effects.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum HeterogeneityPrior {
    /// Density ∝ exp(−τ²/(2·scale²)).
    HalfNormal(f64),
    /// Density ∝ 1/(1 + (τ/scale)²): a heavier tail.
    HalfCauchy(f64),
    /// The same density everywhere up to a limit.
    Uniform(f64),
}

impl HeterogeneityPrior {
    fn scale(self) -> f64 {
        match self {
            Self::HalfNormal(scale) | Self::HalfCauchy(scale) | Self::Uniform(scale) => scale,
        }
    }

    fn log_density(self, tau: f64) -> f64 {
        match self {
            Self::HalfNormal(scale) => -0.5 * (tau / scale).powi(2),
            Self::HalfCauchy(scale) => -(tau / scale).powi(2).ln_1p(),
            Self::Uniform(limit) if tau > limit => f64::NEG_INFINITY,
            Self::Uniform(_) => 0.0,
        }
    }
}

/// What is believed of one coefficient before the data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CoefficientPrior {
    /// Nothing: the prior is switched off.
    Flat,
    /// Normal, for instance from published incidents.
    Normal {
        /// Its mean.
        mean: f64,
        /// Its standard deviation.
        sd: f64,
    },
}

/// What is believed after the data.
#[derive(Debug, Clone)]
pub struct Posterior {
    /// Posterior mean and interval of τ.
    pub tau: Estimate,
    /// Posterior mean of the effect of each incident.
    pub effects: Vec<f64>,
    nodes: Vec<Node>,
    confidence: Confidence,
}

/// One τ with its share of the posterior, and the normal posterior of the coefficients given it.
#[derive(Debug, Clone)]
struct Node {
    share: f64,
    tau: f64,
    fit: Weighted,
}

/// The posterior of the coefficients, of τ and of the effects. Errors: [`MetaError`].
///
/// p(τ|y) ∝ p(τ) · |C|^½ · ∏wᵢ^½ · exp(−½ misfit), C and misfit from the weighted regression at τ with the priors of
/// the coefficients added as observations. `coefficients` holds one prior per column, or is empty for all flat.
pub fn posterior(
    incidents: &Incidents,
    tau: HeterogeneityPrior,
    coefficients: &[CoefficientPrior],
    confidence: Confidence,
) -> Result<Posterior, MetaError> {
    let prior = normal_prior(incidents, coefficients)?;
    if !(tau.scale() > 0.0 && tau.scale().is_finite()) {
        return Err(MetaError::Prior("the scale of tau must be positive and finite"));
    }
    let nodes = nodes(incidents, tau, prior.as_ref())?;
    let mut effects = DVector::zeros(incidents.incidents());
    for node in &nodes {
        effects += shrunk(incidents, node.tau.powi(2), &node.fit.coefficients) * node.share;
    }
    let mean = nodes.iter().map(|node| node.share * node.tau).sum();
    Ok(Posterior {
        tau: Estimate { value: mean, interval: tau_interval(&nodes, confidence) },
        effects: incidents.turn_back(effects).iter().copied().collect(),
        nodes,
        confidence,
    })
}

impl Posterior {
    /// Posterior mean and interval of a coefficient, `None` where there is no such coefficient.
    pub fn coefficient(&self, index: usize) -> Option<Estimate> {
        self.exists(index).then(|| self.mixture(|node| node.coefficient(index)))
    }

    /// Posterior standard deviation of a coefficient.
    pub fn standard_deviation(&self, index: usize) -> Option<f64> {
        self.exists(index).then(|| moments(&self.components(|node| node.coefficient(index))).1.sqrt())
    }

    /// Posterior probability that a coefficient is negative, given the model and its priors.
    pub fn probability_negative(&self, index: usize) -> Option<f64> {
        self.exists(index).then(|| distribution(&self.components(|node| node.coefficient(index)), 0.0))
    }

    /// The true effect of a next incident with these properties; `None` unless one property per coefficient.
    pub fn next_incident(&self, properties: &[f64]) -> Option<Estimate> {
        let x = DVector::from_column_slice(properties);
        let fits = self.nodes.first().is_some_and(|node| node.fit.coefficients.len() == properties.len());
        fits.then(|| {
            self.mixture(|node| {
                let variance = (x.transpose() * &node.fit.covariance * &x)[(0, 0)];
                (node.fit.coefficients.dot(&x), node.tau.powi(2) + variance)
            })
        })
    }

    fn exists(&self, index: usize) -> bool {
        self.nodes.first().is_some_and(|node| index < node.fit.coefficients.len())
    }

    fn components(&self, of: impl Fn(&Node) -> (f64, f64)) -> Vec<Component> {
        let component = |node: &Node| {
            let (mean, variance) = of(node);
            Component { share: node.share, mean, sd: variance.sqrt() }
        };
        self.nodes.iter().map(component).collect()
    }

    fn mixture(&self, of: impl Fn(&Node) -> (f64, f64)) -> Estimate {
        let components = self.components(of);
        let (mean, variance) = moments(&components);
        let tail = (1.0 - self.confidence.level()) / 2.0;
        let quantile = |level| quantile(&components, level, mean, variance.sqrt());
        Estimate { value: mean, interval: Interval { low: quantile(tail), high: quantile(1.0 - tail) } }
    }
}

impl Node {
    fn coefficient(&self, index: usize) -> (f64, f64) {
        (self.fit.coefficients[index], self.fit.covariance[(index, index)])
    }
}

fn normal_prior(
    incidents: &Incidents,
    coefficients: &[CoefficientPrior],
) -> Result<Option<NormalPrior>, MetaError> {
    let p = incidents.coefficients();
    if coefficients.is_empty() || coefficients.iter().all(|prior| *prior == CoefficientPrior::Flat) {
        return Ok(None);
    }
    if coefficients.len() != p {
        return Err(MetaError::Prior("one prior per coefficient, or none at all"));
    }
    let mut prior = NormalPrior { precision: DVector::zeros(p), mean: DVector::zeros(p) };
    for (j, &coefficient) in coefficients.iter().enumerate() {
        if let CoefficientPrior::Normal { mean, sd } = coefficient {
            if !(sd > 0.0 && sd.is_finite() && mean.is_finite()) {
                return Err(MetaError::Prior("the mean must be finite, the standard deviation positive"));
            }
            prior.precision[j] = 1.0 / (sd * sd);
            prior.mean[j] = mean;
        }
    }
    Ok(Some(prior))
}

/// Simpson's rule in u, τ = c·u/(1−u) with c the typical size of τ, so that a heavy tail is reached.
fn nodes(
    incidents: &Incidents,
    prior: HeterogeneityPrior,
    normal: Option<&NormalPrior>,
) -> Result<Vec<Node>, MetaError> {
    let typical = typical_variance(incidents).sqrt();
    let c = match prior {
        HeterogeneityPrior::Uniform(_) => typical,
        HeterogeneityPrior::HalfNormal(scale) | HeterogeneityPrior::HalfCauchy(scale) => typical.min(scale),
    };
    let end = match prior {
        HeterogeneityPrior::Uniform(limit) => limit / (limit + c),
        HeterogeneityPrior::HalfNormal(_) | HeterogeneityPrior::HalfCauchy(_) => 1.0 - 1e-4,
    };
    let step = end / f64::from(POINTS);
    let mut nodes = Vec::new();
    let mut logs = Vec::new();
    for index in 0..=POINTS {
        let u = step * f64::from(index);
        let tau = c * u / (1.0 - u);
        let simpson = match index {
            0 | POINTS => 1.0,
            _ if index % 2 == 1 => 4.0,
            _ => 2.0,
        };
        let fit = Weighted::at(incidents, tau * tau, normal).ok_or(MetaError::NotIdentified)?;
        let log_weights: f64 = fit.weights.iter().map(|w| w.ln()).sum();
        let likelihood = 0.5 * (log_weights - fit.misfit - fit.log_determinant);
        // The last node of a uniform prior lies on the limit, up to rounding.
        let density = prior.log_density(tau.min(match prior {
            HeterogeneityPrior::Uniform(limit) => limit,
            _ => f64::INFINITY,
        }));
        logs.push(f64::ln(simpson) + density + likelihood - 2.0 * (1.0 - u).ln());
        nodes.push(Node { share: 0.0, tau, fit });
    }
    let highest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = logs.iter().map(|log| (log - highest).exp()).sum();
    for (node, log) in nodes.iter_mut().zip(logs) {
        node.share = (log - highest).exp() / total;
    }
    Ok(nodes)
}

fn tau_interval(nodes: &[Node], confidence: Confidence) -> Interval {
    let tail = (1.0 - confidence.level()) / 2.0;
    let reaches = |level: f64| {
        let mut sum = 0.0;
        let found = nodes.iter().find(|node| {
            sum += node.share;
            sum >= level
        });
        found.or(nodes.last()).map_or(0.0, |node| node.tau)
    };
    Interval { low: reaches(tail), high: reaches(1.0 - tail) }
}

/// One normal of a mixture.
#[derive(Debug, Clone, Copy)]
struct Component {
    share: f64,
    mean: f64,
    sd: f64,
}

fn moments(components: &[Component]) -> (f64, f64) {
    let mean: f64 = components.iter().map(|part| part.share * part.mean).sum();
    let square = |part: &Component| part.share * (part.sd.powi(2) + (part.mean - mean).powi(2));
    (mean, components.iter().map(square).sum())
}

fn distribution(components: &[Component], at: f64) -> f64 {
    let normal = Normal::standard();
    components.iter().map(|part| part.share * normal.cdf((at - part.mean) / part.sd)).sum()
}

fn quantile(components: &[Component], level: f64, mean: f64, sd: f64) -> f64 {
    let (mut low, mut high) = (mean - sd, mean + sd);
    while distribution(components, low) > level {
        low -= 2.0 * (mean - low);
    }
    while distribution(components, high) < level {
        high += 2.0 * (high - mean);
    }
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if distribution(components, middle) < level { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}
