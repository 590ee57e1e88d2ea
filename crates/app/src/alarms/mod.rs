//! From what the watch finds to alarms that have a state, and to notices of them.
//!
//! [`decide`] says what becomes of the stored alarms, without doing it. [`Watchman`] does it after each look at the data, and
//! puts notices into the outbox. An alarm is stored before anybody is told, with a note that this is due, and every notice
//! has a name of its own: whatever is killed when, each is queued once. Who sends them is in `notices`; what pages need of them
//! is in [`AlarmBook`].

mod book;
mod decide;
mod payload;
mod record;

use std::{
    collections::HashSet,
    fmt::Debug,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use fidance_domain::history::Micros;
use fidance_store::{Alarm as Stored, AlarmKey, Closed, NewNotice, NoticeKind, Store, StoreError};
pub use fidance_store::{AlarmState, Closing, Explanation};
use jiff::{Timestamp, tz::TimeZone};
use tokio::sync::watch::Receiver;

use self::payload::Data;
pub use self::{
    book::{AlarmBook, By, Kept, KnownEvent, Later, SayError, Saying, StoredAlarms},
    decide::{Step, decide},
    payload::Payload,
    record::{Record, Told},
};
use crate::{
    diagnosis::model::Diagnosis,
    ingest::Clock,
    watch::{
        WatchError, WatchSource,
        model::{Alarm, Watch},
    },
};

/// Who does what is done here, for the log of who did what.
const SERVER: &str = "server";
/// Stored alarms that are compared with what the watch finds: the latest.
const MOST_ALARMS: usize = 1_000;
/// How often it is looked for what people did to alarms meanwhile, and for what could not be stored before.
const EVERY: Duration = Duration::from_mins(1);
/// Of what was closed longer ago, nobody is told any more: whoever was added since never heard of it.
const TELL_WITHIN: Micros = 86_400_000_000;

/// Why the alarms could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum AlarmsError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The watch.
    #[error(transparent)]
    Watch(#[from] WatchError),
    /// The thread that looked ended in the middle of it.
    #[error("looking at the data broke off")]
    BrokeOff,
    /// What was found cannot be written.
    #[error("an alarm cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailText {
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
}

/// Says it to people, in their language.
pub trait Words: Debug + Send + Sync {
    /// The alarm in one sentence: since when, how much fewer, who mostly.
    fn sentence(&self, alarm: &Alarm) -> String;

    /// That an alarm was raised by this watch, whom it concerns, and what its diagnosis says.
    fn raised(&self, alarm: &Alarm, watch: &Watch, diagnosis: Option<&Diagnosis>) -> MailText;

    /// That an alarm is closed.
    fn closed(&self, alarm: &Alarm, why: Closing) -> MailText;
}

/// Who is told.
#[derive(Debug, Clone, Default)]
pub struct Receivers {
    /// Addresses of mail.
    pub mails: Vec<String>,
    /// URLs of webhooks.
    pub webhooks: Vec<String>,
}

impl Receivers {
    fn is_empty(&self) -> bool {
        self.mails.is_empty() && self.webhooks.is_empty()
    }
}

/// Keeps the stored alarms as the data say, and queues notices.
#[derive(Debug)]
pub struct Watchman {
    store: Store,
    words: Arc<dyn Words>,
    receivers: Receivers,
    zone: TimeZone,
    clock: Clock,
    /// Closings that this process has told: the outbox would know them too, but need not be asked each time.
    closings: Mutex<HashSet<String>>,
}

impl Watchman {
    /// For the alarms of a store; days are those of `zone`.
    pub fn new(
        store: Store,
        words: Arc<dyn Words>,
        receivers: Receivers,
        zone: TimeZone,
        clock: Clock,
    ) -> Self {
        Self { store, words, receivers, zone, clock, closings: Mutex::default() }
    }

    /// Settles whatever is looked at, until it is told to stop; what it is at then is finished.
    pub async fn run(
        self,
        mut looked: Receiver<Option<Arc<dyn WatchSource>>>,
        stop: impl Future<Output = ()>,
    ) {
        let mut stop = std::pin::pin!(stop);
        loop {
            let source = looked.borrow_and_update().clone();
            if let Some(source) = source
                && let Err(error) = self.settle(source).await
            {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the alarms could not be brought up to date"
                );
            }
            tokio::select! {
                biased;
                () = &mut stop => return,
                changed = looked.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// Brings the stored alarms up to date with one look at the data, and queues the notices that are due.
    ///
    /// # Errors
    /// See [`AlarmsError`]. What was not done is done the next time.
    pub async fn settle(&self, source: Arc<dyn WatchSource>) -> Result<(), AlarmsError> {
        let watch = match ask(&source, |source| source.watch()).await? {
            Ok(watch) => watch,
            // Nothing has come yet, or nothing that can be watched.
            Err(WatchError::Empty | WatchError::NotActivities) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let now = self.clock.now();
        let stored = self.store.alarms(None, MOST_ALARMS).await?;
        let today = instant(now).to_zoned(self.zone.clone()).date();
        let steps = decide(&watch, &stored, today);
        for step in &steps {
            self.take(step, now).await?;
        }
        let stored = if steps.is_empty() { stored } else { self.store.alarms(None, MOST_ALARMS).await? };
        for alarm in &stored {
            self.tell(alarm, &source, &watch, now).await?;
        }
        Ok(())
    }

    async fn take(&self, step: &Step, now: Micros) -> Result<(), AlarmsError> {
        match step {
            Step::Raise(key, record) => {
                self.store.raise_alarm(key, &record.written()?, SERVER, now).await?;
                tracing::info!(alarm = %key, "an alarm is open");
            }
            Step::Reopen(key, record) => {
                self.store.reopen_alarm(key, &record.written()?, SERVER, now).await?;
                tracing::info!(alarm = %key, "an alarm is open again");
            }
            Step::Update(key, record) => {
                self.store.raise_alarm(key, &record.written()?, SERVER, now).await?;
            }
            Step::Close(key, why) => {
                self.store.close_alarm(key, *why, SERVER, now).await?;
                tracing::info!(alarm = %key, why = why.as_str(), "an alarm is closed");
            }
        }
        Ok(())
    }

    /// Queues what is to be said of an alarm, if anything is.
    async fn tell(
        &self,
        stored: &Stored,
        source: &Arc<dyn WatchSource>,
        watch: &Watch,
        now: Micros,
    ) -> Result<(), AlarmsError> {
        let record = Record::read(stored);
        let key = &stored.key;
        match (stored.closed, record.told) {
            // Who is added while an alarm is open is told of it, if nobody was before.
            (None, Told::Due) if !self.receivers.is_empty() => {
                let Some(alarm) = decide::same(watch, stored) else { return Ok(()) };
                let diagnosis = diagnosis(source, alarm).await?;
                let mail = self.words.raised(alarm, watch, diagnosis.as_deref());
                let data = Data::new(key, alarm, self.words.sentence(alarm), watch, None);
                let payload = Payload { kind: "alarm.raised", timestamp: instant(now), data };
                self.queue(&name(key, "raised", record.opened), &mail, &payload, now).await?;
                let told = Record { told: Told::Queued, ..record };
                self.store.raise_alarm(key, &told.written()?, SERVER, now).await?;
            }
            (Some(closed), Told::Queued) if now.saturating_sub(closed.at) <= TELL_WITHIN => {
                self.tell_closed(key, &record, closed, watch, now).await?;
            }
            _ => {}
        }
        Ok(())
    }

    async fn tell_closed(
        &self,
        key: &AlarmKey,
        record: &Record,
        closed: Closed,
        watch: &Watch,
        now: Micros,
    ) -> Result<(), AlarmsError> {
        let name = name(key, "closed", record.opened);
        let is_told = self.closings.lock().unwrap_or_else(PoisonError::into_inner).contains(&name);
        let Some(alarm) = record.alarm.as_ref().filter(|_| !is_told) else { return Ok(()) };
        let data = Data::new(key, alarm, self.words.sentence(alarm), watch, Some(closed));
        let payload = Payload { kind: "alarm.closed", timestamp: instant(closed.at), data };
        self.queue(&name, &self.words.closed(alarm, closed.why), &payload, now).await?;
        self.closings.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
        Ok(())
    }

    /// One notice for each who is told.
    async fn queue(
        &self,
        name: &str,
        mail: &MailText,
        payload: &Payload<'_>,
        now: Micros,
    ) -> Result<(), AlarmsError> {
        let body = serde_json::to_string(payload)?;
        let notice = |kind: NoticeKind, to: &String, subject: &str, payload: &str| NewNotice {
            dedupe: format!("alarm {name} {} {to}", kind.as_str()),
            kind,
            to: to.clone(),
            subject: subject.to_owned(),
            payload: payload.to_owned(),
        };
        let mails = self.receivers.mails.iter();
        let mails = mails.map(|to| notice(NoticeKind::Email, to, &mail.subject, &mail.text));
        let webhooks = self.receivers.webhooks.iter();
        let webhooks = webhooks.map(|to| notice(NoticeKind::Webhook, to, "", &body));
        let notices: Vec<NewNotice> = mails.chain(webhooks).collect();
        self.store.queue_notices(&notices, now).await?;
        Ok(())
    }
}

/// What makes a notice one: which alarm, in which state, after how many openings.
fn name(key: &AlarmKey, state: &str, opened: u32) -> String {
    format!("{key} {state} {opened}")
}

/// A mail without a diagnosis is better than none.
async fn diagnosis(
    source: &Arc<dyn WatchSource>,
    alarm: &Alarm,
) -> Result<Option<Arc<Diagnosis>>, AlarmsError> {
    let id = alarm.id.clone();
    let found = ask(source, move |source| source.diagnosis(&id)).await?;
    Ok(found.unwrap_or_else(|error| {
        tracing::warn!(error = &error as &dyn std::error::Error, "an alarm has no diagnosis");
        None
    }))
}

/// Asks on a thread that may compute for long.
async fn ask<T: Send + 'static>(
    source: &Arc<dyn WatchSource>,
    question: impl FnOnce(&dyn WatchSource) -> T + Send + 'static,
) -> Result<T, AlarmsError> {
    let source = Arc::clone(source);
    tokio::task::spawn_blocking(move || question(source.as_ref())).await.map_err(|_| AlarmsError::BrokeOff)
}

fn instant(at: Micros) -> Timestamp {
    Timestamp::from_microsecond(at).unwrap_or_default()
}
