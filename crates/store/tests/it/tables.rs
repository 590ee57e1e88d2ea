//! Settings, tallies and the audit log.

use fidance_store::{EventCount, NewAuditEntry, SourceId};

use crate::site::{NOW, Site};

on_both!(settings_are_kept_by_name, tallies_add_up, the_audit_log_is_read_page_by_page);

async fn settings_are_kept_by_name(site: Site) {
    let store = site.open().await;
    assert_eq!(store.setting("lake_id").await.unwrap(), None);
    store.set_setting("lake_id", "one", NOW).await.unwrap();
    store.set_setting("lake_id", "two", NOW).await.unwrap();
    let id = store.id().await.unwrap();
    store.close().await.unwrap();
    let store = site.open().await;
    assert_eq!(store.setting("lake_id").await.unwrap().unwrap(), "two");
    assert_eq!(store.id().await.unwrap(), id);
    assert_eq!(id.len(), 36);
}

async fn tallies_add_up(site: Site) {
    let store = site.open().await;
    let count =
        |day, event: &str, count| EventCount { day, source: SourceId::new(1), event: event.into(), count };
    store.add_counts(&[count(10, "view", 2), count(10, "buy", 1), count(10, "view", 3)]).await.unwrap();
    store.add_counts(&[count(10, "view", 5), count(11, "view", 1), count(-1, "view", 4)]).await.unwrap();
    store.add_counts(&[]).await.unwrap();
    assert_eq!(store.counts(10, 11).await.unwrap(), [count(10, "buy", 1), count(10, "view", 10)]);
    assert_eq!(store.counts(-5, 100).await.unwrap().len(), 4);
    // More than one statement takes.
    let many: Vec<_> = (0..1000).map(|day| count(1000 + day, "view", 1)).collect();
    store.add_counts(&many).await.unwrap();
    assert_eq!(store.counts(1000, 2000).await.unwrap(), many);
}

async fn the_audit_log_is_read_page_by_page(site: Site) {
    let store = site.open().await;
    let entry = |number: i64| NewAuditEntry {
        at: NOW + number,
        actor: "operator 3".into(),
        action: "key.revoke".into(),
        object: format!("key {number}"),
        detail: String::new(),
    };
    for number in 0..7 {
        store.add_audit(&entry(number)).await.unwrap();
    }
    let mut read = Vec::new();
    let mut before = None;
    loop {
        let page = store.audit(before, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        read.extend(page.into_iter().map(|entry| entry.entry));
    }
    assert_eq!(read, (0..7).rev().map(entry).collect::<Vec<_>>());
}
