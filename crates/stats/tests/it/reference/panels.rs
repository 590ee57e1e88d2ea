//! Numbers of difference in differences, and of every estimator on the simulated retention panel with its planted truth.

use fidance_stats::causal::Panel;
use fidance_stats::causal::did::{gap, group_time, logit};
use fidance_stats::causal::gate::{Estimator, FakeDates, effects_in_space, in_time};
use fidance_stats::causal::synthetic::PlaceboError;
use fidance_stats::causal::synthetic::weighted::{self, Weighting};
use fidance_stats::interval::Confidence;
use fidance_stats::statespace::{Component, Forecast, StateSpace};

use super::Tolerance::{Inside, Part, Within};
use super::{Group, Row, Section};
use crate::bsts_binomial::{binomial_panel, gaussian_panel};
use crate::causal_did::{mpdta, retention_panel};
use crate::data::read;
use crate::expected::Expected;

pub(super) fn groups() -> Option<Vec<Group>> {
    let found = mpdta()?;
    Some(vec![teenagers(&found)?, averages(&found)?, retention()?, truth()?])
}

/// Fields of R's output for units never treated: as many as there are columns, quotes removed.
fn of_r(path: &str) -> Option<Vec<Vec<String>>> {
    let text = read(path)?;
    let lines = text.lines().filter(|line| line.starts_with("\"mpdta_nev_dr\""));
    Some(
        lines.map(|line| line.split(',').map(|field| field.trim_matches('"').to_owned()).collect()).collect(),
    )
}

fn number(text: &str) -> f64 {
    text.parse().unwrap()
}

fn teenagers(found: &group_time::GroupTime) -> Option<Group> {
    let mut rows = Vec::new();
    for (line, effect) in of_r("statistics/did/R_ref_attgt.csv")?.iter().zip(found.effects()) {
        let (group, year) = (effect.group + 2003, effect.period + 2003);
        assert_eq!((line[1].as_str(), line[2].as_str()), (&*group.to_string(), &*year.to_string()));
        let name = format!("ATT({group}, {year})");
        let error = effect.standard_error;
        rows.push(Row::new(name.clone(), "log points", number(&line[3]), effect.effect.value, Within(1e-9)));
        rows.push(Row::new(format!("{name}: error"), "log points", number(&line[4]), error, Within(1e-9)));
    }
    Some(Group {
        section: Section::Effect,
        title: "Teenage employment (mpdta): by group and year",
        source: "R `did` 2.5.0 (Callaway and Sant'Anna 2021), units never treated as controls, no covariates, analytic errors.",
        rows,
    })
}

fn averages(found: &group_time::GroupTime) -> Option<Group> {
    let expected = Expected::read("statistics/did/mpdta_expected.json")?;
    let lines = of_r("statistics/did/R_ref_aggte.csv")?;
    let mut rows = Vec::new();
    for (kind, ours, shift, overall) in [
        ("simple", found.simple(), 0, "simple"),
        ("dynamic", found.dynamic(), 0, "dynamic_overall"),
        ("group", found.by_group(), 2003, "group_overall"),
        ("calendar", found.calendar(), 2003, "calendar_overall"),
    ] {
        let reference = expected.number(&[overall]);
        let quantity = format!("{kind}: overall");
        rows.push(Row::new(quantity, "log points", reference, ours.overall.value, Within(1e-9)));
        let of_kind: Vec<&Vec<String>> = lines.iter().filter(|line| line[1] == kind).collect();
        if let Some(error) = of_kind.first().and_then(|line| line.get(6)) {
            let quantity = format!("{kind}: overall, error");
            rows.push(Row::new(quantity, "log points", number(error), ours.standard_error, Within(1e-9)));
        }
        for (point, line) in ours.points.iter().zip(of_kind) {
            let at = format!("{kind}: {}", point.at + shift);
            let (effect, error) = (point.effect.value, point.standard_error);
            rows.push(Row::new(at.clone(), "log points", number(&line[3]), effect, Within(1e-9)));
            rows.push(Row::new(format!("{at}, error"), "log points", number(&line[4]), error, Within(1e-9)));
        }
    }
    Some(Group {
        section: Section::Effect,
        title: "Teenage employment (mpdta): averages",
        source: "The same, by `aggte`. Dynamic: years since treatment.",
        rows,
    })
}

