//! An alarm per segment: every value of every segment column against all other customers, in the same weeks.
//!
//! What falls for everybody is everybody's alarm, told once. A segment is named where its share of the week's returns fell
//! below its usual one, and its own returns below what is expected of it too: so not where only others came more often.
//! The statistics are `fidance_stats::change::panel`; this file adds up the second pass by segment.

use std::ops::Range;

use fidance_domain::{
    history::Segments,
    retention::returns::{Chance, Returns, ReturnsSummary},
};
use fidance_stats::{
    change::{
        Threshold,
        panel::{Panel, PartState, Reading},
        part::PartWeek,
    },
    hazard::WeekReturns,
    interval::Confidence,
};
use jiff::civil::Date;

use super::{
    look::{evidence_of, figure},
    model::{Figure, SegmentWatch},
};

/// Segments that are watched: of more, those of whom most returns were expected.
const MOST: usize = 2_000;

/// One value of a segment column, by week.
#[derive(Debug, Clone)]
struct Segment {
    dimension: usize,
    value: usize,
    weeks: Vec<Returns>,
}

/// Every segment of which somebody could return, watched over all weeks, the strongest evidence first.
///
/// `open` are the weeks in which everybody's alarm was open: nothing is learned from them. `expected` are the weeks that
/// everybody's alarm judged.
pub(crate) fn watch(
    returns: &ReturnsSummary,
    segments: &Segments,
    expected: &[WeekReturns],
    open: &[Range<usize>],
    threshold: Threshold,
    monday: impl Fn(usize) -> Date,
) -> Vec<SegmentWatch> {
    let (everybody, parts) = by_value(returns, segments);
    let mut scatter = vec![0.0; everybody.len()];
    for week in expected {
        if let Some(variance) = scatter.get_mut(week.week).filter(|_| week.expected > 0.0) {
            *variance = week.week_variance / week.expected.powi(2);
        }
    }
    let mut panel = Panel::new(parts.len(), threshold, Reading::Both);
    for (at, (all, common)) in everybody.iter().zip(&scatter).enumerate() {
        let teaches = !open.iter().any(|weeks| weeks.contains(&at));
        let of = |part: &Segment| week(part.weeks.get(at), all, *common, teaches);
        panel.step(&parts.iter().map(of).collect::<Vec<_>>());
    }
    let mut watched: Vec<SegmentWatch> = parts
        .iter()
        .zip(panel.states())
        .filter_map(|(part, state)| described(part, &state, segments, &monday))
        .collect();
    // The order of columns and values decides between equals.
    watched.sort_by(|a, b| {
        (b.raised, b.evidence).partial_cmp(&(a.raised, a.evidence)).unwrap_or(std::cmp::Ordering::Equal)
    });
    (1..).zip(&mut watched).for_each(|(rank, segment)| segment.rank = rank);
    watched
}

/// Sums of everybody and of every value of every column.
fn by_value(returns: &ReturnsSummary, segments: &Segments) -> (Vec<Returns>, Vec<Segment>) {
    let periods = returns.periods();
    let mut everybody = vec![Returns::default(); periods];
    let mut parts: Vec<Vec<Option<Vec<Returns>>>> =
        segments.values.iter().map(|values| vec![None; values.len()]).collect();
    for (profile, weeks) in returns.profiles() {
        add(&mut everybody, weeks);
        let values = segments.profiles.get(profile.0 as usize).map(Vec::as_slice).unwrap_or_default();
        for (values, value) in parts.iter_mut().zip(values) {
            if let Some(sums) = values.get_mut(*value as usize) {
                add(sums.get_or_insert_with(|| vec![Returns::default(); periods]), weeks);
            }
        }
    }
    let mut parts: Vec<Segment> = parts
        .into_iter()
        .enumerate()
        .flat_map(|(dimension, values)| {
            let known = values.into_iter().enumerate();
            known.filter_map(move |(value, weeks)| Some(Segment { dimension, value, weeks: weeks? }))
        })
        .collect();
    if parts.len() > MOST {
        let expected = |part: &Segment| part.weeks.iter().map(|week| week.expected).sum::<u64>();
        parts.sort_by_key(|part| (std::cmp::Reverse(expected(part)), part.dimension, part.value));
        parts.truncate(MOST);
        parts.sort_by_key(|part| (part.dimension, part.value));
    }
    (everybody, parts)
}

fn add(sums: &mut [Returns], weeks: &[Returns]) {
    sums.iter_mut().zip(weeks).for_each(|(sum, week)| sum.add(week));
}

fn week(part: Option<&Returns>, all: &Returns, common_variance: f64, teaches: bool) -> PartWeek {
    let part = part.copied().unwrap_or_default();
    let others = all.expected.saturating_sub(part.expected) as f64 / f64::from(Chance::STEPS);
    PartWeek {
        at_risk: part.at_risk,
        returned: part.returned,
        expected: part.expected_customers(),
        others_returned: all.returned.saturating_sub(part.returned),
        others_expected: others,
        common_variance,
        teaches,
    }
}

/// `None` for a segment that could not be compared in the last weeks.
fn described(
    part: &Segment,
    state: &PartState,
    segments: &Segments,
    monday: &impl Fn(usize) -> Date,
) -> Option<SegmentWatch> {
    let run = state.run?;
    let Figure { value, low, high } = figure(run.ratio(Confidence::P95));
    Some(SegmentWatch {
        by: segments.dimensions.get(part.dimension)?.clone(),
        value: segments.values.get(part.dimension)?.get(part.value)?.clone(),
        rank: 0,
        raised: state.named.is_some(),
        since: state.named.map(|named| monday(named.onset)),
        evidence: evidence_of(state.ln_evidence),
        due: part.weeks.last().map_or(0, |week| week.at_risk),
        weeks: run.weeks,
        returned: run.returned,
        expected: run.expected,
        relative: Figure { value: value - 1.0, low: low - 1.0, high: high - 1.0 },
    })
}
