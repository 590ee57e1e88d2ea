//! Survival of a report: curves by segment, their comparison, reasons for leaving, and chances to return.

use fidance_domain::{
    history::Segments,
    retention::{
        GroupId, Groups,
        gap::GapSummary,
        group::EVERYBODY,
        spell::{Spell, SpellSummary},
    },
};
use fidance_stats::{
    interval::Confidence,
    survival::{CumulativeIncidence, KaplanMeier, Lifetime, LifetimeTable, SurvivalError, log_rank},
};

use super::model::{
    DurationUnit, IncidenceCurve, IncidencePoint, LogRankTest, ReturnChance, Segment, SurvivalCurve,
    SurvivalPoint,
};

/// The three parts of a report that come from lifetimes.
#[derive(Debug, Default)]
pub(super) struct Survival {
    pub(super) curves: Vec<SurvivalCurve>,
    pub(super) tests: Vec<LogRankTest>,
    pub(super) incidence: Vec<IncidenceCurve>,
}

/// Curves for everybody and for every segment value, a test per segment column, reasons where given.
pub(super) fn survival(
    spells: &SpellSummary,
    segments: &Segments,
    groups: &Groups,
    reasons: &[String],
    unit: DurationUnit,
) -> Survival {
    let everybody = table(spells, EVERYBODY);
    let mut found = Survival::default();
    found.curves.extend(curve(&everybody, None, unit));
    if reasons.len() > 1 {
        found.incidence = incidence(spells, &everybody, reasons);
    }
    for (dimension, by) in segments.dimensions.iter().enumerate() {
        let of_dimension = groups.segments().filter(|&(_, d, _)| d == dimension);
        let tables: Vec<(String, LifetimeTable)> = of_dimension
            .filter_map(|(group, _, value)| {
                let name = segments.values.get(dimension)?.get(value)?;
                Some((name.clone(), table(spells, group)))
            })
            .filter(|(_, table)| table.customers() > 0)
            .collect();
        for (value, table) in &tables {
            let segment = Segment { by: by.clone(), value: value.clone() };
            found.curves.extend(curve(table, Some(segment), unit));
        }
        found.tests.extend(test(by, &tables));
    }
    found
}

fn table(spells: &SpellSummary, group: GroupId) -> LifetimeTable {
    let lifetime = |(spell, count): (Spell, u64)| Lifetime {
        entry: spell.entry,
        duration: spell.duration,
        cause: spell.ended,
        count,
    };
    spells.group(group).map(lifetime).collect()
}

fn curve(table: &LifetimeTable, segment: Option<Segment>, unit: DurationUnit) -> Option<SurvivalCurve> {
    let fit = KaplanMeier::fit(table, Confidence::default()).ok()?;
    let point = |point: &fidance_stats::survival::SurvivalPoint| SurvivalPoint {
        t: point.time,
        at_risk: point.at_risk,
        lost: point.events,
        survival: point.survival,
        low: point.interval.low,
        high: point.interval.high,
    };
    Some(SurvivalCurve {
        segment,
        unit,
        customers: table.customers(),
        lost: table.events(),
        observed_until: fit.points().last().map_or(0, |point| point.time),
        median: fit.median().value,
        points: fit.points().iter().filter(|point| point.events > 0).map(point).collect(),
    })
}

fn test(by: &str, tables: &[(String, LifetimeTable)]) -> Option<LogRankTest> {
    // The last digits hang on the order of the groups, and values come in any order: that of their names is always the same.
    let mut named: Vec<&(String, LifetimeTable)> = tables.iter().collect();
    named.sort_by(|a, b| a.0.cmp(&b.0));
    let groups: Vec<&LifetimeTable> = named.into_iter().map(|(_, table)| table).collect();
    let test = log_rank(&groups).ok()?;
    Some(LogRankTest {
        by: by.to_owned(),
        groups: groups.len(),
        chi_square: test.chi_square,
        degrees_of_freedom: test.degrees_of_freedom,
        p_value: test.p_value,
    })
}

fn incidence(spells: &SpellSummary, everybody: &LifetimeTable, reasons: &[String]) -> Vec<IncidenceCurve> {
    let Ok(fit) = CumulativeIncidence::fit(everybody, Confidence::default()) else { return Vec::new() };
    let of_cause = |cause| {
        let own = spells.group(EVERYBODY).filter(|(spell, _)| spell.ended == Some(cause));
        own.map(|(_, customers)| customers).sum()
    };
    let curve = |curve: &fidance_stats::survival::IncidenceCurve| {
        let point = |point: &fidance_stats::survival::IncidencePoint| IncidencePoint {
            t: point.time,
            probability: point.incidence,
            low: point.interval.low,
            high: point.interval.high,
        };
        Some(IncidenceCurve {
            reason: reasons.get(usize::from(curve.cause))?.clone(),
            lost: of_cause(curve.cause),
            points: curve.points.iter().map(point).collect(),
        })
    };
    fit.curves().iter().filter_map(curve).collect()
}

/// Silences after which the chance to return is told, in days.
const SILENCES: [u32; 10] = [7, 14, 30, 60, 90, 120, 180, 270, 365, 540];
/// A return counts within this many days.
const WITHIN: u32 = 365;

/// Chance that a silence of some length ends within a year: a Kaplan-Meier estimate over all silences, so
/// those still going on when the data end count for as long as they were seen.
pub(super) fn returns(gaps: &GapSummary) -> Vec<ReturnChance> {
    let silences = |counts: &[u64], cause: Option<u16>| -> Vec<Lifetime> {
        let lifetime = |(duration, &count)| Lifetime { entry: 0, duration, cause, count };
        (0..).zip(counts).map(lifetime).collect()
    };
    let all = [silences(gaps.closed(), Some(0)), silences(gaps.open(), None)].concat();
    SILENCES.iter().map_while(|&silent| chance(&all, silent)).collect()
}

fn chance(silences: &[Lifetime], silent: u32) -> Option<ReturnChance> {
    let longer = silences.iter().filter(|silence| silence.duration > silent);
    let shifted = longer.map(|silence| Lifetime { duration: silence.duration - silent, ..*silence });
    let table: LifetimeTable = shifted.collect();
    // Nobody was watched for a whole year after such a silence: the share is not known.
    if table.customers() < 30 || table.at_risk(WITHIN) == 0 {
        return None;
    }
    let still_silent = kept_at(&table, WITHIN).ok().flatten()?;
    let returned = table.risk_sets().take_while(|set| set.time <= WITHIN).map(|set| set.events).sum();
    Some(ReturnChance {
        silent_days: silent,
        observed: table.customers(),
        returned,
        probability: 1.0 - still_silent.value,
        low: 1.0 - still_silent.interval.high,
        high: 1.0 - still_silent.interval.low,
    })
}

fn kept_at(
    table: &LifetimeTable,
    time: u32,
) -> Result<Option<fidance_stats::interval::Estimate>, SurvivalError> {
    Ok(KaplanMeier::fit(table, Confidence::default())?.at(time))
}
