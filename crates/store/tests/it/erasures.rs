//! Erasures survive crashes and restored backups.

use fidance_store::{Access, ErasureId, ErasureState, LakePart, Letters, Sid, Store, StoreError, StorePart};
use serde_json::json;

use crate::{
    people::patch,
    site::{NOW, Site},
};

on_both!(
    an_erasure_goes_step_by_step,
    the_journal_brings_back_what_the_database_lost,
    the_database_brings_back_what_the_journal_lost,
    a_person_who_returns_stays,
    all_ids_of_a_person_are_erased_and_stand_nowhere_in_clear,
);

async fn fill(store: &Store) {
    let people: Vec<_> =
        (0..10).map(|sid| patch(sid, &json!({ "email": format!("p{sid}@example.org") }))).collect();
    store.upsert_people(&people, NOW).await.unwrap();
    let letters = [3, 3, 4].map(|sid| crate::letters::letter("x", Some(Sid::new(sid))));
    store.add_letters(&letters, NOW).await.unwrap();
}

async fn an_erasure_goes_step_by_step(site: Site) {
    let store = site.open().await;
    fill(&store).await;
    let id = store.request_erasure(&[Sid::new(3)], "person", NOW + 1).await.unwrap();
    assert_eq!(ErasureId::parse(&id.to_string()), Some(id));
    assert_eq!(store.pending_erasures().await.unwrap()[0].state, ErasureState::Requested);
    assert!(store.person(Sid::new(3)).await.unwrap().is_some());
    let early = store.mark_lake_erased(id, NOW).await;
    assert!(matches!(early, Err(StoreError::State { .. })), "{early:?}");

    let part = store.erase(id, &[], NOW + 2).await.unwrap();
    assert_eq!(part, StorePart { at: NOW + 2, people: 1, letters: 2 });
    assert_eq!(store.erase(id, &[], NOW + 9).await.unwrap(), part);
    assert_eq!(store.person(Sid::new(3)).await.unwrap(), None);
    assert_eq!(store.letters(&Letters::default(), 10).await.unwrap().len(), 1);
    assert_eq!(store.count_people().await.unwrap(), 9);

    store.note_found(id, &[], 120).await.unwrap();
    store.mark_lake_erased(id, NOW + 3).await.unwrap();
    store.mark_verified(id, NOW + 4).await.unwrap();
    let lake = LakePart { at: NOW + 3, rows: 120 };
    store.close().await.unwrap();

    let store = site.open().await;
    assert_eq!(store.pending_erasures().await.unwrap(), []);
    let known = store.erasure(id).await.unwrap().unwrap();
    assert_eq!(known.state, ErasureState::Verified(part, lake, NOW + 4));
    assert_eq!(
        (&known.ids[..], known.number, known.requested_at, known.requested_by.as_str()),
        (&[Sid::new(3)][..], 1, NOW + 1, "person")
    );
    assert_eq!(store.erasures_beyond(0).await.unwrap(), std::slice::from_ref(&known));
    assert_eq!(store.erasures_beyond(1).await.unwrap(), []);
    assert_eq!(store.erasures(None, 5).await.unwrap(), [known]);
    let nobody = ErasureId::parse("00000000000000000000000000000000").unwrap();
    assert!(matches!(store.erase(nobody, &[], NOW).await, Err(StoreError::Absent { .. })));
    assert_eq!(store.erasure(nobody).await.unwrap(), None);
}

async fn the_journal_brings_back_what_the_database_lost(site: Site) {
    let store = site.open().await;
    fill(&store).await;
    let done = store.erase_person(Sid::new(3), "person", NOW + 1).await.unwrap();
    store.mark_lake_erased(done, NOW + 1).await.unwrap();
    store.mark_verified(done, NOW + 1).await.unwrap();
    let asked = store.request_erasure(&[Sid::new(4)], "person", NOW + 2).await.unwrap();
    // As an older copy would be: neither erasure is known, and the person is there.
    site.sql("DELETE FROM erasure").await;
    store.upsert_people(&[patch(3, &json!({ "email": "p3@example.org" }))], NOW).await.unwrap();
    store.close().await.unwrap();

    // A command beside the owner leaves this to the owner.
    let beside = site.try_open(Access::Beside).await.unwrap();
    assert!(beside.person(Sid::new(3)).await.unwrap().is_some());
    beside.close().await.unwrap();

    for _ in 0..2 {
        let store = site.open().await;
        assert_eq!(store.person(Sid::new(3)).await.unwrap(), None);
        assert!(store.person(Sid::new(4)).await.unwrap().is_some());
        let pending = store.pending_erasures().await.unwrap();
        let part = StorePart { at: NOW, people: 1, letters: 0 };
        assert_eq!((pending[0].id, pending[0].state), (done, ErasureState::StoreDone(part)));
        assert_eq!((pending[1].id, pending[1].state), (asked, ErasureState::Requested));
        store.close().await.unwrap();
    }
}

