//! The fit and what may be said of it.

use fidance_stats::{
    interval,
    meta::{
        CoefficientPrior, HeterogeneityPrior, Incidents, MetaError, MetaRegression, Plan, Posterior,
        Sampling, heterogeneity, incidents_needed, posterior, reml,
    },
};
use nalgebra::DMatrix;

use super::{
    DoseError, DoseSettings, FEW, PastIncident, PastIncidents, design, literature,
    model::{
        DoseNote, DoseResponse, EffectUnit, Estimate, Factor, FactorResponse, IncidentEffect, LeftOut,
        Method, NextIncident, PriorUsed, PropertyValue, Verdict, WhyLeftOut,
    },
};

/// Below this nothing is estimated: two incidents have a difference, but no spread.
const LEAST: usize = 3;

/// What past incidents tell. Errors: [`DoseError`].
pub fn dose_response(past: &PastIncidents, settings: &DoseSettings) -> Result<DoseResponse, DoseError> {
    check(past, settings)?;
    let found = past.incidents.len();
    let mut result = empty(past, settings);
    if found < LEAST {
        result.notes.push(DoseNote::TooFew { incidents: found, needed: LEAST });
        return Ok(result);
    }
    let (mut factors, left_out) = design::usable(&past.incidents);
    result.left_out = left_out;
    let incidents = loop {
        match incidents(past, &factors) {
            Err(MetaError::NotIdentified) if !factors.is_empty() => {
                let dropped = factors.pop().map(|factor| LeftOut { factor, because: WhyLeftOut::NotApart });
                result.left_out.extend(dropped);
            }
            other => break other?,
        }
    };
    let fit = Fit::new(past, settings, &factors, &incidents)?;
    fit.tell(&mut result, past, settings, &factors, &incidents)?;
    Ok(result)
}

fn check(past: &PastIncidents, settings: &DoseSettings) -> Result<(), DoseError> {
    past.incidents.iter().try_for_each(|incident| design::check(&incident.id, &incident.properties))?;
    design::check("next", &settings.next)?;
    let wrong = |setting, value, expected| Err(DoseError::Setting { setting, value, expected });
    match (settings.base_retention, settings.matters) {
        (Some(rate), _) if !(rate > 0.0 && rate < 1.0) => {
            wrong("base retention", rate, "a share between 0 and 1")
        }
        (_, Some(size)) if !(size > 0.0 && size.is_finite()) => {
            wrong("the difference that matters", size, "a size above 0")
        }
        _ => Ok(()),
    }
}

fn empty(past: &PastIncidents, settings: &DoseSettings) -> DoseResponse {
    let effect = |incident: &PastIncident| IncidentEffect {
        id: incident.id.clone(),
        effect: incident.effect,
        standard_error: incident.standard_error,
        shrunk: None,
    };
    DoseResponse {
        unit: past.unit,
        confidence: settings.confidence.level(),
        method: None,
        incidents: past.incidents.iter().map(effect).collect(),
        intercept: None,
        factors: Vec::new(),
        left_out: Vec::new(),
        spread: None,
        next: None,
        priors: Vec::new(),
        notes: Vec::new(),
    }
}

fn incidents(past: &PastIncidents, factors: &[Factor]) -> Result<Incidents, MetaError> {
    let rows: Vec<f64> =
        past.incidents.iter().flat_map(|incident| design::row(factors, &incident.properties)).collect();
    let k = past.incidents.len();
    let design = DMatrix::from_row_slice(k, factors.len() + 1, &rows);
    let effects: Vec<f64> = past.incidents.iter().map(|incident| incident.effect).collect();
    let Some(rows) = &past.covariance else {
        let errors: Vec<f64> = past.incidents.iter().map(|incident| incident.standard_error).collect();
        return Incidents::new(&effects, Sampling::StandardErrors(&errors), &design);
    };
    if rows.len() != k || rows.iter().any(|row| row.len() != k) {
        return Err(MetaError::Lengths { effects: k, what: "a covariance", found: rows.len() });
    }
    let covariance = DMatrix::from_row_iterator(k, k, rows.iter().flatten().copied());
    Incidents::new(&effects, Sampling::Covariance(&covariance), &design)
}

/// A fit by one of the two methods. Planning always goes by REML, which needs no prior.
#[derive(Debug)]
struct Fit {
    reml: MetaRegression,
    bayes: Option<Posterior>,
    priors: Vec<PriorUsed>,
}

impl Fit {
    fn new(
        past: &PastIncidents,
        settings: &DoseSettings,
        factors: &[Factor],
        incidents: &Incidents,
    ) -> Result<Self, DoseError> {
        let reml = reml(incidents)?;
        if past.incidents.len() >= FEW {
            return Ok(Self { reml, bayes: None, priors: Vec::new() });
        }
        let mut priors = Vec::new();
        let columns = std::iter::once(None).chain(factors.iter().copied().map(Some));
        let coefficients: Vec<CoefficientPrior> = columns
            .map(|factor| {
                let known = settings
                    .literature
                    .then(|| literature::prior(past.unit, settings.base_retention, factor));
                known.flatten().map_or(CoefficientPrior::Flat, |known| {
                    let (mean, standard_deviation) = (known.mean, known.standard_deviation);
                    priors.push(PriorUsed {
                        factor,
                        mean,
                        standard_deviation,
                        source: known.source.to_owned(),
                    });
                    known.prior
                })
            })
            .collect();
        let scale =
            settings.literature.then(|| literature::spread(past.unit, settings.base_retention)).flatten();
        let spread = match scale {
            Some(scale) => HeterogeneityPrior::HalfNormal(scale),
            // Without literature only the effects themselves say in which order of size their spread can be.
            None => HeterogeneityPrior::HalfCauchy(size(past)),
        };
        let bayes = posterior(incidents, spread, &coefficients, settings.confidence)?;
        Ok(Self { reml, bayes: Some(bayes), priors })
    }

