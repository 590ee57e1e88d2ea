//! Several events of nearly the same periods in one fit, each with an effect of its own that may fade.
//!
//! Nothing here decides whether the events may be told apart: [`Joint::correlation`] and the intervals say how far the
//! data could share the change out between them, and the caller draws the line.

use rand::Rng;
use statrs::function::logistic::logistic;

use crate::causal::bsts::BstsError;
use crate::causal::bsts::effect::{Draws, TailArea, effective_draws, summarise};
use crate::causal::bsts::recovery::{HalfLives, Recovery};
use crate::interval::{Confidence, Estimate};

use super::sampler::Sampler;
use super::separable::Design;
use super::{HORIZONS, Options, Period, check, check_around};

/// Half-lives, in periods, of the shapes that an effect is made of.
pub const HALF_LIVES: [f64; 4] = [4.0, 8.0, 26.0, f64::INFINITY];

/// When an event began.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Onset {
    /// The period it began in, from 0.
    pub period: usize,
    /// Share of that period that was left, above 0 and at most 1.
    pub share: f64,
}

/// What one event did, or all of them, from its first period on: against the chances without it, the other events as they
/// were.
#[derive(Debug, Clone, PartialEq)]
pub struct EventEffect {
    /// Share kept less share that would have been kept, weighted by customers due; 0.01 is one point.
    pub effect: Estimate,
    /// Customers kept over those that would have been kept, minus 1.
    pub relative: Estimate,
    /// Where no effect lies in the posterior.
    pub tail: TailArea,
    /// Relative change over each of [`HORIZONS`], absent where no customer was due.
    pub horizons: [Option<Estimate>; 3],
    /// Half-life, or why there is none.
    pub recovery: Recovery,
    /// Posterior probability that it had an effect.
    pub inclusion: f64,
    /// What it adds to the log-odds of each period from its first on: the mean of the draws.
    pub path: Vec<f64>,
    /// Share that would have been kept without it.
    pub share: f64,
}

/// Several events.
#[derive(Debug, Clone, PartialEq)]
pub struct Joint {
    /// Each for itself, in the order given.
    pub events: Vec<EventEffect>,
    /// All of them, from the first of them on.
    pub together: EventEffect,
    /// The least posterior correlation of an event's effect with another's, in the order given: near −1 the data know their sum
    /// and not their parts. 0 for a single event and for one that never enters.
    pub correlation: Vec<f64>,
    /// Standard deviation of the disturbances, in log-odds.
    pub overdispersion: Estimate,
    /// Standard deviation of the level's step, in log-odds per period.
    pub level_step: Estimate,
    /// Independent draws that the chain is worth for the effect of all events together.
    pub effective_draws: f64,
}

/// The effects of events that begin in periods near each other, from one fit of the whole series.
///
/// `psi_t = around_t + mu_t + s_t + sum_j d_j(t) + e_t`: what is known beforehand (one value per period), a level, a season, and
/// what each event adds: 0 before it, in its first period the share that was left, then a mixture of steps that halve
/// every [`HALF_LIVES`] periods, by spike and slab, with even odds that the event did nothing. Errors: [`BstsError`], also for an
/// onset outside the series or without a share.
///
/// ```
/// use fidance_stats::causal::bsts::{Chain, binomial::{Onset, Options, Period, fit_events}};
/// use rand_pcg::{Pcg64, rand_core::SeedableRng};
/// let kept = |t: u64| match t { 0..60 => 1000, 60 => 860, _ => 760 } + t * 7 % 11;
/// let weeks: Vec<Period> = (0..80).map(|t| Period { due: 10_000, retained: kept(t) }).collect();
/// let options = Options { chain: Chain { draws: 400, burn_in: 100 }, ..Options::default() };
/// let onsets = [Onset { period: 60, share: 1.0 }, Onset { period: 61, share: 1.0 }];
/// let mut rng = Pcg64::seed_from_u64(1);
/// let found = fit_events(&weeks, &[0.0; 80], &onsets, &options, &mut rng)?;
/// assert!(found.together.relative.interval.contains(-0.235));
/// # Ok::<(), fidance_stats::causal::bsts::BstsError>(())
/// ```
pub fn fit_events(
    periods: &[Period],
    around: &[f64],
    onsets: &[Onset],
    options: &Options,
    rng: &mut (impl Rng + ?Sized),
) -> Result<Joint, BstsError> {
    let start = onsets.iter().map(|onset| onset.period).min().unwrap_or(periods.len());
    check(periods, start, options)?;
    check_around(periods, around)?;
    for (event, onset) in onsets.iter().enumerate() {
        if onset.period >= periods.len() || !(onset.share > 0.0 && onset.share <= 1.0) {
            return Err(BstsError::Control { control: event, reason: "begins outside the series" });
        }
    }
    let columns: Vec<Vec<f64>> = onsets
        .iter()
        .flat_map(|&onset| HALF_LIVES.map(|half_life| column(onset, half_life, periods.len())))
        .collect();
    let candidates = HALF_LIVES.len();
    let design = Design::Events { candidates };
    let mut sampler = Sampler::new(periods, around, &[], &columns, start, &design, options)?;
    let of = |event: usize| event * candidates..(event + 1) * candidates;
    let mut events: Vec<Collected<'_>> = onsets
        .iter()
        .enumerate()
        .map(|(event, onset)| Collected::new(&periods[onset.period..], onset.period, of(event)))
        .collect();
    let mut together = Collected::new(&periods[start..], start, 0..columns.len());
    let (mut deviations, mut steps) = (Vec::new(), Vec::new());
    for iteration in 0..options.chain.burn_in + options.chain.draws {
        sampler.step(rng);
        if iteration >= options.chain.burn_in {
            events.iter_mut().for_each(|event| event.take(&sampler));
            together.take(&sampler);
            deviations.push(sampler.disturbance_variance.sqrt());
            steps.push(sampler.level_variance().sqrt());
        }
    }
    let gaps: Vec<Vec<f64>> = events.iter().map(Collected::sums).collect();
    let least = |event: usize| {
        let others = gaps.iter().enumerate().filter(|(other, _)| *other != event);
        others.map(|(_, other)| correlation(&gaps[event], other)).fold(0.0, f64::min)
    };
    Ok(Joint {
        correlation: (0..events.len()).map(least).collect(),
        events: events.into_iter().map(|event| event.finish(options.confidence)).collect(),
        effective_draws: effective_draws(&together.sums()),
        together: together.finish(options.confidence),
        overdispersion: summarise(deviations.into_iter(), options.confidence),
        level_step: summarise(steps.into_iter(), options.confidence),
    })
}

