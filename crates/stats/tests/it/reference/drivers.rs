//! Numbers of the bridge and of the subset scan.

use fidance_stats::driver::{Finding, Part, Scan, bridge, bridges, exhaustive, scan};
use rand_pcg::{Pcg64, rand_core::SeedableRng};

use super::Tolerance::Within;
use super::{Group, Row, Section};
use crate::driver::{NAMES, indexed, rows as segments, table};
use crate::expected::Expected;

pub(super) fn groups() -> Option<Vec<Group>> {
    let expected = Expected::read("statistics/rca/expected.json")?;
    Some(vec![accounts(&expected)?, search(&expected)?])
}

fn accounts(expected: &Expected) -> Option<Group> {
    let (values, segments) = indexed(&segments()?);
    let mut rows = Vec::new();
    for ((name, values), parts) in NAMES.iter().zip(values).zip(bridges(&segments).unwrap()) {
        let sum = |of: fn(&Part) -> f64| parts.iter().map(|(_, part)| of(part)).sum::<f64>();
        let figures = [("rate", "sum_rate", sum(|part| part.rate)), ("mix", "sum_mix", sum(|part| part.mix))];
        for (what, key, ours) in figures {
            let reference = expected.number(&[name, key]);
            rows.push(Row::new(format!("{name}: {what}"), "share", reference, ours, Within(1e-9)));
        }
        // The rows of the file hold, per value: n0 x0 n1 x1 rate mix total rate_se EP S.
        for ((value, part), row) in parts.iter().zip(expected.numbers(&[name, "rows"]).chunks(10)) {
            let value = &values[*value];
            for (what, reference, ours) in [
                ("rate", row[4], part.rate),
                ("mix", row[5], part.mix),
                ("error of the rate", row[7], part.rate_error),
            ] {
                let quantity = format!("{name} = {value}: {what}");
                rows.push(Row::new(quantity, "share", reference, ours, Within(1e-9)));
            }
        }
    }
    let cells: Vec<_> = segments.iter().map(|(_, periods)| *periods).collect();
    let all = bridge(&cells).unwrap();
    for (what, key, ours) in [
        ("before", "R0", all.before),
        ("after", "R1", all.after),
        ("change", "delta", all.change()),
        ("rate", "sum_rate", all.rate()),
        ("mix", "sum_mix", all.mix()),
    ] {
        let reference = expected.number(&["all", key]);
        rows.push(Row::new(format!("all 36 segments: {what}"), "share", reference, ours, Within(1e-9)));
    }
    Some(Group {
        section: Section::Drivers,
        title: "Bridge from 94.57 to 92.73 %",
        source: "`rca/expected.json`: a planted fall in region eu by web and app, and a move to the plan free.",
        rows,
    })
}

fn search(expected: &Expected) -> Option<Group> {
    let table = table(false)?;
    let found = scan(&table, Scan::default(), &mut Pcg64::seed_from_u64(1));
    let best = exhaustive(&table, 0.0).unwrap();
    let reference = |key: &str| expected.number(&["mdss_top3", key]);
    let planted = |found: &Finding| {
        let words: Vec<String> = found.conditions.iter().map(ToString::to_string).collect();
        f64::from(u8::from(words == ["region = eu", "channel ∈ {app, web}"]))
    };
    let rows = vec![
        Row::new("score", "", reference("score"), found.score, Within(1e-6)),
        Row::new("ln q", "log-odds", reference("log_q"), found.log_odds_ratio, Within(1e-6)),
        Row::new("score, every selection tried", "", reference("score"), best.score, Within(1e-6)),
        Row::new("the planted cause is the one found", "1 is yes", 1.0, planted(&found), Within(0.0)),
    ];
    Some(Group {
        section: Section::Drivers,
        title: "Subset scan (Zhang and Neill 2016)",
        source: "`rca/expected.json`, by trying every selection.",
        rows,
    })
}
