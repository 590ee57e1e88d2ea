//! The register of incidents, and whom these affected.

use fidance_store::{NewIncident, Sid, StoreError};
use jiff::civil::date;
use serde_json::json;

use crate::{
    people::patch,
    site::{NOW, Site},
};

on_both!(
    the_register_is_written_over_and_read_in_order,
    a_list_of_the_affected_is_replaced_as_a_whole,
    lists_are_counted_taken_away_and_at_most_sixty_four,
    the_erased_are_on_no_list,
);

fn incident(id: &str, day: Option<i8>) -> NewIncident {
    NewIncident {
        id: id.into(),
        kind: "data breach".into(),
        date: day.map(|day| date(2026, 3, day)),
        document: format!("{{\"id\":\"{id}\"}}"),
    }
}

async fn the_register_is_written_over_and_read_in_order(site: Site) {
    let store = site.open().await;
    for entry in
        [incident("undated", None), incident("b", Some(9)), incident("a", Some(9)), incident("z", Some(2))]
    {
        store.put_incident(&entry, "api", NOW).await.unwrap();
    }
    let later = NewIncident { document: "{}".into(), date: None, ..incident("a", None) };
    store.put_incident(&later, "api", NOW + 1).await.unwrap();
    store.close().await.unwrap();
    let store = site.open().await;
    let all = store.incidents().await.unwrap();
    assert_eq!(
        all.iter().map(|entry| entry.content.id.as_str()).collect::<Vec<_>>(),
        ["z", "b", "a", "undated"]
    );
    assert_eq!((&all[2].content, all[2].updated_at), (&later, NOW + 1));
    assert_eq!(store.incident("b").await.unwrap().unwrap().content, incident("b", Some(9)));
    store.set_affected("b", &[Sid::new(1)], "api", NOW).await.unwrap();
    store.delete_incident("b", "api", NOW).await.unwrap();
    assert_eq!(store.incident("b").await.unwrap(), None);
    assert_eq!(store.affected("b").await.unwrap(), []);
    let twice = store.delete_incident("b", "api", NOW).await;
    assert!(matches!(twice, Err(StoreError::Absent { .. })), "{twice:?}");
    let told: Vec<_> =
        store.audit(None, 2).await.unwrap().into_iter().map(|e| (e.entry.action, e.entry.object)).collect();
    assert_eq!(told, [("incident.delete".into(), "b".into()), ("incident.affected".into(), "b".into())]);
}

async fn a_list_of_the_affected_is_replaced_as_a_whole(site: Site) {
    let store = site.open().await;
    let nowhere = store.set_affected("a", &[Sid::new(1)], "api", NOW).await;
    assert!(matches!(nowhere, Err(StoreError::Absent { .. })), "{nowhere:?}");
    store.put_incident(&incident("a", None), "api", NOW).await.unwrap();
    store.put_incident(&incident("b", None), "api", NOW).await.unwrap();
    let some: Vec<_> = [5, i64::MIN, 5, 7].map(Sid::new).into();
    store.set_affected("a", &some, "api", NOW).await.unwrap();
    assert_eq!(store.affected("a").await.unwrap(), [i64::MIN, 5, 7].map(Sid::new));
    assert_eq!(store.audit(None, 1).await.unwrap()[0].entry.detail, "3");
    let many: Vec<_> = (0..1500).map(Sid::new).collect();
    store.set_affected("b", &many, "api", NOW).await.unwrap();
    store.set_affected("a", &[Sid::new(7), Sid::new(8)], "api", NOW).await.unwrap();
    assert_eq!(store.affected("a").await.unwrap(), [7, 8].map(Sid::new));
    assert_eq!(store.affected("b").await.unwrap(), many);
    let of = async |sids: &[Sid]| store.incidents_of(sids).await.unwrap().into_iter().collect::<Vec<_>>();
    assert_eq!(of(&[Sid::new(8)]).await, ["a", "b"]);
    assert_eq!(of(&[Sid::new(9), Sid::new(-1)]).await, ["b"]);
    assert_eq!(of(&[Sid::new(i64::MIN)]).await, Vec::<String>::new());
    // Writing the entry anew leaves its list.
    store.put_incident(&incident("a", Some(3)), "api", NOW).await.unwrap();
    assert_eq!(store.affected("a").await.unwrap().len(), 2);
}

async fn lists_are_counted_taken_away_and_at_most_sixty_four(site: Site) {
    let store = site.open().await;
    for n in 0..65 {
        store.put_incident(&incident(&format!("{n:02}"), None), "api", NOW).await.unwrap();
    }
    for n in 0..64 {
        let people = [n, n, n + 1].map(Sid::new);
        assert_eq!(store.set_affected(&format!("{n:02}"), &people, "api", NOW).await.unwrap(), 2);
    }
    let one_more = store.set_affected("64", &[Sid::new(1)], "api", NOW).await;
    assert!(matches!(one_more, Err(StoreError::State { .. })), "{one_more:?}");
    assert_eq!(store.set_affected("63", &[Sid::new(1)], "api", NOW).await.unwrap(), 1);
    store.delete_affected("00", "api", NOW).await.unwrap();
    let twice = store.delete_affected("00", "api", NOW).await;
    assert!(matches!(twice, Err(StoreError::Absent { .. })), "{twice:?}");
    assert_eq!(store.set_affected("64", &[Sid::new(1)], "api", NOW).await.unwrap(), 1);
    let counts = store.affected_counts().await.unwrap();
    assert_eq!((counts.len(), counts.get("00"), counts["01"], counts["64"]), (64, None, 2, 1));
}

async fn the_erased_are_on_no_list(site: Site) {
    let store = site.open().await;
    store.upsert_people(&[patch(7, &json!({ "plan": "gold" }))], NOW).await.unwrap();
    for id in ["a", "b"] {
        store.put_incident(&incident(id, None), "api", NOW).await.unwrap();
        store.set_affected(id, &[6, 7, 8].map(Sid::new), "api", NOW).await.unwrap();
    }
    // Of 8 nothing is known but that they were affected.
    let id = store.request_erasure(&[Sid::new(7)], "person", NOW).await.unwrap();
    store.note_found(id, &[Sid::new(8)], 0).await.unwrap();
    store.erase(id, &[], NOW + 1).await.unwrap();
    for id in ["a", "b"] {
        assert_eq!(store.affected(id).await.unwrap(), [Sid::new(6)]);
    }
    // An older copy of the database, from before.
    site.sql("DELETE FROM erasure").await;
    store.set_affected("a", &[6, 7, 8].map(Sid::new), "api", NOW).await.unwrap();
    store.close().await.unwrap();
    let store = site.open().await;
    assert_eq!(store.affected("a").await.unwrap(), [Sid::new(6)]);
}
