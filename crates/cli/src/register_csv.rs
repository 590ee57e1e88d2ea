//! A register as the list that `fidance incidents` reads: one row per entry, under the documented columns.

use std::fmt::Write as _;

use fidance_domain::incident::{Change, ChangeKind, DataLoss, Incident, IncidentKind, PartialDate, Register};

use crate::csv::field;

const COLUMNS: &str = "id,title,type,actions,severity,severity_from,started,discovered,contained,disclosed,affected,\
affected_list,data,records,data_loss,integrity,availability,disclosed_by,days_after_discovery,wording,what_happened,\
which_data,what_was_done,what_to_do,communication,remedy,scope";

/// All entries: incidents, then changes, whose last day stands in `contained`.
pub(crate) fn render(register: &Register) -> String {
    let mut text = format!("{COLUMNS}\n");
    let incidents = register.incidents.iter().map(incident);
    for cells in incidents.chain(register.changes.iter().map(change)) {
        let cells: Vec<String> = cells.iter().map(|cell| field(cell)).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", cells.join(","));
    }
    text
}

fn date(date: Option<PartialDate>) -> String {
    date.map(|date| date.to_string()).unwrap_or_default()
}

fn flag(flag: Option<bool>) -> String {
    flag.map_or("", |flag| if flag { "yes" } else { "no" }).to_owned()
}

fn number(number: Option<impl ToString>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

fn incident(incident: &Incident) -> Vec<String> {
    let lost = incident.attributes.confidentiality.as_ref();
    let told = incident.communication.unwrap_or_default();
    let kind = match (incident.kind, lost) {
        (IncidentKind::Security, Some(_)) => "data_breach",
        (kind, _) => kind.name(),
    };
    let all = |names: Vec<&str>| names.join(";");
    let remedies = incident.remedies.as_ref().map(|remedies| match remedies.len() {
        0 => "none".to_owned(),
        _ => all(remedies.iter().map(|remedy| remedy.name()).collect()),
    });
    let loss = lost.map(|lost| lost.loss).filter(|loss| *loss != DataLoss::Unknown || kind == "data_breach");
    // A data class with a mark in it would come apart when it is read again.
    let data = lost.into_iter().flat_map(|lost| &lost.data).map(|data| data.name.replace([';', '|'], " "));
    vec![
        incident.id.to_string(),
        incident.title.clone(),
        kind.to_owned(),
        all(incident.actions.iter().map(|action| action.name()).collect()),
        incident.severity.map_or("", |assessed| assessed.severity.name()).to_owned(),
        incident.severity.map_or("", |assessed| assessed.basis.name()).to_owned(),
        date(incident.dates.started),
        date(incident.dates.discovered),
        date(incident.dates.contained),
        date(incident.dates.disclosed),
        number(incident.affected.customers),
        flag(incident.affected.listed.then_some(true)),
        data.fold(String::new(), |all, name| all + &name + ";"),
        number(lost.and_then(|lost| lost.records)),
        loss.map_or("", DataLoss::name).to_owned(),
        flag(incident.attributes.integrity.then_some(true)),
        flag(incident.attributes.availability.then_some(true)),
        told.disclosed_by.map_or("", |by| by.name()).to_owned(),
        number(told.days_after_discovery),
        told.wording.map_or("", |wording| wording.name()).to_owned(),
        flag(told.content.what_happened),
        flag(told.content.which_data),
        flag(told.content.what_was_done),
        flag(told.content.what_to_do),
        number(told.given.map(fidance_domain::incident::Score::value)),
        remedies.unwrap_or_default(),
        number(incident.scope.as_ref()),
    ]
}

fn change(change: &Change) -> Vec<String> {
    // A list knows the words for changes, and nothing of others.
    let kind = match &change.kind {
        ChangeKind::Other(_) => "change",
        known => known.name(),
    };
    let mut cells = vec![String::new(); COLUMNS.split(',').count()];
    let values = [
        (0, change.id.to_string()),
        (1, change.title.clone()),
        (2, kind.to_owned()),
        (6, change.from.to_string()),
        (8, date(change.until)),
        (cells.len() - 1, number(change.scope.as_ref())),
    ];
    for (at, value) in values {
        if let Some(cell) = cells.get_mut(at) {
            *cell = value;
        }
    }
    cells
}
