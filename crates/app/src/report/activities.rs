//! The report on activities: two passes over the rows, then arithmetic on summaries.

use fidance_domain::{
    history::{Histories, Micros},
    retention::{
        ActivityWindow, Groups, cohort::Bracket, coverage::Edges, flows::FlowSummary, gap::GapSummary,
        group::EVERYBODY, purchase::LATER_DAYS, revenue::RevenueSummary,
    },
    time::{Day, Days, Every, Window, date_of, start_of_day},
};

use jiff::ToSpan;

use super::{
    ReportError, cohorts,
    model::{Cohorts, Definition, DurationUnit, Mode, Note, Rejected, Report, Segment, SegmentPeriods},
    pass::{self, Findings, Plan},
    periods::{self, Calendar},
    question::WindowOption,
    settings::{Provenance, Settings},
    survival,
    value::purchases::{self, PurchaseContext},
    window,
};

/// At most this many customers are fitted: more would not narrow the interval of a money figure visibly.
const MAX_FITTED: u64 = 100_000;
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Computes the report on activities.
///
/// # Errors
/// Where there is nothing to report, or the rows cannot be read back.
pub fn report_activities(
    source: &dyn Histories,
    settings: &Settings,
    provenance: &Provenance,
) -> Result<Report, ReportError> {
    let extent = source.extent().ok_or(ReportError::Empty)?;
    let (first, until) = bounds(extent.first, extent.until, settings)?;
    let every = Every::from(settings.question.every);
    let days = Edges::table(&settings.zone, first, until - 1);
    let horizon = horizon(&days, until);
    let span = (days.day_of(first), days.day_of(until - 1));
    let edges = Edges::new(&days, every, span.0, span.1);
    let first_date = date_of(&settings.zone, first);

    let gaps = pass::survey(source, settings.threads, &days, until, horizon)?;
    if gaps.customers() == 0 {
        return Err(ReportError::Empty);
    }
    let data_days = horizon.saturating_sub(span.0);
    let (window, window_choice) = match settings.question.window {
        WindowOption::Given(window) => (window, None),
        WindowOption::Auto => window::choose(&gaps, data_days),
    };
    let groups = Groups::new(source.segments());
    let (cohort_every, cohort_edges) = cohorts::edges(&days, every, span);
    let brackets = brackets(settings, cohort_every);
    let activity_window = ActivityWindow::new(&days, window);
    let calibrate_to = calibrate_to(&days, settings, until);
    let backtest_to = backtest_to(calibrate_to, span.0);
    let plan = Plan {
        days: &days,
        until,
        horizon,
        edges: &edges,
        cohort_edges: &cohort_edges,
        brackets: &brackets,
        window: &activity_window,
        groups: &groups,
        has_amounts: source.has_amounts(),
        calibrate_to,
        backtest_to,
        one_in: gaps.customers().div_ceil(MAX_FITTED),
    };
    let found = pass::run(source, settings.threads, &plan)?;

    let calendar = Calendar {
        days: &days,
        edges: &edges,
        every,
        until,
        first: first_date,
        window: Some(window),
        known_from: None,
    };
    let cohort_calendar = Calendar { edges: &cohort_edges, every: cohort_every, ..calendar };
    let rows = period_rows(&calendar, &found.flows, found.revenue.as_ref(), EVERYBODY);
    let matrix = cohorts::matrix(&cohort_calendar, &found.cohorts, &brackets);
    let curves = survival::survival(&found.spells, source.segments(), &groups, &[], DurationUnit::Day);
    let value = purchases::value(
        &found.purchases,
        &found.backtest,
        &PurchaseContext {
            active_now: found.active_now,
            window_days: window_days(&days, window, calibrate_to + 1),
            calibrated_to: days.date(calibrate_to),
            backtest_to: backtest_to.map(|day| days.date(day)),
            has_amounts: source.has_amounts(),
            is_sample: plan.one_in > 1,
            seed: settings.seed,
        },
    );

    let segments = segment_periods(&calendar, &found, source, &groups);
    let mut notes = provenance.notes.clone();
    notes.extend(remarks(&calendar, &gaps, &matrix, &rows, data_days));
    notes.extend(value.notes);
    Ok(Report {
        definition: Definition {
            mode: Mode::Activities,
            activity: settings.activity.clone(),
            window: window.to_string(),
            window_choice,
            grace: None,
            every: settings.question.every,
            time_zone: settings.zone_name.clone(),
            data_from: Some(first_date),
            data_until: Some(days.date(days.day_from(until))),
            currency: settings.currency.clone(),
        },
        input: super::model::Input { customers: gaps.customers(), ..provenance.input.clone() },
        rejected: Rejected { ..provenance.rejected.clone() },
        headline: periods::headline(every, &rows, &segments),
        segments,
        periods: rows,
        cohorts: Some(matrix),
        survival: curves.curves,
        log_rank: curves.tests,
        incidence: curves.incidence,
        returns: survival::returns(&gaps),
        value: value.value,
        notes,
    })
}

