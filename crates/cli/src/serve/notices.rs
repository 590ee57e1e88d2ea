//! Where notices go: the part of the configuration that says so, and what it is made into.

use std::{
    fs,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use fidance_app::alarms::Receivers;
use fidance_domain::notice::{Mailer, Webhooks};
use fidance_outside::{
    Endpoint, Login, Reach, Secrets, Security, SignedWebhooks, SmtpMailer, SmtpServer, check_address,
};
use fidance_web::text::Lang;
use serde::Deserialize;

use super::config::Config;
use crate::watch_args::Years;

#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AlarmConfig {
    pub(crate) years: Years,
    pub(crate) recipients: Vec<String>,
    pub(crate) language: LanguageName,
}

/// The language of mails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LanguageName {
    #[default]
    En,
    Fr,
}

impl From<LanguageName> for Lang {
    fn from(name: LanguageName) -> Self {
        match name {
            LanguageName::En => Self::En,
            LanguageName::Fr => Self::Fr,
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MailConfig {
    pub(crate) host: Option<String>,
    pub(crate) port: u16,
    pub(crate) security: SecurityName,
    pub(crate) user: Option<String>,
    pub(crate) password_file: Option<PathBuf>,
    pub(crate) from: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SecurityName {
    #[default]
    Starttls,
    Tls,
    None,
}

/// One program that is told.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookConfig {
    pub(crate) url: String,
    pub(crate) secret_file: PathBuf,
    #[serde(default)]
    pub(crate) allow_private: bool,
}

// A URL may have a secret in its path.
impl std::fmt::Debug for WebhookConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookConfig").field("secret_file", &self.secret_file).finish_non_exhaustive()
    }
}

impl Default for MailConfig {
    fn default() -> Self {
        Self {
            host: None,
            port: 587,
            security: SecurityName::default(),
            user: None,
            password_file: None,
            from: None,
        }
    }
}

/// Refuses what cannot work, before anything is opened. Files are read later: see [`Outside`].
pub(super) fn check(config: &Config, at: &dyn Fn(&str) -> String) -> anyhow::Result<()> {
    let Config { alarm, mail, .. } = config;
    for address in &alarm.recipients {
        check_address(address).with_context(|| format!("{}: {address}", at("alarm.recipients")))?;
    }
    let Some(host) = &mail.host else {
        if alarm.recipients.is_empty() {
            return Ok(());
        }
        anyhow::bail!("{}: without mail.host no mail can be sent", at("alarm.recipients"));
    };
    let from =
        mail.from.as_ref().with_context(|| format!("{}: it is needed with mail.host", at("mail.from")))?;
    check_address(from).with_context(|| format!("{}: {from}", at("mail.from")))?;
    let has_password = mail.password_file.is_some() || config.mail_password().is_some();
    match (&mail.user, has_password) {
        (Some(_), false) => {
            anyhow::bail!(
                "{}: mail.password_file or FIDANCE_MAIL_PASSWORD is needed with it",
                at("mail.user")
            )
        }
        (None, true) => anyhow::bail!("{}: it is needed with a password", at("mail.user")),
        _ => {}
    }
    let is_here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if mail.security == SecurityName::None && !is_here {
        anyhow::bail!(
            "{}: mail and password would cross the network in clear; \"none\" is for a server on this machine",
            at("mail.security")
        );
    }
    Ok(())
}

/// Who is told of alarms.
pub(super) fn receivers(config: &Config) -> Receivers {
    let webhooks = config.webhooks.iter().map(|webhook| webhook.url.clone()).collect();
    Receivers { mails: config.alarm.recipients.clone(), webhooks }
}

/// The ways out.
#[derive(Debug)]
pub(super) struct Outside {
    pub(super) mailer: Option<Arc<dyn Mailer>>,
    pub(super) webhooks: Arc<dyn Webhooks>,
}

impl Outside {
    /// Reads the secrets; nobody is called yet.
    pub(super) fn new(config: &Config) -> anyhow::Result<Self> {
        let mailer = mailer(config)?.map(|mailer| Arc::new(mailer) as Arc<dyn Mailer>);
        Ok(Self { mailer, webhooks: Arc::new(webhooks(config)?) })
    }
}

/// The way to the mail server, where there is one.
fn mailer(config: &Config) -> anyhow::Result<Option<SmtpMailer>> {
    let mail = &config.mail;
    let (Some(host), Some(from)) = (&mail.host, &mail.from) else { return Ok(None) };
    let password = match (config.mail_password(), &mail.password_file) {
        (Some(password), _) => Some(password.to_owned()),
        (None, Some(file)) => {
            let text = secret(config.folder(), file).context("mail.password_file")?;
            // Editors end the last line.
            Some(text.trim_end_matches(['\r', '\n']).to_owned())
        }
        (None, None) => None,
    };
    let login = mail.user.clone().zip(password).map(|(user, password)| Login { user, password });
    let security = match mail.security {
        SecurityName::Starttls => Security::StartTls,
        SecurityName::Tls => Security::Tls,
        SecurityName::None => Security::None,
    };
    let server = SmtpServer { host: host.clone(), port: mail.port, security, login, from: from.clone() };
    SmtpMailer::new(&server).context("mail").map(Some)
}

/// The programs that are told, with their secrets.
fn webhooks(config: &Config) -> anyhow::Result<SignedWebhooks> {
    let endpoint = |(number, webhook): (usize, &WebhookConfig)| {
        let key = |name: &str| format!("webhooks, number {}: {name}", number + 1);
        let file = &webhook.secret_file;
        let text = secret(config.folder(), file).with_context(|| key("secret_file"))?;
        let secrets =
            Secrets::parse(&text).with_context(|| format!("{}: {}", key("secret_file"), file.display()))?;
        let reach = if webhook.allow_private { Reach::Anywhere } else { Reach::Public };
        Endpoint::new(&webhook.url, secrets, reach).with_context(|| key("url"))
    };
    let endpoints = config.webhooks.iter().enumerate().map(endpoint).collect::<anyhow::Result<_>>()?;
    SignedWebhooks::new(endpoints).context("webhooks")
}

fn secret(folder: &Path, file: &Path) -> anyhow::Result<String> {
    let file = folder.join(file);
    fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &str = "[mail]\nhost = \"smtp.shop.example\"\nfrom = \"Fidance <f@shop.example>\"\n";
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn told(text: &str, variables: &[(&str, &str)]) -> String {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let read = Config::read(text, "fidance.toml", variables);
        read.map_or_else(|error| format!("{error:#}"), |_| "all is well".to_owned())
    }

    #[test]
    fn what_cannot_work_is_refused_by_its_key() {
        assert_eq!(told(MAIL, &[]), "all is well");
        for years in ["0.5", "10", "7.25", "1000"] {
            assert_eq!(told(&format!("[alarm]\nyears = {years}\n"), &[]), "all is well");
            assert_eq!(told("", &[("FIDANCE_ALARM_YEARS", years)]), "all is well");
        }
        assert_eq!(
            told(&format!("{MAIL}user = \"f\"\n"), &[("FIDANCE_MAIL_PASSWORD", "geheim")]),
            "all is well"
        );
        for (text, key) in [
            ("[alarm]\nyears = 0\n".to_owned(), "line 2 (years): a number of years from 0.5 to 1000"),
            ("[alarm]\nyears = -1.5\n".into(), "line 2 (years): a number of years from 0.5 to 1000"),
            ("[alarm]\nyears = nan\n".into(), "line 2 (years): a number of years from 0.5 to 1000"),
            ("[alarm]\nyears = 1001\n".into(), "line 2 (years): a number of years from 0.5 to 1000"),
            ("[alarm]\nrecipients = [\"a@shop.example\"]\n".into(), "alarm.recipients: without mail.host"),
            (format!("{MAIL}[alarm]\nrecipients = [\"nobody\"]\n"), "alarm.recipients: nobody"),
            ("[mail]\nhost = \"smtp.shop.example\"\n".into(), "mail.from"),
            ("[mail]\nhost = \"smtp.shop.example\"\nfrom = \"f\"\n".into(), "mail.from: f"),
            (format!("{MAIL}user = \"f\"\n"), "mail.user"),
            (format!("{MAIL}password_file = \"p\"\n"), "mail.user"),
            (format!("{MAIL}security = \"none\"\n"), "mail.security"),
            (format!("{MAIL}security = \"ssl\"\n"), "line 4 (security)"),
            ("[[webhooks]]\nurl = \"https://shop.example\"\n".into(), "secret_file"),
        ] {
            assert!(told(&text, &[]).contains(key), "{}", told(&text, &[]));
        }
        assert!(told(MAIL, &[("FIDANCE_MAIL_PORT", "many")]).contains("FIDANCE_MAIL_PORT"));
        assert!(told(MAIL, &[("FIDANCE_MAIL_PASSWORD", "geheim")]).contains("mail.user"));
    }

    #[test]
    fn secrets_come_from_files_beside_the_configuration_and_are_not_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("fidance.toml");
        let load = |text: &str| {
            fs::write(&file, text).unwrap();
            Config::load(Some(&file)).unwrap()
        };
        let webhook = |more: &str| {
            load(&format!(
                "[[webhooks]]\nurl = \"https://shop.example/geheim\"\nsecret_file = \"secret\"\n{more}"
            ))
        };
        let told = |config: &Config| format!("{:#}", webhooks(config).unwrap_err());
        let missing = told(&webhook(""));
        assert!(
            missing.starts_with("webhooks, number 1: secret_file: cannot read ")
                && missing.contains("secret"),
            "{missing}"
        );
        fs::write(folder.path().join("secret"), "whsec_geheim").unwrap();
        let wrong = told(&webhook(""));
        assert!(
            wrong.contains("number 1: secret_file: secret: line 1") && !wrong.contains("geheim"),
            "{wrong}"
        );
        fs::write(folder.path().join("secret"), format!("{SECRET}\n{SECRET}\n")).unwrap();
        assert!(webhooks(&webhook("")).is_ok());
        assert!(!format!("{:?}", webhook("")).contains("geheim"));
        let second = told(&webhook("[[webhooks]]\nurl = \"http://10.0.0.1\"\nsecret_file = \"secret\"\n"));
        assert!(
            second.starts_with("webhooks, number 2: url: 10.0.0.1 is an address of a private network"),
            "{second}"
        );
        let allowed =
            "[[webhooks]]\nurl = \"http://10.0.0.1\"\nsecret_file = \"secret\"\nallow_private = true\n";
        assert!(webhooks(&webhook(allowed)).is_ok());

        assert!(mailer(&load("")).unwrap().is_none());
        let config = load(&format!("{MAIL}user = \"f\"\npassword_file = \"password\"\n"));
        let missing = format!("{:#}", mailer(&config).unwrap_err());
        assert!(missing.starts_with("mail.password_file: cannot read "), "{missing}");
        fs::write(folder.path().join("password"), "geheim\n").unwrap();
        assert!(mailer(&config).unwrap().is_some());
    }
}
