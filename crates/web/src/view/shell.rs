//! What is around every page: the bar at the top, the controls, the language, the footer.

use askama::Template;
use fidance_app::report::{
    model::{Mode, PeriodLength, Report},
    question::WindowOption,
};
use i18n_embed_fl::fl;

use super::facts::window_words;
use crate::{
    App,
    assets::Assets,
    choices::{Choices, every_word, query_with, window_word},
    manual,
    text::{Lang, Text},
    visitor::Visitor,
};

/// Where the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    Barometer,
    Alarm,
    /// One alarm; within [`Page::Alarm`].
    Diagnosis,
    Events,
    Cohorts,
    Survival,
    /// How figures are computed.
    Method,
    /// An error; none of the pages.
    Problem,
}

/// The pages of the bar, in their order.
const PAGES: [Page; 5] = [Page::Barometer, Page::Alarm, Page::Events, Page::Cohorts, Page::Survival];

impl Page {
    fn path(self) -> &'static str {
        match self {
            Self::Barometer | Self::Problem => "/",
            Self::Alarm | Self::Diagnosis => "/alarm",
            Self::Events => "/events",
            Self::Cohorts => "/cohorts",
            Self::Survival => "/survival",
            Self::Method => manual::PATH,
        }
    }

    fn name(self, t: &Text) -> String {
        match self {
            Self::Barometer => fl!(t, "page-barometer"),
            Self::Alarm => fl!(t, "page-alarm"),
            Self::Diagnosis => fl!(t, "page-diagnosis"),
            Self::Events => fl!(t, "page-events"),
            Self::Cohorts => fl!(t, "page-cohorts"),
            Self::Survival => fl!(t, "page-survival"),
            Self::Method => fl!(t, "page-method"),
            Self::Problem => fl!(t, "page-problem"),
        }
    }
}

/// A link that may be the current one.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) href: String,
    pub(crate) name: String,
    /// Of a language: its tag. Of a page: the value of `aria-current`, were it the current one.
    pub(crate) tag: &'static str,
    pub(crate) current: bool,
}

/// One choice of a `<select>`.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) name: String,
    pub(crate) selected: bool,
}

/// One `<select>`.
#[derive(Debug)]
pub(crate) struct Control {
    pub(crate) name: &'static str,
    pub(crate) label: String,
    pub(crate) choices: Vec<Choice>,
}

/// A page around its body.
#[derive(Debug, Template)]
#[template(path = "shell.html")]
pub(crate) struct Shell<'a, B: Template> {
    t: &'a Text,
    assets: &'a Assets,
    data_set: &'a str,
    title: String,
    action: &'static str,
    pages: Vec<Link>,
    languages: Vec<Link>,
    controls: Vec<Control>,
    /// Choices that a form must carry on.
    hidden: Vec<(&'static str, &'static str)>,
    body: B,
}

impl<'a, B: Template> Shell<'a, B> {
    pub(crate) fn new(t: &'a Text, app: &'a App, visitor: &Visitor, page: Page, body: B) -> Self {
        let query = visitor.uri.query();
        // A page that failed is not asked again by its links.
        let kept = if page == Page::Problem { None } else { query };
        let carried = carried(kept);
        let pages = PAGES.map(|other| Link {
            href: format!("{}{carried}", other.path()),
            name: other.name(t),
            tag: if other == page { "page" } else { "true" },
            current: other == page || (other, page) == (Page::Alarm, Page::Diagnosis),
        });
        let languages = Lang::ALL.map(|lang| Link {
            href: format!("{}{}", visitor.uri.path(), query_with(query, &[("lang", lang.tag())])),
            name: lang.own_name().to_owned(),
            tag: lang.tag(),
            current: lang == t.lang(),
        });
        Self {
            t,
            assets: &app.assets,
            // An error may be the answer to a stranger, who is told nothing.
            data_set: if page == Page::Problem { "" } else { &app.data_set },
            title: page.name(t),
            action: page.path(),
            pages: pages.into(),
            languages: languages.into(),
            controls: Vec::new(),
            hidden: Vec::new(),
            body,
        }
    }

