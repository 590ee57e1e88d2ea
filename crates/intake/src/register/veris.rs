//! VERIS, the vocabulary in which the VERIS Community Database is written: the part of it that a register needs.
//!
//! Written against versions 1.2 to 1.4.1. What is not needed (actors, assets, controls) is passed over; what is needed and
//! cannot be understood refuses the incident, since a guess would end as a date or a severity in a figure.

use std::collections::BTreeSet;

use fidance_domain::incident::{
    Action, Assessment, Attributes, Confidentiality, Data, DataLoss, Incident, IncidentId, IncidentKind,
    PartialDate, Remedy,
};
use serde_json::{Map, Value};

use super::{
    entry::{Entry, Problem},
    words,
};

/// Longest title taken from a summary, in characters.
const TITLE: usize = 80;

/// One incident.
pub(super) fn incident(object: &Map<String, Value>) -> Result<Entry, Problem> {
    let get = |path: &str| at(object, path);
    let text = |path: &str| get(path).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let confirmed = text("security_incident").or_else(|| text("security_compromise")).unwrap_or_default();
    if matches!(words::folded(confirmed).as_str(), "false_positive" | "near_miss") {
        return Err(Problem::new("security_incident", format!("{confirmed:?}: this was no incident")));
    }
    let id = text("incident_id").or_else(|| text("plus.master_id")).and_then(IncidentId::new);
    let id = id.ok_or_else(|| Problem::new("incident_id", "it has no id"))?;
    let attributes = attributes(object);
    let title = title(object).unwrap_or_else(|| id.to_string());
    let mut incident = Incident::new(id, title, kind(object, &attributes));
    let actions = get("action").and_then(Value::as_object);
    let has = |action: &Action| actions.is_some_and(|actions| actions.contains_key(action.name()));
    incident.actions = Action::ALL.into_iter().filter(has).collect();
    let dates = &mut incident.dates;
    dates.started = date(object, "timeline.incident")?;
    dates.disclosed = date(object, "plus.timeline.notification")?;
    dates.discovered = after(dates.started, get("timeline.discovery"));
    dates.contained = after(dates.discovered, get("timeline.containment"));
    let rating = text("impact.overall_rating").and_then(words::impact);
    incident.severity = Assessment::by_rule(rating, &attributes, None);
    incident.attributes = attributes;
    let monitored = text("plus.attribute.confidentiality.credit_monitoring").map(words::folded);
    if monitored.is_some_and(|word| word == "y" || word == "yes") {
        incident.remedies = Some(BTreeSet::from([Remedy::Monitoring]));
    }
    Ok(Entry::Incident(Box::new(incident)))
}

/// A value by its path, names apart by dots.
fn at<'a>(object: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let mut names = path.split('.');
    let first = object.get(names.next()?)?;
    names.try_fold(first, |value, name| value.get(name))
}

/// The victim's name, else how the summary begins. Before version 1.3 victims were a list.
fn title(object: &Map<String, Value>) -> Option<String> {
    let victim = at(object, "victim.victim_id").or_else(|| object.get("victim")?.get(0)?.get("victim_id"));
    let victim = victim.and_then(Value::as_str).map(str::trim);
    if let Some(victim) = victim.filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("unknown")) {
        return Some(victim.to_owned());
    }
    let summary = object.get("summary")?.as_str()?.trim();
    let sentence = summary.split(['\n', '\r']).next()?.split(". ").next()?;
    (!sentence.is_empty()).then(|| sentence.chars().take(TITLE).collect())
}

/// Service that was interrupted without data being touched is what customers know as an outage.
fn kind(object: &Map<String, Value>, attributes: &Attributes) -> IncidentKind {
    let varieties = at(object, "attribute.availability.variety").and_then(Value::as_array);
    let interrupted = varieties.is_some_and(|all| all.iter().any(|variety| variety == "Interruption"));
    let untouched = attributes.confidentiality.is_none() && !attributes.integrity;
    if interrupted && untouched { IncidentKind::Outage } else { IncidentKind::Security }
}

