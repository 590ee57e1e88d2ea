//! The page of the references: one Markdown table per source, the misses counted at the top, and what is not there.
//!
//! Digits end where the tolerance does, so that the page is the same on every machine.

use std::fmt::Write;

use super::{Figure, Group, Row, Section, Tolerance};

const HEAD: &str = "# Reference numbers

Published numbers and those of other implementations, beside ours on the same data. Made by the test `the_reference_table`
(`crates/stats/tests/it/reference/`), which fails when a number leaves its tolerance; `make table` writes this page anew
and needs the data folder `FIDANCE_DATA`. Numbers are shown to the digit after the one that the tolerance fixes, drawn or
simulated ones to that one, six digits at most; comparisons are made on all digits. Chains and simulations have fixed seeds.

In the column of tolerances, a plain number is in the unit of the row, a percentage is of the reference; ≥ and ≤: ours
may not be below or above; \"inside\": the planted truth lies inside our 95 % interval, which is given. The last column says
whether it is held. A reference that is missed stays here with the size of the miss; what is known of it stands above its
table.
";

const ABSENT: &str = "
## Not here

Reference numbers of the same sources that nothing in this crate computes:

- **NAB** (Numenta Anomaly Benchmark): its scoring is not implemented. Metrics every five minutes, no proportions.
- **TCPDBench, averages over the whole benchmark** (van den Burg and Williams 2020): over all its series, other settings and
  other methods (AMOC, BOCPDMS, CPNP, ECP, KCPA, Prophet, RBOCPDMS, RFPOP, SegNeigh, WBS); compared are PELT, binary
  segmentation and silence on 9 series, one by one.
- **The vignette of CausalImpact** (effect 11 [9.8, 11]): its data need R's generator of random numbers.
- **Other engines on the data of CausalImpact** (maximum likelihood, least squares, variational), and the distances by
  dynamic time warping of one of them: not implemented.
- **R `did` with covariates, with units not yet treated as controls, by inverse probability weights**: the estimator takes
  units never treated as controls and no covariates.
- **The paper's own placebo errors of Proposition 99** (8.4, 9.9, 17.7): from random resampling; compared are the
  recomputed ones.
- **Basque country: permutation p** (1/6) and mean absolute errors: of the other program's choice of placebo units.
- **Nile: the step's error of 28.77**: statsmodels takes it from the full likelihood; compared is that of least squares.
- **BCG: a common effect, and the prediction interval by the normal distribution**: not implemented.
- **Adtributor** (explanatory power, surprise), **Squeeze, RiskLoc, HotSpot**, and the second and third best subset: not
  implemented; the bridge and the best subset are.
- **Abnormal returns of share prices**: not implemented.
- **e-BH on segments**: segments are ranked, no rate of false discoveries is claimed.
- **Figures from the literature on incidents** (losses after breaches): priors to think with, no numbers to compute.
";

impl Section {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Alarm, "Alarm"),
        (Self::Effect, "Effect of an incident"),
        (Self::DoseResponse, "Dose-response"),
        (Self::Drivers, "Drivers"),
        (Self::Retention, "Retention models and survival"),
    ];
}

/// The whole page.
pub(super) fn render(groups: &[Group]) -> String {
    let mut page = HEAD.to_owned();
    let rows = groups.iter().flat_map(|group| &group.rows);
    let (count, missed) = (rows.clone().count(), rows.filter(|row| row.missed.is_some()).count());
    let _ = write!(page, "\n**{count} numbers, {missed} of them missed:**\n\n");
    for group in groups {
        for row in group.rows.iter().filter(|row| row.missed.is_some()) {
            let _ = writeln!(page, "- {}: {}, by {}.", group.title, row.quantity, missed_by(row));
        }
    }
    for (section, name) in Section::ALL {
        let _ = write!(page, "\n## {name}\n");
        for group in groups.iter().filter(|group| group.section == section) {
            let _ = write!(page, "\n### {}\n\n{}\n\n", group.title, wrapped(group.source));
            page += "| quantity | unit | reference | ours | tolerance | held |\n|---|---|---|---|---|---|\n";
            group.rows.iter().for_each(|row| page += &line(row));
        }
    }
    page + ABSENT
}

