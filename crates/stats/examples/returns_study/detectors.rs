//! The detectors compared: each turns a series into the weeks of its alarms, and starts anew after each.

use fidance_stats::change::baseline::{Baseline, FittedBaseline, GAP};
use fidance_stats::change::comparator::{Bocpd, NormalInverseGamma, Segmentation, pelt};
use fidance_stats::change::cusum::Cusum;
use fidance_stats::change::edetector::GUARD;
use fidance_stats::change::ewma::Ewma;
use fidance_stats::change::structural::{Options, Season, Structural};
use fidance_stats::change::{BetaBinomial, Count, EDetector, Falls, Null, Overdispersion, Share, Threshold};
use fidance_stats::hazard::{Expectation, ExposureTable, Settings, WeekReturns, mixed};

use super::shop::{Truth, YEAR};

/// One judged week of a series.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judged {
    pub(crate) week: usize,
    count: Count,
    /// What is expected, its standard error in log-odds, and ρ.
    share: Share,
    error: f64,
    rho: Overdispersion,
    /// Standardised with all that is unsure.
    z: f64,
}

/// The leading series: returns against their expectation.
pub(crate) fn returns(weeks: &[WeekReturns]) -> Vec<Judged> {
    let judged = |week: &WeekReturns| {
        Some(Judged {
            week: week.week,
            count: Count::new(week.observed, week.exposed).ok()?,
            share: Share::new(week.share()).ok()?,
            error: week.share_error(),
            rho: Overdispersion::new(week.overdispersion().max(1e-12)).ok()?,
            z: week.standardised(),
        })
    };
    weeks.iter().filter_map(judged).collect()
}

/// The lagging series: the share of active customers kept, through the structural baseline fitted every four weeks.
pub(crate) fn retention(counts: &[Count], first: usize) -> Vec<Judged> {
    let design = Structural {
        options: Options { season: Some(Season { period: YEAR, pairs: 2 }), gap: GAP },
        window: 156,
    };
    let (mut fitted, mut series) = (None, Vec::new());
    for (week, &count) in counts.iter().enumerate().skip(first) {
        if (week - first).is_multiple_of(4) {
            fitted = design.fit(&counts[..week + 1 - GAP]).ok();
        }
        let Some(expected) = fitted.as_ref().and_then(|fitted| FittedBaseline::predict(fitted, week).ok())
        else {
            continue;
        };
        let (p, n) = (expected.share.value(), count.due() as f64);
        let variance = n * p * (1.0 - p) * expected.rho.variance_factor(count.due());
        let baseline = (n * p * (1.0 - p) * expected.standard_error).powi(2);
        series.push(Judged {
            week,
            count,
            share: expected.share,
            error: expected.standard_error,
            rho: expected.rho,
            z: (count.kept() as f64 - n * p) / (variance + baseline).sqrt(),
        });
    }
    series
}

/// The promise of one false alarm in so many years, as A.
pub(crate) fn threshold(years: f64) -> Threshold {
    Threshold::one_false_alarm_in(years, YEAR).unwrap_or_else(|_| unreachable!("some years of weeks"))
}

fn each(series: &[Judged], mut alarms: impl FnMut(&Judged) -> bool) -> Vec<usize> {
    series.iter().filter(|week| alarms(week)).map(|week| week.week).collect()
}

/// The guarded e-detector; `guard` in standard errors.
pub(crate) fn edetector(series: &[Judged], falls: Falls, guard: f64, threshold: Threshold) -> Vec<usize> {
    let mut detector = EDetector::new().with_falls(falls);
    each(series, |week| {
        let null = Null { share: week.share.shifted(-guard * week.error), rho: week.rho };
        let alarm = threshold.is_reached_by(detector.update(&null, week.count));
        if alarm {
            detector.restart();
        }
        alarm
    })
}

/// The best that counts of returns allow: every customer's pace known and whether they are there, the fall known, the
/// scatter of weeks known in size.
pub(crate) fn bound(
    table: &ExposureTable,
    truth: &[Truth],
    scatter: f64,
    from: usize,
    threshold: Threshold,
) -> Vec<usize> {
    let mut evidence = 0.0_f64;
    let mut alarms = Vec::new();
    for (week, truth) in truth.iter().enumerate().skip(from) {
        let missing = truth.expected - truth.fallen;
        let variance = truth.variance + (truth.expected * scatter).powi(2);
        let surprise = table.total(week).returned as f64 - truth.expected;
        evidence = (evidence + 1.0) * (-missing * (surprise + 0.5 * missing) / variance).exp();
        if threshold.is_reached_by(evidence.ln()) {
            alarms.push(week);
            evidence = 0.0;
        }
    }
    alarms
}

