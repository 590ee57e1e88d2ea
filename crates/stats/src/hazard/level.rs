//! What moves all cells at once: a level that wanders, a season, and the scatter of single weeks.
//!
//! With the cells' chances fixed, week u has one shift δᵤ of all log-odds. δᵤ = μᵤ + Fᵤ'γ + εᵤ, μ a random walk with
//! steps of standard deviation `s_μ`, F the Fourier terms of the season, ε ~ N(0, `s_ε`²) the overdispersion. A Kalman
//! filter gives the likelihood of the two standard deviations and the forecast with its variance.

use super::series::Season;

/// Prior standard deviation of the level around the cells' own rates, and of what a peak adds, in log-odds. Both are wide:
/// half as many returns or twice as many are nothing unusual for the weeks before Christmas.
const LEVEL_SD: f64 = 1.0;
const PEAK_SD: f64 = 0.4;
/// How far the level may have moved in weeks that were left out and ended in a new normal.
const MOVED_SD: f64 = 0.2;

/// Where the standard deviations are sought. The lowest stand for 0; the highest season is a factor of 3 between summer
/// and winter.
const STEP_SDS: [f64; 5] = [1e-4, 0.004, 0.01, 0.025, 0.06];
const WEEK_SDS: [f64; 5] = [1e-3, 0.02, 0.05, 0.12, 0.3];
const SEASON_SDS: [f64; 3] = [0.02, 0.08, 0.3];
/// The least step of a level that moves.
const LEAST_STEP: f64 = 0.002;

/// One week's shift as the counts show it, and its sampling variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shift {
    pub(super) value: f64,
    pub(super) variance: f64,
}

/// The standard deviations, in log-odds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    /// `s_μ`, per week.
    pub(super) step: f64,
    /// `s_ε`.
    pub(super) week: f64,
    /// Of the first cosine and sine before the data; the k-th have the k-th part of it. It is learned like the others:
    /// less than a year of weeks that hardly move cannot tell how high the season is, but that it is not high.
    pub(super) season: f64,
}

/// The terms of a week: 1 for the level, then cosine and sine per harmonic, then one for each peak of the year.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Terms {
    pub(super) values: Vec<f64>,
    /// How many of them are the season's.
    pub(super) season: usize,
}

/// The terms of a week in the peak `peak` of `peaks`.
pub(super) fn terms(week: usize, season: Season, peak: Option<usize>, peaks: usize) -> Terms {
    let angle = std::f64::consts::TAU * week as f64 / season.period;
    let pair = |k: usize| [(angle * k as f64).cos(), (angle * k as f64).sin()];
    let smooth = std::iter::once(1.0).chain((1..=season.harmonics).flat_map(pair));
    let sharp = (0..peaks).map(|other| f64::from(peak == Some(other)));
    Terms { values: smooth.chain(sharp).collect(), season: 2 * season.harmonics }
}

/// A run of weeks: their terms and, where they are learned from, their shifts.
#[derive(Debug, Clone)]
pub(super) struct Weeks {
    pub(super) terms: Vec<Terms>,
    pub(super) shifts: Vec<Option<Shift>>,
    /// Before which the level may have moved unseen.
    pub(super) moved: Vec<bool>,
}

/// The filter after the last week.
#[derive(Debug, Clone)]
pub(super) struct Filtered {
    log_likelihood: f64,
    state: Vec<f64>,
    /// Row by row.
    covariance: Vec<f64>,
    past: Vec<Past>,
}

/// What weeks say of a lasting fall since one of them: ln(likelihood with a fall d/without) = d·missing − d²·information/2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct FallEvidence {
    missing: f64,
    information: f64,
}

impl FallEvidence {
    pub(super) fn ln_ratio(self, fall: f64) -> f64 {
        fall * (self.missing - 0.5 * fall * self.information)
    }
}

/// What smoothing needs of one week.
#[derive(Debug, Clone)]
struct Past {
    state: Vec<f64>,
    covariance: Vec<f64>,
    surprise: f64,
    /// 0 where the week was not observed.
    variance: f64,
}

