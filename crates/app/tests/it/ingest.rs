//! What becomes of messages, without a store or a lake: names are plain hashes here.

use std::sync::Arc;

use fidance_app::ingest::{Accepted, Acceptor, Names, Privacy, Unit};
use fidance_store::{
    ConsentRule::{self, CountOnly, IfGiven, UnlessRefused},
    Source, SourceId,
};
use fidance_wire::{Endpoint, Head, read};
use jiff::tz::TimeZone;

const NOON: i64 = 1_795_255_200_000_000;

#[derive(Debug)]
struct Plain;

impl Names for Plain {
    fn customer(&self, id: &str) -> i64 {
        id.bytes().fold(7, |sum, byte| i64::wrapping_add(sum << 5, i64::from(byte)))
    }

    fn message(&self, source: &str, id: &str) -> u128 {
        format!("{source}/{id}").bytes().fold(7, |sum, byte| sum.rotate_left(7) ^ u128::from(byte))
    }
}

fn acceptor(unit: Unit, category: Option<&str>) -> Acceptor {
    let privacy = Privacy { category: category.map(str::to_owned), letter_days: 30 };
    let segments = vec![("country".to_owned(), vec!["country".to_owned(), "address.country".to_owned()])];
    let zone = TimeZone::get("Europe/Paris").unwrap();
    Acceptor::new(Arc::new(Plain), zone, Some("EUR".to_owned()), unit, privacy, segments)
}

fn source(consent: ConsentRule) -> Source {
    Source { id: SourceId::new(1), name: "web".to_owned(), created_at: 0, consent, disabled_at: None }
}

fn accept(acceptor: &Acceptor, rule: ConsentRule, messages: &str) -> Accepted {
    let body = format!("{{\"batch\":[{messages}]}}");
    let head = Head { method: "POST", path: "/v1/batch", ..Head::default() };
    let inbound = read(Endpoint::SegmentBatch, &head, body.as_bytes()).unwrap();
    acceptor.accept(&source(rule), Endpoint::SegmentBatch, &inbound, NOON)
}

const ORDER: &str = r#"{"type":"track","event":"Order Completed","messageId":"1","userId":"ada","anonymousId":"v1",
    "timestamp":"2026-11-20T23:30:00Z","properties":{"revenue":12.5,"currency":"EUR","address":{"country":"FR"}}}"#;

#[test]
fn an_order_is_an_event_and_joins_its_visitor_until_that_is_on_disk() {
    let acceptor = acceptor(Unit::Customer, None);
    let accepted = accept(&acceptor, UnlessRefused, ORDER);
    let [event] = accepted.parcel.events[..] else { panic!("{accepted:?}") };
    assert_eq!((event.customer, event.amount, event.clock), (Plain.customer("ada"), Some(125_000), None));
    assert_eq!(event.message, Plain.message("web", "1"));
    assert_eq!(accepted.parcel.values, [["FR"]]);
    let join = accepted.parcel.joins[0];
    assert_eq!((join.from, join.into, join.at), (Plain.customer("v1"), Plain.customer("ada"), event.at));
    // Not remembered before it is durable: a request that failed has to say it again.
    assert_eq!(accept(&acceptor, UnlessRefused, ORDER).parcel.joins.len(), 1);
    acceptor.remember(&accepted.parcel.joins);
    assert_eq!(accept(&acceptor, UnlessRefused, ORDER).parcel.joins.len(), 0);
}

#[test]
fn a_clock_that_is_ahead_joins_nobody_later_than_now() {
    let ahead = ORDER.replace("2026-11-20T23:30:00Z", "2026-11-22T03:00:00Z");
    let accepted = accept(&acceptor(Unit::Customer, None), UnlessRefused, &ahead);
    assert!(accepted.parcel.events[0].at > NOON);
    assert_eq!(accepted.parcel.joins[0].at, NOON);
}

/// A message with a wrong clock, received at an instant: by the server itself, or before and handed on months later.
#[test]
fn what_was_received_before_becomes_what_it_would_have_become_then() {
    let acceptor = acceptor(Unit::Customer, None);
    let day = 86_400_000_000;
    for ahead in [-900 * day, -200_000_000, 0, 100_000_000, 200_000_000, 400 * day] {
        let text = |at: i64| jiff::Timestamp::from_microsecond(at).unwrap().to_string();
        let message = |received: &str| {
            format!(
                r#"{{"type":"track","event":"Order Completed","messageId":"1","userId":"ada","anonymousId":"v1",
                "timestamp":"{}","sentAt":"{}"{received}}}"#,
                text(NOON - 3 * day + ahead),
                text(NOON + ahead)
            )
        };
        let head = Head { method: "POST", path: "/v1/import", ..Head::default() };
        let then = accept(&acceptor, UnlessRefused, &message(""));
        let noted = format!("{{\"batch\":[{}]}}", message(&format!(",\"receivedAt\":\"{}\"", text(NOON))));
        let inbound = read(Endpoint::SegmentImport, &head, noted.as_bytes()).unwrap();
        let source = source(UnlessRefused);
        let later = acceptor.accept(&source, Endpoint::SegmentImport, &inbound, NOON + 150 * day);
        assert_eq!(later.parcel, then.parcel);
        let known = if ahead.abs() > 150_000_000 { 0 } else { ahead };
        assert_eq!(then.parcel.events[0].at, NOON - 3 * day + known);
    }
}