    fn coefficient(&self, index: usize, settings: &DoseSettings) -> Option<Estimate> {
        let found = match &self.bayes {
            Some(bayes) => bayes.coefficient(index),
            None => self.reml.coefficient(index, settings.confidence),
        };
        found.map(plain)
    }

    fn tell(
        self,
        result: &mut DoseResponse,
        past: &PastIncidents,
        settings: &DoseSettings,
        factors: &[Factor],
        incidents: &Incidents,
    ) -> Result<(), DoseError> {
        result.method = Some(if self.bayes.is_some() { Method::Bayes } else { Method::Reml });
        result.intercept = self.coefficient(0, settings);
        for (index, &factor) in factors.iter().enumerate() {
            let Some(coefficient) = self.coefficient(index + 1, settings) else { continue };
            let verdict = self.verdict(index + 1, factor, coefficient, (past, settings, incidents))?;
            result.factors.push(FactorResponse { factor, coefficient, verdict });
        }
        result.spread = Some(if let Some(bayes) = &self.bayes {
            plain(bayes.tau)
        } else {
            let range = heterogeneity(incidents, settings.confidence)?.tau2;
            Estimate { value: self.reml.tau2.sqrt(), low: range.low.sqrt(), high: range.high.sqrt() }
        });
        let shrunk = self.bayes.as_ref().map_or(&self.reml.shrunk, |bayes| &bayes.effects);
        for (incident, shrunk) in result.incidents.iter_mut().zip(shrunk) {
            incident.shrunk = Some(*shrunk);
        }
        result.next = self.next(past, settings, factors);
        result.notes.push(DoseNote::Association);
        if !self.priors.is_empty() {
            result.notes.push(DoseNote::Literature);
        }
        let unusable = !literature::is_usable(past.unit, settings.base_retention);
        if settings.literature && self.bayes.is_some() && unusable {
            result.notes.push(DoseNote::NoBaseRetention);
        }
        result.priors = self.priors;
        Ok(())
    }

    fn verdict(
        &self,
        index: usize,
        factor: Factor,
        found: Estimate,
        (past, settings, incidents): (&PastIncidents, &DoseSettings, &Incidents),
    ) -> Result<Verdict, DoseError> {
        if found.high < 0.0 {
            return Ok(Verdict::LargerLoss);
        }
        if found.low > 0.0 {
            return Ok(Verdict::SmallerLoss);
        }
        let difference = settings.matters.unwrap_or(match past.unit {
            EffectUnit::Points => 1.0,
            EffectUnit::LogOdds => 0.2,
        });
        let effect = difference / design::distance(factor, &past.incidents);
        let plan =
            Plan { coefficient: index, effect, power: settings.power, confidence: settings.confidence };
        match incidents_needed(incidents, &self.reml, &plan) {
            Ok(plan) if plan.incidents <= past.incidents.len() => Ok(Verdict::NotLarge { difference }),
            Ok(plan) => Ok(Verdict::CannotTell { difference, needed: Some(plan.incidents) }),
            Err(MetaError::OutOfReach(_)) => Ok(Verdict::CannotTell { difference, needed: None }),
            Err(error) => Err(error.into()),
        }
    }

    fn next(
        &self,
        past: &PastIncidents,
        settings: &DoseSettings,
        factors: &[Factor],
    ) -> Option<NextIncident> {
        let properties: Vec<PropertyValue> = factors
            .iter()
            .map(|&factor| {
                let given = design::raw(factor, &settings.next);
                let value = given.unwrap_or_else(|| design::mean(factor, &past.incidents));
                PropertyValue { factor, value, given: given.is_some() }
            })
            .collect();
        let scaled = properties.iter().map(|property| design::scaled(property.factor, property.value));
        let row: Vec<f64> = std::iter::once(1.0).chain(scaled).collect();
        let effect = match &self.bayes {
            Some(bayes) => bayes.next_incident(&row),
            None => self.reml.next_incident(&row, settings.confidence),
        };
        effect.map(|effect| NextIncident { effect: plain(effect), properties })
    }
}

fn plain(found: interval::Estimate) -> Estimate {
    Estimate { value: found.value, low: found.interval.low, high: found.interval.high }
}

/// The order of size of the effects: the root of their mean square.
fn size(past: &PastIncidents) -> f64 {
    let squares =
        past.incidents.iter().map(|incident| incident.effect.powi(2) + incident.standard_error.powi(2));
    (squares.sum::<f64>() / past.incidents.len().max(1) as f64).sqrt().max(f64::MIN_POSITIVE)
}
