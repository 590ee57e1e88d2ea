//! Numbers of the models of buying and renewing, and of survival.

use fidance_stats::btyd::{bgnbd, gamma_gamma, sbg};
use fidance_stats::interval::Confidence;
use fidance_stats::survival::{KaplanMeier, Lifetime, LifetimeTable, log_rank};

use super::Tolerance::{Part, Within};
use super::{Group, Row, Section};
use crate::cdnow::{histories, spends, summary};
use crate::telco::{CONTRACT, ONLINE_SECURITY, contracts, lifetimes};

pub(super) fn groups() -> Option<Vec<Group>> {
    Some(vec![renewals(), purchases()?, values()?, survival()?])
}

/// Contracts of 1,000 customers by the percentages alive after each year.
fn cohort(survivors: &[f64]) -> LifetimeTable {
    let mut table = LifetimeTable::new();
    let count = |share: f64| format!("{:.0}", share * 10.0).parse::<u64>().unwrap();
    for (year, pair) in (1..).zip(survivors.windows(2)) {
        table.add(Lifetime { entry: 0, duration: year, cause: Some(0), count: count(pair[0] - pair[1]) });
    }
    let years = u32::try_from(survivors.len() - 1).unwrap();
    let alive = count(survivors[survivors.len() - 1]);
    table.add(Lifetime { entry: 0, duration: years, cause: None, count: alive });
    table
}

fn renewals() -> Group {
    let mut rows = Vec::new();
    for (name, survivors, alpha, beta) in [
        ("regular", [100.0, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1], 0.704, 1.182),
        ("high end", [100.0, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1], 0.668, 3.806),
    ] {
        let model = sbg::fit(&cohort(&survivors)).unwrap().model;
        rows.push(Row::new(format!("{name}: α"), "", alpha, model.alpha, Within(5e-4)));
        rows.push(Row::new(format!("{name}: β"), "", beta, model.beta, Within(5e-4)));
    }
    Group {
        section: Section::Retention,
        title: "Shifted beta-geometric",
        source: "Fader and Hardie (2007), tables 1 and 2: seven years of 1,000 customers; published to three digits.",
        rows,
    }
}

fn purchases() -> Option<Group> {
    let fit = bgnbd::fit(&histories()?).unwrap();
    let (model, errors) = (fit.model, fit.standard_errors());
    let expected = model.conditional_expected_purchases(2, 30.43, 38.86, 39.0);
    let mut rows = vec![Row::new("log-likelihood", "", -9582.4, fit.log_likelihood, Within(0.1))];
    for (index, (name, ours, published, error, most)) in [
        ("r", model.r, 0.243, 0.012_557, 1e-4),
        ("α", model.alpha, 4.414, 0.378_221, 1e-3),
        ("a", model.a, 0.793, 0.185_719, 1e-3),
        ("b", model.b, 2.426, 0.705_345, 2e-3),
    ]
    .into_iter()
    .enumerate()
    {
        rows.push(Row::new(name, "", published, ours, Within(0.001)));
        rows.push(Row::new(format!("{name}: error"), "", error, errors[index] * ours, Within(most)));
    }
    let quantity = "purchases in 39 weeks after 2 until week 30.43 of 38.86";
    rows.push(Row::new(quantity, "", 1.226, expected, Within(0.001)));
    Some(Group {
        section: Section::Retention,
        title: "BG/NBD on CDNOW",
        source: "Fader, Hardie and Lee (2005); errors by lifetimes 0.11.3. 2,357 customers, weeks.",
        rows,
    })
}

fn values() -> Option<Group> {
    let fit = gamma_gamma::fit(&spends(&summary()?)).unwrap();
    let (model, errors) = (fit.model, fit.standard_errors());
    let mut rows = vec![Row::new("log-likelihood", "", -4_055.923_243_5, fit.log_likelihood, Within(1e-6))];
    for (index, (name, ours, published, estimate, error)) in [
        ("p", model.p, 6.25, 6.248_802, 1.189_687),
        ("q", model.q, 3.74, 3.744_588, 0.290_166),
        ("v", model.v, 15.44, 15.447_748, 4.159_994),
    ]
    .into_iter()
    .enumerate()
    {
        rows.push(Row::new(format!("{name}: paper"), "", published, ours, Within(0.01)));
        rows.push(Row::new(format!("{name}: lifetimes"), "", estimate, ours, Within(1e-5)));
        rows.push(Row::new(format!("{name}: error"), "", error, errors[index] * ours, Within(1e-3)));
    }
    Some(Group {
        section: Section::Retention,
        title: "Gamma-Gamma on CDNOW",
        source: "Fader and Hardie (2013); lifetimes 0.11.3; the likelihood by the paper's formula. 946 customers.",
        rows,
    })
}

fn survival() -> Option<Group> {
    let contracts = contracts()?;
    let curve = KaplanMeier::fit(&lifetimes(&contracts, |_| true), Confidence::P95).unwrap();
    let mut rows = Vec::new();
    for (month, survival, low, high) in [
        (12, 0.843_199_553_816, 0.834_168_685_811, 0.851_783_320_693),
        (24, 0.788_736_398_371, 0.778_312_955_530, 0.798_735_202_136),
        (72, 0.592_790_152_052, 0.573_062_891_004, 0.611_936_209_193),
    ] {
        let found = curve.at(month)?;
        for (what, reference, ours) in [
            ("", survival, found.value),
            (", lower end", low, found.interval.low),
            (", upper end", high, found.interval.high),
        ] {
            let quantity = format!("survival of {month} months{what}");
            rows.push(Row::new(quantity, "share", reference, ours, Within(1e-11)));
        }
    }
    let mean = curve.restricted_mean(72)?;
    let error = mean.interval.width() / 2.0 / Confidence::P95.z();
    rows.push(Row::new("mean within 72 months", "months", 54.492_387_106_728, mean.value, Within(1e-9)));
    rows.push(Row::new("its error", "months", 0.347_750_015_643, error, Within(1e-9)));
    let monthly = lifetimes(&contracts, |row| row[CONTRACT] == "Month-to-month");
    let median = KaplanMeier::fit(&monthly, Confidence::P95).unwrap().median();
    for (what, reference, ours) in [
        ("median of monthly contracts", 35.0, median.value),
        ("median, lower end", 32.0, median.low),
        ("median, upper end", 38.0, median.high),
    ] {
        rows.push(Row::new(what, "months", reference, f64::from(ours?), Within(0.0)));
    }
    let by = |column: usize, values: &[&str]| {
        let groups: Vec<LifetimeTable> =
            values.iter().map(|value| lifetimes(&contracts, |row| row[column] == *value)).collect();
        log_rank(&groups.iter().collect::<Vec<_>>()).unwrap().chi_square
    };
    let contract = by(CONTRACT, &["Month-to-month", "One year", "Two year"]);
    let security = by(ONLINE_SECURITY, &["Yes", "No"]);
    rows.push(Row::new("log-rank by contract", "χ²", 2_352.872_538_26, contract, Part(1e-9)));
    rows.push(Row::new("log-rank by online security", "χ²", 660.525_068_522, security, Part(1e-9)));
    Some(Group {
        section: Section::Retention,
        title: "Survival of 7,043 contracts (Telco)",
        source: "R 4.2, survival 3.5-3; lifelines 0.30.3 gives the same. Left truncation and competing risks are compared with \
                 survival and etm by `survival_reference`, on lifetimes made by a formula.",
        rows,
    })
}
