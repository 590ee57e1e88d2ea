//! The experiments: false alarms, delays, dates and shapes, provisional pages. Every series has its own seeded
//! generator, so that results do not depend on the number of threads.

use std::collections::BTreeMap;

use fidance_stats::change::baseline::{Baseline, FittedBaseline, GAP, PlugIn, Prediction};
use fidance_stats::change::completion::{ClosedPeriod, CompletionCurve, RunningPeriod};
use fidance_stats::change::edetector::GUARD;
use fidance_stats::change::onset::{JudgedPeriod, locate};
use fidance_stats::change::overdispersion::{self, Level};
use fidance_stats::change::shape::{Shape, classify};
use fidance_stats::change::structural::{self, Structural};
use fidance_stats::change::{Count, EDetector, Null, Overdispersion, Share, Threshold};
use fidance_stats::interval::Confidence;
use rand_pcg::Pcg64;
use rand_pcg::rand_core::SeedableRng;

use super::charts::{Chart, Judged};
use super::series::{Change, Series, World, YEAR};

/// Weeks before the first judged week, from which a baseline is learned.
pub(crate) const TRAINING: usize = 104;

/// How many series, from which seed on, on how many threads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) series: usize,
    pub(crate) seed: u64,
    pub(crate) threads: usize,
}

impl Plan {
    /// Runs one closure per series and returns its results in order.
    fn run<T: Send>(self, one: impl Fn(Pcg64) -> T + Sync) -> Vec<T> {
        let work = |thread: usize| -> Vec<(usize, T)> {
            (thread..self.series)
                .step_by(self.threads)
                .map(|index| (index, one(Pcg64::seed_from_u64(self.seed + index as u64))))
                .collect()
        };
        let mut results: Vec<(usize, T)> = std::thread::scope(|scope| {
            let work = &work;
            let handles: Vec<_> = (0..self.threads).map(|thread| scope.spawn(move || work(thread))).collect();
            handles.into_iter().filter_map(|handle| handle.join().ok()).flatten().collect()
        });
        results.sort_by_key(|(index, _)| *index);
        results.into_iter().map(|(_, result)| result).collect()
    }
}

/// Where p₀ and ρ come from.
#[derive(Debug, Clone)]
pub(crate) enum Knowledge {
    /// The truth, with ρ times a factor (1 unless to show what a wrong one does) and the share raised.
    Known { rho_factor: f64, raised: f64 },
    /// The season is known, the level estimated from 104 weeks and kept; ρ known. `guard` in standard errors.
    Level { guard: f64 },
    /// A fitted baseline, refitted every so many weeks on all but the last weeks.
    Fitted { baseline: PlugIn, refit: usize, guard: f64 },
    /// The structural baseline, likewise.
    Structural { baseline: Structural, refit: usize, guard: f64 },
}

impl Knowledge {
    pub(crate) const TRUTH: Self = Self::Known { rho_factor: 1.0, raised: 0.0 };

    /// The plug-in baseline with season and holidays: 104 weeks, refitted yearly, guarded.
    pub(crate) fn plug_in(harmonics: u8, window: usize, guarded: bool, holidays: bool) -> Self {
        let weeks_at = |at: usize| (0..60).map(|year| year * YEAR + at).collect::<Vec<_>>();
        let baseline = PlugIn {
            periods_per_year: YEAR as f64,
            harmonics,
            window,
            marked: if holidays { vec![[weeks_at(25), weeks_at(51)].concat()] } else { Vec::new() },
            rho_level: Confidence::P90,
        };
        Self::Fitted { baseline, refit: YEAR, guard: if guarded { GUARD } else { 0.0 } }
    }

    /// The structural baseline with season: 156 weeks, refitted every four.
    pub(crate) fn structural(guarded: bool) -> Self {
        let season = Some(structural::Season { period: YEAR as f64, pairs: 1 });
        let baseline = Structural { options: structural::Options { season, gap: GAP }, window: 156 };
        Self::Structural { baseline, refit: 4, guard: if guarded { GUARD } else { 0.0 } }
    }

    fn training(&self) -> usize {
        match self {
            Self::Known { .. } => 0,
            Self::Level { .. } => TRAINING,
            Self::Fitted { baseline, .. } => baseline.window + GAP,
            // As much as the plug-in has; its window is longer and fills up.
            Self::Structural { .. } => TRAINING + GAP,
        }
    }
}

