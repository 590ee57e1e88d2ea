//! One look at the data: everything counted, the alarms of both series, and what a diagnosis goes on from.

use std::ops::Range;

use fidance_domain::{
    history::{Histories, Segments},
    incident::Register,
    retention::{
        ActivityWindow, coverage::Edges, event_study::Study, group::EVERYBODY, returns::ReturnsSummary,
    },
    time::Days,
};
use fidance_stats::{
    change::{Threshold, shape::Shape as FoundShape},
    hazard::{HazardError, RunReturns, WeekReturns},
    interval::{Confidence, Estimate},
};
use jiff::civil::Date;

use super::{
    WatchError,
    count::{Counted, Rows, first, second},
    detect::{Evidence, Raised, detect},
    model::{
        Alarm, Fall, Figure, Onset, Promise, SeriesName, Shape, Watch, WatchState, WatchedSeries, WatchedWeek,
    },
    retention::{ExpectedWeek, Lagging},
    returns::{Leading, landmarks, table},
    running::{self, SoFar},
    segments,
    who::Who,
};
use crate::{
    diagnosis::events::{Placed, placed, studies},
    report::{
        activities::{bounds, horizon},
        pass,
        question::WindowOption,
        settings::Settings,
        window,
    },
};

const WEEKS_PER_YEAR: f64 = 365.25 / 7.0;
/// Weeks before a fall on which the segments' own factors are fitted.
const BEFORE: usize = 52;
/// Evidence passes 10⁴⁶ within half a year of a fall; beyond this nobody reads it.
const MOST_EVIDENCE: f64 = 1e12;

/// What was found, and what it was found in.
#[derive(Debug)]
pub(crate) struct Look {
    pub(crate) watch: Watch,
    pub(crate) alarms: Vec<Detected>,
    pub(crate) counted: Counted,
    pub(crate) leading: Option<Leading>,
    pub(crate) lagging: Lagging,
    pub(crate) returns: Option<ReturnsSummary>,
    pub(crate) segments: Segments,
    pub(crate) events: Vec<Placed>,
    /// Which events were studied, and over which weeks: in the order of `counted.studies`.
    pub(crate) studied: Vec<usize>,
    pub(crate) studies: Vec<Study>,
    days: Days,
    weeks: Edges,
}

/// An alarm in places of weeks, in the order of `watch.alarms`.
#[derive(Debug, Clone)]
pub(crate) struct Detected {
    pub(crate) series: SeriesName,
    pub(crate) raised: Raised,
}

impl Detected {
    /// The weeks of the fall.
    pub(crate) fn weeks(&self) -> Range<usize> {
        self.raised.onset..self.raised.end
    }

    /// The weeks before it on which the segments' factors rest.
    pub(crate) fn before(&self) -> Range<usize> {
        self.raised.origin().saturating_sub(BEFORE)..self.raised.origin()
    }
}

impl Look {
    /// The Monday of a week.
    pub(crate) fn monday(&self, week: usize) -> Date {
        monday(&self.days, &self.weeks, week)
    }

    /// The fall of an alarm by segment values.
    pub(crate) fn who(&self, alarm: &Detected) -> Option<Who<'_>> {
        let returns = self.returns.as_ref()?;
        Some(Who::new(returns, &self.segments, &alarm.before(), &alarm.weeks()))
    }
}

fn monday(days: &Days, weeks: &Edges, week: usize) -> Date {
    days.date(weeks.day(week))
}

