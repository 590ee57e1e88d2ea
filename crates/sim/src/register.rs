//! `incidents.json`: what the shop itself knows and has written down. No effect is in it.

use jiff::{ToSpan, civil::Date};
use serde::Serialize;
use serde_json::{Value, json};

use crate::scenario::{Breach, Certificate, Disclosure, Remedy, Scenario, Severity, Who, Wording};

#[derive(Serialize)]
struct Incident<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'a str,
    severity: Severity,
    started: Date,
    discovered: Date,
    contained: Date,
    /// When customers learned of it; absent where nobody was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    disclosed: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    communication: Option<Communication>,
    data: &'a [String],
    affected_customers: u64,
    /// Whom alone it concerns: no secret of the simulator, the shop knows where its certificate or its step is.
    #[serde(skip_serializing_if = "Who::is_empty")]
    scope: Who,
}

#[derive(Serialize)]
struct Communication {
    disclosed_by: Disclosure,
    days_after_discovery: i32,
    wording: Wording,
    remedy: Remedy,
}

/// The register. `affected` counts, for each breach, the customers on its list.
pub(crate) fn register(scenario: &Scenario, affected: &[u64]) -> Value {
    let counts = affected.iter().copied().chain(std::iter::repeat(0));
    let breaches = scenario.breaches.iter().zip(counts).map(|(breach, count)| breach_entry(breach, count));
    let incidents: Vec<Incident> =
        breaches.chain(scenario.certificates.iter().map(certificate_entry)).collect();
    let steps = scenario.authentication_steps.iter().map(|step| {
        let mut entry = json!({
            "id": step.id, "type": "authentication_step", "title": step.title, "from": step.from, "until": step.until,
        });
        if let (false, Some(fields)) = (step.who.is_empty(), entry.as_object_mut()) {
            fields.insert("scope".to_owned(), json!(step.who));
        }
        entry
    });
    let announcements = scenario.announcements.iter().map(|news| {
        json!({ "id": news.id, "type": news.kind, "title": news.title, "from": news.on, "until": news.on })
    });
    let campaigns = scenario.campaigns.iter().map(|campaign| {
        let last = i64::from(campaign.days) - 1;
        let until = campaign.start.checked_add(last.days()).unwrap_or(campaign.start);
        json!({ "id": slug(&campaign.name), "type": "campaign", "title": campaign.name, "from": campaign.start, "until": until })
    });
    json!({
        "shop": scenario.shop.name,
        "time_zone": scenario.shop.time_zone,
        "incidents": incidents,
        "changes": steps.chain(announcements).chain(campaigns).collect::<Vec<_>>(),
    })
}

fn breach_entry(breach: &Breach, affected_customers: u64) -> Incident<'_> {
    Incident {
        id: &breach.id,
        kind: "data_breach",
        title: &breach.title,
        severity: breach.severity,
        started: breach.started,
        discovered: breach.discovered,
        contained: breach.contained,
        disclosed: Some(breach.disclosed),
        communication: Some(Communication {
            disclosed_by: breach.disclosed_by,
            days_after_discovery: (breach.disclosed - breach.discovered).get_days(),
            wording: breach.wording,
            remedy: breach.remedy,
        }),
        data: &breach.data,
        affected_customers,
        scope: Who::new(),
    }
}

fn certificate_entry(certificate: &Certificate) -> Incident<'_> {
    Incident {
        id: &certificate.id,
        kind: "expired_certificate",
        title: &certificate.title,
        severity: certificate.severity,
        started: certificate.started,
        discovered: certificate.ended,
        contained: certificate.ended,
        disclosed: None,
        communication: None,
        data: &[],
        affected_customers: 0,
        scope: certificate.who.clone(),
    }
}

fn slug(name: &str) -> String {
    name.to_lowercase().replace(|c: char| !c.is_alphanumeric(), "_")
}
