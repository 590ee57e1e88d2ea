//! Every published number that the estimators are tested against, beside ours, in one committed page:
//! `docs/statistics/results/reference.md`. `UPDATE_TABLE=1` writes it anew (`make table`).
//!
//! A reference that we do not reach stays on the page, marked, with the size of the miss; the test fails when a miss
//! grows beyond what is said of it here, and when it is none any more.

mod alarm;
mod change_points;
mod drivers;
mod impact;
mod incidents;
mod page;
mod panels;
mod retention;
mod series;
mod synthetic;
mod volkswagen;

use std::path::Path;

/// The part of the product that a number belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Alarm,
    Effect,
    DoseResponse,
    Drivers,
    Retention,
}

/// How near to its reference a number has to be.
#[derive(Clone, Copy)]
enum Tolerance {
    /// In the number's own unit.
    Within(f64),
    /// As a part of the reference.
    Part(f64),
    /// Ours may not be below.
    AtLeast,
    /// Ours may not be above.
    AtMost,
    /// Ours may be later by so many periods, not earlier.
    Later(f64),
    /// The reference is the planted truth, to be found inside our interval.
    Inside(f64, f64),
}

impl Tolerance {
    /// Whether two numbers agree, the tolerance stretched to `missed` where the row is known to miss.
    fn holds(self, reference: f64, ours: f64, missed: Option<f64>) -> bool {
        let off = ours - reference;
        match self {
            Self::Within(most) => off.abs() <= missed.unwrap_or(most),
            Self::Part(most) => off.abs() <= missed.unwrap_or(most) * reference.abs(),
            Self::AtLeast => off >= -missed.unwrap_or(0.0),
            Self::AtMost => off <= missed.unwrap_or(0.0),
            Self::Later(most) => (0.0..=missed.unwrap_or(most)).contains(&off),
            Self::Inside(low, high) => (low..=high).contains(&reference),
        }
    }

    /// The distance that is allowed, in the number's own unit.
    fn absolute(self, reference: f64) -> f64 {
        match self {
            Self::Within(most) => most,
            Self::Part(most) => most * reference.abs(),
            Self::AtLeast | Self::AtMost => 0.01 * reference.abs(),
            Self::Later(_) => 10.0,
            Self::Inside(low, high) => 0.1 * (high - low),
        }
    }
}

enum Figure {
    Number { reference: f64, ours: f64, tolerance: Tolerance },
    Periods { reference: Vec<usize>, ours: Vec<usize> },
}

/// One reference number.
struct Row {
    quantity: String,
    unit: &'static str,
    figure: Figure,
    /// Drawn or simulated: a digit less is shown.
    by_chance: bool,
    /// The miss that is admitted, in the unit of the tolerance.
    missed: Option<f64>,
}

impl Row {
    fn new(
        quantity: impl Into<String>,
        unit: &'static str,
        reference: f64,
        ours: f64,
        tolerance: Tolerance,
    ) -> Self {
        let figure = Figure::Number { reference, ours, tolerance };
        Self { quantity: quantity.into(), unit, figure, by_chance: false, missed: None }
    }

    /// Periods in which something is found, which have to be the same.
    fn periods(quantity: impl Into<String>, reference: Vec<usize>, ours: Vec<usize>) -> Self {
        let figure = Figure::Periods { reference, ours };
        Self { quantity: quantity.into(), unit: "index from 0", figure, by_chance: false, missed: None }
    }

    fn by_chance(self) -> Self {
        Self { by_chance: true, ..self }
    }

    fn missed(self, at_most: f64) -> Self {
        Self { missed: Some(at_most), ..self }
    }

    /// What is wrong with the row, if anything.
    fn complaint(&self) -> Option<String> {
        let (held, admitted, found) = match &self.figure {
            Figure::Number { reference, ours, tolerance } => (
                tolerance.holds(*reference, *ours, None),
                tolerance.holds(*reference, *ours, self.missed),
                format!("{ours} against {reference}"),
            ),
            Figure::Periods { reference, ours } => {
                (reference == ours, reference == ours, format!("{ours:?} against {reference:?}"))
            }
        };
        match (held, admitted, self.missed) {
            (true, _, None) | (false, true, Some(_)) => None,
            (true, _, Some(_)) => Some(format!("{}: {found}: no miss any more", self.quantity)),
            _ => Some(format!("{}: {found}", self.quantity)),
        }
    }
}

/// Numbers of one source.
struct Group {
    section: Section,
    title: &'static str,
    /// Where the numbers come from, and how ours were computed where that is not plain.
    source: &'static str,
    rows: Vec<Row>,
}

/// Everything, or `None` where a data file is absent.
fn groups() -> Option<Vec<Group>> {
    let parts = [
        alarm::groups,
        change_points::groups,
        panels::groups,
        impact::groups,
        volkswagen::groups,
        series::groups,
        synthetic::groups,
        incidents::groups,
        drivers::groups,
        retention::groups,
    ];
    std::thread::scope(|scope| {
        let handles: Vec<_> = parts.into_iter().map(|part| scope.spawn(part)).collect();
        let parts = handles.into_iter().map(|handle| handle.join().unwrap());
        Some(parts.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
    })
}

#[test]
fn a_miss_is_admitted_only_as_stated() {
    let row = |ours: f64| Row::new("effect", "", 100.0, ours, Tolerance::Part(0.02));
    assert!(row(101.9).complaint().is_none() && row(102.1).complaint().is_some());
    assert!(row(102.8).missed(0.03).complaint().is_none() && row(103.1).missed(0.03).complaint().is_some());
    assert!(
        row(101.9).missed(0.03).complaint().is_some() && row(f64::NAN).missed(0.03).complaint().is_some()
    );
    let later = |ours: f64| Row::new("week", "", 245.0, ours, Tolerance::Later(1.0)).complaint();
    assert!(later(246.0).is_none() && later(244.0).is_some() && later(247.0).is_some());
}

#[test]
fn the_reference_table() {
    let Some(groups) = groups() else { return };
    let complaints: Vec<String> = groups
        .iter()
        .flat_map(|group| group.rows.iter().map(move |row| (group.title, row)))
        .filter_map(|(title, row)| Some(format!("{title}: {}", row.complaint()?)))
        .collect();
    let made = page::render(&groups);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/statistics/results/reference.md");
    let update = std::env::var_os("UPDATE_TABLE").is_some();
    if update {
        std::fs::write(&file, &made).unwrap();
    }
    assert!(complaints.is_empty(), "{} rows:\n{}", complaints.len(), complaints.join("\n"));
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    let differing: Vec<(&str, &str)> =
        committed.lines().zip(made.lines()).filter(|(old, new)| old != new).take(10).collect();
    assert!(
        committed == made,
        "docs/statistics/results/reference.md is out of date: make table\n{differing:#?}"
    );
}
