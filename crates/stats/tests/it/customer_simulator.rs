//! Customers simulated one by one with a known effect, for the estimators that compare customers rather than units: the
//! simulation study and its small version in the tests.
//!
//! Each customer buys at a pace of his own (gamma), or not, in each week; weeks have a season and a shock in common. They are
//! matched by the number of weeks in which they bought lately; the product matches by recency, frequency and tenure, with the
//! same formulas after that.

use std::ops::Range;

use fidance_stats::causal::did::gap;
use fidance_stats::causal::did::landmark::{self, Landmark};
use fidance_stats::causal::did::matching::{Stratum, stratified_effect, variance_of_sum, weights};
use fidance_stats::causal::did::stay::{Alike, Stay, stay};
use fidance_stats::causal::gate::{FakeDates, Gated, check};
use fidance_stats::causal::{CausalError, Cell, EffectEstimate, Panel};
use fidance_stats::interval::{Confidence, Interval};
use rand::RngExt;
use rand_distr::{Distribution, Gamma, StandardNormal};
use rand_pcg::{Pcg64, rand_core::SeedableRng};

use crate::causal_simulator::{Tally, over_all_cores};

const LEVEL: Confidence = Confidence::P95;
const WEEKS: usize = 116;
const START: usize = 104;
const HORIZON: usize = WEEKS - START;
/// Weeks whose purchases decide who is alike, and classes of alike customers.
const LATELY: usize = 8;
const CLASSES: usize = 5;
/// Weeks before the event in the comparison of a list.
const BEFORE: usize = 39;
/// The first landmark, and weeks from one to the next.
const FIRST: usize = 26;
const STEP: usize = 5;

/// Whom an event concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Concerned {
    /// Customers like all others.
    List,
    /// Customers with habits of their own: their paces are higher and spread less.
    Scope,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct CustomerDesign {
    pub(crate) concerned: Concerned,
    pub(crate) customers: usize,
    pub(crate) others: usize,
    /// Share of their purchases that the event takes from those concerned.
    pub(crate) taken: f64,
    /// Height of the year's season, in logarithms.
    pub(crate) season: f64,
    /// Whether each landmark has customers of its own, as its error supposes, or all have the same.
    pub(crate) renewed: bool,
}

struct Customer {
    concerned: bool,
    /// One bit for each week in which he bought.
    weeks: u128,
    /// Mean chance to buy in a week after the event, were there none.
    pace_after: f64,
    /// How much less likely it is that he buys at all after the event.
    leaves: f64,
}

impl Customer {
    fn bought(&self, week: usize) -> bool {
        self.weeks >> week & 1 == 1
    }

    /// Whether he was a customer at a date, of those who buy within as many weeks as are looked at after the event.
    fn is_customer(&self, date: usize) -> bool {
        self.count(date - HORIZON..date) > 0
    }

    fn count(&self, weeks: Range<usize>) -> u32 {
        let kept = (1_u128 << weeks.end) - (1_u128 << weeks.start);
        (self.weeks & kept).count_ones()
    }

    fn class(&self, date: usize) -> usize {
        (self.count(date - LATELY..date) as usize).min(CLASSES - 1)
    }
}

/// How much is bought in each week, against the pace of each customer.
fn season(design: &CustomerDesign, rng: &mut Pcg64) -> Vec<f64> {
    let normal = |rng: &mut Pcg64| -> f64 { StandardNormal.sample(rng) };
    let wave = |week: usize| design.season * (std::f64::consts::TAU * week as f64 / 52.0).cos();
    (0..WEEKS).map(|week| (wave(week) + 0.03 * normal(rng)).exp()).collect()
}

