//! The rate and the flows, period by period: two charts, their tables, and the two formulas reconciled.

use fidance_app::report::model::{Mode, PeriodRow, Report};
use i18n_embed_fl::fl;
use jiff::civil::Date;

use super::{
    NONE, column_decimals,
    figure::{Chart, ChartKind, Figure, Key, Series, Table, TableRow, embed},
    percent_or_none,
};
use crate::text::{Lang, Text};

/// Which periods are not counted, in one sentence; absent where all are.
pub(crate) fn unsettled_sentence(t: &Text, report: &Report) -> Option<String> {
    let lang = t.lang();
    let every = report.definition.every;
    let warming = report.periods.iter().filter(|row| row.warming_up && row.complete).count();
    let open = report.periods.iter().find(|row| !row.complete);
    match (warming, open) {
        (0, None) => None,
        (0, Some(row)) => Some(fl!(t, "unsettled-open", period = lang.period(row.start, every))),
        (n, None) => Some(fl!(t, "unsettled-warming", n = n, count = lang.count(n as u64))),
        (n, Some(row)) => Some(fl!(
            t,
            "unsettled-both",
            n = n,
            count = lang.count(n as u64),
            period = lang.period(row.start, every)
        )),
    }
}

/// The chart of the rate.
pub(crate) fn rate_figure<'a>(t: &'a Text, report: &Report) -> Figure<'a> {
    let lang = t.lang();
    let rows = &report.periods;
    let decimals = column_decimals(rows);
    let settled = |row: &PeriodRow, value: Option<f64>| value.filter(|_| row.is_settled());
    let year_before = rows.iter().map(|row| year_before(report, row)).collect::<Vec<_>>();
    let rate = Series {
        name: fl!(t, "trc"),
        tone: "accent",
        values: rows.iter().map(|row| row.trc).collect(),
        low: Some(rows.iter().map(|row| settled(row, row.trc_low)).collect()),
        high: Some(rows.iter().map(|row| settled(row, row.trc_high)).collect()),
        written: Some(rows.iter().map(|row| rate_written(t, row, decimals)).collect()),
        unsettled: Some(rows.iter().map(|row| !row.is_settled()).collect()),
        ..Series::default()
    };
    let past = Series {
        name: fl!(t, "year-before"),
        tone: "past",
        written: Some(year_before.iter().map(|&value| percent_or_none(lang, value, decimals)).collect()),
        values: year_before.clone(),
        ..Series::default()
    };
    let has_past = year_before.iter().any(Option::is_some);
    let mut keys =
        vec![Key::new("line accent", fl!(t, "trc")), Key::new("band accent", fl!(t, "interval-95"))];
    if rows.iter().any(|row| !row.is_settled() && row.trc.is_some()) {
        keys.push(Key::new("dashed accent", fl!(t, "not-counted")));
    }
    let mut series = vec![rate];
    if has_past {
        series.insert(0, past);
        keys.push(Key::new("line past", fl!(t, "year-before")));
    }
    Figure {
        t,
        id: "chart-rate".to_owned(),
        summary: rate_summary(t, report, decimals),
        keys,
        data: embed(&Chart {
            percent: true,
            from_zero: false,
            ..category_chart(t, report, ChartKind::Lines, series)
        }),
        size: "tall",
        table: rate_table(t, report, &year_before, decimals),
    }
}

fn rate_written(t: &Text, row: &PeriodRow, decimals: usize) -> String {
    let lang = t.lang();
    match (row.trc, row.trc_low, row.trc_high) {
        (Some(trc), Some(low), Some(high)) if row.is_settled() => fl!(
            t,
            "rate-with-interval",
            rate = lang.percent(trc, decimals),
            low = lang.percent(low, decimals),
            high = lang.percent(high, decimals)
        ),
        (Some(trc), ..) => format!("{} ({})", lang.percent(trc, decimals), state(t, row)),
        _ => NONE.to_owned(),
    }
}

fn rate_summary(t: &Text, report: &Report, decimals: usize) -> String {
    let lang = t.lang();
    let every = report.definition.every;
    let mut settled = report.periods.iter().filter(|row| row.is_settled());
    let Some(first) = settled.next() else { return fl!(t, "rate-summary-none") };
    let last = settled.next_back().unwrap_or(first);
    fl!(
        t,
        "rate-summary",
        first = lang.period(first.start, every),
        from = percent_or_none(lang, first.trc, decimals),
        last = lang.period(last.start, every),
        to = percent_or_none(lang, last.trc, decimals)
    )
}

