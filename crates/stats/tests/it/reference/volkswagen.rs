//! The weekly share price of Volkswagen about the disclosure of 18 September 2015, a Friday: the week is found by tools
//! that are not told of it, and the effect is that of R.
//!
//! The weeks are dated by their first day, a Sunday. The price of the week of the 13th is that of the Friday of the
//! disclosure, which came after the market had closed; the fall is in the week of the 20th, from which R counts.

use fidance_stats::change::comparator::{Segmentation, pelt};
use fidance_stats::statespace::{Component, Noise, ObservationVariance, StateSpace};

use super::Tolerance::Later;
use super::impact::of_summary;
use super::{Group, Row, Section};
use crate::bsts_reference::VOLKSWAGEN;

/// The week of 13 September 2015.
const DISCLOSURE: usize = 245;
/// The weeks before 2015, from which the variances are learned.
const LEARNED: usize = 209;
/// The first year, in which the coefficients settle.
const SETTLED: usize = 52;

/// Logarithms of the price, and of those of BMW and Allianz.
fn logarithms() -> Option<(Vec<f64>, Vec<Vec<f64>>)> {
    let (prices, controls) = VOLKSWAGEN.data()?;
    let ln = |series: &[f64]| -> Vec<f64> { series.iter().map(|value| value.ln()).collect() };
    Some((ln(&prices), controls.iter().map(|series| ln(series)).collect()))
}

/// Where a series changes its mean, by PELT with a penalty of 3 ln T.
fn by_pelt(series: &[f64]) -> Vec<usize> {
    let n = series.len() as f64;
    let mean = series.iter().sum::<f64>() / n;
    let sd = (series.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    let standardised: Vec<f64> = series.iter().map(|value| (value - mean) / sd).collect();
    pelt(&standardised, Segmentation { penalty: 3.0 * n.ln(), shortest: 2 }).unwrap()
}

/// The same of the weekly changes of the logarithm, as weeks of the prices.
fn by_pelt_of_changes(logarithms: &[f64]) -> Vec<usize> {
    let changes: Vec<f64> = logarithms.windows(2).map(|pair| pair[1] - pair[0]).collect();
    by_pelt(&changes).into_iter().map(|at| at + 1).collect()
}

/// How many standard deviations each week lies off its prediction from the weeks before it and from this week's prices
/// of the controls: a level that walks and a regression, the variances learned before 2015.
fn surprises(prices: &[f64], controls: Vec<Vec<f64>>) -> Vec<f64> {
    let before = controls.iter().map(|series| series[..LEARNED].to_vec()).collect();
    let model =
        |columns| StateSpace::new(vec![Component::LocalLevel, Component::Regression { columns }]).unwrap();
    let learned = model(before).fit(&prices[..LEARNED]).unwrap();
    let noise =
        Noise { observation: ObservationVariance::Constant(learned.observation), states: &learned.states };
    let filtered = model(controls).filter(prices, &noise).unwrap();
    filtered.innovations.iter().zip(&filtered.innovation_variances).map(|(v, f)| v / f.sqrt()).collect()
}

struct Found {
    /// All of PELT's change points.
    changes: Vec<usize>,
    /// The week furthest below its prediction, and by how many standard deviations.
    lowest: (usize, f64),
    /// The weeks further below than four standard deviations.
    far_below: Vec<usize>,
}

fn found() -> Option<Found> {
    let (prices, controls) = logarithms()?;
    let surprises: Vec<(usize, f64)> =
        surprises(&prices, controls).into_iter().enumerate().skip(SETTLED).collect();
    let lowest = *surprises.iter().min_by(|a, b| a.1.total_cmp(&b.1))?;
    let far_below = surprises.iter().filter(|(_, by)| *by < -4.0).map(|(week, _)| *week).collect();
    Some(Found { changes: by_pelt_of_changes(&prices), lowest, far_below })
}

/// The first change of both, and nothing before it. What follows is of the same story: another bad week, and a rebound.
#[test]
fn the_week_of_the_disclosure_is_found() {
    let Some(Found { changes, lowest: (lowest, by), far_below }) = found() else { return };
    println!("PELT {changes:?}; far below {far_below:?}, furthest {lowest} by {by:.1}");
    let about = DISCLOSURE..=DISCLOSURE + 1;
    assert!(about.contains(&changes[0]) && about.contains(&far_below[0]), "{changes:?} {far_below:?}");
    assert!(about.contains(&lowest) && by < -6.0, "{lowest} {by}");
    assert!(
        changes.iter().chain(&far_below).all(|&week| week <= DISCLOSURE + 3),
        "{changes:?} {far_below:?}"
    );
}

/// Prices walk, and PELT's level does not: of the prices themselves it dates drifts, one of them weeks before.
#[test]
fn the_prices_themselves_are_not_for_pelt() {
    let Some((prices, _)) = VOLKSWAGEN.data() else { return };
    assert_eq!(by_pelt(&prices), [98, 211, 241]);
}

pub(super) fn groups() -> Option<Vec<Group>> {
    let found = found()?;
    let row = |quantity: &str, week: usize| {
        Row::new(quantity, "index from 0", DISCLOSURE as f64, week as f64, Later(1.0))
    };
    Some(vec![
        Group {
            section: Section::Effect,
            title: "Volkswagen: the week of the disclosure, 18 September 2015",
            source: "Weeks from 2 January 2011 on, dated by their first day; the disclosure is in week 245, after Friday's close, \
                     so that the price falls in week 246, from which R counts. The tools are not told of the date and find \
                     nothing before. PELT: changes in the mean of the weekly changes of the logarithm, penalty 3 ln T; of the prices \
                     themselves, which walk, it finds 98, 211 and 241, drifts and not the disclosure. Level: a \
                     walking level and a regression on BMW and Allianz in logarithms, variances learned to the end of 2014, the \
                     prediction of each week from those before; without the first year, in which the coefficients settle.",
            rows: vec![
                row("PELT: first change", *found.changes.first()?),
                row("level: week furthest below its prediction", found.lowest.0),
                row(
                    "level: first week below it by more than 4 standard deviations",
                    *found.far_below.first()?,
                ),
            ],
        },
        Group {
            section: Section::Effect,
            title: "Volkswagen: the effect",
            source: "CausalImpact in R, printed to two digits, incident at week 246; as the other printed summaries. R's own \
                     arguments are not known; ours are its defaults without season.",
            rows: of_summary(VOLKSWAGEN, &VOLKSWAGEN.impact()?),
        },
    ])
}
