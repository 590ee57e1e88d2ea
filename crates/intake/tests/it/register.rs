//! Registers: every form read as a person would read it, everything else refused by place, field and reason.

use std::path::{Path, PathBuf};

use fidance_domain::incident::{
    Action, Change, ChangeKind, DataKind, DataLoss, EventDate, Incident, IncidentKind, PartialDate, Remedy,
    Score, Severity, SeverityBasis,
};
use fidance_intake::{
    AtFormat,
    register::{
        RegisterForm, RegisterOptions, RegisterRead, form::RegisterFile, read_effects, read_register,
    },
};
use jiff::{civil::date, tz::TimeZone};
use proptest::prelude::*;

use crate::tools::{no_parquet, shared};

fn options() -> RegisterOptions {
    RegisterOptions { zone: TimeZone::get("Europe/Paris").unwrap(), at_format: None }
}

fn read(paths: &[PathBuf]) -> RegisterRead {
    read_register(paths, &options(), &no_parquet)
}

/// One file of this name with this content.
fn read_text(name: &str, text: impl AsRef<[u8]>) -> RegisterRead {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    let mut read = read(&[path]);
    let prefix = format!("{}/", folder.path().display());
    read.refused.iter_mut().for_each(|refused| refused.file = refused.file.replace(&prefix, ""));
    read
}

fn refusals(read: &RegisterRead) -> Vec<String> {
    read.refused.iter().map(ToString::to_string).collect()
}

fn on(text: &str) -> Option<PartialDate> {
    text.parse().ok()
}

/// What the simulated shop writes.
const SHOP: &str = r#"{
  "shop": "Demo", "time_zone": "Europe/Paris",
  "incidents": [
    { "id": "badly_told", "type": "data_breach", "title": "Passwords stolen", "severity": "high",
      "started": "2024-02-01", "discovered": "2024-02-20", "contained": "2024-02-22", "disclosed": "2024-04-02",
      "communication": { "disclosed_by": "press", "days_after_discovery": 42, "wording": "vague", "remedy": "none" },
      "data": ["email", "password"], "affected_customers": 1234 },
    { "id": "well_told", "type": "data_breach", "title": "Addresses stolen", "severity": "medium",
      "started": "2024-08-01", "discovered": "2024-08-02", "contained": "2024-08-02", "disclosed": "2024-08-05",
      "communication": { "disclosed_by": "company", "days_after_discovery": 3, "wording": "plain", "remedy": "reset_and_support" },
      "data": ["email"], "affected_customers": 0 },
    { "id": "expired", "type": "expired_certificate", "title": "Certificate", "severity": "low",
      "started": "2024-10-12", "discovered": "2024-10-13", "contained": "2024-10-13", "data": [], "affected_customers": 0 }
  ],
  "changes": [
    { "id": "price", "type": "price_change", "title": "Prices rise", "from": "2024-06-03", "until": "2024-06-03" },
    { "id": "step", "type": "authentication_step", "title": "Second factor", "from": "2024-09-09", "until": null,
      "scope": { "device": ["mobile", "desktop"], "country": "FR" } }
  ]
}"#;

