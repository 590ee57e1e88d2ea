//! Customers kept out of customers due, against what would have been kept without the incident.
//!
//! `x_t ~ Bin(n_t, sigma(psi_t))`, `psi_t = mu_t + s_t + z_t' beta + e_t`: a level that walks, a season, controls and
//! competing events by spike and slab, and a disturbance `e_t` per period for what binomial noise does not explain.
//! Pólya-Gamma draws make the likelihood normal, so that the Kalman smoother draws the states. Periods from the incident
//! on are missing to the model. See `docs/statistics/bsts.md`.

mod joint;
mod placebo;
mod sampler;
mod separable;
mod summary;

use rand::Rng;

use crate::interval::{Confidence, Estimate};

use super::effect::{Probability, TailArea};
use super::{BstsError, Chain, Recovery};
pub use joint::{EventEffect, HALF_LIVES, Joint, Onset, fit_events};
pub use placebo::{Checked, Placebos, fit_checked};
use sampler::Sampler;
use summary::Collected;

/// One period: customers whose decision was due, and those who were kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Decisions due; 0 for a period without any.
    pub due: u64,
    /// Customers kept, at most `due`.
    pub retained: u64,
}

/// The season of the log-odds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Season {
    /// None, or none beyond that of the controls.
    None,
    /// Sines and cosines with fixed amplitudes. For weeks of a year: period 52.18 and one to three harmonics.
    Fourier {
        /// Periods in a cycle.
        period: f64,
        /// Number of pairs.
        harmonics: usize,
    },
    /// One effect per period of the cycle, slowly changing. For days of a week.
    Dummy {
        /// Periods in a cycle.
        seasons: usize,
    },
}

/// What the model is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Length of the chain.
    pub chain: Chain,
    /// The season.
    pub season: Season,
    /// Prior guess of the level's step, in standard deviations of the log-odds before the incident. The interval rests
    /// on it: a rate that drifts more needs more (0.01 to 0.1).
    pub level_deviation: f64,
    /// Level of the intervals.
    pub confidence: Confidence,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            chain: Chain::default(),
            season: Season::None,
            level_deviation: 0.01,
            confidence: Confidence::P95,
        }
    }
}

/// What can be said.
#[derive(Debug, Clone, PartialEq)]
pub enum Finding {
    /// The effect.
    Effect(Box<RetentionEffect>),
    /// Events fall (nearly) into the same periods: the gap belongs to them together, and no number to the incident.
    NotSeparable {
        /// Positions of these events, from 0.
        events: Vec<usize>,
    },
}

/// Periods since the incident over which effects are averaged: 0 to 4, 5 to 12, 13 and later.
pub const HORIZONS: [(usize, usize); 3] = [(0, 4), (5, 12), (13, usize::MAX)];

/// The effect on retention. Averages are weighted by customers due; all figures share the same draws.
///
/// Effects are on the chance to stay. The intervals hold what is not known of the counterfactual, and the chance in the
/// customers counted after the incident.
#[derive(Debug, Clone, PartialEq)]
pub struct RetentionEffect {
    /// Share kept less share that would have been kept; negative is a loss. 0.01 is one point.
    pub effect: Estimate,
    /// Customers lost: minus the effect times the customers due.
    pub lost: Estimate,
    /// Customers kept over those that would have been kept, minus 1.
    pub relative: Estimate,
    /// Where no effect lies in the posterior.
    pub tail: TailArea,
    /// Posterior probability of a loss, given the model and its controls.
    pub probability_of_loss: Probability,
    /// The effect over each of [`HORIZONS`], absent when no customer was due there.
    pub horizons: [Option<Estimate>; 3],
    /// Half-life, or why there is none.
    pub recovery: Recovery,
    /// The counterfactual share per period, from the first of the series.
    pub prediction: Vec<Estimate>,
    /// Effect per period from the incident on; absent where no customer was due.
    pub pointwise: Vec<Option<Estimate>>,
    /// Posterior probability that each control enters.
    pub inclusion: Vec<f64>,
    /// Posterior probability that each event had an effect of its own.
    pub event_inclusion: Vec<f64>,
    /// Standard deviation of the disturbances, in log-odds.
    pub overdispersion: Estimate,
    /// Standard deviation of the level's step, in log-odds per period.
    pub level_step: Estimate,
    /// Independent draws that the chain is worth for the effect.
    pub effective_draws: f64,
}

/// Least number of periods with customers before the incident.
const NEEDED: usize = 10;