/// The first activity, and the instant up to which the data are complete: the end of the day given, or what
/// the source itself knows.
pub(crate) fn bounds(
    first: Micros,
    known_until: Micros,
    settings: &Settings,
) -> Result<(Micros, Micros), ReportError> {
    let until = match settings.until {
        Some(last) => start_of_day(&settings.zone, last.saturating_add(1.day())),
        None => known_until,
    };
    if until <= first {
        return Err(ReportError::Empty);
    }
    let days = until.saturating_sub(first) / MICROS_PER_DAY;
    if days > 200 * 366 { Err(ReportError::TooLong { days }) } else { Ok((first, until)) }
}

/// The last day whose start the data reach: who is active is known up to there.
pub(crate) fn horizon(days: &Days, until: Micros) -> Day {
    days.day_from(until.saturating_add(1)).saturating_sub(1)
}

fn brackets(settings: &Settings, every: Every) -> Vec<Bracket> {
    if settings.brackets.is_empty() { cohorts::usual_brackets(every) } else { settings.brackets.clone() }
}

/// The last day of the fit: the one given, or the last that is over.
fn calibrate_to(days: &Days, settings: &Settings, until: Micros) -> Day {
    let last = days.day_from(until).saturating_sub(1);
    let given = settings.calibrate_to.map(|date| days.number(date).max(0));
    given.and_then(|given| Day::try_from(given).ok()).map_or(last, |given| given.min(last))
}

/// A year before the end of the fit, where the data before it are long enough for a fit of their own.
fn backtest_to(calibrate_to: Day, first: Day) -> Option<Day> {
    const SHORTEST_FIT: Day = 270;
    calibrate_to.checked_sub(LATER_DAYS).filter(|&day| day >= first + SHORTEST_FIT)
}

/// Length of the window that ends at the start of a day.
fn window_days(days: &Days, window: Window, end: Day) -> u32 {
    let end = days.date(end);
    u32::try_from((end - window.before(end)).get_days()).unwrap_or(0)
}

pub(super) fn period_rows(
    calendar: &Calendar<'_>,
    flows: &FlowSummary,
    revenue: Option<&RevenueSummary>,
    group: u32,
) -> Vec<super::model::PeriodRow> {
    periods::rows(calendar, &flows.flows(group), revenue.map(|revenue| revenue.periods(group)))
}

fn segment_periods(
    calendar: &Calendar<'_>,
    found: &Findings,
    source: &dyn Histories,
    groups: &Groups,
) -> Vec<SegmentPeriods> {
    let segments = source.segments();
    let of_group = |(group, dimension, value): (u32, usize, usize)| {
        let customers = found.flows.customers(group);
        let segment = Segment {
            by: segments.dimensions.get(dimension)?.clone(),
            value: segments.values.get(dimension)?.get(value)?.clone(),
        };
        let periods = period_rows(calendar, &found.flows, found.revenue.as_ref(), group);
        (customers > 0).then_some(SegmentPeriods { segment, customers, periods })
    };
    groups.segments().filter_map(of_group).collect()
}

/// What a reader must know to read these figures rightly.
fn remarks(
    calendar: &Calendar<'_>,
    gaps: &GapSummary,
    cohorts: &Cohorts,
    rows: &[super::model::PeriodRow],
    data_days: u32,
) -> Vec<Note> {
    let mut notes = Vec::new();
    if !rows.iter().any(super::model::PeriodRow::is_settled) {
        notes.push(Note::NoSettledPeriod);
    }
    let first = usize::try_from(calendar.days.number(calendar.first)).unwrap_or(0);
    let first_fifth = gaps.first_days().len().min(first + (data_days / 5) as usize);
    let early: u64 = gaps.first_days().iter().take(first_fifth).sum();
    let share = early as f64 / gaps.customers() as f64;
    if share > 0.95 {
        notes.push(Note::SingleAcquisitionCohort { share });
    } else if let [first, second, ..] = cohorts.rows.as_slice()
        && first.size > 2 * second.size
    {
        notes.push(Note::FirstCohortMixed);
    }
    if let [_, second, ..] = rows
        && calendar.window.is_some_and(|window| window.before(second.start) < calendar.start(0))
    {
        notes.push(Note::OverlappingWindows);
    }
    notes
}
