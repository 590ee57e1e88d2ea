//! The words of registers: each field's values in English and French, and what is said where a word is none of them.

use std::collections::BTreeSet;

use fidance_domain::incident::{
    Action, ChangeKind, DataLoss, DisclosedBy, ImpactRating, IncidentKind, Remedy, Score, Severity, Wording,
};

/// What the column `type` can say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    /// An incident; whether data were lost is part of some words, and what was done of others.
    Incident { kind: IncidentKind, loss: bool, action: Option<Action> },
    /// Something else that changed.
    Change(ChangeKind),
}

/// Lower case, without accents, words apart by `_`.
pub(super) fn folded(text: &str) -> String {
    let plain =
        text.trim().to_lowercase().replace(['é', 'è', 'ê'], "e").replace(['à', 'â'], "a").replace('ç', "c");
    plain
        .split(|c: char| !c.is_alphanumeric() && c != '-')
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("_")
}

fn unknown(text: &str, words: &str) -> String {
    let shown: String = text.trim().chars().take(60).collect();
    format!("{shown:?} is not known; use {words}")
}

pub(super) fn kind(text: &str) -> Result<Type, String> {
    let incident = |kind, loss, action| Ok(Type::Incident { kind, loss, action });
    let security = |action| incident(IncidentKind::Security, false, Some(action));
    match folded(text).replace('-', "_").as_str() {
        "data_breach"
        | "breach"
        | "databreach"
        | "data_leak"
        | "leak"
        | "violation_de_donnees"
        | "fuite"
        | "fuite_de_donnees" => incident(IncidentKind::Security, true, None),
        "security_incident" | "incident" | "security" | "unknown" | "incident_de_securite" => {
            incident(IncidentKind::Security, false, None)
        }
        "expired_certificate" | "certificate" | "certificat" | "certificat_expire" => {
            incident(IncidentKind::ExpiredCertificate, false, None)
        }
        "outage" | "downtime" | "interruption" | "panne" | "indisponibilite" => {
            incident(IncidentKind::Outage, false, None)
        }
        "malware" | "ransomware" | "rancongiciel" | "logiciel_malveillant" => security(Action::Malware),
        "hacking" | "hacked" | "hack" | "intrusion" | "piratage" => security(Action::Hacking),
        "social" | "phishing" | "hameconnage" | "social_engineering" => security(Action::Social),
        "misuse" | "insider" | "inside_job" | "abus" => security(Action::Misuse),
        "physical" | "theft" | "loss" | "vol" | "perte" => security(Action::Physical),
        "error" | "erreur" | "misconfiguration" => security(Action::Error),
        "environmental" | "sinistre" => security(Action::Environmental),
        "price_change" | "price" | "price_rise" | "prix" | "hausse_de_prix" => {
            Ok(Type::Change(ChangeKind::PriceChange))
        }
        "release" | "version" | "mise_en_production" => Ok(Type::Change(ChangeKind::Release)),
        "authentication_step" | "authentication" | "authentification" => {
            Ok(Type::Change(ChangeKind::AuthenticationStep))
        }
        "campaign" | "campagne" => Ok(Type::Change(ChangeKind::Campaign)),
        "change" | "changement" => Ok(Type::Change(ChangeKind::Other("change".to_owned()))),
        _ => Err(unknown(
            text,
            "data_breach, security_incident, malware, hacking, social, misuse, physical, error, environmental, \
             expired_certificate or outage; for what is no incident price_change, release, authentication_step, \
             campaign or change",
        )),
    }
}

pub(super) fn action(text: &str) -> Result<Option<Action>, String> {
    if folded(text) == "unknown" {
        return Ok(None);
    }
    match kind(text) {
        Ok(Type::Incident { action: Some(action), .. }) => Ok(Some(action)),
        _ => {
            Err(unknown(text, "malware, hacking, social, misuse, physical, error, environmental or unknown"))
        }
    }
}

pub(super) fn severity(text: &str) -> Result<Severity, String> {
    match folded(text).as_str() {
        "0" | "low" | "minor" | "faible" | "negligeable" | "mineure" => Ok(Severity::Low),
        "1" | "medium" | "moderate" | "moyenne" | "limite" | "limitee" => Ok(Severity::Medium),
        "2" | "high" | "major" | "elevee" | "important" | "importante" | "majeure" => Ok(Severity::High),
        "3" | "critical" | "critique" | "maximal" | "maximale" => Ok(Severity::Critical),
        _ => Err(unknown(text, "low, medium, high or critical, or 0 to 3")),
    }
}

