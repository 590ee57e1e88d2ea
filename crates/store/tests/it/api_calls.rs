//! Calls that a client named.

use fidance_store::{CallName, Claim};

use crate::site::{NOW, Site, find_in_files};

on_both!(
    an_answer_is_repeated_until_it_expires,
    of_many_at_once_one_runs,
    an_answer_is_sealed,
    a_name_that_was_given_back_is_new
);

const DAY: i64 = 86_400_000_000;

fn call(name: &str, body: &str) -> CallName {
    CallName::new(name, &[b"POST", b"/sources", body.as_bytes()])
}

async fn an_answer_is_repeated_until_it_expires(site: Site) {
    let store = site.open().await;
    let first = call("one", "{}");
    assert_eq!(store.claim_call(&first, NOW + DAY, NOW).await.unwrap(), Claim::New);
    assert_eq!(store.claim_call(&first, NOW + DAY, NOW + 1).await.unwrap(), Claim::Begun);
    store.answer_call(&first, b"made").await.unwrap();
    store.release_call(&first).await.unwrap();
    let other = call("one", "{ }");
    assert_eq!(store.claim_call(&other, NOW + DAY, NOW + 1).await.unwrap(), Claim::OfAnother);
    assert_eq!(store.claim_call(&call("two", "{}"), NOW + DAY, NOW + 1).await.unwrap(), Claim::New);
    store.close().await.unwrap();

    let store = site.open().await;
    assert_eq!(
        store.claim_call(&first, NOW + 2 * DAY, NOW + DAY - 1).await.unwrap(),
        Claim::Answered(b"made".to_vec())
    );
    assert_eq!(store.purge_calls(NOW + DAY - 1).await.unwrap(), 0);
    // Expired, whether it was thrown away already or not.
    assert_eq!(store.claim_call(&other, NOW + 2 * DAY, NOW + DAY).await.unwrap(), Claim::New);
    assert_eq!(store.purge_calls(NOW + DAY).await.unwrap(), 1);
    assert_eq!(store.purge_calls(NOW + 2 * DAY).await.unwrap(), 1);
}

async fn of_many_at_once_one_runs(site: Site) {
    let store = site.open().await;
    let mut claims = Vec::new();
    for _ in 0..16 {
        let store = store.clone();
        claims.push(tokio::spawn(async move { store.claim_call(&call("one", "{}"), NOW + DAY, NOW).await }));
    }
    let mut new = 0;
    for claim in claims {
        match claim.await.unwrap().unwrap() {
            Claim::New => new += 1,
            claim => assert_eq!(claim, Claim::Begun),
        }
    }
    assert_eq!(new, 1);
}

async fn an_answer_is_sealed(site: Site) {
    let store = site.open().await;
    let (first, second) = (call("one", "{}"), call("two", "{}"));
    for call in [&first, &second] {
        store.claim_call(call, NOW + DAY, NOW).await.unwrap();
        store.answer_call(call, b"fs_0123456789abcdef0123456789abcdef01234567").await.unwrap();
    }
    assert_eq!(find_in_files(site.path(), b"fs_0123456789abcdef"), None);
    // An answer of another call does not open.
    let name = "SELECT name FROM api_call ORDER BY name";
    assert_eq!(site.query_bytes(name).await.len(), 2);
    site.sql("UPDATE api_call SET answer = (SELECT answer FROM api_call ORDER BY name LIMIT 1)").await;
    let opened = [
        store.claim_call(&first, NOW + DAY, NOW).await.is_ok(),
        store.claim_call(&second, NOW + DAY, NOW).await.is_ok(),
    ];
    assert_eq!(opened.iter().filter(|opened| **opened).count(), 1);
}

async fn a_name_that_was_given_back_is_new(site: Site) {
    let store = site.open().await;
    let first = call("one", "{}");
    assert_eq!(store.claim_call(&first, NOW + DAY, NOW).await.unwrap(), Claim::New);
    store.release_call(&first).await.unwrap();
    assert_eq!(store.claim_call(&call("one", "[]"), NOW + DAY, NOW).await.unwrap(), Claim::New);
}
