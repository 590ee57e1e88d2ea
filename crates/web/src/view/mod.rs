//! From the report to what a page says: words, written numbers and chart data, in one language.
//!
//! Each file builds the part of a page that has its name; the template of the same name lays it out. The
//! pages and the self-contained file are made of the same parts.

mod across;
pub(crate) mod alarm;
pub(crate) mod barometer;
mod cause;
pub(crate) mod cohorts;
mod curves;
pub(crate) mod diagnosis;
mod effect;
mod estimate;
pub(crate) mod events;
mod facts;
mod fall;
pub(crate) mod figure;
mod headline;
mod mail;
pub(crate) mod method;
mod moved;
mod passage;
mod periods;
mod ranked;
mod running;
pub(crate) mod said;
mod scope;
mod segment_watch;
mod segments;
pub(crate) mod shell;
pub(crate) mod survival;
mod watched;
mod worth;

use fidance_app::report::model::PeriodRow;

pub use self::mail::AlarmMails;
use crate::text::{Lang, percent_decimals};

/// Stands where there is no figure: a missing one is never 0.
const NONE: &str = "–";

/// Decimals that suit every rate of a column: those of its widest interval among the counted periods.
fn column_decimals<'a>(rows: impl IntoIterator<Item = &'a PeriodRow>) -> usize {
    rows.into_iter()
        .filter(|row| row.is_settled())
        .filter_map(|row| Some(percent_decimals(row.trc_low?, row.trc_high?)))
        .min()
        .unwrap_or(1)
}

fn percent_or_none(lang: Lang, share: Option<f64>, decimals: usize) -> String {
    share.map_or_else(|| NONE.to_owned(), |share| lang.percent(share, decimals))
}

/// What the report has to say in words; the terminal says it in the same ones.
pub mod words {
    use fidance_app::{
        diagnosis::model::{Diagnosis, EventEffects},
        dose::model::DoseResponse,
        report::model::Report,
        watch::model::Watch,
    };

    pub use super::{
        facts::{notes, reason_words, role_name},
        passage::{Item, Passage},
    };
    use crate::text::Text;

    /// What the alarm page says.
    pub fn watch(t: &Text, watch: &Watch, currency: Option<&str>) -> Vec<Passage> {
        super::alarm::Alarms::new(t, Some(watch), currency, None).passages()
    }

    /// What the page of an alarm says.
    pub fn diagnosis(t: &Text, diagnosis: &Diagnosis, currency: Option<&str>) -> Vec<Passage> {
        super::diagnosis::DiagnosisView::new(t, diagnosis, currency, None).passages()
    }

    /// What the page of events says; nothing without events.
    pub fn events(t: &Text, effects: &EventEffects, currency: Option<&str>) -> Vec<Passage> {
        super::events::Events::new(t, Some(effects), currency).passages()
    }

    /// What past incidents tell together.
    pub fn dose(t: &Text, found: &DoseResponse) -> Vec<Passage> {
        super::across::Across::new(t, found).passages(t)
    }

    /// Why there is no value, as a sentence.
    pub fn no_value(t: &Text, report: &Report) -> String {
        super::worth::Worth::absent(t, report)
    }
}
