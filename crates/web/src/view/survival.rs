//! How long customers stay: survival curves, the test between groups, reasons, and the chance to return.

use askama::Template;
use fidance_app::report::model::{DurationUnit, IncidenceCurve, LogRankTest, Report, SurvivalCurve};
use i18n_embed_fl::fl;

use super::{
    NONE,
    curves::{Block, MOST_CURVES, Named, TONES, axis_name, duration, rounded, thinned, written},
    figure::{Chart, ChartKind, Figure, Key, Series, Table, TableRow, embed},
    method::Chapter,
    segments::segment_name,
    shell::{chosen_column, columns},
};
use crate::{
    choices::Choices,
    text::{PValue, Text},
};

/// The body of the page.
#[derive(Debug, Template)]
#[template(path = "survival.html")]
pub(crate) struct Survival<'a> {
    t: &'a Text,
    lead: String,
    all: Option<Block<'a>>,
    groups: Option<Groups<'a>>,
    incidence: Option<Figure<'a>>,
    returns: Option<Figure<'a>>,
    returns_words: String,
    /// Whether there are other pages to lead to.
    linked: bool,
}

/// The curves of one segment column.
#[derive(Debug)]
pub(crate) struct Groups<'a> {
    pub(crate) title: String,
    pub(crate) block: Block<'a>,
    pub(crate) medians: Table,
    pub(crate) test: Option<String>,
    pub(crate) left_out: Option<String>,
}

impl<'a> Survival<'a> {
    pub(crate) fn new(t: &'a Text, report: &Report, choices: &Choices) -> Self {
        let all = report.survival.iter().find(|curve| curve.segment.is_none() && !curve.points.is_empty());
        let columns =
            columns(report.survival.iter().filter_map(|curve| Some(curve.segment.as_ref()?.by.as_str())));
        Self {
            t,
            lead: all.map_or_else(String::new, |curve| median_sentence(t, curve)),
            all: all
                .map(|curve| Block::new(t, "chart-survival".to_owned(), &[(fl!(t, "all-customers"), curve)])),
            groups: chosen_column(&columns, choices).and_then(|column| Groups::new(t, report, column)),
            incidence: incidence_figure(t, report),
            returns: returns_figure(t, report),
            returns_words: returns_words(t, report),
            linked: true,
        }
    }

    /// The same without links, which have nowhere to go in a file.
    pub(crate) fn for_file(t: &'a Text, report: &Report, choices: &Choices) -> Self {
        Self { linked: false, ..Self::new(t, report, choices) }
    }
}

/// When half of the customers are lost, in words.
fn median_sentence(t: &Text, curve: &SurvivalCurve) -> String {
    let longest = curve.observed_until;
    if let Some(median) = curve.median {
        return fl!(t, "median-reached", duration = duration(t, curve.unit, median));
    }
    let still = curve.points.last().map_or(1.0, |point| point.survival);
    let share = t.lang().percent(still, 0);
    fl!(t, "median-not-reached", duration = duration(t, curve.unit, longest), share = share)
}

impl<'a> Groups<'a> {
    /// The curves of one segment column, the largest groups first.
    pub(crate) fn new(t: &'a Text, report: &Report, column: &str) -> Option<Self> {
        let curves = report.survival.iter().filter_map(|curve| Some((curve.segment.as_ref()?, curve)));
        let mut all = curves
            .filter(|(segment, curve)| segment.by == column && !curve.points.is_empty())
            .map(|(segment, curve)| (segment_name(t, &segment.value), curve))
            .collect::<Vec<Named<'_>>>();
        all.first()?;
        all.sort_by(|a, b| b.1.customers.cmp(&a.1.customers).then_with(|| a.0.cmp(&b.0)));
        let medians = medians_table(t, column, &all);
        let left_out = all.get(MOST_CURVES..).unwrap_or_default();
        let left_out = (!left_out.is_empty()).then(|| {
            let names = left_out.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
            fl!(t, "curves-left-out", most = MOST_CURVES, names = names)
        });
        all.truncate(MOST_CURVES);
        let test = report.log_rank.iter().find(|test| test.by == column).map(|test| test_sentence(t, test));
        Some(Self {
            title: fl!(t, "survival-by", column = column),
            block: Block::new(t, format!("chart-by-{}", slug(column)), &all),
            medians,
            test,
            left_out,
        })
    }
}

fn test_sentence(t: &Text, test: &LogRankTest) -> String {
    let lang = t.lang();
    let statistics = fl!(
        t,
        "log-rank-statistics",
        statistic = lang.decimal(test.chi_square, 1),
        n = test.degrees_of_freedom,
        degrees = lang.count(test.degrees_of_freedom as u64)
    );
    let chance = match lang.p_value(test.p_value) {
        PValue::BelowOneIn(n) => fl!(t, "chance-below", n = lang.count(n)),
        PValue::About(share) => fl!(t, "chance-about", share = share),
    };
    let verdict = if test.p_value < 0.05 {
        fl!(t, "log-rank-differ", chance = chance)
    } else {
        fl!(t, "log-rank-alike", chance = chance)
    };
    format!("{verdict} {statistics}")
}

