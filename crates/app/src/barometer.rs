//! One data set behind the console: answers each question once and remembers the answer.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use fidance_domain::{
    history::{Histories, LifetimeRows, SubscriptionTable},
    incident::Register,
};

use crate::{
    diagnosis::{
        examine::{diagnose, effects},
        model::{Diagnosis, EventEffects},
    },
    watch::{
        WatchError, WatchSource,
        look::{Look, look},
        model::Watch,
    },
};

use crate::report::{
    ReportError, ReportSource,
    activities::report_activities,
    lifetimes::report_lifetimes,
    model::Report,
    question::Question,
    settings::{Provenance, Settings},
    subscriptions::report_subscriptions,
};

/// At most this many answers are kept; a person at a console asks far fewer.
const MAX_ANSWERS: usize = 64;

/// The rows of one business, in one of the three shapes they come in.
#[derive(Debug)]
pub enum Rows {
    /// One row per activity.
    Activities(Box<dyn Histories>),
    /// One row per contract.
    Subscriptions(SubscriptionTable),
    /// One row per customer.
    Lifetimes(LifetimeRows),
}

/// Rows, with the definitions to read them by.
#[derive(Debug)]
pub struct Barometer {
    rows: Rows,
    settings: Settings,
    provenance: Provenance,
    answers: Mutex<HashMap<Question, Arc<Report>>>,
    register: Register,
    years: f64,
    watched: Mutex<Watched>,
}

/// Years between two alarms without cause, where nobody chose.
pub const YEARS: f64 = 10.0;

/// What the watch found, and what was asked of it since.
#[derive(Debug, Default)]
struct Watched {
    look: Option<Look>,
    watch: Option<Arc<Watch>>,
    diagnoses: HashMap<String, Arc<Diagnosis>>,
    effects: Option<Arc<EventEffects>>,
}

impl Barometer {
    /// Over these rows; the question of `settings` is the one asked by default.
    pub fn new(rows: Rows, settings: Settings, provenance: Provenance) -> Self {
        Self {
            rows,
            settings,
            provenance,
            answers: Mutex::default(),
            register: Register::default(),
            years: YEARS,
            watched: Mutex::default(),
        }
    }

    /// With the events that may explain a fall.
    #[must_use]
    pub fn with_register(self, register: Register) -> Self {
        Self { register, ..self }
    }

    /// With a promise of at most one false alarm in so many years.
    #[must_use]
    pub fn with_promise(self, years: f64) -> Self {
        Self { years, ..self }
    }

    /// Currency of the amounts, where it is known.
    pub fn currency(&self) -> Option<&str> {
        self.settings.currency.as_deref()
    }

    /// Looks once; everything asked of the watch goes on from there.
    fn watched<T>(
        &self,
        answer: impl FnOnce(&mut Watched, u64) -> Result<T, WatchError>,
    ) -> Result<T, WatchError> {
        let Rows::Activities(histories) = &self.rows else { return Err(WatchError::NotActivities) };
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if watched.look.is_none() {
            watched.look = Some(look(histories.as_ref(), &self.settings, self.years, &self.register)?);
        }
        answer(&mut watched, self.settings.seed)
    }

    fn compute(&self, question: Question) -> Result<Report, ReportError> {
        let settings = Settings { question, ..self.settings.clone() };
        match &self.rows {
            Rows::Activities(histories) => report_activities(histories.as_ref(), &settings, &self.provenance),
            Rows::Subscriptions(table) => report_subscriptions(table, &settings, &self.provenance),
            Rows::Lifetimes(rows) => report_lifetimes(rows, &settings, &self.provenance),
        }
    }
}

impl ReportSource for Barometer {
    fn report(&self, question: Question) -> Result<Arc<Report>, ReportError> {
        // The answers are complete or absent, so a poisoned lock hides nothing broken.
        if let Some(known) = self.answers.lock().unwrap_or_else(PoisonError::into_inner).get(&question) {
            return Ok(Arc::clone(known));
        }
        let report = Arc::new(self.compute(question)?);
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= MAX_ANSWERS {
            answers.clear();
        }
        answers.insert(question, Arc::clone(&report));
        Ok(report)
    }

    fn default_question(&self) -> Question {
        self.settings.question
    }
}

impl WatchSource for Barometer {
    fn watch(&self) -> Result<Arc<Watch>, WatchError> {
        self.watched(|watched, _| {
            let Watched { look, watch, .. } = watched;
            let look = look.as_ref().ok_or(WatchError::Empty)?;
            Ok(Arc::clone(watch.get_or_insert_with(|| Arc::new(look.watch.clone()))))
        })
    }

    fn diagnosis(&self, alarm: &str) -> Result<Option<Arc<Diagnosis>>, WatchError> {
        self.watched(|watched, seed| {
            if let Some(known) = watched.diagnoses.get(alarm) {
                return Ok(Some(Arc::clone(known)));
            }
            let look = watched.look.as_mut().ok_or(WatchError::Empty)?;
            let place = look.watch.alarms.iter().position(|known| known.id == alarm);
            let Some(found) = place.and_then(|place| diagnose(look, place, seed)) else { return Ok(None) };
            let found = Arc::new(found);
            watched.diagnoses.insert(alarm.to_owned(), Arc::clone(&found));
            Ok(Some(found))
        })
    }

    fn effects(&self) -> Result<Arc<EventEffects>, WatchError> {
        self.watched(|watched, seed| {
            let Watched { look, effects: known, .. } = watched;
            let look = look.as_ref().ok_or(WatchError::Empty)?;
            Ok(Arc::clone(known.get_or_insert_with(|| Arc::new(effects(look, seed)))))
        })
    }
}
