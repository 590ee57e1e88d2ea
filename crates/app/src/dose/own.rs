//! The incidents of one's own register with what each did to the retention rate, as far as that is told.

use fidance_stats::interval::Confidence;

use super::{
    DoseSettings, PastIncident, PastIncidents, Properties, dose_response,
    model::{DoseResponse, EffectUnit},
};
use crate::diagnosis::model::{Effect, EventEffect, Kept};

/// Incidents with a list or a scope whose effect on the retention rate is told: in points of the rate of all customers, by those
/// whom they concerned.
pub fn own_incidents(events: &[EventEffect]) -> Vec<PastIncident> {
    events.iter().filter_map(own_incident).collect()
}

/// What they tell together; nothing without incidents. A register whose figures the regression refuses tells nothing either.
pub(crate) fn across(events: &[EventEffect]) -> Option<DoseResponse> {
    let incidents = events.iter().any(|one| one.event.is_incident()).then(|| own_incidents(events))?;
    let past = PastIncidents { unit: EffectUnit::Points, incidents, covariance: None };
    dose_response(&past, &DoseSettings::default()).ok()
}

fn own_incident(one: &EventEffect) -> Option<PastIncident> {
    let event = &one.event;
    if !event.is_incident() {
        return None;
    }
    let (Effect::Found(size)
    | Effect::NotSeen { size, .. }
    | Effect::TooFew { size, .. }
    | Effect::Biased { size, .. }) = one.exposed.as_ref()?
    else {
        return None;
    };
    let Some(Kept::Told(kept)) = &size.kept else { return None };
    let points = kept.of_everybody;
    Some(PastIncident {
        id: event.id.clone(),
        effect: 100.0 * points.value,
        standard_error: 100.0 * (points.high - points.low) / 2.0 / Confidence::P95.z(),
        properties: Properties {
            severity: event.severity.map(f64::from),
            // Where others told first it counts as told at once.
            days_to_disclose: event.days_to_disclose.map(|days| days.max(0) as f64),
            communication: event.communication.map(f64::from),
            remedy: event.remedy.map(|offered| f64::from(u8::from(offered))),
            share_exposed: Some(kept.share),
        },
    })
}
