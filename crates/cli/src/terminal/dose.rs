//! The dose-response in a terminal: what may be said of each property, and how many incidents it would take.

use anstyle::Style;
use fidance_app::dose::model::{
    DoseNote, DoseResponse, EffectUnit, Estimate, Factor, LeftOut, Method, NextIncident, PropertyValue,
    Verdict, WhyLeftOut,
};
use fidance_web::text::plain_decimals;
use i18n_embed_fl::fl;

use super::{
    Words,
    layout::{Cell, FAINT, Page, STRONG, Table},
};

/// Lays it out for a terminal of this width, with styles.
pub(crate) fn render(found: &DoseResponse, words: &Words, width: usize) -> String {
    let mut page = Page::new(width.clamp(40, 160));
    let (lang, loader) = (words.lang, &words.loader);
    page.heading(&fl!(loader, "dose"));
    if let Some(method) = found.method {
        let (n, level) = (lang.count(found.incidents.len() as u64), lang.percent(found.confidence, 0));
        let line = match method {
            Method::Reml => fl!(loader, "dose-method-reml", n = n, level = level),
            Method::Bayes => fl!(loader, "dose-method-bayes", n = n, level = level),
        };
        page.paragraph(FAINT, &line);
        let unit = match found.unit {
            EffectUnit::Points => fl!(loader, "dose-unit-points"),
            EffectUnit::LogOdds => fl!(loader, "dose-unit-log-odds"),
        };
        page.paragraph(FAINT, &unit);
        table(&mut page, found, words);
    }
    if let Some(spread) = &found.spread {
        let (value, low, high) = written(spread, words);
        page.paragraph(Style::new(), &fl!(loader, "dose-spread", value = value, low = low, high = high));
    }
    if let Some(next) = &found.next {
        page.paragraph(STRONG, &next_line(next, words));
    }
    left_out(&mut page, found, words);
    priors(&mut page, found, words);
    for note in &found.notes {
        let line = match *note {
            DoseNote::TooFew { incidents, needed } => {
                fl!(loader, "dose-few", found = incidents, needed = needed)
            }
            DoseNote::Association => fl!(loader, "dose-association"),
            DoseNote::NoBaseRetention => fl!(loader, "dose-no-base"),
            // Said above, with the figures.
            DoseNote::Literature => continue,
        };
        page.paragraph(FAINT, &line);
    }
    page.finish()
}

/// A figure and the ends of its interval, with as many digits as that supports.
fn written(estimate: &Estimate, words: &Words) -> (String, String, String) {
    // An interval that leaves out 0 must not be written as if it ended there.
    let rounds_to_zero = |end: f64, decimals: usize| {
        end != 0.0 && words.lang.decimal(end.abs(), decimals) == words.lang.decimal(0.0, decimals)
    };
    let supported = plain_decimals(estimate.low, estimate.high);
    let hidden = [estimate.low, estimate.high].into_iter().any(|end| rounds_to_zero(end, supported));
    let decimals = supported + usize::from(hidden);
    let number = |x| words.lang.decimal(x, decimals);
    (number(estimate.value), number(estimate.low), number(estimate.high))
}

fn table(page: &mut Page, found: &DoseResponse, words: &Words) {
    let loader = &words.loader;
    let mut table = Table::default()
        .left(fl!(loader, "col-factor"), 0)
        .right(fl!(loader, "col-coefficient"), 0)
        .left(fl!(loader, "col-interval"), 0);
    let mut row = |name: String, estimate: &Estimate| {
        let (value, low, high) = written(estimate, words);
        let interval = fl!(loader, "interval-cell", low = low, high = high);
        table.row([name, value, interval].map(Cell::plain).to_vec());
    };
    if let Some(intercept) = &found.intercept {
        let name =
            if found.factors.is_empty() { fl!(loader, "dose-mean") } else { fl!(loader, "dose-intercept") };
        row(name, intercept);
    }
    for response in &found.factors {
        row(factor_name(response.factor, words), &response.coefficient);
    }
    page.table(&table);
    for response in &found.factors {
        let style = match response.verdict {
            Verdict::LargerLoss | Verdict::SmallerLoss => STRONG,
            Verdict::CannotTell { .. } | Verdict::NotLarge { .. } => Style::new(),
        };
        let (factor, says) = (factor_name(response.factor, words), says(response.verdict, words));
        page.paragraph(style, &fl!(loader, "dose-says", factor = factor, says = says));
    }
}

