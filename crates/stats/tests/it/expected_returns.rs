//! Expected returns on simulated shops: calibrated when nothing happens, moved by what happened, blind to growth.

use fidance_stats::hazard::{
    Exposure, ExposureTable, HazardError, Season, Settings, WeekReturns, expected_returns,
};
use fidance_stats::interval::Confidence;
use proptest::prelude::*;
use rand::RngExt;
use rand_distr::{Binomial, Distribution, Gamma, Poisson, StandardNormal};
use rand_pcg::{Pcg64, rand_core::SeedableRng};

use crate::data::assert_close;

const YEAR: f64 = 365.25 / 7.0;

pub(crate) fn settings(harmonics: usize) -> Settings {
    let sharp = if harmonics > 0 { Settings::default().season.sharp } else { 0 };
    Settings { season: Season { period: YEAR, harmonics, sharp }, refit_every: 13, ..Settings::default() }
}

/// A shop drawn straight from cells: 4 × 3 × 2 of them, with a season, scatter of weeks and a wandering level.
pub(crate) struct Shop {
    /// Customers per cell and week.
    pub(crate) size: f64,
    pub(crate) scatter: f64,
    pub(crate) wander: f64,
    pub(crate) season: f64,
    pub(crate) weeks: usize,
    /// Factor on the chance to return, from a week on.
    pub(crate) change: Option<(usize, f64)>,
}

impl Shop {
    pub(crate) fn table(&self, rng: &mut Pcg64) -> ExposureTable {
        let change = self.change;
        self.table_with(rng, |week| {
            change.filter(|(from, _)| week >= *from).map_or(1.0, |(_, factor)| factor)
        })
    }

    /// With a factor on the chance to return, by week.
    pub(crate) fn table_with(&self, rng: &mut Pcg64, factor: impl Fn(usize) -> f64) -> ExposureTable {
        let normal = |rng: &mut Pcg64| -> f64 { StandardNormal.sample(rng) };
        let mut table = ExposureTable::new([4, 3, 2]);
        let mut cells = Vec::new();
        for cell in (0..24).map(|i| [i / 6, i / 2 % 3, i % 2]) {
            let margins = -1.5 - 0.8 * cell[0] as f64 + 0.6 * cell[1] as f64 - 0.2 * cell[2] as f64;
            // Some cells are full, some hold a hundredth of them.
            cells.push((
                cell,
                margins + 0.15 * normal(rng),
                self.size * 10.0_f64.powf(-rng.random_range(0.0..2.0)),
            ));
        }
        // Counts have a generator of their own, so that the same seed gives the same weeks whatever the counts.
        let mut counts = Pcg64::seed_from_u64(rng.random());
        let mut level = 0.0;
        for week in 0..self.weeks {
            let angle = std::f64::consts::TAU * week as f64 / YEAR;
            level += self.wander * normal(rng);
            let season = self.season * (angle.cos() + 0.5 * (2.0 * angle).sin());
            let shift = level + season + self.scatter * normal(rng);
            for (cell, log_odds, size) in &cells {
                let exposed: f64 =
                    Poisson::new(size * (1.0 + 0.005 * week as f64)).unwrap().sample(&mut counts);
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a Poisson count"
                )]
                let exposed = exposed as u64;
                let share = factor(week) / (1.0 + (-log_odds - shift).exp());
                let returned = Binomial::new(exposed, share).unwrap().sample(&mut counts);
                table.add(week, *cell, Exposure { exposed, returned }).unwrap();
            }
        }
        table
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    values.iter().sum::<f64>() / values.len() as f64
}

/// Sum observed over sum expected.
fn overall<'a>(weeks: impl Iterator<Item = &'a WeekReturns>) -> f64 {
    let (x, e) = weeks.fold((0.0, 0.0), |(x, e), week| (x + week.observed as f64, e + week.expected));
    x / e
}

