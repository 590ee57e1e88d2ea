//! Alarms: raised once, and what becomes of them.

use fidance_store::{AlarmKey, AlarmState, Closed, Closing, Explanation, Raising, Signed, Store, StoreError};
use jiff::civil::date;

use crate::site::{NOW, Site};

on_both!(
    an_alarm_that_is_offered_twice_is_one,
    an_alarm_goes_its_way,
    a_closed_alarm_stays_closed,
    what_the_data_take_away_they_can_bring_back,
    what_recovered_can_turn_out_not_to_have,
    who_said_what_is_taken_over_from_the_log,
    alarms_are_read_page_by_page,
);

fn key(day: i8, series: &str) -> AlarmKey {
    AlarmKey { week: date(2026, 11, day), series: series.into() }
}

#[test]
fn a_key_is_read_as_it_is_shown() {
    for key in [key(9, "returns"), key(16, "trc-fr"), AlarmKey { week: date(1, 1, 1), series: "é".into() }] {
        assert_eq!(AlarmKey::parse(&key.to_string()), Some(key));
    }
    for wrong in
        ["", "returns", "2026-11-09", "-2026-11-09", "returns-2026-13-09", "returns_2026-11-09", "é26-11-09x"]
    {
        assert_eq!(AlarmKey::parse(wrong), None, "{wrong}");
    }
}

async fn state(store: &Store, key: &AlarmKey) -> AlarmState {
    store.alarm(key).await.unwrap().unwrap().state()
}

async fn an_alarm_that_is_offered_twice_is_one(site: Site) {
    let store = site.open().await;
    let mut offers = Vec::new();
    for number in 0..8 {
        let store = store.clone();
        let found = format!("{{\"run\":{number}}}");
        offers.push(tokio::spawn(async move {
            store.raise_alarm(&key(9, "returns"), &found, "server", NOW + number).await.unwrap()
        }));
    }
    let mut new = 0;
    for offer in offers {
        new += usize::from(offer.await.unwrap() == Raising::New);
    }
    assert_eq!(new, 1);
    assert_eq!(store.open_alarms().await.unwrap().len(), 1);
    assert_eq!(store.audit(None, 10).await.unwrap().len(), 1);
    let first = store.alarm(&key(9, "returns")).await.unwrap().unwrap();
    let again = store.raise_alarm(&key(9, "returns"), "{\"run\":9}", "server", NOW + 99).await.unwrap();
    let later = store.alarm(&key(9, "returns")).await.unwrap().unwrap();
    assert_eq!(
        (again, later.raised_at, later.evaluation.as_str()),
        (Raising::Known, first.raised_at, "{\"run\":9}")
    );
    // Another week, or another series, is another alarm.
    for other in [key(16, "returns"), key(9, "trc")] {
        assert_eq!(store.raise_alarm(&other, "{}", "server", NOW).await.unwrap(), Raising::New);
    }
    assert_eq!(store.open_alarms().await.unwrap().len(), 3);
}