fn says(verdict: Verdict, words: &Words) -> String {
    let (lang, loader) = (words.lang, &words.loader);
    let size = |difference: f64| {
        let decimals = if difference.fract().abs() < 1e-9 { 0 } else { 2 };
        lang.decimal(difference, decimals)
    };
    match verdict {
        Verdict::LargerLoss => fl!(loader, "says-larger"),
        Verdict::SmallerLoss => fl!(loader, "says-smaller"),
        Verdict::CannotTell { difference, needed: Some(needed) } => {
            fl!(loader, "says-cannot-tell", difference = size(difference), needed = lang.count(needed as u64))
        }
        Verdict::CannotTell { difference, needed: None } => {
            fl!(loader, "says-out-of-reach", difference = size(difference))
        }
        Verdict::NotLarge { difference } => fl!(loader, "says-not-large", difference = size(difference)),
    }
}

fn factor_name(factor: Factor, words: &Words) -> String {
    match factor {
        Factor::Severity => fl!(words.loader, "factor-severity"),
        Factor::TimeToDisclose => fl!(words.loader, "factor-time"),
        Factor::Communication => fl!(words.loader, "factor-communication"),
        Factor::Remedy => fl!(words.loader, "factor-remedy"),
        Factor::ShareExposed => fl!(words.loader, "factor-share"),
    }
}

fn property_name(factor: Factor, words: &Words) -> String {
    match factor {
        Factor::Severity => fl!(words.loader, "property-severity"),
        Factor::TimeToDisclose => fl!(words.loader, "property-time"),
        Factor::Communication => fl!(words.loader, "property-communication"),
        Factor::Remedy => fl!(words.loader, "property-remedy"),
        Factor::ShareExposed => fl!(words.loader, "property-share"),
    }
}

fn next_line(next: &NextIncident, words: &Words) -> String {
    let loader = &words.loader;
    let (value, low, high) = written(&next.effect, words);
    let property = |property: &PropertyValue| {
        let decimals = usize::from(property.value.fract().abs() >= 1e-9);
        let value = words.lang.decimal(property.value, decimals);
        match property.factor {
            Factor::Severity => fl!(loader, "next-severity", value = value),
            Factor::TimeToDisclose => fl!(loader, "next-time", value = value),
            Factor::Communication => fl!(loader, "next-communication", value = value),
            Factor::Remedy => fl!(loader, "next-remedy", value = value),
            Factor::ShareExposed => {
                fl!(loader, "next-share", value = words.lang.percent(property.value, 0))
            }
        }
    };
    let properties: Vec<String> = next.properties.iter().map(property).collect();
    if properties.is_empty() {
        return fl!(loader, "dose-next-plain", value = value, low = low, high = high);
    }
    fl!(loader, "dose-next", properties = properties.join(", "), value = value, low = low, high = high)
}

fn left_out(page: &mut Page, found: &DoseResponse, words: &Words) {
    if found.left_out.is_empty() || found.method.is_none() {
        return;
    }
    let loader = &words.loader;
    page.heading(&fl!(loader, "left-out"));
    for LeftOut { factor, because } in &found.left_out {
        let factor = property_name(*factor, words);
        let line = match *because {
            WhyLeftOut::Unknown { incidents } => {
                fl!(loader, "left-out-unknown", factor = factor, n = incidents)
            }
            WhyLeftOut::SameInAll => fl!(loader, "left-out-same", factor = factor),
            WhyLeftOut::TooFewIncidents => fl!(loader, "left-out-few", factor = factor),
            WhyLeftOut::NotApart => fl!(loader, "left-out-apart", factor = factor),
        };
        page.paragraph(FAINT, &line);
    }
}

fn priors(page: &mut Page, found: &DoseResponse, words: &Words) {
    if found.priors.is_empty() {
        return;
    }
    let (lang, loader) = (words.lang, &words.loader);
    page.heading(&fl!(loader, "dose-priors"));
    for prior in &found.priors {
        let factor =
            prior.factor.map_or_else(|| fl!(loader, "dose-intercept"), |factor| factor_name(factor, words));
        let (mean, sd) = (lang.decimal(prior.mean, 2), lang.decimal(prior.standard_deviation, 2));
        page.paragraph(
            FAINT,
            &fl!(loader, "dose-prior", factor = factor, mean = mean, sd = sd, source = prior.source.clone()),
        );
    }
}