#[test]
fn calibrated_when_nothing_happens() {
    let shop =
        |size, scatter, wander, season| Shop { size, scatter, wander, season, weeks: 190, change: None };
    for (name, shop, seeds, harmonics) in [
        ("full", shop(4000.0, 0.05, 0.005, 0.2), 8, 3),
        ("no scatter", shop(4000.0, 0.0, 0.0, 0.0), 8, 3),
        ("thin", shop(40.0, 0.05, 0.005, 0.2), 12, 1),
        ("thinner", shop(6.0, 0.05, 0.005, 0.2), 16, 1),
    ] {
        let mut all = Vec::new();
        for seed in 0..seeds {
            let table = shop.table(&mut Pcg64::seed_from_u64(seed));
            all.extend(expected_returns(&table, &settings(harmonics)).unwrap());
        }
        let z = || all.iter().map(WeekReturns::standardised);
        let ratio = overall(all.iter());
        let variance = mean(z().map(|z| z * z));
        let below = mean(z().map(|z| f64::from(u8::from(z < -1.645))));
        let within = mean(z().map(|z| f64::from(u8::from(z.abs() < 1.96))));
        println!(
            "{name}: {} weeks of {:.0} returns, observed/expected {ratio:.4}, mean z {:.3}, mean z² {variance:.3}, \
             z < -1.645 {below:.3}, |z| < 1.96 {within:.3}",
            all.len(),
            mean(all.iter().map(|week| week.expected)),
            mean(z()),
        );
        assert_close(ratio, 1.0, 0.015);
        assert!((0.8..1.25).contains(&variance), "{variance}");
        assert!((0.93..0.975).contains(&within), "{within}");
        assert!((0.025..0.075).contains(&below), "{below}");
    }
}

#[test]
fn a_fall_of_five_percent_moves_the_ratio_by_five_percent() {
    let at = 150;
    let ratios: Vec<(f64, f64)> = (0..6)
        .map(|seed| {
            let shop = |change| Shop {
                size: 6000.0,
                scatter: 0.03,
                wander: 0.002,
                season: 0.2,
                weeks: at + 8,
                change,
            };
            let after = |change| {
                let table = shop(change).table(&mut Pcg64::seed_from_u64(seed));
                let series = expected_returns(&table, &settings(3)).unwrap();
                overall(series.iter().filter(|week| week.week >= at))
            };
            (after(None), after(Some((at, 0.95))))
        })
        .collect();
    let quiet = mean(ratios.iter().map(|(quiet, _)| *quiet));
    let fallen = mean(ratios.iter().map(|(_, fallen)| *fallen));
    println!("8 weeks, observed/expected: {quiet:.4} when nothing happens, {fallen:.4} after a fall of 5 %");
    assert_close(fallen / quiet, 0.95, 0.008);
    assert_close(quiet, 1.0, 0.03);
}

const RECENCY: [usize; 8] = [2, 3, 5, 9, 14, 27, 53, usize::MAX];
const FREQUENCY: [usize; 5] = [2, 3, 5, 9, usize::MAX];
const TENURE: [usize; 4] = [5, 14, 53, usize::MAX];

/// A shop of people: each has an own pace and leaves for good with an own chance after a purchase. `new` arrive per
/// week; `factor` thins purchases in a week.
fn people(
    weeks: usize,
    new: impl Fn(usize) -> u32,
    factor: impl Fn(usize) -> f64,
    rng: &mut Pcg64,
) -> ExposureTable {
    let class = |bounds: &[usize], value: usize| bounds.partition_point(|&bound| bound <= value);
    let mut table = ExposureTable::new([RECENCY.len(), FREQUENCY.len(), TENURE.len()]);
    let warm_up = 80;
    for arrival in 0..warm_up + weeks {
        for _ in 0..new(arrival.saturating_sub(warm_up)) {
            let pace: f64 = Gamma::new(0.8, 0.15).unwrap().sample(rng);
            let chance = 1.0 - (-pace).exp();
            let leaves: f64 = rng.random_range(0.0..0.3);
            let (mut last, mut bought, mut gone) = (arrival, 1, false);
            for week in arrival + 1..warm_up + weeks {
                let season = 1.0 + 0.2 * (std::f64::consts::TAU * week as f64 / YEAR).cos();
                let thinned = if week >= warm_up { factor(week - warm_up) } else { 1.0 };
                let returns = !gone && rng.random_bool((chance * season * thinned).min(1.0));
                if week >= warm_up {
                    let cell = [
                        class(&RECENCY, week - last),
                        class(&FREQUENCY, bought),
                        class(&TENURE, week - arrival),
                    ];
                    let exposure = Exposure { exposed: 1, returned: u64::from(returns) };
                    table.add(week - warm_up, cell, exposure).unwrap();
                }
                if returns {
                    (last, bought) = (week, bought + 1);
                    gone = rng.random_bool(leaves);
                }
            }
        }
    }
    table
}