/// Customers with what they bought in `weeks`.
fn draw(
    design: &CustomerDesign,
    season: &[f64],
    weeks: Range<usize>,
    rng: &mut Pcg64,
) -> Option<Vec<Customer>> {
    let after = season.iter().skip(START).sum::<f64>() / HORIZON as f64;
    let usual = Gamma::new(1.0, 0.08).ok()?;
    let own = match design.concerned {
        Concerned::List => usual,
        Concerned::Scope => Gamma::new(2.0, 0.06).ok()?,
    };
    let mut customer = |concerned: bool| {
        let paces = if concerned { own } else { usual };
        let pace: f64 = paces.sample(rng);
        let pace = pace.min(0.7);
        let mut bought = 0_u128;
        for (week, season) in season.iter().enumerate().take(weeks.end).skip(weeks.start) {
            let kept = if concerned && week >= START { 1.0 - design.taken } else { 1.0 };
            bought |= u128::from(rng.random::<f64>() < pace * season * kept) << week;
        }
        let stays = |kept: f64| {
            1.0 - season
                .iter()
                .skip(START)
                .map(|season| 1.0 - (pace * season * kept).min(1.0))
                .product::<f64>()
        };
        let leaves = stays(1.0) - stays(1.0 - design.taken);
        Customer { concerned, weeks: bought, pace_after: pace * after, leaves }
    };
    Some((0..design.customers + design.others).map(|i| customer(i < design.customers)).collect())
}

/// One side of a class of alike customers.
struct Side {
    cell: Cell,
    /// How many bought, by week.
    active: Vec<f64>,
    /// Variance of the sum of what is counted of each.
    variance: f64,
}

impl Side {
    fn of<'a>(
        customers: impl Iterator<Item = &'a Customer>,
        weeks: &Range<usize>,
        counted: &impl Fn(&Customer) -> f64,
    ) -> Self {
        let mut cell = Cell { customers: 0, retained: 0 };
        let (mut sum, mut squares) = (0.0, 0.0);
        let mut active = vec![0.0; weeks.len()];
        for customer in customers {
            cell.customers += 1;
            cell.retained += u64::from(customer.count(weeks.clone()) > 0);
            let counted = counted(customer);
            sum += counted;
            squares += counted * counted;
            for (active, week) in active.iter_mut().zip(weeks.clone()) {
                *active += f64::from(u8::from(customer.bought(week)));
            }
        }
        Self { cell, active, variance: variance_of_sum(cell.customers, sum, squares) }
    }
}

/// Both sides, the others weighted to the classes of those concerned.
struct Matched {
    customers: f64,
    concerned: Weighted,
    others: Weighted,
    strata: Vec<Stratum>,
}

/// One side over all classes.
struct Weighted {
    /// Share that bought, by week.
    shares: Vec<f64>,
    /// Variance of the sum of what is counted.
    variance: f64,
}

/// Customers matched at `date`, with the share that bought in each of `weeks`; what is `counted` of a customer has the variance.
fn matched(
    customers: &[Customer],
    date: usize,
    weeks: &Range<usize>,
    counted: impl Fn(&Customer) -> f64,
) -> Option<Matched> {
    let side = |class: usize, concerned: bool| {
        let alike = customers.iter().filter(|one| one.concerned == concerned && one.class(date) == class);
        Side::of(alike, weeks, &counted)
    };
    let classes: Vec<[Side; 2]> = (0..CLASSES).map(|class| [side(class, true), side(class, false)]).collect();
    let stratum =
        |[affected, unaffected]: &[Side; 2]| Stratum { affected: affected.cell, unaffected: unaffected.cell };
    let strata: Vec<Stratum> = classes.iter().map(stratum).collect();
    let found = weights(&strata)?;
    let total = found.matched as f64;
    let [mut concerned, mut others] =
        [(); 2].map(|()| Weighted { shares: vec![0.0; weeks.len()], variance: 0.0 });
    for ([mine, theirs], weight) in classes.iter().zip(&found.weights).filter(|(_, weight)| **weight > 0.0) {
        for (sum, side, weight) in [(&mut concerned, mine, 1.0), (&mut others, theirs, *weight)] {
            sum.variance += weight * weight * side.variance;
            for (share, active) in sum.shares.iter_mut().zip(&side.active) {
                *share += weight * active / total;
            }
        }
    }
    Some(Matched { customers: total, concerned, others, strata })
}

