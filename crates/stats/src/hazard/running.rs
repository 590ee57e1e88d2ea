//! The week that is not over: how many of its returns have usually come by now, how many were to be expected by now, and how
//! many the whole week will have.
//!
//! A part of a week is never compared with a whole one. The part F(τ) of a week's returns that has come after τ days is
//! learned from complete weeks, with how much it differs between them. Nothing here is evidence: the alarm waits for the
//! week to be over. See `docs/statistics/expected-returns.md`.

use super::week::WeekReturns;
use crate::change::completion::{ClosedPeriod, CompletionCurve};
use crate::interval::{Confidence, Estimate, Interval};

/// The part of a week's returns that has come after some of its days.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Completion {
    /// F(τ), over all weeks.
    part: f64,
    /// Variance of the part of a week to come around it, its own sampling left out.
    variance: f64,
}

impl Completion {
    /// After `days` days (at least 1), from complete weeks: returns by day of the week, each customer on the first day. `None`
    /// with fewer than 8 weeks with returns, and where none or all of them come in these days.
    ///
    /// F(τ) is the pooled part ([`CompletionCurve`]). Weeks differ by more than chance; the variance between them is that of
    /// moments (Kleinman 1973, J. Am. Stat. Assoc. 68, of proportions with unequal totals), no less than 0, and enlarged by (K−1)/(K−3) because it rests on K weeks.
    pub fn fit<const DAYS: usize>(weeks: &[[u64; DAYS]], days: usize) -> Option<Self> {
        let counted = |week: &[u64; DAYS]| -> [f64; 2] {
            [week.iter().take(days).sum::<u64>() as f64, week.iter().sum::<u64>() as f64]
        };
        let counts: Vec<[f64; 2]> = weeks.iter().map(counted).filter(|[_, all]| *all > 0.0).collect();
        if counts.len() < LEAST_WEEKS || days == 0 {
            return None;
        }
        let closed =
            |week: &[u64; DAYS]| ClosedPeriod { due: week.iter().sum(), lost_by_delay: week.to_vec() };
        let curve = CompletionCurve::fit(&weeks.iter().map(closed).collect::<Vec<_>>()).ok()?;
        let part = curve.part(days - 1);
        let total: f64 = counts.iter().map(|[_, all]| all).sum();
        let squares: f64 = counts.iter().map(|[_, all]| all * all).sum();
        let scatter: f64 = counts.iter().map(|[by, all]| all * (by / all - part).powi(2)).sum();
        let others = (counts.len() - 1) as f64;
        let chance = part * (1.0 - part);
        let between = ((scatter - others * chance) / (total - squares / total)).max(0.0);
        let between = between * others / (others - 2.0);
        // How well the pooled part is known goes with it.
        let pooled = between * squares / (total * total) + chance / total;
        (chance > 0.0).then_some(Self { part, variance: between + pooled })
    }

    /// F(τ).
    pub fn part(&self) -> f64 {
        self.part
    }

    /// F(τ) with the range in which the part of a single week of `returns` lies.
    pub fn of_one_week(&self, returns: f64, confidence: Confidence) -> Estimate {
        let sampling = self.part * (1.0 - self.part) / returns.max(1.0);
        let half = confidence.z() * (self.variance + sampling).sqrt();
        let interval = Interval { low: (self.part - half).max(0.0), high: (self.part + half).min(1.0) };
        Estimate { value: self.part, interval }
    }
}

/// Fewer weeks say too little of how much they differ.
const LEAST_WEEKS: usize = 8;

/// What was to be expected of the running week.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Running {
    /// Mean of the returns by now, and of those still to come.
    by_now: f64,
    to_come: f64,
    /// Their variances and covariance.
    variance_by_now: f64,
    variance_to_come: f64,
    covariance: f64,
}

impl Running {
    /// From what was to be expected of the whole week and the part of it that has usually come by now.
    ///
    /// Of n customers with chance h, each comes by now with chance hF. With E = Σnh, S = Σnh(1−h), V the variance of the
    /// expectation and of the scatter of weeks, and v that of F:
    /// Var(by now) = FE − F²(E−S) + F²V + E²v + Vv, the same for the rest with 1−F, and
    /// Cov = −F(1−F)(E−S) + F(1−F)V − E²v − Vv.
    pub fn new(week: &WeekReturns, completion: &Completion) -> Self {
        let Completion { part, variance } = *completion;
        let WeekReturns { expected, sampling_variance, week_variance, baseline_variance, .. } = *week;
        let twice = expected - sampling_variance;
        let common = week_variance + baseline_variance;
        let differs = (expected * expected + common) * variance;
        let of = |part: f64| part * expected + part * part * (common - twice) + differs;
        Self {
            by_now: part * expected,
            to_come: (1.0 - part) * expected,
            variance_by_now: of(part),
            variance_to_come: of(1.0 - part),
            covariance: part * (1.0 - part) * (common - twice) - differs,
        }
    }

