//! Panels of weekly retention with a known effect, for the simulation study and its small version in the tests.
//!
//! Log-odds of a unit in a week: its level + the season + a shock of the week + its own trend + the effect. Counts
//! are beta-binomial.

use fidance_stats::causal::did::{gap, logit};
use fidance_stats::causal::gate::{Estimator, FakeDates, Gated, check};
use fidance_stats::causal::synthetic::season::Season;
use fidance_stats::causal::synthetic::weighted::{self, Weighting};
use fidance_stats::causal::synthetic::{PlaceboError, control, past};
use fidance_stats::causal::{CausalError, Cell, EffectEstimate, Panel};
use fidance_stats::interval::Confidence;
use rand::Rng;
use rand_distr::{Beta, Binomial, Distribution, StandardNormal};
use rand_pcg::{Pcg64, rand_core::SeedableRng};

pub(crate) const METHODS: usize = Method::ALL.len();

/// How panels are drawn. Defaults: the assumptions hold and nothing happened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Design {
    pub(crate) weeks: usize,
    pub(crate) start: usize,
    pub(crate) controls: usize,
    /// Typical customers due per unit and week.
    pub(crate) customers: f64,
    /// Intra-class correlation of the counts of a cell.
    pub(crate) rho: f64,
    /// Change of the affected unit's log-odds from the start on.
    pub(crate) effect: f64,
    /// Change of the affected unit's log-odds per year, from week 0: trends are not parallel.
    pub(crate) drift: f64,
    /// Standard deviation of a shock to one unit that fades by a fifth per week.
    pub(crate) own_shock: f64,
}

impl Default for Design {
    fn default() -> Self {
        Self {
            weeks: 117,
            start: 104,
            controls: 8,
            customers: 2000.0,
            rho: 0.0005,
            effect: 0.0,
            drift: 0.0,
            own_shock: 0.0,
        }
    }
}

/// A panel with the mean effect on the share retained of the affected unit.
#[derive(Debug, Clone)]
pub(crate) struct Drawn {
    pub(crate) panel: Panel,
    pub(crate) truth: f64,
}

fn normal(rng: &mut impl Rng) -> f64 {
    StandardNormal.sample(rng)
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn cell(p: f64, design: &Design, rng: &mut impl Rng) -> Option<Cell> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 20 and a few thousand"
    )]
    let customers = (design.customers * (0.3 * normal(rng)).exp()).round().max(20.0) as u64;
    let concentration = 1.0 / design.rho - 1.0;
    let share = Beta::new(p * concentration, (1.0 - p) * concentration).ok()?.sample(rng);
    let retained = Binomial::new(customers, share).ok()?.sample(rng);
    Some(Cell { customers, retained })
}

/// Draws one panel; unit 0 is the affected one. `None` only for a design that no distribution fits.
pub(crate) fn draw(design: &Design, rng: &mut impl Rng) -> Option<Drawn> {
    let common: Vec<f64> = (0..design.weeks)
        .map(|t| 0.15 * (std::f64::consts::TAU * t as f64 / 52.0).cos() + 0.05 * normal(rng))
        .collect();
    let mut truth = 0.0;
    let mut units = Vec::new();
    for unit in 0..=design.controls {
        // The affected unit lies among the others, as synthetic control supposes.
        let level = 2.94 + if unit == 0 { 0.05 } else { 0.25 } * normal(rng);
        let mut own = 0.0;
        let mut cells = Vec::new();
        for (t, common) in common.iter().enumerate() {
            own = 0.8 * own + design.own_shock * normal(rng);
            let drift = if unit == 0 { design.drift * t as f64 / 52.0 } else { 0.0 };
            let without = level + common + own + drift;
            let hit = unit == 0 && t >= design.start;
            let with = without + if hit { design.effect } else { 0.0 };
            if hit {
                truth += (logistic(with) - logistic(without)) / (design.weeks - design.start) as f64;
            }
            cells.push(cell(logistic(with), design, rng)?);
        }
        units.push(cells);
    }
    let treated: Vec<bool> = (0..=design.controls).map(|unit| unit == 0).collect();
    Some(Drawn { panel: Panel::from_counts(&units, &treated, design.start).ok()?, truth })
}

/// The estimators of the study.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Gap,
    Logit,
    Control,
    ControlDemeaned,
    SyntheticDid,
    /// The same three with the error that other units show.
    ControlByOthers,
    ControlDemeanedByOthers,
    SyntheticDidByOthers,
}

