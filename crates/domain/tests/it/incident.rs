//! Incidents: dates that are known in part, the day customers could know, severity and score where nobody gave them.

use std::collections::BTreeSet;

use fidance_domain::incident::{
    Assessment, Attributes, Basis, Change, ChangeKind, Communication, Confidentiality, Content, Data,
    DataKind, DataLoss, DisclosedBy, Event, EventDate, ImpactRating, Incident, IncidentId, IncidentKind,
    PartialDate, Register, Score, Severity, SeverityBasis, Warning, Wording,
};
use jiff::civil::date;

fn incident(kind: IncidentKind) -> Incident {
    Incident::new(IncidentId::new("a").unwrap(), "An incident", kind)
}

fn on(text: &str) -> Option<PartialDate> {
    text.parse().ok()
}

#[test]
fn a_date_keeps_what_is_known_of_it() {
    for (text, first, last) in [
        ("2024-02-29", date(2024, 2, 29), date(2024, 2, 29)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023", date(2023, 1, 1), date(2023, 12, 31)),
    ] {
        let partial: PartialDate = text.parse().unwrap();
        assert_eq!(
            (partial.earliest(), partial.latest(), partial.to_string()),
            (first, last, text.to_owned())
        );
    }
    for text in [
        "",
        "2023-02-29",
        "2024-13",
        "2024-00",
        "24-01-01",
        "2024-1-1",
        "2024-01-01-01",
        "-2024",
        "0999",
        "9999",
    ] {
        assert!(text.parse::<PartialDate>().is_err(), "{text}");
    }
    assert!(PartialDate::new(2024, None, Some(3)).is_err());
}

#[test]
fn dates_are_compared_only_where_the_days_cannot_matter() {
    let before = |a: &str, b: &str| on(a).unwrap().is_before(on(b).unwrap());
    assert!(before("2024-02", "2024-03-01") && before("2023", "2024-01"));
    assert!(
        !before("2024-02", "2024-02-29") && !before("2024", "2024-12-31") && !before("2024-05-01", "2024")
    );
}

#[test]
fn a_length_of_time_gives_no_date_finer_than_itself() {
    let start = on("2024-01-31").unwrap();
    assert_eq!(start.plus_days(30), on("2024-03-01"));
    assert_eq!(start.plus_months(1), on("2024-02"));
    assert_eq!(start.plus_years(2), on("2026"));
    let month = on("2024-01").unwrap();
    assert_eq!((month.plus_days(3), month.plus_months(13)), (None, on("2025-02")));
    assert_eq!(on("2024").unwrap().plus_months(1), None);
    assert_eq!(start.plus_days(i64::MAX), None);
    assert_eq!(start.plus_years(9_000), None);
}

#[test]
fn a_breach_counts_from_its_disclosure_and_an_outage_from_its_beginning() {
    let mut breach = incident(IncidentKind::Security);
    breach.dates.started = on("2024-01-10");
    breach.dates.contained = on("2024-02-01");
    assert_eq!(breach.event().date, EventDate::Unknown);
    assert_eq!(breach.warnings(), [Warning::Undated]);
    breach.dates.disclosed = on("2024-03");
    let month = on("2024-03").unwrap();
    assert_eq!((breach.event().date, breach.event().date.day()), (EventDate::Imprecise(month), None));
    assert_eq!(breach.warnings(), [Warning::Imprecise { date: month }]);
    breach.dates.disclosed = on("2024-03-05");
    let event = breach.event();
    assert_eq!(
        (event.basis, event.date, event.until),
        (Basis::Disclosure, EventDate::On(date(2024, 3, 5)), None)
    );

    let mut certificate = incident(IncidentKind::ExpiredCertificate);
    certificate.dates = breach.dates;
    let event = certificate.event();
    assert_eq!(
        (event.basis, event.date.day(), event.until),
        (Basis::Beginning, Some(date(2024, 1, 10)), Some(date(2024, 2, 1)))
    );
}

#[test]
fn contradictions_are_told_and_what_is_only_imprecise_is_not() {
    let mut breach = incident(IncidentKind::Security);
    breach.dates.started = on("2024-02-10");
    breach.dates.contained = on("2024-02-01");
    breach.dates.discovered = on("2024-02");
    breach.dates.disclosed = on("2024-02-11");
    let warnings = breach.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert_eq!(warnings[0].to_string(), "contained on 2024-02-01, before it was started on 2024-02-10");

    breach.dates.contained = None;
    breach.dates.discovered = on("2024-02-20");
    assert!(
        breach.warnings()[0].to_string().starts_with("disclosed on 2024-02-11, before it was discovered")
    );
    // Newspapers may know first.
    breach.communication =
        Some(Communication { disclosed_by: Some(DisclosedBy::Press), ..Communication::default() });
    assert_eq!(breach.warnings(), []);
    assert_eq!(breach.days_to_disclose(), Some(-9));
    breach.communication.as_mut().unwrap().days_after_discovery = Some(3);
    assert_eq!(breach.warnings(), [Warning::Delay { given: 3, counted: -9 }]);
}

fn lost(names: &[&str], loss: DataLoss, records: Option<u64>) -> Attributes {
    let data = names.iter().map(|name| Data::named(name)).collect();
    Attributes { confidentiality: Some(Confidentiality { loss, data, records }), ..Attributes::default() }
}

#[test]
fn severity_follows_the_documented_rule() {
    use DataLoss::{Confirmed, None as NotLost, Possible, Unknown};
    use Severity::{Critical, High, Low, Medium};
    let rule = |names: &[&str], loss, records| {
        Assessment::by_rule(None, &lost(names, loss, records), None).map(|found| found.severity)
    };
    for (names, loss, records, expected) in [
        (&["email"][..], Confirmed, Some(5_000), Some(Medium)),
        (&["email"], Confirmed, Some(100_000), Some(High)),
        (&["email"], Confirmed, Some(99), Some(Low)),
        (&["email", "Passwords"], Confirmed, None, Some(High)),
        (&["Medical"], Confirmed, Some(2_000_000), Some(Critical)),
        (&["Medical"], Possible, Some(2_000_000), Some(High)),
        (&["Medical"], Possible, Some(7), Some(Low)),
        (&["Medical"], NotLost, Some(7), None),
        (&[], Unknown, None, None),
        (&[], Confirmed, Some(7), Some(Low)),
    ] {
        assert_eq!(rule(names, loss, records), expected, "{names:?} {loss:?} {records:?}");
    }
    let rated =
        Assessment::by_rule(Some(ImpactRating::Painful), &lost(&["email"], Confirmed, None), None).unwrap();
    assert_eq!((rated.severity, rated.basis), (High, SeverityBasis::Impact));
    let many = Assessment::by_rule(None, &lost(&["email"], Confirmed, None), Some(1_000_000)).unwrap();
    assert_eq!(many.severity, High);
    assert_eq!(
        Assessment::by_rule(None, &Attributes { availability: true, ..Attributes::default() }, Some(9)),
        None
    );
}

#[test]
fn data_are_recognised_by_name_in_both_languages() {
    use DataKind::{Bank, Credentials, Internal, Medical, Other, Payment, Personal, Sensitive};
    for (name, kind) in [
        ("email-addresses", Personal),
        ("order_history", Personal),
        ("personal-health-data", Medical),
        ("Sensitive Personal", Sensitive),
        ("government-issued-ids", Sensitive),
        ("Pièce d’identité", Sensitive),
        ("partial-credit-card-data", Payment),
        ("Bank", Bank),
        ("coordonnées bancaires", Bank),
        ("security-questions-and-answers", Credentials),
        ("mots de passe", Credentials),
        ("Source code", Internal),
        ("astrological-signs", Other),
        ("", Other),
    ] {
        assert_eq!(DataKind::of(name), kind, "{name}");
    }
}

#[test]
fn the_score_of_communication_is_the_sum_of_what_is_known() {
    use DisclosedBy::{Company, Press};
    let told = |disclosed_by, wording, content: [Option<bool>; 4]| {
        let [what_happened, which_data, what_was_done, what_to_do] = content;
        let content = Content { what_happened, which_data, what_was_done, what_to_do };
        let told = Communication { disclosed_by, wording, content, ..Communication::default() };
        told.score().map(Score::value)
    };
    let nobody_looked = [None; 4];
    assert_eq!(told(None, None, nobody_looked), None);
    assert_eq!(told(Some(Company), Some(Wording::Plain), nobody_looked), Some(2));
    assert_eq!(told(Some(Press), Some(Wording::Vague), nobody_looked), Some(-2));
    assert_eq!(told(Some(Press), None, nobody_looked), Some(-1));
    assert_eq!(told(Some(Company), None, [Some(true), Some(true), Some(false), Some(true)]), Some(1));
    assert_eq!(told(Some(Company), None, [Some(true), Some(false), Some(false), Some(false)]), Some(0));
    // Plain words that name nothing are neither good nor bad.
    assert_eq!(told(None, Some(Wording::Plain), [Some(false); 4]), Some(0));
    let given =
        Communication { given: Score::new(-2), wording: Some(Wording::Plain), ..Communication::default() };
    assert_eq!(given.score().map(Score::value), Some(-2));
    assert_eq!((Score::new(3), Score::new(-3)), (None, None));
}

#[test]
fn a_register_gives_its_events_in_the_order_in_which_customers_could_know() {
    let mut breach = incident(IncidentKind::Security);
    breach.dates.started = on("2023-01-01");
    breach.dates.disclosed = on("2024-06-01");
    let mut silent = incident(IncidentKind::Security);
    silent.id = IncidentId::new("silent").unwrap();
    silent.remedies = Some(BTreeSet::new());
    let change = |id: &str, from: &str| Change {
        id: IncidentId::new(id).unwrap(),
        title: "Prices".to_owned(),
        kind: ChangeKind::from("price_change"),
        from: from.parse().unwrap(),
        until: None,
        scope: None,
    };
    let register = Register {
        incidents: vec![silent, breach],
        changes: vec![change("p", "2024-02-01"), change("b", "2024-06-01"), change("m", "2024-01")],
        ..Register::default()
    };
    let ids: Vec<String> = register.events().iter().map(|event: &Event| event.id.to_string()).collect();
    assert_eq!(ids, ["p", "a", "b", "m", "silent"]);
    assert_eq!(IncidentId::new(" \t"), None);
}
