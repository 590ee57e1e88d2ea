//! A place for one test: an empty folder, and an empty database where the back end is PostgreSQL.

use std::{
    fs,
    path::{Path, PathBuf},
};

use fidance_store::{Access, OpenOptions, Store, StoreError, StoreLocation};
use tempfile::TempDir;

use crate::postgres::{Durability, Server, server};

/// A day in November 2026, in microseconds.
pub(crate) const NOW: i64 = 1_795_000_000_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
}

pub(crate) struct Site {
    pub(crate) folder: TempDir,
    pub(crate) location: StoreLocation,
    /// The URL of a PostgreSQL database.
    pub(crate) url: Option<String>,
    pub(crate) server: Option<&'static Server>,
}

pub(crate) fn run<F: Future<Output = ()>>(backend: Backend, test: impl FnOnce(Site) -> F) {
    run_durably(backend, Durability::Off, test);
}

pub(crate) fn run_durably<F: Future<Output = ()>>(
    backend: Backend,
    durability: Durability,
    test: impl FnOnce(Site) -> F,
) {
    let folder = tempfile::tempdir().unwrap();
    let site = match backend {
        Backend::Sqlite => {
            let location = StoreLocation::sqlite(folder.path().join("store.sqlite"));
            Site { folder, location, url: None, server: None }
        }
        Backend::Postgres => {
            let Some(server) = server(durability) else {
                println!("skipped: PostgreSQL is not installed (scripts/need postgres)");
                return;
            };
            let url = server.database();
            let location = StoreLocation::postgres(&url, folder.path()).unwrap();
            Site { folder, location, url: Some(url), server: Some(server) }
        }
    };
    runtime().block_on(test(site));
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

impl Site {
    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.location, OpenOptions::new(NOW)).await.unwrap()
    }

    pub(crate) async fn try_open(&self, access: Access) -> Result<Store, StoreError> {
        Store::open(&self.location, OpenOptions::new(NOW).access(access)).await
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Executes a statement behind the store's back.
    pub(crate) async fn sql(&self, sql: &str) {
        use sea_orm::ConnectionTrait as _;
        let connection = sea_orm::Database::connect(self.plain_url()).await.unwrap();
        connection.execute_unprepared(sql).await.unwrap();
        connection.close().await.unwrap();
    }

    /// The byte strings of a query, behind the store's back.
    pub(crate) async fn query_bytes(&self, sql: &str) -> Vec<Vec<u8>> {
        use sea_orm::ConnectionTrait as _;
        let connection = sea_orm::Database::connect(self.plain_url()).await.unwrap();
        let statement = sea_orm::Statement::from_string(connection.get_database_backend(), sql);
        let rows = connection.query_all_raw(statement).await.unwrap();
        connection.close().await.unwrap();
        rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    }

    fn plain_url(&self) -> String {
        self.url.clone().unwrap_or_else(|| format!("sqlite:{}", self.path().join("store.sqlite").display()))
    }
}

/// Whether these bytes are somewhere in a file of the folder or of those below, and in which.
pub(crate) fn find_in_files(folder: &Path, wanted: &[u8]) -> Option<PathBuf> {
    let first = wanted[0];
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            if let Some(found) = find_in_files(&path, wanted) {
                return Some(found);
            }
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let mut rest = bytes.as_slice();
        while let Some(position) = rest.iter().position(|byte| *byte == first) {
            rest = &rest[position..];
            if rest.starts_with(wanted) {
                return Some(path);
            }
            rest = &rest[1..];
        }
    }
    None
}
