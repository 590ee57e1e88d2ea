//! Whether and how fast an effect fades: a half-life, or the statement that no recovery is seen.
//!
//! Each draw of the effect path is fitted by `A 2^(-h/H)`, h periods after the incident, weighted by customers. A draw
//! without decay has its half-life at the edge of the range.

use crate::interval::{Confidence, Estimate, Interval};

use super::draw::quantile;

/// What the periods since the incident say about its fading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Recovery {
    /// The interval of the effect includes 0 or is above it: nothing to recover from.
    NoDrop,
    /// The draws include paths that do not fade: no recovery is seen so far.
    NotSeen {
        /// The half-life is at least this many periods, at the interval's confidence.
        at_least: f64,
    },
    /// Periods until half the effect is gone; the value is the median, the interval equal-tailed.
    HalfLife(Estimate),
}

/// Half-lives from half a period to four times the periods observed.
const GRID: usize = 64;
const SHORTEST: f64 = 0.5;
const LONGEST: f64 = 4.0;

/// Whether effects of an estimator without draws fade: `paths` are draws of the effect per period, as its errors allow
/// them, `weights` the customers of each period, `effect` the interval of the whole.
pub fn fading(
    paths: impl Iterator<Item = Vec<f64>>,
    weights: Vec<f64>,
    effect: Interval,
    confidence: Confidence,
) -> Recovery {
    let lives = HalfLives::new(weights);
    let half_lives = paths.map(|path| lives.of(&path)).collect();
    lives.recovery(half_lives, effect, confidence)
}

/// Fits half-lives to paths of effects with these weights.
#[derive(Debug)]
pub(super) struct HalfLives {
    weights: Vec<f64>,
    candidates: Vec<f64>,
    /// Per candidate: decay at each period, and its weighted square.
    decays: Vec<(Vec<f64>, f64)>,
}

impl HalfLives {
    pub(super) fn new(weights: Vec<f64>) -> Self {
        let longest = LONGEST * weights.len() as f64;
        let ratio = (longest / SHORTEST).ln() / (GRID - 1) as f64;
        let candidates: Vec<f64> = (0..GRID).map(|i| SHORTEST * (ratio * i as f64).exp()).collect();
        let decays = candidates
            .iter()
            .map(|half_life| {
                let decay: Vec<f64> = (0..weights.len()).map(|h| (-(h as f64) / half_life).exp2()).collect();
                let square = decay.iter().zip(&weights).map(|(d, w)| w * d * d).sum();
                (decay, square)
            })
            .collect();
        Self { weights, candidates, decays }
    }

    /// The half-life that explains most of a path, among those with a drop.
    pub(super) fn of(&self, effects: &[f64]) -> f64 {
        let explained: Vec<f64> = self
            .decays
            .iter()
            .map(|(decay, square)| {
                let products = decay.iter().zip(&self.weights).zip(effects);
                let product: f64 = products.map(|((d, w), e)| d * w * e).sum();
                if product < 0.0 { product * product / square } else { 0.0 }
            })
            .collect();
        let best = (0..GRID).max_by(|&a, &b| explained[a].total_cmp(&explained[b])).unwrap_or(GRID - 1);
        if best == 0 || best + 1 >= GRID {
            return self.candidates[best];
        }
        // The top of the parabola through three candidates, which are equally spaced in logs.
        let (left, top, right) = (explained[best - 1], explained[best], explained[best + 1]);
        let bend = left - 2.0 * top + right;
        let shift = if bend < 0.0 { 0.5 * (left - right) / bend } else { 0.0 };
        self.candidates[best] * (shift * (self.candidates[1] / self.candidates[0]).ln()).exp()
    }

    /// The state, from the half-lives of all draws and the interval of the effect.
    pub(super) fn recovery(
        &self,
        mut half_lives: Vec<f64>,
        effect: Interval,
        confidence: Confidence,
    ) -> Recovery {
        if effect.high >= 0.0 || half_lives.is_empty() {
            return Recovery::NoDrop;
        }
        half_lives.sort_by(f64::total_cmp);
        let tail = f64::midpoint(1.0, -confidence.level());
        let (low, high) = (quantile(&half_lives, tail), quantile(&half_lives, 1.0 - tail));
        if self.candidates.last().is_some_and(|&longest| high >= 0.999 * longest) {
            // One-sided: the whole tail lies below.
            return Recovery::NotSeen { at_least: quantile(&half_lives, 2.0 * tail) };
        }
        Recovery::HalfLife(Estimate { value: quantile(&half_lives, 0.5), interval: Interval { low, high } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clean_decay_gives_its_half_life() {
        let weights = vec![1000.0; 26];
        let lives = HalfLives::new(weights);
        for half_life in [1.0_f64, 4.7, 20.0] {
            let path: Vec<f64> = (0..26).map(|h| -0.03 * (-f64::from(h) / half_life).exp2()).collect();
            assert!((lives.of(&path) / half_life - 1.0).abs() < 0.01, "{half_life}: {}", lives.of(&path));
        }
        assert!((lives.of(&[-0.03; 26]) - 104.0).abs() < 1e-9, "no decay is the edge");
    }

    #[test]
    fn states_follow_the_draws() {
        let lives = HalfLives::new(vec![1.0; 26]);
        let drop = Interval { low: -0.04, high: -0.01 };
        let draws: Vec<f64> = (0..1000).map(|i| 5.0 + f64::from(i) / 1000.0).collect();
        let Recovery::HalfLife(found) = lives.recovery(draws.clone(), drop, Confidence::P95) else {
            panic!("a half-life is known")
        };
        assert!((found.value - 5.5).abs() < 0.01 && found.interval.contains(5.9));
        let flat: Vec<f64> = (0..1000).map(|i| if i < 900 { 10.0 } else { 104.0 }).collect();
        assert_eq!(lives.recovery(flat, drop, Confidence::P95), Recovery::NotSeen { at_least: 10.0 });
        let unclear = Interval { low: -0.02, high: 0.01 };
        assert_eq!(lives.recovery(draws, unclear, Confidence::P95), Recovery::NoDrop);
    }
}
