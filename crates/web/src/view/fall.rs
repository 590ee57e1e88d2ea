//! An alarm in words: when it began, how large it is, who is mostly concerned, how it began.

use fidance_app::watch::model::{Alarm, Condition, Onset, SeriesName, Shape};
use i18n_embed_fl::fl;
use jiff::{ToSpan, civil::Date};

use super::{
    estimate::{between, customers},
    segments::segment_name,
};
use crate::text::{Lang, Text};

/// Values of a condition that are named; the others are counted.
const MOST_VALUES: usize = 4;

/// What happened, in one sentence.
pub(super) fn sentence(t: &Text, alarm: &Alarm) -> String {
    let lang = t.lang();
    let from = lang.date(alarm.onset.week);
    let change = customers(t, &alarm.fall.relative);
    let between = between(t, &alarm.fall.relative);
    let mostly = mostly(t, alarm);
    let until = alarm.over().map(|week| lang.date(day_before(week)));
    match (alarm.series, until) {
        (SeriesName::Returns, None) => {
            fl!(t, "fall-returns-open", from = from, change = change, between = between, mostly = mostly)
        }
        (SeriesName::Returns, Some(to)) => fl!(
            t,
            "fall-returns-over",
            from = from,
            to = to,
            change = change,
            between = between,
            mostly = mostly
        ),
        (SeriesName::Retention, None) => {
            fl!(t, "fall-retention-open", from = from, change = change, between = between, mostly = mostly)
        }
        (SeriesName::Retention, Some(to)) => fl!(
            t,
            "fall-retention-over",
            from = from,
            to = to,
            change = change,
            between = between,
            mostly = mostly
        ),
    }
}

/// What the heading leaves out: since when, who mostly, and the interval.
pub(super) fn lead(t: &Text, alarm: &Alarm) -> String {
    let lang = t.lang();
    let from = lang.date(alarm.onset.week);
    let (mostly, between) = (mostly(t, alarm), between(t, &alarm.fall.relative));
    let before = |week| lang.date(day_before(week));
    match (alarm.recovered, alarm.lasting) {
        (Some(week), _) => {
            fl!(t, "fall-lead-over", from = from, to = before(week), mostly = mostly, between = between)
        }
        (None, Some(week)) => {
            let since = lang.date(week);
            fl!(t, "fall-lead-lasting", from = from, since = since, mostly = mostly, between = between)
        }
        (None, None) => fl!(t, "fall-lead-open", from = from, mostly = mostly, between = between),
    }
}

fn mostly(t: &Text, alarm: &Alarm) -> String {
    alarm
        .mostly
        .as_ref()
        .map_or_else(String::new, |concerned| fl!(t, "fall-mostly", group = group(t, &concerned.conditions)))
}

/// The size alone, as a heading.
pub(super) fn title(t: &Text, alarm: &Alarm) -> String {
    let change = customers(t, &alarm.fall.relative);
    match (alarm.series, alarm.over()) {
        (SeriesName::Returns, None) => fl!(t, "fall-title-returns-open", change = change),
        (SeriesName::Returns, Some(_)) => fl!(t, "fall-title-returns-over", change = change),
        (SeriesName::Retention, None) => fl!(t, "fall-title-retention-open", change = change),
        (SeriesName::Retention, Some(_)) => fl!(t, "fall-title-retention-over", change = change),
    }
}

/// The weeks that come into question for the beginning; one where no other does.
pub(super) fn onset(t: &Text, onset: &Onset) -> String {
    let lang = t.lang();
    if onset.earliest == onset.latest {
        return fl!(t, "onset-one");
    }
    let to = last_day(onset.latest);
    fl!(t, "onset-between", from = from(lang, onset.earliest, to), to = lang.date(to))
}

/// How it began.
pub(super) fn shape(t: &Text, shape: Shape) -> String {
    match shape {
        Shape::Sudden => fl!(t, "shape-sudden"),
        Shape::Gradual => fl!(t, "shape-gradual"),
        Shape::Unclear => fl!(t, "shape-unclear"),
    }
}

/// What that means.
pub(super) fn shape_detail(t: &Text, shape: Shape) -> String {
    match shape {
        Shape::Sudden => fl!(t, "shape-sudden-detail"),
        Shape::Gradual => fl!(t, "shape-gradual-detail"),
        Shape::Unclear => fl!(t, "shape-unclear-detail"),
    }
}

/// The name of a series.
pub(super) fn series(t: &Text, series: SeriesName) -> String {
    match series {
        SeriesName::Returns => fl!(t, "series-returns"),
        SeriesName::Retention => fl!(t, "series-retention"),
    }
}

/// A group of customers: `Île-de-France (region), app or web (channel)`.
pub(super) fn group(t: &Text, conditions: &[Condition]) -> String {
    conditions.iter().map(|one| condition(t, one)).collect::<Vec<_>>().join(", ")
}

fn condition(t: &Text, condition: &Condition) -> String {
    let names = condition.values.iter().map(|value| segment_name(t, value)).collect::<Vec<_>>();
    let (shown, more) = names.split_at(names.len().min(MOST_VALUES));
    let values = match (shown, more) {
        (shown, []) => either(t, shown),
        (shown, more) => {
            let count = t.lang().count(more.len() as u64);
            fl!(t, "values-more", values = shown.join(", "), n = more.len(), count = count)
        }
    };
    let column = condition.by.as_str();
    if condition.excluded {
        fl!(t, "condition-not", values = values, column = column)
    } else {
        fl!(t, "condition", values = values, column = column)
    }
}

fn either(t: &Text, names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => fl!(t, "either", first = first.join(", "), last = last.as_str()),
    }
}

/// The first of two dates in one sentence: the year is said once.
pub(super) fn from(lang: Lang, from: Date, to: Date) -> String {
    if from.year() == to.year() { lang.day_and_month(from) } else { lang.date(from) }
}

/// Sunday of the week that begins on a Monday.
pub(super) fn last_day(monday: Date) -> Date {
    monday.saturating_add(6.days())
}

pub(super) fn day_before(day: Date) -> Date {
    day.saturating_sub(1.day())
}
