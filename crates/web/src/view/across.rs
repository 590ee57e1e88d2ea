//! What past incidents tell together: which properties go with larger losses, what the next one may cost, and how many
//! incidents it would take to tell more.

use fidance_app::{
    dose::model::{
        DoseNote, DoseResponse, EffectUnit, Estimate, Factor, FactorResponse, IncidentEffect, LeftOut,
        Method, NextIncident, PriorUsed, PropertyValue, Verdict, WhyLeftOut,
    },
    watch::model::Figure,
};
use i18n_embed_fl::fl;

use super::{
    effect::{Names, Scale},
    estimate::points,
    ranked::{Row, Tone},
};
use crate::text::{Text, plain_decimals};

/// Past incidents, ready for a template or a terminal.
#[derive(Debug)]
pub(crate) struct Across {
    /// Each incident, drawn; only where their titles are known.
    pub(crate) rows: Vec<Row>,
    /// How many there are and how that was computed, or that there are too few.
    pub(crate) lead: Vec<String>,
    /// Each coefficient: what may be said of it, and its figure.
    pub(crate) coefficients: Vec<(String, String)>,
    /// The spread between incidents, and the next one.
    pub(crate) more: Vec<String>,
    pub(crate) left_out: Vec<String>,
    pub(crate) priors: Vec<String>,
    pub(crate) notes: Vec<String>,
}

impl Across {
    pub(crate) fn new(t: &Text, found: &DoseResponse) -> Self {
        let mut lead = Vec::new();
        if let Some(method) = found.method {
            let n = t.lang().count(found.incidents.len() as u64);
            let level = t.lang().percent(found.confidence, 0);
            lead.push(match method {
                Method::Reml => fl!(t, "dose-method-reml", n = n, level = level),
                Method::Bayes => fl!(t, "dose-method-bayes", n = n, level = level),
            });
            lead.push(match found.unit {
                EffectUnit::Points => fl!(t, "dose-unit-points"),
                EffectUnit::LogOdds => fl!(t, "dose-unit-log-odds"),
            });
        }
        let spread = found.spread.as_ref().map(|spread| {
            let [value, low, high] = written(t, spread);
            fl!(t, "dose-spread", value = value, low = low, high = high)
        });
        let next = found.next.as_ref().map(|next| next_incident(t, next));
        let mut notes = Vec::new();
        for note in &found.notes {
            match *note {
                DoseNote::TooFew { incidents, needed } => {
                    lead.push(fl!(t, "dose-few", found = incidents, needed = needed));
                }
                DoseNote::Association => notes.push(fl!(t, "dose-association")),
                DoseNote::NoBaseRetention => notes.push(fl!(t, "dose-no-base")),
                // Said with the figures.
                DoseNote::Literature => {}
            }
        }
        Self {
            rows: Vec::new(),
            lead,
            coefficients: coefficients(t, found),
            more: spread.into_iter().chain(next).collect(),
            left_out: match found.method {
                Some(_) => found.left_out.iter().map(|one| left_out(t, one)).collect(),
                None => Vec::new(),
            },
            priors: priors(t, found),
            notes,
        }
    }

    /// The same with each incident drawn, by its title.
    pub(super) fn with_rows(mut self, t: &Text, found: &DoseResponse, names: &Names) -> Self {
        // Points as shares, as everywhere on the page.
        let figure = |incident: &IncidentEffect| {
            let Estimate { value, low, high } = incident.measured();
            Figure { value: value / 100.0, low: low / 100.0, high: high / 100.0 }
        };
        let figures: Vec<Figure> = found.incidents.iter().map(figure).collect();
        let scale = Scale::around(figures.iter());
        let row = |(incident, figure): (&IncidentEffect, &Figure)| Row {
            name: names.title(&incident.id).to_owned(),
            column: String::new(),
            change: points(t, figure),
            picture: scale.picture(String::new(), figure),
            tone: Tone::of(figure),
        };
        self.rows = found.incidents.iter().zip(&figures).map(row).collect();
        self
    }
}

/// A figure and the ends of its interval, with as many digits as that supports.
fn written(t: &Text, estimate: &Estimate) -> [String; 3] {
    let lang = t.lang();
    // An interval that leaves out 0 must not be written as if it ended there.
    let rounds_to_zero = |end: f64, decimals: usize| {
        end != 0.0 && lang.decimal(end.abs(), decimals) == lang.decimal(0.0, decimals)
    };
    let supported = plain_decimals(estimate.low, estimate.high);
    let hidden = [estimate.low, estimate.high].into_iter().any(|end| rounds_to_zero(end, supported));
    let decimals = supported + usize::from(hidden);
    [estimate.value, estimate.low, estimate.high].map(|x| lang.decimal(x, decimals))
}

