//! The alarms that are kept, for pages: how far each is, what people said of it, and what they say now.
//!
//! Pages know the alarms that the watch finds; which of the kept ones each of them is, is found here.

use std::{collections::BTreeMap, fmt::Debug, pin::Pin, sync::Arc};

use fidance_store::{Alarm as Stored, AlarmKey, AlarmState, Closing, Explanation, Signed, Store, StoreError};
use jiff::{
    civil::{Date, DateTime},
    tz::TimeZone,
};

use super::{MOST_ALARMS, decide, instant};
use crate::{ingest::Clock, register::Book, watch::model::Watch};

/// Who speaks from a page, for the log of who did what: whoever has opened the link.
const CONSOLE: &str = "console";
const API: &str = "api";
const LONGEST_NOTE: usize = 2_000;

/// An answer that is waited for.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What is kept of an alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What it is known by, for good: the watch may find it in another week by now.
    pub name: String,
    /// How far it is.
    pub state: AlarmState,
    /// Who has seen it, and when.
    pub seen: Option<(By, DateTime)>,
    /// What explains it.
    pub explained: Option<Explanation>,
    /// Who said so, and when; absent where that was not kept.
    pub explained_by: Option<(By, DateTime)>,
    /// What people have to say of it.
    pub note: Option<String>,
    /// Who wrote that, and when; absent where that was not kept.
    pub noted_by: Option<(By, DateTime)>,
    /// Why it is closed, and since when.
    pub closed: Option<(Closing, DateTime)>,
    /// Who closed it; absent where that was not kept.
    pub closed_by: Option<By>,
}

impl Kept {
    /// Whether it can still be explained: what the data took back cannot.
    pub fn can_be_explained(&self) -> bool {
        self.closed.is_none_or(|(why, _)| why != Closing::Restated)
    }
}

/// Who said something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// Somebody at the console.
    Console,
    /// A program.
    Api,
    /// Whoever is called this.
    Other(String),
}

/// An event that an alarm can be explained with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownEvent {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// The day on which customers could know, where it is known.
    pub day: Option<Date>,
}

/// What somebody says of an alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saying {
    /// That it was seen.
    Seen,
    /// What explains it: an event of the register, or the note where none is named.
    Explained {
        /// The event's id.
        event: Option<String>,
        /// What there is to say besides, in place of what was said.
        note: String,
    },
    /// That they have done with it.
    Closed {
        /// What there is to say, in place of what was said.
        note: String,
    },
}

/// Why something could not be said of an alarm.
#[derive(Debug, thiserror::Error)]
pub enum SayError {
    /// There is no such alarm.
    #[error("there is no such alarm")]
    Absent,
    /// An explanation needs an event or words.
    #[error("name an event, or write what explains it")]
    Nothing,
    /// The event is not in the register.
    #[error("the register has no such event")]
    UnknownEvent,
    /// The note is too long.
    #[error("a note has at most {LONGEST_NOTE} characters")]
    TooLong,
    /// The note has characters that cannot be shown.
    #[error("the note has control characters")]
    Unprintable,
    /// It is closed meanwhile, or the data do not raise it any more.
    #[error("the alarm is closed")]
    Closed,
    /// The store.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for SayError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Absent { .. } => Self::Absent,
            StoreError::State { .. } => Self::Closed,
            error => Self::Store(error),
        }
    }
}

/// What pages need of the alarms that are kept.
pub trait AlarmBook: Debug + Send + Sync {
    /// What is kept of the alarms that the watch found, by their id there.
    ///
    /// # Errors
    /// Where the store cannot be read.
    fn kept(&self, watch: Arc<Watch>) -> Later<'_, Result<BTreeMap<String, Kept>, StoreError>>;

    /// The events of the register, in the order of dates.
    ///
    /// # Errors
    /// Where the store cannot be read.
    fn events(&self) -> Later<'_, Result<Vec<KnownEvent>, StoreError>>;

    /// Notes what somebody at the console says of an alarm, by the name that is kept.
    ///
    /// # Errors
    /// See [`SayError`]; nothing was changed then.
    fn say(&self, alarm: String, what: Saying) -> Later<'_, Result<(), SayError>>;
}

/// The alarms of a store.
#[derive(Debug)]
pub struct StoredAlarms {
    store: Store,
    register: Arc<Book>,
    zone: TimeZone,
    clock: Clock,
}