/// What a baseline makes of a series: one hypothesis per week from the end of the training on.
fn judge(world: &World, knowledge: &Knowledge, counts: &[Count]) -> Vec<JudgedPeriod> {
    let first = knowledge.training();
    let weeks = counts.iter().copied().enumerate().skip(first);
    match knowledge {
        Knowledge::Known { rho_factor, raised } => {
            let rho = Overdispersion::new(world.rho * rho_factor).unwrap_or(world.rho());
            weeks
                .map(|(t, count)| JudgedPeriod {
                    null: Null { share: world.expected(t).shifted(*raised), rho },
                    count,
                })
                .collect()
        }
        Knowledge::Level { guard } => {
            let known = |t: usize| world.expected(t);
            let past: Vec<(Share, Count)> =
                counts.iter().take(first).enumerate().map(|(t, count)| (known(t), *count)).collect();
            let shift = overdispersion::fit(&past, Level::Shifted, Confidence::P90)
                .map_or(0.0, |fitted| fitted.shift);
            let information = |(share, count): &(Share, Count)| {
                let n = count.due() as f64;
                n * share.value() * share.complement() / world.rho().variance_factor(count.due())
            };
            let standard_error = past.iter().map(information).sum::<f64>().sqrt().recip();
            weeks
                .map(|(t, count)| {
                    let share = known(t).shifted(shift);
                    let prediction = Prediction { share, standard_error, rho: world.rho() };
                    JudgedPeriod { null: Null::guarded(&prediction, *guard), count }
                })
                .collect()
        }
        Knowledge::Fitted { baseline, refit, guard } => fitted(baseline, *refit, *guard, counts, first),
        Knowledge::Structural { baseline, refit, guard } => fitted(baseline, *refit, *guard, counts, first),
    }
}

fn fitted(
    baseline: &impl Baseline,
    refit: usize,
    guard: f64,
    counts: &[Count],
    first: usize,
) -> Vec<JudgedPeriod> {
    let mut model = None;
    let mut judged = Vec::new();
    for (t, count) in counts.iter().copied().enumerate().skip(first) {
        if (t - first).is_multiple_of(refit) {
            model = baseline.fit(&counts[..t - GAP]).ok();
        }
        let prediction = model.as_ref().and_then(|model| model.predict(t).ok());
        judged.extend(
            prediction.map(|prediction| JudgedPeriod { null: Null::guarded(&prediction, guard), count }),
        );
    }
    judged
}

/// False alarms of one detector.
#[derive(Debug, Clone, Default)]
pub(crate) struct Falses {
    pub(crate) name: String,
    pub(crate) alarms: u64,
    pub(crate) weeks: u64,
    /// Series with an alarm, and weeks up to the first alarm of each or its end.
    pub(crate) first_alarms: u64,
    pub(crate) first_weeks: u64,
}

impl Falses {
    /// Mean weeks to the first alarm, series without one counted as censored.
    pub(crate) fn first_run_length(&self) -> f64 {
        self.first_weeks as f64 / self.first_alarms as f64
    }

    /// Mean weeks between false alarms.
    pub(crate) fn run_length(&self) -> f64 {
        self.weeks as f64 / self.alarms as f64
    }

    pub(crate) fn per_year(&self) -> f64 {
        YEAR as f64 / self.run_length()
    }
}

/// Runs detectors over stable series of `weeks` judged weeks, restarting after each alarm.
pub(crate) fn false_alarms(
    plan: Plan,
    world: World,
    knowledge: &Knowledge,
    weeks: usize,
    charts: fn() -> Vec<Box<dyn Chart>>,
) -> Vec<Falses> {
    let per_series = plan.run(|rng| {
        let counts = Series::new(world, None, rng).take_weeks(knowledge.training() + weeks);
        let mut charts = charts();
        let mut tallies: Vec<Falses> =
            charts.iter().map(|chart| Falses { name: chart.name(), ..Falses::default() }).collect();
        for period in judge(&world, knowledge, &counts) {
            let week = Judged::new(period.null, period.count);
            for (chart, tally) in charts.iter_mut().zip(&mut tallies) {
                tally.weeks += 1;
                tally.first_weeks += u64::from(tally.alarms == 0);
                if chart.alarms(&week) {
                    tally.alarms += 1;
                    tally.first_alarms = 1;
                    chart.restart();
                }
            }
        }
        tallies
    });
    per_series
        .into_iter()
        .reduce(|mut sum, next| {
            for (sum, next) in sum.iter_mut().zip(next) {
                sum.alarms += next.alarms;
                sum.weeks += next.weeks;
                sum.first_alarms += next.first_alarms;
                sum.first_weeks += next.first_weeks;
            }
            sum
        })
        .unwrap_or_default()
}

