//! Drivers against `rca/expected.json`, brute force on small tables, and the level of the p-value.

use std::collections::BTreeSet;

use fidance_stats::driver::{
    Cell, Dimension, Null, Periods, Scan, SegmentTable, TableError, bridge, bridges, exhaustive, p_value,
    scan, second_scan,
};
use proptest::prelude::*;
use rand::RngExt;
use rand_distr::{Beta, Binomial, Distribution};
use rand_pcg::{Pcg64, rand_core::SeedableRng};

use crate::data::{assert_close, read};
use crate::expected::Expected;

pub(crate) const NAMES: [&str; 3] = ["plan", "region", "channel"];

/// Rows of the reference file: names of the values, and the counts.
pub(crate) fn rows() -> Option<Vec<(Vec<String>, Periods)>> {
    let text = read("statistics/rca/segments.csv")?;
    let row = |line: &str| {
        let fields: Vec<&str> = line.trim().split(',').collect();
        let count = |at: usize| fields[at].parse().unwrap();
        let periods = Periods {
            customers_before: count(3),
            kept_before: count(4),
            customers_after: count(5),
            kept_after: count(6),
        };
        (fields[..3].iter().map(|&name| name.to_owned()).collect(), periods)
    };
    Some(text.lines().skip(1).map(row).collect())
}

pub(crate) type Rows = Vec<(Vec<usize>, Periods)>;

/// Names of the values of each dimension, sorted, and the rows with indices for names.
pub(crate) fn indexed(rows: &[(Vec<String>, Periods)]) -> (Vec<Vec<String>>, Rows) {
    let values: Vec<Vec<String>> = (0..3)
        .map(|at| {
            let unique: BTreeSet<&String> = rows.iter().map(|(names, _)| &names[at]).collect();
            unique.into_iter().cloned().collect()
        })
        .collect();
    let index = |names: &[String]| {
        names
            .iter()
            .zip(&values)
            .map(|(name, of)| of.iter().position(|value| value == name).unwrap())
            .collect()
    };
    let indexed = rows.iter().map(|(names, periods)| (index(names), *periods)).collect();
    (values, indexed)
}

pub(crate) fn table(evidence: bool) -> Option<SegmentTable> {
    let (values, rows) = indexed(&rows()?);
    let dimensions =
        NAMES.iter().zip(values).map(|(&name, values)| Dimension { name: name.into(), values }).collect();
    let cell = |(values, periods): (Vec<usize>, Periods)| Cell {
        values,
        customers: periods.customers_after,
        kept: periods.kept_after,
        expected: periods.kept_before as f64 / periods.customers_before as f64,
        evidence: evidence.then_some(periods.customers_before as f64),
    };
    Some(SegmentTable::new(dimensions, rows.into_iter().map(cell).collect()).unwrap())
}

#[test]
fn bridges_of_the_reference() {
    let (Some(rows), Some(expected)) = (rows(), Expected::read("statistics/rca/expected.json")) else {
        return;
    };
    let (_, rows) = indexed(&rows);
    for (name, parts) in NAMES.iter().zip(bridges(&rows).unwrap()) {
        let sum = |of: &dyn Fn(&fidance_stats::driver::Part) -> f64| -> f64 {
            parts.iter().map(|(_, part)| of(part)).sum()
        };
        println!("{name}: rate {:.10} mix {:.10}", sum(&|part| part.rate), sum(&|part| part.mix));
        assert_close(sum(&|part| part.rate), expected.number(&[name, "sum_rate"]), 1e-9);
        assert_close(sum(&|part| part.mix), expected.number(&[name, "sum_mix"]), 1e-9);
        assert_close(sum(&|part| part.total()), expected.number(&[name, "delta"]), 1e-12);
        // The rows of the file hold, per value: n0 x0 n1 x1 rate mix total rate_se EP S.
        for ((_, part), row) in parts.iter().zip(expected.numbers(&[name, "rows"]).chunks(10)) {
            assert_close(part.rate, row[4], 1e-9);
            assert_close(part.mix, row[5], 1e-9);
            assert_close(part.rate_error, row[7], 1e-9);
        }
    }
    let cells: Vec<Periods> = rows.iter().map(|(_, periods)| *periods).collect();
    let all = bridge(&cells).unwrap();
    assert_close(all.before, 0.945_721_648_438_609_6, 1e-12);
    assert_close(all.rate(), expected.number(&["all", "sum_rate"]), 1e-9);
    assert_close(all.mix(), expected.number(&["all", "sum_mix"]), 1e-9);
}

