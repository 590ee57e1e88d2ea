//! A shop simulated customer by customer: own pace, spells of presence and absence, a season, growth.
//!
//! The purchases of one shop can be seen with and without a fall: a fall takes a share of the same purchases away.

use std::collections::VecDeque;

use fidance_stats::change::Count;
use fidance_stats::hazard::{Exposure, ExposureTable, LandmarkTable};
use rand::RngExt;
use rand_distr::{Distribution, Exp, Gamma, Poisson, StandardNormal};
use rand_pcg::Pcg64;

/// Classes as in `crates/domain/src/retention/risk.rs`, written out again: this crate knows no other. Days since the last
/// activity, active days in the half year before, days since the first, by upper bound (exclusive).
const RECENCY: [i32; 9] = [8, 15, 29, 57, 92, 183, 366, 731, i32::MAX];
const FREQUENCY: [i32; 6] = [2, 3, 5, 9, 17, i32::MAX];
const TENURE: [i32; 4] = [31, 92, MEMORY + 1, i32::MAX];
const MEMORY: i32 = 182;
const CELLS: usize = RECENCY.len() * FREQUENCY.len() * TENURE.len();

/// Weeks in a year.
pub(crate) const YEAR: f64 = 365.25 / 7.0;
/// Weeks the shop has been open at week 0.
const BEFORE: i32 = 156;
/// A customer is active for this many days after a purchase.
const WINDOW: i32 = 90;
/// Purchases a day of the mean customer who is there, and the shape of the gamma distribution of paces.
const PACE: (f64, f64) = (1.0 / 35.0, 1.2);
/// Mean days there, mean days away, and the part of those going away who never come back.
const SPELLS: (f64, f64, f64) = (200.0, 120.0, 0.4);

/// What a shop is like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct World {
    /// New customers a week at week 130.
    pub(crate) arrivals: f64,
    /// Growth of new customers per year.
    pub(crate) growth: f64,
    /// Scatter of single weeks: standard deviation of the logarithm of all paces.
    pub(crate) scatter: f64,
    /// Steps of a random walk of the logarithm of all paces, by week: standard deviation.
    pub(crate) wander: f64,
    /// Weeks observed.
    pub(crate) weeks: usize,
}

impl World {
    /// 20,000 active customers in week 130, 26 % growth a year, weeks that differ by season and chance only.
    pub(crate) const STANDARD: Self =
        Self { arrivals: 410.0, growth: 0.26, scatter: 0.0, wander: 0.0, weeks: 182 };
}

/// A fall of all paces by a factor, from a week on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fall {
    pub(crate) week: usize,
    pub(crate) factor: f64,
}

struct Customer {
    pace: f64,
    /// Days there: from, until.
    spells: Vec<(f64, f64)>,
    /// Days of purchases, each with its place in (0, 1): a fall to a factor leaves those below it.
    purchases: Vec<(i32, f64)>,
}

/// All customers with all that they would do if nothing happened.
pub(crate) struct Shop {
    world: World,
    customers: Vec<Customer>,
    /// The season's factor by week, from the opening on.
    season: Vec<f64>,
}

/// A week as somebody sees it who knows every customer's pace and whether they are there.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Truth {
    /// Returns to be expected without the fall, and their variance.
    pub(crate) expected: f64,
    pub(crate) variance: f64,
    /// Returns to be expected with all paces times the factor asked for.
    pub(crate) fallen: f64,
}

/// What a shop's data say.
pub(crate) struct Observed {
    pub(crate) table: ExposureTable,
    /// Where it was asked for.
    pub(crate) landmarks: Option<LandmarkTable>,
    /// Customers active at the start of a week, and those still active at its end.
    pub(crate) retention: Vec<Count>,
    pub(crate) truth: Vec<Truth>,
}

fn class(bounds: &[i32], value: i32) -> usize {
    bounds.partition_point(|&bound| bound <= value)
}

