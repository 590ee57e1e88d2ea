//! Activities: one row per thing a customer did.

use std::path::PathBuf;

use fidance_domain::{
    amount::Amount,
    history::{Micros, Segments},
    table::Batch,
};

use super::{
    EventRow, Intake, Options, Progress, Shape, Stage, Summary,
    columns::{RoleColumns, column, meets},
    prepare::{Prepared, prepare, zone_name},
    pump::pump_all,
};
use crate::{
    accounts::{Accounts, NO_DATE, Place, Tally, date_reason},
    amounts::{self, DecimalMark, Reading},
    cells, customers,
    dates::{DateColumn, ZoneCache},
    error::IntakeError,
    mapping::Mapping,
    note::Note,
    reader::ParquetOpener,
    segments::{Interner, SegmentTable},
    sort::Sorter,
};

/// Dates up to this long after the present are taken: clocks differ, and so do zones.
pub(super) const GRACE: Micros = 2 * 86_400_000_000;
/// Kinds of events told apart.
const MAX_KINDS: usize = 10_000;
/// The number of all others.
pub(super) const OTHER_KINDS: u16 = 10_000;

/// Reads files of activities into (customer, time) order.
pub fn read_activities(
    files: &[PathBuf],
    options: &Options,
    parquet: ParquetOpener<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Intake, IntakeError> {
    read(prepare(files, options, parquet, Some(Shape::Activities), progress)?, options, parquet, progress)
}

/// Reads files whose columns are settled.
pub(super) fn read(
    prepared: Prepared,
    options: &Options,
    parquet: ParquetOpener<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Intake, IntakeError> {
    let mut sorter = Sorter::new(options.memory, options.temp_folder.clone());
    let mut read = pass_over(prepared, options, parquet, progress, &mut sorter)?;
    let histories = sorter.finish(read.segments, read.has_amounts, read.until);
    if histories.is_spilled() {
        read.summary.notes.push(Note::Spilled);
    }
    Ok(Intake { histories, summary: read.summary })
}

/// Where rows go that can be used.
pub(super) trait RowSink {
    /// Whether events that are no activities are wanted too.
    fn keeps_all(&self) -> bool;
    /// Takes a row.
    fn take(&mut self, row: EventRow) -> Result<(), IntakeError>;
}

impl RowSink for Sorter {
    fn keeps_all(&self) -> bool {
        false
    }

    fn take(&mut self, row: EventRow) -> Result<(), IntakeError> {
        self.push(row.customer, row.at, row.profile, row.amount.unwrap_or(Amount::ZERO))
    }
}

/// What is known when all rows have been given away.
pub(super) struct PassedOver {
    pub(super) summary: Summary,
    pub(super) segments: Segments,
    pub(super) has_amounts: bool,
    pub(super) until: Micros,
    /// Kinds of events in the order of their numbers.
    pub(super) kinds: Vec<String>,
}

/// Gives every row that can be used to a sink.
pub(super) fn pass_over(
    mut prepared: Prepared,
    options: &Options,
    parquet: ParquetOpener<'_>,
    progress: &mut dyn FnMut(Progress),
    sink: &mut dyn RowSink,
) -> Result<PassedOver, IntakeError> {
    let mut pass = Pass::new(&prepared, options, sink);
    let rows = pump_all(&mut prepared, options, parquet, progress, &mut |file, columns, format, load| {
        pass.dates.set_format(format.clone());
        pass.accounts.broken(file, &mut load.broken)?;
        pass.take(file, columns, &load.batch)?;
        Ok(pass.accounts.rows)
    })?;
    let n_files = prepared.files.len();
    progress(Progress {
        stage: Stage::Sorting,
        file: n_files,
        files: n_files,
        rows: pass.accounts.rows,
        bytes: None,
    });
    pass.finish(prepared, options, &rows)
}

/// The state of reading activities.
struct Pass<'a> {
    mapping: Mapping,
    accounts: Accounts,
    dates: DateColumn,
    amounts: AmountColumn,
    events: EventColumn,
    segments: SegmentTable,
    sink: &'a mut dyn RowSink,
    /// The last instant of any row that was used.
    last: Option<Micros>,
    /// The last event that is no activity: the data reach at least to there.
    last_other: Option<Micros>,
    scratch: String,
    options: &'a Options,
}

impl<'a> Pass<'a> {
    fn new(prepared: &Prepared, options: &'a Options, sink: &'a mut dyn RowSink) -> Self {
        let mapping = prepared.guess.mapping.clone();
        let zone = ZoneCache::new(options.time_zone.clone());
        let format = prepared.survey.formats.first().cloned().unwrap_or(crate::dates::AtFormat::Iso);
        Self {
            accounts: Accounts::new(options),
            dates: DateColumn::new(format, zone, options.now.saturating_add(GRACE)),
            amounts: AmountColumn::new(prepared.survey.mark, prepared.survey.currency.clone()),
            events: EventColumn::new(mapping.activity.clone()),
            segments: SegmentTable::new(mapping.segments.clone()),
            sink,
            last: None,
            last_other: None,
            scratch: String::new(),
            mapping,
            options,
        }
    }

    /// Takes the rows of a batch.
    fn take(&mut self, file: &str, columns: &RoleColumns, batch: &Batch) -> Result<(), IntakeError> {
        let (Some(customers), Some(dates)) = (column(batch, columns.customer), column(batch, columns.at))
        else {
            return Ok(());
        };
        let events = column(batch, columns.event);
        let messages = column(batch, columns.message);
        let keeps_all = self.sink.keeps_all();
        self.accounts.rows += batch.rows() as u64;
        for row in 0..batch.rows() {
            let place = Place { file, batch, row };
            if !columns.conditions.is_empty()
                && !meets(&self.mapping.conditions, &columns.conditions, batch, row, &mut self.scratch)
            {
                self.accounts.filtered += 1;
                continue;
            }
            let kind = match events {
                Some(events) => self.events.kind(cells::text(events, row, &mut self.scratch)),
                None => Kind { number: 0, is_activity: true },
            };
            if !kind.is_activity && !keeps_all {
                self.accounts.not_activity += 1;
                self.last_other = self.last_other.max(self.dates.read(dates, row).ok().flatten());
                continue;
            }
            let customer = match customers::key(customers, row, &mut self.scratch) {
                Ok(customer) => customer,
                Err(why) => {
                    self.accounts.reject_customer(place, &why)?;
                    continue;
                }
            };
            let at = match self.dates.read(dates, row) {
                Ok(Some(at)) => at,
                Ok(None) => {
                    self.accounts.reject(place, NO_DATE)?;
                    continue;
                }
                Err(problem) => {
                    self.accounts.reject(place, date_reason(problem))?;
                    continue;
                }
            };
            let amount = self.amounts.read(columns, batch, row, &mut self.scratch);
            let profile = self.segments.profile(&batch.columns, &columns.segments, row)?;
            let message = messages.and_then(|ids| customers::message(ids, row, &mut self.scratch));
            self.last = self.last.max(Some(at));
            self.sink.take(EventRow { customer, at, kind: kind.number, amount, profile, message })?;
            self.accounts.used += 1;
        }
        Ok(())
    }

    fn finish(
        mut self,
        mut prepared: Prepared,
        options: &Options,
        rows: &[u64],
    ) -> Result<PassedOver, IntakeError> {
        let mapping = &self.mapping;
        prepared.notes.extend(self.amounts.notes(mapping));
        prepared.notes.extend(self.events.note(mapping));
        prepared.notes.extend(date_notes(&self.dates, mapping.at.as_deref(), self.options)?);
        let last = self.last.max(self.last_other);
        let until = last.map_or(0, |last| until(&mut self.dates, last));
        let has_amounts = mapping.value.is_some();
        let mut summary = prepared.summary(self.accounts, options, rows)?;
        summary.has_time_of_day = self.dates.has_time_of_day;
        summary.events = self.events.kinds.sorted();
        let segments = self.segments.finish();
        Ok(PassedOver { summary, segments, has_amounts, until, kinds: self.events.kinds.names })
    }
}

/// The instant up to which data are complete whose last date is `last`.
pub(super) fn until(dates: &mut DateColumn, last: Micros) -> Micros {
    let after = last.saturating_add(1);
    if dates.has_time_of_day { after } else { dates.zone().end_of_day_of(last).unwrap_or(after) }
}

/// Remarks on a column of dates.
///
/// An error where they contradict an order of day and month that nobody gave.
pub(super) fn date_notes(
    dates: &DateColumn,
    column: Option<&str>,
    options: &Options,
) -> Result<Vec<Note>, IntakeError> {
    let mut notes = Vec::new();
    let (column, rows) = (column.unwrap_or_default().to_owned(), dates.swapped.rows);
    if rows > 0 {
        if options.mapping.at_format.is_none() {
            return Err(IntakeError::SwappedDates { column, rows, example: dates.swapped.example.clone() });
        }
        notes.push(Note::SwappedDates { column, rows });
    }
    let zone = zone_name(options);
    if dates.has_offset && !dates.has_time_of_day && !matches!(zone.as_str(), "UTC" | "Etc/UTC" | "GMT") {
        notes.push(Note::MidnightUtc { zone });
    }
    Ok(notes)
}

/// The amounts of activities while they are read.
#[derive(Debug)]
pub(super) struct AmountColumn {
    mark: DecimalMark,
    kept: Option<String>,
    others: Tally,
    missing: u64,
    unreadable: u64,
    example: String,
}

impl AmountColumn {
    pub(super) fn new(mark: DecimalMark, kept: Option<String>) -> Self {
        Self { mark, kept, others: Tally::default(), missing: 0, unreadable: 0, example: String::new() }
    }

    /// The amount of a row, `None` where there is none that counts.
    pub(super) fn read(
        &mut self,
        columns: &RoleColumns,
        batch: &Batch,
        row: usize,
        scratch: &mut String,
    ) -> Option<Amount> {
        let values = column(batch, columns.value)?;
        if let (Some(kept), Some(currencies)) = (&self.kept, column(batch, columns.currency)) {
            let currency = cells::text(currencies, row, scratch);
            if !currency.eq_ignore_ascii_case(kept) {
                let name = if currency.is_empty() { "(none)".to_owned() } else { currency.to_uppercase() };
                self.others.add(&name);
                return None;
            }
        }
        match amounts::read(values, row, self.mark) {
            Reading::Amount(amount) => Some(amount),
            Reading::Missing => {
                self.missing += 1;
                None
            }
            Reading::Unreadable => {
                if self.unreadable == 0 {
                    cells::text(values, row, scratch).clone_into(&mut self.example);
                }
                self.unreadable += 1;
                None
            }
        }
    }

    /// What a person should know of the amounts.
    pub(super) fn notes(&self, mapping: &Mapping) -> Vec<Note> {
        let column = mapping.value.clone().unwrap_or_default();
        let mut notes = Vec::new();
        let others = self.others.sorted();
        if let (Some(kept), false) = (&self.kept, others.is_empty()) {
            notes.push(Note::OtherCurrencies { kept: kept.clone(), others });
        }
        if self.missing > 0 {
            notes.push(Note::MissingAmounts { column: column.clone(), rows: self.missing });
        }
        if self.unreadable > 0 {
            let example = self.example.chars().take(40).collect();
            notes.push(Note::UnreadableAmounts { column, rows: self.unreadable, example });
        }
        notes
    }
}

/// What an event is.
#[derive(Debug, Clone, Copy)]
struct Kind {
    number: u16,
    is_activity: bool,
}

/// The kinds of events seen, and which of them are activities.
#[derive(Debug)]
struct EventColumn {
    activities: Vec<String>,
    interner: Interner,
    /// By the interner's number: whether it is an activity.
    is_activity: Vec<bool>,
    kinds: Kinds,
}

/// Numbers of rows by kind, in the interner's order.
#[derive(Debug, Default)]
struct Kinds {
    names: Vec<String>,
    counts: Vec<u64>,
    others: u64,
}

impl Kinds {
    fn sorted(&self) -> Vec<(String, u64)> {
        let mut list: Vec<(String, u64)> =
            self.names.iter().cloned().zip(self.counts.iter().copied()).collect();
        list.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        if self.others > 0 {
            list.push(("(others)".to_owned(), self.others));
        }
        list
    }
}

impl EventColumn {
    fn new(activities: Vec<String>) -> Self {
        Self { activities, interner: Interner::default(), is_activity: Vec::new(), kinds: Kinds::default() }
    }

    /// Counts an event and says what it is. Kinds beyond the limit share the last number.
    fn kind(&mut self, event: &str) -> Kind {
        let Some(number) = self.interner.number(event, MAX_KINDS) else {
            self.kinds.others += 1;
            return Kind { number: OTHER_KINDS, is_activity: self.counts_as_activity(event) };
        };
        let at = number as usize;
        if at == self.is_activity.len() {
            self.is_activity.push(self.counts_as_activity(event));
            self.kinds.names.push(event.to_owned());
            self.kinds.counts.push(0);
        }
        if let Some(n) = self.kinds.counts.get_mut(at) {
            *n += 1;
        }
        let is_activity = self.is_activity.get(at).copied().unwrap_or(false);
        Kind { number: u16::try_from(number).unwrap_or(OTHER_KINDS), is_activity }
    }

    fn counts_as_activity(&self, event: &str) -> bool {
        self.activities.is_empty() || self.activities.iter().any(|activity| activity == event)
    }

    fn note(&self, mapping: &Mapping) -> Option<Note> {
        let column = mapping.event.clone()?;
        let kinds = self.kinds.names.len();
        (self.activities.is_empty() && kinds > 1).then_some(Note::AllEventsCount { column, kinds })
    }
}
