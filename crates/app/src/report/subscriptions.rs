//! The report on contracts: a customer is active while a subscription, with its grace, covers the instant.

use fidance_domain::{
    history::{Micros, SubscriptionTable},
    retention::{
        Groups,
        cohort::CohortKernel,
        coverage::{self, Edges},
        flows::FlowKernel,
        group::EVERYBODY,
        revenue::RevenueKernel,
        spell::SpellKernel,
    },
    time::{Days, Every, date_of},
};

use super::{
    ReportError,
    activities::{bounds, horizon, period_rows},
    cohorts,
    model::{Definition, DurationUnit, Input, Mode, Note, PeriodRow, Report, Segment, SegmentPeriods},
    periods::{self, Calendar},
    settings::{Provenance, Settings},
    survival, value,
};

/// Computes the report on contracts.
///
/// # Errors
/// Where there is no contract to report on.
pub fn report_subscriptions(
    table: &SubscriptionTable,
    settings: &Settings,
    provenance: &Provenance,
) -> Result<Report, ReportError> {
    let first =
        table.customers.iter().filter_map(|(_, subscriptions)| subscriptions.first()).map(|s| s.start).min();
    let first = first.ok_or(ReportError::Empty)?;
    let (first, until) = bounds(first, table.until, settings)?;
    let every = Every::from(settings.question.every);
    let days = Edges::table(&settings.zone, first, until - 1);
    let (first_day, last) = (days.day_of(first), days.day_of(until - 1));
    let edges = Edges::new(&days, every, first_day, last);
    let (cohort_every, cohort_edges) = cohorts::edges(&days, every, (first_day, last));
    let brackets = if settings.brackets.is_empty() {
        cohorts::usual_brackets(cohort_every)
    } else {
        settings.brackets.clone()
    };
    let groups = Groups::new(&table.segments);
    let observed_from = settings.observed_from.map_or(0, |date| days.number(date).max(0));
    let horizon = horizon(&days, until);

    let mut flows = FlowKernel::new(&edges, groups.len());
    let mut revenue = table.has_amounts.then(|| RevenueKernel::new(&edges, groups.len()));
    let mut cohort_kernel = CohortKernel::new(&cohort_edges, &brackets);
    let mut spells = SpellKernel::new(horizon, u32::try_from(observed_from).unwrap_or(0), groups.len());
    let mut active_now = 0;
    let mut active_amount = fidance_domain::amount::Amount::ZERO;
    for (profile, subscriptions) in &table.customers {
        let known: Vec<_> = subscriptions.iter().filter(|subscription| subscription.start < until).collect();
        if known.is_empty() {
            continue;
        }
        let own_groups = groups.of(*profile);
        flows.begin(own_groups);
        spells.begin(own_groups);
        cohort_kernel.begin();
        if let Some(revenue) = &mut revenue {
            revenue.begin(own_groups);
        }
        let mut is_active = false;
        for subscription in known {
            let coverage = coverage::subscription(&days, &settings.zone, subscription, settings.grace);
            flows.observe(coverage);
            spells.observe(coverage, subscription.reason);
            let last_covered = coverage.until.saturating_sub(1).clamp(coverage.day, last);
            for period in cohort_edges.period_of(coverage.day)..=cohort_edges.period_of(last_covered) {
                cohort_kernel.observe(cohort_edges.day(period as usize).max(coverage.day));
            }
            if let Some(revenue) = &mut revenue {
                revenue.observe(coverage, subscription.amount);
            }
            if coverage.from <= horizon && horizon < coverage.until {
                is_active = true;
                active_amount += subscription.amount;
            }
        }
        active_now += u64::from(is_active);
        flows.end();
        spells.end();
        cohort_kernel.end();
        if let Some(revenue) = &mut revenue {
            revenue.end();
        }
    }
    let (flows, spells) = (flows.finish(), spells.finish());
    let revenue = revenue.map(RevenueKernel::finish);

    let first_date = date_of(&settings.zone, first);
    let calendar = Calendar {
        days: &days,
        edges: &edges,
        every,
        until,
        first: first_date,
        window: None,
        known_from: settings.observed_from,
    };
    let cohort_calendar = Calendar { edges: &cohort_edges, every: cohort_every, ..calendar };
    let mut rows = period_rows(&calendar, &flows, revenue.as_ref(), EVERYBODY);
    rows.iter_mut().for_each(|row| row.revenue = None);
    let curves = survival::survival(&spells, &table.segments, &groups, &table.reasons, DurationUnit::Day);
    let value = value::contracts::value(
        &spells,
        &value::contracts::ContractContext {
            active_now,
            amount_per_customer: (table.has_amounts && active_now > 0)
                .then(|| active_amount.to_f64() / active_now as f64),
            seed: settings.seed,
        },
    );
    let mut notes = provenance.notes.clone();
    if !rows.iter().any(PeriodRow::is_settled) {
        notes.push(Note::NoSettledPeriod);
    }
    notes.extend(value.notes);
    let segments: Vec<SegmentPeriods> = groups
        .segments()
        .filter_map(|(group, dimension, index)| {
            let by = table.segments.dimensions.get(dimension)?.clone();
            let value = table.segments.values.get(dimension)?.get(index)?.clone();
            let customers = flows.customers(group);
            let mut periods = period_rows(&calendar, &flows, revenue.as_ref(), group);
            periods.iter_mut().for_each(|row| row.revenue = None);
            (customers > 0).then_some(SegmentPeriods { segment: Segment { by, value }, customers, periods })
        })
        .collect();
    Ok(Report {
        definition: Definition {
            mode: Mode::Subscriptions,
            activity: settings.activity.clone(),
            window: "subscription".to_owned(),
            window_choice: None,
            grace: settings.grace.map(|grace| grace.to_string()),
            every: settings.question.every,
            time_zone: settings.zone_name.clone(),
            data_from: Some(first_date),
            data_until: Some(end_date(&days, until)),
            currency: settings.currency.clone(),
        },
        input: Input { customers: flows.customers(EVERYBODY), ..provenance.input.clone() },
        rejected: provenance.rejected.clone(),
        headline: periods::headline(every, &rows, &segments),
        segments,
        cohorts: Some(cohorts::matrix(&cohort_calendar, &cohort_kernel.finish(), &brackets)),
        periods: rows,
        survival: curves.curves,
        log_rank: curves.tests,
        incidence: curves.incidence,
        returns: Vec::new(),
        value: value.value,
        notes,
    })
}

fn end_date(days: &Days, until: Micros) -> jiff::civil::Date {
    days.date(days.day_from(until))
}
