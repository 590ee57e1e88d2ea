//! Refuses scenarios that cannot be simulated, naming the key and what it may be.

use std::{collections::BTreeSet, ops::RangeInclusive};

use jiff::{civil::Date, tz::TimeZoneDatabase};

use super::{Factors, Scenario, Shock, Who};

/// The most changes that one scenario may plant: worlds are told apart by the bits of a number.
const MAX_CHANGES: usize = 30;
const MAX_VALUES: usize = 200;
/// Months are bits of a number too.
const MAX_DAYS: i32 = 3_653;

/// Why a scenario is refused.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// It is not TOML, or a key is missing, unknown or of the wrong type.
    #[error("the scenario cannot be read: {source}")]
    Toml {
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// It cannot be written as TOML.
    #[error("the scenario cannot be written")]
    NotToml {
        /// Why.
        source: Box<toml::ser::Error>,
    },
    /// A key has a value that it may not have.
    #[error("`{key}` is {value}; allowed: {allowed}")]
    Key {
        /// The key, with its tables.
        key: String,
        /// Its value.
        value: String,
        /// What it may be.
        allowed: String,
    },
}

type Checked = Result<(), ScenarioError>;

pub(super) fn check(scenario: &Scenario) -> Checked {
    shop(scenario)?;
    customers(scenario)?;
    purchases(scenario)?;
    seasons(scenario)?;
    segments(scenario)?;
    journeys(scenario)?;
    identity(scenario)?;
    voices_and_dirt(scenario)?;
    changes(scenario)
}

fn refused(key: &str, value: &(impl ToString + ?Sized), allowed: impl Into<String>) -> ScenarioError {
    ScenarioError::Key { key: key.to_owned(), value: value.to_string(), allowed: allowed.into() }
}

fn within(key: &str, value: f64, allowed: RangeInclusive<f64>) -> Checked {
    if allowed.contains(&value) {
        return Ok(());
    }
    Err(refused(key, &value, format!("{} to {}", allowed.start(), allowed.end())))
}

fn share(key: &str, value: f64) -> Checked {
    within(key, value, 0.0..=1.0)
}

fn shop(scenario: &Scenario) -> Checked {
    let shop = &scenario.shop;
    if TimeZoneDatabase::bundled().get(&shop.time_zone).is_err() {
        return Err(refused("shop.time_zone", &shop.time_zone, "an IANA name such as Europe/Paris"));
    }
    within("shop.start (year)", f64::from(shop.start.year()), 1970.0..=2200.0)?;
    let days = (shop.end - shop.start).get_days() + 1;
    if !(28..=MAX_DAYS).contains(&days) {
        let allowed = format!("28 to {MAX_DAYS} days after `shop.start` ({})", shop.start);
        return Err(refused("shop.end", &shop.end, allowed));
    }
    word("shop.currency", &shop.currency)
}

fn customers(scenario: &Scenario) -> Checked {
    let customers = &scenario.customers;
    within("customers.count", f64::from(customers.count), 1.0..=100_000_000.0)?;
    within("customers.before_start", customers.before_start, 0.0..=0.99)?;
    within("customers.before_start_days", f64::from(customers.before_start_days), 1.0..=3650.0)?;
    within("customers.growth_per_year", customers.growth_per_year, -0.9..=10.0)?;
    share("customers.even_share", customers.even_share)?;
    for campaign in &scenario.campaigns {
        let key = format!("campaigns.{}", campaign.name);
        dated(scenario, &format!("{key}.start"), campaign.start)?;
        within(&format!("{key}.days"), f64::from(campaign.days), 1.0..=366.0)?;
        share(&format!("{key}.share"), campaign.share)?;
    }
    let bought: f64 = scenario.campaigns.iter().map(|campaign| campaign.share).sum();
    within("campaigns.share (sum)", bought, 0.0..=0.9)
}

