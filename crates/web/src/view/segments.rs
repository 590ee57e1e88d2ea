//! The rate by segment: a sortable table with the course of each in a small line.

use std::{cmp::Ordering, fmt::Write as _};

use fidance_app::report::model::{PeriodRow, Report, SegmentPeriods};
use i18n_embed_fl::fl;

use super::{
    NONE,
    shell::{Link, chosen_column, columns},
};
use crate::{
    choices::{Choices, Sort, query_with},
    text::{Lang, Text, percent_decimals},
};

const MOST_ROWS: usize = 40;

/// The table of one segment column.
#[derive(Debug)]
pub(crate) struct Segments {
    pub(crate) column: String,
    pub(crate) caption: String,
    pub(crate) headers: Vec<Header>,
    pub(crate) rows: Vec<SegmentRow>,
    pub(crate) left_out: Option<String>,
}

/// A column heading, a link where it sorts.
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) link: Option<Link>,
    pub(crate) name: String,
    pub(crate) number: bool,
    /// Value of `aria-sort` where the table is in this order.
    pub(crate) sorted: Option<&'static str>,
}

/// One segment.
#[derive(Debug)]
pub(crate) struct SegmentRow {
    pub(crate) name: String,
    pub(crate) customers: String,
    pub(crate) rate: String,
    pub(crate) interval: String,
    pub(crate) difference: String,
    pub(crate) verdict: String,
    pub(crate) direction: &'static str,
    pub(crate) spark: Option<Spark>,
}

/// A small line: the course of the settled rates, all segments on one scale.
#[derive(Debug)]
pub(crate) struct Spark {
    pub(crate) path: String,
    pub(crate) x: String,
    pub(crate) y: String,
    pub(crate) words: String,
}

impl Segments {
    pub(crate) fn new(t: &Text, report: &Report, choices: &Choices, query: Option<&str>) -> Option<Self> {
        let columns = columns(report.segments.iter().map(|one| one.segment.by.as_str()));
        let column = chosen_column(&columns, choices)?;
        let at = report.headline.as_ref()?.period;
        let all = report.periods.get(at)?;
        let mut segments = report.segments.iter().filter(|one| one.segment.by == column).collect::<Vec<_>>();
        segments.sort_by(|a, b| order(choices.sort, a, b, at));
        let scale = Scale::of(&segments);
        let rows = segments
            .iter()
            .take(MOST_ROWS)
            .map(|segment| row(t, report, segment, at, all, &scale))
            .collect::<Vec<_>>();
        let left_out = segments.len().saturating_sub(MOST_ROWS);
        let period = t.lang().period(all.start, report.definition.every);
        Some(Self {
            column: column.to_owned(),
            caption: fl!(t, "segments-caption", column = column, period = period),
            headers: headers(t, column, choices.sort, query),
            rows,
            left_out: (left_out > 0)
                .then(|| fl!(t, "segments-left-out", n = left_out, count = t.lang().count(left_out as u64))),
        })
    }
}

impl Segments {
    /// Takes the sorting links away.
    pub(crate) fn without_links(&mut self) {
        for header in &mut self.headers {
            header.link = None;
        }
    }
}

fn headers(t: &Text, column: &str, sort: Sort, query: Option<&str>) -> Vec<Header> {
    let sorting = |by: Sort, name: String, number: bool, direction: &'static str| Header {
        link: Some(Link {
            href: format!("{}#segments", query_with(query.or(Some("")), &[("sort", by.word())])),
            name: fl!(t, "sort-by", column = name.clone()),
            tag: "",
            current: by == sort,
        }),
        name,
        number,
        sorted: (by == sort).then_some(direction),
    };
    let plain = |name: String| Header { link: None, name, number: false, sorted: None };
    vec![
        sorting(Sort::Name, column.to_owned(), false, "ascending"),
        sorting(Sort::Customers, fl!(t, "customers"), true, "descending"),
        plain(fl!(t, "course")),
        sorting(Sort::Rate, fl!(t, "trc"), true, "ascending"),
        plain(fl!(t, "interval-95")),
        sorting(Sort::Difference, fl!(t, "difference-to-all"), true, "ascending"),
    ]
}

