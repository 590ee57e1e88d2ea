//! What an event did to the retention rate of those whom it concerns: who of them was still a customer a window later, against
//! alike customers whom it does not concern. See [`fidance_stats::causal::did::stay`].

use fidance_domain::retention::event_study::{
    BothSides, Stay as Counted, StayDays, StayGap, Study, StudySummary,
};
use fidance_stats::{
    causal::{
        CausalError, Cell,
        did::{
            landmark::{Landmark, check},
            matching::{Stratum, Weights, variance_of_sum, weights},
            stay::{Alike, Stay, stay},
        },
        gate::Gated,
    },
    interval::{Estimate, Interval},
};

use super::{
    effect::{CONFIDENCE, figure},
    events::{BESIDE, Placed},
    model::{Effect, EventKind, Kept, KeptEffect, WhyNotKept},
};
use crate::watch::model::Figure;

/// Of those on a list. What the effect on their returns was widened by at fake dates widens this one too: there is no past long
/// enough to try it at some of its own.
pub(super) fn of_list(
    events: &[Placed],
    index: usize,
    study: &Study,
    summary: &StudySummary,
    returns: (&Effect, &Gated),
) -> Kept {
    let days = match told(events, index, study) {
        Ok(days) => days,
        Err(because) => return Kept::NotTold { because },
    };
    let (effect, gated) = returns;
    if matches!(effect, Effect::Biased { .. }) {
        return Kept::NotTold { because: WhyNotKept::Biased };
    }
    let alike: Vec<Alike> = summary
        .cells()
        .map(|(.., sides)| Alike {
            concerned: counted(sides.concerned.stay),
            others: counted(sides.others.stay),
        })
        .collect();
    let Some(found) = stay(&alike, CONFIDENCE) else {
        return Kept::NotTold { because: WhyNotKept::NothingToCompare };
    };
    let widening = (gated.interval.width() / gated.model.interval.width()).max(1.0);
    let half = found.effect.interval.width() / 2.0 * if widening.is_finite() { widening } else { 1.0 };
    let value = found.effect.value;
    let interval = Interval { low: value - half, high: value + half };
    Kept::Told(kept(days, summary, Estimate { value, interval }, found.expected))
}

/// Of those in a scope: the gap against how far the sides were apart after earlier weeks.
pub(super) fn of_scope(events: &[Placed], index: usize, studies: &[(&StudySummary, &Study)]) -> Kept {
    let not = |because| Kept::NotTold { because };
    let [(summary, study), earlier @ ..] = studies else { return not(WhyNotKept::NothingToCompare) };
    let days = match told(events, index, study) {
        Ok(days) => days,
        Err(because) => return not(because),
    };
    let Some(now) = landmark(summary, study.origin, days) else { return not(WhyNotKept::NothingToCompare) };
    let is_over = |study: &Study| study.stay.is_ok() && study.origin + now.span <= now.date;
    let earlier: Vec<Landmark> = earlier
        .iter()
        .filter(|(_, study)| is_over(study))
        .filter_map(|(summary, study)| landmark(summary, study.origin, days))
        .collect();
    match check(&now, &earlier, CONFIDENCE) {
        Ok((_, gated)) if gated.biased => not(WhyNotKept::Biased),
        Ok((found, gated)) => {
            let estimate = Estimate { value: gated.model.value, interval: gated.interval };
            Kept::Told(kept(days, summary, estimate, found.share()))
        }
        Err(CausalError::TooFewPlacebos { .. }) => not(WhyNotKept::ShortPast),
        Err(_) => not(WhyNotKept::NothingToCompare),
    }
}

/// The days of the study, where a window before the event and one after it are among the data, and no other event begins in the
/// one after it.
fn told<'s>(events: &[Placed], index: usize, study: &'s Study) -> Result<&'s StayDays, WhyNotKept> {
    let days = study.stay.as_ref().map_err(|gap| match gap {
        StayGap::Before => WhyNotKept::ShortPast,
        StayGap::After => WhyNotKept::NotOver,
    })?;
    let own = events.get(index).map_or(i64::MAX, |event| event.week);
    let end = own.saturating_add(i64::from(weeks(days)));
    let begins_within = |event: &Placed| {
        event.known.kind != EventKind::Campaign && event.week > own + BESIDE && event.week < end
    };
    if events.iter().any(begins_within) { Err(WhyNotKept::AnotherEvent) } else { Ok(days) }
}

/// Weeks that the window after the event takes up, one begun counted whole.
fn weeks(days: &StayDays) -> u32 {
    days.after().div_ceil(7)
}

fn counted(side: Counted) -> Stay {
    let Counted { customers, earlier, kept, both } = side;
    Stay { customers, earlier, kept, both }
}

/// Shares kept on both sides, those not concerned weighted to the composition of those who are.
fn landmark(summary: &StudySummary, date: usize, days: &StayDays) -> Option<Landmark> {
    let cells: Vec<&BothSides> = summary.cells().map(|(.., sides)| sides).collect();
    let cell = |side: Counted| Cell { customers: side.customers, retained: side.kept };
    let strata: Vec<Stratum> = cells
        .iter()
        .map(|sides| Stratum { affected: cell(sides.concerned.stay), unaffected: cell(sides.others.stay) })
        .collect();
    let Weights { weights: by_cell, matched, .. } = weights(&strata)?;
    let used = strata.iter().zip(&by_cell).filter(|(_, weight)| **weight > 0.0);
    let variance = |side: Cell| variance_of_sum(side.customers, side.retained as f64, side.retained as f64);
    let (mut mine, mut theirs) = ([0.0; 2], [0.0; 2]);
    for (Stratum { affected, unaffected }, weight) in used {
        mine = [mine[0] + affected.retained as f64, mine[1] + variance(*affected)];
        theirs = [
            theirs[0] + unaffected.retained as f64 * weight,
            theirs[1] + variance(*unaffected) * weight * weight,
        ];
    }
    let relative = |[sum, variance]: [f64; 2]| variance / (sum * sum);
    let relative_variance = relative(mine) + relative(theirs);
    let share = |[sum, _]: [f64; 2]| vec![sum / matched as f64];
    let span = weeks(days) as usize;
    let found = Landmark { date, concerned: share(mine), others: share(theirs), relative_variance, span };
    found.relative_variance.is_finite().then_some(found)
}

/// As points of those concerned, as customers, and as points of the whole business.
fn kept(days: &StayDays, summary: &StudySummary, points: Estimate, expected: f64) -> KeptEffect {
    let sum = |of: fn(&BothSides) -> Counted| -> f64 {
        summary.cells().map(|(.., sides)| of(sides).customers as f64).sum()
    };
    let (concerned, others) = (sum(|sides| sides.concerned.stay), sum(|sides| sides.others.stay));
    let points = figure(points);
    let times = |factor: f64| Figure {
        value: points.value * factor,
        low: points.low * factor,
        high: points.high * factor,
    };
    let (lost, share) = (times(-concerned), concerned / (concerned + others));
    KeptEffect {
        days: u64::from(days.after()),
        points,
        expected,
        customers: Figure { low: lost.high, high: lost.low, ..lost },
        share,
        of_everybody: times(share),
    }
}