#[test]
fn the_planted_cause_is_found() {
    let (Some(table), Some(expected)) = (table(false), Expected::read("statistics/rca/expected.json")) else {
        return;
    };
    let mut rng = Pcg64::seed_from_u64(1);
    let found = scan(&table, Scan::default(), &mut rng);
    let words: Vec<String> = found.conditions.iter().map(ToString::to_string).collect();
    println!("{} score {:.6} ln q {:.7}", words.join(" & "), found.score, found.log_odds_ratio);
    assert_eq!(words, ["region = eu", "channel ∈ {app, web}"]);
    assert_close(found.score, expected.number(&["mdss_top3", "score"]), 1e-6);
    assert_close(found.log_odds_ratio, expected.number(&["mdss_top3", "log_q"]), 1e-6);
    let best = exhaustive(&table, 0.0).unwrap();
    assert_eq!(best.selection, found.selection);
    assert_close(best.score, found.score, 1e-9);

    let null = Null { overdispersion: 0.0005, tables: 199 };
    assert_close(p_value(&table, &found, Scan::default(), null, &mut rng), 1.0 / 200.0, 1e-12);
    // Nothing else was planted: what is left is within chance once the baseline counts as an estimate.
    let counted = self::table(true).unwrap();
    let second = second_scan(&counted, &found, Scan::default(), &mut rng).unwrap();
    let rest = without(&counted, &found);
    let p = p_value(&rest, &second, Scan::default(), Null { overdispersion: 0.0, ..null }, &mut rng);
    println!("second pass: {:?} score {:.2}, p {p}", second.conditions, second.score);
    assert!(p > 0.05);
}

fn without(table: &SegmentTable, found: &fidance_stats::driver::Finding) -> SegmentTable {
    let rest = table.cells().iter().filter(|cell| !found.selects(cell)).cloned().collect();
    SegmentTable::new(table.dimensions().to_vec(), rest).unwrap()
}

fn dimensions(sizes: &[usize]) -> Vec<Dimension> {
    let dimension = |(at, &size): (usize, &usize)| Dimension {
        name: format!("d{at}"),
        values: (0..size).map(|value| format!("v{value}")).collect(),
    };
    sizes.iter().enumerate().map(dimension).collect()
}

/// Every combination of values, as indices.
fn combinations(sizes: &[usize]) -> Vec<Vec<usize>> {
    sizes.iter().fold(vec![Vec::new()], |all, &size| {
        all.iter().flat_map(|part| (0..size).map(move |value| [part.as_slice(), &[value]].concat())).collect()
    })
}

/// A table in which nothing happened but chance; with `estimated`, the expectation is the rate of another period.
fn quiet_table(sizes: &[usize], rho: f64, estimated: bool, rng: &mut Pcg64) -> SegmentTable {
    let cells = combinations(sizes).into_iter().map(|values| {
        let (truth, customers) = (rng.random_range(0.85..0.97), rng.random_range(50..1500_u64));
        let share = if rho > 0.0 {
            let size = 1.0 / rho - 1.0;
            Beta::new(truth * size, (1.0 - truth) * size).unwrap().sample(rng)
        } else {
            truth
        };
        let before = rng.random_range(300..1500_u64);
        let kept_before = Binomial::new(before, truth).unwrap().sample(rng);
        let rate = (kept_before as f64 + 0.5) / (before as f64 + 1.0);
        Cell {
            values,
            customers,
            kept: Binomial::new(customers, share).unwrap().sample(rng),
            expected: if estimated { rate } else { truth },
            evidence: estimated.then_some(before as f64),
        }
    });
    SegmentTable::new(dimensions(sizes), cells.collect()).unwrap()
}

