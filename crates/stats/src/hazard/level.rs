//! What moves all cells at once: a level that wanders, a season, and the scatter of single weeks.
//!
//! With the cells' chances fixed, week u has one shift δᵤ of all log-odds. δᵤ = μᵤ + Fᵤ'γ + εᵤ, μ a random walk with
//! steps of standard deviation `s_μ`, F the Fourier terms of the season, those of the peaks of the year, and how little is known
//! of customers' past so early in the data; ε ~ N(0, `s_ε`²) the overdispersion. A Kalman filter gives the likelihood of
//! the standard deviations and the forecast with its variance.

use super::series::Season;

/// Prior standard deviation of the level around the cells' own rates, and of what a peak adds, in log-odds. Both are wide:
/// half as many returns or twice as many are nothing unusual for the weeks before Christmas.
const LEVEL_SD: f64 = 1.0;
const PEAK_SD: f64 = 0.4;
/// How much more the weeks of a peak scatter than others: Black Friday and Christmas fall on other days of other weeks every year.
const PEAK_SCATTER: f64 = 0.1;
/// How far the level may have moved in weeks that were left out and ended in a new normal.
const MOVED_SD: f64 = 0.2;
/// Customers look newer, and their last purchase but one nearer, the less of a past the data have: customers of a cell are
/// then not those that are in it later. What this does to the log-odds fades with the weeks known, as H/(H + weeks); its
/// standard deviation in the first week, for expectations.
const HISTORY_SD: f64 = 0.08;
const HISTORY_WEEKS: f64 = 26.0;

/// Where the standard deviations are sought. The lowest stand for 0; the highest season is a factor of 3 between summer
/// and winter.
const STEP_SDS: [f64; 5] = [1e-4, 0.004, 0.01, 0.025, 0.06];
const WEEK_SDS: [f64; 5] = [1e-3, 0.02, 0.05, 0.12, 0.3];
const SEASON_SDS: [f64; 3] = [0.02, 0.08, 0.3];
const SHARP_SDS: [f64; 3] = [0.006, 0.015, 0.04];
/// The ends of the scale of sharp harmonics: at the lower they are as good as none.
const SHARP_RANGE: [f64; 2] = [0.003, 0.15];
/// The steps of a level that does not move, and of one that does.
const STILL: [f64; 2] = [STEP_SDS[0]; 2];
const MOVING: [f64; 2] = [0.002, f64::INFINITY];

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
    /// Of each cosine and sine of the sharp harmonics.
    pub(super) sharp: f64,
    /// Of what a short past does to the first week of the data.
    pub(super) history: f64,
}

/// What spreads are for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Purpose {
    /// What a level that moves weighs against one that does not.
    pub(super) moves: f64,
    /// What a short past may do.
    pub(super) history: f64,
}

impl Purpose {
    /// Expectations, whose intervals are to hold what they say.
    pub(super) const EXPECTATION: Self = Self { moves: 1.0, history: HISTORY_SD };
    /// The evidence of a fall: it keeps its promise with less, and finds small falls sooner
    /// (`docs/statistics/results/returns.md`).
    pub(super) const EVIDENCE: Self = Self { moves: 0.2, history: 0.03 };
}

/// The terms of a week: 1 for the level, then cosine and sine per harmonic and per sharp harmonic, then what is not known of the
/// past, then one for each peak of the year.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Terms {
    pub(super) values: Vec<f64>,
    /// How many of them are the season's, and of these the sharp ones.
    season: usize,
    sharp: usize,
    /// Variance of the week beyond that of others.
    pub(super) scatter: f64,
}

impl Terms {
    /// Standard deviation of the effect of a term, before the data.
    fn deviation(&self, term: usize, spread: Spread) -> f64 {
        match term {
            0 => LEVEL_SD,
            term if term <= self.season - self.sharp => spread.season / term.div_ceil(2) as f64,
            term if term <= self.season => spread.sharp,
            term if term == self.season + 1 => spread.history,
            _ => PEAK_SD,
        }
    }
}

