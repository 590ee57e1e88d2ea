//! Which controls enter: a spike-and-slab regression with the coefficients (and sigma) integrated out.
//!
//! Drawing an inclusion given the coefficients, one at a time, gets stuck when controls are nearly collinear: each looks
//! useless while the other is in. Here a set is weighed by its marginal likelihood, and a swap move exchanges a control
//! for one that resembles it (Statistica Sinica 7, 1997).
//!
//! Slab: `beta | gamma ~ N(0, s² Om⁻¹)`, `Om = kappa (w G + (1-w) diag G)`, `G` the mean information of one period.
//! `V⁻¹ = X'WX + Om`, `b = V X'Wy`, and
//! `ln p(gamma|y) = ½ ln|Om| - ½ ln|V⁻¹| - ½ (y'Wy - b'V⁻¹b) + ln p(gamma)` for known variances, the last bracket
//! being `-((nu+n)/2) ln(ss + y'y - b'V⁻¹b)` when sigma is integrated too.

use rand::Rng;

use super::draw::{DeviationPrior, inverse_gamma_below, normal, uniform};

/// What is known of the noise.
#[derive(Debug, Clone, Copy)]
pub(super) enum Scale {
    /// The weights hold it.
    Known,
    /// One unknown deviation with this prior.
    Unknown(DeviationPrior),
}

/// Sums over the observed periods: `X'WX`, `X'Wy`, `y'Wy`, and their number.
#[derive(Debug, Clone)]
pub(super) struct Sums {
    width: usize,
    pub(super) xx: Vec<f64>,
    pub(super) xy: Vec<f64>,
    pub(super) yy: f64,
    pub(super) n: f64,
}

impl Sums {
    pub(super) fn new(width: usize) -> Self {
        Self { width, xx: vec![0.0; width * width], xy: vec![0.0; width], yy: 0.0, n: 0.0 }
    }

    pub(super) fn clear(&mut self) {
        self.xx.fill(0.0);
        self.clear_response();
    }

    pub(super) fn clear_response(&mut self) {
        self.xy.fill(0.0);
        (self.yy, self.n) = (0.0, 0.0);
    }

    #[inline]
    pub(super) fn add_square(&mut self, x: &[f64], weight: f64) {
        for (row, &left) in self.xx.chunks_exact_mut(self.width).zip(x) {
            let left = left * weight;
            row.iter_mut().zip(x).for_each(|(sum, right)| *sum += left * right);
        }
    }

    #[inline]
    pub(super) fn add_response(&mut self, x: &[f64], y: f64, weight: f64) {
        let weighted = weight * y;
        self.xy.iter_mut().zip(x).for_each(|(sum, value)| *sum += value * weighted);
        self.yy += weighted * y;
        self.n += 1.0;
    }
}

/// The sampler's state.
#[derive(Debug, Clone)]
pub(super) struct SpikeSlab {
    width: usize,
    slab: Vec<f64>,
    /// Log-odds of the prior inclusion; infinite when always in.
    log_odds: Vec<f64>,
    scale: Scale,
    included: Vec<bool>,
    pub(super) beta: Vec<f64>,
    /// Absolute correlations, for the swaps.
    likeness: Vec<f64>,
    room: Room,
}

#[derive(Debug, Clone, Default)]
struct Room {
    members: Vec<usize>,
    slab: Vec<f64>,
    posterior: Vec<f64>,
    mean: Vec<f64>,
}

impl SpikeSlab {
    /// `information`: `X'WX / n`, by rows. `inclusion`: prior probabilities. `kappa`: periods the slab is worth.
    /// `w` is one half (bsts' diagonal shrinkage).
    pub(super) fn new(information: &[f64], inclusion: &[f64], kappa: f64, scale: Scale) -> Self {
        let width = inclusion.len();
        let cell = |i: usize, j: usize| information[i * width + j];
        let mut slab = vec![0.0; width * width];
        let mut likeness = vec![0.0; width * width];
        for i in 0..width {
            for j in 0..width {
                slab[i * width + j] = kappa * cell(i, j) * if i == j { 1.0 } else { 0.5 };
                // Never 0, so that every swap can be undone.
                likeness[i * width + j] = 0.05 + cell(i, j).abs() / (cell(i, i) * cell(j, j)).sqrt();
            }
        }
        Self {
            width,
            slab,
            log_odds: inclusion.iter().map(|p| (p / (1.0 - p)).ln()).collect(),
            scale,
            included: inclusion.iter().map(|&p| p >= 0.5).collect(),
            beta: vec![0.0; width],
            likeness,
            room: Room::default(),
        }
    }

