//! The console's report of a lake that grows: computed in the background, the old answer served meanwhile.

use std::{
    sync::{Arc, PoisonError, RwLock, mpsc::Receiver},
    thread,
    time::{Duration, Instant},
};

use fidance_app::{
    barometer::Barometer,
    diagnosis::model::{Diagnosis, EventEffects},
    register::Known,
    report::{
        ReportError, ReportSource,
        model::{PeriodLength, Report},
        question::{Question, WindowOption},
        settings::Settings,
    },
    watch::{WatchError, WatchSource, model::Watch},
};
use fidance_lake::{Lake, Reading};
use tokio::sync::watch::{self, Sender};

use crate::source;

/// Between two computations at least, and at least this many times as long as one takes.
const PACE: Duration = Duration::from_secs(2);
const SHARE: u32 = 4;

/// Who is told of each look at the data.
pub(super) type Looked = Sender<Option<Arc<dyn WatchSource>>>;

/// The newest report.
#[derive(Debug)]
pub(super) struct Live {
    name: String,
    question: Question,
    /// Years of one false alarm at most.
    years: f64,
    newest: RwLock<Option<Arc<Barometer>>>,
}

impl Live {
    /// Computes once, and again whenever `changes` says so, until nobody can say so any more.
    pub(super) fn start(
        mut lake: Lake,
        name: String,
        years: f64,
        known: watch::Receiver<Known>,
        changes: Receiver<()>,
        looked: Looked,
    ) -> anyhow::Result<Arc<Self>> {
        let question = Question { every: PeriodLength::Month, window: WindowOption::Auto };
        let live = Arc::new(Self { name, question, years, newest: RwLock::default() });
        let ours = Arc::clone(&live);
        thread::Builder::new().name("console".to_owned()).spawn(move || {
            loop {
                let began = Instant::now();
                let now = known.borrow().clone();
                match ours.compute(&mut lake, now) {
                    Ok(barometer) => {
                        let barometer = Arc::new(barometer);
                        *ours.newest.write().unwrap_or_else(PoisonError::into_inner) =
                            Some(Arc::clone(&barometer));
                        look(barometer, &looked);
                    }
                    Err(error) => {
                        tracing::warn!(error = format!("{error:#}"), "the console's report is not renewed");
                    }
                }
                let wait = PACE.max(began.elapsed() * SHARE);
                if changes.recv().is_err() {
                    return;
                }
                thread::sleep(wait.saturating_sub(began.elapsed()));
                while changes.try_recv().is_ok() {}
            }
        })?;
        Ok(live)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    fn compute(&self, lake: &mut Lake, known: Known) -> anyhow::Result<Barometer> {
        let settings = Settings::new(self.question, lake.zone().clone());
        let histories = lake.histories(Reading::Masks)?;
        let histories =
            if known.lists.is_empty() { histories } else { histories.with_listed(&known.lists)? };
        let barometer = source::lake::of(lake, histories, self.name.clone(), settings).barometer();
        let barometer = barometer.with_promise(self.years).with_register(known.register);
        match barometer.report(self.question) {
            // Nothing has come yet, or nothing that counts: the page says so.
            Ok(_) | Err(ReportError::Empty) => Ok(barometer),
            Err(error) => Err(error.into()),
        }
    }
}

/// Runs the alarm here, where the computing is paced; whoever asks afterwards is answered at once.
fn look(barometer: Arc<Barometer>, looked: &Looked) {
    match barometer.watch() {
        Ok(_) => {
            looked.send_replace(Some(barometer));
        }
        Err(WatchError::Empty) => {}
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "the alarm could not be run");
        }
    }
}

impl Live {
    fn newest(&self) -> Option<Arc<Barometer>> {
        self.newest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ReportSource for Live {
    fn report(&self, question: Question) -> Result<Arc<Report>, ReportError> {
        self.newest().ok_or(ReportError::Empty)?.report(question)
    }

    fn default_question(&self) -> Question {
        self.question
    }
}

impl WatchSource for Live {
    fn watch(&self) -> Result<Arc<Watch>, WatchError> {
        self.newest().ok_or(WatchError::Empty)?.watch()
    }

    fn diagnosis(&self, alarm: &str) -> Result<Option<Arc<Diagnosis>>, WatchError> {
        self.newest().ok_or(WatchError::Empty)?.diagnosis(alarm)
    }

    fn effects(&self) -> Result<Arc<EventEffects>, WatchError> {
        self.newest().ok_or(WatchError::Empty)?.effects()
    }
}
