//! What is left of an erased person in the bytes of a SQLite store's files: nothing that could be read.

use fidance_store::{NewIncident, Scrub, Sid};
use serde_json::json;

use crate::{
    inbox::parcel,
    people::patch,
    site::{Backend, NOW, Site, find_in_files, run},
};

#[test]
fn nothing_of_an_erased_person_is_in_any_file() {
    run(Backend::Sqlite, nothing_is_left);
}

async fn nothing_is_left(site: Site) {
    let store = site.open().await;
    let traits = |sid: i64, round: i64| json!({ "email": format!("ada-{sid}@example.org"), "address": "Rue de la République ".repeat((sid % 9 + round) as usize) });
    for round in 0..4 {
        let people: Vec<_> = (0..400).map(|sid| patch(sid * 7919, &traits(sid, round))).collect();
        store.upsert_people(&people, NOW + round).await.unwrap();
        let letters: Vec<_> =
            (0..400).map(|sid| crate::letters::letter("x", Some(Sid::new(sid * 7919)))).collect();
        store.add_letters(&letters, NOW).await.unwrap();
    }
    let payloads: Vec<_> =
        (0..200).map(|number| parcel(1, &b"event of eve@example.org ".repeat(number))).collect();
    store.append(&payloads).await.unwrap();
    assert!(find_in_files(site.path(), b"eve@example.org").is_some());
    let batch = store.claim(u64::MAX).await.unwrap().unwrap();
    store.finish(batch.number).await.unwrap();

    let erased: Vec<i64> = (0..400).filter(|sid| sid % 3 == 0).map(|sid| sid * 7919).collect();
    let list = erased.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    let keys = site.query_bytes(&format!("SELECT key FROM person WHERE sid IN ({list})")).await;
    let data = site.query_bytes(&format!("SELECT data FROM person WHERE sid IN ({list})")).await;
    let letters =
        site.query_bytes(&format!("SELECT payload FROM dead_letter WHERE person IN ({list})")).await;
    assert_eq!((keys.len(), data.len(), letters.len()), (erased.len(), erased.len(), erased.len() * 4));
    // That the search finds what is there.
    assert!(find_in_files(site.path(), &keys[0][1..40]).is_some());

    // Pseudonyms on a list are in clear: as they are stored, eight bytes that nothing else has.
    let listed: Vec<i64> = (0..50).map(|number| 0x5a17_c0de_1234_0001 + number * 7).collect();
    let incident =
        NewIncident { id: "leak".into(), kind: "data breach".into(), date: None, document: "{}".into() };
    store.put_incident(&incident, "api", NOW).await.unwrap();
    let list: Vec<_> = listed.iter().copied().map(Sid::new).collect();
    store.set_affected("leak", &list, "api", NOW).await.unwrap();
    assert!(find_in_files(site.path(), &listed[9].to_be_bytes()).is_some());

    for sid in erased.iter().chain(&listed) {
        store.erase_person(Sid::new(*sid), "person", NOW).await.unwrap();
    }
    assert_eq!(store.scrub().await.unwrap(), Scrub::Complete);

    // Plain text never was in a file, except for payloads of the inbox, which are gone.
    for plain in [&b"example.org"[..], b"Rue de la R"] {
        assert_eq!(find_in_files(site.path(), plain), None);
    }
    // Of the wrapped keys not even parts are left, in free pages, within pages, or in the log: without them, nothing that
    // was sealed opens, here or in any copy.
    for (what, values) in [("key", &keys), ("data", &data), ("letter", &letters)] {
        for value in values {
            for part in value[1..].chunks_exact(24) {
                assert_eq!(find_in_files(site.path(), part), None, "{what}");
            }
        }
    }
    for sid in &listed {
        assert_eq!(find_in_files(site.path(), &sid.to_be_bytes()), None);
    }
    assert_eq!(store.count_people().await.unwrap(), 400 - erased.len() as u64);
}
