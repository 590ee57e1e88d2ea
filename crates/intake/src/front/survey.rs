//! What must be known of all files before the first row is used: date formats, decimal mark, currency.

use fidance_domain::table::{Batch, Column};

use super::{
    columns::{RoleColumns, column},
    source::{Opening, Source},
};
use crate::{
    accounts::Tally,
    amounts::{DecimalMark, MarkEvidence},
    cells,
    dates::{AtFormat, Evidence, Verdict},
    error::IntakeError,
    mapping::{Mapping, Role},
    note::Note,
};

/// Rows looked at for the order of day and month before the whole file is.
const ROWS: u64 = 100_000;

/// What the first rows of one file say.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    dates: Evidence,
    mark: MarkEvidence,
    currencies: Tally,
}

/// The answers for all files.
#[derive(Debug)]
pub(crate) struct Survey {
    /// One date format per file.
    pub(crate) formats: Vec<AtFormat>,
    pub(crate) mark: DecimalMark,
    /// The most frequent currency, where there is such a column.
    pub(crate) currency: Option<String>,
    pub(crate) notes: Vec<Note>,
}

/// A file with its columns and what its first rows say.
#[derive(Debug)]
pub(crate) struct Surveyed {
    pub(crate) source: Source,
    pub(crate) columns: RoleColumns,
    pub(crate) findings: Findings,
}

/// Surveys all files.
pub(crate) fn survey(
    files: &mut [Surveyed],
    mapping: &Mapping,
    opening: Opening<'_>,
) -> Result<Survey, IntakeError> {
    let formats = match &mapping.at_format {
        Some(format) => vec![format.clone(); files.len()],
        None => date_formats(files, mapping, opening)?,
    };
    let mut mark = MarkEvidence::default();
    let mut currencies = Tally::default();
    for file in files.iter() {
        mark.merge(file.findings.mark);
        currencies.merge(&file.findings.currencies);
    }
    let open = mapping.value.clone().filter(|_| mark.is_open());
    let notes = open.map(|column| Note::OpenDecimalMark { column }).into_iter().collect();
    let currency =
        mapping.currency.as_ref().and_then(|_| currencies.sorted().first().map(|(name, _)| name.clone()));
    Ok(Survey { formats, mark: mark.mark(), currency, notes })
}

/// Looks at the first rows of a file, given with all its columns.
pub(crate) fn look(columns: &RoleColumns, sample: &[Batch], mapping: &Mapping) -> Findings {
    let mut findings = Findings::default();
    let mut scratch = String::new();
    let in_file = |place: Option<usize>| place.and_then(|place| columns.select.get(place)).copied();
    for batch in sample {
        for date in [columns.at, columns.start, columns.end] {
            if mapping.at_format.is_none()
                && let Some(dates) = column(batch, in_file(date))
            {
                add_dates(&mut findings.dates, dates);
            }
        }
        if let Some(Column::Text(values)) = column(batch, in_file(columns.value)) {
            values.iter().for_each(|value| findings.mark.add(value));
        }
        if let Some(currencies) = column(batch, in_file(columns.currency)) {
            for row in 0..batch.rows() {
                let name = cells::text(currencies, row, &mut scratch);
                if !name.is_empty() {
                    findings.currencies.add(&name.to_uppercase());
                }
            }
        }
    }
    findings
}

fn add_dates(evidence: &mut Evidence, column: &Column) {
    let mut scratch = String::new();
    match column {
        Column::Text(text) => text.iter().for_each(|value| evidence.add(value)),
        Column::Int(_) | Column::Float(_) => {
            (0..column.len()).for_each(|row| evidence.add(cells::text(column, row, &mut scratch)));
        }
        // The file itself says what these are.
        Column::Date(_) | Column::Instant(_) | Column::Local(_) | Column::Bool(_) => {}
    }
}

fn date_formats(
    files: &mut [Surveyed],
    mapping: &Mapping,
    opening: Opening<'_>,
) -> Result<Vec<AtFormat>, IntakeError> {
    let roles = [Role::At, Role::Start, Role::End];
    let Some(name) = roles.iter().find_map(|role| mapping.column(*role)) else {
        return Ok(vec![AtFormat::Iso; files.len()]);
    };
    for file in files.iter_mut() {
        if matches!(file.findings.dates.verdict(), Verdict::Ambiguous { .. }) && file.source.is_rereadable() {
            look_further(file, opening)?;
        }
    }
    let order = common_order(files);
    files.iter().map(|file| choose(&file.source.name, name, &file.findings.dates, order.as_ref())).collect()
}

/// The order of day and month that other files leave no doubt about.
fn common_order(files: &[Surveyed]) -> Option<AtFormat> {
    let mut orders = files.iter().filter_map(|file| match file.findings.dates.verdict() {
        Verdict::Format(format @ (AtFormat::Dmy | AtFormat::Mdy)) => Some(format),
        _ => None,
    });
    let first = orders.next()?;
    orders.all(|other| other == first).then_some(first)
}

fn choose(
    file: &str,
    column: &str,
    dates: &Evidence,
    order: Option<&AtFormat>,
) -> Result<AtFormat, IntakeError> {
    if dates.values() == 0 {
        return Ok(order.cloned().unwrap_or(AtFormat::Iso));
    }
    let (file, column) = (file.to_owned(), column.to_owned());
    match (dates.verdict(), order) {
        (Verdict::Format(format), _) => Ok(format),
        (Verdict::Ambiguous { .. }, Some(order)) => Ok(order.clone()),
        (Verdict::Ambiguous { example, day_first, month_first }, None) => {
            Err(IntakeError::AmbiguousDates { file, column, example, day_first, month_first })
        }
        (Verdict::Mixed { day_first, month_first }, _) => {
            Err(IntakeError::MixedDates { file, column, day_first, month_first })
        }
        (Verdict::LikeExcel { example, reading }, _) => {
            Err(IntakeError::LikeExcel { file, column, example, reading })
        }
        (Verdict::Unreadable(examples), _) => Err(IntakeError::NoDates { file, column, examples }),
    }
}

/// Reads on until a value settles the order of day and month, or the file ends.
fn look_further(file: &mut Surveyed, opening: Opening<'_>) -> Result<(), IntakeError> {
    let name = file.source.name.clone();
    let mut reader = file.source.reader(opening)?;
    let places = [file.columns.at, file.columns.start, file.columns.end];
    let dates: Vec<usize> =
        places.iter().flatten().filter_map(|place| file.columns.select.get(*place)).copied().collect();
    reader.select(&dates);
    let mut evidence = Evidence::default();
    let (mut batch, mut broken) = (Batch::default(), Vec::new());
    while reader
        .next_batch(&mut batch, &mut broken)
        .map_err(|source| IntakeError::Read { file: name.clone(), source })?
    {
        broken.clear();
        batch.columns.iter().for_each(|column| add_dates(&mut evidence, column));
        let settled = !matches!(evidence.verdict(), Verdict::Ambiguous { .. });
        // The first rows are looked at in full, so that a mixture is noticed.
        if settled && evidence.values() >= ROWS {
            break;
        }
    }
    file.findings.dates = evidence;
    Ok(())
}
