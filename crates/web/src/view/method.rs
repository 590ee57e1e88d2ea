//! How figures are computed: the links beside them, and the pages that these lead to.

use askama::Template;
use fidance_app::{diagnosis::model::Method, watch::model::SeriesName};
use i18n_embed_fl::fl;

use crate::{
    manual::{self, ManualPage, PATH},
    text::{Lang, Text},
};

/// A page of `docs/statistics`, or a part of one, that figures link to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chapter {
    Alarm,
    Baseline,
    Bridge,
    Diagnosis,
    DifferenceInDifferences,
    DoseResponse,
    Drivers,
    ExpectedReturns,
    Gates,
    Lifetimes,
    Quantile,
    Segments,
    Share,
    Sizes,
    StructuralTimeSeries,
    Synthetic,
    Trend,
    Value,
}

impl Chapter {
    /// Every one.
    #[cfg(test)]
    const ALL: [Self; 18] = [
        Self::Alarm,
        Self::Baseline,
        Self::Bridge,
        Self::Diagnosis,
        Self::DifferenceInDifferences,
        Self::DoseResponse,
        Self::Drivers,
        Self::ExpectedReturns,
        Self::Gates,
        Self::Lifetimes,
        Self::Quantile,
        Self::Segments,
        Self::Share,
        Self::Sizes,
        Self::StructuralTimeSeries,
        Self::Synthetic,
        Self::Trend,
        Self::Value,
    ];

    /// The page of what a series is held against.
    pub(crate) fn of_series(series: SeriesName) -> Self {
        match series {
            SeriesName::Returns => Self::ExpectedReturns,
            SeriesName::Retention => Self::Baseline,
        }
    }

    /// The name of the page, and the part of it.
    fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::Alarm => ("alarm", ""),
            Self::Baseline => ("baseline", ""),
            Self::Bridge => ("drivers", "#bridge-of-rates-and-mix"),
            Self::Diagnosis => ("diagnosis", ""),
            Self::DifferenceInDifferences => ("did", ""),
            Self::DoseResponse => ("dose-response", ""),
            Self::Drivers => ("drivers", "#subset-scan"),
            Self::ExpectedReturns => ("expected-returns", ""),
            Self::Gates => ("gates", ""),
            Self::Lifetimes => ("survival", ""),
            Self::Quantile => ("quantile", ""),
            Self::Segments => ("alarm", "#segments"),
            Self::Share => ("interval", ""),
            Self::Sizes => ("diagnosis", "#what-it-comes-to"),
            Self::StructuralTimeSeries => ("bsts", ""),
            Self::Synthetic => ("synthetic", ""),
            Self::Trend => ("trend", ""),
            Self::Value => ("value", ""),
        }
    }

    pub(crate) fn href(self) -> String {
        let (page, part) = self.place();
        format!("{PATH}/{page}{part}")
    }

    /// The file in the repository, for those who have no pages before them.
    pub(crate) fn file(self) -> String {
        format!("docs/statistics/{}.md", self.place().0)
    }

    /// What it is about, within a sentence.
    pub(crate) fn name(self, t: &Text) -> String {
        match self {
            Self::Alarm => fl!(t, "how-alarm"),
            Self::Baseline => fl!(t, "how-baseline"),
            Self::Bridge => fl!(t, "how-bridge"),
            Self::Diagnosis => fl!(t, "how-diagnosis"),
            Self::DifferenceInDifferences => fl!(t, "second-did"),
            Self::DoseResponse => fl!(t, "how-dose"),
            Self::Drivers => fl!(t, "how-drivers"),
            Self::ExpectedReturns => fl!(t, "second-expected"),
            Self::Gates => fl!(t, "how-gates"),
            Self::Lifetimes => fl!(t, "how-lifetimes"),
            Self::Quantile => fl!(t, "how-quantile"),
            Self::Segments => fl!(t, "how-segments"),
            Self::Share => fl!(t, "how-share"),
            Self::Sizes => fl!(t, "how-sizes"),
            Self::StructuralTimeSeries => fl!(t, "second-bsts"),
            Self::Synthetic => fl!(t, "second-sc"),
            Self::Trend => fl!(t, "how-trend"),
            Self::Value => fl!(t, "how-value"),
        }
    }
}