impl StoredAlarms {
    /// Times are shown in `zone`.
    pub fn new(store: Store, register: Arc<Book>, zone: TimeZone, clock: Clock) -> Self {
        Self { store, register, zone, clock }
    }

    fn shown(&self, stored: &Stored) -> Kept {
        let at = |at| instant(at).to_zoned(self.zone.clone()).datetime();
        let by = |by: &str| match by {
            CONSOLE => By::Console,
            API => By::Api,
            other => By::Other(other.to_owned()),
        };
        let signed = |signed: &Option<Signed>| signed.as_ref().map(|signed| (by(&signed.by), at(signed.at)));
        Kept {
            name: stored.key.to_string(),
            state: stored.state(),
            seen: signed(&stored.acknowledged),
            explained: stored.explained.clone(),
            explained_by: signed(&stored.explained_signed),
            note: stored.note.clone(),
            noted_by: signed(&stored.note_signed),
            closed: stored.closed.map(|closed| (closed.why, at(closed.at))),
            closed_by: stored.closed_by.as_deref().map(by),
        }
    }

    async fn known(&self) -> Result<Vec<KnownEvent>, StoreError> {
        let events = self.register.register().await?.events().into_iter();
        let known = events.map(|event| {
            let id = event.id.to_string();
            let title = if event.title.is_empty() { id.clone() } else { event.title };
            KnownEvent { id, title, day: event.date.day() }
        });
        Ok(known.collect())
    }

    async fn note(&self, key: &AlarmKey, note: Option<&str>) -> Result<(), StoreError> {
        self.store.note_alarm(key, note, CONSOLE, self.clock.now()).await
    }

    async fn take(&self, alarm: &str, what: Saying) -> Result<(), SayError> {
        // Series have plain names, and no store need be asked for another.
        let key =
            AlarmKey::parse(alarm).filter(|key| key.series.bytes().all(|byte| byte.is_ascii_lowercase()));
        let key = key.ok_or(SayError::Absent)?;
        let now = self.clock.now();
        match what {
            Saying::Seen => self.store.acknowledge_alarm(&key, CONSOLE, now).await?,
            Saying::Explained { event, note } => {
                let note = noted(&note)?;
                let stored = self.store.alarm(&key).await?.ok_or(SayError::Absent)?;
                if !self.shown(&stored).can_be_explained() {
                    return Err(SayError::Closed);
                }
                let explanation = match event {
                    Some(id) if self.known().await?.iter().any(|known| known.id == id) => {
                        Explanation::Event(id)
                    }
                    Some(_) => return Err(SayError::UnknownEvent),
                    None if note.is_some() => Explanation::Words,
                    None => return Err(SayError::Nothing),
                };
                // The words first: an explanation in words is never without them.
                self.note(&key, note.as_deref()).await?;
                self.store.explain_alarm(&key, &explanation, CONSOLE, now).await?;
            }
            Saying::Closed { note } => {
                let note = noted(&note)?;
                self.store.close_alarm(&key, Closing::ByPerson, CONSOLE, now).await?;
                self.note(&key, note.as_deref()).await?;
            }
        }
        Ok(())
    }
}

impl AlarmBook for StoredAlarms {
    fn kept(&self, watch: Arc<Watch>) -> Later<'_, Result<BTreeMap<String, Kept>, StoreError>> {
        Box::pin(async move {
            let stored = self.store.alarms(None, MOST_ALARMS).await?;
            let same = decide::known(&watch, &stored).into_iter();
            Ok(same.map(|(stored, alarm)| (alarm.id.clone(), self.shown(stored))).collect())
        })
    }

    fn events(&self) -> Later<'_, Result<Vec<KnownEvent>, StoreError>> {
        Box::pin(self.known())
    }

    fn say(&self, alarm: String, what: Saying) -> Later<'_, Result<(), SayError>> {
        Box::pin(async move { self.take(&alarm, what).await })
    }
}

/// A note as it is kept: forms end lines with two characters. Nothing where nothing is written.
fn noted(text: &str) -> Result<Option<String>, SayError> {
    let text = text.replace("\r\n", "\n").replace('\t', " ");
    let text = text.trim();
    if text.contains(|letter: char| letter.is_control() && letter != '\n') {
        return Err(SayError::Unprintable);
    }
    if text.chars().count() > LONGEST_NOTE {
        return Err(SayError::TooLong);
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}
