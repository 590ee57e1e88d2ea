//! Chances behind the expected returns, an expectation that ends its learning at a date, and runs of weeks.

use fidance_stats::hazard::{
    Expectation, Exposure, ExposureTable, HazardError, LandmarkTable, RunReturns, WeekReturns,
    expected_returns, frozen, rolling,
};
use fidance_stats::interval::Confidence;
use proptest::prelude::*;
use rand_pcg::{Pcg64, rand_core::SeedableRng};

use crate::data::assert_close;
use crate::expected_returns::{Shop, settings};

const ORIGIN: usize = 104;

fn shop(weeks: usize, change: Option<(usize, f64)>) -> Shop {
    Shop { size: 1500.0, scatter: 0.04, wander: 0.004, season: 0.15, weeks, change }
}

fn cells() -> impl Iterator<Item = [usize; 3]> {
    (0..24).map(|i| [i / 6, i / 2 % 3, i % 2])
}

/// A table tells its cells to nobody outside, so the test keeps its own copy.
struct Copied {
    whole: ExposureTable,
    cells: Vec<Vec<([usize; 3], Exposure)>>,
}

/// Two tables of the same classes, as parts of a whole, and the counts of the whole by cell.
fn halves(weeks: usize) -> (Copied, [ExposureTable; 2]) {
    let mut parts = [ExposureTable::new([4, 3, 2]), ExposureTable::new([4, 3, 2])];
    let mut whole = ExposureTable::new([4, 3, 2]);
    let mut counts = vec![Vec::new(); weeks];
    for (week, counts) in counts.iter_mut().enumerate() {
        for (i, cell) in cells().enumerate() {
            let i = i as u64;
            let week = week as u64;
            let exposures = [
                Exposure { exposed: 40 + 7 * i, returned: 3 + (i + week) % 5 },
                Exposure { exposed: 300 - 9 * i, returned: 11 + (3 * i + week) % 7 },
            ];
            let mut sum = Exposure::default();
            for (part, exposure) in parts.iter_mut().zip(exposures) {
                part.add(usize::try_from(week).unwrap(), cell, exposure).unwrap();
                sum += exposure;
            }
            whole.add(usize::try_from(week).unwrap(), cell, sum).unwrap();
            counts.push((cell, sum));
        }
    }
    (Copied { whole, cells: counts }, parts)
}

#[test]
fn the_chances_add_up_to_the_expectation() {
    let (Copied { whole, cells }, parts) = halves(90);
    for expected in [rolling(&whole, &settings(1)).unwrap(), frozen(&whole, &settings(1), 70).unwrap()] {
        assert_eq!(expected.weeks.len(), expected.chances.len());
        for (week, chances) in expected.weeks.iter().zip(&expected.chances) {
            assert_eq!(week.week, chances.week());
            let of_cell = |(cell, count): &([usize; 3], Exposure)| {
                count.exposed as f64 * chances.chance(*cell).unwrap()
            };
            let sum: f64 = cells[week.week].iter().map(of_cell).sum();
            assert!((sum / week.expected - 1.0).abs() < 1e-9, "{sum} {week:?}");
            assert_eq!(chances.chance([4, 0, 0]), None);
        }
        // Parts add up to the whole; what is common to them (level, scatter of weeks) adds as deviations.
        let [one, other] = parts.each_ref().map(|part| expected.of_part(part).unwrap());
        for ((whole, one), other) in expected.weeks.iter().zip(&one).zip(&other) {
            assert_eq!(whole.observed, one.observed + other.observed);
            assert!(((one.expected + other.expected) / whole.expected - 1.0).abs() < 1e-9);
            assert_close(one.sampling_variance + other.sampling_variance, whole.sampling_variance, 1e-6);
            let deviation = one.week_variance.sqrt() + other.week_variance.sqrt();
            assert_close(deviation, whole.week_variance.sqrt(), 1e-6);
            let deviation = one.baseline_variance.sqrt() + other.baseline_variance.sqrt();
            assert!(deviation > whole.baseline_variance.sqrt());
        }
    }
    assert_eq!(rolling(&whole, &settings(1)).unwrap().weeks, expected_returns(&whole, &settings(1)).unwrap());
}

#[test]
fn the_first_week_of_a_landmark_is_the_frozen_one() {
    let (Copied { whole, cells }, _) = halves(90);
    let expectation = || Expectation::new(whole.clone(), settings(1)).unwrap();
    let table = |more: u64| {
        let mut table = LandmarkTable::new([4, 3, 2], 1);
        for (week, cells) in cells.iter().enumerate() {
            for (cell, count) in cells {
                table.add(week, 0, *cell, count.returned + more).unwrap();
            }
        }
        table
    };
    let landmark = expectation().with_landmarks(table(0)).unwrap().landmark(70).unwrap();
    let frozen = expectation().frozen(70).unwrap();
    assert_eq!(landmark.weeks(), &frozen.weeks[..1]);
    assert_eq!(landmark.chances(), &frozen.chances[..1]);
    // Of one week, nothing goes together that single returns do not know.
    let (run, week) = (landmark.run(&(70..71)), &frozen.weeks[0]);
    assert_eq!((run.observed, run.expected), (week.observed, week.expected));
    assert!(run.independent_variance >= week.sampling_variance + week.week_variance);
    assert_close(run.baseline_variance, week.baseline_variance, 0.2 * week.baseline_variance);

    // More came back than there were; other classes; no landmarks at all.
    let refused = expectation().with_landmarks(table(10_000)).unwrap_err();
    assert!(matches!(refused, HazardError::Counts { .. }), "{refused}");
    let refused = expectation().with_landmarks(LandmarkTable::new([4, 3, 1], 1)).unwrap_err();
    assert_eq!(refused, HazardError::Shape);
    assert!(matches!(expectation().landmark(70), Err(HazardError::Settings(_))));
    assert!(LandmarkTable::new([4, 3, 2], 1).add(0, 0, [4, 0, 0], 1).is_err());
}