    /// Begins with these controls in and no other, those apart that always are.
    pub(super) fn begin_with(&mut self, controls: impl Iterator<Item = usize>) {
        self.included
            .iter_mut()
            .zip(&self.log_odds)
            .for_each(|(included, odds)| *included = *odds == f64::INFINITY);
        controls.for_each(|control| self.included[control] = true);
    }

    pub(super) fn included(&self) -> &[bool] {
        &self.included
    }

    /// Draws the set, sigma and the coefficients. Returns the variance (1 when known).
    pub(super) fn update(&mut self, sums: &Sums, rng: &mut (impl Rng + ?Sized)) -> f64 {
        let mut current = self.log_posterior(sums);
        for i in 0..self.width {
            if self.log_odds[i].is_finite() {
                current = self.flip(i, current, sums, rng);
            }
        }
        self.swap(current, sums, rng);
        self.draw_coefficients(sums, rng)
    }

    fn flip(&mut self, i: usize, current: f64, sums: &Sums, rng: &mut (impl Rng + ?Sized)) -> f64 {
        self.included[i] = !self.included[i];
        let flipped = self.log_posterior(sums);
        if uniform(rng) < 1.0 / (1.0 + (current - flipped).exp()) {
            flipped
        } else {
            self.included[i] = !self.included[i];
            current
        }
    }

    /// Exchanges one control for one that is out, chosen by likeness, and keeps the exchange by Metropolis and Hastings.
    fn swap(&mut self, current: f64, sums: &Sums, rng: &mut (impl Rng + ?Sized)) {
        let free = |i: &usize| self.log_odds[*i].is_finite();
        let inside = (0..self.width).filter(free).filter(|&i| self.included[i]).count();
        let outside = (0..self.width).filter(free).filter(|&i| !self.included[i]).count();
        if inside == 0 || outside == 0 {
            return;
        }
        let pick = uniform(rng) * inside as f64;
        let leaves = (0..self.width).filter(free).filter(|&i| self.included[i]);
        let Some(leaves) = leaves.enumerate().find(|(rank, _)| (rank + 1) as f64 > pick).map(|(_, i)| i)
        else {
            return;
        };
        let total = self.likeness_outside(leaves);
        let mut left = uniform(rng) * total;
        let candidates = (0..self.width).filter(free).filter(|&j| !self.included[j]);
        let Some(enters) = candidates.into_iter().find(|&j| {
            left -= self.likeness[leaves * self.width + j];
            left <= 0.0
        }) else {
            return;
        };
        (self.included[leaves], self.included[enters]) = (false, true);
        let swapped = self.log_posterior(sums);
        let back = self.likeness_outside(enters);
        if uniform(rng).ln() >= swapped - current + (total / back).ln() {
            (self.included[leaves], self.included[enters]) = (true, false);
        }
    }

    fn likeness_outside(&self, i: usize) -> f64 {
        let out = (0..self.width).filter(|&j| j != i && !self.included[j] && self.log_odds[j].is_finite());
        out.map(|j| self.likeness[i * self.width + j]).sum()
    }

    /// Leaves the factors of the current set in `room` and returns its log-posterior; minus infinity when singular.
    fn log_posterior(&mut self, sums: &Sums) -> f64 {
        let Some((log_ratio, bracket)) = self.solve(sums) else { return f64::NEG_INFINITY };
        let prior: f64 = (0..self.width)
            .filter(|&i| self.included[i] && self.log_odds[i].is_finite())
            .map(|i| self.log_odds[i])
            .sum();
        let fit = match self.scale {
            Scale::Known => -0.5 * bracket,
            Scale::Unknown(DeviationPrior { guess, df, .. }) => {
                -f64::midpoint(df, sums.n) * (df * guess * guess + bracket).ln()
            }
        };
        log_ratio + fit + prior
    }

    /// `½ ln|Om| - ½ ln|V⁻¹|` and `y'Wy - b'V⁻¹b` of the current set.
    fn solve(&mut self, sums: &Sums) -> Option<(f64, f64)> {
        let room = &mut self.room;
        room.members.clear();
        room.members.extend((0..self.width).filter(|&i| self.included[i]));
        let k = room.members.len();
        room.slab.clear();
        room.posterior.clear();
        room.mean.clear();
        for &i in &room.members {
            for &j in &room.members {
                let slab = self.slab[i * self.width + j];
                room.slab.push(slab);
                room.posterior.push(slab + sums.xx[i * self.width + j]);
            }
            room.mean.push(sums.xy[i]);
        }
        let log_slab = cholesky(&mut room.slab, k)?;
        let log_posterior = cholesky(&mut room.posterior, k)?;
        solve_lower(&room.posterior, &mut room.mean);
        let explained: f64 = room.mean.iter().map(|value| value * value).sum();
        Some((log_slab - log_posterior, (sums.yy - explained).max(0.0)))
    }