fn retention() -> Option<Group> {
    let expected = Expected::read("statistics/eventstudy/expected.json")?;
    let panel = retention_panel()?;
    let gap = gap::fit(&panel, gap::DEFAULT_LAGS, Confidence::P95).unwrap();
    let logit = logit::fit(&panel, Confidence::P95).unwrap();
    let points = |weighting| move |panel: &Panel| Ok(100.0 * weighted::fit(panel, weighting)?.effect);
    let sdid = PlaceboError::new(points(Weighting::SyntheticDid), Confidence::P95);
    let estimate = sdid.estimate(&panel).unwrap();
    let control = points(Weighting::SyntheticControl)(&panel).unwrap();
    let glm = |key: &str| expected.number(&["glm_quasibinomial_twfe", key]);
    let of_sdid = |key: &str| expected.number(&["sdid", key]);
    // Student's t: 1170 cells less 9 segments, 129 weeks, 1 effect; 8 placebos less 1.
    let logit_error = logit.log_odds.interval.width() / 2.0 / 1.962_3;
    let placebo_error = estimate.interval.width() / 2.0 / 2.364_624_252;
    let did = expected.number(&["did_nw", "b"]);
    let marginal = 100.0 * logit.average_marginal_effect.value;
    let newey_west = expected.number(&["did_nw", "se"]);
    let lost = logit.customers_lost.value;
    let mut rows = vec![
        Row::new("difference in differences", "points", did, 100.0 * gap.effect.value, Within(1e-9)),
        Row::new("its error, HAC 4", "points", newey_west, 100.0 * gap.newey_west_error, Within(1e-9)),
        Row::new("quasi-binomial", "log-odds", glm("logit_effect"), logit.log_odds.value, Within(1e-8)),
        Row::new("its error", "log-odds", glm("se_quasi"), logit_error, Within(1e-5)),
        Row::new("its dispersion", "", glm("dispersion_pearson"), logit.dispersion, Within(1e-8)),
        Row::new("its marginal effect, unweighted", "points", glm("ame_pts"), marginal, Within(1e-7)),
        Row::new("its customers lost", "customers", glm("lost"), lost, Within(1e-4)),
        Row::new("synthetic DiD", "points", of_sdid("att_pts"), estimate.value, Within(1e-4)),
        Row::new("its placebo error", "points", of_sdid("placebo_se"), placebo_error, Within(1e-3)),
        Row::new("synthetic control", "points", expected.number(&["sc", "att_pts"]), control, Within(1e-4)),
    ];
    let placebos = effects_in_space(&sdid, &panel).unwrap();
    for (unit, (reference, ours)) in expected.numbers(&["sdid", "placebos"]).iter().zip(placebos).enumerate()
    {
        let quantity = format!("synthetic DiD, segment {} as if affected", unit + 1);
        rows.push(Row::new(quantity, "points", *reference, ours, Within(1e-4)));
    }
    // The reference rolled nine dates, 60 to 76; 78 is the last that fits.
    let time = in_time(&sdid, &panel, FakeDates { first: 60, step: 2 }).unwrap();
    let nine: Vec<f64> = time.effects.iter().take(9).map(|(_, effect)| *effect).collect();
    let mean = nine.iter().sum::<f64>() / 9.0;
    let sd = (nine.iter().map(|effect| (effect - mean).powi(2)).sum::<f64>() / 8.0).sqrt();
    for (key, ours) in [("mean", mean), ("sd", sd)] {
        let reference = expected.number(&["placebo_in_time", key]);
        rows.push(Row::new(
            format!("synthetic DiD, nine fake dates: {key}"),
            "points",
            reference,
            ours,
            Within(1e-4),
        ));
    }
    let reference = expected.number(&["uc_logit_meancontrol", "avg_effect_pts"]);
    let quantity = "walking level and the mean control, log-odds";
    rows.push(Row::new(quantity, "points", reference, level_and_control(&panel), Part(0.01)));
    rows.extend(structural(&expected)?);
    Some(Group {
        section: Section::Effect,
        title: "Retention panel: one breached segment, eight others, 130 weeks",
        source: "statsmodels 0.15 (least squares with HAC errors, binomial model with the dispersion put right), `synthdid` \
                 @70c1ce3 recomputed, bsts-causalimpact 1.7.0 as a Gaussian series of points. That one takes coefficients one \
                 at a time, which is likely not exact with eight controls that move alike (on R's own data with three such controls it \
                 is 26 to 49 % off): its figures with controls are missed, and no target. One realisation: not a ranking.",
        rows,
    })
}