/// The p-value is uniform when nothing happened, also with overdispersion or a counted baseline; without either, too
/// small: the reason why both are arguments.
#[test]
fn the_p_value_holds_its_level() {
    let settings = Scan { starts: 3, ..Scan::default() };
    let repeats = 150;
    let share = |rho: f64, estimated: bool, told: f64, blind: bool| {
        let mut rng = Pcg64::seed_from_u64(3);
        let below = (0..repeats).filter(|_| {
            let mut table = quiet_table(&[3, 3, 2], rho, estimated, &mut rng);
            if blind {
                let cells = table.cells().iter().cloned().map(|cell| Cell { evidence: None, ..cell });
                table = SegmentTable::new(table.dimensions().to_vec(), cells.collect()).unwrap();
            }
            let found = scan(&table, settings, &mut rng);
            p_value(&table, &found, settings, Null { overdispersion: told, tables: 39 }, &mut rng) <= 0.1
        });
        below.count() as f64 / f64::from(repeats)
    };
    let honest =
        [share(0.0, false, 0.0, false), share(0.002, false, 0.002, false), share(0.0, true, 0.0, false)];
    let blind = [share(0.002, false, 0.0, false), share(0.0, true, 0.0, true)];
    println!(
        "P(p <= 0.1): known {honest:?} (binomial, overdispersed, estimated baseline); not told {blind:?}"
    );
    // Binomial(150, 0.1) lies above 26 less than once in a thousand.
    assert!(honest.iter().all(|share| *share <= 0.18), "{honest:?}");
    assert!(blind.iter().all(|share| *share > 0.3), "{blind:?}");
}

/// How often the search finds the best selection of all, on tables of noise: the hardest case, as nothing stands out.
#[test]
fn the_search_finds_the_exhaustive_best() {
    for (starts, penalty, least) in [(1, 0.0, 0.4), (10, 0.0, 0.92), (10, 1.0, 0.85), (30, 0.0, 0.97)] {
        let mut rng = Pcg64::seed_from_u64(5);
        let (mut met, repeats) = (0, 300);
        let mut worst: f64 = 1.0;
        for _ in 0..repeats {
            let table = quiet_table(&[4, 3, 3], 0.003, false, &mut rng);
            let found = scan(&table, Scan { starts, penalty, ..Scan::default() }, &mut rng);
            let best = exhaustive(&table, penalty).unwrap();
            assert!(found.score <= best.score + 1e-9);
            met += u32::from(found.score >= best.score - 1e-9);
            if best.score > 0.0 {
                worst = worst.min(found.score / best.score);
            }
        }
        let share = f64::from(met) / f64::from(repeats);
        println!(
            "{starts} starts, penalty {penalty}: the best of all in {share:.3}, at worst {worst:.3} of its score"
        );
        assert!(share >= least, "{share}");
    }
}

#[test]
fn wide_tables_are_searched_quickly() {
    let mut rng = Pcg64::seed_from_u64(9);
    let table = quiet_table(&[30, 12, 8], 0.0, false, &mut rng);
    let found = scan(&table, Scan::default(), &mut rng);
    assert_eq!(table.cells().len(), 2880);
    assert!(found.score > 0.0);
}

#[test]
fn unusable_tables_are_refused() {
    let cell = Cell { values: vec![0], customers: 5, kept: 3, expected: 0.9, evidence: None };
    let check = |cell: Cell| SegmentTable::new(dimensions(&[2]), vec![cell]).unwrap_err();
    assert_eq!(check(Cell { values: vec![2], ..cell.clone() }), TableError::Values(0));
    assert_eq!(check(Cell { kept: 6, ..cell.clone() }), TableError::Counts(0));
    assert_eq!(check(Cell { expected: 1.0, ..cell.clone() }), TableError::Counts(0));
    assert_eq!(check(Cell { customers: 0, kept: 0, ..cell.clone() }), TableError::Empty("customer"));
    // Nobody kept at all is a finding, not a failure; nobody below expectation is a score of 0.
    let mut rng = Pcg64::seed_from_u64(1);
    let scanned = |cell: Cell| {
        let table = SegmentTable::new(dimensions(&[2]), vec![cell]).unwrap();
        scan(&table, Scan::default(), &mut Pcg64::seed_from_u64(1))
    };
    let gone = scanned(Cell { kept: 0, ..cell.clone() });
    assert_close(gone.score, -5.0 * 0.1_f64.ln(), 1e-6);
    let fine = scanned(Cell { kept: 5, ..cell });
    assert_close(fine.score, 0.0, 0.0);
    let null = Null { overdispersion: 0.0, tables: 9 };
    let table = SegmentTable::new(
        dimensions(&[2]),
        vec![Cell { values: vec![0], customers: 5, kept: 5, expected: 0.9, evidence: None }],
    );
    assert_close(p_value(&table.unwrap(), &fine, Scan::default(), null, &mut rng), 1.0, 0.0);
}

