//! The cohort table and its mean curve. A cell whose time is not over yet is empty, never 0.

use askama::Template;
use fidance_app::report::model::{
    Bracket, CohortMeans, CohortRow, Cohorts as CohortTable, PeriodLength, PooledMean, Report,
};
use i18n_embed_fl::fl;

use super::{
    figure::{Chart, ChartKind, Figure, Series, Table, TableRow, embed},
    method::Chapter,
    shell::Link,
};
use crate::{
    choices::{Choices, CohortUnit, Variant, query_with},
    text::Text,
};

/// More rows or columns than this are not drawn: nobody reads them, and the page would weigh megabytes.
const MOST: usize = 60;

/// The body of the page.
#[derive(Debug, Template)]
#[template(path = "cohorts.html")]
pub(crate) struct Cohorts<'a> {
    t: &'a Text,
    variants: Vec<Link>,
    units: Vec<Link>,
    explanation: String,
    matrix: Option<Matrix<'a>>,
    only_one: bool,
    curve: Option<Figure<'a>>,
}

impl<'a> Cohorts<'a> {
    pub(crate) fn new(t: &'a Text, report: &Report, choices: &Choices, query: Option<&str>) -> Self {
        let variant = choices.variant;
        let matrix = report.cohorts.as_ref().map(|table| Matrix::new(t, table, variant, choices.unit));
        let curve = report.cohorts.as_ref().and_then(|table| mean_curve(t, table, variant));
        Self {
            t,
            variants: Variant::ALL
                .map(|other| Link {
                    href: format!("/cohorts{}", query_with(query, &[("variant", other.word())])),
                    name: variant_name(t, other),
                    tag: "",
                    current: other == variant,
                })
                .into(),
            units: CohortUnit::ALL
                .map(|other| Link {
                    href: format!("/cohorts{}", query_with(query, &[("unit", other.word())])),
                    name: match other {
                        CohortUnit::Share => fl!(t, "unit-share"),
                        CohortUnit::Customers => fl!(t, "unit-customers"),
                    },
                    tag: "",
                    current: other == choices.unit,
                })
                .into(),
            explanation: explanation(t, variant),
            only_one: report.cohorts.as_ref().is_some_and(|table| table.rows.len() == 1),
            matrix,
            curve,
        }
    }
}

/// The coloured table.
#[derive(Debug, Clone, Template)]
#[template(path = "matrix.html")]
pub(crate) struct Matrix<'a> {
    t: &'a Text,
    caption: String,
    columns: Vec<String>,
    mean: Vec<Cell>,
    rows: Vec<MatrixRow>,
    cut: Option<String>,
}

impl askama::filters::HtmlSafe for Matrix<'_> {}

#[derive(Debug, Clone)]
struct MatrixRow {
    name: String,
    size: String,
    cells: Vec<Cell>,
}

/// One cell: what it says, and the step of the colour scale.
#[derive(Debug, Clone)]
struct Cell {
    text: String,
    step: Option<u8>,
}

impl<'a> Matrix<'a> {
    pub(crate) fn new(t: &'a Text, table: &CohortTable, variant: Variant, unit: CohortUnit) -> Self {
        let lang = t.lang();
        let from = first_column(variant);
        let observed =
            table.rows.iter().filter_map(|row| cells(row, variant).iter().rposition(Option::is_some));
        let width = observed.max().map_or(0, |last| last + 1).saturating_sub(from).min(MOST);
        let strongest = strongest(table, variant, from);
        let hidden = table.rows.len().saturating_sub(MOST);
        let rows = table.rows.iter().skip(hidden).map(|row| MatrixRow {
            name: lang.period(row.start, table.every),
            size: lang.count(row.size),
            cells: (from..from + width).map(|at| cell(t, row, variant, unit, at, strongest)).collect(),
        });
        let pooled = means(&table.pooled, variant);
        let mean =
            (from..from + width).map(|at| mean_cell(t, pooled.get(at).and_then(Option::as_ref), strongest));
        let wide = table.rows.iter().any(|row| cells(row, variant).len() > from + MOST);
        Self {
            t,
            caption: fl!(
                t,
                "cohorts-caption",
                variant = variant_name(t, variant).to_lowercase(),
                elapsed = elapsed(t, table.every).to_lowercase()
            ),
            columns: column_names(t, table, variant, from, width),
            mean: mean.collect(),
            rows: rows.collect(),
            cut: (hidden > 0 || wide).then(|| fl!(t, "cohorts-cut", most = MOST)),
        }
    }
}

/// The largest share of the table, which gets the strongest colour.
fn strongest(table: &CohortTable, variant: Variant, from: usize) -> f64 {
    let shares = table.rows.iter().filter(|row| row.size > 0).flat_map(|row| {
        let counts = cells(row, variant).iter().skip(from).flatten();
        counts.map(|&active| active as f64 / row.size as f64)
    });
    shares.fold(0.05, f64::max)
}

fn cell(t: &Text, row: &CohortRow, variant: Variant, unit: CohortUnit, at: usize, strongest: f64) -> Cell {
    let Some(active) = cells(row, variant).get(at).copied().flatten() else {
        return Cell { text: String::new(), step: None };
    };
    let share = if row.size > 0 { active as f64 / row.size as f64 } else { 0.0 };
    let text = match unit {
        CohortUnit::Share => written_share(t, share),
        CohortUnit::Customers => t.lang().count(active),
    };
    Cell { text, step: Some(step(share / strongest)) }
}

fn mean_cell(t: &Text, mean: Option<&PooledMean>, strongest: f64) -> Cell {
    match mean {
        Some(mean) => Cell { text: written_share(t, mean.rate), step: Some(step(mean.rate / strongest)) },
        None => Cell { text: String::new(), step: None },
    }
}