/// Lines of the repository's width.
fn wrapped(text: &str) -> String {
    let (mut lines, mut width) = (String::new(), 0);
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > 120 {
            lines.push('\n');
            width = 0;
        } else if width > 0 {
            lines.push(' ');
            width += 1;
        }
        lines += word;
        width += length;
    }
    lines
}

/// The cells of a row that hold numbers, and by how much ours is off.
struct Cells {
    reference: String,
    ours: String,
    tolerance: String,
    off: String,
}

fn cells(row: &Row) -> Cells {
    match &row.figure {
        Figure::Number { reference, ours, tolerance } => {
            let decimals = decimals(*reference, tolerance.absolute(*reference), row.by_chance);
            let off = match tolerance {
                Tolerance::Part(_) => format!("{} %", short(100.0 * (ours / reference - 1.0).abs())),
                _ => short((ours - reference).abs()),
            };
            Cells {
                reference: number(*reference, decimals),
                ours: number(*ours, decimals),
                tolerance: said(*tolerance, decimals),
                off,
            }
        }
        Figure::Periods { reference, ours } => Cells {
            reference: list(reference),
            ours: list(ours),
            tolerance: "the same".to_owned(),
            off: String::new(),
        },
    }
}

fn missed_by(row: &Row) -> String {
    let off = cells(row).off;
    if off.ends_with('%') || row.unit.is_empty() { off } else { format!("{off} {}", row.unit) }
}

fn line(row: &Row) -> String {
    let Cells { reference, ours, tolerance, off } = cells(row);
    let held = if row.missed.is_some() { format!("**missed by {off}**") } else { "yes".to_owned() };
    let quantity = row.quantity.replace(": -", ": −");
    format!("| {quantity} | {} | {reference} | {ours} | {tolerance} | {held} |\n", row.unit)
}

fn list(periods: &[usize]) -> String {
    let words: Vec<String> = periods.iter().map(ToString::to_string).collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

fn said(tolerance: Tolerance, decimals: usize) -> String {
    match tolerance {
        Tolerance::Within(0.0) => "exact".to_owned(),
        Tolerance::Within(most) => short(most),
        Tolerance::Part(most) => format!("{} %", short(100.0 * most)),
        Tolerance::AtLeast => "≥".to_owned(),
        Tolerance::AtMost => "≤".to_owned(),
        Tolerance::Later(most) => format!("0 to {most} later"),
        Tolerance::Inside(low, high) => {
            format!("inside [{}, {}]", number(low, decimals), number(high, decimals))
        }
    }
}

/// One digit finer than the tolerance, six significant ones at most.
fn decimals(reference: f64, tolerance: f64, by_chance: bool) -> usize {
    let below_point = |value: f64| -value.log10().floor();
    if tolerance == 0.0 {
        return 0;
    }
    let finest = if reference == 0.0 { 9.0 } else { below_point(reference.abs()) + 5.0 };
    let wanted = below_point(tolerance) + 1.0;
    let wanted = if by_chance { wanted - 1.0 } else { wanted };
    let digits = wanted.min(finest).clamp(0.0, 10.0);
    (0..=10_u8).filter(|&step| f64::from(step) < digits).count()
}

fn number(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let zero = text.chars().all(|c| "-0.".contains(c));
    if zero { text.trim_start_matches('-').to_owned() } else { text.replace('-', "−") }
}

/// Two significant digits, without zeros at the end.
fn short(value: f64) -> String {
    if value > 0.0 && value < 9.5e-4 {
        return format!("{value:.1e}").replace(".0e", "e").replace('-', "−");
    }
    let whole = if value > 0.0 { value.log10().floor() } else { 0.0 };
    let decimals = (0..=4_u8).filter(|&step| f64::from(step) < 1.0 - whole).count();
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
