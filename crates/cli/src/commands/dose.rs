//! `fidance dose-response`: effects of past incidents in, what goes with them out.

use std::io::Write as _;

use anyhow::Context;
use fidance_app::dose::{DoseSettings, PastIncident, PastIncidents, Properties, dose_response};
use fidance_domain::incident::Register;
use fidance_intake::register::{EffectRow, read_effects};

use super::incidents;
use crate::{
    register_args::{DoseArgs, DoseFormat},
    settings, source,
    terminal::{self, Words},
};

/// Width of the text where there is no terminal to ask.
const PLAIN_WIDTH: usize = 100;

pub(crate) fn run(args: &DoseArgs) -> anyhow::Result<()> {
    let rows = read_effects(&args.effects, &source::parquet)?;
    let register = if args.register.is_empty() {
        None
    } else {
        let read = incidents::read(&args.register, &args.dates);
        incidents::announce(&read);
        Some(read.register)
    };
    let incidents = rows.into_iter().map(|row| past(row, register.as_ref(), args.customers));
    let incidents = incidents.collect::<anyhow::Result<Vec<_>>>()?;
    let past = PastIncidents { unit: args.unit.into(), incidents, covariance: None };
    let settings = DoseSettings {
        literature: !args.no_literature,
        base_retention: args.base_retention,
        matters: args.matters,
        next: args.next.into(),
        ..DoseSettings::default()
    };
    let found = dose_response(&past, &settings).with_context(|| args.effects.display().to_string())?;
    let text = match args.format {
        DoseFormat::Text => {
            let width = terminal_size::terminal_size().map_or(PLAIN_WIDTH, |(width, _)| usize::from(width.0));
            terminal::render_dose(&found, &Words::new(settings::language(args.lang))?, width)
        }
        DoseFormat::Json => serde_json::to_string_pretty(&found)? + "\n",
    };
    anstream::stdout().lock().write_all(text.as_bytes())?;
    Ok(())
}

/// What the table says of an incident stands before what the register says.
fn past(row: EffectRow, register: Option<&Register>, customers: Option<u64>) -> anyhow::Result<PastIncident> {
    let known = match register {
        None => Properties::default(),
        Some(register) => {
            let incident = register.incidents.iter().find(|incident| incident.id.as_str() == row.id);
            let incident =
                incident.with_context(|| format!("incident {:?} is not in the register", row.id))?;
            Properties::of(incident, customers)
        }
    };
    Ok(PastIncident {
        id: row.id,
        effect: row.effect,
        standard_error: row.standard_error,
        properties: Properties {
            severity: row.severity.or(known.severity),
            days_to_disclose: row.days_to_disclose.or(known.days_to_disclose),
            communication: row.communication.or(known.communication),
            remedy: row.remedy.or(known.remedy),
            share_exposed: row.share_exposed.or(known.share_exposed),
        },
    })
}