    fn draw_coefficients(&mut self, sums: &Sums, rng: &mut (impl Rng + ?Sized)) -> f64 {
        self.beta.fill(0.0);
        let bracket = self.solve(sums).map_or(sums.yy, |(_, bracket)| bracket);
        let variance = match self.scale {
            Scale::Known => 1.0,
            Scale::Unknown(DeviationPrior { guess, df, upper }) => inverse_gamma_below(
                f64::midpoint(df, sums.n),
                f64::midpoint(df * guess * guess, bracket),
                upper * upper,
                rng,
            ),
        };
        // With V⁻¹ = LL', b + s L'⁻¹ e = L'⁻¹ (L⁻¹ X'Wy + s e).
        let deviation = variance.sqrt();
        self.room.mean.iter_mut().for_each(|value| *value += deviation * normal(rng));
        solve_upper(&self.room.posterior, &mut self.room.mean);
        for (&i, &value) in self.room.members.iter().zip(&self.room.mean) {
            self.beta[i] = value;
        }
        variance
    }
}

/// Replaces a symmetric matrix by its lower factor L and returns `½ ln|A|`.
fn cholesky(a: &mut [f64], k: usize) -> Option<f64> {
    let mut log = 0.0;
    for i in 0..k {
        for j in 0..=i {
            let sum: f64 = (0..j).map(|l| a[i * k + l] * a[j * k + l]).sum();
            let rest = a[i * k + j] - sum;
            if i == j {
                if rest <= 1e-14 * a[i * k + i].abs() || !rest.is_finite() {
                    return None;
                }
                a[i * k + i] = rest.sqrt();
                log += a[i * k + i].ln();
            } else {
                a[i * k + j] = rest / a[j * k + j];
            }
        }
    }
    Some(log)
}

fn solve_lower(l: &[f64], v: &mut [f64]) {
    let k = v.len();
    for i in 0..k {
        let sum: f64 = (0..i).map(|j| l[i * k + j] * v[j]).sum();
        v[i] = (v[i] - sum) / l[i * k + i];
    }
}

fn solve_upper(l: &[f64], v: &mut [f64]) {
    let k = v.len();
    for i in (0..k).rev() {
        let sum: f64 = (i + 1..k).map(|j| l[j * k + i] * v[j]).sum();
        v[i] = (v[i] - sum) / l[i * k + i];
    }
}

#[cfg(test)]
mod tests {
    use rand_pcg::{Pcg64, rand_core::SeedableRng};

    use super::*;

    /// Three controls, two of them nearly the same: the shares of draws must be the enumerated probabilities.
    #[test]
    fn inclusion_follows_the_enumerated_posterior() {
        let mut rng = Pcg64::seed_from_u64(11);
        let rows: Vec<[f64; 3]> = (0..40)
            .map(|_| {
                let common = normal(&mut rng);
                [common + 0.1 * normal(&mut rng), common + 0.1 * normal(&mut rng), normal(&mut rng)]
            })
            .collect();
        let prior = DeviationPrior { guess: 0.5, df: 5.0, upper: 1e6 };
        for scale in [Scale::Known, Scale::Unknown(prior)] {
            let mut sums = Sums::new(3);
            for x in &rows {
                sums.add_square(x, 1.0);
                sums.add_response(x, 0.4 * x[0] + 0.1 * x[2] + 0.7 * normal(&mut rng), 1.0);
            }
            let information: Vec<f64> = sums.xx.iter().map(|value| value / 40.0).collect();
            let mut sampler = SpikeSlab::new(&information, &[0.3, 0.3, 0.3], 1.0, scale);
            let mut weights = [0.0; 8];
            for (set, weight) in weights.iter_mut().enumerate() {
                sampler.included = (0..3).map(|i| set >> i & 1 == 1).collect();
                *weight = sampler.log_posterior(&sums).exp();
            }
            let total: f64 = weights.iter().sum();
            let mut seen = [0.0; 8];
            for _ in 0..40_000 {
                sampler.update(&sums, &mut rng);
                let set: usize = (0..3).filter(|&i| sampler.included[i]).map(|i| 1 << i).sum();
                seen[set] += 1.0 / 40_000.0;
            }
            for (seen, weight) in seen.iter().zip(weights) {
                assert!((seen - weight / total).abs() < 0.015, "{seen} against {}", weight / total);
            }
        }
    }
}