/// Those on a list against alike others, after against before: as the product compares them.
fn by_list(customers: &[Customer]) -> Result<Gated, CausalError> {
    let nobody = || CausalError::NothingToCompare { treated: 0, controls: 0 };
    let (from, before, after) = (START - BEFORE, BEFORE as f64, HORIZON as f64);
    let contrast = |customer: &Customer| {
        f64::from(customer.count(START..WEEKS)) / after - f64::from(customer.count(from..START)) / before
    };
    let Matched { customers, concerned, others, .. } =
        matched(customers, START, &(from..WEEKS), contrast).ok_or_else(nobody)?;
    let error = (concerned.variance + others.variance).sqrt() / customers;
    let panel = Panel::from_values(&[concerned.shares, others.shares], &[true, false], BEFORE)?;
    let estimator = |panel: &Panel| {
        let by_weeks = gap::fit(panel, gap::DEFAULT_LAGS, LEVEL)?.effect;
        let by_customers = EffectEstimate::normal(by_weeks.value, error, LEVEL);
        let wider = by_customers.interval.width() > by_weeks.interval.width();
        Ok(if wider { by_customers } else { by_weeks })
    };
    check(&estimator, &panel, FakeDates { first: BEFORE / 4, step: 1 }, LEVEL)
}

fn at(customers: &[Customer], date: usize) -> Option<Landmark> {
    let weeks = date..date + HORIZON;
    let found = matched(customers, date, &weeks, |customer| f64::from(customer.count(weeks.clone())))?;
    let relative =
        |side: &Weighted| side.variance / (side.shares.iter().sum::<f64>() * found.customers).powi(2);
    let relative_variance = relative(&found.concerned) + relative(&found.others);
    let (concerned, others) = (found.concerned.shares, found.others.shares);
    Some(Landmark { date, concerned, others, relative_variance, span: HORIZON })
}

/// Those in a scope against alike others and the drift at earlier landmarks.
fn by_landmarks(
    now: &[Customer],
    at: impl Fn(&[Customer], usize) -> Option<Landmark>,
    mut earlier: impl FnMut(usize) -> Option<Landmark>,
) -> Result<Gated, CausalError> {
    let dates = (FIRST..=START - HORIZON).step_by(STEP);
    let earlier: Vec<Landmark> = dates.filter_map(&mut earlier).collect();
    let now = at(now, START).ok_or(CausalError::NothingToCompare { treated: 0, controls: 0 })?;
    Ok(landmark::check(&now, &earlier, LEVEL)?.1)
}

/// Whether a customer bought at all after the event, matched and compared once: no panel, so no gate.
fn by_strata(customers: &[Customer]) -> Option<EffectEstimate> {
    stratified_effect(&matched(customers, START, &(START..WEEKS), |_| 0.0)?.strata, LEVEL)
}

/// Who of those on a list stayed, against alike others, as the product tells it: widened like the effect on their purchases.
fn stay_by_list(customers: &[Customer]) -> Result<Gated, CausalError> {
    let side = |class: usize, concerned: bool| {
        let mut side = Stay::default();
        let then = |one: &&Customer| one.is_customer(START) && one.class(START) == class;
        for customer in customers.iter().filter(|one| one.concerned == concerned).filter(then) {
            let (earlier, kept) = (customer.is_customer(START - HORIZON), customer.is_customer(WEEKS));
            side.customers += 1;
            side.earlier += u64::from(earlier);
            side.kept += u64::from(kept);
            side.both += u64::from(earlier && kept);
        }
        side
    };
    let alike: Vec<Alike> = (0..CLASSES)
        .map(|class| Alike { concerned: side(class, true), others: side(class, false) })
        .collect();
    let model = stay(&alike, LEVEL).ok_or(CausalError::NothingToCompare { treated: 0, controls: 0 })?.effect;
    let gated = by_list(customers)?;
    let widening = gated.interval.width() / gated.model.interval.width();
    let half = model.interval.width() / 2.0 * widening;
    let interval = Interval { low: model.value - half, high: model.value + half };
    Ok(Gated { model, interval, standard_error: half / LEVEL.z(), ..gated })
}