impl From<Method> for Chapter {
    fn from(method: Method) -> Self {
        match method {
            Method::DifferenceInDifferences => Self::DifferenceInDifferences,
            Method::ExpectedReturns => Self::ExpectedReturns,
            Method::StructuralTimeSeries => Self::StructuralTimeSeries,
            Method::SyntheticControl | Method::SyntheticDifferenceInDifferences => Self::Synthetic,
        }
    }
}

/// Chapters, or files, in their order, each once.
pub(super) fn each_once<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    all.fold(Vec::new(), |mut kept, one| {
        if !kept.contains(&one) {
            kept.push(one);
        }
        kept
    })
}

/// One page of the manual.
#[derive(Debug, Template)]
#[template(path = "method.html")]
pub(crate) struct MethodPage<'a> {
    t: &'a Text,
    page: ManualPage,
}

impl<'a> MethodPage<'a> {
    /// Nothing where there is no such page.
    pub(crate) fn new(t: &'a Text, name: &str) -> Option<Self> {
        Some(Self { t, page: manual::read(name)? })
    }

    pub(crate) fn title(&self) -> &str {
        &self.page.title
    }

    fn is_foreign(&self) -> bool {
        is_foreign(self.t)
    }
}

const BAROMETER: [&str; 4] = ["survival", "interval", "trend", "quantile"];
const VALUE: [&str; 4] = ["value", "bgnbd", "gamma-gamma", "sbg"];
const ALARM: [&str; 4] = ["alarm", "expected-returns", "baseline", "comparators"];
const CAUSES: [&str; 9] =
    ["diagnosis", "did", "bsts", "state-space", "synthetic", "gates", "drivers", "dose-response", "meta"];
const MEASURED: [&str; 8] = [
    "results/reference",
    "results/alarm",
    "results/returns",
    "results/segments",
    "results/causal",
    "results/bsts",
    "results/attribution",
    "results/planted",
];

/// All pages of the manual, by what they are about.
#[derive(Debug, Template)]
#[template(path = "methods.html")]
pub(crate) struct Methods<'a> {
    t: &'a Text,
    groups: Vec<Group>,
}

#[derive(Debug)]
struct Group {
    name: String,
    pages: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    href: String,
    title: String,
}

impl<'a> Methods<'a> {
    pub(crate) fn new(t: &'a Text) -> Self {
        let group = |name: String, pages: &[&str]| {
            let entry =
                |page: &&str| Some(Entry { href: format!("{PATH}/{page}"), title: manual::title(page)? });
            Group { name, pages: pages.iter().filter_map(entry).collect() }
        };
        let groups = vec![
            group(fl!(t, "method-group-barometer"), &BAROMETER),
            group(fl!(t, "method-group-value"), &VALUE),
            group(fl!(t, "method-group-alarm"), &ALARM),
            group(fl!(t, "method-group-causes"), &CAUSES),
            group(fl!(t, "method-group-measured"), &MEASURED),
        ];
        Self { t, groups }
    }

    fn is_foreign(&self) -> bool {
        is_foreign(self.t)
    }
}

/// Whether the reader is told that the manual is in another language.
fn is_foreign(t: &Text) -> bool {
    t.lang() != Lang::En
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_page_of_the_manual_is_listed_once() {
        let listed = [&BAROMETER[..], &VALUE, &ALARM, &CAUSES, &MEASURED].concat();
        let names = manual::names();
        assert_eq!(listed.len(), names.len());
        let listed: BTreeSet<String> = listed.into_iter().map(str::to_owned).collect();
        assert_eq!(listed, names.into_iter().collect());
    }

    #[test]
    fn every_chapter_is_there_with_its_part() {
        for chapter in Chapter::ALL {
            let (page, part) = chapter.place();
            let html = manual::read(page).unwrap().html;
            let id = part.strip_prefix('#').map(|id| format!("id=\"{id}\""));
            assert!(id.is_none_or(|id| html.contains(&id)), "{chapter:?}");
        }
    }
}