/// What a unit of effect with this half-life adds in each period.
fn column(onset: Onset, half_life: f64, periods: usize) -> Vec<f64> {
    let at = |t: usize| match t.checked_sub(onset.period) {
        None => 0.0,
        Some(0) => onset.share,
        Some(since) => (-(since as f64) / half_life).exp2(),
    };
    (0..periods).map(at).collect()
}

/// Draws of what some columns did.
#[derive(Debug)]
struct Collected<'a> {
    /// From the first one concerned on.
    periods: &'a [Period],
    start: usize,
    columns: std::ops::Range<usize>,
    /// Customers kept less customers expected without, by period.
    gaps: Draws,
    /// Customers expected with, by draw and horizon; the whole is the last.
    with: Vec<[f64; 4]>,
    path: Vec<f64>,
    half_lives: Vec<f64>,
    fits: HalfLives,
    included: f64,
}

impl<'a> Collected<'a> {
    fn new(periods: &'a [Period], start: usize, columns: std::ops::Range<usize>) -> Self {
        Self {
            periods,
            start,
            columns,
            gaps: Draws::new(periods.len(), 0),
            with: Vec::new(),
            path: vec![0.0; periods.len()],
            half_lives: Vec::new(),
            fits: HalfLives::new(periods.iter().map(|period| period.due as f64).collect()),
            included: 0.0,
        }
    }

    fn take(&mut self, sampler: &Sampler) {
        let mut with = [0.0; 4];
        let (mut gaps, mut shares) = (Vec::with_capacity(self.periods.len()), Vec::new());
        for (since, period) in self.periods.iter().enumerate() {
            let t = self.start + since;
            let added = sampler.events(t, self.columns.clone());
            self.path[since] += added;
            let share = logistic(sampler.psi[t]);
            let gap = share - logistic(sampler.psi[t] - added);
            let due = period.due as f64;
            for (sum, (from, to)) in with.iter_mut().zip(HORIZONS.into_iter().chain([(0, usize::MAX)])) {
                if (from..=to).contains(&since) {
                    *sum += due * share;
                }
            }
            gaps.push(due * gap);
            shares.push(gap);
        }
        // The first regressor is the intercept.
        let entered =
            sampler.included().iter().skip(1 + self.columns.start).take(self.columns.len()).any(|&is| is);
        if entered {
            self.included += 1.0;
            self.half_lives.push(self.fits.of(&shares));
        }
        self.with.push(with);
        self.gaps.push(gaps);
    }

    fn sums(&self) -> Vec<f64> {
        self.gaps.rows().map(|row| row.iter().sum()).collect()
    }

    fn finish(self, confidence: Confidence) -> EventEffect {
        let draws = self.with.len() as f64;
        let due: f64 = self.periods.iter().map(|period| period.due as f64).sum();
        let sums = self.sums();
        let effect = summarise(sums.iter().map(|sum| sum / due.max(1.0)), confidence);
        let horizons = [0, 1, 2].map(|horizon| {
            let (from, to) = HORIZONS[horizon];
            let to = to.min(self.periods.len() - 1);
            let some = self.periods.get(from..=to)?.iter().any(|period| period.due > 0);
            let relative =
                |(row, with): (&[f64], &[f64; 4])| relative(row[from..=to].iter().sum(), with[horizon]);
            some.then(|| summarise(self.gaps.rows().zip(&self.with).map(relative), confidence))
        });
        let without: f64 = sums.iter().zip(&self.with).map(|(gap, with)| with[3] - gap).sum::<f64>() / draws;
        EventEffect {
            relative: summarise(
                sums.iter().zip(&self.with).map(|(&gap, with)| relative(gap, with[3])),
                confidence,
            ),
            tail: TailArea::of(sums.iter().copied()).unwrap_or(TailArea {
                one_sided: 1.0,
                two_sided: 1.0,
                resolution: 1.0,
            }),
            horizons,
            recovery: self.fits.recovery(self.half_lives, effect.interval, confidence),
            inclusion: self.included / draws,
            path: self.path.iter().map(|sum| sum / draws).collect(),
            share: without / due.max(1.0),
            effect,
        }
    }
}

/// With over without, minus 1.
fn relative(gap: f64, with: f64) -> f64 {
    let without = with - gap;
    if without > 0.0 { gap / without } else { 0.0 }
}

/// Pearson's; 0 where one of them never varies.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let pairs = a.iter().zip(b).map(|(a, b)| (a - mean_a, b - mean_b));
    let (mut product, mut squares_a, mut squares_b) = (0.0, 0.0, 0.0);
    for (a, b) in pairs {
        product += a * b;
        squares_a += a * a;
        squares_b += b * b;
    }
    let scale = f64::sqrt(squares_a * squares_b);
    if scale > 0.0 { product / scale } else { 0.0 }
}
