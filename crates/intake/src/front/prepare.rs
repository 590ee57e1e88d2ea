//! Everything that is settled before rows are used: formats, columns, dates, currency.

use std::path::{Path, PathBuf};

use super::{
    FileSummary, Inspection, Options, Progress, Shape, Stage, Summary,
    columns::RoleColumns,
    source::{Opening, Source},
    survey::{Survey, Surveyed, look, survey},
};
use crate::{
    accounts::Accounts,
    error::{ColumnList, ColumnSample, IntakeError},
    guess::{Guess, guess},
    note::Note,
    reader::ParquetOpener,
};

/// Files that are ready to be read.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) files: Vec<Surveyed>,
    pub(crate) guess: Guess,
    pub(crate) survey: Survey,
    pub(crate) notes: Vec<Note>,
    /// The columns of the first file with a value of each.
    pub(crate) columns: ColumnList,
}

/// Finds out what kind of table files have and which column is what, without reading them to the end.
pub fn inspect(
    files: &[PathBuf],
    options: &Options,
    parquet: ParquetOpener<'_>,
) -> Result<Inspection, IntakeError> {
    let Prepared { files, guess, columns, notes, .. } = prepare(files, options, parquet, None, &mut |_| {})?;
    let format = files.first().map(|file| file.source.format.clone()).unwrap_or_default();
    let Guess { shape, mapping, choices, .. } = guess;
    Ok(Inspection { shape, columns: columns.0, format, mapping, choices, notes })
}

/// Opens all files and settles everything; `shape` is found out unless it is given.
pub(crate) fn prepare(
    paths: &[PathBuf],
    options: &Options,
    parquet: ParquetOpener<'_>,
    shape: Option<Shape>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Prepared, IntakeError> {
    check_rejects(paths, options)?;
    let opening = Opening { text: &options.text, parquet };
    let mut notes = Vec::new();
    let mut files: Vec<Surveyed> = Vec::new();
    let mut first: Option<(Guess, ColumnList)> = None;
    let mut without_rows = None;
    for (at, path) in paths.iter().enumerate() {
        progress(Progress { stage: Stage::Looking, file: at + 1, files: paths.len(), rows: 0, bytes: None });
        let (source, sample) = Source::open(path, opening, first.is_none())?;
        let name = source.name.clone();
        notes.extend(source.notes.iter().map(|text| Note::File { file: name.clone(), text: text.clone() }));
        if source.header_only {
            notes.push(Note::NoRows { file: name.clone() });
            without_rows.get_or_insert(name);
            continue;
        }
        if first.is_none() {
            let guess = guess(&name, &source.columns, &sample, &options.mapping, shape)?;
            first = Some((guess, samples(&source.columns, &sample)));
        }
        let Some((guess, _)) = &first else { continue };
        let columns = RoleColumns::find(&source, guess)?;
        let findings = look(&columns, &sample, &guess.mapping);
        files.push(Surveyed { source, columns, findings });
    }
    let Some((guess, columns)) = first else {
        return Err(without_rows.map_or(IntakeError::NoFile, |file| IntakeError::HeaderOnly { file }));
    };
    let survey = survey(&mut files, &guess.mapping, opening)?;
    notes.extend(guess.notes.iter().cloned());
    notes.extend(survey.notes.iter().cloned());
    Ok(Prepared { files, guess, survey, notes, columns })
}

/// The rejects file must not overwrite what is read.
fn check_rejects(paths: &[PathBuf], options: &Options) -> Result<(), IntakeError> {
    let Some(rejects) = &options.rejects else { return Ok(()) };
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    let target = real(rejects);
    if target.is_some() && paths.iter().any(|path| real(path) == target) {
        let message = format!(
            "the rejected rows would overwrite {}, which is being read; choose another file for them",
            rejects.display()
        );
        return Err(IntakeError::Roles { message });
    }
    Ok(())
}

fn samples(columns: &[String], sample: &[fidance_domain::table::Batch]) -> ColumnList {
    let mut scratch = String::new();
    let mut value = |at: usize| {
        let parts = sample.iter().filter_map(|batch| batch.columns.get(at));
        for column in parts {
            for row in 0..column.len().min(1000) {
                let text = crate::cells::text(column, row, &mut scratch);
                if !text.is_empty() {
                    return text.chars().take(40).collect();
                }
            }
        }
        String::new()
    };
    ColumnList(
        columns
            .iter()
            .enumerate()
            .map(|(at, name)| ColumnSample { name: name.clone(), value: value(at) })
            .collect(),
    )
}

impl Prepared {
    /// The account in full; an error where no row is left.
    pub(crate) fn summary(
        self,
        mut accounts: Accounts,
        options: &Options,
        rows: &[u64],
    ) -> Result<Summary, IntakeError> {
        accounts.check_any()?;
        let mapping = self.guess.mapping;
        let has_dates = self.guess.shape != Shape::Lifetimes;
        let files =
            self.files.iter().zip(rows).zip(&self.survey.formats).map(|((file, rows), format)| FileSummary {
                file: file.source.name.clone(),
                format: file.source.format.clone(),
                rows: *rows,
                date_format: has_dates.then(|| format.to_string()),
            });
        Ok(Summary {
            files: files.collect(),
            rows_read: accounts.rows,
            rows_used: accounts.used,
            filtered: accounts.filtered,
            not_activity: accounts.not_activity,
            rejected: accounts.rejects.finish()?,
            reserved: accounts.reserved.sorted(),
            columns: self.guess.choices,
            mapping,
            time_zone: zone_name(options),
            currency: self.survey.currency,
            has_time_of_day: false,
            events: Vec::new(),
            notes: self.notes,
        })
    }
}

/// The zone's name, or its offset where it has none.
pub(crate) fn zone_name(options: &Options) -> String {
    options.time_zone.iana_name().map_or_else(|| format!("{:?}", options.time_zone), str::to_owned)
}