/// The effect of an incident that began in period `start` (from 0; the date of disclosure).
///
/// `controls` are series that the incident does not touch, such as the log-odds of other segments' retention
/// ([`empirical_logit`]). `events` are known competing events, one column each, such as 1 while a price holds.
/// An event that was never seen before `start` is separated from the incident by the periods they do not share: then
/// the periods after `start` are fitted too, with one effect per horizon. Errors: [`BstsError`].
///
/// ```
/// use fidance_stats::causal::bsts::{Chain, binomial::{self, Finding, Options, Period}};
/// use rand_pcg::{Pcg64, rand_core::SeedableRng};
/// let weeks: Vec<Period> = (0..80)
///     .map(|t| Period { due: 2000, retained: if t < 60 { 1900 + t % 7 } else { 1830 + t % 5 } })
///     .collect();
/// let options = Options { chain: Chain { draws: 400, burn_in: 100 }, ..Options::default() };
/// let mut rng = Pcg64::seed_from_u64(1);
/// let Finding::Effect(found) = binomial::fit(&weeks, &[], &[], 60, &options, &mut rng)? else {
///     unreachable!()
/// };
/// assert!(found.effect.interval.contains(-0.035) && found.lost.interval.contains(1400.0));
/// # Ok::<(), fidance_stats::causal::bsts::BstsError>(())
/// ```
pub fn fit(
    periods: &[Period],
    controls: &[Vec<f64>],
    events: &[Vec<f64>],
    start: usize,
    options: &Options,
    rng: &mut (impl Rng + ?Sized),
) -> Result<Finding, BstsError> {
    fit_around(periods, &vec![0.0; periods.len()], controls, events, start, options, rng)
}

/// [`fit`] with log-odds that are known beforehand, one per period, such as those of a model of the customers' mix: all else
/// is added to them. Where `periods` has nobody due they are not used. Errors: [`BstsError`].
pub fn fit_around(
    periods: &[Period],
    around: &[f64],
    controls: &[Vec<f64>],
    events: &[Vec<f64>],
    start: usize,
    options: &Options,
    rng: &mut (impl Rng + ?Sized),
) -> Result<Finding, BstsError> {
    check(periods, start, options)?;
    check_around(periods, around)?;
    let design = separable::design(periods, controls, events, start)?;
    if let separable::Design::NotSeparable(events) = design {
        return Ok(Finding::NotSeparable { events });
    }
    let mut sampler = Sampler::new(periods, around, controls, events, start, &design, options)?;
    let mut collected = Collected::new(periods, start, controls.len(), events.len(), options.chain.draws);
    for iteration in 0..options.chain.burn_in + options.chain.draws {
        sampler.step(rng);
        if iteration >= options.chain.burn_in {
            collected.take(&sampler, rng);
        }
    }
    Ok(Finding::Effect(Box::new(collected.finish(options.confidence))))
}

/// `ln((x + ½)/(n - x + ½))`: a share as log-odds, finite at 0 and 1 (Haldane 1956). A control is given as such.
///
/// ```
/// use fidance_stats::causal::bsts::binomial::{Period, empirical_logit};
/// assert_eq!(empirical_logit(Period { due: 10, retained: 5 }), 0.0);
/// ```
pub fn empirical_logit(period: Period) -> f64 {
    let (kept, left) = (period.retained as f64, period.due.saturating_sub(period.retained) as f64);
    ((kept + 0.5) / (left + 0.5)).ln()
}

fn check_around(periods: &[Period], around: &[f64]) -> Result<(), BstsError> {
    if around.len() == periods.len() && around.iter().all(|value| value.is_finite()) {
        Ok(())
    } else {
        Err(BstsError::Control { control: 0, reason: "is not a number per period" })
    }
}

fn check(periods: &[Period], start: usize, options: &Options) -> Result<(), BstsError> {
    if let Some((period, &Period { due, retained })) =
        periods.iter().enumerate().find(|(_, period)| period.retained > period.due)
    {
        return Err(BstsError::Counts { period, retained, due });
    }
    let with_customers = |part: &[Period]| part.iter().filter(|period| period.due > 0).count();
    let (before, after) = periods.split_at(start.min(periods.len()));
    let (before, after) = (with_customers(before), with_customers(after));
    if before < NEEDED || after == 0 {
        return Err(BstsError::TooShort { before, after, needed: NEEDED });
    }
    if options.chain.draws < Chain::FEWEST {
        return Err(BstsError::TooFewDraws { draws: options.chain.draws });
    }
    Ok(())
}
