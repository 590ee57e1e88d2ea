//! Opening: the schema, the key, and the claim of one process.

use std::fs;

use fidance_store::{Access, OpenOptions, Store, StoreError};

use crate::{
    inbox::parcel,
    site::{NOW, Site},
};

on_both!(
    a_new_store_is_made_and_opened_again,
    an_older_schema_is_brought_up_to_date,
    a_newer_schema_is_refused,
    only_one_process_owns_a_store,
    a_wrong_or_missing_key_is_told,
    a_key_may_come_from_the_caller,
    a_lost_session_is_replaced,
);

async fn a_new_store_is_made_and_opened_again(site: Site) {
    let store = site.open().await;
    store.ping().await.unwrap();
    assert_eq!(store.schema_version().await.unwrap(), 15);
    store.migrate().await.unwrap();
    store.append(&[parcel(1, b"a")]).await.unwrap();
    store.close().await.unwrap();
    let store = site.open().await;
    assert_eq!(store.depth().await.unwrap().parcels, 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        for entry in fs::read_dir(site.path()).unwrap().map(Result::unwrap) {
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode & 0o077, 0, "{} {mode:o}", entry.path().display());
        }
        assert!(site.location.key_file().exists());
    }
}

async fn an_older_schema_is_brought_up_to_date(site: Site) {
    let store = site.open().await;
    store.append(&[parcel(1, b"a")]).await.unwrap();
    store.close().await.unwrap();
    for table in ["lake_batch", "audit", "api_call", "alarm", "affected", "incident", "notice"] {
        site.sql(&format!("DROP TABLE {table}")).await;
    }
    site.sql("DELETE FROM seaql_migrations WHERE version >= 'm0008'").await;
    let beside = site.try_open(Access::Beside).await.err();
    assert!(matches!(beside, Some(StoreError::OlderSchema { .. })), "{beside:?}");
    let store = site.open().await;
    assert_eq!(store.schema_version().await.unwrap(), 15);
    assert_eq!(store.lake_batches(None, 1).await.unwrap(), []);
    assert_eq!(store.depth().await.unwrap().parcels, 1);
}

async fn a_newer_schema_is_refused(site: Site) {
    site.open().await.close().await.unwrap();
    site.sql("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m0016_more', 0)").await;
    for access in [Access::Owner, Access::Beside] {
        let refused = site.try_open(access).await.err().unwrap();
        let told = refused.to_string();
        assert!(matches!(refused, StoreError::NewerSchema { .. }));
        assert!(told.contains("m0016_more") && told.contains("m0015_who_of_alarms"), "{told}");
    }
}

async fn only_one_process_owns_a_store(site: Site) {
    let store = site.open().await;
    let second = site.try_open(Access::Owner).await.err();
    assert!(matches!(second, Some(StoreError::Busy { .. })), "{second:?}");
    let beside = site.try_open(Access::Beside).await.unwrap();
    beside.set_setting("from", "beside", NOW).await.unwrap();
    assert_eq!(store.setting("from").await.unwrap().unwrap(), "beside");
    assert!(matches!(beside.claim(1).await, Err(StoreError::NotOwner { .. })));
    assert!(matches!(beside.append(&[parcel(1, b"b")]).await, Err(StoreError::NotOwner { .. })));
    store.append(&[parcel(1, b"a")]).await.unwrap();
    store.close().await.unwrap();
    let next = site.open().await;
    assert_eq!(next.depth().await.unwrap().parcels, 1);
    beside.close().await.unwrap();
}

async fn a_wrong_or_missing_key_is_told(site: Site) {
    site.open().await.close().await.unwrap();
    let file = site.location.key_file();
    let right = fs::read(&file).unwrap();
    assert_eq!(right.len(), 32);

    fs::write(&file, [7; 32]).unwrap();
    let told = site.try_open(Access::Owner).await.err().unwrap();
    assert!(matches!(told, StoreError::WrongKey { .. }), "{told:?}");
    assert!(told.to_string().contains("store.key"), "{told}");

    fs::write(&file, [7; 31]).unwrap();
    let told = site.try_open(Access::Owner).await.err().unwrap();
    assert!(matches!(told, StoreError::KeyFile { .. }), "{told:?}");

    fs::remove_file(&file).unwrap();
    let told = site.try_open(Access::Owner).await.err().unwrap();
    assert!(matches!(told, StoreError::MissingKey { .. }), "{told:?}");
    assert!(!file.exists());

    fs::write(&file, &right).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        let told = site.try_open(Access::Owner).await.err().unwrap();
        assert!(matches!(told, StoreError::KeyFile { .. }), "{told:?}");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    }
    site.open().await;
}

async fn a_key_may_come_from_the_caller(site: Site) {
    let with = |byte| OpenOptions::new(NOW).master_key([byte; 32]);
    Store::open(&site.location, with(1)).await.unwrap().close().await.unwrap();
    assert!(!site.location.key_file().exists());
    let told = Store::open(&site.location, with(2)).await.err();
    assert!(matches!(told, Some(StoreError::WrongKey { .. })), "{told:?}");
    Store::open(&site.location, with(1)).await.unwrap();
}

/// PostgreSQL only: whoever loses the session has to win the claim again before writing.
async fn a_lost_session_is_replaced(site: Site) {
    let Some(server) = site.server else { return };
    let store = site.open().await;
    store.append(&[parcel(1, b"a")]).await.unwrap();
    let all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() \
               AND datname = current_database()";
    let database = site.url.as_ref().unwrap().split(['/', '?']).nth(3).unwrap().to_owned();
    server.psql(&database, all).unwrap();
    store.append(&[parcel(1, b"b")]).await.unwrap();
    assert_eq!(store.depth().await.unwrap().parcels, 2);

    server.psql(&database, all).unwrap();
    let other = site.open().await;
    let refused = store.append(&[parcel(1, b"c")]).await;
    assert!(matches!(refused, Err(StoreError::Busy { .. })), "{refused:?}");
    other.close().await.unwrap();
    // The server hears of it a moment later.
    let mut taken = store.append(&[parcel(1, b"d")]).await;
    for _ in 0..50 {
        if !matches!(taken, Err(StoreError::Busy { .. })) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        taken = store.append(&[parcel(1, b"d")]).await;
    }
    taken.unwrap();
    assert_eq!(store.depth().await.unwrap().parcels, 3);
}