async fn an_alarm_goes_its_way(site: Site) {
    let store = site.open().await;
    let key = key(9, "returns");
    let nothing = store.acknowledge_alarm(&key, "operator 3", NOW).await;
    assert!(matches!(nothing, Err(StoreError::Absent { .. })), "{nothing:?}");
    store.raise_alarm(&key, "{}", "server", NOW).await.unwrap();
    assert_eq!(state(&store, &key).await, AlarmState::Raised);
    store.acknowledge_alarm(&key, "operator 3", NOW + 1).await.unwrap();
    store.acknowledge_alarm(&key, "operator 4", NOW + 2).await.unwrap();
    assert_eq!(state(&store, &key).await, AlarmState::Acknowledged);
    store.explain_alarm(&key, &Explanation::Event("leak".into()), "operator 3", NOW + 3).await.unwrap();
    store.explain_alarm(&key, &Explanation::Event("outage".into()), "operator 4", NOW + 4).await.unwrap();
    store.note_alarm(&key, Some("the provider was down"), "operator 3", NOW + 5).await.unwrap();
    assert_eq!(state(&store, &key).await, AlarmState::Explained);
    store.close_alarm(&key, Closing::Recovered, "server", NOW + 6).await.unwrap();
    store.close().await.unwrap();

    let store = site.open().await;
    let alarm = store.alarm(&key).await.unwrap().unwrap();
    assert_eq!(alarm.state(), AlarmState::Closed);
    let signed = |after, by: &str| Some(Signed { at: NOW + after, by: by.into() });
    assert_eq!(alarm.acknowledged, signed(1, "operator 3"));
    assert_eq!(
        (alarm.explained_signed, alarm.note_signed),
        (signed(4, "operator 4"), signed(5, "operator 3"))
    );
    assert_eq!(alarm.explained, Some(Explanation::Event("outage".into())));
    assert_eq!(alarm.note.as_deref(), Some("the provider was down"));
    assert_eq!(alarm.closed, Some(Closed { at: NOW + 6, why: Closing::Recovered }));
    assert_eq!(alarm.closed_by.as_deref(), Some("server"));
    assert_eq!((alarm.raised_at, alarm.updated_at), (NOW, NOW + 6));
    assert_eq!(store.open_alarms().await.unwrap(), []);
    let told: Vec<_> = store
        .audit(None, 10)
        .await
        .unwrap()
        .into_iter()
        .rev()
        .map(|entry| (entry.entry.actor, entry.entry.action, entry.entry.object, entry.entry.detail))
        .collect();
    let expected = [
        ("server", "alarm.raise", ""),
        ("operator 3", "alarm.acknowledge", ""),
        ("operator 3", "alarm.explain", "leak"),
        ("operator 4", "alarm.explain", "outage"),
        ("operator 3", "alarm.note", ""),
        ("server", "alarm.close", "recovered"),
    ];
    let expected = expected.map(|(by, what, detail)| {
        (by.to_owned(), what.to_owned(), "returns-2026-11-09".to_owned(), detail.to_owned())
    });
    assert_eq!(told, expected);
}

/// A store of before this was kept knows it from the log of who did what, as far as that goes back.
async fn who_said_what_is_taken_over_from_the_log(site: Site) {
    let store = site.open().await;
    let (old, silent, key) = (key(2, "returns"), key(9, "retention"), key(9, "returns"));
    for key in [&old, &silent, &key] {
        store.raise_alarm(key, "{}", "server", NOW).await.unwrap();
    }
    store.explain_alarm(&old, &Explanation::Event("leak".into()), "api", NOW + 1).await.unwrap();
    store.explain_alarm(&key, &Explanation::Event("leak".into()), "api", NOW + 2).await.unwrap();
    store.note_alarm(&key, Some("it was"), "console", NOW + 3).await.unwrap();
    store.explain_alarm(&key, &Explanation::Words, "console", NOW + 3).await.unwrap();
    store.close_alarm(&key, Closing::ByPerson, "api", NOW + 4).await.unwrap();
    let known = store.alarm(&key).await.unwrap();
    store.close().await.unwrap();
    for column in ["explained_at", "explained_who", "noted_at", "noted_who", "closed_who"] {
        site.sql(&format!("ALTER TABLE alarm DROP COLUMN {column}")).await;
    }
    site.sql("DELETE FROM seaql_migrations WHERE version >= 'm0015'").await;
    site.sql("DELETE FROM audit WHERE object = 'returns-2026-11-02'").await;

    let store = site.open().await;
    assert_eq!(store.alarm(&key).await.unwrap(), known);
    let silent = store.alarm(&silent).await.unwrap().unwrap();
    assert_eq!((silent.explained_signed, silent.note_signed, silent.closed_by), (None, None, None));
    let old = store.alarm(&old).await.unwrap().unwrap();
    assert_eq!((old.explained, old.explained_signed), (Some(Explanation::Event("leak".into())), None));
}