fn purchases(scenario: &Scenario) -> Checked {
    let purchases = &scenario.purchases;
    within("purchases.days_between", purchases.days_between, 0.05..=3650.0)?;
    within("purchases.rate_shape", purchases.rate_shape, 0.05..=100.0)?;
    within("purchases.active_days", purchases.active_days, 1.0..=36_500.0)?;
    within("purchases.dormant_days", purchases.dormant_days, 1.0..=3650.0)?;
    within("purchases.dormant_spread", purchases.dormant_spread, 0.0..=2.0)?;
    share("purchases.leave_share", purchases.leave_share)?;
    share("purchases.once_only", purchases.once_only)?;
    within("purchases.value_median", purchases.value_median, 0.01..=100_000.0)?;
    within("purchases.value_between", purchases.value_between, 0.0..=3.0)?;
    within("purchases.value_within", purchases.value_within, 0.0..=3.0)
}

fn seasons(scenario: &Scenario) -> Checked {
    let seasons = &scenario.seasons;
    let all = [
        ("seasons.months", seasons.months.as_slice()),
        ("seasons.weekdays", seasons.weekdays.as_slice()),
        ("seasons.hours", seasons.hours.as_slice()),
    ];
    for (key, values) in all {
        values.iter().try_for_each(|value| within(key, *value, 0.001..=1000.0))?;
    }
    for peak in &seasons.peaks {
        within(&format!("seasons.peaks.{}.factor", peak.name), peak.factor, 0.01..=100.0)?;
        for (key, day) in [("from", &peak.from), ("to", &peak.to)] {
            if month_and_day(day).is_none() {
                return Err(refused(
                    &format!("seasons.peaks.{}.{key}", peak.name),
                    day,
                    "MM-DD, such as 12-24",
                ));
            }
        }
    }
    Ok(())
}

/// `MM-DD` as (month, day), in leap years too.
pub(crate) fn month_and_day(text: &str) -> Option<(i8, i8)> {
    let date: Date = format!("2024-{text}").parse().ok()?;
    Some((date.month(), date.day()))
}

/// Text that needs no quotes in any format.
fn word(key: &str, text: &str) -> Checked {
    let plain = |c: char| c.is_alphanumeric() || " -_.'()&+".contains(c);
    if !text.is_empty() && text.len() <= 100 && text.chars().all(plain) {
        return Ok(());
    }
    Err(refused(key, &format!("`{text}`"), "1 to 100 letters, digits, blanks or - _ . ' ( ) & +"))
}

fn segments(scenario: &Scenario) -> Checked {
    let segments = &scenario.segments;
    for country in &segments.country {
        let key = format!("segments.country.{}", country.value);
        segment_value(&key, &country.value, country.share, country.rate, country.spend)?;
        country.currency.iter().try_for_each(|currency| word(&format!("{key}.currency"), currency))?;
    }
    for region in &segments.region {
        let key = format!("segments.region.{}", region.value);
        segment_value(&key, &region.value, region.share, 1.0, 1.0)?;
        if !segments.country.iter().any(|country| country.value == region.country) {
            return Err(refused(&format!("{key}.country"), &region.country, "a country of the scenario"));
        }
    }
    let plain = [
        ("device", &segments.device),
        ("channel", &segments.channel),
        ("tier", &segments.tier),
        ("payment_method", &segments.payment_method),
    ];
    for (dimension, values) in plain {
        for value in values {
            let key = format!("segments.{dimension}.{}", value.value);
            segment_value(&key, &value.value, value.share, value.rate, value.spend)?;
        }
    }
    let counts = [segments.country.len(), segments.device.len(), segments.channel.len(), segments.tier.len()];
    for (key, count) in ["country", "device", "channel", "tier"].into_iter().zip(counts) {
        within(&format!("segments.{key} (values)"), count as f64, 1.0..=MAX_VALUES as f64)?;
    }
    within(
        "segments.payment_method (values)",
        segments.payment_method.len() as f64,
        1.0..=MAX_VALUES as f64,
    )?;
    within("segments.region (values)", segments.region.len() as f64, 0.0..=MAX_VALUES as f64)
}

fn segment_value(key: &str, value: &str, share: f64, rate: f64, spend: f64) -> Checked {
    word(&format!("{key}.value"), value)?;
    within(&format!("{key}.share"), share, 1e-6..=1e6)?;
    within(&format!("{key}.rate"), rate, 0.01..=100.0)?;
    within(&format!("{key}.spend"), spend, 0.01..=100.0)
}

