//! The barometer: the parts of the first page in their order.

use askama::Template;
use fidance_app::{
    report::model::{Mode, Report},
    watch::model::Watch,
};
use i18n_embed_fl::fl;

use super::{
    alarm::Notice,
    facts::{self, Line},
    figure::{Figure, Table},
    headline::HeadlineView,
    method::Chapter,
    moved::Moved,
    periods::{self, Reconciliation},
    segments::Segments,
    worth::{Quote, Worth, quotes},
};
use crate::{choices::Choices, text::Text};

/// The body of the first page.
#[derive(Debug, Template)]
#[template(path = "barometer.html")]
pub(crate) struct Barometer<'a> {
    t: &'a Text,
    /// An alarm that is open.
    alarm: Option<Notice>,
    headline: Option<HeadlineView>,
    /// Why there is no headline.
    no_headline: String,
    unsettled: Option<String>,
    rate: Option<Figure<'a>>,
    flows: Option<Figure<'a>>,
    reconciliation: Option<Reconciliation>,
    worth: Option<Worth>,
    no_worth: String,
    quotes: Vec<Quote>,
    segments: Option<Segments>,
    /// What moved the rate, by the same column.
    moved: Option<Moved>,
    /// Whether there are other pages to lead to.
    linked: bool,
    no_segments: String,
    rejected_sentence: String,
    rejected: Option<Table>,
    rejected_file: Option<String>,
    definition: Vec<Line>,
    notes: Vec<String>,
}

impl<'a> Barometer<'a> {
    pub(crate) fn new(t: &'a Text, report: &Report, choices: &Choices, query: Option<&str>) -> Self {
        let has_periods = !report.periods.is_empty();
        let segments = Segments::new(t, report, choices, query);
        Self {
            t,
            alarm: None,
            headline: HeadlineView::new(t, report),
            no_headline: no_headline(t, report),
            unsettled: periods::unsettled_sentence(t, report),
            rate: has_periods.then(|| periods::rate_figure(t, report)),
            flows: has_periods.then(|| periods::flow_figure(t, report)),
            reconciliation: Reconciliation::new(t, report),
            worth: Worth::new(t, report),
            no_worth: Worth::absent(t, report),
            quotes: quotes(t),
            moved: segments.as_ref().and_then(|segments| Moved::new(t, report, &segments.column)),
            linked: true,
            segments,
            no_segments: match report.definition.mode {
                Mode::Lifetimes => fl!(t, "segments-no-periods"),
                Mode::Activities | Mode::Subscriptions => fl!(t, "segments-none"),
            },
            rejected_sentence: facts::rejected_sentence(t, report),
            rejected: facts::rejected(t, report),
            rejected_file: report.rejected.file.clone(),
            definition: facts::definition(t, report),
            notes: facts::notes(t, report),
        }
    }
}

impl<'a> Barometer<'a> {
    /// The same with a notice on top where an alarm is open.
    pub(crate) fn with_alarm(mut self, watch: Option<&Watch>, query: Option<&str>) -> Self {
        self.alarm = watch.and_then(|watch| Notice::new(self.t, watch, query));
        self
    }

    /// The same without links, which have nowhere to go in a file.
    pub(crate) fn for_file(t: &'a Text, report: &Report, choices: &Choices) -> Self {
        let mut barometer = Self::new(t, report, choices, None);
        barometer.linked = false;
        if let Some(segments) = &mut barometer.segments {
            segments.without_links();
        }
        barometer
    }
}

fn no_headline(t: &Text, report: &Report) -> String {
    match report.definition.mode {
        Mode::Lifetimes => fl!(t, "no-headline-lifetimes"),
        Mode::Activities | Mode::Subscriptions => fl!(t, "no-headline"),
    }
}
