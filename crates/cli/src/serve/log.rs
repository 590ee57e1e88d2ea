//! The log of the server, on standard error. What is said names no customer, key, address or content.

use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt as _,
};

use super::config::{Level, Log, LogFormat};

pub(crate) fn init(log: &Log) {
    let level = match log.level {
        Level::Error => tracing::Level::ERROR,
        Level::Warn => tracing::Level::WARN,
        Level::Info => tracing::Level::INFO,
        Level::Debug => tracing::Level::DEBUG,
    };
    // Libraries below log statements and addresses at finer levels: only our own words come through.
    let ours = Targets::new()
        .with_default(tracing::Level::WARN)
        .with_targets([("fidance", level), ("fidance_app", level), ("fidance_web", level)])
        .with_targets([("sqlx", LevelFilter::OFF)]);
    let base = fmt::layer().with_writer(std::io::stderr).with_target(false);
    let layer: Box<dyn Layer<_> + Send + Sync> = match log.format {
        LogFormat::Text => Box::new(base.with_ansi(false)),
        LogFormat::Json => Box::new(base.json().flatten_event(true)),
    };
    let subscriber = tracing_subscriber::registry().with(layer.with_filter(ours));
    // A second server in one process would keep the first one's.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
