//! Public collections of breaches: Have I Been Pwned, and Information is Beautiful.

use fidance_domain::incident::{
    Assessment, Communication, Confidentiality, Data, DataLoss, DisclosedBy, Incident, IncidentId,
    IncidentKind, PartialDate,
};
use serde_json::{Map, Value};

use super::{
    date::DateRule,
    entry::{Entry, Problem},
    words,
};

fn text<'a>(object: &'a Map<String, Value>, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default().trim()
}

/// A breach of Have I Been Pwned. Customers could know on the day it was added, often long after it happened, and not
/// from the business.
pub(super) fn hibp(object: &Map<String, Value>, dates: &DateRule) -> Result<Entry, Problem> {
    let is = |name: &str| object.get(name).and_then(Value::as_bool).unwrap_or(false);
    for (flag, why) in [
        ("IsFabricated", "the data were made up: there was no breach"),
        ("IsSpamList", "a list for sending spam: no business lost it"),
        ("IsStealerLog", "taken from people's own computers: no business lost it"),
    ] {
        if is(flag) {
            return Err(Problem::new(flag, why));
        }
    }
    let id = IncidentId::new(text(object, "Name")).ok_or_else(|| Problem::new("Name", "it has no name"))?;
    let title =
        Some(text(object, "Title")).filter(|title| !title.is_empty()).map_or(id.to_string(), str::to_owned);
    let mut incident = Incident::new(id, title, IncidentKind::Security);
    let date = |name: &str| {
        let written = Some(text(object, name)).filter(|text| !text.is_empty());
        written.map(|text| dates.read(text)).transpose().map_err(|reason| Problem::new(name, reason))
    };
    incident.dates.started = date("BreachDate")?;
    incident.dates.disclosed = date("AddedDate")?;
    let accounts = object.get("PwnCount").filter(|value| !value.is_null());
    let accounts =
        accounts.map(|value| value.as_u64().ok_or_else(|| Problem::new("PwnCount", "it is not a count")));
    incident.affected.customers = accounts.transpose()?;
    let classes = object.get("DataClasses").and_then(Value::as_array).into_iter().flatten();
    let loss = if object.get("IsVerified") == Some(&Value::Bool(false)) {
        DataLoss::Possible
    } else {
        DataLoss::Confirmed
    };
    incident.attributes.confidentiality = Some(Confidentiality {
        loss,
        data: classes.filter_map(Value::as_str).map(Data::named).collect(),
        records: None,
    });
    incident.communication =
        Some(Communication { disclosed_by: Some(DisclosedBy::Other), ..Communication::default() });
    incident.severity = Assessment::by_rule(None, &incident.attributes, incident.affected.customers);
    Ok(Entry::Incident(Box::new(incident)))
}

/// A row of Information is Beautiful: the year in which it happened, and nothing finer. When it was told is not there.
pub(super) fn iib(object: &Map<String, Value>) -> Result<Entry, Problem> {
    let company = text(object, "companyName");
    let year = text(object, "year");
    let started = year.parse::<i16>().ok().and_then(|year| PartialDate::new(year, None, None).ok());
    let started = started.ok_or_else(|| Problem::new("year", format!("{year:?} is no year")))?;
    let stolen = match text(object, "numStolen") {
        "NaN" | "" => None,
        number => Some(words::count(number).map_err(|reason| Problem::new("numStolen", reason))?),
    };
    let reason = text(object, "reason").to_lowercase();
    // Two breaches of one company in one year differ in what was stolen.
    let parts =
        [company, year, &stolen.map(|stolen| stolen.to_string()).unwrap_or_default()].map(words::folded);
    let id = parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join("-");
    let id = IncidentId::new(&id).filter(|_| !company.is_empty());
    let id = id.ok_or_else(|| Problem::new("companyName", "it has no name"))?;
    let mut incident = Incident::new(id, company, IncidentKind::Security);
    incident.dates.started = Some(started);
    for (word, action) in [
        ("hacked", "hacking"),
        ("inside job", "misuse"),
        ("lost / stolen", "physical"),
        ("accidentally published", "error"),
        ("configuration error", "error"),
    ] {
        if reason.contains(word) {
            incident.actions.extend(words::action(action).ok().flatten());
        }
    }
    incident.attributes.confidentiality =
        Some(Confidentiality { loss: DataLoss::Confirmed, data: Vec::new(), records: stolen });
    incident.severity = Assessment::by_rule(None, &incident.attributes, None);
    Ok(Entry::Incident(Box::new(incident)))
}
