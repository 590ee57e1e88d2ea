//! The CDNOW sample: 2357 customers of a music shop, the data of the BG/NBD and Gamma-Gamma papers.
//!
//! References: Fader, Hardie and Lee (2005), Fader and Hardie (2013), and lifetimes 0.11.3 where said.
//! Calibration ends on 1997-09-30; the unit of time is the week.

use std::collections::BTreeMap;

use fidance_stats::btyd::bgnbd::{self, BgNbd, PurchaseHistory};
use fidance_stats::btyd::gamma_gamma::{self, SpendHistory, frequency_value_correlation};
use fidance_stats::interval::Confidence;
use rand_pcg::{Pcg64, rand_core::SeedableRng};

use crate::data::{assert_close, read};

/// Days from 0000-03-01 in the proleptic Gregorian calendar; differences of it are exact.
fn day_number(yyyymmdd: u32) -> u32 {
    let (year, month, day) = (yyyymmdd / 10_000, yyyymmdd / 100 % 100, yyyymmdd % 100);
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1
}

fn weeks(from: u32, to: u32) -> f64 {
    f64::from(to - from) / 7.0
}

/// Histories at the end of calibration, from the raw transactions.
pub(crate) fn histories() -> Option<Vec<PurchaseHistory>> {
    let text = read("retention-cdnow/CDNOW_sample.txt")?;
    let end = day_number(19_970_930);
    let mut days: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for line in text.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let day = day_number(fields[2].parse().unwrap());
        if day <= end {
            days.entry(fields[1]).or_default().push(day);
        }
    }
    let history = |mut days: Vec<u32>| {
        days.sort_unstable();
        days.dedup();
        PurchaseHistory {
            frequency: u32::try_from(days.len() - 1).unwrap(),
            recency: weeks(days[0], days[days.len() - 1]),
            age: weeks(days[0], end),
            customers: 1,
        }
    };
    Some(days.into_values().map(history).collect())
}

/// The published summary: identifier, frequency, recency, age, mean value of the repeat purchases.
pub(crate) fn summary() -> Option<Vec<(PurchaseHistory, f64)>> {
    let text = read("retention-cdnow/cdnow_customers_summary_with_transactions.csv")?;
    let row = |line: &str| {
        let fields: Vec<f64> = line.trim().split(',').map(|field| field.parse().unwrap()).collect();
        let frequency = format!("{:.0}", fields[1]).parse().unwrap();
        (PurchaseHistory { frequency, recency: fields[2], age: fields[3], customers: 1 }, fields[4])
    };
    Some(text.lines().skip(1).map(row).collect())
}

pub(crate) fn spends(summary: &[(PurchaseHistory, f64)]) -> Vec<SpendHistory> {
    let repeat = summary.iter().filter(|(history, _)| history.frequency > 0);
    repeat
        .map(|&(history, mean_value)| SpendHistory {
            transactions: history.frequency,
            mean_value,
            customers: 1,
        })
        .collect()
}

#[test]
fn raw_transactions_give_the_published_summary() {
    let (Some(histories), Some(summary)) = (histories(), summary()) else { return };
    assert_eq!(histories.len(), 2357);
    for (ours, (published, _)) in histories.iter().zip(&summary) {
        assert_eq!(ours.frequency, published.frequency);
        assert_close(ours.recency, published.recency, 0.006);
        assert_close(ours.age, published.age, 0.006);
    }
}

#[test]
fn bgnbd_reaches_the_published_parameters() {
    let Some(histories) = histories() else { return };
    let fit = bgnbd::fit(&histories).unwrap();
    for (actual, expected) in
        [(fit.model.r, 0.243), (fit.model.alpha, 4.414), (fit.model.a, 0.793), (fit.model.b, 2.426)]
    {
        assert_close(actual, expected, 0.001);
    }
    assert_close(fit.log_likelihood, -9582.4, 0.1);
    assert_eq!(fit.at_bound, [false; 4]);
    // lifetimes 0.11.3, BetaGeoFitter().fit(x, t_x, T).standard_errors_, on the natural scale.
    let errors = fit.standard_errors();
    assert_close(errors[0] * fit.model.r, 0.012_557, 1e-4);
    assert_close(errors[1] * fit.model.alpha, 0.378_221, 1e-3);
    assert_close(errors[2] * fit.model.a, 0.185_719, 1e-3);
    assert_close(errors[3] * fit.model.b, 0.705_345, 2e-3);
}