#[test]
fn the_register_of_the_simulated_shop_is_read() {
    let read = read_text("incidents.json", SHOP);
    assert_eq!(refusals(&read), [""; 0]);
    assert!(read.unknown.is_empty(), "{:?}", read.unknown);
    let register = &read.register;
    assert_eq!(
        (register.shop.as_deref(), register.time_zone.as_deref()),
        (Some("Demo"), Some("Europe/Paris"))
    );
    let [badly, well, expired] = &register.incidents[..] else { panic!("{:?}", register.incidents) };
    assert_eq!(badly.kind, IncidentKind::Security);
    assert_eq!(
        badly.severity.map(|found| (found.severity, found.basis)),
        Some((Severity::High, SeverityBasis::Given))
    );
    let lost = badly.attributes.confidentiality.as_ref().unwrap();
    assert_eq!(lost.loss, DataLoss::Confirmed);
    assert_eq!(
        lost.data.iter().map(|data| data.kind).collect::<Vec<_>>(),
        [DataKind::Personal, DataKind::Credentials]
    );
    assert_eq!(badly.communication.unwrap().score().map(Score::value), Some(-2));
    assert_eq!((badly.days_to_disclose(), badly.affected.customers), (Some(42), Some(1234)));
    assert_eq!(badly.remedies.as_ref().map(std::collections::BTreeSet::len), Some(0));
    assert_eq!(well.communication.unwrap().score().map(Score::value), Some(2));
    assert_eq!(well.remedies.iter().flatten().copied().collect::<Vec<_>>(), [Remedy::Reset, Remedy::Support]);
    // Zero on a list is a count; where there can be no list it is none.
    assert_eq!((well.affected.customers, expired.affected.customers), (Some(0), None));
    assert_eq!(badly.warnings(), []);
    let days: Vec<String> =
        register.events().iter().map(|event| format!("{} {}", event.date.day().unwrap(), event.id)).collect();
    assert_eq!(
        days,
        [
            "2024-04-02 badly_told",
            "2024-06-03 price",
            "2024-08-05 well_told",
            "2024-09-09 step",
            "2024-10-12 expired"
        ]
    );
    assert_eq!(register.changes[0].kind, ChangeKind::PriceChange);
    let scope = |change: &Change| change.scope.as_ref().map(ToString::to_string);
    assert_eq!(scope(&register.changes[0]), None);
    assert_eq!(scope(&register.changes[1]).unwrap(), "country=FR; device=mobile|desktop");
}

#[test]
fn what_is_written_is_read_again_as_it_was() {
    let veris = r#"{ "incident_id": "v", "action": { "error": {} }, "attribute": { "confidentiality": { "data_disclosure": "Potentially",
        "data": [{ "variety": "Medical", "amount": 7 }] }, "availability": {} }, "timeline": { "incident": { "year": 2010, "month": 4 } },
        "plus": { "attribute": { "confidentiality": { "credit_monitoring": "Y" } } } }"#;
    let bare = r#"[{ "id": "b", "type": "data_breach", "what_to_do": true, "days_after_discovery": -3, "score": -1, "data_loss": "unknown", "affected_list": true },
        { "id": "o", "type": "outage", "actions": ["malware", "social"], "started": "2024", "contained": "2024-02", "severity": 3, "integrity": true, "scope": "tier=gold|a\\|b" }]"#;
    for text in [SHOP, veris, bare] {
        let first = read_text("first.json", text);
        assert_eq!(refusals(&first), [""; 0]);
        let written = serde_json::to_string(&RegisterFile::from(&first.register)).unwrap();
        let second = read_text("second.json", &written);
        assert_eq!((refusals(&second), second.unknown), (vec![], vec![]), "{written}");
        assert_eq!(second.register, first.register, "{written}");
    }
}

const VERIS: &str = r#"{"schema_version": "1.4.1", "incident_id": "11AA", "security_incident": "Confirmed",
  "summary": "A clerk sent letters to the wrong people. It was noticed at once.",
  "victim": {"victim_id": "Unknown"},
  "action": {"error": {"variety": ["Misdelivery"]}, "misuse": {}, "unknown": {}},
  "attribute": {"confidentiality": {"data_disclosure": "Yes", "data_total": 120000,
      "data": [{"variety": "Personal", "amount": 7}, {"variety": "Unknown"}]}, "integrity": {"variety": ["Fraudulent transaction"]}},
  "timeline": {"incident": {"year": 2010, "month": 4, "day": 9},
      "discovery": {"unit": "Days", "value": 30}, "containment": {"unit": "Weeks", "value": 2}},
  "plus": {"timeline": {"notification": {"year": 2010, "month": 6, "day": 1}}}}"#;