impl Weeks {
    /// Runs the filter. `keep` holds on to what [`smooth`](Self::smooth) needs.
    pub(super) fn filter(&self, spread: Spread, keep: Keep) -> Filtered {
        let (size, season) = self.terms.first().map_or((1, 0), |terms| (terms.values.len(), terms.season));
        let mut state = vec![0.0; size];
        let mut covariance = vec![0.0; size * size];
        for i in 0..size {
            let sd = match i {
                0 => LEVEL_SD,
                i if i <= season => spread.season / i.div_ceil(2) as f64,
                _ => PEAK_SD,
            };
            covariance[i * size + i] = sd * sd;
        }
        let (mut log_likelihood, mut past) =
            (0.0, Vec::with_capacity(if keep == Keep::Past { self.terms.len() } else { 0 }));
        // Most weeks have no peak, and peaks that were not seen yet go with nothing: only what is not 0 is touched.
        let (mut present, mut gain) = (Vec::with_capacity(size), vec![0.0; size]);
        let mut moving = Vec::with_capacity(size);
        for ((terms, shift), &moved) in self.terms.iter().zip(&self.shifts).zip(&self.moved) {
            let terms = &terms.values;
            if moved {
                covariance[0] += MOVED_SD * MOVED_SD;
            }
            present.clear();
            present.extend((0..size).filter(|&i| terms[i] != 0.0));
            for (gain, row) in gain.iter_mut().zip(covariance.chunks(size)) {
                *gain = present.iter().map(|&i| row[i] * terms[i]).sum();
            }
            let mut seen = (0.0, 0.0);
            if let Some(shift) = shift {
                let variance = dot(&gain, terms) + shift.variance + spread.week.powi(2);
                seen = (shift.value - dot(&state, terms), variance);
                log_likelihood -= 0.5 * (variance.ln() + seen.0 * seen.0 / variance);
            }
            if keep == Keep::Past {
                let (surprise, variance) = seen;
                past.push(Past { state: state.clone(), covariance: covariance.clone(), surprise, variance });
            }
            if seen.1 > 0.0 {
                moving.clear();
                moving.extend((0..size).filter(|&i| gain[i] != 0.0));
                for &i in &moving {
                    let scaled = gain[i] / seen.1;
                    state[i] += scaled * seen.0;
                    for &j in &moving {
                        covariance[i * size + j] -= scaled * gain[j];
                    }
                }
            }
            covariance[0] += spread.step.powi(2);
        }
        Filtered { log_likelihood, state, covariance, past }
    }

    /// μ + F'γ of every week given all of them (Durbin and Koopman's backward recursion, the transition being 1).
    pub(super) fn smooth(&self, spread: Spread) -> Vec<f64> {
        let filtered = self.filter(spread, Keep::Past);
        let mut r = vec![0.0; self.terms.first().map_or(1, |terms| terms.values.len())];
        let mut signals = Vec::with_capacity(self.terms.len());
        for (Terms { values: terms, .. }, past) in self.terms.iter().zip(&filtered.past).rev() {
            if past.variance > 0.0 {
                let carried = dot(&multiply(&past.covariance, terms), &r);
                let pull = (past.surprise - carried) / past.variance;
                r.iter_mut().zip(terms).for_each(|(r, term)| *r += term * pull);
            }
            let moved = multiply(&past.covariance, &r);
            signals.push(dot(&past.state, terms) + dot(&moved, terms));
        }
        signals.reverse();
        signals
    }

    /// What these weeks say of a fall since each of them, level and season unknown. The filter learns a fall as level; what is left of it in the surprises is known in advance.
    pub(super) fn falls(&self, spread: Spread) -> Vec<FallEvidence> {
        let filtered = self.filter(spread, Keep::Past);
        let gain = |(terms, past): (&Terms, &Past)| {
            let scale = if past.variance > 0.0 { past.variance.recip() } else { 0.0 };
            multiply(&past.covariance, &terms.values).into_iter().map(|gain| gain * scale).collect()
        };
        let gains: Vec<Vec<f64>> = self.terms.iter().zip(&filtered.past).map(gain).collect();
        let weeks = || self.terms.iter().zip(&gains).zip(&filtered.past);
        let evidence = |onset: usize| {
            let mut learned = vec![0.0; gains.first().map_or(0, Vec::len)];
            let mut sum = FallEvidence { missing: 0.0, information: 0.0 };
            for ((terms, gain), past) in weeks().skip(onset).filter(|(_, past)| past.variance > 0.0) {
                let left = 1.0 - dot(&terms.values, &learned);
                sum.missing -= left * past.surprise / past.variance;
                sum.information += left * left / past.variance;
                learned.iter_mut().zip(gain).for_each(|(learned, gain)| *learned += gain * left);
            }
            sum
        };
        (0..self.terms.len()).map(evidence).collect()
    }