fn rate_table(t: &Text, report: &Report, year_before: &[Option<f64>], decimals: usize) -> Table {
    let lang = t.lang();
    let rows = report.periods.iter().zip(year_before).map(|(row, past)| TableRow {
        name: lang.period(row.start, report.definition.every),
        cells: vec![
            percent_or_none(lang, row.trc, decimals),
            percent_or_none(lang, row.trc_low, decimals),
            percent_or_none(lang, row.trc_high, decimals),
            percent_or_none(lang, *past, decimals),
            state(t, row),
        ],
        faint: !row.is_settled(),
    });
    Table {
        caption: fl!(t, "rate-table"),
        columns: vec![
            fl!(t, "period"),
            fl!(t, "trc"),
            fl!(t, "interval-low"),
            fl!(t, "interval-high"),
            fl!(t, "year-before"),
            fl!(t, "state"),
        ],
        rows: rows.collect(),
        words_at_end: 1,
    }
}

/// Whether a period counts, in words.
pub(crate) fn state(t: &Text, row: &PeriodRow) -> String {
    if !row.complete {
        fl!(t, "state-open")
    } else if row.warming_up {
        fl!(t, "state-warming")
    } else if row.s == 0 {
        fl!(t, "state-nobody")
    } else {
        fl!(t, "state-counted")
    }
}

/// The settled rate of the same period one year before.
fn year_before(report: &Report, row: &PeriodRow) -> Option<f64> {
    let start = year_before_start(report, row.start);
    let index = report.periods.binary_search_by_key(&start, |other| other.start).ok()?;
    report.periods.get(index).filter(|other| other.is_settled())?.trc
}

fn year_before_start(report: &Report, start: Date) -> Date {
    use fidance_app::report::model::PeriodLength as Length;
    use fidance_domain::time::Every;
    let every = match report.definition.every {
        Length::Day => Every::Day,
        Length::Week => Every::Week,
        Length::Month => Every::Month,
        Length::Quarter => Every::Quarter,
    };
    every.year_before(start)
}

/// The chart of the flows: who was kept, came and came back above zero; who was lost below.
pub(crate) fn flow_figure<'a>(t: &'a Text, report: &Report) -> Figure<'a> {
    let lang = t.lang();
    let rows = &report.periods;
    let layers: [Layer; 4] = [
        (fl!(t, "kept"), "kept", |row| row.k, 1.0),
        (fl!(t, "new"), "new", |row| row.n, 1.0),
        (fl!(t, "reactivated"), "back", |row| row.r, 1.0),
        (fl!(t, "lost"), "lost", |row| row.l, -1.0),
    ];
    let mut keys = layers
        .iter()
        .map(|(name, tone, ..)| Key::new(format!("block {tone}"), name.clone()))
        .collect::<Vec<_>>();
    if rows.iter().any(|row| !row.is_settled()) {
        keys.push(Key::new("block hatched", fl!(t, "not-counted")));
    }
    let series = layers.map(|(name, tone, count, sign)| Series {
        name,
        tone,
        values: rows.iter().map(|row| Some(sign * count(row) as f64)).collect(),
        written: Some(rows.iter().map(|row| lang.count(count(row))).collect()),
        unsettled: Some(rows.iter().map(|row| !row.is_settled()).collect()),
        ..Series::default()
    });
    Figure {
        t,
        id: "chart-flows".to_owned(),
        summary: flow_summary(t, report),
        keys,
        data: embed(&category_chart(t, report, ChartKind::Bars, series.into())),
        size: "middle",
        table: flow_table(t, report),
    }
}