    /// Returns that were to be expected by now, with the range in which such weeks lie.
    pub fn by_now(&self, confidence: Confidence) -> Estimate {
        around(self.by_now, self.variance_by_now, confidence, 0.0)
    }

    /// Returns of the whole week, given that `observed` have come by now: the best linear prediction. A week that runs below its
    /// expectation is expected to go on so as far as weeks differ more than by chance.
    pub fn whole(&self, observed: u64, confidence: Confidence) -> Estimate {
        let observed = observed as f64;
        let gain = self.covariance / self.variance_by_now;
        let to_come = (self.to_come + gain * (observed - self.by_now)).max(0.0);
        let variance = self.variance_to_come - gain * self.covariance;
        around(observed + to_come, variance, confidence, observed)
    }
}

/// Not below what has come already.
fn around(value: f64, variance: f64, confidence: Confidence, least: f64) -> Estimate {
    let half = confidence.z() * variance.max(0.0).sqrt();
    Estimate { value, interval: Interval { low: (value - half).max(least), high: value + half } }
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers of customers")]
mod tests {
    use super::*;

    const WEEK: WeekReturns = WeekReturns {
        week: 0,
        exposed: 5000,
        observed: 0,
        expected: 1000.0,
        sampling_variance: 800.0,
        week_variance: 900.0,
        baseline_variance: 400.0,
    };

    fn weeks(days: [u64; 7]) -> Vec<[u64; 7]> {
        vec![days; 26]
    }

    /// By now and to come make the whole week: the mean, and the variance that the alarm takes.
    #[test]
    fn the_parts_are_the_week() {
        let mut weeks = weeks([150, 140, 160, 170, 180, 120, 80]);
        weeks[3][0] += 90;
        for days in 1..7 {
            let running = Running::new(&WEEK, &Completion::fit(&weeks, days).unwrap());
            assert!((running.by_now + running.to_come - WEEK.expected).abs() < 1e-9);
            let whole = running.variance_by_now + running.variance_to_come + 2.0 * running.covariance;
            assert!((whole - WEEK.standard_deviation().powi(2)).abs() < 1e-6, "{days}: {whole}");
            // What came as expected changes nothing; what did not is in the whole week.
            let expected = running.by_now.round() as u64;
            let usual = running.whole(expected, Confidence::P95);
            assert!((usual.value - WEEK.expected).abs() < 1.0);
            let fewer = running.whole(expected - 100, Confidence::P95);
            assert!(fewer.value < usual.value - 90.0, "{days}: {fewer:?}");
            assert!(usual.interval.width() < 4.0 * WEEK.standard_deviation());
        }
    }

    #[test]
    fn the_part_is_that_of_the_weeks_and_differs_as_they_do() {
        let same = Completion::fit(&weeks([200, 200, 200, 200, 200, 0, 0]), 2).unwrap();
        assert!((same.part() - 0.4).abs() < 1e-12);
        // Every week 4 points off, up or down, of which chance is a tenth.
        let mut differing = weeks([2000, 2000, 2000, 2000, 2000, 0, 0]);
        differing.iter_mut().enumerate().for_each(|(place, week)| {
            let moved = if place % 2 == 0 { 400 } else { -400_i64 };
            week[0] = week[0].checked_add_signed(moved).unwrap();
            week[4] = week[4].checked_add_signed(-moved).unwrap();
        });
        let differing = Completion::fit(&differing, 2).unwrap();
        let deviation = differing.variance.sqrt();
        assert!((0.04..0.045).contains(&deviation), "{deviation}");
        let range = differing.of_one_week(1e9, Confidence::P95).interval;
        assert!((range.low - (0.4 - 1.96 * deviation)).abs() < 1e-4);
    }

    #[test]
    fn without_weeks_or_returns_nothing_is_said() {
        assert_eq!(Completion::fit(&[[1, 2, 3]; 7], 1), None);
        assert_eq!(Completion::fit(&[[0, 0, 3]; 26], 2), None);
        assert_eq!(Completion::fit(&[[0_u64; 7]; 26], 3), None);
        assert_eq!(Completion::fit(&[[4, 0, 0]; 26], 1), None);
    }
}