/// Delays of one detector to a change in week 52.
#[derive(Debug, Clone, Default)]
pub(crate) struct Delays {
    pub(crate) early: u64,
    pub(crate) missed: u64,
    /// Weeks of the fall seen at the alarm, from 1, of the series without an earlier alarm.
    pub(crate) weeks: Vec<usize>,
}

impl Delays {
    pub(crate) fn mean(&self) -> f64 {
        self.weeks.iter().sum::<usize>() as f64 / self.weeks.len() as f64
    }

    pub(crate) fn early_share(&self) -> f64 {
        self.early as f64 / (self.early + self.missed + self.weeks.len() as u64) as f64
    }
}

/// Weeks after the change during which an alarm is waited for.
const PATIENCE: usize = 200;

/// Weeks from the change to the first alarm, given none before. `change.at` counts from the first judged week.
pub(crate) fn delays(
    plan: Plan,
    world: World,
    knowledge: &Knowledge,
    change: Change,
    charts: fn() -> Vec<Box<dyn Chart>>,
) -> Vec<Delays> {
    let training = knowledge.training();
    let per_series = plan.run(|rng| {
        let planted = Change { at: training + change.at, ..change };
        let counts = Series::new(world, Some(planted), rng).take_weeks(planted.at + PATIENCE);
        let mut charts = charts();
        let mut first: Vec<Option<usize>> = vec![None; charts.len()];
        for (t, period) in judge(&world, knowledge, &counts).iter().enumerate() {
            let week = Judged::new(period.null, period.count);
            for (chart, first) in charts.iter_mut().zip(&mut first) {
                if first.is_none() && chart.alarms(&week) {
                    *first = Some(t);
                }
            }
            if first.iter().all(Option::is_some) {
                break;
            }
        }
        first
    });
    let mut all: Vec<Delays> = Vec::new();
    for series in per_series {
        if all.is_empty() {
            all = vec![Delays::default(); series.len()];
        }
        for (sum, first) in all.iter_mut().zip(series) {
            match first.map(|t| (t + 1).checked_sub(change.at)) {
                Some(Some(delay)) if delay > 0 => sum.weeks.push(delay),
                Some(_) => sum.early += 1,
                None => sum.missed += 1,
            }
        }
    }
    all
}

/// Series dated at most: a standard error of 1.3 points for a coverage of 90 %.
const DATED: usize = 500;

/// How well falls are dated and described.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dating {
    pub(crate) alarms: u64,
    /// Shares of alarms: onset exact, at most two weeks off, true onset among the 80 % and 90 % candidates.
    pub(crate) exact: f64,
    pub(crate) within_two: f64,
    pub(crate) covered: [f64; 2],
    /// Mean number of weeks in the 90 % set.
    pub(crate) width: f64,
    /// Shares of alarms called sudden, gradual, unclear.
    pub(crate) shapes: [f64; 3],
}

/// Dates and describes falls `wait` weeks after the alarm of one false alarm in five years.
pub(crate) fn dating(plan: Plan, world: World, change: Change, wait: usize) -> Dating {
    let plan = Plan { series: plan.series.min(DATED), ..plan };
    let found = plan.run(|rng| {
        let threshold = Threshold::one_false_alarm_in(5.0, 52.0).ok()?;
        let counts = Series::new(world, Some(change), rng).take_weeks(change.at + PATIENCE + wait);
        let periods = judge(&world, &Knowledge::TRUTH, &counts);
        let mut detector = EDetector::new();
        let alarm =
            periods.iter().position(|p| threshold.is_reached_by(detector.update(&p.null, p.count)))?;
        if alarm < change.at || alarm >= change.at + PATIENCE {
            return None;
        }
        let seen = &periods[..=alarm + wait];
        let onset = locate(seen)?;
        let narrow = onset.candidates(Confidence::new(0.8).ok()?);
        Some((onset.period, narrow, onset.candidates(Confidence::P90), classify(seen)?.shape()))
    });
    let mut dating = Dating::default();
    for (period, narrow, wide, shape) in found.into_iter().flatten() {
        let off = period.abs_diff(change.at);
        let inside = |set: (usize, usize)| f64::from(u8::from((set.0..=set.1).contains(&change.at)));
        dating.alarms += 1;
        dating.exact += f64::from(u8::from(off == 0));
        dating.within_two += f64::from(u8::from(off <= 2));
        dating.covered[0] += inside(narrow);
        dating.covered[1] += inside(wide);
        dating.width += (wide.1 - wide.0 + 1) as f64;
        let index = match shape {
            Shape::Sudden => 0,
            Shape::Gradual => 1,
            Shape::Unclear => 2,
        };
        dating.shapes[index] += 1.0;
    }
    let n = dating.alarms as f64;
    for share in [&mut dating.exact, &mut dating.within_two, &mut dating.width]
        .into_iter()
        .chain(&mut dating.covered)
        .chain(&mut dating.shapes)
    {
        *share /= n;
    }
    dating
}