/// Counts, detects, and says who is concerned.
pub(crate) fn look(
    source: &dyn Histories,
    settings: &Settings,
    years: f64,
    register: &Register,
) -> Result<Look, WatchError> {
    let extent = source.extent().ok_or(WatchError::Empty)?;
    let (first_at, until) = bounds(extent.first, extent.until, settings)?;
    let days = Edges::table(&settings.zone, first_at, until - 1);
    let threshold = Threshold::one_false_alarm_in(years, WEEKS_PER_YEAR)
        .map_err(|error| WatchError::Promise(error.to_string()))?;
    let promise = Promise { years, threshold: threshold.periods() };
    let needed = Leading::needed();
    let Some(weeks) = Edges::complete_weeks(&days, first_at, until) else {
        return Ok(too_short(promise, days, source, 0, needed));
    };
    if weeks.periods() <= needed {
        let complete = weeks.periods();
        return Ok(too_short(promise, days, source, complete, needed));
    }
    let window = match settings.question.window {
        WindowOption::Given(window) => window,
        WindowOption::Auto => {
            // From complete weeks, like everything else: a week that goes on changes no figure.
            let until = days.start(weeks.day(weeks.periods()));
            let horizon = horizon(&days, until);
            let gaps = pass::survey(source, settings.threads, &days, until, horizon)?;
            window::choose(&gaps, horizon.saturating_sub(days.day_of(first_at))).0
        }
    };
    let warming = (0..weeks.periods())
        .find(|&week| window.before(monday(&days, &weeks, week)) >= days.date(days.day_of(first_at)))
        .unwrap_or(weeks.periods());
    let segments = source.segments().clone();
    let events = placed(register, &segments, &days, &weeks);
    let (studied, studies) = studies(&events, (&days, &weeks), window);
    let rows = Rows { source, threads: settings.threads, days: &days, until, weeks: &weeks };
    let so_far = SoFar::new(&days, &weeks, until);
    let running = so_far.as_ref().map(|so_far| &so_far.edges);
    let counted = first(rows, &ActivityWindow::new(&days, window), &studies, running)?;

    let dates = |week: usize| monday(&days, &weeks, week);
    let mut lagging = Lagging::new(&counted.flows.flows(EVERYBODY), warming);
    let mut leading = match Leading::new(table(&counted.exposure), landmarks(&counted.landmarks), dates) {
        Ok(leading) => Some(leading),
        Err(HazardError::TooFewWeeks { .. } | HazardError::NoRate) => None,
        Err(error) => return Err(WatchError::Expectation(error.to_string())),
    };
    let (mut series, mut alarms) = (Vec::new(), Vec::new());
    if let Some(leading) = &mut leading {
        let (evidence, raised) = detect(leading, threshold);
        series.push(returns_series(leading, &evidence, dates));
        alarms.extend(raised.into_iter().map(|raised| Detected { series: SeriesName::Returns, raised }));
    } else {
        series.push(WatchedSeries { name: SeriesName::Returns, weeks: Vec::new() });
    }
    let (evidence, raised) = detect(&mut lagging, threshold);
    series.push(retention_series(&lagging, &evidence, dates));
    alarms.extend(raised.into_iter().map(|raised| Detected { series: SeriesName::Retention, raised }));
    alarms.sort_by_key(|alarm| (std::cmp::Reverse(alarm.raised.at), alarm.series));

    let returns = match &mut leading {
        Some(leading) => {
            let falls: Vec<(usize, Range<usize>)> = alarms
                .iter()
                .filter(|alarm| alarm.series == SeriesName::Returns)
                .map(|alarm| (alarm.raised.origin(), alarm.weeks()))
                .collect();
            Some(second(rows, &leading.chances(&falls))?)
        }
        None => None,
    };
    let state = if leading.is_none() && lagging.expected.is_empty() {
        WatchState::NothingToExpect
    } else if alarms.iter().any(|alarm| !alarm.raised.lasting && alarm.raised.recovered.is_none()) {
        WatchState::Raised
    } else {
        WatchState::Watching
    };
    let running_week = match (&so_far, &counted.running, &leading) {
        (Some(so_far), Some(counted), Some(leading)) => running::week(so_far, counted, &days, leading),
        _ => None,
    };
    let (retention, leading_series) = (series.pop(), series.pop());
    let empty = |name| WatchedSeries { name, weeks: Vec::new() };
    let watch = Watch {
        promise,
        state,
        returns: leading_series.unwrap_or_else(|| empty(SeriesName::Returns)),
        running: running_week,
        retention: retention.unwrap_or_else(|| empty(SeriesName::Retention)),
        alarms: Vec::new(),
        segments: match (&returns, &leading) {
            (Some(returns), Some(leading)) => {
                let falls = alarms.iter().filter(|alarm| alarm.series == SeriesName::Returns);
                let open: Vec<Range<usize>> =
                    falls.map(|alarm| alarm.raised.origin()..alarm.raised.end).collect();
                segments::watch(returns, &segments, &leading.expected.weeks, &open, threshold, dates)
            }
            _ => Vec::new(),
        },
    };
    let mut look = Look {
        watch,
        alarms,
        counted,
        leading,
        lagging,
        returns,
        segments,
        events,
        studied,
        studies,
        days,
        weeks,
    };
    look.watch.alarms = look.describe(source.has_amounts(), settings.seed);
    Ok(look)
}