fn small_table() -> impl Strategy<Value = SegmentTable> {
    let cell = (0..40_u64, 0.0..=1.0_f64, 0.05..0.95_f64);
    proptest::collection::vec(cell, 18).prop_map(|draws| {
        let cells =
            combinations(&[3, 3, 2]).into_iter().zip(draws).map(|(values, (customers, share, expected))| {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a share of a small count"
                )]
                let kept = (customers as f64 * share).round() as u64;
                Cell { values, customers, kept, expected, evidence: None }
            });
        let one = Cell { values: vec![0, 0, 0], customers: 1, kept: 1, expected: 0.5, evidence: None };
        SegmentTable::new(dimensions(&[3, 3, 2]), cells.chain([one]).collect()).unwrap()
    })
}

fn periods() -> impl Strategy<Value = Periods> {
    (0..50_u64, 0..50_u64, 0..50_u64, 0..50_u64).prop_map(|(a, b, c, d)| Periods {
        customers_before: a.max(b),
        kept_before: a.min(b),
        customers_after: c.max(d),
        kept_after: c.min(d),
    })
}

proptest! {
    /// The best of all selections along any one dimension is what the scan stops at.
    #[test]
    fn the_found_selection_is_best_along_every_dimension(table in small_table(), penalty in 0.0..2.0_f64) {
        let mut rng = Pcg64::seed_from_u64(1);
        let found = scan(&table, Scan { starts: 3, penalty, ..Scan::default() }, &mut rng);
        let score = |selection: &[Vec<bool>]| {
            // By definition: the highest of f over a fine grid of q, less the penalty.
            let selected: Vec<&Cell> = table.cells().iter()
                .filter(|cell| selection.iter().zip(&cell.values).all(|(chosen, &value)| chosen[value]))
                .collect();
            let f = |t: f64| selected.iter().map(|cell| {
                cell.kept as f64 * t - cell.customers as f64 * (1.0 - cell.expected + cell.expected * t.exp()).ln()
            }).sum::<f64>();
            let highest = (0..3000).map(|step| f(-0.01 * f64::from(step))).fold(0.0, f64::max);
            let cost: usize = selection.iter()
                .map(|chosen| if chosen.contains(&false) { chosen.iter().filter(|&&is| is).count() } else { 0 })
                .sum();
            highest - penalty * cost as f64
        };
        prop_assert!((score(&found.selection) - found.score).abs() < 0.01);
        for dimension in 0..3 {
            let size = found.selection[dimension].len();
            for bits in 1..1_u32 << size {
                let mut other = found.selection.clone();
                other[dimension] = (0..size).map(|value| bits >> value & 1 == 1).collect();
                prop_assert!(score(&other) <= found.score + 1e-9, "{:?} beats {:?}", other, found);
            }
        }
    }

    #[test]
    fn parts_sum_to_the_change(segments in proptest::collection::vec(periods(), 1..8)) {
        let Ok(found) = bridge(&segments) else { return Ok(()) };
        prop_assert!((found.rate() + found.mix() - found.change()).abs() < 1e-12);
        for part in &found.parts {
            prop_assert!(part.rate_error.is_finite() && part.rate.is_finite() && part.mix.is_finite());
        }
        // Read backwards, every part changes its sign.
        let backwards: Vec<Periods> = segments.iter().map(|s| Periods {
            customers_before: s.customers_after,
            kept_before: s.kept_after,
            customers_after: s.customers_before,
            kept_after: s.kept_before,
        }).collect();
        for (part, back) in found.parts.iter().zip(bridge(&backwards).unwrap().parts) {
            prop_assert!((part.rate + back.rate).abs() < 1e-12 && (part.mix + back.mix).abs() < 1e-12);
        }
    }
}
