//! Subscriptions: one row per contract, with its start and, once it is over, its end.

use std::path::PathBuf;

use fidance_domain::{
    amount::Amount,
    history::{Micros, Profile, Segments, Subscription, SubscriptionTable},
    id::CustomerKey,
    table::Batch,
};

use super::{
    IntakeOf, Options, Progress, Shape, SubscriptionIntake,
    activities::{AmountColumn, GRACE, date_notes, until},
    columns::{RoleColumns, column, meets},
    lifetimes::NO_REASON,
    prepare::{Prepared, prepare},
    pump::{Load, pump_all},
};
use crate::{
    accounts::{Accounts, ENDS_BEFORE_START, NO_DATE, Place, date_reason},
    cells, customers,
    dates::{AtFormat, DateColumn, ZoneCache},
    error::IntakeError,
    mapping::Mapping,
    reader::ParquetOpener,
    segments::{Interner, SegmentTable},
};

/// More reasons than this are remarks.
pub(super) const MAX_REASONS: usize = 1_000;

/// Reads files of subscriptions.
pub fn read_subscriptions(
    files: &[PathBuf],
    options: &Options,
    parquet: ParquetOpener<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<SubscriptionIntake, IntakeError> {
    read(prepare(files, options, parquet, Some(Shape::Subscriptions), progress)?, options, parquet, progress)
}

/// Reads files whose columns are settled.
pub(super) fn read(
    mut prepared: Prepared,
    options: &Options,
    parquet: ParquetOpener<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<SubscriptionIntake, IntakeError> {
    let mut pass = Pass::new(&prepared, options);
    let rows = pump_all(
        &mut prepared,
        options,
        parquet,
        progress,
        &mut |file, columns, format, load: &mut Load| {
            pass.starts.set_format(format.clone());
            pass.ends.set_format(format.clone());
            pass.accounts.broken(file, &mut load.broken)?;
            pass.take(file, columns, &load.batch)?;
            Ok(pass.accounts.rows)
        },
    )?;
    pass.finish(prepared, options, &rows)
}

/// The state of reading subscriptions.
struct Pass {
    mapping: Mapping,
    accounts: Accounts,
    starts: DateColumn,
    ends: DateColumn,
    amounts: AmountColumn,
    reasons: Interner,
    segments: SegmentTable,
    rows: Vec<(CustomerKey, Profile, Subscription)>,
    now: Micros,
    scratch: String,
}

impl Pass {
    fn new(prepared: &Prepared, options: &Options) -> Self {
        let mapping = prepared.guess.mapping.clone();
        let zone = ZoneCache::new(options.time_zone.clone());
        let dates = |latest| DateColumn::new(AtFormat::Iso, zone.clone(), latest);
        Self {
            accounts: Accounts::new(options),
            starts: dates(options.now.saturating_add(GRACE)),
            // A contract may end in the future, and `9999-12-31` is a usual way to write "never".
            ends: dates(Micros::MAX),
            amounts: AmountColumn::new(prepared.survey.mark, prepared.survey.currency.clone()),
            reasons: Interner::default(),
            segments: SegmentTable::new(mapping.segments.clone()),
            rows: Vec::new(),
            now: options.now,
            scratch: String::new(),
            mapping,
        }
    }

    fn take(&mut self, file: &str, columns: &RoleColumns, batch: &Batch) -> Result<(), IntakeError> {
        self.accounts.rows += batch.rows() as u64;
        for row in 0..batch.rows() {
            let place = Place { file, batch, row };
            if !meets(&self.mapping.conditions, &columns.conditions, batch, row, &mut self.scratch) {
                self.accounts.filtered += 1;
                continue;
            }
            let Some(customers) = column(batch, columns.customer) else { continue };
            let customer = match customers::key(customers, row, &mut self.scratch) {
                Ok(customer) => customer,
                Err(why) => {
                    self.accounts.reject_customer(place, &why)?;
                    continue;
                }
            };
            let (start, end) = match self.span(columns, batch, row) {
                Ok(span) => span,
                Err(reason) => {
                    self.accounts.reject(place, reason)?;
                    continue;
                }
            };
            let amount = self.amounts.read(columns, batch, row, &mut self.scratch).unwrap_or(Amount::ZERO);
            let left = end.is_some_and(|end| end <= self.now);
            let reason = self.reason(columns, batch, row, left)?;
            let profile = self.segments.profile(&batch.columns, &columns.segments, row)?;
            let reason = if end.is_some() { reason } else { None };
            self.rows.push((customer, profile, Subscription { start, end, amount, reason }));
            self.accounts.used += 1;
        }
        Ok(())
    }

    /// Start and end of a row, or why it is rejected.
    fn span(
        &mut self,
        columns: &RoleColumns,
        batch: &Batch,
        row: usize,
    ) -> Result<(Micros, Option<Micros>), &'static str> {
        let start = column(batch, columns.start).map_or(Ok(None), |dates| self.starts.read(dates, row));
        let start = start.map_err(date_reason)?.ok_or(NO_DATE)?;
        let had_time_of_day = self.ends.has_time_of_day;
        let end = column(batch, columns.end)
            .map_or(Ok(None), |dates| self.ends.read(dates, row))
            .map_err(date_reason)?;
        if end.is_some_and(|end| end > self.now) {
            // `9999-12-31 23:59:59` means never, and says nothing about how precise the column is.
            self.ends.has_time_of_day = had_time_of_day;
        }
        if end.is_some_and(|end| end < start) {
            return Err(ENDS_BEFORE_START);
        }
        Ok((start, end))
    }

    fn reason(
        &mut self,
        columns: &RoleColumns,
        batch: &Batch,
        row: usize,
        ended: bool,
    ) -> Result<Option<u16>, IntakeError> {
        let Some(reasons) = column(batch, columns.reason) else { return Ok(None) };
        let text = cells::text(reasons, row, &mut self.scratch);
        // Who left without a reason must not be counted with those who gave one.
        let text = match text {
            "" if ended => NO_REASON,
            "" => return Ok(None),
            given => given,
        };
        number_of_reason(&mut self.reasons, text, self.mapping.reason.as_deref()).map(Some)
    }

    fn finish(
        mut self,
        mut prepared: Prepared,
        options: &Options,
        rows: &[u64],
    ) -> Result<SubscriptionIntake, IntakeError> {
        prepared.notes.extend(self.amounts.notes(&self.mapping));
        prepared.notes.extend(date_notes(&self.starts, self.mapping.start.as_deref(), options)?);
        self.starts.has_time_of_day |= self.ends.has_time_of_day;
        let until = self.until();
        let has_time_of_day = self.starts.has_time_of_day;
        let mut summary = prepared.summary(self.accounts, options, rows)?;
        summary.has_time_of_day = has_time_of_day;
        let segments = self.segments.finish();
        let reasons = self.reasons.into_values();
        let table = table(self.rows, segments, reasons, self.mapping.value.is_some(), until);
        Ok(IntakeOf { table, summary })
    }

    /// The data are complete up to the last start or end that is not in the future.
    fn until(&mut self) -> Micros {
        let instants = self.rows.iter().flat_map(|(_, _, s)| [Some(s.start), s.end]).flatten();
        let last = instants.filter(|instant| *instant <= self.now.saturating_add(GRACE)).max();
        last.map_or(0, |last| until(&mut self.starts, last))
    }
}

/// The number of a reason for leaving.
pub(super) fn number_of_reason(
    reasons: &mut Interner,
    text: &str,
    column: Option<&str>,
) -> Result<u16, IntakeError> {
    let number = reasons.number(text, MAX_REASONS).and_then(|number| u16::try_from(number).ok());
    number.ok_or_else(|| IntakeError::TooManyReasons {
        column: column.unwrap_or_default().to_owned(),
        limit: MAX_REASONS,
    })
}

/// Groups subscriptions by customer, in order of start; the profile is that of the first.
fn table(
    mut rows: Vec<(CustomerKey, Profile, Subscription)>,
    segments: Segments,
    reasons: Vec<String>,
    has_amounts: bool,
    until: Micros,
) -> SubscriptionTable {
    rows.sort_unstable_by_key(|(customer, profile, subscription)| (*customer, *subscription, *profile));
    let mut customers: Vec<(Profile, Vec<Subscription>)> = Vec::new();
    let mut last = None;
    for (customer, profile, subscription) in rows {
        if last != Some(customer) {
            customers.push((profile, Vec::new()));
            last = Some(customer);
        }
        if let Some((_, subscriptions)) = customers.last_mut() {
            subscriptions.push(subscription);
        }
    }
    SubscriptionTable { customers, segments, reasons, has_amounts, until }
}