#[test]
fn counts_stand_for_repeated_rows() {
    let Some(histories) = histories() else { return };
    let mut grouped: BTreeMap<(u32, u64, u64), PurchaseHistory> = BTreeMap::new();
    for history in &histories {
        let key = (history.frequency, history.recency.to_bits(), history.age.to_bits());
        grouped.entry(key).or_insert(PurchaseHistory { customers: 0, ..*history }).customers += 1;
    }
    let grouped: Vec<PurchaseHistory> = grouped.into_values().collect();
    let (whole, by_group) = (bgnbd::fit(&histories).unwrap(), bgnbd::fit(&grouped).unwrap());
    assert_close(by_group.model.alpha, whole.model.alpha, 1e-6);
    assert_close(by_group.log_likelihood, whole.log_likelihood, 1e-6);
    assert_close(by_group.covariance[2][3], whole.covariance[2][3], 1e-6);
}

#[test]
fn conditional_expectation_is_the_published_one() {
    let Some(histories) = histories() else { return };
    let model = bgnbd::fit(&histories).unwrap().model;
    assert_close(model.conditional_expected_purchases(2, 30.43, 38.86, 39.0), 1.226, 0.001);
}

#[test]
fn draws_spread_as_the_covariance_says() {
    let Some(histories) = histories() else { return };
    let fit = bgnbd::fit(&histories).unwrap();
    let draws = fit.draws(20_000, &mut Pcg64::seed_from_u64(7)).unwrap();
    assert_eq!(draws[0], fit.draws(1, &mut Pcg64::seed_from_u64(7)).unwrap()[0]);
    let of = |value: fn(&BgNbd) -> f64| {
        let mean = draws.iter().map(value).sum::<f64>() / 20_000.0;
        let variance = draws.iter().map(|draw| (value(draw) - mean).powi(2)).sum::<f64>() / 20_000.0;
        (mean, variance)
    };
    let (mean, variance) = of(|draw| draw.a.ln());
    assert_close(mean, fit.model.a.ln(), 0.01);
    assert_close(variance / fit.covariance[2][2], 1.0, 0.05);
}

#[test]
fn gamma_gamma_reaches_the_published_parameters() {
    let Some(summary) = summary() else { return };
    let fit = gamma_gamma::fit(&spends(&summary)).unwrap();
    assert_eq!(fit.customers, 946);
    for (actual, published) in [(fit.model.p, 6.25), (fit.model.q, 3.74), (fit.model.v, 15.44)] {
        assert_close(actual, published, 0.01);
    }
    // The formula of the paper in numpy at these estimates.
    assert_close(fit.log_likelihood, -4_055.923_243_5, 1e-6);
    // lifetimes 0.11.3, GammaGammaFitter().fit(x, zbar).summary: estimates and standard errors.
    let errors = fit.standard_errors();
    for (parameter, error, estimate, standard_error) in [
        (fit.model.p, errors[0], 6.248_802, 1.189_687),
        (fit.model.q, errors[1], 3.744_588, 0.290_166),
        (fit.model.v, errors[2], 15.447_748, 4.159_994),
    ] {
        assert_close(parameter, estimate, 1e-5);
        assert_close(error * parameter, standard_error, 1e-3);
    }
}

#[test]
fn frequency_and_value_are_nearly_independent() {
    let Some(summary) = summary() else { return };
    let correlation = frequency_value_correlation(&spends(&summary), Confidence::P95).unwrap();
    // numpy.corrcoef(x, zbar) over customers with a repeat purchase.
    assert_close(correlation.value, 0.113_883_91, 1e-7);
}