#[test]
fn another_currency_is_not_added_and_a_message_without_id_has_its_content() {
    let acceptor = acceptor(Unit::Customer, None);
    let message = r#"{"type":"track","event":"Order Completed","userId":"ada","properties":{"revenue":1,"currency":"USD"}}"#;
    let once = accept(&acceptor, UnlessRefused, message).parcel.events[0];
    let twice = accept(&acceptor, UnlessRefused, message).parcel.events[0];
    assert_eq!((once.amount, once.at, once.message), (None, NOON, twice.message));
}

#[test]
fn consent_follows_the_rule_of_the_source() {
    let with = |preferences: &str| {
        ORDER.replacen(
            '{',
            &format!("{{\"context\":{{\"consent\":{{\"categoryPreferences\":{preferences}}}}},"),
            1,
        )
    };
    let (none, partly, all) = (
        with("{\"A\":false,\"B\":false}"),
        with("{\"A\":true,\"B\":false}"),
        with("{\"A\":true,\"B\":true}"),
    );
    let kept = |category: Option<&str>, rule, message: &str| {
        let accepted = accept(&acceptor(Unit::Customer, category), rule, message);
        let kept = !accepted.parcel.events.is_empty();
        assert_ne!(kept, accepted.counts.len() == 1);
        // Whoever is not kept leaves nothing with a person.
        assert!(kept || (accepted.parcel.joins.is_empty() && accepted.people.is_empty()));
        // In Paris it is the 21st already.
        assert!(accepted.counts.iter().all(|count| count.day == 20_778 && count.event == "Order Completed"));
        kept
    };
    for (category, rule, expected) in [
        (None, UnlessRefused, [true, false, false, true]),
        (None, IfGiven, [false, false, false, true]),
        (None, CountOnly, [false; 4]),
        (Some("A"), UnlessRefused, [true, false, true, true]),
        (Some("A"), IfGiven, [false, false, true, true]),
        (Some("B"), UnlessRefused, [true, false, false, true]),
    ] {
        let found = [ORDER, &none, &partly, &all].map(|message| kept(category, rule, message));
        assert_eq!(found, expected, "{category:?} {rule:?}");
    }
}

#[test]
fn people_are_known_without_their_addresses_and_belong_to_accounts() {
    let identify = r#"{"type":"identify","userId":"ada","traits":{"email":"a@example.org","ip":"192.0.2.1","locale":"fr-FR"}}"#;
    let group = r#"{"type":"group","userId":"ada","groupId":"acme","traits":{"plan":"pro"}}"#;
    let both = format!("{identify},{group}");
    let accepted = accept(&acceptor(Unit::Customer, None), UnlessRefused, &both);
    let [person, account] = &accepted.people[..] else { panic!("{accepted:?}") };
    assert_eq!((person.sid.get(), person.lang.as_deref()), (Plain.customer("ada"), Some("fr")));
    assert!(person.traits.contains_key("email") && !person.traits.contains_key("ip"));
    assert_eq!(account.traits.len(), 1, "what is said of the account is not the person's");
    assert!(accepted.parcel.joins.is_empty() && accepted.parcel.events.is_empty());
    let accepted = accept(&acceptor(Unit::Account, None), UnlessRefused, &both);
    assert_eq!(accepted.parcel.joins[0].into, Plain.customer("acme"));
    assert_eq!(accepted.people.len(), 1);
}

#[test]
fn broken_messages_of_those_who_may_have_refused_are_not_kept() {
    let wrong = r#"{"type":"track","event":"Order Completed","userId":"null"}"#;
    let accepted = accept(&acceptor(Unit::Customer, None), UnlessRefused, wrong);
    assert_eq!((accepted.letters.len(), accepted.verdict.refused), (1, 1));
    assert_eq!(accepted.letters[0].payload, wrong.as_bytes());
    assert_eq!(accepted.letters[0].expires_at - NOON, 30 * 86_400_000_000);
    let accepted = accept(&acceptor(Unit::Customer, None), IfGiven, wrong);
    assert_eq!((accepted.letters.len(), accepted.verdict.refused), (0, 1));
}