/// VERIS `impact.overall_rating`; `None` for `Unknown` and what is no rating.
pub(super) fn impact(text: &str) -> Option<ImpactRating> {
    match folded(text).as_str() {
        "insignificant" => Some(ImpactRating::Insignificant),
        "distracting" => Some(ImpactRating::Distracting),
        "painful" => Some(ImpactRating::Painful),
        "damaging" => Some(ImpactRating::Damaging),
        "catastrophic" => Some(ImpactRating::Catastrophic),
        _ => None,
    }
}

pub(super) fn loss(text: &str) -> Result<DataLoss, String> {
    match folded(text).as_str() {
        "confirmed" | "yes" | "oui" | "true" | "confirmee" => Ok(DataLoss::Confirmed),
        "possible" | "potentially" | "suspected" | "peut-etre" => Ok(DataLoss::Possible),
        "none" | "no" | "non" | "false" | "aucune" => Ok(DataLoss::None),
        "unknown" | "inconnu" | "inconnue" => Ok(DataLoss::Unknown),
        _ => Err(unknown(text, "confirmed, possible, none or unknown")),
    }
}

pub(super) fn disclosed_by(text: &str) -> Result<DisclosedBy, String> {
    match folded(text).as_str() {
        "company" | "business" | "us" | "self" | "shop" | "entreprise" | "nous" => Ok(DisclosedBy::Company),
        "press" | "media" | "newspaper" | "newspapers" | "presse" => Ok(DisclosedBy::Press),
        "other" | "authority" | "regulator" | "researcher" | "attacker" | "third_party" | "autre"
        | "autorite" | "chercheur" | "attaquant" | "tiers" => Ok(DisclosedBy::Other),
        _ => Err(unknown(text, "company, press or other")),
    }
}

pub(super) fn wording(text: &str) -> Result<Wording, String> {
    match folded(text).as_str() {
        "plain" | "clear" | "clair" | "claire" => Ok(Wording::Plain),
        "vague" | "unclear" | "hedged" | "confus" | "flou" => Ok(Wording::Vague),
        _ => Err(unknown(text, "plain or vague")),
    }
}

/// The remedies of one word: some words are two of them, and some none.
pub(super) fn remedies(text: &str) -> Result<BTreeSet<Remedy>, String> {
    let set = |remedies: &[Remedy]| Ok(remedies.iter().copied().collect());
    match folded(text).as_str() {
        "none" | "no" | "non" | "aucun" | "aucune" | "0" | "false" => set(&[]),
        "reset_and_support" => set(&[Remedy::Reset, Remedy::Support]),
        "reset" | "password_reset" | "reinitialisation" => set(&[Remedy::Reset]),
        "support" | "assistance" => set(&[Remedy::Support]),
        "voucher" | "discount" | "coupon" | "bon" | "bon_d_achat" => set(&[Remedy::Voucher]),
        "refund" | "remboursement" => set(&[Remedy::Refund]),
        "monitoring" | "credit_monitoring" | "surveillance" => set(&[Remedy::Monitoring]),
        "other" | "yes" | "oui" | "1" | "true" | "autre" => set(&[Remedy::Other]),
        _ => Err(unknown(text, "none, reset, support, voucher, refund, monitoring or other")),
    }
}

pub(super) fn flag(text: &str) -> Result<bool, String> {
    match folded(text).as_str() {
        "yes" | "oui" | "true" | "vrai" | "1" | "y" | "o" => Ok(true),
        "no" | "non" | "false" | "faux" | "0" | "n" => Ok(false),
        _ => Err(unknown(text, "yes or no")),
    }
}

pub(super) fn score(text: &str) -> Result<Score, String> {
    let number = text.trim().replace('−', "-").parse::<i8>().ok().and_then(Score::new);
    number.ok_or_else(|| unknown(text, "a whole number from -2 to 2"))
}

pub(super) fn days(text: &str) -> Result<i32, String> {
    let days = text.trim().replace('−', "-").parse::<i32>().ok().filter(|days| days.abs() <= 36_600);
    days.ok_or_else(|| unknown(text, "a whole number of days, below 0 where others told first"))
}

/// A count, with or without a mark between the thousands.
pub(super) fn count(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let mut groups = text.split([' ', ',', '.', '\'', '’', '_', '\u{a0}', '\u{202f}']);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let first = groups.next().filter(|first| digits(first));
    let rest: Vec<&str> = groups.collect();
    let grouped = rest.iter().all(|part| part.len() == 3 && digits(part));
    let short = rest.is_empty() || first.is_some_and(|first| first.len() <= 3);
    let number = first.filter(|_| grouped && short).map(|first| format!("{first}{}", rest.concat()));
    number
        .and_then(|number| number.parse().ok())
        .ok_or_else(|| unknown(text, "a whole number that is not negative"))
}
