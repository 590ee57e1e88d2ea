//! Sources and the keys they sign in with.

use fidance_store::{ConsentRule, KeyId, KeyKind, SourceId, StoreError};

use crate::site::{NOW, Site, find_in_files};

on_both!(a_key_works_until_it_is_revoked, a_name_is_given_once, a_key_is_nowhere_in_the_store);

async fn a_key_works_until_it_is_revoked(site: Site) {
    let store = site.open().await;
    let shop = store.create_source("shop", ConsentRule::IfGiven, NOW).await.unwrap();
    let till = store.create_source("till", ConsentRule::UnlessRefused, NOW).await.unwrap();
    let browser = KeyKind::Browser { origins: vec!["https://shop.example".into()] };
    let open = store.create_key(shop, &browser, NOW).await.unwrap();
    let secret = store.create_key(till, &KeyKind::Server, NOW + 1).await.unwrap();
    assert!(open.plain.starts_with("fk_") && open.plain.len() == 43, "{}", open.plain);
    assert!(secret.plain.starts_with("fs_"));
    assert!(!format!("{secret:?}").contains(&secret.plain));

    let found = store.find_key(&open.plain).await.unwrap().unwrap();
    assert_eq!((found.id, found.source, &found.kind), (open.id, shop, &browser));
    assert_eq!((found.created_at, found.revoked_at, found.last_used_day), (NOW, None, None));
    assert!(open.plain.starts_with(&found.shown) && found.shown.len() == 9);
    assert_eq!(store.find_key(&secret.plain).await.unwrap().unwrap().kind, KeyKind::Server);
    for wrong in [
        "",
        "fk_",
        &open.plain[..42],
        &open.plain.to_uppercase(),
        "fk_0000000000000000000000000000000000000000",
    ] {
        assert_eq!(store.find_key(wrong).await.unwrap(), None, "{wrong}");
    }

    store.mark_keys_used(&[open.id], 20_775).await.unwrap();
    store.mark_keys_used(&[open.id], 20_774).await.unwrap();
    assert_eq!(store.keys(Some(shop)).await.unwrap()[0].last_used_day, Some(20_775));

    store.revoke_key(open.id, NOW + 5).await.unwrap();
    store.revoke_key(open.id, NOW + 9).await.unwrap();
    assert_eq!(store.find_key(&open.plain).await.unwrap(), None);
    assert_eq!(store.keys(Some(shop)).await.unwrap()[0].revoked_at, Some(NOW + 5));
    assert_eq!(store.keys(None).await.unwrap().len(), 2);

    store.disable_source(till, NOW + 7).await.unwrap();
    assert_eq!(store.find_key(&secret.plain).await.unwrap(), None);
    store.enable_source(till).await.unwrap();
    assert!(store.find_key(&secret.plain).await.unwrap().is_some());

    assert!(matches!(store.revoke_key(KeyId::new(99), NOW).await, Err(StoreError::Absent { .. })));
    let nobodys = store.create_key(SourceId::new(99), &KeyKind::Server, NOW).await;
    assert!(matches!(nobodys, Err(StoreError::Absent { table: "source", .. })));
}

async fn a_name_is_given_once(site: Site) {
    let store = site.open().await;
    let id = store.create_source("shop", ConsentRule::IfGiven, NOW).await.unwrap();
    store.disable_source(id, NOW + 1).await.unwrap();
    let again = store.create_source("shop", ConsentRule::IfGiven, NOW).await;
    assert!(matches!(&again, Err(StoreError::Taken { name, .. }) if name == "shop"), "{again:?}");
    // The failed attempt left the store in order.
    store.set_consent(id, ConsentRule::CountOnly).await.unwrap();
    let shop = store.find_source("shop").await.unwrap().unwrap();
    assert_eq!((shop.consent, shop.disabled_at), (ConsentRule::CountOnly, Some(NOW + 1)));
    assert_eq!(store.sources().await.unwrap(), [shop]);
    assert_eq!(store.find_source("Shop").await.unwrap(), None);
}

async fn a_key_is_nowhere_in_the_store(site: Site) {
    let store = site.open().await;
    let shop = store.create_source("shop", ConsentRule::IfGiven, NOW).await.unwrap();
    let key = store.create_key(shop, &KeyKind::Server, NOW).await.unwrap();
    let hashes = site.query_bytes("SELECT hash FROM key").await;
    assert_eq!(hashes[0].len(), 32);
    assert_eq!(find_in_files(site.path(), &key.plain.as_bytes()[..20]), None);
}
