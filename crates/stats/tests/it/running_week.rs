//! The week that is not over, on simulated shops: what was to be expected by each of its days, and of the whole of it.

use fidance_stats::hazard::{
    Completion, Expectation, Exposure, ExposureTable, Running, WeekReturns, rolling,
};
use fidance_stats::interval::{Confidence, Estimate};
use rand_distr::{Binomial, Distribution, StandardNormal};
use rand_pcg::{Pcg64, rand_core::SeedableRng};

use crate::data::assert_close;
use crate::expected_returns::{Shop, settings};

/// Weeks that completion is learned from.
const PAST: usize = 26;
/// How a week's returns are spread over its days.
const DAYS: [f64; 7] = [0.16, 0.15, 0.15, 0.14, 0.16, 0.14, 0.10];

/// The returns of a week by day; the days of single weeks differ by `scatter` (log).
fn days(returned: u64, scatter: f64, rng: &mut Pcg64) -> [u64; 7] {
    let weights = DAYS.map(|share| {
        let normal: f64 = StandardNormal.sample(rng);
        share * (scatter * normal).exp()
    });
    let (mut left, mut mass) = (returned, weights.iter().sum::<f64>());
    weights.map(|weight| {
        let today: u64 = Binomial::new(left, (weight / mass).clamp(0.0, 1.0)).unwrap().sample(rng);
        (left, mass) = (left - today, mass - weight);
        today
    })
}

fn cells() -> impl Iterator<Item = [usize; 3]> {
    (0..24).map(|cell| [cell / 6, cell / 2 % 3, cell % 2])
}

/// Customers of a cell who could return in a week, and a table of some weeks of them.
fn exposed(week: usize, cell: [usize; 3]) -> u64 {
    (300 + (week * 37 + cell[0] * 71 + cell[1] * 13 + cell[2] * 5) % 90) as u64
}

fn table(weeks: usize) -> ExposureTable {
    let mut table = ExposureTable::new([4, 3, 2]);
    for week in 0..weeks {
        let season = 1.0 + 0.2 * (week as f64 / 8.3).sin() + 0.05 * (week as f64 * 2.7).cos();
        for cell in cells() {
            let exposed = exposed(week, cell);
            let share = season * 0.4 / (1.0 + cell[0] as f64) / (3.0 - cell[1] as f64);
            let returned = Binomial::new(exposed, share).unwrap();
            let returned = returned.sample(&mut Pcg64::seed_from_u64((week * 24 + cell[0]) as u64));
            table.add(week, cell, Exposure { exposed, returned }).unwrap();
        }
    }
    table
}

#[test]
fn the_week_ahead_is_expected_as_it_would_be_when_it_is_over() {
    let peak = |week: usize| (week % 52 == 36).then_some(0);
    let expectation = |weeks| Expectation::new(table(weeks), settings(2)).unwrap().with_peaks(peak);
    for week in [100, 140] {
        let (known, _) = expectation(week + 1).week(week).unwrap().unwrap();
        let ahead = expectation(week).ahead(cells().map(|cell| (cell, exposed(week, cell))));
        let ahead = ahead.unwrap().unwrap();
        assert_eq!((ahead.week, ahead.exposed, ahead.observed), (week, known.exposed, 0));
        let figures = |week: WeekReturns| {
            [week.expected, week.sampling_variance, week.week_variance, week.baseline_variance]
        };
        for (ahead, known) in figures(ahead).into_iter().zip(figures(known)) {
            assert_close(ahead / known, 1.0, 1e-9);
        }
    }
    // Nobody there, nothing to expect.
    assert_eq!(expectation(100).ahead([]).unwrap(), None);
}

#[test]
fn calm_weeks_are_in_the_range_on_every_day() {
    for (name, size, scatter, of_days, seeds, harmonics) in [
        ("full", 4000.0, 0.05, 0.1, 10, 3),
        ("regular days", 4000.0, 0.05, 0.0, 6, 3),
        ("thin", 40.0, 0.05, 0.1, 12, 1),
        ("thinner", 6.0, 0.05, 0.1, 12, 1),
    ] {
        let shop = Shop { size, scatter, wander: 0.005, season: 0.2, weeks: 190, change: None };
        let (mut by_now, mut whole, mut weeks) = ([0.0; 6], [0.0; 6], 0.0);
        for seed in 0..seeds {
            let expected =
                rolling(&shop.table(&mut Pcg64::seed_from_u64(seed)), &settings(harmonics)).unwrap();
            let mut rng = Pcg64::seed_from_u64(1000 + seed);
            let counted: Vec<[u64; 7]> =
                expected.weeks.iter().map(|week| days(week.observed, of_days, &mut rng)).collect();
            for (week, place) in expected.weeks.iter().zip(0..).skip(PAST) {
                weeks += 1.0;
                for day in 1..7 {
                    let completion = Completion::fit(&counted[place - PAST..place], day).unwrap();
                    let running = Running::new(week, &completion);
                    let observed: u64 = counted[place].iter().take(day).sum();
                    let holds = |estimate: Estimate, count: u64| {
                        f64::from(u8::from(estimate.interval.contains(count as f64)))
                    };
                    by_now[day - 1] += holds(running.by_now(Confidence::P95), observed);
                    whole[day - 1] += holds(running.whole(observed, Confidence::P95), week.observed);
                }
            }
        }
        let share = |held: [f64; 6]| held.map(|held| (held / weeks * 1000.0).round() / 1000.0);
        println!("{name}: {weeks} weeks, by now {:?}, whole week {:?}", share(by_now), share(whole));
        for held in share(by_now).into_iter().chain(share(whole)) {
            assert!((0.93..0.975).contains(&held), "{name}: {held}");
        }
    }
}
