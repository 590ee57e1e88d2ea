//! The report on a table of durations: survival and its comparison; there are no dates, hence no periods.

use fidance_domain::{
    history::LifetimeRows,
    retention::{
        Groups,
        spell::{Spell, SpellSummary},
    },
};

use super::{
    ReportError,
    model::{Definition, DurationUnit, Input, Mode, Report},
    settings::{Provenance, Settings},
    survival,
};

/// Computes the report on durations.
///
/// # Errors
/// Where there is no customer.
pub fn report_lifetimes(
    rows: &LifetimeRows,
    settings: &Settings,
    provenance: &Provenance,
) -> Result<Report, ReportError> {
    if rows.lifetimes.is_empty() {
        return Err(ReportError::Empty);
    }
    let groups = Groups::new(&rows.segments);
    let mut spells = SpellSummary::default();
    for lifetime in &rows.lifetimes {
        for &group in groups.of(lifetime.profile) {
            let spell =
                Spell { group, entry: lifetime.entry, duration: lifetime.duration, ended: lifetime.ended };
            spells.count(spell, 1);
        }
    }
    let found = survival::survival(&spells, &rows.segments, &groups, &rows.reasons, DurationUnit::AsGiven);
    Ok(Report {
        definition: Definition {
            mode: Mode::Lifetimes,
            activity: settings.activity.clone(),
            window: "duration".to_owned(),
            window_choice: None,
            grace: None,
            every: settings.question.every,
            time_zone: settings.zone_name.clone(),
            data_from: None,
            data_until: None,
            currency: None,
        },
        input: Input { customers: rows.lifetimes.len() as u64, ..provenance.input.clone() },
        rejected: provenance.rejected.clone(),
        headline: None,
        periods: Vec::new(),
        segments: Vec::new(),
        cohorts: None,
        survival: found.curves,
        log_rank: found.tests,
        incidence: found.incidence,
        returns: Vec::new(),
        value: None,
        notes: provenance.notes.clone(),
    })
}
