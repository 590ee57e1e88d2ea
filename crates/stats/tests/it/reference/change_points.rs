//! Numbers of the change-point comparators: segmentations, scores of the benchmark, run-length probabilities.

use fidance_stats::change::comparator::{RunLengths, Segmentation, binary_segmentation, pelt, score};

use super::Tolerance::Within;
use super::{Group, Row, Section};
use crate::comparator::{SERIES, binomial_runs, normal_runs, resets, standardised, weeks};
use crate::expected::Expected;

pub(super) fn groups() -> Option<Vec<Group>> {
    let found = Expected::read("statistics/cpd/pelt_binseg_zscored_expected.json")?;
    Some(vec![segmentations(&found)?, scores(&found)?, run_lengths()?])
}

fn segmentations(expected: &Expected) -> Option<Group> {
    let mut rows = Vec::new();
    for name in SERIES {
        let series = standardised(name)?;
        for (factor, label) in [(2.0, "2logT"), (3.0, "3logT")] {
            let settings = Segmentation { penalty: factor * (series.len() as f64).ln(), shortest: 2 };
            let numbers =
                |method: &str| expected.lists(&[name, &format!("{method}_l2_{label}")]).swap_remove(0);
            let pelt = pelt(&series, settings).unwrap();
            rows.push(Row::periods(format!("{name}: PELT, {factor} ln T"), numbers("pelt"), pelt));
            let binary = binary_segmentation(&series, settings).unwrap();
            rows.push(Row::periods(
                format!("{name}: binary segmentation, {factor} ln T"),
                numbers("binseg"),
                binary,
            ));
        }
    }
    Some(Group {
        section: Section::Alarm,
        title: "PELT and binary segmentation",
        source: "ruptures 1.1.10, L2, shortest segment 2, on series of the Turing change-point data set with mean 0 and standard \
                 deviation 1.",
        rows,
    })
}

fn scores(found: &Expected) -> Option<Group> {
    let expected = Expected::read("statistics/cpd/tcpd_metric_expected.json")?;
    let annotations = Expected::read("statistics/tcpd/annotations.json")?;
    let mut rows = Vec::new();
    for name in SERIES {
        let people = annotations.lists(&[name]);
        let n = standardised(name)?.len();
        let changes = found.lists(&[name, "pelt_l2_3logT"]).swap_remove(0);
        for (key, method, changes) in
            [("zero", "silence", [].as_slice()), ("pelt3", "PELT, 3 ln T", &changes)]
        {
            let ours = score(&people, changes, n, 5).unwrap();
            let reference = |figure: &str| expected.number(&[name, &format!("{key}_{figure}")]);
            rows.push(Row::new(format!("{name}: F1, {method}"), "", reference("f1"), ours.f1, Within(1e-9)));
            let cover = reference("cover");
            rows.push(Row::new(format!("{name}: cover, {method}"), "", cover, ours.cover, Within(1e-9)));
        }
    }
    Some(Group {
        section: Section::Alarm,
        title: "Scores of the Turing change-point benchmark",
        source: "`tcpd_metric_expected.json`, margin 5; F1 of silence is the published one (van den Burg and Williams 2022).",
        rows,
    })
}

fn run_lengths() -> Option<Group> {
    let expected = Expected::read("statistics/cpd/bocpd_expected.json")?;
    let nile = normal_runs(&standardised("nile")?);
    let vector = binomial_runs(&weeks()?, 0.0);
    let longest = |runs: &RunLengths| runs.most_probable().0;
    let last = nile[99].most_probable();
    let reference = expected.number(&["nile", "last_max"]);
    let fallen = resets(&vector).into_iter().filter(|&at| at <= 104).collect();
    Some(Group {
        section: Section::Alarm,
        title: "BOCPD",
        source: "`bocpd_expected.json`, recomputed: 250 observations between changes; the Nile with mean 0 and standard deviation \
                 1 and prior (0, 1, 1, 1); the alarm's series of 130 weeks as plain binomial counts, Beta(95, 5). All \
                 probabilities of all periods are compared to 1e−6 by `comparator`.",
        rows: vec![
            Row::periods(
                "Nile: longest run at 32 and 33",
                vec![33, 6],
                vec![longest(&nile[32]), longest(&nile[33])],
            ),
            Row::periods("Nile: longest run at the end", vec![72], vec![last.0]),
            Row::new("Nile: its probability", "", reference, last.1, Within(1e-6)),
            Row::periods(
                "130 weeks: the run falls, to week 104",
                vec![20, 39, 41, 68, 73, 82, 85, 100, 104],
                fallen,
            ),
        ],
    })
}
