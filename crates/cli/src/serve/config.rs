//! The configuration of the server: a TOML file, and the environment over it. Every key is in `default.toml`.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    num::NonZeroU32,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use fidance_app::ingest::{GateLimits, Privacy, Unit};
use fidance_lake::Location;
use fidance_store::StoreLocation;
use jiff::tz::TimeZone;
use serde::Deserialize;
use toml::{Table, Value};

use super::notices::{self, AlarmConfig, MailConfig, WebhookConfig};
use crate::lake_args::{CacheArgs, LakeName};

/// The default file, with every key and what it means.
pub(crate) const DEFAULT: &str = include_str!("default.toml");
const USUAL_FILE: &str = "fidance.toml";
const SHORTEST_TOKEN: usize = 16;
/// Of commits to the lake, and compactions.
const SHORTEST_SECONDS: f64 = 0.01;
const LONGEST_SECONDS: f64 = 86_400.0;
const SECTIONS: [&str; 11] =
    ["business", "store", "lake", "intake", "console", "api", "privacy", "segments", "alarm", "mail", "log"];

/// The whole configuration.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    pub(crate) business: Business,
    pub(crate) store: StoreConfig,
    pub(crate) lake: LakeSection,
    pub(crate) intake: IntakeConfig,
    pub(crate) console: ConsoleConfig,
    pub(crate) api: Api,
    pub(crate) privacy: PrivacyConfig,
    pub(crate) segments: BTreeMap<String, Vec<String>>,
    pub(crate) alarm: AlarmConfig,
    pub(crate) mail: MailConfig,
    pub(crate) webhooks: Vec<WebhookConfig>,
    pub(crate) log: Log,
    /// The folder that paths are relative to.
    #[serde(skip)]
    folder: PathBuf,
    /// The password of the store, from the environment only.
    #[serde(skip)]
    password: Option<String>,
    /// The password of the mail server, from the environment.
    #[serde(skip)]
    mail_password: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Business {
    pub(crate) time_zone: String,
    pub(crate) activity: Vec<String>,
    pub(crate) currency: Option<String>,
    pub(crate) unit: UnitName,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum UnitName {
    #[default]
    Customer,
    Account,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct StoreConfig {
    pub(crate) url: String,
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LakeSection {
    pub(crate) path: PathBuf,
    pub(crate) url: Option<String>,
    pub(crate) cache: Option<PathBuf>,
    pub(crate) commit_seconds: f64,
    pub(crate) compact_seconds: f64,
    pub(crate) keep_days: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct IntakeConfig {
    pub(crate) listen: SocketAddr,
    pub(crate) max_inbox_events: u64,
    pub(crate) key_rate: NonZeroU32,
    pub(crate) key_burst: NonZeroU32,
    pub(crate) address_rate: NonZeroU32,
    pub(crate) address_burst: NonZeroU32,
    pub(crate) trust_forwarded: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ConsoleConfig {
    pub(crate) listen: SocketAddr,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Api {
    pub(crate) token: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PrivacyConfig {
    pub(crate) dead_letter_days: u32,
    pub(crate) consent_category: Option<String>,
    pub(crate) forget_after_days: Option<NonZeroU32>,
    pub(crate) audit_days: u32,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    pub(crate) level: Level,
    pub(crate) format: LogFormat,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Error,
    Warn,
    #[default]
    Info,
    Debug,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    #[default]
    Text,
    Json,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").finish_non_exhaustive()
    }
}

impl Default for Business {
    fn default() -> Self {
        let activity = vec!["Order Completed".to_owned()];
        Self { time_zone: "UTC".to_owned(), activity, currency: None, unit: UnitName::default() }
    }
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self { url: "fidance.db".to_owned(), folder: ".".into() }
    }
}

impl Default for LakeSection {
    fn default() -> Self {
        Self {
            path: "lake".into(),
            url: None,
            cache: None,
            commit_seconds: 1.0,
            compact_seconds: 300.0,
            keep_days: 7,
        }
    }
}

fn number(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN)
}

impl Default for IntakeConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8318)),
            max_inbox_events: 1_000_000,
            key_rate: number(20_000),
            key_burst: number(100_000),
            address_rate: number(10_000),
            address_burst: number(100_000),
            trust_forwarded: false,
        }
    }
}

impl Default for ConsoleConfig {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8319)) }
    }
}

impl Default for PrivacyConfig {
    fn default() -> Self {
        Self { dead_letter_days: 30, consent_category: None, forget_after_days: None, audit_days: 1_095 }
    }
}

