//! One data set behind the console: answers each question once and remembers the answer.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use fidance_domain::history::Histories;

use crate::report::{
    ReportError, ReportSource,
    activities::report_activities,
    model::Report,
    question::Question,
    settings::{Provenance, Settings},
};

/// At most this many answers are kept; a person at a console asks far fewer.
const MAX_ANSWERS: usize = 64;

/// Activities of one business, with the definitions to read them by.
#[derive(Debug)]
pub struct Barometer {
    histories: Arc<dyn Histories>,
    settings: Settings,
    provenance: Provenance,
    answers: Mutex<HashMap<Question, Arc<Report>>>,
}

impl Barometer {
    /// Over a source; the question of `settings` is the one asked by default.
    pub fn new(histories: Arc<dyn Histories>, settings: Settings, provenance: Provenance) -> Self {
        Self { histories, settings, provenance, answers: Mutex::default() }
    }
}

impl ReportSource for Barometer {
    fn report(&self, question: Question) -> Result<Arc<Report>, ReportError> {
        // The answers are complete or absent, so a poisoned lock hides nothing broken.
        if let Some(known) = self.answers.lock().unwrap_or_else(PoisonError::into_inner).get(&question) {
            return Ok(Arc::clone(known));
        }
        let settings = Settings { question, ..self.settings.clone() };
        let report = Arc::new(report_activities(self.histories.as_ref(), &settings, &self.provenance)?);
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