fn too_short(promise: Promise, days: Days, source: &dyn Histories, weeks: usize, needed: usize) -> Look {
    let empty = |name| WatchedSeries { name, weeks: Vec::new() };
    let weeks_edges = Edges::new(&days, fidance_domain::time::Every::Week, 0, 0);
    let none = first_of_nothing(&weeks_edges);
    Look {
        watch: Watch {
            promise,
            state: WatchState::Learning { weeks: weeks as u64, needed: needed as u64 + 1 },
            returns: empty(SeriesName::Returns),
            running: None,
            retention: empty(SeriesName::Retention),
            alarms: Vec::new(),
            segments: Vec::new(),
        },
        alarms: Vec::new(),
        counted: none,
        leading: None,
        lagging: Lagging::new(&[], 0),
        returns: None,
        segments: source.segments().clone(),
        events: Vec::new(),
        studied: Vec::new(),
        studies: Vec::new(),
        days,
        weeks: weeks_edges,
    }
}

fn first_of_nothing(weeks: &Edges) -> Counted {
    use fidance_domain::retention::{exposure::ExposureKernel, flows::FlowKernel, landmark::LandmarkKernel};
    Counted {
        exposure: ExposureKernel::new(weeks, 1).finish(),
        landmarks: LandmarkKernel::new(weeks).finish(),
        flows: FlowKernel::new(weeks, 1).finish(),
        studies: Vec::new(),
        running: None,
    }
}

pub(crate) fn evidence_of(ln_evidence: f64) -> f64 {
    ln_evidence.exp().min(MOST_EVIDENCE)
}

pub(crate) fn figure(estimate: Estimate) -> Figure {
    Figure { value: estimate.value, low: estimate.interval.low, high: estimate.interval.high }
}

fn around(value: f64, deviation: f64) -> Figure {
    let half = Confidence::P95.z() * deviation;
    Figure { value, low: (value - half).max(0.0), high: value + half }
}

fn returns_series(leading: &Leading, evidence: &[Evidence], date: impl Fn(usize) -> Date) -> WatchedSeries {
    let of = |evidence: &Evidence| {
        let week = leading.expected.weeks.iter().find(|week| week.week == evidence.at)?;
        Some(watched(
            evidence,
            week.exposed,
            week.observed,
            around(week.expected, week.standard_deviation()),
            &date,
        ))
    };
    WatchedSeries { name: SeriesName::Returns, weeks: evidence.iter().filter_map(of).collect() }
}

fn retention_series(lagging: &Lagging, evidence: &[Evidence], date: impl Fn(usize) -> Date) -> WatchedSeries {
    let of = |(evidence, week): (&Evidence, &ExpectedWeek)| {
        let expected = around(week.due as f64 * week.share, week.deviation);
        let expected = Figure { high: expected.high.min(week.due as f64), ..expected };
        watched(evidence, week.due, week.kept, expected, &date)
    };
    let weeks = evidence.iter().zip(&lagging.expected).map(of).collect();
    WatchedSeries { name: SeriesName::Retention, weeks }
}

