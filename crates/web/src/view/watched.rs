//! The two series under watch as charts: what came against what was to be expected, and the evidence that adds up.

use fidance_app::{
    report::model::PeriodLength,
    watch::model::{Promise, RunningWeek, SeriesName, WatchedSeries, WatchedWeek},
};
use i18n_embed_fl::fl;

use super::{
    estimate::{count, count_interval},
    figure::{Chart, Figure, Key, Series, Table, TableRow, embed},
    running,
};
use crate::text::{Lang, Text, percent_decimals};

/// Above it the advisory chart says "worth a look"; see `docs/statistics/alarm.md`.
const ADVISORY: f64 = 4.39;
/// Evidence is drawn between a tenth and a hundred times the threshold; what is beyond changes nothing.
const EVIDENCE_FLOOR: f64 = 0.1;
const EVIDENCE_TOP: f64 = 100.0;
/// Above it evidence is not written out.
const EVIDENCE_MOST: f64 = 1e6;

/// Returns of each week against the range of expected ones; the week that is not over as a point of its own.
pub(super) fn returns<'a>(
    t: &'a Text,
    series: &WatchedSeries,
    running: Option<&RunningWeek>,
) -> Option<Figure<'a>> {
    let lang = t.lang();
    let weeks = &series.weeks;
    let last = weeks.last()?;
    let observed = Series {
        name: fl!(t, "watch-observed"),
        tone: "accent",
        values: weeks.iter().map(|week| Some(week.observed as f64)).collect(),
        written: Some(weeks.iter().map(|week| lang.count(week.observed)).collect()),
        ..Series::default()
    };
    let expected = Series {
        name: fl!(t, "watch-expected"),
        tone: "past",
        values: weeks.iter().map(|week| Some(tenth(week.expected.value))).collect(),
        low: Some(weeks.iter().map(|week| Some(tenth(week.expected.low))).collect()),
        high: Some(weeks.iter().map(|week| Some(tenth(week.expected.high))).collect()),
        written: Some(weeks.iter().map(|week| expected_words(t, week)).collect()),
        ..Series::default()
    };
    let mut keys = keys(t, weeks);
    let mut chart = chart(t, weeks, vec![expected, observed]);
    let mut rows: Vec<TableRow> = weeks.iter().map(|week| returns_row(t, week)).collect();
    if let Some(running) = running {
        running::add(t, running, &mut chart);
        keys.push(Key::new("ring accent", fl!(t, "watch-running-key")));
        rows.push(running::row(t, running));
    }
    Some(Figure {
        t,
        id: "chart-watch".to_owned(),
        summary: fl!(
            t,
            "watch-returns-summary",
            week = week_name(lang, last),
            observed = lang.count(last.observed),
            range = count_interval(t, &last.expected)
        ),
        keys,
        data: embed(&chart),
        size: "tall",
        table: Table {
            caption: fl!(t, "watch-returns-table"),
            columns: vec![
                fl!(t, "week"),
                fl!(t, "watch-due"),
                fl!(t, "watch-observed"),
                fl!(t, "watch-expected"),
                fl!(t, "watch-range"),
                fl!(t, "state"),
            ],
            rows,
            words_at_end: 1,
        },
    })
}

fn returns_row(t: &Text, week: &WatchedWeek) -> TableRow {
    let lang = t.lang();
    let cells = vec![
        lang.count(week.due),
        lang.count(week.observed),
        count(lang, &week.expected),
        count_interval(t, &week.expected),
        state(t, week),
    ];
    TableRow { name: week_name(lang, week), cells, faint: false }
}