#[test]
fn who_is_no_part_is_refused() {
    let mut whole = ExposureTable::new([2, 2, 1]);
    for week in 0..70 {
        whole.add(week, [0, 0, 0], Exposure { exposed: 100, returned: 20 + week as u64 % 3 }).unwrap();
    }
    let expected = frozen(&whole, &settings(0), 60).unwrap();
    assert_eq!(expected.chances[0].chance([1, 1, 0]), None);
    assert_eq!(expected.of_part(&ExposureTable::new([2, 1, 1])), Err(HazardError::Shape));
    let mut stranger = ExposureTable::new([2, 2, 1]);
    stranger.add(63, [1, 1, 0], Exposure { exposed: 1, returned: 0 }).unwrap();
    assert_eq!(expected.of_part(&stranger), Err(HazardError::NotAPart { week: 63 }));
    // Nobody of the part could return in the other weeks: they are left out.
    let mut few = ExposureTable::new([2, 2, 1]);
    few.add(63, [0, 0, 0], Exposure { exposed: 10, returned: 4 }).unwrap();
    let weeks: Vec<usize> = expected.of_part(&few).unwrap().iter().map(|week| week.week).collect();
    assert_eq!(weeks, [63]);
}

#[test]
fn a_frozen_expectation_does_not_learn() {
    let calm = shop(ORIGIN + 40, None).table(&mut Pcg64::seed_from_u64(3));
    let fallen = shop(ORIGIN + 40, Some((ORIGIN, 0.9))).table(&mut Pcg64::seed_from_u64(3));
    let before = frozen(&calm, &settings(2), ORIGIN).unwrap();
    let after = frozen(&fallen, &settings(2), ORIGIN).unwrap();
    assert_eq!(before.weeks.len(), 40);
    // Whatever comes from the origin on, what is expected of a cell stays the same, to the last digit.
    assert_eq!(before.chances, after.chances);
    // The last twenty weeks: the fall is still all there, while the rolling one has made most of it its level.
    let ratio = |weeks: &[WeekReturns]| {
        let late = weeks.iter().filter(|week| week.week >= ORIGIN + 20);
        RunReturns::sum(late).ratio(Confidence::P95).unwrap().value
    };
    assert_close(ratio(&after.weeks) / ratio(&before.weeks), 0.9, 0.015);
    let rolling = |table| ratio(&expected_returns(table, &settings(2)).unwrap());
    let (learned, calm_ratio) = (rolling(&fallen), rolling(&calm));
    assert!(learned / calm_ratio > 0.93, "{learned} {calm_ratio}");
}

#[test]
fn a_frozen_expectation_grows_less_sure() {
    let wandering = Shop { wander: 0.02, season: 0.0, ..shop(ORIGIN + 40, None) };
    // The level's error, in log-odds: its own 39 steps more in the last week than in the first. One shop alone may have
    // wandered so little that its steps are not seen.
    let square = |week: &WeekReturns| week.baseline_variance / week.sampling_variance.powi(2);
    let grown = |seed| {
        let table = wandering.table(&mut Pcg64::seed_from_u64(seed));
        let expected = frozen(&table, &settings(0), ORIGIN).unwrap();
        square(&expected.weeks[39]) - square(&expected.weeks[0])
    };
    let mean = (0..12).map(grown).sum::<f64>() / 12.0;
    let steps = 39.0 * 0.02_f64.powi(2);
    assert!((0.5 * steps..2.0 * steps).contains(&mean), "{mean} {steps}");
}

#[test]
fn a_frozen_expectation_needs_its_past() {
    let table = shop(60, None).table(&mut Pcg64::seed_from_u64(1));
    assert_eq!(frozen(&table, &settings(1), 60).unwrap().weeks, []);
    let least = frozen(&table, &settings(1), 51);
    assert_eq!(least, Err(HazardError::TooFewWeeks { weeks: 51, needed: 52 }));
    let beyond = frozen(&table, &settings(1), 70);
    assert_eq!(beyond, Err(HazardError::TooFewWeeks { weeks: 60, needed: 70 }));
}

