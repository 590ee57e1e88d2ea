//! Weekly panels simulated from the binomial model, with what the incident truly did.

use fidance_stats::causal::bsts::binomial::Period;
use rand_distr::{Binomial, Distribution, StandardNormal};
use rand_pcg::Pcg64;

/// Periods before the incident, and in all.
pub(crate) const START: usize = 104;
pub(crate) const PERIODS: usize = 130;

/// What the panels are made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// Median number of customers due per week.
    pub(crate) due: f64,
    /// Step of the level, log-odds per week.
    pub(crate) step: f64,
    /// Deviation of the weekly disturbances, log-odds.
    pub(crate) disturbance: f64,
    /// Effect at the incident, log-odds, and its half-life in weeks (infinite: permanent).
    pub(crate) effect: f64,
    pub(crate) half_life: f64,
    /// Effect of a known outage in weeks 6 to 8 after the incident, log-odds.
    pub(crate) outage: f64,
}

pub(crate) struct Panel {
    pub(crate) periods: Vec<Period>,
    pub(crate) controls: Vec<Vec<f64>>,
    /// True effect, weighted by customers due, as a share.
    pub(crate) effect: f64,
    /// True customers lost, in expectation.
    pub(crate) lost: f64,
}

/// A year's season of 0.15, two controls that share a slow cycle with the segment, 95 % kept.
pub(crate) fn panel(scenario: &Scenario, rng: &mut Pcg64) -> Panel {
    let normal = |rng: &mut Pcg64| -> f64 { StandardNormal.sample(rng) };
    let mut level = 19.0_f64.ln();
    let mut cycle = [0.0; 2];
    let mut panel = Panel { periods: Vec::new(), controls: vec![Vec::new(); 2], effect: 0.0, lost: 0.0 };
    let mut due_after = 0.0;
    for t in 0..PERIODS {
        level += scenario.step * normal(rng);
        for (value, control) in cycle.iter_mut().zip(&mut panel.controls) {
            *value = 0.9 * *value + 0.44 * normal(rng);
            control.push(*value);
        }
        let angle = std::f64::consts::TAU * t as f64 * 7.0 / 365.25;
        let usual = level + 0.15 * (angle + 1.0).cos() + 0.1 * cycle[0] - 0.05 * cycle[1];
        let outage = if is_outage(t) { scenario.outage } else { 0.0 };
        let usual = usual + outage + scenario.disturbance * normal(rng);
        let due = (scenario.due * (0.3 * normal(rng)).exp()).max(1.0).round();
        let incident = if t >= START {
            scenario.effect * (-((t - START) as f64) / scenario.half_life).exp2()
        } else {
            0.0
        };
        let (without, with) = (logistic(usual), logistic(usual + incident));
        if t >= START {
            panel.lost += due * (without - with);
            due_after += due;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rounded positive number"
        )]
        let due = due as u64;
        let retained = Binomial::new(due, with).map_or(0, |binomial| binomial.sample(rng));
        panel.periods.push(Period { due, retained });
    }
    panel.effect = -panel.lost / due_after;
    panel
}

/// The weeks of the outage.
pub(crate) fn is_outage(week: usize) -> bool {
    (START + 6..START + 9).contains(&week)
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}