fn journeys(scenario: &Scenario) -> Checked {
    let journeys = &scenario.journeys;
    within("journeys.browsing_per_order", journeys.browsing_per_order, 0.0..=100.0)?;
    within("journeys.views_per_visit", journeys.views_per_visit, 1.0..=50.0)?;
    let shares = [
        ("journeys.searched", journeys.searched),
        ("journeys.cart_viewed", journeys.cart_viewed),
        ("journeys.signed_in", journeys.signed_in),
        ("journeys.account_created", journeys.account_created),
        ("journeys.password_changed", journeys.password_changed),
        ("journeys.challenged", journeys.challenged),
    ];
    shares.into_iter().try_for_each(|(key, value)| share(key, value))?;
    within("journeys.wrong_code", journeys.wrong_code, 0.0..=0.9)?;
    within("journeys.abandoned", journeys.abandoned, 0.0..=0.9)?;
    share("journeys.payment_challenged", journeys.payment_challenged)?;
    within("journeys.payment_refused", journeys.payment_refused, 0.0..=0.9)
}

fn identity(scenario: &Scenario) -> Checked {
    let identity = &scenario.identity;
    share("identity.anonymous_share", identity.anonymous_share)?;
    within("identity.merged_within_days", f64::from(identity.merged_within_days), 0.0..=3650.0)?;
    share("identity.wrong_merge_share", identity.wrong_merge_share)?;
    within("identity.split_within_days", f64::from(identity.split_within_days), 1.0..=3650.0)
}

fn voices_and_dirt(scenario: &Scenario) -> Checked {
    let (voices, dirt) = (&scenario.voices, &scenario.dirt);
    within("voices.complaints_per_1000_orders", voices.complaints_per_1000_orders, 0.0..=1000.0)?;
    within("voices.lapse_days", f64::from(voices.lapse_days), 1.0..=3650.0)?;
    within("truth.window_days", f64::from(scenario.truth.window_days), 1.0..=3650.0)?;
    let shares = [
        ("voices.surveyed", voices.surveyed),
        ("voices.answered", voices.answered),
        ("voices.named", voices.named),
        ("voices.misnamed", voices.misnamed),
        ("dirt.missing_id", dirt.missing_id),
        ("dirt.reserved_id", dirt.reserved_id),
        ("dirt.duplicates", dirt.duplicates),
        ("dirt.late", dirt.late),
        ("dirt.very_late", dirt.very_late),
        ("dirt.clock_skew", dirt.clock_skew),
        ("dirt.future", dirt.future),
    ];
    shares.into_iter().try_for_each(|(key, value)| share(key, value))
}

fn changes(scenario: &Scenario) -> Checked {
    let ids = scenario.change_ids();
    within("changes planted (number)", ids.len() as f64, 0.0..=MAX_CHANGES as f64)?;
    let mut seen = BTreeSet::new();
    for id in ids {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if id.is_empty() || !id.chars().all(plain) || !seen.insert(id) {
            return Err(refused("id", &format!("`{id}`"), "letters, digits, _ and -, each id once"));
        }
    }
    breaches(scenario)?;
    frictions(scenario)?;
    for announcement in &scenario.announcements {
        dated(scenario, &format!("announcements.{}.on", announcement.id), announcement.on)?;
        share(&format!("announcements.{}.complaints", announcement.id), announcement.complaints)?;
    }
    for drift in &scenario.drifts {
        let key = format!("drifts.{}", drift.id);
        dated(scenario, &format!("{key}.from"), drift.from)?;
        drift.until.iter().try_for_each(|until| ordered(&format!("{key}.until"), drift.from, *until))?;
        who(scenario, &format!("{key}.who"), &drift.who)?;
        within(&format!("{key}.log_hazard_per_week"), drift.log_hazard_per_week, -1.0..=0.0)?;
    }
    Ok(())
}

