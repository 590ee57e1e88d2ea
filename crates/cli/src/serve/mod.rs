//! `fidance serve`: wires the store, the lake, the routes and the console together, and takes them apart again in order.

mod affected;
pub(crate) mod config;
mod live;
mod log;
mod notices;
pub(crate) mod open;
pub(crate) mod owner;
mod port;
mod register;

use std::{
    net::SocketAddr,
    sync::{Arc, mpsc},
    time::Duration,
};

use anyhow::Context as _;
use fidance_app::{
    alarms::{StoredAlarms, Watchman},
    ingest::{Backlog, Clock, Door, DoorLimits, Drain, DrainLimits, Gate, Keys, Metrics},
    notices::Postman,
    people::People,
    register::Book,
};
use fidance_store::{Scrub, Store, StoreError};
use fidance_web::{
    Access, AlarmMails, Console, ServeLimits,
    admin::{self, Admin},
    ingest::{self, Intake},
    router_behind, serve,
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle, time::timeout};

use self::{config::Config, live::Live, notices::Outside, open::Opened, register::JsonEntries};
use crate::{commands::console::interrupted, serve_args::ServeArgs, settings::now};

/// Events of one batch for the lake.
const BATCH: u64 = 250_000;
/// Requests and bytes that wait for their commit.
const WAITING: usize = 4_096;
const WAITING_BYTES: u32 = 64 << 20;
/// How long requests, and then what waits, may take when the server is asked to stop.
const PATIENCE: Duration = Duration::from_secs(20);
const DRAIN_AT_THE_END: Duration = Duration::from_secs(10);
const MICROS_PER_DAY: i64 = 86_400_000_000;

pub(crate) fn run(args: &ServeArgs) -> anyhow::Result<()> {
    let config = Config::load(args.config.as_deref())?;
    log::init(&config.log);
    let runtime = tokio::runtime::Runtime::new().context("cannot start the server")?;
    let outside = Outside::new(&config)?;
    let opened = Opened::open(&config, &runtime)?;
    runtime.block_on(serve_all(&config, opened, outside))
}

async fn serve_all(config: &Config, opened: Opened, outside: Outside) -> anyhow::Result<()> {
    let Opened { store, store_id, lake, reader, lake_name, names, first } = opened;
    let intake_listener = listen(config.intake.listen, "intake.listen").await?;
    let console_listener = listen(config.console.listen, "console.listen").await?;
    let (intake_at, console_at) = (intake_listener.local_addr()?, console_listener.local_addr()?);
    let clock = Clock::new(now);
    let (metrics, backlog) = (Arc::new(Metrics::default()), Backlog::default());
    let acceptor = Arc::new(open::acceptor(config, names)?);
    let people = People::new(
        store.clone(),
        Arc::clone(&acceptor),
        backlog.clone(),
        clock.clone(),
        config.zone()?,
        Arc::new(lake.people_reader()),
    );
    let people = Arc::new(people.await?);
    let limits =
        DoorLimits { requests: WAITING, bytes: WAITING_BYTES, backlog: config.intake.max_inbox_events };
    let (door, door_task) = Door::open(
        store.clone(),
        limits,
        backlog.clone(),
        Arc::clone(&acceptor),
        Arc::clone(&metrics),
        clock.clone(),
    );
    let (changed, changes) = mpsc::channel();
    let (looked, looks) = watch::channel(None);
    let entries = Arc::new(JsonEntries { zone: config.zone()? });
    let book = Arc::new(Book::new(store.clone(), entries, Arc::new(lake.customers()?)));
    let (newest, known) = watch::channel(book.known().await?);
    let years = config.alarm.years.get();
    let live = Live::start(reader, lake_name, years, known, changes, looked)?;
    let register_changed = changed.clone();
    let drain = Drain::start(
        store.clone(),
        &store_id,
        Box::new(lake),
        Arc::clone(&people),
        drain_limits(config),
        backlog.clone(),
        Arc::clone(&metrics),
        clock.clone(),
        tokio::runtime::Handle::current(),
        Box::new(move |_| {
            // Where nobody listens any more, the server is ending.
            let _ = changed.send(());
        }),
    )?;
    let keys = Arc::new(Keys::new(store.clone()));
    let access = Arc::new(Access::new(open::secret));
    let gate = Arc::new(Gate::new(config.gate()));
    let intake = Intake {
        acceptor: Arc::clone(&acceptor),
        door: door.clone(),
        gate: Arc::clone(&gate),
        keys: Arc::clone(&keys),
        metrics,
        backlog: backlog.clone(),
        drain: drain.state(),
        store: store.clone(),
        clock: clock.clone(),
        trust_forwarded: config.intake.trust_forwarded,
    };
    let admin = Admin {
        store: store.clone(),
        keys: Arc::clone(&keys),
        door,
        acceptor,
        people,
        book: Arc::clone(&book),
        backlog,
        clock,
        access: Arc::clone(&access),
        token: config.api.token.clone(),
    };
    let source = Arc::clone(&live) as Arc<_>;
    let watch = Some(Arc::clone(&live) as Arc<_>);
    let alarms = StoredAlarms::new(store.clone(), Arc::clone(&book), config.zone()?, Clock::new(now));
    let alarms = Some(Arc::new(alarms) as Arc<_>);
    let console = Console { source, watch, alarms, data_set: live.name().to_owned() };
    let console_routes = router_behind(console, Arc::clone(&access)).merge(admin::router(admin));
    let (stop, stopping) = watch::channel(());
    let interrupted = interrupted();
    let connections = connections();
    let servers = [
        tokio::spawn(serve(intake_listener, ingest::router(intake), connections, stopped(stopping.clone()))),
        tokio::spawn(serve(console_listener, console_routes, connections, stopped(stopping.clone()))),
    ];
    let housekeeping = tokio::spawn(keep_house(store.clone(), keys, gate, config.privacy.audit_days));
    let postman = Postman::new(store.clone(), outside.mailer, outside.webhooks, Clock::new(now));
    let postman = tokio::spawn(postman.run(stopped(stopping.clone())));
    let told = move || {
        let _ = register_changed.send(());
    };
    let registrar = tokio::spawn(book.hand_on(newest, told, stopped(stopping.clone())));
    let watchman = watchman(config, store.clone(), console_at)?;
    let watchman = tokio::spawn(watchman.run(looks, stopped(stopping)));
    let link = access.link().context("the system gives no random bytes")?;
    announce(intake_at, console_at, &link, first.as_deref());
    interrupted.await;
    tracing::info!("stopping: requests are being finished");
    let _ = stop.send(());
    housekeeping.abort();
    for server in servers {
        finish(server).await;
    }
    let _ = timeout(PATIENCE, watchman).await;
    let _ = timeout(PATIENCE, registrar).await;
    // A notice that is on its way is given the time to arrive.
    let _ = timeout(PATIENCE, postman).await;
    // The door has closed with the routes; what was acknowledged is on disk whether it is carried over now or later.
    let _ = timeout(PATIENCE, door_task).await;
    let _ = tokio::task::spawn_blocking(move || drain.stop()).await;
    store.close().await?;
    tracing::info!("stopped");
    Ok(())
}