fn figure(t: &Text, estimate: &Estimate) -> String {
    let [value, low, high] = written(t, estimate);
    fl!(t, "dose-figure", value = value, low = low, high = high)
}

fn coefficients(t: &Text, found: &DoseResponse) -> Vec<(String, String)> {
    let name = if found.factors.is_empty() { fl!(t, "dose-mean") } else { fl!(t, "dose-intercept") };
    let intercept = found.intercept.as_ref().map(|intercept| (name, figure(t, intercept)));
    let of = |response: &FactorResponse| {
        let (factor, says) = (factor_name(t, response.factor), says(t, response.verdict));
        (fl!(t, "dose-says", factor = factor, says = says), figure(t, &response.coefficient))
    };
    intercept.into_iter().chain(found.factors.iter().map(of)).collect()
}

fn says(t: &Text, verdict: Verdict) -> String {
    let size = |difference: f64| {
        let decimals = if difference.fract().abs() < 1e-9 { 0 } else { 2 };
        t.lang().decimal(difference, decimals)
    };
    match verdict {
        Verdict::LargerLoss => fl!(t, "dose-says-larger"),
        Verdict::SmallerLoss => fl!(t, "dose-says-smaller"),
        Verdict::CannotTell { difference, needed: Some(needed) } => {
            let needed = t.lang().count(needed as u64);
            fl!(t, "dose-says-cannot-tell", difference = size(difference), needed = needed)
        }
        Verdict::CannotTell { difference, needed: None } => {
            fl!(t, "dose-says-out-of-reach", difference = size(difference))
        }
        Verdict::NotLarge { difference } => fl!(t, "dose-says-not-large", difference = size(difference)),
    }
}

fn factor_name(t: &Text, factor: Factor) -> String {
    match factor {
        Factor::Severity => fl!(t, "dose-factor-severity"),
        Factor::TimeToDisclose => fl!(t, "dose-factor-time"),
        Factor::Communication => fl!(t, "dose-factor-communication"),
        Factor::Remedy => fl!(t, "dose-factor-remedy"),
        Factor::ShareExposed => fl!(t, "dose-factor-share"),
    }
}

fn property_name(t: &Text, factor: Factor) -> String {
    match factor {
        Factor::Severity => fl!(t, "dose-property-severity"),
        Factor::TimeToDisclose => fl!(t, "dose-property-time"),
        Factor::Communication => fl!(t, "dose-property-communication"),
        Factor::Remedy => fl!(t, "dose-property-remedy"),
        Factor::ShareExposed => fl!(t, "dose-property-share"),
    }
}

fn next_incident(t: &Text, next: &NextIncident) -> String {
    let [value, low, high] = written(t, &next.effect);
    let property = |property: &PropertyValue| {
        let decimals = usize::from(property.value.fract().abs() >= 1e-9);
        let value = t.lang().decimal(property.value, decimals);
        match property.factor {
            Factor::Severity => fl!(t, "dose-with-severity", value = value),
            Factor::TimeToDisclose => fl!(t, "dose-with-time", value = value),
            Factor::Communication => fl!(t, "dose-with-communication", value = value),
            Factor::Remedy => fl!(t, "dose-with-remedy", value = value),
            Factor::ShareExposed => fl!(t, "dose-with-share", value = t.lang().percent(property.value, 0)),
        }
    };
    let properties: Vec<String> = next.properties.iter().map(property).collect();
    if properties.is_empty() {
        return fl!(t, "dose-next-plain", value = value, low = low, high = high);
    }
    fl!(t, "dose-next", properties = properties.join(", "), value = value, low = low, high = high)
}

fn left_out(t: &Text, LeftOut { factor, because }: &LeftOut) -> String {
    let factor = property_name(t, *factor);
    match *because {
        WhyLeftOut::Unknown { incidents } => fl!(t, "dose-left-out-unknown", factor = factor, n = incidents),
        WhyLeftOut::SameInAll => fl!(t, "dose-left-out-same", factor = factor),
        WhyLeftOut::TooFewIncidents => fl!(t, "dose-left-out-few", factor = factor),
        WhyLeftOut::NotApart => fl!(t, "dose-left-out-apart", factor = factor),
    }
}

fn priors(t: &Text, found: &DoseResponse) -> Vec<String> {
    let lang = t.lang();
    let prior = |prior: &PriorUsed| {
        let factor = prior.factor.map_or_else(|| fl!(t, "dose-intercept"), |factor| factor_name(t, factor));
        let (mean, sd) = (lang.decimal(prior.mean, 2), lang.decimal(prior.standard_deviation, 2));
        fl!(t, "dose-prior", factor = factor, mean = mean, sd = sd, source = prior.source.as_str())
    };
    found.priors.iter().map(prior).collect()
}