fn order(sort: Sort, a: &SegmentPeriods, b: &SegmentPeriods, at: usize) -> Ordering {
    let rate = |one: &SegmentPeriods| one.periods.get(at).and_then(|row| row.trc).unwrap_or(f64::INFINITY);
    let by_name = || a.segment.value.cmp(&b.segment.value);
    match sort {
        Sort::Customers => b.customers.cmp(&a.customers).then_with(by_name),
        Sort::Name => by_name(),
        // The difference to all falls and rises with the rate itself.
        Sort::Rate | Sort::Difference => rate(a).total_cmp(&rate(b)).then_with(by_name),
    }
}

fn row(
    t: &Text,
    report: &Report,
    segment: &SegmentPeriods,
    at: usize,
    all: &PeriodRow,
    scale: &Scale,
) -> SegmentRow {
    let lang = t.lang();
    let name = segment_name(t, &segment.segment.value);
    let customers = lang.count(segment.customers);
    let spark = scale.line(t, report, segment);
    let none = || NONE.to_owned();
    let figures = segment.periods.get(at).and_then(|row| Some((row.trc?, row.trc_low?, row.trc_high?)));
    let (Some((trc, low, high)), Some(all)) = (figures, all.trc) else {
        return SegmentRow {
            name,
            customers,
            rate: none(),
            interval: none(),
            difference: none(),
            verdict: fl!(t, "segment-nobody"),
            direction: "unclear",
            spark,
        };
    };
    let decimals = percent_decimals(low, high);
    let (verdict, direction) = if low > all {
        (fl!(t, "segment-above"), "up")
    } else if high < all {
        (fl!(t, "segment-below"), "down")
    } else {
        (fl!(t, "segment-alike"), "unclear")
    };
    SegmentRow {
        name,
        customers,
        rate: lang.percent(trc, decimals),
        interval: interval(t, lang, low, high, decimals),
        difference: lang.signed((trc - all) * 100.0, decimals),
        verdict,
        direction,
        spark,
    }
}

fn interval(t: &Text, lang: Lang, low: f64, high: f64, decimals: usize) -> String {
    fl!(t, "from-to", low = lang.percent(low, decimals), high = lang.percent(high, decimals))
}

/// The name of a segment's value; cells that were empty are said to be.
pub(crate) fn segment_name(t: &Text, value: &str) -> String {
    if value == "(none)" { fl!(t, "segment-none") } else { value.to_owned() }
}

/// The range of rates that all small lines share.
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    const WIDTH: f64 = 112.0;
    const HEIGHT: f64 = 28.0;
    const MARGIN: f64 = 3.0;

    fn of(segments: &[&SegmentPeriods]) -> Self {
        let rates = || {
            let rows = segments.iter().flat_map(|segment| &segment.periods);
            rows.filter(|row| row.is_settled()).filter_map(|row| row.trc)
        };
        Self { low: rates().fold(1.0, f64::min), high: rates().fold(0.0, f64::max) }
    }

    fn line(&self, t: &Text, report: &Report, segment: &SegmentPeriods) -> Option<Spark> {
        let lang = t.lang();
        let every = report.definition.every;
        let settled = segment.periods.iter().filter(|row| row.is_settled()).collect::<Vec<_>>();
        let (first, last) = (settled.first()?, settled.last()?);
        let mut path = String::new();
        let (mut x, mut y) = (0.0, 0.0);
        for (index, row) in settled.iter().enumerate() {
            (x, y) = self.place(index, settled.len(), row.trc?);
            let letter = if index == 0 { 'M' } else { 'L' };
            let _ = write!(path, "{letter}{x:.1} {y:.1}");
        }
        let decimals = super::column_decimals(settled.iter().copied());
        let words = fl!(
            t,
            "spark-words",
            first = lang.period(first.start, every),
            from = lang.percent(first.trc?, decimals),
            last = lang.period(last.start, every),
            to = lang.percent(last.trc?, decimals)
        );
        Some(Spark { path, x: format!("{x:.1}"), y: format!("{y:.1}"), words })
    }

    fn place(&self, index: usize, of: usize, rate: f64) -> (f64, f64) {
        let along = if of > 1 { index as f64 / (of - 1) as f64 } else { 1.0 };
        let range = (self.high - self.low).max(1e-6);
        let up = (rate - self.low) / range;
        let inner_width = Self::WIDTH - 2.0 * Self::MARGIN;
        let inner_height = Self::HEIGHT - 2.0 * Self::MARGIN;
        (Self::MARGIN + along * inner_width, Self::MARGIN + (1.0 - up) * inner_height)
    }
}