    /// The standard deviations. Weeks that differ by scatter and season alone and weeks whose level moves are often
    /// likely alike, and expect very different things of the weeks to come: so both are fitted, and the variances weighed
    /// by their likelihood, times `moves` for a level that moves.
    pub(super) fn fit_spread<const N: usize>(&self, moves: [f64; N]) -> [Spread; N] {
        let ways = [(STEP_SDS[0], STEP_SDS[0]), (LEAST_STEP, f64::INFINITY)];
        let fitted = ways.map(|(least, most)| {
            let (height, best) = self.highest(least, most);
            (height, self.averaged(best, height, least, most))
        });
        let [(height, still), (other, moving)] = fitted;
        moves.map(|moves| {
            let weight = moves / (moves + (height - other).exp());
            let mean = |of: fn(Spread) -> f64| {
                (weight * of(moving).powi(2) + (1.0 - weight) * of(still).powi(2)).sqrt()
            };
            Spread { step: mean(|of| of.step), week: mean(|of| of.week), season: mean(|of| of.season) }
        })
    }

    /// The highest likelihood with a step in this range: a grid, then ever smaller steps around its best point.
    fn highest(&self, least: f64, most: f64) -> (f64, Spread) {
        let height = |spread: Spread| self.filter(spread, Keep::Nothing).log_likelihood;
        let has_season = self.terms.first().is_some_and(|terms| terms.season > 0);
        let seasons: &[f64] = if has_season { &SEASON_SDS } else { &[0.0] };
        let mut best = Spread { step: least, week: WEEK_SDS[0], season: seasons[0] };
        let mut highest = height(best);
        for step in STEP_SDS.into_iter().filter(|step| (least..=most).contains(step)) {
            for (&week, &season) in
                WEEK_SDS.iter().flat_map(|week| seasons.iter().map(move |season| (week, season)))
            {
                let spread = Spread { step, week, season };
                let here = height(spread);
                if here > highest {
                    (highest, best) = (here, spread);
                }
            }
        }
        let mut factor = 1.6_f64;
        while factor > 1.08 {
            let neighbours = [factor, 1.0 / factor].into_iter().flat_map(|by| {
                [
                    Spread { step: (best.step * by).clamp(least, most), ..best },
                    Spread { week: (best.week * by).max(WEEK_SDS[0]), ..best },
                    Spread { season: (best.season * by).min(SEASON_SDS[2]), ..best },
                ]
            });
            let better = neighbours.map(|spread| (height(spread), spread));
            match better.max_by(|a, b| a.0.total_cmp(&b.0)) {
                Some((height, spread)) if height > highest + 1e-6 => (highest, best) = (height, spread),
                _ => factor = factor.sqrt(),
            }
        }
        (highest, best)
    }

    /// The variances of highest likelihood replaced by their mean over the likelihood around it (from a quarter to
    /// four times each standard deviation): the highest point alone is often too low, and so would be the forecast's.
    fn averaged(&self, best: Spread, highest: f64, least: f64, most: f64) -> Spread {
        let factors = [0.25, 0.5, 1.0, 2.0, 4.0_f64];
        let steps: &[f64] = if least < most { &factors } else { &[1.0] };
        let (mut total, mut sums) = (0.0, [0.0; 3]);
        for (by_step, by_week) in steps.iter().flat_map(|step| factors.map(|week| (step, week))) {
            for by_season in [0.5, 1.0, 2.0] {
                let spread = Spread {
                    step: (best.step * by_step).clamp(least, most),
                    week: best.week * by_week,
                    season: best.season * by_season,
                };
                let share = (self.filter(spread, Keep::Nothing).log_likelihood - highest).exp();
                total += share;
                for (sum, sd) in sums.iter_mut().zip([spread.step, spread.week, spread.season]) {
                    *sum += share * sd.powi(2);
                }
            }
        }
        let [step, week, season] = sums.map(|sum| (sum / total).sqrt());
        Spread { step, week, season }
    }
}

/// Whether the filter keeps its past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// For smoothing.
    Past,
    /// For the likelihood or a forecast.
    Nothing,
}

impl Filtered {
    /// Covariance of the forecasts of two weeks, with their terms and how many weeks they lie ahead.
    pub(super) fn covariance(&self, [one, other]: [(&Terms, usize); 2], spread: Spread) -> f64 {
        let wandered = spread.step.powi(2) * one.1.min(other.1).saturating_sub(1) as f64;
        dot(&multiply(&self.covariance, &one.0.values), &other.0.values) + wandered
    }