fn one(read: &RegisterRead) -> &Incident {
    assert_eq!(refusals(read), [""; 0]);
    assert_eq!(read.register.incidents.len(), 1);
    &read.register.incidents[0]
}

#[test]
fn veris_keeps_what_is_known_of_a_date() {
    let read = read_text("v.json", VERIS);
    let incident = one(&read);
    assert_eq!(incident.title, "A clerk sent letters to the wrong people");
    assert_eq!(incident.actions.iter().copied().collect::<Vec<_>>(), [Action::Misuse, Action::Error]);
    let dates = incident.dates;
    assert_eq!((dates.started, dates.discovered), (on("2010-04-09"), on("2010-05-09")));
    assert_eq!((dates.contained, dates.disclosed), (on("2010-05"), on("2010-06-01")));
    assert_eq!(incident.event().date, EventDate::On(date(2010, 6, 1)));
    let severity = incident.severity.unwrap();
    assert_eq!((severity.severity, severity.basis), (Severity::High, SeverityBasis::Data));
    assert_eq!(incident.attributes.confidentiality.as_ref().unwrap().records, Some(120_000));
    assert!(incident.attributes.integrity && !incident.attributes.availability);

    // Before version 1.3 victims were a list.
    let victims = VERIS.replace(r#"{"victim_id": "Unknown"}"#, r#"[{"victim_id": "A shop"}]"#);
    assert_eq!(one(&read_text("v.json", victims)).title, "A shop");

    let without_day = read_text("v.json", VERIS.replace(", \"day\": 9", ""));
    let dates = one(&without_day).dates;
    // 30 days after some day of April is in no month for certain.
    assert_eq!((dates.started, dates.discovered, dates.contained), (on("2010-04"), None, None));
}

#[test]
fn veris_in_a_list_in_lines_and_in_a_folder() {
    let other = VERIS.replace("11AA", "22BB").replace('\n', " ");
    let lines = format!("{}\n{other}\n", VERIS.replace('\n', " "));
    let array = format!("[{VERIS}, {other}]");
    for (name, text) in [("lines.json", &lines), ("lines.txt", &lines), ("array.json", &array)] {
        let read = read_text(name, text);
        assert_eq!(refusals(&read), [""; 0], "{name}");
        assert_eq!(
            (read.register.incidents.len(), read.files[0].form),
            (2, Some(RegisterForm::Veris)),
            "{name}"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("inner")).unwrap();
    std::fs::write(folder.path().join("b.json"), VERIS).unwrap();
    std::fs::write(folder.path().join("inner/a.json"), &other).unwrap();
    std::fs::write(folder.path().join("notes.txt"), "not of interest").unwrap();
    let read = read(&[folder.path().to_owned()]);
    assert_eq!((read.entries(), read.files.len(), read.refused.len()), (2, 2, 0));
}

#[test]
fn an_interruption_without_loss_of_data_is_an_outage() {
    let text = |attribute: &str| {
        format!(r#"{{"incident_id": "d", "action": {{"hacking": {{}}}}, "attribute": {attribute}}}"#)
    };
    let kind = |attribute: &str| one(&read_text("d.json", text(attribute))).kind;
    assert_eq!(kind(r#"{"availability": {"variety": ["Interruption"]}}"#), IncidentKind::Outage);
    assert_eq!(kind(r#"{"availability": {"variety": ["Loss"]}}"#), IncidentKind::Security);
    assert_eq!(
        kind(r#"{"availability": {"variety": ["Interruption"]}, "confidentiality": {}}"#),
        IncidentKind::Security
    );
}

#[test]
fn what_json_cannot_be_used_is_refused_by_its_pointer() {
    for (text, expected) in [
        (
            VERIS.replace("\"month\": 4", "\"month\": 13"),
            "x.json: the whole document: timeline.incident: there is no such date: 2010-13-9",
        ),
        (
            VERIS.replace("2010, \"month\": 4", "\"soon\""),
            "x.json: the whole document: timeline.incident.year: \"soon\" is not one",
        ),
        (
            VERIS.replace("Confirmed", "Near miss"),
            "x.json: the whole document: security_incident: \"Near miss\": this was no incident",
        ),
        (VERIS.replace("11AA", ""), "x.json: the whole document: incident_id: it has no id"),
        (
            SHOP.replace("2024-04-02", "2024-04-31"),
            "x.json: /incidents/0: disclosed: \"2024-04-31\" is no date; write 2024-05-17, or 2024-05 or 2024 where less is known",
        ),
        (
            SHOP.replace("\"vague\"", "\"loud\""),
            "x.json: /incidents/0: communication.wording: \"loud\" is not known; use plain or vague",
        ),
        (SHOP.replace("\"2024-06-03\"", "null"), "x.json: /changes/0: from: a change needs its first day"),
        (
            SHOP.replace("well_told", "badly_told"),
            "x.json: /incidents/1: id: \"badly_told\" is already the id of",
        ),
        (
            SHOP.replace("1234", "-4"),
            "x.json: /incidents/0: affected_customers: \"-4\" is not known; use a whole number that is not negative",
        ),
        (
            SHOP.replace("1234", "[1]"),
            "x.json: /incidents/0: affected_customers: one value is expected, not a list or an object",
        ),
        (SHOP.replace("\"FR\"", "[]"), "x.json: /changes/1: scope: the column \"country\" has no value"),
        (
            SHOP.replace("\"FR\"", "{}"),
            "x.json: /changes/1: scope.country: a value is expected, or a list of values",
        ),
        (
            SHOP.replace("{ \"device\": [\"mobile\", \"desktop\"], \"country\": \"FR\" }", "{}"),
            "x.json: /changes/1: scope: it names no column",
        ),
        (SHOP.replace("\"id\": \"expired\",", ""), "x.json: /incidents/2: id: it has no id"),
        (
            "[{\"id\": \"a\", \"type\": \"data_breach\"}, 7]".to_owned(),
            "x.json: /1: an incident is a JSON object, this is none",
        ),
        (
            "{\"a\": 1, \"b\": 2}".to_owned(),
            "x.json: the whole document: it has no form of incidents that is known; its fields are a, b",
        ),
        ("[]".to_owned(), "x.json: the whole document: the list is empty"),
        ("{\"incidents\": [1]}".to_owned(), "x.json: /incidents/0: an entry is a JSON object, this is none"),
        ("hello".to_owned(), "x.json: line 1: this is not valid JSON: expected value at line 1 column 1"),
        (SHOP[..SHOP.len() - 3].to_owned(), "x.json: line 19: this is not valid JSON: EOF while parsing"),
        (" \n ".to_owned(), "x.json: the file is empty"),
        (
            format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000)),
            "x.json: line 1: this is not valid JSON: recursion limit exceeded",
        ),
    ] {
        let read = read_text("x.json", &text);
        let found = refusals(&read);
        assert!(found.len() == 1 && found[0].starts_with(expected), "{expected}\n{found:?}");
        // The others are read.
        let others = if text.contains("\"shop\"") && !text.ends_with(|c: char| c != '}') { 4 } else { 0 };
        assert!(read.entries() >= others, "{expected}: {} read", read.entries());
    }
}

#[test]
fn fields_without_a_meaning_are_named() {
    let read =
        read_text("x.json", SHOP.replace("\"severity\"", "\"colour\"").replace("\"wording\"", "\"tone\""));
    let names: Vec<&str> = read.unknown.iter().map(|field| field.name.as_str()).collect();
    // In the order of the names, as JSON objects have none.
    assert_eq!(names, ["colour", "communication.tone"]);
    // Without the severity the rule decides: passwords, more than a hundred.
    assert_eq!(read.register.incidents[0].severity.map(|found| found.severity), Some(Severity::High));
}

#[test]
fn a_list_is_read_under_the_names_that_people_give_its_columns() {
    let text = "\
id;title;type;severity;started;discovered;contained;disclosed;affected;data;disclosed_by;wording;remedy;owner
A1;Mots de passe volés;fuite;élevée;03/02/2024;20/02/2024;;02/04/2024;12 345;e-mail|mot de passe;presse;vague;aucun;moi
A2;Site en panne;panne;1;2024-05;;2024-06;;;;;;;moi
A3;Hausse de prix;hausse de prix;;13/06/2024;;;;;;;;;moi
A4;Rien;;;;;;;;;;;;moi
A5;Trop grave;hacking;4;01/01/2024;;;;;;;;;moi
A6;Faux jour;hacking;;31/02/2024;;;;;;;;;moi
A1;Encore;hacking;;2024;;;;;;;;;moi
";
    let read = read_text("liste.csv", text);
    assert_eq!(
        refusals(&read),
        [
            "liste.csv: line 5: type: it has no type",
            "liste.csv: line 6: severity: \"4\" is not known; use low, medium, high or critical, or 0 to 3",
            "liste.csv: line 7: started: \"31/02/2024\" is no date; write 2024-05-17, or 2024-05 or 2024 where less is known",
        ]
        .map(str::to_owned)
        .into_iter()
        .chain([refusals(&read).pop().unwrap()])
        .collect::<Vec<_>>()
    );
    assert!(refusals(&read)[3].starts_with("liste.csv: line 8: id: \"A1\" is already the id of"));
    assert_eq!((read.files[0].read, read.files[0].refused), (3, 4));
    assert_eq!(read.unknown.iter().map(|field| field.name.as_str()).collect::<Vec<_>>(), ["owner"]);
    let [stolen, down] = &read.register.incidents[..] else { panic!() };
    assert_eq!((stolen.dates.started, stolen.dates.disclosed), (on("2024-02-03"), on("2024-04-02")));
    assert_eq!(
        (stolen.affected.customers, stolen.severity.unwrap().severity),
        (Some(12_345), Severity::High)
    );
    assert_eq!(stolen.attributes.confidentiality.as_ref().unwrap().data.len(), 2);
    assert_eq!((stolen.days_to_disclose(), stolen.remedies.as_ref().unwrap().len()), (Some(42), 0));
    assert_eq!(
        (down.kind, down.event().date),
        (IncidentKind::Outage, EventDate::Imprecise(on("2024-05").unwrap()))
    );
    assert_eq!(read.register.changes[0].from, on("2024-06-13").unwrap());
}

#[test]
fn a_list_says_whom_its_entries_concern() {
    let text = "id,type,from,Périmètre\n\
        a,authentication_step,2024-02-20,device = mobile | desktop; country = FR\n\
        b,price_change,2024-02-20,\n\
        c,outage,2024-02-20,device=app\n\
        d,release,2024-02-20,app\n";
    let read = read_text("list.csv", text);
    let register = &read.register;
    let step = register.changes[0].scope.as_ref().unwrap();
    assert_eq!(step.to_string(), "country=FR; device=mobile|desktop");
    assert_eq!(register.changes[1].scope, None);
    assert_eq!(register.incidents[0].scope.as_ref().unwrap().to_string(), "device=app");
    assert_eq!(
        refusals(&read),
        [
            "list.csv: line 5: Périmètre: \"app\" is no condition; write column=value, values apart by |, columns apart by ;"
        ]
    );
}

#[test]
fn dates_that_can_be_read_two_ways_are_a_question() {
    let text = "id,type,disclosed\na,hacking,01/02/2024\nb,hacking,03/04/2024\n";
    let read = read_text("list.csv", text);
    let found = refusals(&read);
    assert!(
        found[0].starts_with("list.csv: the dates in \"disclosed\" can be read in two ways"),
        "{found:?}"
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.csv");
    std::fs::write(&path, text).unwrap();
    let options = RegisterOptions { at_format: Some(AtFormat::Mdy), ..options() };
    let read = read_register(&[path], &options, &no_parquet);
    assert_eq!(read.register.incidents[0].dates.disclosed, on("2024-01-02"));
}

#[test]
fn an_instant_is_a_day_of_the_business() {
    let read = read_text("list.csv", "id,type,disclosed\na,hacking,2024-06-30T22:30:00Z\n");
    assert_eq!(one(&read).dates.disclosed, on("2024-07-01"));
}

#[test]
fn a_list_without_ids_gets_them_from_its_lines() {
    let read = read_text("past.csv", "title,disclosed\nOne,2024-05-01\nTwo,\n");
    let ids: Vec<String> = read.register.incidents.iter().map(|incident| incident.id.to_string()).collect();
    assert_eq!(ids, ["past-2", "past-3"]);
}

#[test]
fn another_table_is_not_taken_for_a_list_of_incidents() {
    let read = read_text("orders.csv", "id,customer,date,total\n1,a,2024-05-01,3\n2,b,2024-05-02,4\n");
    assert!(refusals(&read)[0].contains("this is no list of incidents"), "{:?}", refusals(&read));
    assert_eq!(read.entries(), 0);
}

#[test]
fn files_that_are_not_there_or_not_text_are_refused() {
    let found = refusals(&read(&[Path::new("/nowhere/x.json").to_owned()]));
    assert_eq!(found, ["/nowhere/x.json: there is no such file; check the path"]);
    let folder = tempfile::tempdir().unwrap();
    let found = refusals(&read(&[folder.path().to_owned()]));
    assert!(found[0].ends_with("there is no .json or .csv file in this folder"), "{found:?}");
    assert!(refusals(&read_text("x.csv", b"PK\x03\x04"))[0].contains("Excel"));
}

/// Counts of one collection: read, and refused by field.
fn counts(path: &str) -> Option<(RegisterRead, Vec<(String, usize)>)> {
    let read = read(&[shared(path)?]);
    let mut by_field: Vec<(String, usize)> = Vec::new();
    for refused in &read.refused {
        let field = refused.field.clone().unwrap_or_default();
        match by_field.iter_mut().find(|(known, _)| *known == field) {
            Some((_, n)) => *n += 1,
            None => by_field.push((field, 1)),
        }
    }
    by_field.sort();
    println!("{path}: {} read, refused: {by_field:?}", read.entries());
    Some((read, by_field))
}

#[test]
fn every_entry_of_the_public_collections_is_read_or_refused_for_its_reason() {
    let some = |fields: &[(&str, usize)]| {
        fields.iter().map(|(field, n)| ((*field).to_owned(), *n)).collect::<Vec<_>>()
    };
    if let Some((read, refused)) = counts("incidents-vcdb/json") {
        assert_eq!((read.entries(), refused), (1, vec![]));
        let incident = &read.register.incidents[0];
        assert_eq!(incident.title, "United States Department of Veterans Affairs");
        assert_eq!((incident.dates.started, incident.dates.disclosed), (on("2010-04-09"), None));
        assert_eq!(incident.actions.iter().copied().collect::<Vec<_>>(), [Action::Misuse]);
        assert_eq!(incident.severity.unwrap().severity, Severity::Low);
    }
    if let Some((read, refused)) = counts("incidents-vcdb/vcdb.csv") {
        assert_eq!((read.entries(), refused), (5_701, vec![]));
        let hacked = |incident: &&Incident| incident.actions.contains(&Action::Hacking);
        assert_eq!(read.register.incidents.iter().filter(hacked).count(), 1_612);
        assert!(read.register.incidents.iter().all(|incident| incident.event().date.day().is_none()));
    }
    // The same with empty and repeated columns, which mean nothing.
    if let Some((read, refused)) = counts("incidents-vcdb/vcdb_mod.csv") {
        assert_eq!((read.entries(), refused), (5_701, vec![]));
    }
    if let Some((read, refused)) = counts("incidents-hibp/breaches.json") {
        assert_eq!((read.entries(), refused), (322, some(&[("IsFabricated", 2), ("IsSpamList", 10)])));
        let early = read.register.incidents.iter().filter(|incident| {
            incident.warnings().iter().any(|warning| warning.to_string().contains("before it was started"))
        });
        let early: Vec<&str> = early.map(|incident| incident.id.as_str()).collect();
        assert_eq!(early, ["MangaTraders", "Vodafone"]);
        assert!(read.register.incidents.iter().all(|incident| incident.event().date.day().is_some()));
    }
    if let Some((read, refused)) = counts("incidents-iib/breaches.json") {
        // One row stands there twice.
        assert_eq!((read.entries(), refused), (210, some(&[("id", 1), ("year", 3)])));
        assert!(
            refusals(&read)
                .iter()
                .any(|text| text.contains("\"sony_pictures-2015-10000000\" is already the id"))
        );
    }
    if let Some((read, refused)) = counts("incidents-kev/known_exploited_vulnerabilities.json") {
        assert_eq!((read.entries(), refused), (0, some(&[("", 1)])));
    }
}

#[test]
fn effects_are_read_or_the_first_wrong_row_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("effects.csv");
    let effects = |text: &str| {
        std::fs::write(&path, text).unwrap();
        let shown = |error: fidance_intake::IntakeError| {
            error.to_string().replace(&format!("{}: ", path.display()), "")
        };
        read_effects(&path, &no_parquet).map_err(shown)
    };
    let rows = effects("remedy;se;incident;effect;severity\nyes;0,5;a;-1,25;high\n;1;b;2;0\n").unwrap();
    let [first, second] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!(
        (first.effect, first.standard_error, first.severity, first.remedy),
        (-1.25, 0.5, Some(2.0), Some(1.0))
    );
    assert_eq!((second.severity, second.remedy, second.days_to_disclose), (Some(0.0), None, None));
    for (text, expected) in [
        ("incident,effect\na,1\n", "there is no column se; needed are incident, effect and se"),
        ("incident,effect,se\na,1,0\n", "line 2: se is 0, expected a number above 0"),
        ("incident,effect,se\na,1,1\nb,much,1\n", "line 3: effect is \"much\", expected a number"),
        ("incident,effect,se\na,1,1\na,2,1\n", "line 3: incident \"a\" has an effect already"),
        ("incident,effect,se\na,inf,1\n", "line 2: effect is \"inf\", expected a number"),
        ("incident,effect,se\n,1,1\n", "line 2: incident is empty"),
    ] {
        let found = effects(text).unwrap_err();
        assert!(found.starts_with(expected), "{expected}\n{found}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), json: bool) {
        read_text(if json { "x.json" } else { "x.csv" }, bytes);
    }

    /// A register, a VERIS incident or a list with some bytes replaced: near enough to be taken for one.
    #[test]
    fn no_damage_makes_it_panic(which in 0..3usize, at in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let list = "id,title,type,severity,started,disclosed,affected\nA,x,hacking,2,2024-01-02,2024-05,7\n";
        let (name, text) = [("x.json", SHOP), ("x.json", VERIS), ("x.csv", list)][which];
        let mut bytes = text.as_bytes().to_vec();
        for (index, byte) in at {
            let place = index.index(bytes.len());
            bytes[place] = byte;
        }
        let read = read_text(name, &bytes);
        let (of_files, all) = (read.files.iter().map(|file| file.refused).sum::<u64>(), read.refused.len() as u64);
        prop_assert_eq!(of_files, all);
        let entries = read.register.incidents.len() + read.register.changes.len();
        prop_assert_eq!(read.entries(), entries as u64);
    }
}
