//! Copies of a SQLite store that runs, and what has to be known after one was restored.
//!
//! **Restoring**, SQLite: stop the server, delete `store.sqlite-wal` and `store.sqlite-shm`, copy the backup to
//! `store.sqlite`, start. PostgreSQL: `pg_dump --format=custom` while the server runs; `pg_restore` into an empty database
//! while it does not. On both, the master key and the journal of erasures beside the store stay as they are; they are no
//! part of a copy, and a copy of the key belongs somewhere else than copies of the store. An older copy gives numbers of
//! batches again that the lake has seen: whoever carries them there tells them apart by their contents.

use std::{fs, path::Path};

use crate::{
    Store, StoreError,
    connect::{self, Use},
    location::Database,
    session::Session,
    store::restricted,
};

const TABLE: &str = "backup";

impl Store {
    /// Copies a SQLite store, whole and without gaps, while it goes on working, and checks the copy. `target` is
    /// replaced when that has succeeded, not before. For PostgreSQL there is `pg_dump`: [`StoreError::Unsupported`].
    pub async fn backup_to(&self, target: &Path) -> Result<(), StoreError> {
        let Database::Sqlite(file) = &self.location().database else {
            let what = "copies are made by pg_dump --format=custom and restored by pg_restore";
            return Err(StoreError::Unsupported { place: self.place().clone(), what });
        };
        let mut part = target.as_os_str().to_owned();
        part.push(".part");
        let part = Path::new(&part);
        let at = |error| StoreError::io(part, error);
        // Made here rather than by SQLite, so that nobody else may read it at any moment.
        restricted().create(true).write(true).truncate(true).open(part).map_err(at)?;
        let copied = self.copy(file, part).await;
        let finished = copied.and_then(|()| {
            fs::File::open(part).and_then(|copy| copy.sync_all()).map_err(at)?;
            fs::rename(part, target).map_err(|error| StoreError::io(target, error))?;
            let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new("."));
            fs::File::open(folder)
                .and_then(|folder| folder.sync_all())
                .map_err(|error| StoreError::io(folder, error))
        });
        if finished.is_err() {
            let _ = fs::remove_file(part);
        }
        finished
    }

    async fn copy(&self, file: &Path, part: &Path) -> Result<(), StoreError> {
        let place = self.place();
        let failed = |error| StoreError::database(place, TABLE, error);
        let text = part.to_str().ok_or(StoreError::Unsupported {
            place: place.clone(),
            what: "the name of a backup has to be UTF-8",
        })?;
        // A connection of its own: readers may not write, and the writer has other things to do.
        let inner = connect::sqlite(file, Use::Writing).await.map_err(failed)?;
        let session = Session { inner, place: place.clone() };
        let copied = session.execute(TABLE, "VACUUM INTO $1", vec![text.into()]).await;
        session.inner.close().await.map_err(failed)?;
        copied?;
        let inner = connect::sqlite(part, Use::Checking).await.map_err(failed)?;
        let session = Session { inner, place: place.clone() };
        let checked = session.all(TABLE, "PRAGMA integrity_check", vec![]).await;
        session.inner.close().await.map_err(failed)?;
        let verdicts: Vec<String> =
            checked?.iter().map(|row| row.get("integrity_check")).collect::<Result<_, _>>()?;
        if verdicts == ["ok"] {
            return Ok(());
        }
        Err(StoreError::Damaged { place: place.clone(), table: TABLE, what: verdicts.join("; ") })
    }
}