/// Parts of the losses known on each day of the week.
const BY_DAY: [f64; 7] = [0.30, 0.20, 0.15, 0.12, 0.10, 0.08, 0.05];
/// Closed weeks from which the completion is learned.
const CLOSED: usize = 26;

/// Pages of closed weeks and of running weeks, with 80 and 20 % of the rate, looked at every day.
#[derive(Debug, Clone, Default)]
pub(crate) struct Provisional {
    pub(crate) closed: u64,
    pub(crate) running: u64,
    pub(crate) weeks: u64,
    /// Days from the beginning of the change to the first page of either kind, where one came after it.
    pub(crate) days: Vec<usize>,
}

/// Runs the daily pages over series; with a change, stops at the first page after it.
pub(crate) fn provisional(plan: Plan, world: World, change: Option<Change>, weeks: usize) -> Provisional {
    let per_series = plan.run(|rng| provisional_series(world, change, weeks, rng).unwrap_or_default());
    let mut sum = Provisional::default();
    for series in per_series {
        sum.closed += series.closed;
        sum.running += series.running;
        sum.weeks += series.weeks;
        sum.days.extend(series.days);
    }
    sum
}

fn provisional_series(world: World, change: Option<Change>, weeks: usize, rng: Pcg64) -> Option<Provisional> {
    let (for_closed, for_running) = Threshold::one_false_alarm_in(5.0, 52.0).ok()?.split();
    let change = change.map(|change| Change { at: change.at + CLOSED, ..change });
    let mut series = Series::new(world, change, rng);
    let mut closed = Vec::new();
    let null = |t: usize| Null { share: world.expected(t), rho: world.rho() };
    for t in 0..CLOSED {
        let count = series.week();
        let lost_by_delay = series.delays(count.lost(), &BY_DAY);
        closed.push((null(t), ClosedPeriod { due: count.due(), lost_by_delay }));
    }
    let periods: Vec<ClosedPeriod> = closed.iter().map(|(_, period)| period.clone()).collect();
    let curve = CompletionCurve::fit(&periods).ok()?;
    let rhos: BTreeMap<usize, Overdispersion> = (0..BY_DAY.len() - 1)
        .filter_map(|day| Some((day, curve.overdispersion(&closed, day, Confidence::P90).ok()?)))
        .collect();
    let mut result = Provisional::default();
    let mut detector = EDetector::new();
    for t in CLOSED..CLOSED + weeks {
        result.weeks += 1;
        let count = series.week();
        let by_day = series.delays(count.lost(), &BY_DAY);
        let mut lost = 0;
        let paged_on = (0..BY_DAY.len() - 1).find(|day| {
            lost += by_day[*day];
            let so_far = Count::new(count.due() - lost, count.due());
            rhos.get(day).zip(so_far.ok()).is_some_and(|(rho, so_far)| {
                let ln_ratios = curve.ln_ratios(&null(t), RunningPeriod { delay: *day, so_far }, *rho);
                for_running.is_reached_by(detector.provisional(ln_ratios))
            })
        });
        let at_close = for_closed.is_reached_by(detector.update(&null(t), count));
        let page = match (paged_on, at_close) {
            (Some(day), _) => {
                result.running += 1;
                Some(day + 1)
            }
            (None, true) => {
                result.closed += 1;
                Some(BY_DAY.len())
            }
            (None, false) => None,
        };
        if let Some(day) = page {
            detector.restart();
            if let Some(change) = change {
                if t >= change.at {
                    result.days.push((t - change.at) * BY_DAY.len() + day);
                }
                return Some(result);
            }
        }
    }
    Some(result)
}