/// The share that stays at a date, one figure for all its weeks.
fn stay_at(customers: &[Customer], date: usize) -> Option<Landmark> {
    let side = |class: usize, concerned: bool| {
        let alike =
            |one: &&Customer| one.concerned == concerned && one.is_customer(date) && one.class(date) == class;
        let kept = |one: &&Customer| one.is_customer(date + HORIZON);
        let customers = || customers.iter().filter(alike);
        Cell { customers: customers().count() as u64, retained: customers().filter(kept).count() as u64 }
    };
    let strata: Vec<Stratum> = (0..CLASSES)
        .map(|class| Stratum { affected: side(class, true), unaffected: side(class, false) })
        .collect();
    let found = weights(&strata)?;
    let variance = |side: Cell| variance_of_sum(side.customers, side.retained as f64, side.retained as f64);
    let used = || strata.iter().zip(&found.weights).filter(|(_, weight)| **weight > 0.0);
    let mine: f64 = used().map(|(both, _)| both.affected.retained as f64).sum();
    let theirs: f64 = used().map(|(both, weight)| both.unaffected.retained as f64 * weight).sum();
    let relative_variance = used().map(|(both, _)| variance(both.affected)).sum::<f64>() / (mine * mine)
        + used().map(|(both, weight)| variance(both.unaffected) * weight * weight).sum::<f64>()
            / (theirs * theirs);
    let share = |sum: f64| vec![sum / found.matched as f64];
    Some(Landmark { date, concerned: share(mine), others: share(theirs), relative_variance, span: HORIZON })
}

/// What the event did to the share that stays, as [`customers`] has it for purchases.
pub(crate) fn stays(seed: u64, panels: u64, design: &CustomerDesign) -> Tally {
    over_all_cores(panels, |panel| {
        let mut tally = Tally::default();
        let mut rng = Pcg64::seed_from_u64(seed + panel);
        let season = season(design, &mut rng);
        let Some(drawn) = draw(design, &season, 0..WEEKS, &mut rng) else { return tally };
        let then: Vec<&Customer> =
            drawn.iter().filter(|customer| customer.concerned && customer.is_customer(START)).collect();
        let truth = -then.iter().map(|customer| customer.leaves).sum::<f64>() / then.len() as f64;
        let found = match design.concerned {
            Concerned::List => stay_by_list(&drawn),
            Concerned::Scope => by_landmarks(&drawn, stay_at, |date| {
                stay_at(&draw(design, &season, date - HORIZON..date + HORIZON, &mut rng)?, date)
            }),
        };
        tally.add(&found, truth);
        tally
    })
}

/// Draws `panels` sets of customers, each from its own seed, and runs the estimator with its gate on each.
pub(crate) fn customers(seed: u64, panels: u64, design: &CustomerDesign) -> Tally {
    over_all_cores(panels, |panel| {
        let mut tally = Tally::default();
        let mut rng = Pcg64::seed_from_u64(seed + panel);
        let season = season(design, &mut rng);
        let Some(drawn) = draw(design, &season, 0..WEEKS, &mut rng) else { return tally };
        let pace = drawn.iter().filter(|customer| customer.concerned).map(|customer| customer.pace_after);
        let truth = -design.taken * pace.sum::<f64>() / design.customers as f64;
        let found = match design.concerned {
            Concerned::List => by_list(&drawn),
            Concerned::Scope if design.renewed => by_landmarks(&drawn, at, |date| {
                at(&draw(design, &season, date - LATELY..date + HORIZON, &mut rng)?, date)
            }),
            Concerned::Scope => by_landmarks(&drawn, at, |date| at(&drawn, date)),
        };
        tally.add(&found, truth);
        tally
    })
}

/// Of `panels` sets of customers without an effect, those whose interval of [`stratified_effect`] holds 0.
pub(crate) fn strata_hold(seed: u64, panels: u64, design: &CustomerDesign) -> u64 {
    let holds = |panel: &u64| {
        let mut rng = Pcg64::seed_from_u64(seed + panel);
        let season = season(design, &mut rng);
        let drawn = draw(design, &season, 0..WEEKS, &mut rng);
        drawn.and_then(|drawn| by_strata(&drawn)).is_some_and(|found| found.interval.contains(0.0))
    };
    (0..panels).filter(holds).count() as u64
}