async fn a_closed_alarm_stays_closed(site: Site) {
    let store = site.open().await;
    let key = key(9, "returns");
    store.raise_alarm(&key, "{}", "server", NOW).await.unwrap();
    store.close_alarm(&key, Closing::ByPerson, "operator 3", NOW + 1).await.unwrap();
    let late = store.acknowledge_alarm(&key, "operator 4", NOW + 2).await;
    assert!(matches!(late, Err(StoreError::State { .. })), "{late:?}");
    store.close_alarm(&key, Closing::Restated, "server", NOW + 3).await.unwrap();
    assert_eq!(store.raise_alarm(&key, "{\"run\":2}", "server", NOW + 4).await.unwrap(), Raising::Known);
    // Why it fell is often known only afterwards, and not always by an event.
    store.explain_alarm(&key, &Explanation::Words, "operator 3", NOW + 4).await.unwrap();
    assert_eq!(store.alarm(&key).await.unwrap().unwrap().explained, Some(Explanation::Words));
    store.explain_alarm(&key, &Explanation::Event("leak".into()), "operator 3", NOW + 5).await.unwrap();
    let alarm = store.alarm(&key).await.unwrap().unwrap();
    assert_eq!(alarm.closed, Some(Closed { at: NOW + 1, why: Closing::ByPerson }));
    assert_eq!((alarm.acknowledged, alarm.explained), (None, Some(Explanation::Event("leak".into()))));
    assert_eq!(store.audit(None, 10).await.unwrap().len(), 4);
}

async fn what_the_data_take_away_they_can_bring_back(site: Site) {
    let store = site.open().await;
    let key = key(9, "returns");
    store.raise_alarm(&key, "{}", "server", NOW).await.unwrap();
    store.acknowledge_alarm(&key, "operator 3", NOW + 1).await.unwrap();
    store.close_alarm(&key, Closing::Restated, "server", NOW + 2).await.unwrap();
    let gone = store.explain_alarm(&key, &Explanation::Event("leak".into()), "operator 3", NOW + 3).await;
    assert!(matches!(gone, Err(StoreError::State { .. })), "{gone:?}");
    assert_eq!(store.alarms(None, 10).await.unwrap().len(), 1);
    assert_eq!(store.raise_alarm(&key, "{}", "server", NOW + 4).await.unwrap(), Raising::Reopened);
    assert_eq!(state(&store, &key).await, AlarmState::Acknowledged);
    assert_eq!(store.alarm(&key).await.unwrap().unwrap().raised_at, NOW);
    let last = store.audit(None, 1).await.unwrap().remove(0).entry;
    assert_eq!(last.action, "alarm.reopen");
}

async fn what_recovered_can_turn_out_not_to_have(site: Site) {
    let store = site.open().await;
    let key = key(9, "returns");
    store.raise_alarm(&key, "{}", "server", NOW).await.unwrap();
    store.acknowledge_alarm(&key, "operator 3", NOW + 1).await.unwrap();
    for (why, at) in [(Closing::Recovered, NOW + 2), (Closing::Lasting, NOW + 4)] {
        store.close_alarm(&key, why, "server", at).await.unwrap();
        // What is found of it meanwhile does not open it.
        assert_eq!(store.raise_alarm(&key, "{}", "server", at).await.unwrap(), Raising::Known);
        assert_eq!(state(&store, &key).await, AlarmState::Closed);
        store.reopen_alarm(&key, "{\"run\":2}", "server", at + 1).await.unwrap();
        assert_eq!(state(&store, &key).await, AlarmState::Acknowledged);
        let last = store.audit(None, 1).await.unwrap().remove(0).entry;
        assert_eq!((last.action.as_str(), last.detail.as_str()), ("alarm.reopen", why.as_str()));
    }
    assert_eq!(store.alarm(&key).await.unwrap().unwrap().evaluation, "{\"run\":2}");
    store.close_alarm(&key, Closing::ByPerson, "operator 3", NOW + 6).await.unwrap();
    let by_person = store.reopen_alarm(&key, "{}", "server", NOW + 7).await;
    assert!(matches!(by_person, Err(StoreError::State { .. })), "{by_person:?}");
}

async fn alarms_are_read_page_by_page(site: Site) {
    let store = site.open().await;
    let mut all = Vec::new();
    for day in [2, 9, 16, 23] {
        for series in ["returns", "trc", "trc: country = fr"] {
            all.push(key(day, series));
        }
    }
    for key in all.iter().rev() {
        store.raise_alarm(key, "{}", "server", NOW).await.unwrap();
    }
    let (mut read, mut before) = (Vec::new(), None);
    loop {
        let page = store.alarms(before.as_ref(), 5).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.key.clone());
        read.extend(page.into_iter().map(|alarm| alarm.key));
    }
    let weeks: Vec<_> = read.iter().map(|key| key.week).collect();
    assert!(weeks.is_sorted_by(|one, next| one >= next), "{weeks:?}");
    // Within a week, the order is the database's.
    read.sort();
    assert_eq!(read, all);
}