/// A share in a narrow cell: whole percents, as one cohort supports no more.
fn written_share(t: &Text, share: f64) -> String {
    t.lang().percent(share, 0)
}

/// Step of the colour scale, from 0 to 20, for a share of the largest one.
fn step(share: f64) -> u8 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=20")]
    let step = (share * 20.0).round().clamp(0.0, 20.0) as u8;
    step
}

/// Bucket 0 is the cohort itself, always full: it is not shown. Brackets begin after it.
fn first_column(variant: Variant) -> usize {
    match variant {
        Variant::Bracket => 0,
        Variant::NDay | Variant::Unbounded | Variant::Full => 1,
    }
}

fn cells(row: &CohortRow, variant: Variant) -> &[Option<u64>] {
    match variant {
        Variant::NDay => &row.n_day,
        Variant::Unbounded => &row.unbounded,
        Variant::Bracket => &row.bracket,
        Variant::Full => &row.full,
    }
}

fn means(pooled: &CohortMeans, variant: Variant) -> &[Option<PooledMean>] {
    match variant {
        Variant::NDay => &pooled.n_day,
        Variant::Unbounded => &pooled.unbounded,
        Variant::Bracket => &pooled.bracket,
        Variant::Full => &pooled.full,
    }
}

fn column_names(t: &Text, table: &CohortTable, variant: Variant, from: usize, width: usize) -> Vec<String> {
    match variant {
        Variant::Bracket => table.brackets.iter().take(width).copied().map(bracket_name).collect(),
        Variant::NDay | Variant::Unbounded | Variant::Full => {
            (from..from + width).map(|at| t.lang().count(at as u64)).collect()
        }
    }
}

fn bracket_name(bracket: Bracket) -> String {
    if bracket.from == bracket.to {
        bracket.from.to_string()
    } else {
        format!("{}–{}", bracket.from, bracket.to)
    }
}

pub(crate) fn variant_name(t: &Text, variant: Variant) -> String {
    match variant {
        Variant::NDay => fl!(t, "variant-n-day"),
        Variant::Unbounded => fl!(t, "variant-unbounded"),
        Variant::Bracket => fl!(t, "variant-bracket"),
        Variant::Full => fl!(t, "variant-full"),
    }
}

pub(crate) fn explanation(t: &Text, variant: Variant) -> String {
    match variant {
        Variant::NDay => fl!(t, "variant-n-day-words"),
        Variant::Unbounded => fl!(t, "variant-unbounded-words"),
        Variant::Bracket => fl!(t, "variant-bracket-words"),
        Variant::Full => fl!(t, "variant-full-words"),
    }
}

/// What the columns count: periods after the first one.
fn elapsed(t: &Text, every: PeriodLength) -> String {
    match every {
        PeriodLength::Day => fl!(t, "elapsed-days"),
        PeriodLength::Week => fl!(t, "elapsed-weeks"),
        PeriodLength::Month => fl!(t, "elapsed-months"),
        PeriodLength::Quarter => fl!(t, "elapsed-quarters"),
    }
}

/// The pooled mean as a curve.
pub(crate) fn mean_curve<'a>(t: &'a Text, table: &CohortTable, variant: Variant) -> Option<Figure<'a>> {
    let lang = t.lang();
    let from = first_column(variant);
    let pooled = means(&table.pooled, variant);
    let width = pooled.len().saturating_sub(from);
    let names = column_names(t, table, variant, from, width);
    let points = pooled
        .iter()
        .skip(from)
        .zip(names)
        .filter_map(|(mean, name)| Some((name, mean.as_ref()?)))
        .collect::<Vec<_>>();
    let (first, last) = (points.first()?, points.last()?);
    let summary = fl!(
        t,
        "curve-summary",
        first = first.0.clone(),
        from = lang.percent(first.1.rate, 0),
        last = last.0.clone(),
        to = lang.percent(last.1.rate, 0),
        elapsed = elapsed(t, table.every)
    );
    let labels = points.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let titles = labels.iter().map(|label| format!("{label} · {}", elapsed(t, table.every))).collect();
    let series = Series {
        name: fl!(t, "pooled-mean"),
        tone: "accent",
        values: points.iter().map(|(_, mean)| Some(mean.rate)).collect(),
        written: Some(points.iter().map(|(_, mean)| lang.percent(mean.rate, 1)).collect()),
        ..Series::default()
    };
    let rows = points.iter().map(|(name, mean)| TableRow {
        name: name.clone(),
        cells: vec![lang.percent(mean.rate, 1), lang.count(mean.customers)],
        faint: false,
    });
    let rows = rows.collect();
    Some(Figure {
        t,
        id: "chart-curve".to_owned(),
        summary,
        keys: Vec::new(),
        data: embed(&Chart {
            kind: ChartKind::Lines,
            lang: lang.tag(),
            labels: Some(labels),
            titles: Some(titles),
            x_name: Some(elapsed(t, table.every)),
            percent: true,
            from_zero: true,
            series: vec![series],
            ..Chart::default()
        }),
        size: "middle",
        table: Table {
            caption: fl!(t, "curve-table"),
            columns: vec![elapsed(t, table.every), fl!(t, "pooled-mean"), fl!(t, "customers-observed")],
            rows,
            words_at_end: 0,
        },
    })
}

impl Cohorts<'_> {
    /// All variants at once, for the file without links.
    pub(crate) fn matrices<'a>(t: &'a Text, report: &Report) -> Vec<(String, String, Matrix<'a>)> {
        let tables = Variant::ALL.into_iter().filter_map(|variant| {
            let table = report.cohorts.as_ref()?;
            let matrix = Matrix::new(t, table, variant, CohortUnit::Share);
            Some((variant_name(t, variant), explanation(t, variant), matrix))
        });
        tables.collect()
    }
}