impl Method {
    pub(crate) const ALL: [Self; 8] = [
        Self::Gap,
        Self::Logit,
        Self::Control,
        Self::ControlDemeaned,
        Self::SyntheticDid,
        Self::ControlByOthers,
        Self::ControlDemeanedByOthers,
        Self::SyntheticDidByOthers,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gap => "gap, 4 lags",
            Self::Logit => "logit DiD, AME",
            Self::Control => "synthetic control",
            Self::ControlDemeaned => "synthetic control, demeaned",
            Self::SyntheticDid => "synthetic DiD, deseasonalised",
            Self::ControlByOthers => "synthetic control, placebo error",
            Self::ControlDemeanedByOthers => "demeaned, placebo error",
            Self::SyntheticDidByOthers => "synthetic DiD, placebo error",
        }
    }

    pub(crate) fn check(self, panel: &Panel) -> Result<Gated, CausalError> {
        const LEVEL: Confidence = Confidence::P95;
        const SEASON: Season = Season::WEEKS_OF_A_YEAR;
        fn gate(estimator: &impl Estimator, panel: &Panel) -> Result<Gated, CausalError> {
            check(estimator, panel, FakeDates { first: 60, step: 3 }, LEVEL)
        }
        let control = |panel: &Panel| Ok(control::fit(panel)?.effect);
        let demeaned = |panel: &Panel| Ok(control::fit_demeaned(panel)?.effect);
        let did = |panel: &Panel| Ok(weighted::fit(&SEASON.remove(panel)?, Weighting::SyntheticDid)?.effect);
        match self {
            Self::Gap => gate(&|panel: &Panel| Ok(gap::fit(panel, gap::DEFAULT_LAGS, LEVEL)?.effect), panel),
            Self::Logit => {
                let by_logit = |panel: &Panel| -> Result<EffectEstimate, CausalError> {
                    Ok(logit::fit(panel, LEVEL)?.average_marginal_effect)
                };
                gate(&by_logit, panel)
            }
            Self::Control => gate(&|panel: &Panel| past::control(panel, LEVEL), panel),
            Self::ControlDemeaned => gate(&|panel: &Panel| past::control_demeaned(panel, LEVEL), panel),
            Self::SyntheticDid => {
                gate(&|panel: &Panel| past::synthetic_did(panel, Some(SEASON), LEVEL), panel)
            }
            Self::ControlByOthers => gate(&PlaceboError::new(control, LEVEL), panel),
            Self::ControlDemeanedByOthers => gate(&PlaceboError::new(demeaned, LEVEL), panel),
            Self::SyntheticDidByOthers => gate(&PlaceboError::new(did, LEVEL), panel),
        }
    }
}

/// What one estimator did over many panels.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) panels: f64,
    pub(crate) failed: f64,
    pub(crate) error: f64,
    pub(crate) square: f64,
    pub(crate) model_covers: f64,
    pub(crate) covers: f64,
    pub(crate) width: f64,
    pub(crate) biased: f64,
    pub(crate) biased_by_spread_alone: f64,
    /// Panels whose model's interval leaves 0 out.
    pub(crate) model_effect: f64,
    /// Panels told as an effect: not biased, and the widened interval leaves 0 out.
    pub(crate) effect: f64,
}

impl Tally {
    pub(crate) fn add(&mut self, found: &Result<Gated, CausalError>, truth: f64) {
        let count = |yes: bool| f64::from(u8::from(yes));
        let Ok(gated) = found else {
            self.failed += 1.0;
            return;
        };
        let error = gated.model.value - truth;
        let effect = !gated.interval.contains(0.0);
        self.panels += 1.0;
        self.error += error;
        self.square += error * error;
        self.model_covers += count(gated.model.interval.contains(truth));
        self.covers += count(gated.interval.contains(truth));
        self.width += gated.interval.width() / 2.0;
        self.biased += count(gated.biased);
        self.biased_by_spread_alone += count(gated.in_time.bias.abs() > gated.in_time.spread);
        self.model_effect += count(!gated.model.interval.contains(0.0));
        self.effect += count(effect && !gated.biased);
    }
}

impl Merge for Tally {
    fn merge(&mut self, other: &Self) {
        self.panels += other.panels;
        self.failed += other.failed;
        self.error += other.error;
        self.square += other.square;
        self.model_covers += other.model_covers;
        self.covers += other.covers;
        self.width += other.width;
        self.biased += other.biased;
        self.biased_by_spread_alone += other.biased_by_spread_alone;
        self.model_effect += other.model_effect;
        self.effect += other.effect;
    }
}

/// Draws `panels` panels, each from its own seed, and runs every estimator with its gate on each, over all cores.
pub(crate) fn study(seed: u64, panels: u64, design: &(impl Fn(u64) -> Design + Sync)) -> [Tally; METHODS] {
    over_all_cores(panels, |panel| {
        let mut tallies = [Tally::default(); METHODS];
        let drawn = draw(&design(panel), &mut Pcg64::seed_from_u64(seed + panel));
        for (tally, method) in tallies.iter_mut().zip(Method::ALL) {
            if let Some(drawn) = &drawn {
                tally.add(&method.check(&drawn.panel), drawn.truth);
            }
        }
        tallies
    })
}

/// What panels give together.
pub(crate) trait Merge: Default + Send {
    fn merge(&mut self, other: &Self);
}

impl Merge for [Tally; METHODS] {
    fn merge(&mut self, other: &Self) {
        self.iter_mut().zip(other).for_each(|(sum, part)| sum.merge(part));
    }
}

/// Runs panels 0, 1, … over all cores. The sum does not depend on their number, up to rounding.
pub(crate) fn over_all_cores<T: Merge>(panels: u64, of: impl Fn(u64) -> T + Sync) -> T {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let part = |thread: usize| {
        let mut sum = T::default();
        (0..panels).skip(thread).step_by(threads).for_each(|panel| sum.merge(&of(panel)));
        sum
    };
    let mut total = T::default();
    std::thread::scope(|scope| {
        let part = &part;
        let parts: Vec<_> = (0..threads).map(|thread| scope.spawn(move || part(thread))).collect();
        parts.into_iter().filter_map(|part| part.join().ok()).for_each(|part| total.merge(&part));
    });
    total
}
