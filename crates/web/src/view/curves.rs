//! Survival curves as charts: what is drawn, what the tables under it say, and how long "long" is in words.

use fidance_app::report::model::{DurationUnit, SurvivalCurve, SurvivalPoint};
use i18n_embed_fl::fl;

use super::{
    NONE,
    figure::{Chart, ChartKind, Figure, Key, Series, Table, TableRow, embed},
};
use crate::text::{Text, percent_decimals};

/// Curves in one chart; more cannot be told apart.
pub(super) const MOST_CURVES: usize = 8;
/// Points of a drawn curve; more are closer than a pixel.
pub(super) const MOST_POINTS: usize = 240;
pub(super) const TONES: [&str; MOST_CURVES] = ["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"];

/// A curve and the name of its group.
pub(super) type Named<'c> = (String, &'c SurvivalCurve);

/// A chart of curves with its numbers at risk.
#[derive(Debug)]
pub(crate) struct Block<'a> {
    pub(crate) figure: Figure<'a>,
    pub(crate) at_risk: Table,
}

impl<'a> Block<'a> {
    pub(crate) fn new(t: &'a Text, id: String, curves: &[Named<'_>]) -> Self {
        let unit = curves.first().map_or(DurationUnit::Day, |(_, curve)| curve.unit);
        let single = curves.len() == 1;
        let series = curves.iter().zip(TONES).map(|((name, curve), tone)| {
            survival_series(t, name, if single { "accent" } else { tone }, curve)
        });
        let mut keys = curves
            .iter()
            .zip(TONES)
            .map(|((name, _), tone)| {
                Key::new(format!("line {}", if single { "accent" } else { tone }), name.clone())
            })
            .collect::<Vec<_>>();
        keys.push(Key::new(if single { "band accent" } else { "band plain" }, fl!(t, "interval-95")));
        let times = times(curves);
        Self {
            figure: Figure {
                t,
                id,
                summary: survival_summary(t, curves, &times),
                keys,
                data: embed(&Chart {
                    kind: ChartKind::Steps,
                    lang: t.lang().tag(),
                    labels: None,
                    titles: None,
                    x_name: Some(axis_name(t, unit)),
                    percent: true,
                    from_zero: true,
                    series: series.collect(),
                    ..Chart::default()
                }),
                size: "tall",
                table: survival_table(t, unit, curves, &times),
            },
            at_risk: at_risk_table(t, unit, curves, &times),
        }
    }
}

fn survival_series(t: &Text, name: &str, tone: &'static str, curve: &SurvivalCurve) -> Series {
    let points = thinned(&curve.points);
    let start = SurvivalPoint { t: 0, at_risk: curve.customers, lost: 0, survival: 1.0, low: 1.0, high: 1.0 };
    let points = std::iter::once(&start).chain(points).collect::<Vec<_>>();
    Series {
        name: name.to_owned(),
        tone,
        x: Some(points.iter().map(|point| point.t).collect()),
        values: points.iter().map(|point| Some(rounded(point.survival))).collect(),
        low: Some(points.iter().map(|point| Some(rounded(point.low))).collect()),
        high: Some(points.iter().map(|point| Some(rounded(point.high))).collect()),
        written: Some(points.iter().map(|point| written(t, point.survival, point.low, point.high)).collect()),
        unsettled: None,
    }
}

/// Enough for a chart, and a third of the bytes.
pub(super) fn rounded(share: f64) -> f64 {
    (share * 1e5).round() / 1e5
}

/// At most [`MOST_POINTS`] points, evenly taken, the last one always.
pub(super) fn thinned<T>(points: &[T]) -> impl Iterator<Item = &T> {
    let every = points.len().div_ceil(MOST_POINTS).max(1);
    let last = points.len().saturating_sub(1);
    points
        .iter()
        .enumerate()
        .filter(move |(index, _)| index % every == 0 || *index == last)
        .map(|(_, point)| point)
}

pub(super) fn written(t: &Text, share: f64, low: f64, high: f64) -> String {
    let lang = t.lang();
    let decimals = percent_decimals(low, high);
    fl!(
        t,
        "rate-with-interval",
        rate = lang.percent(share, decimals),
        low = lang.percent(low, decimals),
        high = lang.percent(high, decimals)
    )
}

