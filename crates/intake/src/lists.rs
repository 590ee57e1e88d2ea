//! Lists of customers from files: all who were affected by an incident, or by each of several.
//!
//! One row that cannot be used is an error with its line: whoever is missing from a list counts among those who were
//! not affected, and nobody would see it.

use std::{io::Read, path::Path};

use fidance_domain::{
    id::CustomerKey,
    list::CustomerList,
    table::{Batch, BrokenRow, Column, TableReader as _},
};

use crate::{
    cells,
    customers::{self, NoCustomer},
    error::IntakeError,
    guess,
    reader::{Opened, ParquetOpener, Replay, TextOptions, open_list, open_list_from, shown_path},
    segments::Interner,
};

/// More incidents than this in one file are not incidents.
const MAX_INCIDENTS: usize = 1_000;
/// Rows, and bytes of them, by which columns are recognised.
const SAMPLE: (usize, usize) = (2_000, 1 << 20);

/// The columns of a list; what is open is found by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListColumns {
    /// The column of customers.
    pub customer: Option<String>,
    /// The column that says what they are listed for.
    pub incident: Option<String>,
}

/// Reads the customers of a file: a list per incident, in order of first appearance and called like it, or one list
/// called like the file where nothing says what they are listed for. A file of text may be one customer per line.
pub fn read_lists(
    path: &Path,
    columns: &ListColumns,
    text: &TextOptions,
    parquet: ParquetOpener<'_>,
) -> Result<Vec<CustomerList>, IntakeError> {
    let file = shown_path(path);
    let opened = open_list(path, *text, parquet, &guess::names_customers)?;
    let lists = read(opened, file.clone(), columns, usize::MAX)?;
    let stem = path.file_stem().map_or_else(|| file.clone(), |stem| stem.to_string_lossy().into_owned());
    Ok(lists.finish(if path.as_os_str() == "-" { file } else { stem }))
}

/// The same of a list that is no file: `name` is what errors call it, and the list where nothing says what it is of.
/// It has at most `most` rows.
pub fn read_lists_from(
    source: Box<dyn Read + Send>,
    name: &str,
    columns: &ListColumns,
    most: usize,
) -> Result<Vec<CustomerList>, IntakeError> {
    let opened = open_list_from(source, name, TextOptions::default(), &guess::names_customers)?;
    Ok(read(opened, name.to_owned(), columns, most)?.finish(name.to_owned()))
}

fn read(opened: Opened, file: String, columns: &ListColumns, most: usize) -> Result<Lists, IntakeError> {
    let failed = |source| IntakeError::Read { file: file.clone(), source };
    let names = opened.reader.columns().to_vec();
    let mut reader = Replay::new(opened.reader, SAMPLE.0, SAMPLE.1).map_err(failed)?;
    let sample: Vec<Batch> = reader.head().cloned().collect();
    if let Some(broken) = reader.first_broken() {
        return Err(unreadable(&file, broken));
    }
    if opened.header_only || sample.is_empty() {
        return Err(IntakeError::HeaderOnly { file });
    }
    let (customer, incident) = guess::of_list(&file, &names, &sample, columns)?;
    let select: Vec<usize> = [Some(customer), incident].into_iter().flatten().collect();
    reader.select(&select);
    let name = |place: usize| names.get(place).cloned().unwrap_or_default();
    let mut lists = Lists {
        file: file.clone(),
        customer: name(customer),
        incident: incident.map(name),
        incidents: Interner::default(),
        customers: Vec::new(),
        rows: 0,
        most,
    };
    let (mut batch, mut broken) = (Batch::default(), Vec::new());
    while reader.next_batch(&mut batch, &mut broken).map_err(failed)? {
        if let Some(row) = broken.first() {
            return Err(unreadable(&file, row));
        }
        lists.take(&batch)?;
    }
    Ok(lists)
}

fn unreadable(file: &str, row: &BrokenRow) -> IntakeError {
    let message = format!("{file}: line {}: {} in {:?}", row.line, row.reason, row.content);
    IntakeError::Roles { message }
}

/// Lists while they are read.
struct Lists {
    file: String,
    /// The name of the column of customers.
    customer: String,
    /// The name of the column of incidents.
    incident: Option<String>,
    incidents: Interner,
    /// By number of incident; of the only list where there is no such column.
    customers: Vec<Vec<CustomerKey>>,
    rows: usize,
    /// As many rows as there may be.
    most: usize,
}

impl Lists {
    fn take(&mut self, batch: &Batch) -> Result<(), IntakeError> {
        let mut scratch = String::new();
        let Some(ids) = batch.columns.first() else { return Ok(()) };
        self.rows += batch.lines.len();
        if self.rows > self.most {
            return Err(IntakeError::TooManyListed { file: self.file.clone(), limit: self.most });
        }
        for (row, &line) in batch.lines.iter().enumerate() {
            let key = customers::key(ids, row, &mut scratch).map_err(|why| {
                let what = match why {
                    NoCustomer::Missing => "is empty; each row needs a customer".to_owned(),
                    NoCustomer::Reserved(id) => format!("is {id:?}, which stands for nobody"),
                };
                self.wrong(line, &self.customer, what)
            })?;
            let list = match batch.columns.get(1) {
                Some(incidents) => self.list(incidents, row, line, &mut scratch)?,
                None => 0,
            };
            if self.customers.len() <= list {
                self.customers.resize_with(list + 1, Vec::new);
            }
            if let Some(customers) = self.customers.get_mut(list) {
                customers.push(key);
            }
        }
        Ok(())
    }

    /// The number of the incident of a row.
    fn list(
        &mut self,
        incidents: &Column,
        row: usize,
        line: u64,
        scratch: &mut String,
    ) -> Result<usize, IntakeError> {
        let incident = cells::text(incidents, row, scratch);
        let column = self.incident.as_deref().unwrap_or_default();
        if incident.is_empty() {
            return Err(self.wrong(line, column, "is empty; each row needs an incident".to_owned()));
        }
        let number =
            self.incidents.number(incident, MAX_INCIDENTS).ok_or_else(|| IntakeError::TooManyIncidents {
                file: self.file.clone(),
                column: column.to_owned(),
                limit: MAX_INCIDENTS,
            })?;
        Ok(number as usize)
    }

    fn wrong(&self, line: u64, column: &str, what: String) -> IntakeError {
        IntakeError::List { file: self.file.clone(), line, column: column.to_owned(), what }
    }

    /// The lists; the only one has this name.
    fn finish(self, name: String) -> Vec<CustomerList> {
        let names = if self.incident.is_some() { self.incidents.into_values() } else { vec![name] };
        names
            .into_iter()
            .zip(self.customers)
            .map(|(name, customers)| CustomerList::new(name, customers))
            .collect()
    }
}