fn breaches(scenario: &Scenario) -> Checked {
    for breach in &scenario.breaches {
        let key = format!("breaches.{}", breach.id);
        dated(scenario, &format!("{key}.disclosed"), breach.disclosed)?;
        ordered(&format!("{key}.discovered"), breach.started, breach.discovered)?;
        ordered(&format!("{key}.contained"), breach.started, breach.contained)?;
        ordered(&format!("{key}.disclosed"), breach.discovered, breach.disclosed)?;
        within(&format!("{key}.disclosed_hour"), f64::from(breach.disclosed_hour), 0.0..=23.0)?;
        share(&format!("{key}.affected"), breach.affected)?;
        factors(scenario, &format!("{key}.affected_by"), &breach.affected_by)?;
        shock(&format!("{key}.effect"), &breach.effect)?;
        shock(&format!("{key}.bystanders"), &breach.bystanders)?;
        share(&format!("{key}.complaints"), breach.complaints)?;
    }
    Ok(())
}

fn frictions(scenario: &Scenario) -> Checked {
    for certificate in &scenario.certificates {
        let key = format!("certificates.{}", certificate.id);
        dated(scenario, &format!("{key}.started"), certificate.started)?;
        ordered(&format!("{key}.ended"), certificate.started, certificate.ended)?;
        who(scenario, &format!("{key}.who"), &certificate.who)?;
        share(&format!("{key}.abandon"), certificate.abandon)?;
        factors(scenario, &format!("{key}.abandon_by"), &certificate.abandon_by)?;
        shock(&format!("{key}.effect"), &certificate.effect)?;
        share(&format!("{key}.complaints"), certificate.complaints)?;
    }
    for step in &scenario.authentication_steps {
        let key = format!("authentication_steps.{}", step.id);
        dated(scenario, &format!("{key}.from"), step.from)?;
        step.until.iter().try_for_each(|until| ordered(&format!("{key}.until"), step.from, *until))?;
        who(scenario, &format!("{key}.who"), &step.who)?;
        share(&format!("{key}.abandon"), step.abandon)?;
        factors(scenario, &format!("{key}.abandon_by"), &step.abandon_by)?;
        shock(&format!("{key}.effect"), &step.effect)?;
        share(&format!("{key}.complaints"), step.complaints)?;
    }
    Ok(())
}

fn dated(scenario: &Scenario, key: &str, date: Date) -> Checked {
    let shop = &scenario.shop;
    if (shop.start..=shop.end).contains(&date) {
        return Ok(());
    }
    Err(refused(key, &date, format!("{} to {}", shop.start, shop.end)))
}

fn ordered(key: &str, earlier: Date, date: Date) -> Checked {
    if earlier <= date {
        return Ok(());
    }
    Err(refused(key, &date, format!("{earlier} or later")))
}

/// Effects only take purchases away, which is what lets every counterfactual world share its random numbers.
fn shock(key: &str, shock: &Shock) -> Checked {
    within(&format!("{key}.log_hazard"), shock.log_hazard, -10.0..=0.0)?;
    share(&format!("{key}.leaving"), shock.leaving)?;
    if shock.log_hazard < 0.0 {
        within(&format!("{key}.half_life_days"), shock.half_life_days, 0.1..=100_000.0)?;
    }
    Ok(())
}

fn factors(scenario: &Scenario, key: &str, factors: &Factors) -> Checked {
    for (dimension, values) in factors {
        for (value, factor) in values {
            known(scenario, key, dimension, value)?;
            within(&format!("{key}.{dimension}.{value}"), *factor, 0.0..=100.0)?;
        }
    }
    Ok(())
}

fn who(scenario: &Scenario, key: &str, who: &Who) -> Checked {
    for (dimension, values) in who {
        values.iter().try_for_each(|value| known(scenario, key, dimension, value))?;
    }
    Ok(())
}

fn known(scenario: &Scenario, key: &str, dimension: &str, value: &str) -> Checked {
    let Some(values) = scenario.segments.values_of(dimension) else {
        return Err(refused(key, &format!("`{dimension}`"), super::DIMENSIONS.join(", ")));
    };
    if values.contains(&value) {
        return Ok(());
    }
    Err(refused(&format!("{key}.{dimension}"), &format!("`{value}`"), values.join(", ")))
}
