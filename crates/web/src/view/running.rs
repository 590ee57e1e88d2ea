//! The week that is not over: a sentence, a hollow point in the chart of returns, and a row of its table.

use fidance_app::{report::model::PeriodLength, watch::model::RunningWeek};
use i18n_embed_fl::fl;

use super::{
    estimate::{count, count_interval, counted, share},
    figure::{Chart, Series, TableRow},
};
use crate::text::Text;

/// What came so far, what was to be expected by now, and of the whole week.
pub(super) fn sentence(t: &Text, week: &RunningWeek) -> String {
    let lang = t.lang();
    fl!(
        t,
        "alarm-running",
        d = week.days,
        days = lang.count(week.days),
        day = lang.day_and_month(week.last_day()),
        n = week.observed,
        observed = lang.count(week.observed),
        range = count_interval(t, &week.expected),
        total = count_interval(t, &week.total),
        part = share(t, &week.completion)
    )
}

/// The last point of a chart of weeks, not joined to the line: a part of a week is no week.
pub(super) fn add(t: &Text, week: &RunningWeek, chart: &mut Chart) {
    let lang = t.lang();
    let Some(labels) = &mut chart.labels else { return };
    let weeks = labels.len();
    labels.push(lang.period_short(week.start, PeriodLength::Week));
    let name = lang.period(week.start, PeriodLength::Week);
    chart.titles.iter_mut().for_each(|titles| titles.push(fl!(t, "watch-running-week", week = name.clone())));
    chart.marked.iter_mut().for_each(|marked| marked.push(false));
    let last = |value: f64| -> Vec<Option<f64>> {
        (0..weeks).map(|_| None).chain([Some((value * 10.0).round() / 10.0)]).collect()
    };
    let written = |words: String| Some((0..weeks).map(|_| String::new()).chain([words]).collect());
    let unsettled = || Some((0..=weeks).map(|at| at == weeks).collect());
    chart.series.push(Series {
        name: fl!(t, "watch-running-expected"),
        tone: "past",
        values: last(week.expected.value),
        low: Some(last(week.expected.low)),
        high: Some(last(week.expected.high)),
        written: written(counted(t, &week.expected)),
        unsettled: unsettled(),
        ..Series::default()
    });
    chart.series.push(Series {
        name: fl!(t, "watch-running-key"),
        tone: "accent",
        values: last(week.observed as f64),
        written: written(lang.count(week.observed)),
        unsettled: unsettled(),
        ..Series::default()
    });
}

/// The last row of the table: fainter, as it is not counted.
pub(super) fn row(t: &Text, week: &RunningWeek) -> TableRow {
    let lang = t.lang();
    let cells = vec![
        lang.count(week.due),
        lang.count(week.observed),
        count(lang, &week.expected),
        count_interval(t, &week.expected),
        fl!(t, "watch-running-state", day = lang.day_and_month(week.last_day())),
    ];
    TableRow { name: lang.period(week.start, PeriodLength::Week), cells, faint: true }
}