impl Shop {
    pub(crate) fn open(world: World, rng: &mut Pcg64) -> Self {
        let weeks = BEFORE + i32::try_from(world.weeks).unwrap_or(0);
        let season: Vec<f64> = (0..weeks)
            .map(|week| {
                let angle = std::f64::consts::TAU * f64::from(week) / YEAR;
                (0.2 * (angle - 1.0).cos() + 0.08 * (2.0 * angle).sin()).exp()
            })
            .collect();
        let mut walked = 0.0;
        let mut normal = || -> f64 { StandardNormal.sample(rng) };
        let scattered: Vec<f64> = season
            .iter()
            .map(|season| {
                let factor = (walked + world.scatter * normal()).exp();
                if world.wander > 0.0 {
                    walked += world.wander * normal();
                }
                season * factor
            })
            .collect();
        let most = scattered.iter().copied().fold(0.0, f64::max);
        let mut customers = Vec::new();
        for week in 0..weeks {
            let years = f64::from(week - BEFORE - 130) / YEAR;
            let arrivals = world.arrivals * (1.0 + world.growth).powf(years);
            let new: f64 = Poisson::new(arrivals).map_or(0.0, |law| law.sample(rng));
            let mut left = new;
            while left > 0.5 {
                let first = 7.0 * (f64::from(week) + rng.random::<f64>());
                customers.push(Customer::new(first, &scattered, most, rng));
                left -= 1.0;
            }
        }
        Self { world, customers, season }
    }

    /// The shop with a fall, or without.
    pub(crate) fn observe(&self, fall: Option<Fall>, judged: f64) -> Observed {
        self.observe_with(fall, judged, None)
    }

    /// The same, with the returns by landmark up to `lags` weeks back.
    pub(crate) fn observe_by_landmark(&self, fall: Option<Fall>, judged: f64, lags: usize) -> Observed {
        let classes = [RECENCY.len(), FREQUENCY.len(), TENURE.len()];
        self.observe_with(fall, judged, Some(LandmarkTable::new(classes, lags)))
    }

    fn observe_with(
        &self,
        fall: Option<Fall>,
        judged: f64,
        mut landmarks: Option<LandmarkTable>,
    ) -> Observed {
        let weeks = self.world.weeks;
        let mut cells = vec![[Exposure::default(); CELLS]; weeks];
        let mut active = vec![(0_u64, 0_u64); weeks];
        let mut truth = vec![Truth::default(); weeks];
        for customer in &self.customers {
            let seen = self.follow(customer, fall, judged, &mut cells, &mut active, &mut truth);
            if let Some(table) = &mut landmarks {
                add_landmarks(table, &seen);
            }
        }
        let mut table = ExposureTable::new([RECENCY.len(), FREQUENCY.len(), TENURE.len()]);
        for (week, cells) in cells.iter().enumerate() {
            for (index, exposure) in cells.iter().enumerate().filter(|(_, exposure)| exposure.exposed > 0) {
                let tenure = index % TENURE.len();
                let frequency = index / TENURE.len() % FREQUENCY.len();
                let cell = [index / (TENURE.len() * FREQUENCY.len()), frequency, tenure];
                table.add(week, cell, *exposure).unwrap_or_else(|_| unreachable!("classes of the table"));
            }
        }
        let count = |(start, kept): (u64, u64)| {
            Count::new(kept, start).unwrap_or_else(|_| unreachable!("fewer kept than due"))
        };
        Observed { table, landmarks, retention: active.into_iter().map(count).collect(), truth }
    }