/// Whoever keeps the alarms, and has people told of them.
fn watchman(config: &Config, store: Store, console: SocketAddr) -> anyhow::Result<Watchman> {
    let language = config.alarm.language.into();
    let mails = AlarmMails::new(language, config.business.currency.clone(), format!("http://{console}"));
    let receivers = notices::receivers(config);
    Ok(Watchman::new(store, Arc::new(mails), receivers, config.zone()?, Clock::new(now)))
}

fn drain_limits(config: &Config) -> DrainLimits {
    DrainLimits {
        batch: BATCH,
        pace: Duration::from_secs_f64(config.lake.commit_seconds),
        tidy_every: Duration::from_secs_f64(config.lake.compact_seconds),
        at_the_end: DRAIN_AT_THE_END,
        forget_after: config.forget_after(),
    }
}

/// What connections may take, of each of the two listeners: half of the files that may be open are for the lake and the store.
fn connections() -> ServeLimits {
    const WANTED: u64 = 16_384;
    const USUAL: u64 = 1_024;
    let files = rlimit::increase_nofile_limit(WANTED).unwrap_or(USUAL);
    let usual = ServeLimits::default();
    ServeLimits {
        connections: usual.connections.min(usize::try_from(files / 4).unwrap_or(usize::MAX)),
        ..usual
    }
}

async fn listen(address: SocketAddr, key: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("{key}: cannot listen on {address}"))
}

async fn stopped(mut stopping: watch::Receiver<()>) {
    let _ = stopping.changed().await;
}

/// Waits for the requests of a server; those that take too long are cut off.
async fn finish(mut server: JoinHandle<std::io::Result<()>>) {
    match timeout(PATIENCE, &mut server).await {
        Ok(Ok(Ok(()))) => {}
        Ok(Ok(Err(error))) => tracing::error!(%error, "a listener failed"),
        Ok(Err(_)) | Err(_) => {
            tracing::warn!("requests that did not end were cut off");
            server.abort();
        }
    }
}

/// What people need to know when it begins, on standard output: none of it is for a log.
fn announce(intake: SocketAddr, console: SocketAddr, link: &str, key: Option<&str>) {
    anstream::println!("Clients send to http://{intake}");
    anstream::println!("The console opens once with http://{console}{link}");
    if let Some(key) = key {
        anstream::println!("The key of the source `default`, which is not shown again: {key}");
        anstream::println!(
            "A first event:\n  curl http://{intake}/v1/track -u {key}: -H 'content-type: application/json' \\\n    -d \
             '{{\"userId\":\"customer-1\",\"event\":\"Order Completed\",\"messageId\":\"first\",\"properties\":{{\"revenue\":12.5}}}}'"
        );
    }
}

/// Every minute what has to be done now and then.
async fn keep_house(store: Store, keys: Arc<Keys>, gate: Arc<Gate>, audit_days: u32) {
    const EVERY: Duration = Duration::from_mins(1);
    let mut minutes = 0_u32;
    loop {
        tokio::time::sleep(EVERY).await;
        minutes = minutes.wrapping_add(1);
        gate.prune();
        let day = i32::try_from(now().div_euclid(MICROS_PER_DAY)).unwrap_or(0);
        let mut done = store.mark_keys_used(&keys.used(), day).await;
        if minutes % 60 == 1 && done.is_ok() {
            done = throw_away(&store, audit_days).await;
        }
        if let Err(error) = done {
            tracing::warn!(error = &error as &dyn std::error::Error, "the store could not be tidied");
        }
    }
}

/// What has expired, from the files as well.
async fn throw_away(store: &Store, audit_days: u32) -> Result<(), StoreError> {
    let audit_from = now().saturating_sub(i64::from(audit_days) * MICROS_PER_DAY);
    let calls = store.purge_calls(now()).await?;
    let thrown = store.purge_letters(now()).await? + calls + store.purge_audit(audit_from).await?;
    if thrown > 0 {
        let _: Scrub = store.scrub().await?;
    }
    Ok(())
}
