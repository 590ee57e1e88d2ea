//! The model at dates where nothing happened: no effect of it is shown without them.

use rand::Rng;

use crate::causal::gate::{FakeDates, Gated, at_fake_dates, combine};
use crate::causal::{CausalError, EffectEstimate};

use super::{Chain, Finding, Options, Period, RetentionEffect, fit};

/// At which fake dates the model is tried, and with how long a chain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placebos {
    /// The dates.
    pub dates: FakeDates,
    /// The chain at each of them. Only its mean is used, so a fifth of the real one's draws is enough.
    pub chain: Chain,
}

/// An effect with what its placebos say.
#[derive(Debug, Clone, PartialEq)]
pub enum Checked {
    /// The effect by the model, and the interval and probability that count.
    Effect(Box<RetentionEffect>, Gated),
    /// See [`Finding::NotSeparable`].
    NotSeparable {
        /// Positions of these events, from 0.
        events: Vec<usize>,
    },
}

/// [`fit`], and the same model at fake dates before `start`, each over as many periods as follow `start`.
///
/// A placebo sees the periods before its own end only; events that do not vary there are left out of it, and dates at
/// which an event is not separable give none. Errors: those of the model as [`CausalError::Model`], and
/// [`CausalError::TooFewPlacebos`].
pub fn fit_checked(
    periods: &[Period],
    controls: &[Vec<f64>],
    events: &[Vec<f64>],
    start: usize,
    options: &Options,
    placebos: Placebos,
    rng: &mut (impl Rng + ?Sized),
) -> Result<Checked, CausalError> {
    let found = match fit(periods, controls, events, start, options, rng)? {
        Finding::Effect(found) => found,
        Finding::NotSeparable { events } => return Ok(Checked::NotSeparable { events }),
    };
    let horizon = periods.len() - start;
    let quick = Options { chain: placebos.chain, ..*options };
    let in_time = at_fake_dates(placebos.dates, start, horizon, |date| {
        let end = date + horizon;
        let cut = |columns: &[Vec<f64>]| -> Vec<Vec<f64>> {
            let before =
                |column: &Vec<f64>| column[..date].iter().any(|value| value.to_bits() != column[0].to_bits());
            columns.iter().filter(|column| before(column)).map(|column| column[..end].to_vec()).collect()
        };
        match fit(&periods[..end], &cut(controls), &cut(events), date, &quick, rng).ok()? {
            Finding::Effect(found) => Some(found.effect.value),
            Finding::NotSeparable { .. } => None,
        }
    })?;
    let model = EffectEstimate {
        value: found.effect.value,
        interval: found.effect.interval,
        p_value: found.tail.two_sided,
    };
    Ok(Checked::Effect(found, combine(model, in_time, None, options.confidence)))
}