/// Share of returns among the exposed over 8 weeks from `at`, against the same weeks of the year before: the naive
/// reading of the same table.
fn naive(table: &ExposureTable, at: usize) -> f64 {
    let share = |from: usize| {
        let (x, n) = (from..from + 8)
            .map(|week| table.total(week))
            .fold((0, 0), |(x, n), week| (x + week.returned, n + week.exposed));
        x as f64 / n as f64
    };
    share(at) / share(at - 52)
}

/// A name, new customers and the factor on purchases, by week.
type Story<'a> = (&'a str, &'a dyn Fn(usize) -> u32, &'a dyn Fn(usize) -> f64);

#[test]
fn growth_in_new_customers_moves_the_naive_rate_only() {
    let (weeks, at, seeds) = (148, 140, 4);
    let even = |_: usize| 120;
    let campaign = |week: usize| if week >= 128 { 480 } else { 120 };
    let calm = |_: usize| 1.0;
    let fall = |week: usize| if week >= at { 0.95 } else { 1.0 };
    let shops: [Story; 4] = [
        ("steady", &even, &calm),
        ("growing", &campaign, &calm),
        ("falling", &even, &fall),
        ("both", &campaign, &fall),
    ];
    let mut found = Vec::new();
    for (name, new, factor) in shops {
        let (mut naives, mut ratios, mut early, mut spread) = (Vec::new(), Vec::new(), Vec::new(), 0.0);
        for seed in 0..seeds {
            let table = people(weeks, new, factor, &mut Pcg64::seed_from_u64(seed));
            let series = expected_returns(&table, &settings(1)).unwrap();
            let after: Vec<&WeekReturns> = series.iter().filter(|week| week.week >= at).collect();
            naives.push(naive(&table, at));
            ratios.push(overall(after.iter().copied()));
            early.push(overall(after.iter().copied().take(2)));
            spread = after[0].standard_deviation() / after[0].expected;
        }
        let (naive, ratio, early) =
            (mean(naives.into_iter()), mean(ratios.into_iter()), mean(early.into_iter()));
        println!(
            "{name}: naive share of returns, against a year before {naive:.3}; observed/expected {ratio:.3}, \
             in the first two weeks {early:.3} (sd of one week of one shop {spread:.3})"
        );
        found.push((naive, ratio));
    }
    let [steady, growing, falling, both] = found[..] else { panic!() };
    assert_close(steady.1, 1.0, 0.025);
    // Over 24 seeds 1.022, 0.960 and 0.984: a wave of new customers is younger within its classes than customers
    // usually are, and customers kept from returning make the next class of recency better than usual.
    assert_close(growing.1, 1.02, 0.025);
    assert_close(falling.1, 0.96, 0.025);
    assert_close(both.1, 0.985, 0.025);
    // Growth lifts the naive share far more than the fall lowers it.
    assert!(growing.0 > 1.15 * steady.0 && both.0 > 1.15 * steady.0, "{found:?}");
}