/// Shops of about 20,000 customers who could return, ten weeks summed: the 95 % intervals hold the truth.
#[test]
fn intervals_of_a_run_cover() {
    let seeds = 60;
    for factor in [1.0, 0.92] {
        let (mut of_ratio, mut of_missing, mut excluded) = (0, 0, 0);
        for seed in 0..seeds {
            let world = |change| {
                let shop = Shop { size: 2300.0, scatter: 0.03, ..shop(ORIGIN + 10, change) };
                shop.table(&mut Pcg64::seed_from_u64(1000 + seed))
            };
            // The same weeks without the change, drawn with the same randomness up to it.
            let (table, calm) = (world(Some((ORIGIN, factor))), world(None));
            let run = RunReturns::sum(&frozen(&table, &settings(2), ORIGIN).unwrap().weeks);
            let ratio = run.ratio(Confidence::P95).unwrap();
            let came: u64 = (ORIGIN..ORIGIN + 10).map(|week| calm.total(week).returned).sum();
            let missing = run.missing(Confidence::P95).interval;
            of_ratio += i32::from(ratio.interval.contains(factor));
            of_missing += i32::from(missing.contains(came as f64 - run.observed as f64));
            excluded += i32::from(!ratio.interval.contains(1.0));
        }
        println!(
            "factor {factor}: of {seeds} intervals, {of_ratio} hold the ratio, {of_missing} the missing"
        );
        println!("    {excluded} exclude 1");
        assert!(of_ratio >= 53 && of_missing >= 53, "{of_ratio} {of_missing}");
        assert!(if factor < 1.0 { excluded >= 30 } else { excluded <= 7 }, "{excluded}");
    }
}

prop_compose! {
    /// Scatter of whole weeks and error of the baseline as parts of what is expected, as in shops.
    fn a_week()(
        exposed in 100_000..1_000_000_u64,
        observed in 0..50_000_u64,
        expected in 1.0..50_000.0_f64,
        sampling in 0.5..2.0_f64,
        week in 0.0..0.5_f64,
        baseline in 0.0..0.5_f64,
    ) -> WeekReturns {
        WeekReturns {
            week: 0,
            exposed,
            observed,
            expected,
            sampling_variance: sampling * expected,
            week_variance: (week * expected).powi(2),
            baseline_variance: (baseline * expected).powi(2),
        }
    }
}

proptest! {
    #[test]
    fn a_run_is_the_sum_of_its_weeks(weeks in proptest::collection::vec(a_week(), 1..30), cut in 0..30_usize) {
        let cut = cut.min(weeks.len());
        let run = RunReturns::sum(&weeks);
        let (one, other) = (RunReturns::sum(&weeks[..cut]), RunReturns::sum(&weeks[cut..]));
        prop_assert_eq!(run.observed, one.observed + other.observed);
        prop_assert!((one.expected + other.expected - run.expected).abs() < 1e-9 * run.expected);
        // Less sure than independent weeks would be, surer than weeks that err together in everything.
        let square = |week: &WeekReturns| week.standard_deviation().powi(2);
        let independent = weeks.iter().map(square).sum::<f64>().sqrt();
        let together: f64 = weeks.iter().map(WeekReturns::standard_deviation).sum();
        let deviation = run.standard_deviation();
        prop_assert!(deviation >= independent * (1.0 - 1e-12) && deviation <= together * (1.0 + 1e-12));
        prop_assert!(deviation <= (one.standard_deviation() + other.standard_deviation()) * (1.0 + 1e-12));
        if let [week] = weeks[..] {
            prop_assert!((deviation / week.standard_deviation() - 1.0).abs() < 1e-12);
            let [run, week] = [run.ratio(Confidence::P95), week.ratio(Confidence::P95)];
            prop_assert_eq!(run.is_some(), week.is_some());
            for (run, week) in run.iter().zip(&week) {
                prop_assert!((run.value - week.value).abs() <= 1e-12 * week.value);
                prop_assert!((run.interval.low - week.interval.low).abs() <= 1e-9 * week.interval.low);
                prop_assert!((run.interval.high - week.interval.high).abs() <= 1e-9 * week.interval.high);
            }
        }
        let missing = run.missing(Confidence::P95);
        prop_assert!(missing.interval.contains(missing.value));
        prop_assert!((missing.value + run.observed as f64 - run.expected).abs() < 1e-6);
        if let Some(ratio) = run.ratio(Confidence::P95).filter(|ratio| ratio.value > 0.0) {
            prop_assert!(ratio.interval.contains(ratio.value));
            prop_assert_eq!(ratio.value < 1.0, missing.value > 0.0);
            let wider = run.ratio(Confidence::P99).unwrap().interval;
            prop_assert!(wider.low < ratio.interval.low && wider.high > ratio.interval.high);
        }
        let mut backwards = weeks.clone();
        backwards.reverse();
        let other_way = RunReturns::sum(&backwards);
        prop_assert!((other_way.standard_deviation() / deviation - 1.0).abs() < 1e-9);
    }
}

#[test]
fn a_run_of_no_weeks_says_nothing() {
    let run = RunReturns::sum(&[]);
    assert_eq!(run.ratio(Confidence::P95), None);
    assert_eq!((run.observed, run.missing(Confidence::P95).value), (0, 0.0));
}
