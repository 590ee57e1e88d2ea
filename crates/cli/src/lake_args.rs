//! Which lake is meant: a folder, or a place in an object store. Here the environment says who asks a store.

use std::{
    fmt,
    path::PathBuf,
    str::FromStr,
    sync::{Arc, Mutex},
};

use clap::Args;
use fidance_lake::{Location, S3Settings, Store, StoreUrl};
use indicatif::ProgressBar;

use crate::{progress, serve_args::ServeArgs};

/// A lake as it is named on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LakeName {
    /// In a folder.
    Folder(PathBuf),
    /// In an object store.
    Store(StoreUrl),
}

impl FromStr for LakeName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once("://") {
            None if text.is_empty() => Err("name a folder, or s3://bucket/path".to_owned()),
            None => Ok(Self::Folder(PathBuf::from(text))),
            Some(("s3", _)) => text.parse().map(Self::Store).map_err(|e: fidance_lake::BadUrl| e.to_string()),
            Some((scheme, _)) => Err(format!("{scheme}:// is not known; name a folder, or s3://bucket/path")),
        }
    }
}

impl fmt::Display for LakeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "{}", folder.display()),
            Self::Store(url) => write!(f, "{url}"),
        }
    }
}

/// Where copies are kept of a lake that is in a store.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct CacheArgs {
    /// Folder for copies of a lake in a store [default: in ~/.cache/fidance]
    #[arg(long, value_name = "DIR", help_heading = "Lake")]
    pub(crate) lake_cache: Option<PathBuf>,
}

/// Statements on who is who.
#[derive(Debug, Args)]
pub(crate) struct LinkArgs {
    /// File of statements
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The lake: a folder, or `s3://bucket/path`
    #[arg(long, value_name = "LAKE")]
    pub(crate) lake: LakeName,
    #[command(flatten)]
    pub(crate) cache: CacheArgs,
}

/// Writing a lake's events to a file, or all that a server holds on one person.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// A customer's id: everything that a server holds on that person
    #[arg(value_name = "CUSTOMER", required_unless_present = "lake", conflicts_with = "lake")]
    pub(crate) customer: Option<String>,
    #[command(flatten)]
    pub(crate) server: ServeArgs,
    /// The lake whose events are wanted: a folder, or `s3://bucket/path`
    #[arg(long, value_name = "LAKE", conflicts_with = "config")]
    pub(crate) lake: Option<LakeName>,
    #[command(flatten)]
    pub(crate) cache: CacheArgs,
    /// File to write: .parquet or .csv for a lake, .zip for a person; must not exist
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

impl CacheArgs {
    /// Where the lake is, with what is needed to reach it.
    pub(crate) fn locate(&self, lake: &LakeName) -> anyhow::Result<Location> {
        let url = match lake {
            LakeName::Folder(folder) => return Ok(Location::Folder(folder.clone())),
            LakeName::Store(url) => url,
        };
        let settings = settings()?;
        let cache = match &self.lake_cache {
            Some(folder) => folder.clone(),
            None => usual_cache(&cache_name(url, settings.endpoint.as_deref()))?,
        };
        let fetching = Arc::new(Fetches::default());
        let tell = move |done, all| fetching.show(done, all);
        Ok(Location::Store(Store::s3(url.clone(), &settings, cache)?.with_fetching(Arc::new(tell))))
    }
}

/// The same address in two stores is two lakes.
fn cache_name(url: &StoreUrl, endpoint: Option<&str>) -> String {
    let whole = format!("{} {url}", endpoint.unwrap_or_default().trim_end_matches('/'));
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(whole.as_bytes()))
}

#[expect(clippy::disallowed_methods, reason = "the command line is where the environment enters")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn usual_cache(name: &str) -> anyhow::Result<PathBuf> {
    let absolute = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")));
    match base {
        Some(base) => Ok(base.join("fidance").join(name)),
        None => {
            anyhow::bail!("there is no folder for caches (HOME is not set); name one with --lake-cache DIR")
        }
    }
}

fn settings() -> anyhow::Result<S3Settings> {
    let needed = |name| {
        variable(name).ok_or_else(|| {
            anyhow::anyhow!(
                "{name} is not set; a lake in a store needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment"
            )
        })
    };
    Ok(S3Settings {
        access_key_id: needed("AWS_ACCESS_KEY_ID")?,
        secret_access_key: needed("AWS_SECRET_ACCESS_KEY")?,
        session_token: variable("AWS_SESSION_TOKEN"),
        region: variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")),
        endpoint: variable("AWS_ENDPOINT_URL_S3").or_else(|| variable("AWS_ENDPOINT_URL")),
        allow_http: variable("AWS_ALLOW_HTTP").is_some_and(|value| value.eq_ignore_ascii_case("true")),
    })
}

/// A bar while files are fetched.
#[derive(Default)]
struct Fetches(Mutex<Option<ProgressBar>>);

impl Fetches {
    fn show(&self, done: u64, all: u64) {
        let Ok(mut shown) = self.0.lock() else { return };
        let bar = shown.get_or_insert_with(|| progress::bar(all, "fetching from the store"));
        bar.set_length(all);
        bar.set_position(done);
        if done >= all
            && let Some(bar) = shown.take()
        {
            bar.finish_and_clear();
        }
    }
}

/// Refuses a lake in a store where only a folder will do.
#[cfg(feature = "cluster")]
pub(crate) fn folder(lake: &LakeName) -> anyhow::Result<&std::path::Path> {
    match lake {
        LakeName::Folder(folder) => Ok(folder),
        LakeName::Store(url) => {
            anyhow::bail!("{url}: a cluster reads lakes in folders only; `fidance report` reads this one")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_folder_or_a_place_in_a_store() {
        assert_eq!("shop.lake".parse(), Ok(LakeName::Folder("shop.lake".into())));
        assert_eq!("./s3:/x".parse(), Ok(LakeName::Folder("./s3:/x".into())));
        assert!(matches!("s3://bucket/shop".parse(), Ok(LakeName::Store(_))));
        for wrong in ["", "s3://", "s3://bucket", "gs://bucket/shop", "S3://bucket/shop"] {
            assert!(wrong.parse::<LakeName>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn lakes_of_two_stores_have_two_caches() {
        let url = "s3://bucket/shop".parse().unwrap();
        assert_eq!(cache_name(&url, None).len(), 16);
        assert_ne!(cache_name(&url, None), cache_name(&url, Some("http://localhost:9000")));
        assert_eq!(
            cache_name(&url, Some("http://localhost:9000/")),
            cache_name(&url, Some("http://localhost:9000"))
        );
    }
}
