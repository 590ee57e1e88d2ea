//! What is known of people.

use fidance_store::{PersonPatch, Sid};
use serde_json::{Value, json};

use crate::site::{NOW, Site};

on_both!(later_words_win, many_people_are_written_at_once);

pub(crate) fn patch(sid: i64, traits: &Value) -> PersonPatch {
    PersonPatch { sid: Sid::new(sid), traits: traits.as_object().unwrap().clone(), lang: None }
}

async fn later_words_win(site: Site) {
    let store = site.open().await;
    let sid = i64::MIN;
    let mut french = patch(sid, &json!({ "email": "ada@example.org", "plan": "gold", "age": 36 }));
    french.lang = Some("fr".into());
    store.upsert_people(&[french, patch(sid, &json!({ "plan": "silver" }))], NOW).await.unwrap();
    store
        .upsert_people(&[patch(sid, &json!({ "age": null, "address": { "city": "Lyon" } }))], NOW + 1)
        .await
        .unwrap();
    store.upsert_people(&[patch(sid, &json!({ "address": { "zip": "69001" } }))], NOW + 2).await.unwrap();
    let known = store.person(Sid::new(sid)).await.unwrap().unwrap();
    let expected = json!({ "email": "ada@example.org", "plan": "silver", "address": { "zip": "69001" } });
    assert_eq!(Value::Object(known.traits), expected);
    assert_eq!((known.created_at, known.updated_at, known.lang.as_deref()), (NOW, NOW + 2, Some("fr")));
    assert_eq!(store.person(Sid::new(1)).await.unwrap(), None);
}

async fn many_people_are_written_at_once(site: Site) {
    let store = site.open().await;
    let all = |word: &str| (0..1500).map(|sid| patch(sid - 700, &json!({ word: sid }))).collect::<Vec<_>>();
    store.upsert_people(&all("a"), NOW).await.unwrap();
    store.upsert_people(&all("b"), NOW).await.unwrap();
    store.upsert_people(&[], NOW).await.unwrap();
    assert_eq!(store.count_people().await.unwrap(), 1500);
    for sid in [0, 511, 512, 1499] {
        let known = store.person(Sid::new(sid - 700)).await.unwrap().unwrap();
        assert_eq!(Value::Object(known.traits), json!({ "a": sid, "b": sid }));
    }
}
