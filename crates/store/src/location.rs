//! Where a store is: a SQLite file or a PostgreSQL database, and the folder for what stands beside it.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use url::Url;

use crate::StoreError;

/// A location as it may be shown: a path, or a URL without its password and parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(Arc<str>);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Clone)]
pub(crate) enum Database {
    Sqlite(PathBuf),
    Postgres(Url),
}

/// Where a store is.
///
/// The folder holds the master key (`private/store.key`) and the journal of erasures (`erasures.journal`): neither may
/// be in the database, since both must outlive the restore of a backup.
#[derive(Clone)]
pub struct StoreLocation {
    pub(crate) database: Database,
    pub(crate) folder: PathBuf,
}

impl StoreLocation {
    /// A SQLite file; what stands beside it is in the same folder.
    pub fn sqlite(file: impl Into<PathBuf>) -> Self {
        let file = file.into();
        let folder = match file.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        Self { database: Database::Sqlite(file), folder }
    }

    /// A PostgreSQL database by URL, `postgres://user:password@host:port/database`, and the folder for what stands
    /// beside it. The claim on the store is bound to a session: connect directly or through a pooler in session mode.
    pub fn postgres(url: &str, folder: impl Into<PathBuf>) -> Result<Self, StoreError> {
        // The text is not repeated: it may hold a password.
        let url = Url::parse(url).map_err(|error| StoreError::Location { reason: error.to_string() })?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(StoreError::Location {
                reason: format!("{} is no scheme of PostgreSQL", url.scheme()),
            });
        }
        Ok(Self { database: Database::Postgres(url), folder: folder.into() })
    }

    /// A URL of PostgreSQL, or else the path of a SQLite file. `folder` is used with the former.
    pub fn parse(text: &str, folder: impl Into<PathBuf>) -> Result<Self, StoreError> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            Self::postgres(text, folder)
        } else {
            Ok(Self::sqlite(text))
        }
    }

    /// The location as it may be shown.
    pub fn place(&self) -> Place {
        let text = match &self.database {
            Database::Sqlite(file) => file.display().to_string(),
            Database::Postgres(url) => shown(url),
        };
        Place(text.into())
    }

    /// The file of the master key.
    pub fn key_file(&self) -> PathBuf {
        self.folder.join("private").join("store.key")
    }

    /// The journal of erasures.
    pub fn journal_file(&self) -> PathBuf {
        self.folder.join("erasures.journal")
    }
}

impl fmt::Debug for StoreLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreLocation")
            .field("place", &self.place())
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// The file that a process holds locked while it owns a SQLite store.
pub(crate) fn lock_file(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

fn shown(url: &Url) -> String {
    let user = url.username();
    let at = if user.is_empty() { String::new() } else { format!("{user}@") };
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("postgres://{at}{}{port}{}", url.host_str().unwrap_or_default(), url.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let url = "postgres://shop:geheim@db.example:6432/fidance?password=geheim&sslmode=require";
        let location = StoreLocation::parse(url, "beside").unwrap();
        assert_eq!(location.place().to_string(), "postgres://shop@db.example:6432/fidance");
        assert!(!format!("{location:?}").contains("geheim"));
        let wrong = StoreLocation::postgres("postgres://shop:geheim@db:notaport/x", "beside").unwrap_err();
        assert!(!format!("{wrong:?} {wrong}").contains("geheim"));
    }
}
