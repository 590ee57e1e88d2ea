//! What moved the rate: the parts of a difference by segment, each drawn, and in a table that sums to the whole.

use fidance_app::{
    report::model::{Comparison, DriverPart, Drivers, Report},
    watch::model::Figure,
};
use i18n_embed_fl::fl;

use super::{
    effect::Scale,
    figure::{Table, TableRow},
    ranked::{Row, Tone},
    segments::segment_name,
};
use crate::text::Text;

/// Segments drawn; the table has more, the JSON all.
const DRAWN: usize = 8;
const MOST_ROWS: usize = 40;

/// The parts of a difference by one segment column.
#[derive(Debug)]
pub(crate) struct Moved {
    pub(crate) sentence: String,
    pub(crate) rows: Vec<Row>,
    pub(crate) table: Table,
    pub(crate) left_out: Option<String>,
}

impl Moved {
    /// Against the year before where that is known, as seasons have a mix of their own; else against the period before.
    pub(crate) fn new(t: &Text, report: &Report, column: &str) -> Option<Self> {
        let headline = report.headline.as_ref()?;
        let past = headline.year_ago.as_ref().or(headline.previous.as_ref())?;
        let drivers = past.drivers.iter().find(|drivers| drivers.by == column)?;
        let left_out = drivers.parts.len().saturating_sub(MOST_ROWS);
        Some(Self {
            sentence: sentence(t, report, past, drivers)?,
            rows: rows(t, drivers),
            table: table(t, past, drivers),
            left_out: (left_out > 0)
                .then(|| fl!(t, "segments-left-out", n = left_out, count = t.lang().count(left_out as u64))),
        })
    }
}

fn points(t: &Text, share: f64) -> String {
    t.lang().signed(share * 100.0, 2)
}

fn sentence(t: &Text, report: &Report, past: &Comparison, drivers: &Drivers) -> Option<String> {
    let since = report.periods.get(past.period)?.start;
    Some(fl!(
        t,
        "moved-sentence",
        period = t.lang().period(since, report.definition.every),
        n = (past.difference * 100.0).abs(),
        change = points(t, past.difference),
        rate = points(t, drivers.rate),
        mix = points(t, drivers.mix)
    ))
}

fn rows(t: &Text, drivers: &Drivers) -> Vec<Row> {
    let figure = |part: &DriverPart| Figure { value: part.rate, low: part.rate_low, high: part.rate_high };
    let drawn: Vec<(&DriverPart, Figure)> =
        drivers.parts.iter().take(DRAWN).map(|part| (part, figure(part))).collect();
    let scale = Scale::around(drawn.iter().map(|(_, figure)| figure));
    let row = |(part, figure): &(&DriverPart, Figure)| Row {
        name: segment_name(t, &part.value),
        column: String::new(),
        change: fl!(t, "moved-points", n = (part.rate * 100.0).abs(), points = points(t, part.rate)),
        picture: scale.picture(String::new(), figure),
        tone: Tone::of(figure),
    };
    drawn.iter().map(row).collect()
}

fn table(t: &Text, past: &Comparison, drivers: &Drivers) -> Table {
    let part = |part: &DriverPart| TableRow {
        name: segment_name(t, &part.value),
        cells: vec![
            points(t, part.rate),
            fl!(t, "from-to", low = points(t, part.rate_low), high = points(t, part.rate_high)),
            points(t, part.mix),
            points(t, part.total()),
        ],
        faint: false,
    };
    let all = TableRow {
        name: fl!(t, "moved-all"),
        cells: vec![
            points(t, drivers.rate),
            super::NONE.to_owned(),
            points(t, drivers.mix),
            points(t, past.difference),
        ],
        faint: false,
    };
    Table {
        caption: fl!(t, "moved-table", column = drivers.by.as_str()),
        columns: vec![
            drivers.by.clone(),
            fl!(t, "moved-own"),
            fl!(t, "interval-95"),
            fl!(t, "moved-mix"),
            fl!(t, "moved-both"),
        ],
        rows: drivers.parts.iter().take(MOST_ROWS).map(part).chain([all]).collect(),
        words_at_end: 0,
    }
}