    /// A page that has a title of its own.
    pub(crate) fn titled(mut self, title: String) -> Self {
        self.title = title;
        self
    }

    /// Adds the controls that make sense for the report.
    pub(crate) fn with_controls(mut self, report: &Report, choices: &Choices) -> Self {
        let t = self.t;
        if report.definition.mode != Mode::Lifetimes {
            self.controls.push(every_control(t, choices));
        }
        if report.definition.mode == Mode::Activities {
            self.controls.push(window_control(t, report, choices));
        }
        let columns = match self.action {
            "/" => columns(report.segments.iter().map(|one| one.segment.by.as_str())),
            "/survival" => {
                columns(report.survival.iter().filter_map(|curve| Some(curve.segment.as_ref()?.by.as_str())))
            }
            _ => Vec::new(),
        };
        if columns.len() > 1 {
            self.controls.push(by_control(t, &columns, choices));
        }
        if self.action == "/cohorts" {
            self.hidden.push(("variant", choices.variant.word()));
            self.hidden.push(("unit", choices.unit.word()));
        }
        self
    }
}

/// The part of a query that every page takes over: periods and window.
pub(crate) fn carried(query: Option<&str>) -> String {
    query_with(query, &[("lang", ""), ("by", ""), ("sort", ""), ("variant", ""), ("unit", "")])
}

/// Segment columns in order of first appearance.
pub(crate) fn columns<'r>(names: impl Iterator<Item = &'r str>) -> Vec<&'r str> {
    let mut columns = Vec::new();
    for name in names {
        if !columns.contains(&name) {
            columns.push(name);
        }
    }
    columns
}

/// The column that was asked for where it exists, else the first one.
pub(super) fn chosen_column<'r>(columns: &[&'r str], choices: &Choices) -> Option<&'r str> {
    let asked = choices.by.as_deref();
    columns.iter().find(|name| Some(**name) == asked).or(columns.first()).copied()
}

fn every_name(t: &Text, every: PeriodLength) -> String {
    match every {
        PeriodLength::Day => fl!(t, "every-day"),
        PeriodLength::Week => fl!(t, "every-week"),
        PeriodLength::Month => fl!(t, "every-month"),
        PeriodLength::Quarter => fl!(t, "every-quarter"),
    }
}

fn every_control(t: &Text, choices: &Choices) -> Control {
    let all = [PeriodLength::Day, PeriodLength::Week, PeriodLength::Month, PeriodLength::Quarter];
    let choices = all.map(|every| Choice {
        value: every_word(every).to_owned(),
        name: every_name(t, every),
        selected: every == choices.question.every,
    });
    Control { name: "every", label: fl!(t, "control-every"), choices: choices.into() }
}

fn window_control(t: &Text, report: &Report, choices: &Choices) -> Control {
    let current = window_word(choices.question.window);
    let mut values = vec!["auto", "30d", "60d", "90d", "180d", "12mo"];
    if !values.contains(&current.as_str()) {
        values.insert(1, &current);
    }
    let name = |value: &str| match value {
        "auto" if choices.question.window == WindowOption::Auto => {
            fl!(t, "window-auto-chosen", window = window_words(t, &report.definition.window))
        }
        "auto" => fl!(t, "window-auto"),
        window => window_words(t, window),
    };
    let choices = values
        .iter()
        .map(|value| Choice { value: (*value).to_owned(), name: name(value), selected: *value == current })
        .collect();
    Control { name: "window", label: fl!(t, "control-window"), choices }
}

fn by_control(t: &Text, columns: &[&str], choices: &Choices) -> Control {
    let chosen = chosen_column(columns, choices);
    let choices = columns
        .iter()
        .map(|column| Choice {
            value: (*column).to_owned(),
            name: (*column).to_owned(),
            selected: Some(*column) == chosen,
        })
        .collect();
    Control { name: "by", label: fl!(t, "control-by"), choices }
}