fn attributes(object: &Map<String, Value>) -> Attributes {
    let has = |name: &str| at(object, name).is_some_and(Value::is_object);
    let lost = at(object, "attribute.confidentiality").and_then(Value::as_object);
    Attributes {
        confidentiality: lost.map(confidentiality),
        integrity: has("attribute.integrity"),
        availability: has("attribute.availability"),
    }
}

fn confidentiality(lost: &Map<String, Value>) -> Confidentiality {
    let loss = lost.get("data_disclosure").and_then(Value::as_str);
    let rows = lost.get("data").and_then(Value::as_array).into_iter().flatten();
    let (mut data, mut most) = (Vec::new(), None);
    for row in rows {
        let variety = row.get("variety").and_then(Value::as_str).unwrap_or_default();
        if !variety.is_empty() && variety != "Unknown" {
            data.push(Data::named(variety));
        }
        most = most.max(row.get("amount").and_then(number));
    }
    Confidentiality {
        loss: loss.and_then(|word| words::loss(word).ok()).unwrap_or(DataLoss::Unknown),
        data,
        // Amounts are those of single kinds: the largest is the least that the total can be.
        records: lost.get("data_total").and_then(number).or(most),
    }
}

/// A number that is not negative, also where it was written as text.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| words::count(value.as_str()?).ok())
}

/// A date of which the month or the day may be missing.
fn date(object: &Map<String, Value>, path: &str) -> Result<Option<PartialDate>, Problem> {
    let Some(parts) = at(object, path).and_then(Value::as_object) else { return Ok(None) };
    let wrong =
        |what: &str| Problem::new(format!("{path}.{what}"), format!("{} is not one", shown(parts.get(what))));
    let part = |what: &str| match parts.get(what) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let number = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
            number.map(Some).ok_or_else(|| wrong(what))
        }
    };
    let (year, month, day) = (part("year")?, part("month")?, part("day")?);
    let Some(year) = year else { return Ok(None) };
    let year = i16::try_from(year).map_err(|_| wrong("year"))?;
    let month = month.map(|month| i8::try_from(month).map_err(|_| wrong("month"))).transpose()?;
    let day = day.map(|day| i8::try_from(day).map_err(|_| wrong("day"))).transpose()?;
    // A day without its month says no more than the year.
    let day = month.and(day);
    let date = PartialDate::new(year, month, day);
    date.map(Some).map_err(|_| {
        let written = [Some(i64::from(year)), month.map(i64::from), day.map(i64::from)];
        let written: Vec<String> = written.into_iter().flatten().map(|part| part.to_string()).collect();
        Problem::new(path, format!("there is no such date: {}", written.join("-")))
    })
}

fn shown(value: Option<&Value>) -> String {
    value.map(|value| value.to_string().chars().take(40).collect()).unwrap_or_default()
}

/// So much later as a length of VERIS says, `{ "unit": "Days", "value": 3 }`, no finer than its unit and its start are.
///
/// Lengths of less than a day end on the day they begin on: off by one day at most.
fn after(start: Option<PartialDate>, length: Option<&Value>) -> Option<PartialDate> {
    let (start, length) = (start?, length?.as_object()?);
    let value = || {
        let value = length.get("value")?;
        value.as_i64().or_else(|| i64::try_from(number(value)?).ok()).filter(|value| *value >= 0)
    };
    match length.get("unit")?.as_str()? {
        "Seconds" => start.plus_days(value()? / 86_400),
        "Minutes" => start.plus_days(value()? / 1_440),
        "Hours" => start.plus_days(value()? / 24),
        "Days" => start.plus_days(value()?),
        "Weeks" => start.plus_days(value()?.checked_mul(7)?).map(PartialDate::to_month),
        "Months" => start.plus_months(value()?),
        "Years" => start.plus_years(value()?),
        _ => None,
    }
}
