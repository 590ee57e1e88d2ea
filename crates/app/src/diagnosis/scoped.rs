//! What an event did to the customers in its scope: against alike ones outside it, and against how the two drift apart when
//! nothing happens.
//!
//! Segments have habits of their own, so customers who are alike in a week do not stay alike; see
//! [`fidance_stats::causal::did::landmark`]. Customers are matched by the lists of other events too, or what a breach did to
//! one side more than to the other would pass for drift.

use std::ops::Range;

use fidance_domain::retention::event_study::{BothSides, Study, StudySummary};
use fidance_stats::{
    causal::{
        CausalError,
        bsts::{binomial::HORIZONS, fading},
        did::{
            landmark::{Landmark, check},
            matching::Weights,
        },
        verdict::Sampling,
    },
    interval::{Estimate, Interval},
};
use rand_distr::{Distribution, Normal};
use rand_pcg::{Pcg64, rand_core::SeedableRng};

use super::{
    effect::{Amounts, CONFIDENCE, Contrast, DRAWS, Shape, judged, matching, scaled, variances, whole, why},
    model::{Effect, Method, WhyNot},
};
use crate::watch::returns::WARMING_UP;

/// Weeks of past for each week that is compared: a fake date is held against others that have no week in common with it.
const PAST_PER_WEEK: usize = 3;
/// The shortest time over which an event is compared.
const LEAST_WEEKS: usize = 4;

/// The effect of being in scope, from the studies of one event: that of its own week and those of the weeks before it.
pub(super) fn in_scope(amounts: &Amounts, studies: &[(&StudySummary, &Study)], seed: u64) -> Effect {
    let not = |because| Effect::NotEstimated { because };
    let [(own, study), earlier @ ..] = studies else { return not(WhyNot::NoWeekAfter) };
    let Some((now, customers)) = landmark(own, study.origin) else { return not(WhyNot::NothingToCompare) };
    let earlier: Vec<Landmark> = earlier
        .iter()
        .filter_map(|(summary, study)| landmark(summary, study.origin))
        .map(|(landmark, _)| landmark)
        .collect();
    let (found, gated) = match check(&now, &earlier, CONFIDENCE) {
        Ok(found) => found,
        Err(CausalError::TooFewPlacebos { .. }) => {
            let needed = WARMING_UP + PAST_PER_WEEK * LEAST_WEEKS;
            return not(WhyNot::ShortPast { weeks: study.origin as u64, needed: needed as u64 });
        }
        Err(error) => return not(why(&error, study.origin)),
    };
    let (range, share) = (study.periods.clone(), found.share());
    let path: Vec<f64> =
        now.concerned.iter().zip(&found.expected).map(|(was, without)| was - without).collect();
    // What the placebos are off by is common to the weeks of each in part; as if it were not, a part is the less sure the
    // shorter it is.
    let error_of = |weeks: usize| gated.standard_error * (path.len() as f64 / weeks as f64).sqrt();
    let horizons = HORIZONS.map(|(from, to)| {
        let part = path.get(from..path.len().min(to.saturating_add(1))).filter(|part| !part.is_empty())?;
        let value = part.iter().sum::<f64>() / part.len() as f64;
        let half = CONFIDENCE.z() * error_of(part.len());
        Some(scaled(Estimate { value, interval: Interval { low: value - half, high: value + half } }, share))
    });
    let mut rng = Pcg64::seed_from_u64(seed);
    let noise = Normal::new(0.0, error_of(1)).ok();
    let draws = (0..DRAWS).map(|_| {
        let noise = noise.as_ref();
        path.iter().map(|value| value + noise.map_or(0.0, |noise| noise.sample(&mut rng))).collect()
    });
    let half_life = fading(draws, vec![customers; path.len()], gated.interval, CONFIDENCE);
    let sampling = Sampling { customers: whole(customers), variance: found.variance };
    let shape = Shape { share, decisions: customers * path.len() as f64, half_life, horizons };
    judged(amounts, &range, &gated, sampling, &shape, Method::DifferenceInDifferences)
}

/// Both sides of a study, and the customers in scope who have a counterpart.
fn landmark(summary: &StudySummary, date: usize) -> Option<(Landmark, f64)> {
    let cells: Vec<&BothSides> = summary.cells().map(|(.., sides)| sides).collect();
    let Weights { weights, matched, .. } = matching(&cells)?;
    let matched = matched as f64;
    let used = || cells.iter().zip(&weights).filter(|(_, weight)| **weight > 0.0);
    let weeks = cells.first()?.concerned.active.len();
    let sum = |of: fn(&BothSides) -> &Vec<u64>, power: i32, week: usize| -> f64 {
        let of = |(sides, weight): (&&BothSides, &f64)| {
            of(sides).get(week).map_or(0.0, |active| *active as f64 * weight.powi(power))
        };
        used().map(of).sum()
    };
    let side = |of: fn(&BothSides) -> &Vec<u64>, power: i32| -> Vec<f64> {
        (0..weeks).map(|week| sum(of, power, week)).collect()
    };
    let concerned = side(|sides| &sides.concerned.active, 0);
    let others = side(|sides| &sides.others.active, 1);
    let total = |values: &[f64]| values.iter().sum::<f64>();
    let [mine, theirs] = variances(&cells, &weights, Contrast { after: 1.0, before: 0.0 }, 0);
    let relative_variance = mine / total(&concerned).powi(2) + theirs / total(&others).powi(2);
    let shares = |values: Vec<f64>| values.into_iter().map(|active| active / matched).collect();
    let (concerned, others) = (shares(concerned), shares(others));
    let landmark = Landmark { date, concerned, others, relative_variance, span: weeks };
    landmark.relative_variance.is_finite().then_some((landmark, matched))
}

/// The weeks of an event over which its scope is compared: no more of them than the past can be tried with.
pub(super) fn comparable(followed: Range<usize>) -> Range<usize> {
    let past = followed.start.saturating_sub(WARMING_UP);
    let most = (past / PAST_PER_WEEK).max(LEAST_WEEKS);
    followed.start..followed.end.min(followed.start + most)
}

/// The weeks from which the drift is learned: a dozen of them, each followed for as long as the event is, and over before it.
pub(super) fn landmarks(range: &Range<usize>) -> impl Iterator<Item = usize> {
    let last = range.start.saturating_sub(range.len());
    let step = (last.saturating_sub(WARMING_UP) / 12).max(1);
    (WARMING_UP..=last).step_by(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_followed_for_as_long_as_fake_dates_apart_can_be() {
        // Half a year where the past is long, a third of what counts of it where it is short, four weeks at least.
        assert_eq!(comparable(109..130), 109..130);
        assert_eq!(comparable(44..55), 44..50);
        assert_eq!(comparable(30..37), 30..34);
        assert_eq!(comparable(30..32), 30..32);
        for start in 38..120 {
            let range = comparable(start..start + (start / 4).min(26));
            let dates: Vec<usize> = landmarks(&range).collect();
            let apart = |date: &&usize| dates.iter().any(|other| other.abs_diff(**date) >= range.len());
            assert!(dates.iter().filter(apart).count() >= 3, "{start}: {dates:?}");
            assert!(dates.iter().all(|date| date + range.len() <= start), "{start}: {dates:?}");
        }
    }
}