fn medians_table(t: &Text, column: &str, curves: &[Named<'_>]) -> Table {
    let lang = t.lang();
    let rows = curves.iter().map(|(name, curve)| {
        let half = match curve.median {
            Some(median) => duration(t, curve.unit, median),
            None => fl!(t, "not-reached"),
        };
        TableRow {
            name: name.clone(),
            cells: vec![lang.count(curve.customers), lang.count(curve.lost), half],
            faint: false,
        }
    });
    Table {
        caption: fl!(t, "medians-caption"),
        columns: vec![column.to_owned(), fl!(t, "customers"), fl!(t, "lost"), fl!(t, "half-lost-after")],
        rows: rows.collect(),
        words_at_end: 0,
    }
}

/// A column's name as part of an id.
fn slug(name: &str) -> String {
    name.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte) } else { '-' }).collect()
}

fn incidence_figure<'a>(t: &'a Text, report: &Report) -> Option<Figure<'a>> {
    let lang = t.lang();
    let curves = report.incidence.iter().filter(|curve| !curve.points.is_empty()).take(MOST_CURVES);
    let curves = curves.collect::<Vec<&IncidenceCurve>>();
    let unit = report.survival.first().map_or(DurationUnit::Day, |curve| curve.unit);
    curves.first()?;
    let series = curves.iter().zip(TONES).map(|(curve, tone)| {
        let points = thinned(&curve.points).collect::<Vec<_>>();
        let from_start =
            |values: Vec<Option<f64>>| std::iter::once(Some(0.0)).chain(values).collect::<Vec<_>>();
        let texts = points.iter().map(|point| written(t, point.probability, point.low, point.high));
        Series {
            name: curve.reason.clone(),
            tone,
            x: Some(std::iter::once(0).chain(points.iter().map(|point| point.t)).collect()),
            values: from_start(points.iter().map(|point| Some(rounded(point.probability))).collect()),
            low: Some(from_start(points.iter().map(|point| Some(rounded(point.low))).collect())),
            high: Some(from_start(points.iter().map(|point| Some(rounded(point.high))).collect())),
            written: Some(std::iter::once(lang.percent(0.0, 0)).chain(texts).collect()),
            unsettled: None,
        }
    });
    let rows = curves.iter().map(|curve| {
        let last = curve.points.last();
        TableRow {
            name: curve.reason.clone(),
            cells: vec![
                lang.count(curve.lost),
                last.map_or_else(
                    || NONE.to_owned(),
                    |point| written(t, point.probability, point.low, point.high),
                ),
                last.map_or_else(|| NONE.to_owned(), |point| duration(t, unit, point.t)),
            ],
            faint: false,
        }
    });
    let names = curves.iter().map(|curve| curve.reason.as_str()).collect::<Vec<_>>().join(", ");
    Some(Figure {
        t,
        id: "chart-incidence".to_owned(),
        summary: fl!(t, "incidence-summary", names = names),
        keys: curves
            .iter()
            .zip(TONES)
            .map(|(curve, tone)| Key::new(format!("line {tone}"), curve.reason.clone()))
            .collect(),
        size: "middle",
        table: Table {
            caption: fl!(t, "incidence-table"),
            columns: vec![fl!(t, "reason"), fl!(t, "lost"), fl!(t, "probability"), fl!(t, "by-then")],
            rows: rows.collect(),
            words_at_end: 0,
        },
        data: embed(&Chart {
            kind: ChartKind::Steps,
            lang: lang.tag(),
            labels: None,
            titles: None,
            x_name: Some(axis_name(t, unit)),
            percent: true,
            from_zero: true,
            series: series.collect(),
            ..Chart::default()
        }),
    })
}

fn returns_figure<'a>(t: &'a Text, report: &Report) -> Option<Figure<'a>> {
    let lang = t.lang();
    let points = &report.returns;
    points.first()?;
    let series = Series {
        name: fl!(t, "chance-to-return"),
        tone: "accent",
        x: Some(points.iter().map(|point| point.silent_days).collect()),
        values: points.iter().map(|point| Some(rounded(point.probability))).collect(),
        low: Some(points.iter().map(|point| Some(rounded(point.low))).collect()),
        high: Some(points.iter().map(|point| Some(rounded(point.high))).collect()),
        written: Some(
            points.iter().map(|point| written(t, point.probability, point.low, point.high)).collect(),
        ),
        unsettled: None,
    };
    let rows = points.iter().map(|point| TableRow {
        name: duration(t, DurationUnit::Day, point.silent_days),
        cells: vec![
            lang.count(point.observed),
            lang.count(point.returned),
            written(t, point.probability, point.low, point.high),
        ],
        faint: false,
    });
    Some(Figure {
        t,
        id: "chart-returns".to_owned(),
        summary: returns_words(t, report),
        keys: vec![
            Key::new("line accent", fl!(t, "chance-to-return")),
            Key::new("band accent", fl!(t, "interval-95")),
        ],
        size: "middle",
        table: Table {
            caption: fl!(t, "returns-table"),
            columns: vec![fl!(t, "silent-for"), fl!(t, "observed"), fl!(t, "came-back"), fl!(t, "share")],
            rows: rows.collect(),
            words_at_end: 0,
        },
        data: embed(&Chart {
            kind: ChartKind::Lines,
            lang: lang.tag(),
            labels: None,
            titles: None,
            x_name: Some(fl!(t, "axis-silent")),
            percent: true,
            from_zero: true,
            series: vec![series],
            ..Chart::default()
        }),
    })
}

/// The chance to return after the silence nearest to 90 days.
fn returns_words(t: &Text, report: &Report) -> String {
    let Some(point) = report.returns.iter().min_by_key(|point| point.silent_days.abs_diff(90)) else {
        return String::new();
    };
    fl!(
        t,
        "returns-summary",
        duration = duration(t, DurationUnit::Day, point.silent_days),
        share = written(t, point.probability, point.low, point.high)
    )
}
