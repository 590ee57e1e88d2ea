//! One data set behind the console: answers each question once and remembers the answer.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use fidance_domain::history::{Histories, LifetimeRows, SubscriptionTable};

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
}

impl Barometer {
    /// Over these rows; the question of `settings` is the one asked by default.
    pub fn new(rows: Rows, settings: Settings, provenance: Provenance) -> Self {
        Self { rows, settings, provenance, answers: Mutex::default() }
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