#[test]
fn the_future_is_not_used() {
    let shop =
        Shop { size: 300.0, scatter: 0.05, wander: 0.0, season: 0.1, weeks: 80, change: Some((70, 0.5)) };
    let whole = shop.table(&mut Pcg64::seed_from_u64(2));
    let cut = Shop { weeks: 72, ..shop }.table(&mut Pcg64::seed_from_u64(2));
    let series = expected_returns(&whole, &settings(1)).unwrap();
    let short = expected_returns(&cut, &settings(1)).unwrap();
    assert_eq!(series[..short.len()], short[..]);
    // The weeks between t - gap and t do not count either: the fall of week 70 is not learned by week 77.
    let unchanged = Shop { change: None, ..shop }.table(&mut Pcg64::seed_from_u64(2));
    let calm = expected_returns(&unchanged, &settings(1)).unwrap();
    for (one, other) in series.iter().zip(&calm).filter(|(one, _)| one.week < 78) {
        assert_close(one.expected / one.exposed as f64, other.expected / other.exposed as f64, 0.02);
    }
}

#[test]
fn what_the_alarm_takes_has_the_predicted_variance() {
    let shop = Shop { size: 2000.0, scatter: 0.1, wander: 0.003, season: 0.1, weeks: 100, change: None };
    let table = shop.table(&mut Pcg64::seed_from_u64(1));
    for week in expected_returns(&table, &settings(1)).unwrap() {
        let (n, p, rho) = (week.exposed as f64, week.share(), week.overdispersion());
        let variance = n * p * (1.0 - p) * (1.0 + (n - 1.0) * rho);
        assert!(rho > 0.0);
        assert_close(variance / (week.sampling_variance + week.week_variance), 1.0, 1e-9);
        let ratio = week.ratio(Confidence::P95).unwrap();
        assert!(ratio.interval.contains(ratio.value));
        assert!(week.share_error() > 0.0 && week.share_error() < 0.3);
    }
}

#[test]
fn unusable_input_is_refused() {
    let mut table = ExposureTable::new([2, 1, 1]);
    assert!(matches!(expected_returns(&table, &settings(1)), Err(HazardError::TooFewWeeks { .. })));
    let too_many = Exposure { exposed: 1, returned: 2 };
    assert!(matches!(table.add(0, [0, 0, 0], too_many), Err(HazardError::Counts { .. })));
    for week in 0..70 {
        table.add(week, [0, 0, 0], Exposure { exposed: 10, returned: 0 }).unwrap();
    }
    assert_eq!(expected_returns(&table, &settings(1)), Err(HazardError::NoRate));
    assert_eq!(table.merge(&ExposureTable::new([1, 1, 1])), Err(HazardError::Shape));
    let none = Settings { gap: 0, ..settings(1) };
    assert!(matches!(expected_returns(&table, &none), Err(HazardError::Settings(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Any table gives finite numbers, and the order in which customers are added up does not matter.
    #[test]
    fn every_table_has_finite_expectations(
        draws in proptest::collection::vec((0..70_usize, 0..3_usize, 0..2_usize, 0..300_u64, 0.0..=1.0_f64), 1..300),
    ) {
        let parts: Vec<ExposureTable> = draws.chunks(40).map(|chunk| {
            let mut part = ExposureTable::new([3, 2, 1]);
            for &(week, recency, frequency, exposed, share) in chunk {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a count")]
                let returned = (exposed as f64 * share) as u64;
                part.add(week, [recency, frequency, 0], Exposure { exposed, returned }).unwrap();
            }
            part
        }).collect();
        let mut forwards = ExposureTable::new([3, 2, 1]);
        parts.iter().for_each(|part| forwards.merge(part).unwrap());
        let mut backwards = ExposureTable::new([3, 2, 1]);
        parts.iter().rev().for_each(|part| backwards.merge(part).unwrap());
        prop_assert_eq!(&forwards, &backwards);
        let short = Settings { least_past: 20, ..settings(2) };
        let Ok(series) = expected_returns(&forwards, &short) else { return Ok(()) };
        for week in series {
            prop_assert!(week.expected > 0.0 && week.expected <= week.exposed as f64 + 1e-9, "{week:?}");
            prop_assert!(week.standard_deviation().is_finite() && week.standard_deviation() > 0.0, "{week:?}");
            prop_assert!((0.0..=1.0).contains(&week.overdispersion()), "{week:?}");
        }
    }
}