/// The terms of a week in the peak `peak` of `peaks`, when `known` weeks of past tell what its customers are like.
pub(super) fn terms(week: usize, season: Season, known: usize, peak: Option<usize>, peaks: usize) -> Terms {
    let angle = std::f64::consts::TAU * week as f64 / season.period;
    let pair = |k: usize| [(angle * k as f64).cos(), (angle * k as f64).sin()];
    let smooth = std::iter::once(1.0).chain((1..=season.harmonics + season.sharp).flat_map(pair));
    let history = HISTORY_WEEKS / (HISTORY_WEEKS + known as f64);
    let peaks = (0..peaks).map(|other| f64::from(peak == Some(other)));
    Terms {
        values: smooth.chain(std::iter::once(history)).chain(peaks).collect(),
        season: 2 * (season.harmonics + season.sharp),
        sharp: 2 * season.sharp,
        scatter: if peak.is_some() { PEAK_SCATTER.powi(2) } else { 0.0 },
    }
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
    /// What the weeks before let expect.
    signal: f64,
    /// Covariance of that with each term.
    gain: Vec<f64>,
    surprise: f64,
    /// 0 where the week was not observed.
    variance: f64,
}

impl Weeks {
    /// Runs the filter. `keep` holds on to what [`smooth`](Self::smooth) needs.
    pub(super) fn filter(&self, spread: Spread, keep: Keep) -> Filtered {
        let size = self.terms.first().map_or(1, |terms| terms.values.len());
        let mut state = vec![0.0; size];
        let mut covariance = vec![0.0; size * size];
        if let Some(terms) = self.terms.first() {
            for i in 0..size {
                covariance[i * size + i] = terms.deviation(i, spread).powi(2);
            }
        }
        let (mut log_likelihood, mut past) =
            (0.0, Vec::with_capacity(if keep == Keep::Past { self.terms.len() } else { 0 }));
        let mut gain = vec![0.0; size];
        for ((terms, shift), &moved) in self.terms.iter().zip(&self.shifts).zip(&self.moved) {
            let (terms, scatter) = (&terms.values, terms.scatter);
            if moved {
                covariance[0] += MOVED_SD * MOVED_SD;
            }
            // Most weeks have no peak, and peaks that were not seen yet go with nothing: what is 0 is passed over.
            gain.fill(0.0);
            for (term, row) in terms.iter().zip(covariance.chunks(size)).filter(|(term, _)| **term != 0.0) {
                add(&mut gain, *term, row);
            }
            let mut seen = (0.0, 0.0);
            if let Some(shift) = shift {
                let variance = dot(&gain, terms) + shift.variance + spread.week.powi(2) + scatter;
                seen = (shift.value - dot(&state, terms), variance);
                log_likelihood -= 0.5 * (variance.ln() + seen.0 * seen.0 / variance);
            }
            if keep == Keep::Past {
                let (surprise, variance) = seen;
                past.push(Past { signal: dot(&state, terms), gain: gain.clone(), surprise, variance });
            }
            if seen.1 > 0.0 {
                let rows = covariance.chunks_mut(size).zip(&gain).zip(&mut state);
                for ((row, of_row), state) in rows.filter(|((_, gain), _)| **gain != 0.0) {
                    let scaled = of_row / seen.1;
                    *state += scaled * seen.0;
                    add(row, -scaled, &gain);
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
                let pull = (past.surprise - dot(&past.gain, &r)) / past.variance;
                r.iter_mut().zip(terms).for_each(|(r, term)| *r += term * pull);
            }
            signals.push(past.signal + dot(&past.gain, &r));
        }
        signals.reverse();
        signals
    }

    /// What these weeks say of a fall since each of them, level and season unknown. The filter learns a fall as level; what is left of it in the surprises is known in advance.
    pub(super) fn falls(&self, spread: Spread) -> Vec<FallEvidence> {
        let filtered = self.filter(spread, Keep::Past);
        let gain = |past: &Past| {
            let scale = if past.variance > 0.0 { past.variance.recip() } else { 0.0 };
            past.gain.iter().map(|gain| gain * scale).collect()
        };
        let gains: Vec<Vec<f64>> = filtered.past.iter().map(gain).collect();
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

    /// The standard deviations, for each purpose. Weeks that differ by scatter and season alone and weeks whose level moves
    /// are often likely alike, and expect very different things of the weeks to come; so are those with a smooth season and
    /// those with one that knows single months, such as an August. So all four are fitted, and the variances weighed by
    /// their likelihood, times `moves` for a level that moves.
    pub(super) fn fit_spread<const N: usize>(&self, purposes: [Purpose; N]) -> [Spread; N] {
        let sharp = self.terms.first().is_some_and(|terms| terms.sharp > 0);
        // Sharp terms whose effect is known to be 0 only cost time.
        let blunt = sharp.then(|| self.without_sharp());
        let blunt = blunt.as_ref().unwrap_or(self);
        let fitted = |range: [f64; 2]| {
            let averaged = |weeks: &Self, (height, best)| (height, weeks.averaged(best, height, range));
            let smooth = blunt.highest(range);
            let mut fitted = vec![averaged(blunt, smooth)];
            if sharp {
                fitted.push(averaged(self, self.sharpest(smooth.1, range)));
            }
            fitted
        };
        let still = fitted(STILL);
        let moving = fitted(MOVING);
        let top = still.iter().chain(&moving).map(|(height, _)| *height).fold(f64::NEG_INFINITY, f64::max);
        purposes.map(|Purpose { moves, history }| {
            let still = still.iter().map(|(height, spread)| ((height - top).exp(), spread));
            let moving = moving.iter().map(|(height, spread)| (moves * (height - top).exp(), spread));
            let ways: Vec<(f64, &Spread)> = still.chain(moving).collect();
            let total: f64 = ways.iter().map(|(weight, _)| weight).sum();
            let mean = |of: fn(&Spread) -> f64| {
                (ways.iter().map(|(weight, spread)| weight * of(spread).powi(2)).sum::<f64>() / total).sqrt()
            };
            Spread {
                step: mean(|of| of.step),
                week: mean(|of| of.week),
                season: mean(|of| of.season),
                sharp: mean(|of| of.sharp),
                history,
            }
        })
    }

    /// The same weeks with a smooth season only.
    fn without_sharp(&self) -> Self {
        let terms = self.terms.iter().map(|terms| {
            let (season, mut values) = (terms.season - terms.sharp, terms.values.clone());
            values.drain(season + 1..=terms.season);
            Terms { values, season, sharp: 0, scatter: terms.scatter }
        });
        Self { terms: terms.collect(), shifts: self.shifts.clone(), moved: self.moved.clone() }
    }

    fn height(&self, spread: Spread) -> f64 {
        self.filter(spread, Keep::Nothing).log_likelihood
    }

    /// The highest likelihood with a step in this range and a smooth season: a grid, then ever smaller steps around its best
    /// point.
    fn highest(&self, range: [f64; 2]) -> (f64, Spread) {
        let has_season = self.terms.first().is_some_and(|terms| terms.season > 0);
        let seasons: &[f64] = if has_season { &SEASON_SDS } else { &[0.0] };
        let steps = STEP_SDS.into_iter().filter(|step| (range[0]..=range[1]).contains(step));
        let weeks = steps.flat_map(|step| WEEK_SDS.map(|week| (step, week)));
        let grid = weeks.flat_map(|(step, week)| seasons.iter().map(move |&season| (step, week, season)));
        let spread = |(step, week, season)| Spread { step, week, season, sharp: 0.0, history: HISTORY_SD };
        // The least step of a range need not be one of the grid.
        let first = spread((range[0], WEEK_SDS[0], seasons[0]));
        self.climb(std::iter::once(first).chain(grid.map(spread)), range)
    }

    /// The same with sharp harmonics, from the best without them. What these hold was scatter before.
    fn sharpest(&self, smooth: Spread, range: [f64; 2]) -> (f64, Spread) {
        let weeks = [1.0, 0.7].map(|by| (smooth.week * by).max(WEEK_SDS[0]));
        let grid = SHARP_SDS.into_iter().flat_map(|sharp| weeks.map(|week| Spread { week, sharp, ..smooth }));
        self.climb(grid, range)
    }

    /// The best of some, then ever smaller steps around it.
    fn climb(&self, grid: impl Iterator<Item = Spread>, [least, most]: [f64; 2]) -> (f64, Spread) {
        let measured = |spread: Spread| (self.height(spread), spread);
        let higher = |a: (f64, Spread), b: (f64, Spread)| if b.0 > a.0 { b } else { a };
        let none = Spread { step: least, week: WEEK_SDS[0], season: 0.0, sharp: 0.0, history: HISTORY_SD };
        let (mut highest, mut best) = grid.map(measured).fold((f64::NEG_INFINITY, none), higher);
        let mut factor = 1.6_f64;
        while factor > 1.08 {
            let neighbours = [factor, 1.0 / factor].into_iter().flat_map(|by| {
                let sharp = (best.sharp * by).clamp(SHARP_RANGE[0], SHARP_RANGE[1]);
                let sharp = (best.sharp > 0.0).then_some(Spread { sharp, ..best });
                let others = [
                    Spread { step: (best.step * by).clamp(least, most), ..best },
                    Spread { week: (best.week * by).max(WEEK_SDS[0]), ..best },
                    Spread { season: (best.season * by).min(SEASON_SDS[2]), ..best },
                ];
                others.into_iter().chain(sharp)
            });
            // At an end of a range a step leads nowhere.
            let neighbours = neighbours.filter(|spread| *spread != best).map(measured);
            match neighbours.max_by(|a, b| a.0.total_cmp(&b.0)) {
                Some((height, spread)) if height > highest + 1e-6 => (highest, best) = (height, spread),
                _ => factor = factor.sqrt(),
            }
        }
        (highest, best)
    }

    /// The variances of highest likelihood replaced by their mean over the likelihood around it (from a quarter to
    /// four times each standard deviation): the highest point alone is often too low, and so would be the forecast's.
    fn averaged(&self, best: Spread, highest: f64, [least, most]: [f64; 2]) -> Spread {
        let factors = [0.25, 0.5, 1.0, 2.0, 4.0_f64];
        let steps: &[f64] = if least < most { &factors } else { &[1.0] };
        let (mut total, mut sums) = (0.0, [0.0; 3]);
        for (by_step, by_week) in steps.iter().flat_map(|step| factors.map(|week| (step, week))) {
            for by_season in [0.5, 1.0, 2.0] {
                let spread = Spread {
                    step: (best.step * by_step).clamp(least, most),
                    week: best.week * by_week,
                    season: best.season * by_season,
                    ..best
                };
                let share = (self.height(spread) - highest).exp();
                total += share;
                for (sum, sd) in sums.iter_mut().zip([spread.step, spread.week, spread.season]) {
                    *sum += share * sd.powi(2);
                }
            }
        }
        let [step, week, season] = sums.map(|sum| (sum / total).sqrt());
        if best.sharp == 0.0 {
            return Spread { step, week, season, ..best };
        }
        let (mut total, mut sum) = (0.0, 0.0);
        for sharp in factors.map(|by| best.sharp * by) {
            let share = (self.height(Spread { sharp, ..best }) - highest).exp();
            total += share;
            sum += share * sharp.powi(2);
        }
        Spread { step, week, season, sharp: (sum / total).sqrt(), history: best.history }
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

/// Adds a multiple of one row to another.
fn add(to: &mut [f64], factor: f64, row: &[f64]) {
    to.iter_mut().zip(row).for_each(|(to, value)| *to += factor * value);
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
        let spread = Spread { step: 0.1, week: 0.05, season: 0.3, sharp: 0.15, history: 0.2 };
        let n = 9;
        let season = Season { period: 5.0, harmonics: 1, sharp: 1 };
        // Two peaks of three weeks' distance; the level may have moved before week 6.
        let terms: Vec<Terms> =
            (0..=n + 2).map(|week| super::terms(week, season, week, (week % 3).checked_sub(1), 2)).collect();
        let shifts: Vec<Option<Shift>> = (0..n)
            .map(|i| (i != 4).then(|| Shift { value: (i as f64).sin(), variance: 0.01 * (1 + i) as f64 }))
            .collect();
        let moved: Vec<bool> = (0..n).map(|week| week == 6).collect();
        let weeks = Weeks { terms: terms[..n].to_vec(), shifts: shifts.clone(), moved };
        let covariance = |i: usize, j: usize| {
            let common = |k: usize| terms[i].values[k] * terms[j].values[k];
            let season: f64 = (1..3).map(common).sum();
            let sharp: f64 = (3..5).map(common).sum();
            let history = (26.0 / (26.0 + i as f64)) * (26.0 / (26.0 + j as f64));
            let peaks: f64 = (6..8).map(common).sum();
            let moved = if i.min(j) >= 6 { MOVED_SD.powi(2) } else { 0.0 };
            LEVEL_SD.powi(2)
                + spread.step.powi(2) * i.min(j) as f64
                + spread.season.powi(2) * season
                + spread.sharp.powi(2) * sharp
                + spread.history.powi(2) * history
                + PEAK_SD.powi(2) * peaks
                + moved
        };
        let seen: Vec<usize> = (0..n).filter(|&i| i != 4).collect();
        let value = |i: usize| shifts[i].unwrap();
        let y = DVector::from_iterator(seen.len(), seen.iter().map(|&i| value(i).value));
        let v = DMatrix::from_fn(seen.len(), seen.len(), |a, b| {
            let scatter = if terms[seen[a]].scatter > 0.0 { PEAK_SCATTER.powi(2) } else { 0.0 };
            let noise = if a == b { value(seen[a]).variance + spread.week.powi(2) + scatter } else { 0.0 };
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