type Layer = (String, &'static str, fn(&PeriodRow) -> u64, f64);

fn flow_summary(t: &Text, report: &Report) -> String {
    let lang = t.lang();
    let Some(row) = report.headline.as_ref().and_then(|headline| report.periods.get(headline.period)) else {
        return fl!(t, "flow-summary-none");
    };
    fl!(
        t,
        "flow-summary",
        period = lang.period(row.start, report.definition.every),
        kept = lang.count(row.k),
        new = lang.count(row.n),
        reactivated = lang.count(row.r),
        lost = lang.count(row.l)
    )
}

fn flow_table(t: &Text, report: &Report) -> Table {
    let lang = t.lang();
    let decimals = column_decimals(&report.periods);
    let has_money =
        report.definition.mode != Mode::Lifetimes && report.periods.iter().any(|row| row.nrr.is_some());
    let mut columns = vec![
        fl!(t, "period"),
        fl!(t, "at-start"),
        fl!(t, "kept"),
        fl!(t, "lost"),
        fl!(t, "new"),
        fl!(t, "reactivated"),
        fl!(t, "at-end"),
        fl!(t, "new-lost"),
        fl!(t, "trc"),
        fl!(t, "textbook"),
    ];
    if has_money {
        columns.extend([fl!(t, "revenue"), fl!(t, "nrr"), fl!(t, "grr")]);
    }
    columns.push(fl!(t, "state"));
    let rows = report.periods.iter().map(|row| {
        let counts = [row.s, row.k, row.l, row.n, row.r, row.e, row.n_lost];
        let mut cells = counts.map(|n| lang.count(n)).to_vec();
        cells.push(percent_or_none(lang, row.trc, decimals));
        cells.push(percent_or_none(lang, row.trc_formula, decimals));
        if has_money {
            cells.push(revenue(lang, report, row));
            cells.push(percent_or_none(lang, row.nrr, 0));
            cells.push(percent_or_none(lang, row.grr, 0));
        }
        cells.push(state(t, row));
        TableRow { name: lang.period(row.start, report.definition.every), cells, faint: !row.is_settled() }
    });
    Table { caption: fl!(t, "flow-table"), columns, rows: rows.collect(), words_at_end: 1 }
}

fn revenue(lang: Lang, report: &Report, row: &PeriodRow) -> String {
    row.revenue.map_or_else(
        || NONE.to_owned(),
        |amount| lang.money(amount, report.definition.currency.as_deref(), 1.0),
    )
}

fn category_chart(t: &Text, report: &Report, kind: ChartKind, series: Vec<Series>) -> Chart {
    let lang = t.lang();
    let every = report.definition.every;
    Chart {
        kind,
        lang: lang.tag(),
        labels: Some(report.periods.iter().map(|row| lang.period_short(row.start, every)).collect()),
        titles: Some(report.periods.iter().map(|row| lang.period(row.start, every)).collect()),
        x_name: None,
        percent: false,
        from_zero: true,
        series,
        ..Chart::default()
    }
}

/// The two formulas on the last settled period.
#[derive(Debug)]
pub(crate) struct Reconciliation {
    pub(crate) intro: String,
    pub(crate) lines: Vec<Formula>,
    pub(crate) outcome: String,
}

/// One line of arithmetic.
#[derive(Debug)]
pub(crate) struct Formula {
    pub(crate) name: String,
    pub(crate) letters: &'static str,
    pub(crate) numbers: String,
    pub(crate) result: String,
}

impl Reconciliation {
    pub(crate) fn new(t: &Text, report: &Report) -> Option<Self> {
        let row = report.periods.get(report.headline.as_ref()?.period)?;
        let lang = t.lang();
        let (trc, textbook) = (row.trc?, row.trc_formula?);
        let decimals = column_decimals([row]);
        let n = |count: u64| lang.count(count);
        // The difference of the written rates, so that the three lines add up to the reader.
        let scale = 10_f64.powi(i32::try_from(decimals).unwrap_or_default());
        let written = |share: f64| (share * 100.0 * scale).round() / scale;
        let gap = written(textbook) - written(trc);
        let period = lang.period(row.start, report.definition.every);
        let lines = vec![
            Formula {
                name: fl!(t, "formula-kept"),
                letters: "K / S",
                numbers: format!("{} / {}", n(row.k), n(row.s)),
                result: lang.percent(trc, decimals),
            },
            Formula {
                name: fl!(t, "formula-gap"),
                letters: "(R − N₀) / S",
                numbers: format!("({} − {}) / {}", n(row.r), n(row.n_lost), n(row.s)),
                result: fl!(t, "points", points = lang.signed(gap, decimals), n = gap.abs()),
            },
            Formula {
                name: fl!(t, "formula-textbook"),
                letters: "(E − N − N₀) / S",
                numbers: format!("({} − {} − {}) / {}", n(row.e), n(row.n), n(row.n_lost), n(row.s)),
                result: lang.percent(textbook, decimals),
            },
        ];
        Some(Self {
            intro: fl!(t, "reconciliation-intro", period = period),
            lines,
            outcome: fl!(t, "reconciliation-outcome", reactivated = n(row.r), passing = n(row.n_lost)),
        })
    }
}