impl Config {
    /// From the file that was named, or the usual one, or nothing; with the environment over it.
    pub(crate) fn load(named: Option<&Path>) -> anyhow::Result<Self> {
        let usual = Path::new(USUAL_FILE);
        let file = named.or_else(|| usual.exists().then_some(usual));
        let text = match file {
            Some(file) => {
                std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?
            }
            None => String::new(),
        };
        let shown = file.map_or_else(String::new, |file| file.display().to_string());
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let folder = file.and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty());
        let config = Self::read(&text, &shown, variables)?;
        Ok(Self { folder: folder.unwrap_or(Path::new(".")).to_owned(), ..config })
    }

    pub(super) fn read(
        text: &str,
        file: &str,
        variables: impl Iterator<Item = (String, String)>,
    ) -> anyhow::Result<Self> {
        let mut config: Self = toml::from_str(text).map_err(|error| wrong(text, file, &error))?;
        let mut table: Table = toml::from_str(text).map_err(|error| wrong(text, file, &error))?;
        let (mut password, mut mail_password) = (None, None);
        for (name, value) in variables {
            let secret = match name.as_str() {
                "FIDANCE_STORE_PASSWORD" => Some(&mut password),
                "FIDANCE_MAIL_PASSWORD" => Some(&mut mail_password),
                _ => None,
            };
            if let Some(secret) = secret {
                *secret = Some(value);
                continue;
            }
            let Some((section, key)) = place(&name) else { continue };
            let inner = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                inner.insert(key, read_value(&value));
            }
            let overlaid = Value::Table(table.clone());
            config = overlaid
                .try_into()
                .map_err(|error: toml::de::Error| anyhow::anyhow!("{name}: {}", error.message()))?;
        }
        (config.password, config.mail_password) = (password, mail_password);
        config.check(file)?;
        Ok(config)
    }

    fn check(&self, file: &str) -> anyhow::Result<()> {
        let at = |key: &str| if file.is_empty() { key.to_owned() } else { format!("{file}: {key}") };
        TimeZone::get(&self.business.time_zone).with_context(|| at("business.time_zone"))?;
        if !self.console.listen.ip().is_loopback() {
            anyhow::bail!(
                "{}: {} is not an address of this machine alone; use 127.0.0.1 and a tunnel (ssh -L)",
                at("console.listen"),
                self.console.listen
            );
        }
        for (key, seconds) in [
            ("lake.commit_seconds", self.lake.commit_seconds),
            ("lake.compact_seconds", self.lake.compact_seconds),
        ] {
            if !(SHORTEST_SECONDS..=LONGEST_SECONDS).contains(&seconds) {
                anyhow::bail!("{}: from {SHORTEST_SECONDS} to {LONGEST_SECONDS} seconds", at(key));
            }
        }
        if self.api.token.as_ref().is_some_and(|token| token.len() < SHORTEST_TOKEN) {
            anyhow::bail!("{}: at least {SHORTEST_TOKEN} characters", at("api.token"));
        }
        if url::Url::parse(&self.store.url).is_ok_and(|url| url.password().is_some()) {
            anyhow::bail!(
                "{}: put the password into the environment, FIDANCE_STORE_PASSWORD",
                at("store.url")
            );
        }
        notices::check(self, &at)
    }

    /// The folder that paths are relative to.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The password of the mail server, where the environment has one.
    pub(super) fn mail_password(&self) -> Option<&str> {
        self.mail_password.as_deref()
    }

    pub(crate) fn zone(&self) -> anyhow::Result<TimeZone> {
        TimeZone::get(&self.business.time_zone).context("business.time_zone")
    }

    pub(crate) fn unit(&self) -> Unit {
        match self.business.unit {
            UnitName::Customer => Unit::Customer,
            UnitName::Account => Unit::Account,
        }
    }

    pub(crate) fn privacy(&self) -> Privacy {
        Privacy {
            category: self.privacy.consent_category.clone(),
            letter_days: self.privacy.dead_letter_days,
        }
    }

    /// After how long a silence people are forgotten, in microseconds.
    pub(crate) fn forget_after(&self) -> Option<i64> {
        self.privacy.forget_after_days.map(|days| i64::from(days.get()) * super::MICROS_PER_DAY)
    }

    pub(crate) fn gate(&self) -> GateLimits {
        let IntakeConfig { key_rate, key_burst, address_rate, address_burst, .. } = self.intake;
        GateLimits { key_rate, key_burst, address_rate, address_burst }
    }

    /// Where the store is, with its password.
    pub(crate) fn store_location(&self) -> anyhow::Result<StoreLocation> {
        if !self.store.url.contains("://") {
            return Ok(StoreLocation::sqlite(self.folder.join(&self.store.url)));
        }
        let mut url: url::Url = self.store.url.parse().context("store.url")?;
        if let Some(password) = &self.password {
            url.set_password(Some(password))
                .map_err(|()| anyhow::anyhow!("store.url: it can have no password"))?;
        }
        Ok(StoreLocation::parse(url.as_str(), self.folder.join(&self.store.folder))?)
    }

    /// The lake's name and where it is.
    pub(crate) fn lake_location(&self) -> anyhow::Result<(String, Location)> {
        let name = match &self.lake.url {
            Some(url) => url.parse::<LakeName>().map_err(|error| anyhow::anyhow!("lake.url: {error}"))?,
            None => LakeName::Folder(self.folder.join(&self.lake.path)),
        };
        let cache = CacheArgs { lake_cache: self.lake.cache.as_ref().map(|cache| self.folder.join(cache)) };
        Ok((name.to_string(), cache.locate(&name)?))
    }
}