    fn follow(
        &self,
        customer: &Customer,
        fall: Option<Fall>,
        judged: f64,
        cells: &mut [[Exposure; CELLS]],
        active: &mut [(u64, u64)],
        truth: &mut [Truth],
    ) -> Vec<Option<([usize; 3], bool)>> {
        let mut seen = vec![None; cells.len()];
        let opening = 7 * BEFORE;
        let happens = |&&(day, place): &&(i32, f64)| {
            let fallen = fall.filter(|fall| day >= opening + 7 * i32::try_from(fall.week).unwrap_or(0));
            fallen.is_none_or(|fall| place < fall.factor)
        };
        let mut purchases = customer.purchases.iter().filter(happens).map(|(day, _)| *day).peekable();
        let Some(first) = purchases.peek().copied() else { return seen };
        let (mut last, mut days) = (first, VecDeque::new());
        let mut spells = customer.spells.iter().copied().peekable();
        let weeks = (opening..).step_by(7).zip(cells).zip(active).zip(truth).enumerate();
        for (week, (((start, cells), active), truth)) in weeks {
            while let Some(day) = purchases.next_if(|day| *day < start) {
                last = day;
                days.push_back(day);
            }
            while days.front().is_some_and(|day| start - day > MEMORY) {
                days.pop_front();
            }
            if first >= start {
                continue;
            }
            let next = purchases.peek().copied();
            let returned = next.is_some_and(|next| next < start + 7);
            let often = i32::try_from(days.len()).unwrap_or(i32::MAX);
            let [recency, frequency, tenure] =
                [class(&RECENCY, start - last), class(&FREQUENCY, often), class(&TENURE, start - first)];
            seen[week] = Some(([recency, frequency, tenure], returned));
            let cell = &mut cells[(recency * FREQUENCY.len() + frequency) * TENURE.len() + tenure];
            cell.exposed += 1;
            cell.returned += u64::from(returned);
            if last >= start - WINDOW {
                active.0 += 1;
                active.1 += u64::from(returned || last >= start + 7 - WINDOW);
            }
            let start = f64::from(start);
            while spells.next_if(|(_, until)| *until <= start).is_some() {}
            let there: f64 = spells
                .clone()
                .take_while(|(from, _)| *from < start + 7.0)
                .map(|(from, until)| until.min(start + 7.0) - from.max(start))
                .sum();
            if there > 0.0 {
                let mean = customer.pace * self.season[week + BEFORE.unsigned_abs() as usize] * there;
                let stays_away = (-mean).exp();
                truth.expected += 1.0 - stays_away;
                truth.variance += stays_away * (1.0 - stays_away);
                truth.fallen += 1.0 - (-judged * mean).exp();
            }
        }
        seen
    }
}

/// Adds the returns of one customer, whose class and return of every week are known.
fn add_landmarks(table: &mut LandmarkTable, seen: &[Option<([usize; 3], bool)>]) {
    for (week, _) in seen.iter().enumerate().filter(|(_, seen)| seen.is_some_and(|(_, returned)| returned)) {
        let mut earlier = 0;
        for lag in 0..=week.min(table.lags() - 1) {
            let Some((cell, returned)) = seen[week - lag] else { break };
            earlier += u64::from(lag > 0 && returned);
            table.add(week, lag, cell, 1).unwrap_or_else(|_| unreachable!("classes of the table"));
            table.add_earlier(week, lag, earlier);
        }
    }
}

impl Customer {
    fn new(first: f64, factors: &[f64], most: f64, rng: &mut Pcg64) -> Self {
        let (pace, shape) = PACE;
        let pace = Gamma::new(shape, pace / shape).map_or(pace, |law| law.sample(rng));
        let waits = |mean: f64, rng: &mut Pcg64| Exp::new(1.0 / mean).map_or(mean, |law| law.sample(rng));
        let (there, away, never) = SPELLS;
        let end = 7.0 * factors.len() as f64;
        let (mut spells, mut from) = (Vec::new(), first);
        while from < end {
            let until = from + waits(there, rng);
            spells.push((from, until));
            from = if rng.random_bool(never) { end } else { until + waits(away, rng) };
        }
        let mut purchases = vec![(whole(first), 0.0_f64)];
        for &(from, until) in &spells {
            let mut at = from + waits(1.0 / (pace * most), rng);
            while at < until.min(end) {
                let week = whole(at / 7.0).unsigned_abs() as usize;
                let day = whole(at);
                // A second purchase on a day changes nothing. Purchases of the first day are always there.
                if rng.random_bool((factors[week] / most).min(1.0)) {
                    purchases.push((day, rng.random()));
                }
                at += waits(1.0 / (pace * most), rng);
            }
        }
        // Of one day, the purchase that stays longest.
        purchases.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        purchases.dedup_by_key(|(day, _)| *day);
        Self { pace, spells, purchases }
    }
}

/// Days and weeks of a shop fit into any integer.
#[expect(clippy::cast_possible_truncation, reason = "a day of some years")]
fn whole(value: f64) -> i32 {
    value.floor() as i32
}