/// The retention rate of each week against its own past.
pub(super) fn retention<'a>(t: &'a Text, series: &WatchedSeries) -> Option<Figure<'a>> {
    let lang = t.lang();
    let weeks = series.weeks.iter().filter(|week| week.due > 0).cloned().collect::<Vec<_>>();
    let last = weeks.last()?;
    let observed = Series {
        name: fl!(t, "trc"),
        tone: "accent",
        values: weeks.iter().map(|week| Some(rate(week, week.observed as f64))).collect(),
        written: Some(weeks.iter().map(|week| rate_words(lang, week)).collect()),
        ..Series::default()
    };
    let of = |end: fn(&WatchedWeek) -> f64| weeks.iter().map(|week| Some(rate(week, end(week)))).collect();
    let expected = Series {
        name: fl!(t, "watch-expected"),
        tone: "past",
        values: of(|week| week.expected.value),
        low: Some(of(|week| week.expected.low)),
        high: Some(of(|week| week.expected.high)),
        written: Some(weeks.iter().map(|week| rate_range(t, week)).collect()),
        ..Series::default()
    };
    let rows = weeks.iter().map(|week| TableRow {
        name: week_name(lang, week),
        cells: vec![lang.count(week.due), rate_words(lang, week), rate_range(t, week), state(t, week)],
        faint: false,
    });
    Some(Figure {
        t,
        id: "chart-watch-retention".to_owned(),
        summary: fl!(
            t,
            "watch-retention-summary",
            week = week_name(lang, last),
            observed = rate_words(lang, last),
            range = rate_range(t, last)
        ),
        keys: keys(t, &weeks),
        size: "low",
        table: Table {
            caption: fl!(t, "watch-retention-table"),
            columns: vec![
                fl!(t, "week"),
                fl!(t, "at-start"),
                fl!(t, "trc"),
                fl!(t, "watch-range"),
                fl!(t, "state"),
            ],
            rows: rows.collect(),
            words_at_end: 1,
        },
        data: embed(&Chart { percent: true, ..chart(t, &weeks, vec![expected, observed]) }),
    })
}

/// The evidence of both series against the threshold.
pub(super) fn evidence<'a>(
    t: &'a Text,
    promise: &Promise,
    returns: &WatchedSeries,
    retention: &WatchedSeries,
) -> Option<Figure<'a>> {
    let lang = t.lang();
    let weeks = &returns.weeks;
    let last = weeks.last()?;
    let top = promise.threshold * EVIDENCE_TOP;
    let drawn = |evidence: f64| rounded(evidence.clamp(EVIDENCE_FLOOR, top));
    let beside = |week: &WatchedWeek| {
        retention
            .weeks
            .binary_search_by_key(&week.start, |other| other.start)
            .ok()
            .and_then(|index| retention.weeks.get(index))
    };
    let line = |name: SeriesName, tone: &'static str, of: &dyn Fn(&WatchedWeek) -> Option<f64>| Series {
        name: super::fall::series(t, name),
        tone,
        values: weeks.iter().map(|week| of(week).map(drawn)).collect(),
        written: Some(weeks.iter().map(|week| written(t, of(week))).collect()),
        ..Series::default()
    };
    let threshold = Series {
        name: fl!(t, "watch-threshold"),
        tone: "lost",
        values: weeks.iter().map(|_| Some(promise.threshold)).collect(),
        written: Some(weeks.iter().map(|_| written(t, Some(promise.threshold))).collect()),
        ..Series::default()
    };
    let lagging = line(SeriesName::Retention, "past", &|week| beside(week).map(|other| other.evidence));
    let leading = line(SeriesName::Returns, "accent", &|week| Some(week.evidence));
    let rows = weeks.iter().map(|week| TableRow {
        name: week_name(lang, week),
        cells: vec![
            written(t, Some(week.evidence)),
            written(t, beside(week).map(|other| other.evidence)),
            state(t, week),
        ],
        faint: false,
    });
    let limit = written(t, Some(promise.threshold));
    Some(Figure {
        t,
        id: "chart-evidence".to_owned(),
        summary: fl!(
            t,
            "watch-evidence-summary",
            week = week_name(lang, last),
            evidence = written(t, Some(last.evidence)),
            threshold = limit.clone()
        ),
        keys: vec![
            Key::new("line accent", super::fall::series(t, SeriesName::Returns)),
            Key::new("line past", super::fall::series(t, SeriesName::Retention)),
            Key::new("line lost", fl!(t, "watch-threshold")),
        ],
        size: "middle",
        table: Table {
            caption: fl!(t, "watch-evidence-table", threshold = limit),
            columns: vec![
                fl!(t, "week"),
                super::fall::series(t, SeriesName::Returns),
                super::fall::series(t, SeriesName::Retention),
                fl!(t, "state"),
            ],
            rows: rows.collect(),
            words_at_end: 1,
        },
        data: embed(&Chart {
            log_from: Some(EVIDENCE_FLOOR),
            marked: None,
            ..chart(t, weeks, vec![threshold, lagging, leading])
        }),
    })
}