/// The section and key of a variable.
fn place(name: &str) -> Option<(String, String)> {
    let rest = name.strip_prefix("FIDANCE_")?.to_ascii_lowercase();
    let (section, key) = rest.split_once('_')?;
    SECTIONS.contains(&section).then(|| (section.to_owned(), key.to_owned()))
}

/// A value as TOML writes it, or a plain text.
fn read_value(text: &str) -> Value {
    let table: Option<Table> = toml::from_str(&format!("value = {text}")).ok();
    table.and_then(|mut table| table.remove("value")).unwrap_or_else(|| Value::String(text.to_owned()))
}

/// An error with the file, the line and what stands there.
fn wrong(text: &str, file: &str, error: &toml::de::Error) -> anyhow::Error {
    let start = error.span().map_or(0, |span| span.start);
    let before = text.get(..start).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let there = text.lines().nth(line - 1).unwrap_or_default().trim();
    // What stands behind `token =` is a secret.
    let there = there.split('=').next().unwrap_or_default().trim();
    anyhow::anyhow!("{file}, line {line} ({there}): {}", error.message())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::read(text, "fidance.toml", variables).map_err(|error| format!("{error:#}"))
    }

    /// Every key, as the program itself lists them when it meets one that it does not know.
    fn keys() -> Vec<(String, String)> {
        let mut keys = Vec::new();
        let mut sections = SECTIONS.to_vec();
        sections.retain(|section| *section != "segments");
        sections.insert(sections.len() - 1, "webhooks");
        for section in sections {
            let head = if section == "webhooks" { "[[webhooks]]".to_owned() } else { format!("[{section}]") };
            let told = read(&format!("{head}\nunheard_of = 1\n"), &[]).unwrap_err();
            let (_, known) = told.split_once("expected").unwrap();
            let known = known.split('`').skip(1).step_by(2);
            keys.extend(known.map(|key| (section.to_owned(), key.to_owned())));
        }
        keys
    }

    #[test]
    fn the_default_file_the_program_and_the_guide_know_the_same_keys() {
        assert!(read(DEFAULT, &[]).is_ok());
        let guide =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guide/serve.md"))
                .unwrap();
        let mut listed = Vec::new();
        let mut section = "";
        for line in DEFAULT.lines() {
            let line = line.strip_prefix("# ").unwrap_or(line);
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = name.trim_matches(['[', ']']);
            }
            if let Some((key, _)) = line.split_once(" = ")
                && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
                && section != "segments"
            {
                listed.push((section.to_owned(), key.to_owned()));
            }
        }
        assert_eq!(listed, keys());
        for (section, key) in keys() {
            assert!(
                guide.contains(&format!("`{section}.{key}`")),
                "the guide does not explain {section}.{key}"
            );
        }
        // The defaults of the file are those of the program.
        let (of_file, of_program) = (read(DEFAULT, &[]).unwrap(), read("", &[]).unwrap());
        assert_eq!(format!("{of_file:?}"), format!("{of_program:?}"));
    }

    #[test]
    fn errors_name_the_key_and_the_line() {
        let told = read("[intake]\nlisten = \"127.0.0.1:1\"\nlissen = 5\n", &[]).unwrap_err();
        assert!(told.contains("line 3 (lissen)") && told.contains("unknown field `lissen`"), "{told}");
        let told = read("[lake]\n\nkeep_days = \"seven\"\n", &[]).unwrap_err();
        assert!(told.contains("line 3 (keep_days)"), "{told}");
        let told = read("[lake]\ncompact_seconds = 0\n", &[]).unwrap_err();
        assert!(told.contains("lake.compact_seconds"), "{told}");
        let told = read("[business]\ntime_zone = \"Mars/Olympus\"\n", &[]).unwrap_err();
        assert!(told.contains("business.time_zone"), "{told}");
        let told = read("[console]\nlisten = \"0.0.0.0:80\"\n", &[]).unwrap_err();
        assert!(told.contains("console.listen") && told.contains("tunnel"), "{told}");
        let told = read("[store]\nurl = \"postgres://a:secret@h/d\"\n", &[]).unwrap_err();
        assert!(told.contains("store.url") && !told.contains("secret"), "{told}");
    }

    #[test]
    fn the_environment_goes_over_the_file() {
        let variables = [
            ("FIDANCE_INTAKE_LISTEN", "127.0.0.1:9"),
            ("FIDANCE_LAKE_KEEP_DAYS", "3"),
            ("FIDANCE_BUSINESS_ACTIVITY", "[\"Signed In\"]"),
            ("FIDANCE_BUSINESS_TIME_ZONE", "Europe/Paris"),
            ("FIDANCE_KILL_ROUNDS", "4"),
        ];
        let config = read("[lake]\nkeep_days = 9\n", &variables).unwrap();
        assert_eq!(config.intake.listen.port(), 9);
        assert_eq!(config.lake.keep_days, 3);
        assert_eq!(config.business.activity, ["Signed In"]);
        assert_eq!(config.business.time_zone, "Europe/Paris");
        let told = read("", &[("FIDANCE_LAKE_PAHT", "x")]).unwrap_err();
        assert!(told.contains("FIDANCE_LAKE_PAHT") && told.contains("paht"), "{told}");
    }
}
