//! From what is known of incidents to the columns of a regression: which properties can be used, and in which scale.

use super::{
    DoseError, PastIncident, Properties,
    model::{Factor, LeftOut, WhyLeftOut},
};

/// All properties, in the order in which they are given up where there are too few incidents: from the last. The order is
/// fixed beforehand; choosing by the result would make intervals too narrow.
pub(super) const FACTORS: [Factor; 5] =
    [Factor::Severity, Factor::TimeToDisclose, Factor::Communication, Factor::Remedy, Factor::ShareExposed];

/// A property as it was written.
pub(super) const fn raw(factor: Factor, of: &Properties) -> Option<f64> {
    match factor {
        Factor::Severity => of.severity,
        Factor::TimeToDisclose => of.days_to_disclose,
        Factor::Communication => of.communication,
        Factor::Remedy => of.remedy,
        Factor::ShareExposed => of.share_exposed,
    }
}

/// A property as it stands in the regression.
pub(super) fn scaled(factor: Factor, raw: f64) -> f64 {
    match factor {
        Factor::TimeToDisclose => raw.max(0.0).ln_1p(),
        _ => raw,
    }
}

/// Values from which all properties are refused, with their words.
const fn range(factor: Factor) -> (f64, f64, &'static str, &'static str) {
    match factor {
        Factor::Severity => (0.0, 3.0, "severity", "0 to 3"),
        Factor::TimeToDisclose => (f64::MIN, 36_600.0, "days to disclose", "a number of days"),
        Factor::Communication => (-2.0, 2.0, "communication", "-2 to 2"),
        Factor::Remedy => (0.0, 1.0, "remedy", "0 or 1"),
        Factor::ShareExposed => (0.0, 1.0, "share exposed", "0 to 1"),
    }
}

/// Refuses properties outside their range: a scale from 1 to 5 would move every coefficient without a word.
pub(super) fn check(id: &str, properties: &Properties) -> Result<(), DoseError> {
    for factor in FACTORS {
        let (low, high, property, expected) = range(factor);
        if let Some(value) = raw(factor, properties)
            && !(low..=high).contains(&value)
        {
            return Err(DoseError::Property { id: id.to_owned(), property, value, expected });
        }
    }
    Ok(())
}

/// The properties that can be used, and why the others cannot.
pub(super) fn usable(incidents: &[PastIncident]) -> (Vec<Factor>, Vec<LeftOut>) {
    let (mut used, mut left_out) = (Vec::new(), Vec::new());
    for factor in FACTORS {
        let known: Vec<f64> =
            incidents.iter().filter_map(|incident| raw(factor, &incident.properties)).collect();
        let unknown = incidents.len() - known.len();
        let because = if unknown > 0 {
            Some(WhyLeftOut::Unknown { incidents: unknown })
        } else if known.windows(2).all(|pair| matches!(pair, [a, b] if a.total_cmp(b).is_eq())) {
            Some(WhyLeftOut::SameInAll)
        } else if used.len() + 1 + 2 + 1 > incidents.len() {
            // With the mean there would be one coefficient more; two incidents more than coefficients foretell a next one.
            Some(WhyLeftOut::TooFewIncidents)
        } else {
            None
        };
        match because {
            Some(because) => left_out.push(LeftOut { factor, because }),
            None => used.push(factor),
        }
    }
    (used, left_out)
}

/// One row of the regression: a one, and the properties used.
pub(super) fn row(factors: &[Factor], properties: &Properties) -> Vec<f64> {
    let value = |factor: &Factor| scaled(*factor, raw(*factor, properties).unwrap_or(f64::NAN));
    std::iter::once(1.0).chain(factors.iter().map(value)).collect()
}

/// The mean of a property, in the scale in which it was written.
pub(super) fn mean(factor: Factor, incidents: &[PastIncident]) -> f64 {
    let values: Vec<f64> = incidents
        .iter()
        .filter_map(|incident| raw(factor, &incident.properties))
        .map(|value| scaled(factor, value))
        .collect();
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    if factor == Factor::TimeToDisclose { mean.exp_m1() } else { mean }
}

/// The distance between the least and the most of a property among the incidents, in the scale of the regression.
pub(super) fn distance(factor: Factor, incidents: &[PastIncident]) -> f64 {
    let values = incidents.iter().filter_map(|incident| raw(factor, &incident.properties));
    let (low, high) = values
        .map(|value| scaled(factor, value))
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    high - low
}