fn watched(
    evidence: &Evidence,
    due: u64,
    observed: u64,
    expected: Figure,
    date: impl Fn(usize) -> Date,
) -> WatchedWeek {
    WatchedWeek {
        start: date(evidence.at),
        due,
        observed,
        expected,
        evidence: evidence_of(evidence.ln),
        advisory: evidence.advisory,
        alarm: evidence.open,
    }
}

impl Look {
    fn describe(&mut self, has_amounts: bool, seed: u64) -> Vec<Alarm> {
        let detected = self.alarms.clone();
        detected.iter().map(|alarm| self.alarm(alarm, has_amounts, seed)).collect()
    }

    fn alarm(&mut self, alarm: &Detected, has_amounts: bool, seed: u64) -> Alarm {
        let raised = &alarm.raised;
        let run = self.run(alarm);
        let who = self.who(alarm);
        let amount = who
            .as_ref()
            .filter(|_| has_amounts)
            .map(|who| who.everybody.amount.to_f64() / (who.everybody.returned as f64).max(1.0));
        let missing = figure(run.missing(Confidence::P95));
        let relative =
            run.ratio(Confidence::P95).map_or(Figure { value: 0.0, low: -1.0, high: 1.0 }, |ratio| {
                let Figure { value, low, high } = figure(ratio);
                Figure { value: value - 1.0, low: low - 1.0, high: high - 1.0 }
            });
        let money = amount.filter(|_| alarm.series == SeriesName::Returns);
        let money = money.map(|amount| Figure {
            value: missing.value * amount,
            low: missing.low * amount,
            high: missing.high * amount,
        });
        let mostly = who.filter(|_| alarm.series == SeriesName::Returns).and_then(|who| who.concerned(seed));
        let date = |week: usize| self.monday(week);
        Alarm {
            id: format!("{}-{}", alarm.series.word(), date(raised.at)),
            series: alarm.series,
            raised: date(raised.at),
            known: date(raised.at + 1),
            onset: Onset {
                week: date(raised.onset),
                earliest: date(raised.candidates.0),
                latest: date(raised.candidates.1),
            },
            shape: match raised.shape {
                FoundShape::Sudden => Shape::Sudden,
                FoundShape::Gradual => Shape::Gradual,
                FoundShape::Unclear => Shape::Unclear,
            },
            evidence: evidence_of(raised.ln_evidence),
            recovered: raised.recovered.map(date),
            lasting: raised.lasting.then(|| date(raised.end)),
            fall: Fall { weeks: alarm.weeks().len() as u64, relative, missing, money },
            mostly,
        }
    }

    /// The weeks of a fall together, against what was known before its onset.
    pub(crate) fn run(&mut self, alarm: &Detected) -> RunReturns {
        let weeks = alarm.weeks();
        match alarm.series {
            SeriesName::Returns => {
                let leading = self.leading.as_mut();
                leading.and_then(|leading| leading.run(alarm.raised.origin(), &weeks)).unwrap_or_default()
            }
            SeriesName::Retention => {
                let weeks = self.lagging.frozen(alarm.raised.origin(), &weeks);
                RunReturns::sum(weeks.iter().map(as_returns).collect::<Vec<_>>().iter())
            }
        }
    }
}

/// A week of the lagging series in the shape of one of the leading one, so that both are summed alike.
pub(crate) fn as_returns(week: &ExpectedWeek) -> WeekReturns {
    WeekReturns {
        week: week.at,
        exposed: week.due,
        observed: week.kept,
        expected: week.due as f64 * week.share,
        sampling_variance: week.deviation.powi(2) - week.baseline_deviation.powi(2),
        week_variance: 0.0,
        baseline_variance: week.baseline_deviation.powi(2),
    }
}