    /// Mean and variance of μ + F'γ, `ahead` weeks after the last one (at least 1).
    pub(super) fn forecast(&self, terms: &Terms, ahead: usize, spread: Spread) -> (f64, f64) {
        let terms = &terms.values;
        // The filter has already taken the step to the first week after.
        let wandered = spread.step.powi(2) * ahead.saturating_sub(1) as f64;
        let variance = dot(&multiply(&self.covariance, terms), terms) + wandered;
        (dot(&self.state, terms), variance.max(0.0))
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn multiply(square: &[f64], vector: &[f64]) -> Vec<f64> {
    square.chunks(vector.len()).map(|row| dot(row, vector)).collect()
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, DVector};

    use super::*;

    /// Filter, smoother and forecast against the joint normal distribution written out.
    #[test]
    fn the_filter_is_the_joint_normal() {
        let spread = Spread { step: 0.1, week: 0.05, season: 0.3 };
        let n = 9;
        let season = Season { period: 5.0, harmonics: 1 };
        // Two peaks of three weeks' distance; the level may have moved before week 6.
        let terms: Vec<Terms> =
            (0..=n + 2).map(|week| super::terms(week, season, (week % 3).checked_sub(1), 2)).collect();
        let shifts: Vec<Option<Shift>> = (0..n)
            .map(|i| (i != 4).then(|| Shift { value: (i as f64).sin(), variance: 0.01 * (1 + i) as f64 }))
            .collect();
        let moved: Vec<bool> = (0..n).map(|week| week == 6).collect();
        let weeks = Weeks { terms: terms[..n].to_vec(), shifts: shifts.clone(), moved };
        let covariance = |i: usize, j: usize| {
            let common = |k: usize| terms[i].values[k] * terms[j].values[k];
            let season: f64 = (1..3).map(common).sum();
            let peaks: f64 = (3..5).map(common).sum();
            let moved = if i.min(j) >= 6 { MOVED_SD.powi(2) } else { 0.0 };
            LEVEL_SD.powi(2)
                + spread.step.powi(2) * i.min(j) as f64
                + spread.season.powi(2) * season
                + PEAK_SD.powi(2) * peaks
                + moved
        };
        let seen: Vec<usize> = (0..n).filter(|&i| i != 4).collect();
        let value = |i: usize| shifts[i].unwrap();
        let y = DVector::from_iterator(seen.len(), seen.iter().map(|&i| value(i).value));
        let v = DMatrix::from_fn(seen.len(), seen.len(), |a, b| {
            let noise = if a == b { value(seen[a]).variance + spread.week.powi(2) } else { 0.0 };
            covariance(seen[a], seen[b]) + noise
        });
        let inverse = v.clone().try_inverse().unwrap();
        let log_likelihood = -0.5 * (v.determinant().ln() + (y.transpose() * &inverse * &y)[(0, 0)]);
        let filtered = weeks.filter(spread, Keep::Nothing);
        assert!((filtered.log_likelihood - log_likelihood).abs() < 1e-9);
        let cross =
            |week: usize| DVector::from_iterator(seen.len(), seen.iter().map(|&i| covariance(week, i)));
        for (week, signal) in weeks.smooth(spread).into_iter().enumerate() {
            assert!((signal - cross(week).dot(&(&inverse * &y))).abs() < 1e-9, "{week}");
        }
        // The likelihood with a fall from a week on against that without one.
        for (onset, evidence) in weeks.falls(spread).into_iter().enumerate() {
            let fallen =
                DVector::from_iterator(seen.len(), seen.iter().map(|&i| if i >= onset { -0.3 } else { 0.0 }));
            let ln_ratio = fallen.dot(&(&inverse * &y)) - 0.5 * fallen.dot(&(&inverse * &fallen));
            assert!((evidence.ln_ratio(0.3) - ln_ratio).abs() < 1e-9, "{onset}");
        }
        let (mean, variance) = filtered.forecast(&terms[n + 2], 3, spread);
        let c = cross(n + 2);
        assert!((mean - c.dot(&(&inverse * &y))).abs() < 1e-9);
        assert!((variance - (covariance(n + 2, n + 2) - c.dot(&(&inverse * &c)))).abs() < 1e-9);
        // Two weeks ahead and three.
        let both = filtered.covariance([(&terms[n + 1], 2), (&terms[n + 2], 3)], spread);
        assert!((both - (covariance(n + 1, n + 2) - cross(n + 1).dot(&(&inverse * &c)))).abs() < 1e-9);
    }
}