async fn the_database_brings_back_what_the_journal_lost(site: Site) {
    let store = site.open().await;
    fill(&store).await;
    let id = store.erase_person(Sid::new(3), "person", NOW).await.unwrap();
    store.close().await.unwrap();
    std::fs::remove_file(site.location.journal_file()).unwrap();
    site.open().await.close().await.unwrap();
    let text = std::fs::read_to_string(site.location.journal_file()).unwrap();
    assert!(text.contains(&id.to_string()));
    assert_eq!(text.lines().count(), 1);

    std::fs::write(site.location.journal_file(), text.replace("person", "nobody")).unwrap();
    let damaged = site.try_open(Access::Owner).await.err();
    assert!(matches!(damaged, Some(StoreError::Journal { line: 1, .. })), "{damaged:?}");
}

async fn a_person_who_returns_stays(site: Site) {
    let store = site.open().await;
    fill(&store).await;
    store.erase_person(Sid::new(3), "person", NOW).await.unwrap();
    store.upsert_people(&[patch(3, &json!({ "plan": "new" }))], NOW + 5).await.unwrap();
    store.close().await.unwrap();
    let known = site.open().await.person(Sid::new(3)).await.unwrap().unwrap();
    assert_eq!((known.created_at, known.traits.len()), (NOW + 5, 1));
}

async fn all_ids_of_a_person_are_erased_and_stand_nowhere_in_clear(site: Site) {
    let store = site.open().await;
    let ids = [3, 4, -7_654_321_987_654_321].map(Sid::new);
    fill(&store).await;
    let other = crate::letters::letter("about them", None);
    let letter = store.add_letters(&[other.clone(), other], NOW).await.unwrap()[0];
    let id = store.request_erasure(&ids[..1], "person", NOW).await.unwrap();
    store.note_found(id, &ids, 40).await.unwrap();
    let part = store.erase(id, &[letter], NOW + 1).await.unwrap();
    assert_eq!((part.people, part.letters), (2, 4));
    // Done again, it adds what has come since.
    store.upsert_people(&[patch(4, &json!({ "plan": "new" }))], NOW).await.unwrap();
    assert_eq!(store.erase(id, &[], NOW + 2).await.unwrap().people, 3);
    assert_eq!(store.pending_erasures().await.unwrap()[0].ids, [ids[2], ids[0], ids[1]]);
    assert_eq!(store.erased().await.unwrap().len(), 3);
    let second = store.request_erasure(&[Sid::new(9)], "person", NOW).await.unwrap();
    assert_eq!(store.erasure(second).await.unwrap().unwrap().number, 2);
    let text = std::fs::read_to_string(site.location.journal_file()).unwrap();
    assert!(!text.contains("7654321987654321"), "{text}");
    // An older copy of the database, whose joins were not known yet.
    site.sql("DELETE FROM erasure").await;
    store.upsert_people(&[patch(4, &json!({ "plan": "old" }))], NOW).await.unwrap();
    let third = store.request_erasure(&[Sid::new(8)], "person", NOW).await.unwrap();
    assert_eq!(store.erasure(third).await.unwrap().unwrap().number, 3, "no number twice");
    store.close().await.unwrap();
    let store = site.open().await;
    assert_eq!(store.person(Sid::new(4)).await.unwrap(), None);
    let numbers: Vec<i64> = store.pending_erasures().await.unwrap().iter().map(|e| e.number).collect();
    assert_eq!(numbers, [1, 2, 3]);
}
