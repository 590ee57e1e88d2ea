//! A lake behind the questions, in place of files.

use std::collections::BTreeMap;

use fidance_app::{
    barometer::Rows,
    report::{
        model::{Input, Rejected},
        settings::{Provenance, Settings},
    },
};
use fidance_domain::history::Histories as _;
use fidance_lake::{Lake, Reading};

use super::Opened;
use crate::{
    args::{QuestionArgs, SourceArgs},
    lake_args::LakeName,
    settings,
};

/// Opens a lake. What columns mean was settled when its events were taken in.
pub(super) fn open(name: &LakeName, source: &SourceArgs, question: &QuestionArgs) -> anyhow::Result<Opened> {
    if !source.files.is_empty() {
        anyhow::bail!("give files or --lake, not both; `fidance import` takes files into a lake");
    }
    let mut lake = Lake::open(&source.cache.locate(name)?)?;
    let zone = question.time_zone.clone().unwrap_or_else(|| lake.zone().clone());
    let question = QuestionArgs { time_zone: Some(zone), ..question.clone() };
<<<<<<< HEAD
    of(&mut lake, name.to_string(), settings::settings(&question))
}

/// What is in a lake now, to be understood by these definitions.
pub(crate) fn of(lake: &mut Lake, name: String, usual: Settings) -> anyhow::Result<Opened> {
    let histories = lake.histories(Reading::Masks)?;
=======
    let histories = match source.as_known_on {
        None => lake.histories(Reading::Masks)?,
        Some(version) => lake.histories_at(version, Reading::Masks)?,
    };
>>>>>>> main
    let used = histories.extent().map_or(0, |extent| extent.rows);
    let config = lake.config();
    let activity = &config.activity;
    let settings = Settings {
        activity: if activity.is_empty() { "every row".to_owned() } else { activity.join(", ") },
        currency: config.currency.clone(),
        ..usual
    };
    let rows = histories.rows();
    let provenance = Provenance {
        input: Input {
<<<<<<< HEAD
            files: vec![name],
=======
            files: vec![name.to_string()],
            version: Some(histories.version().to_string()),
>>>>>>> main
            rows,
            rows_used: used,
            rows_filtered: rows.saturating_sub(used),
            customers: 0,
            columns: BTreeMap::new(),
        },
        rejected: Rejected::default(),
        notes: Vec::new(),
    };
    Ok(Opened { rows: Rows::Activities(Box::new(histories)), settings, provenance })
}
