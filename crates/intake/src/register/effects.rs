//! Effects of past incidents: a table with one incident a row, for the dose-response.
//!
//! One row that cannot be used is an error with its line: left out in silence it would move every coefficient.

use std::{collections::HashSet, path::Path};

use fidance_domain::table::Batch;

use super::words;
use crate::{
    cells,
    error::IntakeError,
    reader::{ParquetOpener, TextOptions, open, shown_path},
};

/// An incident with its effect, and what the table says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectRow {
    /// Its id in the register.
    pub id: String,
    /// Its effect.
    pub effect: f64,
    /// The standard error of that.
    pub standard_error: f64,
    /// 0 to 3.
    pub severity: Option<f64>,
    /// Days from discovery to disclosure.
    pub days_to_disclose: Option<f64>,
    /// −2 to 2.
    pub communication: Option<f64>,
    /// 1 or 0.
    pub remedy: Option<f64>,
    /// 0 to 1.
    pub share_exposed: Option<f64>,
}

/// Columns with their names; the first three must be there.
const COLUMNS: [(&str, &[&str]); 8] = [
    ("incident", &["id", "incident_id"]),
    ("effect", &["effect_pts", "effect_points", "effect_log_odds", "effet"]),
    ("se", &["standard_error", "std_error", "erreur_type"]),
    ("severity", &["gravite"]),
    ("days_to_disclose", &["days", "delai"]),
    ("communication", &["communication_score"]),
    ("remedy", &["remediation", "geste"]),
    ("share_exposed", &["share", "part"]),
];

/// Reads a table of effects. Errors name the line and the column.
pub fn read_effects(path: &Path, parquet: ParquetOpener<'_>) -> Result<Vec<EffectRow>, IntakeError> {
    let file = shown_path(path);
    let mut opened = open(path, &TextOptions::default(), parquet)?;
    let names = opened.reader.columns().to_vec();
    let place = |(name, others): &(&str, &[&str])| {
        let same = |column: &String| {
            let column = words::folded(column);
            column == *name || others.contains(&column.as_str())
        };
        names.iter().position(same)
    };
    let places: Vec<Option<usize>> = COLUMNS.iter().map(place).collect();
    for (found, (name, _)) in places.iter().zip(COLUMNS).take(3) {
        if found.is_none() {
            let message = format!(
                "{file}: there is no column {name}; needed are incident, effect and se; the columns are {}",
                names.join(", ")
            );
            return Err(IntakeError::Roles { message });
        }
    }
    let select: Vec<usize> = places.iter().flatten().copied().collect();
    opened.reader.select(&select);
    let (mut batch, mut broken, mut rows) = (Batch::default(), Vec::new(), Vec::new());
    let mut ids = HashSet::new();
    loop {
        let more = opened.reader.next_batch(&mut batch, &mut broken);
        let more = more.map_err(|source| IntakeError::Read { file: file.clone(), source })?;
        let wrong =
            |line: u64, what: &str| IntakeError::Roles { message: format!("{file}: line {line}: {what}") };
        if let Some(row) = broken.first() {
            return Err(wrong(row.line, &format!("{} in {:?}", row.reason, row.content)));
        }
        for (at, line) in batch.lines.iter().enumerate() {
            let row = row(&batch, at, &places).map_err(|what| wrong(*line, &what))?;
            if !ids.insert(row.id.clone()) {
                return Err(wrong(*line, &format!("incident {:?} has an effect already", row.id)));
            }
            rows.push(row);
        }
        if !more {
            return Ok(rows);
        }
        batch = Batch::default();
    }
}

fn row(batch: &Batch, at: usize, places: &[Option<usize>]) -> Result<EffectRow, String> {
    // The columns stand in the batch in the order of `COLUMNS`, without those that are not there.
    let mut next = 0;
    let mut texts = places.iter().map(|place| {
        place.and_then(|_| {
            let column = batch.columns.get(next)?;
            next += 1;
            Some(cells::text(column, at, &mut String::new()).to_owned())
        })
    });
    let mut text = || texts.next().flatten().unwrap_or_default();
    let id = text();
    if id.is_empty() {
        return Err("incident is empty".to_owned());
    }
    let effect = needed("effect", &text())?;
    let standard_error = needed("se", &text())?;
    if standard_error <= 0.0 {
        return Err(format!("se is {standard_error}, expected a number above 0"));
    }
    let severity = text();
    let severity = match words::severity(&severity) {
        Ok(named) => Some(f64::from(named.level())),
        Err(_) => number("severity", &severity)?,
    };
    let (days, communication, remedy) = (text(), text(), text());
    let remedy = match words::flag(&remedy) {
        Ok(offered) => Some(f64::from(u8::from(offered))),
        Err(_) => number("remedy", &remedy)?,
    };
    Ok(EffectRow {
        id,
        effect,
        standard_error,
        severity,
        days_to_disclose: number("days_to_disclose", &days)?,
        communication: number("communication", &communication)?,
        remedy,
        share_exposed: number("share_exposed", &text())?,
    })
}

fn needed(column: &str, text: &str) -> Result<f64, String> {
    number(column, text)?.ok_or_else(|| format!("{column} is empty"))
}

fn number(column: &str, text: &str) -> Result<Option<f64>, String> {
    let text = text.trim();
    if text.is_empty() || matches!(text.to_ascii_lowercase().as_str(), "na" | "n/a" | "nan" | "null") {
        return Ok(None);
    }
    let plain = text.replace('−', "-").replace(',', ".");
    let number = plain.parse::<f64>().ok().filter(|number| number.is_finite());
    number.map(Some).ok_or_else(|| format!("{column} is {text:?}, expected a number"))
}
