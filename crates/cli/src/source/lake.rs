//! A lake behind the questions, in place of files.

use std::collections::BTreeMap;

use fidance_app::{
    barometer::Rows,
    report::{
        model::{Input, Rejected},
        settings::{Provenance, Settings},
    },
};
use fidance_domain::{history::Histories as _, list::CustomerLists};
use fidance_lake::{Lake, LakeHistories, Reading};

use super::Opened;
use crate::{
    args::{QuestionArgs, SourceArgs},
    lake_args::LakeName,
    settings,
};

/// Opens a lake. What columns mean was settled when its events were taken in.
pub(super) fn open(
    name: &LakeName,
    source: &SourceArgs,
    question: &QuestionArgs,
    lists: &CustomerLists,
) -> anyhow::Result<Opened> {
    if !source.files.is_empty() {
        anyhow::bail!("give files or --lake, not both; `fidance import` takes files into a lake");
    }
    let mut lake = Lake::open(&source.cache.locate(name)?)?;
    let zone = question.time_zone.clone().unwrap_or_else(|| lake.zone().clone());
    let question = QuestionArgs { time_zone: Some(zone), ..question.clone() };
    let histories = match source.as_known_on {
        None => lake.histories(Reading::Masks)?,
        Some(version) => lake.histories_at(version, Reading::Masks)?,
    };
    // A lake without its secret can still be read; only who is on a list cannot be told.
    let histories =
        if lists.is_empty() { histories } else { histories.with_lists(lists, &lake.pseudonyms()?)? };
    Ok(of(&lake, histories, name.to_string(), settings::settings(&question)))
}

/// A lake's histories, to be understood by these definitions.
pub(crate) fn of(lake: &Lake, histories: LakeHistories, name: String, usual: Settings) -> Opened {
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
            files: vec![name],
            version: Some(histories.version().to_string()),
            rows,
            rows_used: used,
            rows_filtered: rows.saturating_sub(used),
            customers: 0,
            columns: BTreeMap::new(),
        },
        rejected: Rejected::default(),
        notes: Vec::new(),
    };
    Opened::new(Rows::Activities(Box::new(histories)), settings, provenance)
}