/// Evidence as it is written: whole numbers from 10 on, and no more digits than mean anything.
pub(super) fn written(t: &Text, evidence: Option<f64>) -> String {
    let lang = t.lang();
    match evidence {
        None => super::NONE.to_owned(),
        Some(evidence) if evidence > EVIDENCE_MOST => {
            fl!(t, "more-than", number = lang.decimal(EVIDENCE_MOST, 0))
        }
        Some(evidence) => lang.decimal(evidence, usize::from(evidence < 10.0)),
    }
}

/// Whether the advisory chart asks for a look at the week. What it adds up falls slowly again after a bad time: of a week that
/// was as expected it says nothing.
pub(super) fn worth_a_look(week: &WatchedWeek) -> bool {
    !week.alarm && week.advisory > ADVISORY && (week.observed as f64) < week.expected.value
}

/// The expected number with its range.
pub(super) fn expected_words(t: &Text, week: &WatchedWeek) -> String {
    super::estimate::counted(t, &week.expected)
}

/// The share observed, with the decimals that the range supports.
pub(super) fn rate_words(lang: Lang, week: &WatchedWeek) -> String {
    lang.percent(rate(week, week.observed as f64), rate_decimals(week))
}

/// The range of shares.
pub(super) fn rate_range(t: &Text, week: &WatchedWeek) -> String {
    let write = |n: f64| t.lang().percent(rate(week, n), rate_decimals(week));
    fl!(t, "from-to", low = write(week.expected.low), high = write(week.expected.high))
}

fn rate_decimals(week: &WatchedWeek) -> usize {
    percent_decimals(rate(week, week.expected.low), rate(week, week.expected.high))
}

fn rate(week: &WatchedWeek, n: f64) -> f64 {
    rounded(n / (week.due.max(1)) as f64)
}

/// A week in words.
pub(super) fn week_name(lang: Lang, week: &WatchedWeek) -> String {
    lang.period(week.start, PeriodLength::Week)
}

fn state(t: &Text, week: &WatchedWeek) -> String {
    if week.alarm {
        fl!(t, "watch-week-alarm")
    } else if worth_a_look(week) {
        fl!(t, "watch-week-look")
    } else {
        fl!(t, "watch-week-quiet")
    }
}

fn keys(t: &Text, weeks: &[WatchedWeek]) -> Vec<Key> {
    let mut keys = vec![
        Key::new("line accent", fl!(t, "watch-observed-key")),
        Key::new("line past", fl!(t, "watch-expected")),
        Key::new("band past", fl!(t, "watch-range")),
    ];
    if weeks.iter().any(|week| week.alarm) {
        keys.push(Key::new("band lost", fl!(t, "watch-week-alarm")));
    }
    keys
}

fn chart(t: &Text, weeks: &[WatchedWeek], series: Vec<Series>) -> Chart {
    let lang = t.lang();
    Chart {
        lang: lang.tag(),
        labels: Some(weeks.iter().map(|week| lang.period_short(week.start, PeriodLength::Week)).collect()),
        titles: Some(weeks.iter().map(|week| week_name(lang, week)).collect()),
        marked: Some(weeks.iter().map(|week| week.alarm).collect()),
        series,
        ..Chart::default()
    }
}

/// Enough for a chart.
fn tenth(n: f64) -> f64 {
    (n * 10.0).round() / 10.0
}

fn rounded(n: f64) -> f64 {
    (n * 1e5).round() / 1e5
}