/// The log-odds of the breached segment by a walking level and those of the mean control, by maximum likelihood.
fn level_and_control(panel: &Panel) -> f64 {
    let logit = |share: &f64| (share / (1.0 - share)).ln();
    let shares = panel.treated_mean();
    let columns = vec![panel.control_mean().iter().map(logit).collect()];
    let model = StateSpace::new(vec![Component::LocalLevel, Component::Regression { columns }]).unwrap();
    let (before, after) = shares.split_at(panel.start());
    let before: Vec<f64> = before.iter().map(logit).collect();
    let mut padded = before.clone();
    padded.resize(shares.len(), f64::NAN);
    let fit = model.fit(&padded).unwrap();
    let forecast = model.forecast(&before, &fit.noise(), after.len()).unwrap();
    let gap = |(share, expected): (&f64, &Forecast)| share - 1.0 / (1.0 + (-expected.mean).exp());
    100.0 * after.iter().zip(&forecast).map(gap).sum::<f64>() / after.len() as f64
}

/// 0.15 standard deviations on the point, 0.25 on the ends, as with R.
fn structural(expected: &Expected) -> Option<Vec<Row>> {
    let [with, without] = gaussian_panel()?;
    let mut rows = Vec::new();
    for (key, name, found, misses) in [
        ("bsts_no_controls", "structural, no controls", without, [None, None, None]),
        ("bsts_causalimpact_1.7.0", "structural, 8 controls", with, [Some(0.1), None, Some(0.15)]),
    ] {
        let reference = |figure: &str| expected.number(&[key, figure]);
        let sd = found.average_deviation;
        let figures = [
            ("", "point_effect_mean", found.average.value, 0.15),
            (", lower end", "ci_lower", found.average.interval.low, 0.25),
            (", upper end", "ci_upper", found.average.interval.high, 0.25),
        ];
        for ((note, figure, ours, part), miss) in figures.into_iter().zip(misses) {
            let row = Row::new(format!("{name}{note}"), "points", reference(figure), ours, Within(part * sd))
                .by_chance();
            rows.push(if let Some(at_most) = miss { row.missed(at_most) } else { row });
        }
    }
    Some(rows)
}

fn truth() -> Option<Group> {
    let expected = Expected::read("statistics/eventstudy/expected.json")?;
    let truth = |key: &str| expected.number(&["truth", key]);
    let (effect, first, lost) = (truth("avg_effect_pts"), truth("first12_pts"), truth("lost_customers"));
    let panel = retention_panel()?;
    let logit = logit::fit(&panel, Confidence::P95).unwrap();
    let (share, customers) = (logit.average_marginal_effect, logit.customers_lost);
    let inside = |low: f64, high: f64| Inside(low, high);
    let mut rows = vec![
        Row::new(
            "quasi-binomial: effect",
            "points",
            effect,
            100.0 * share.value,
            inside(100.0 * share.interval.low, 100.0 * share.interval.high),
        ),
        Row::new(
            "quasi-binomial: customers lost",
            "customers",
            lost,
            customers.value,
            inside(customers.interval.low, customers.interval.high),
        ),
    ];
    for (name, found) in ["8 controls", "no controls, a year's season"].into_iter().zip(binomial_panel()?) {
        let mut push = |what: &str, unit, reference, scale: f64, ours: fidance_stats::interval::Estimate| {
            let interval = inside(scale * ours.interval.low, scale * ours.interval.high);
            let quantity = format!("binomial structural, {name}: {what}");
            rows.push(Row::new(quantity, unit, reference, scale * ours.value, interval).by_chance());
        };
        push("effect", "points", effect, 100.0, found.effect);
        push("effect in weeks 0 to 4", "points", first, 100.0, found.horizons[0]?);
        push("customers lost", "customers", lost, 1.0, found.lost);
    }
    let gap = gap::fit(&panel, gap::DEFAULT_LAGS, Confidence::P95).unwrap().effect;
    let interval = inside(100.0 * gap.interval.low, 100.0 * gap.interval.high);
    rows.push(Row::new("difference in differences", "points", effect, 100.0 * gap.value, interval));
    Some(Group {
        section: Section::Effect,
        title: "Retention panel: the planted truth",
        source: "−2.7125 points over 26 weeks, −3.1 in the first twelve, 2,196 customers.",
        rows,
    })
}