/// Binomial limits of three standard deviations around the expected share.
pub(crate) fn p_chart(series: &[Judged]) -> Vec<usize> {
    each(series, |week| {
        let binomial = BetaBinomial::new(week.share, Overdispersion::new(1e-12).unwrap_or(week.rho));
        binomial.pearson_score(week.count) < -3.0
    })
}

pub(crate) fn ewma(series: &[Judged]) -> Vec<usize> {
    let mut chart = Ewma::new(0.1, 2.7).unwrap_or_else(|_| unreachable!("usual parameters"));
    each(series, |week| {
        let alarm = chart.update(week.z);
        if alarm {
            chart.restart();
        }
        alarm
    })
}

pub(crate) fn cusum(series: &[Judged]) -> Vec<usize> {
    let mut chart = Cusum::new(0.5, 4.39).unwrap_or_else(|_| unreachable!("usual parameters"));
    each(series, |week| {
        let alarm = chart.update(week.z);
        if alarm {
            chart.restart();
        }
        alarm
    })
}

/// Segmented anew every week: alarm when the last stretch is lower than the one before. Penalty 3 ln T, stretches of at
/// least 2.
pub(crate) fn segmented(series: &[Judged]) -> Vec<usize> {
    let mut seen: Vec<f64> = Vec::new();
    each(series, |week| {
        seen.push(week.z);
        let settings = Segmentation { penalty: 3.0 * (seen.len() as f64).ln(), shortest: 2 };
        let changes = pelt(&seen, settings).unwrap_or_default();
        let Some((&last, earlier)) = changes.split_last() else { return false };
        let before = mean(&seen[earlier.last().copied().unwrap_or(0)..last]);
        let alarm = mean(&seen[last..]) < before;
        if alarm {
            seen.clear();
        }
        alarm
    })
}

/// Normal weeks of unknown mean and variance, a change every ten years: alarm when a change since the start is likelier
/// than none and the stretch since it is lower.
pub(crate) fn bayesian(series: &[Judged]) -> Vec<usize> {
    let new = || {
        let prior = NormalInverseGamma::new(0.0, 1.0, 1.0, 1.0).ok();
        prior
            .and_then(|prior| Bocpd::new(prior, 10.0 * YEAR).ok())
            .unwrap_or_else(|| unreachable!("usual priors"))
    };
    let (mut seen, mut detector) = (Vec::new(), new());
    each(series, |week| {
        seen.push(week.z);
        let runs = detector.observe(&week.z);
        let unchanged = runs.0.last().copied().unwrap_or(1.0);
        let (run, _) = runs.most_probable();
        if unchanged >= 0.5 || run == 0 || run >= seen.len() {
            return false;
        }
        let (before, after) = seen.split_at(seen.len() - run);
        let alarm = mean(after) < mean(before);
        if alarm {
            (seen, detector) = (Vec::new(), new());
        }
        alarm
    })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The evidence of the product: the mean of the guarded e-detector's and of that with level and season unknown, both of a
/// fall that began in week `from` or later.
pub(crate) fn watched(table: &ExposureTable, leading: &[Judged], from: usize) -> Vec<(usize, f64)> {
    let Ok(mut expectation) = Expectation::new(table.clone(), Settings::default()) else { return Vec::new() };
    let mut detector = EDetector::new();
    let evidence = |judged: &Judged| {
        let null = Null { share: judged.share.shifted(-GUARD * judged.error), rho: judged.rho };
        let guarded = detector.update(&null, judged.count);
        let lasting = expectation.evidence(judged.week, from).ok()??.ln_evidence;
        Some((judged.week, mixed(lasting, guarded)))
    };
    leading.iter().filter(|judged| judged.week >= from).filter_map(evidence).collect()
}

/// The week of the first alarm.
pub(crate) fn first(watched: &[(usize, f64)], threshold: Threshold) -> Option<usize> {
    watched.iter().find(|(_, ln_evidence)| threshold.is_reached_by(*ln_evidence)).map(|(week, _)| *week)
}

/// Alarms of the same, computed anew after each, up to the first at or after `until`.
pub(crate) fn alarms(
    table: &ExposureTable,
    leading: &[Judged],
    threshold: Threshold,
    until: usize,
) -> Vec<usize> {
    let (mut alarms, mut from) = (Vec::new(), 0);
    while let Some(week) = first(&watched(table, leading, from), threshold) {
        alarms.push(week);
        from = week + 1;
        if from > until {
            break;
        }
    }
    alarms
}