/// Round steps, in months or days.
const STEPS: [u32; 12] = [1, 2, 3, 6, 12, 30, 60, 90, 180, 365, 730, 1460];

/// Six to twelve round durations up to the longest curve.
fn times(curves: &[Named<'_>]) -> Vec<u32> {
    let longest = curves.iter().map(|(_, curve)| curve.observed_until).max().unwrap_or(0);
    let step = STEPS.into_iter().find(|step| longest / step <= 12).unwrap_or(3650);
    (0..=longest / step).map(|n| n * step).collect()
}

fn survival_at(curve: &SurvivalCurve, t: u32) -> Option<(f64, f64, f64)> {
    if t > curve.observed_until {
        return None;
    }
    let passed = curve.points.partition_point(|point| point.t <= t);
    match passed.checked_sub(1).and_then(|index| curve.points.get(index)) {
        Some(point) => Some((point.survival, point.low, point.high)),
        None => Some((1.0, 1.0, 1.0)),
    }
}

fn at_risk_at(curve: &SurvivalCurve, t: u32) -> Option<u64> {
    if t == 0 {
        return Some(curve.customers);
    }
    let next = curve.points.partition_point(|point| point.t < t);
    curve.points.get(next).map(|point| point.at_risk)
}

fn survival_summary(t: &Text, curves: &[Named<'_>], times: &[u32]) -> String {
    let Some(at) = times.get(times.len() / 2).copied() else { return fl!(t, "all-customers") };
    let lang = t.lang();
    let unit = curves.first().map_or(DurationUnit::Day, |(_, curve)| curve.unit);
    let shares = curves.iter().filter_map(|(name, curve)| {
        let (share, low, high) = survival_at(curve, at)?;
        Some(format!("{name} {}", lang.percent(share, percent_decimals(low, high))))
    });
    let shares = shares.collect::<Vec<_>>().join(", ");
    fl!(t, "survival-summary", duration = duration(t, unit, at), shares = shares)
}

fn survival_table(t: &Text, unit: DurationUnit, curves: &[Named<'_>], times: &[u32]) -> Table {
    let rows = times.iter().map(|&at| TableRow {
        name: duration(t, unit, at),
        cells: curves
            .iter()
            .map(|(_, curve)| match survival_at(curve, at) {
                Some((share, low, high)) => written(t, share, low, high),
                None => NONE.to_owned(),
            })
            .collect(),
        faint: false,
    });
    let mut columns = vec![axis_name(t, unit)];
    columns.extend(curves.iter().map(|(name, _)| name.clone()));
    Table { caption: fl!(t, "survival-table"), columns, rows: rows.collect(), words_at_end: 0 }
}

fn at_risk_table(t: &Text, unit: DurationUnit, curves: &[Named<'_>], times: &[u32]) -> Table {
    let lang = t.lang();
    let mut columns = vec![axis_name(t, unit)];
    columns.extend(times.iter().map(|&at| lang.count(u64::from(at))));
    let rows = curves.iter().map(|(name, curve)| TableRow {
        name: name.clone(),
        cells: times
            .iter()
            .map(|&at| at_risk_at(curve, at).map_or_else(|| NONE.to_owned(), |n| lang.count(n)))
            .collect(),
        faint: false,
    });
    Table { caption: fl!(t, "at-risk-caption"), columns, rows: rows.collect(), words_at_end: 0 }
}

pub(super) fn duration(t: &Text, unit: DurationUnit, n: u32) -> String {
    let count = t.lang().count(u64::from(n));
    match unit {
        DurationUnit::Day => fl!(t, "days", n = n, count = count),
        DurationUnit::AsGiven => fl!(t, "units", n = n, count = count),
    }
}

pub(super) fn axis_name(t: &Text, unit: DurationUnit) -> String {
    match unit {
        DurationUnit::Day => fl!(t, "axis-days"),
        DurationUnit::AsGiven => fl!(t, "axis-units"),
    }
}
