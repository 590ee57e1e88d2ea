//! Simulated weeks: how many decisions were due, what share was to be kept, how many were.

use fidance_stats::change::{Count, Overdispersion, Share};
use rand_distr::{Beta, Binomial, Distribution, StandardNormal};
use rand_pcg::Pcg64;

/// Weeks in a year of the simulation.
pub(crate) const YEAR: usize = 52;

/// How the weeks come about while nothing changes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct World {
    /// Median of the customers due; log-normal with spread 0.3.
    pub(crate) due: f64,
    /// Mean share kept.
    pub(crate) share: f64,
    /// Amplitude of the yearly season, in logits.
    pub(crate) season: f64,
    /// Overdispersion.
    pub(crate) rho: f64,
    /// Fall of the logit in the weeks 25 and 51 of each year, known to the baseline.
    pub(crate) holidays: f64,
    /// Standard deviation of an unmodelled autoregression (φ = 0.8) of the logit: outside the promise.
    pub(crate) wander: f64,
}

impl World {
    /// The design of the published figures.
    pub(crate) const STANDARD: Self =
        Self { due: 2000.0, share: 0.95, season: 0.15, rho: 5e-4, holidays: 0.0, wander: 0.0 };

    pub(crate) fn rho(&self) -> Overdispersion {
        Overdispersion::new(self.rho)
            .unwrap_or_else(|_| unreachable!("the worlds have a valid overdispersion"))
    }

    /// What an ideal baseline expects of week t.
    pub(crate) fn expected(&self, t: usize) -> Share {
        let angle = std::f64::consts::TAU * t as f64 / YEAR as f64;
        let holiday = if matches!(t % YEAR, 25 | 51) { self.holidays } else { 0.0 };
        let logit = (self.share / (1.0 - self.share)).ln() + self.season * angle.cos() - holiday;
        share_of_logit(logit)
    }
}

fn share_of_logit(logit: f64) -> Share {
    Share::from_logit(logit.clamp(-29.0, 29.0)).unwrap_or_else(|_| unreachable!("clamped"))
}

/// A fall of the share kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change {
    /// First week of the fall.
    pub(crate) at: usize,
    /// Points lost in the end, 0.01 for one point.
    pub(crate) points: f64,
    /// Weeks until the whole fall is reached; 1 is sudden.
    pub(crate) over: usize,
}

impl Change {
    fn points_at(&self, t: usize) -> f64 {
        match (t + 1).checked_sub(self.at) {
            Some(weeks) => self.points * (weeks as f64 / self.over as f64).min(1.0),
            None => 0.0,
        }
    }
}

/// One series, week by week.
pub(crate) struct Series {
    world: World,
    change: Option<Change>,
    rng: Pcg64,
    t: usize,
    wander: f64,
}

impl Series {
    pub(crate) fn new(world: World, change: Option<Change>, rng: Pcg64) -> Self {
        Self { world, change, rng, t: 0, wander: 0.0 }
    }

    /// The next weeks.
    pub(crate) fn take_weeks(&mut self, weeks: usize) -> Vec<Count> {
        (0..weeks).map(|_| self.week()).collect()
    }

    fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.rng)
    }

    /// The count of the next week.
    pub(crate) fn week(&mut self) -> Count {
        let world = self.world;
        let due = (world.due.ln() + 0.3 * self.normal()).exp().round().max(1.0);
        if world.wander > 0.0 {
            self.wander = 0.8 * self.wander + 0.6 * world.wander * self.normal();
        }
        let lost = world.expected(self.t).shifted(self.wander).complement()
            + self.change.map_or(0.0, |change| change.points_at(self.t));
        self.t += 1;
        let lost = lost.clamp(1e-9, 1.0 - 1e-9);
        let weight = world.rho().weight();
        let drawn =
            Beta::new(lost * weight, (1.0 - lost) * weight).map_or(lost, |law| law.sample(&mut self.rng));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rounded count above 0"
        )]
        let due = due as u64;
        let lost = Binomial::new(due, drawn).map_or(0, |law| law.sample(&mut self.rng));
        Count::new(due - lost.min(due), due).unwrap_or_else(|_| unreachable!("fewer lost than due"))
    }

    /// Spreads `lost` over delays with these parts of the losses each.
    pub(crate) fn delays(&mut self, lost: u64, parts: &[f64]) -> Vec<u64> {
        let (mut left, mut part_left) = (lost, 1.0);
        let mut by_delay = Vec::with_capacity(parts.len());
        for part in parts {
            let chance = (part / part_left).clamp(0.0, 1.0);
            let now = Binomial::new(left, chance).map_or(0, |law| law.sample(&mut self.rng)).min(left);
            by_delay.push(now);
            left -= now;
            part_left -= part;
        }
        if let Some(last) = by_delay.last_mut() {
            *last += left;
        }
        by_delay
    }
}
