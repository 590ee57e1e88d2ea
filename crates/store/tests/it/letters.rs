//! Dead letters: found, repaired, sent again, thrown away.

use fidance_store::{LetterId, Letters, NewLetter, Sid, SourceId, StoreError};

use crate::site::{NOW, Site, find_in_files};

on_both!(
    letters_are_found_by_what_they_are,
    a_letter_can_be_repaired_and_sent_again,
    expired_letters_go_with_their_keys,
    pages_follow_on_each_other,
);

pub(crate) fn letter(reason: &str, person: Option<Sid>) -> NewLetter {
    NewLetter {
        source: SourceId::new(1),
        received_at: NOW,
        protocol: "segment".into(),
        reason: reason.into(),
        field: Some("timestamp".into()),
        message_id: Some(format!("m-{reason}")),
        person,
        payload: format!("{{\"email\":\"ada-{reason}@example.org\"}}").into_bytes(),
        expires_at: NOW + 1000,
    }
}

async fn letters_are_found_by_what_they_are(site: Site) {
    let store = site.open().await;
    let mut other = letter("bad_json", None);
    (other.source, other.field, other.message_id) = (SourceId::new(2), None, None);
    other.received_at = NOW + 86_400_000_000;
    let all = [letter("bad_time", Some(Sid::new(7))), letter("bad_time", None), other.clone()];
    let ids = store.add_letters(&all, NOW).await.unwrap();
    store.mark_replayed(ids[1], NOW + 3).await.unwrap();
    let find = async |wanted: Letters| {
        let found = store.letters(&wanted, 10).await.unwrap();
        found.into_iter().map(|letter| letter.id.get()).collect::<Vec<_>>()
    };
    assert_eq!(find(Letters::default()).await, [3, 2, 1]);
    assert_eq!(find(Letters { source: Some(SourceId::new(2)), ..Letters::default() }).await, [3]);
    assert_eq!(find(Letters { reason: Some("bad_time".into()), ..Letters::default() }).await, [2, 1]);
    assert_eq!(find(Letters { person: Some(Sid::new(7)), ..Letters::default() }).await, [1]);
    assert_eq!(find(Letters { message_id: Some("m-bad_time".into()), ..Letters::default() }).await, [2, 1]);
    assert_eq!(find(Letters { replayed: Some(true), ..Letters::default() }).await, [2]);
    assert_eq!(
        find(Letters { replayed: Some(false), until: Some(NOW + 1), ..Letters::default() }).await,
        [1]
    );
    assert_eq!(find(Letters { since: Some(NOW + 1), ..Letters::default() }).await, [3]);
    let opened = store.letter(ids[2]).await.unwrap().unwrap();
    assert_eq!((opened.letter, opened.replayed_at), (other, None));
    assert_eq!(store.letter(ids[0]).await.unwrap().unwrap().letter, all[0]);
    assert_eq!(store.letter(ids[1]).await.unwrap().unwrap().replayed_at, Some(NOW + 3));

    let counts = store.letter_counts().await.unwrap();
    let counts: Vec<_> =
        counts.iter().map(|c| (c.source.get(), c.reason.as_str(), c.waiting, c.total)).collect();
    assert_eq!(counts, [(1, "bad_time", 1, 2), (2, "bad_json", 1, 1)]);
}

async fn a_letter_can_be_repaired_and_sent_again(site: Site) {
    let store = site.open().await;
    let ids = store.add_letters(&[letter("a", Some(Sid::new(7))), letter("b", None)], NOW).await.unwrap();
    for id in &ids {
        store.replace_letter(*id, b"{\"repaired\":true}").await.unwrap();
        assert_eq!(store.letter(*id).await.unwrap().unwrap().letter.payload, b"{\"repaired\":true}");
    }
    let nobody = LetterId::new(99);
    assert!(matches!(store.replace_letter(nobody, b"").await, Err(StoreError::Absent { .. })));
    assert!(matches!(store.mark_replayed(nobody, NOW).await, Err(StoreError::Absent { .. })));
    assert_eq!(store.delete_letters(&[ids[0], nobody]).await.unwrap(), 1);
    assert_eq!(store.letter(ids[0]).await.unwrap(), None);
    assert!(store.letter(ids[1]).await.unwrap().is_some());
}

async fn expired_letters_go_with_their_keys(site: Site) {
    let store = site.open().await;
    let mut later = letter("b", None);
    (later.received_at, later.expires_at) = (NOW + 86_400_000_000, NOW + 86_400_000_000);
    let ids = store.add_letters(&[letter("a", None), later], NOW).await.unwrap();
    assert_eq!(find_in_files(site.path(), b"ada-a@example"), None);
    assert_eq!(site.query_bytes("SELECT key FROM day_key").await.len(), 2);
    assert_eq!(store.purge_letters(NOW + 999).await.unwrap(), 0);
    assert_eq!(store.purge_letters(NOW + 1000).await.unwrap(), 1);
    assert_eq!(site.query_bytes("SELECT key FROM day_key").await.len(), 1);
    assert_eq!(store.letter(ids[0]).await.unwrap(), None);
    assert!(store.letter(ids[1]).await.unwrap().is_some());
}

async fn pages_follow_on_each_other(site: Site) {
    let store = site.open().await;
    let many: Vec<_> =
        (0..600).map(|number| letter("x", (number % 3 > 0).then(|| Sid::new(number)))).collect();
    store.add_letters(&many, NOW).await.unwrap();
    let (mut read, mut before) = (Vec::new(), None);
    loop {
        let page = store.letters(&Letters { before, ..Letters::default() }, 250).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        read.extend(page.into_iter().map(|letter| letter.id.get()));
    }
    assert_eq!(read, (1..=600).rev().collect::<Vec<_>>());
}
