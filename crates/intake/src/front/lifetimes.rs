//! Lifetimes: one row per customer, with an age and whether the customer left.

use std::path::PathBuf;

use fidance_domain::{
    history::{Lifetime, LifetimeRows},
    table::Batch,
};

use super::{
    IntakeOf, Options, Progress, Shape,
    columns::{RoleColumns, column, meets},
    prepare::{Prepared, prepare},
    pump::{Load, pump_all},
    subscriptions::number_of_reason,
};
use crate::{
    accounts::{Accounts, ENTERS_AFTER_END, NO_DURATION, Place, UNREADABLE_DURATION, UNREADABLE_ENDED},
    cells,
    condition::Condition,
    customers,
    error::IntakeError,
    guess::flag,
    mapping::Mapping,
    reader::ParquetOpener,
    segments::{Interner, SegmentTable},
};

/// The reason of those who left where no column gives reasons.
const ENDED: &str = "ended";
/// The reason of those who left without one, where others have one.
pub(super) const NO_REASON: &str = "(none)";

/// Reads files of lifetimes.
pub fn read_lifetimes(
    files: &[PathBuf],
    options: &Options,
    parquet: ParquetOpener<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<IntakeOf<LifetimeRows>, IntakeError> {
    read(prepare(files, options, parquet, Some(Shape::Lifetimes), progress)?, options, parquet, progress)
}

/// Reads files whose columns are settled.
pub(super) fn read(
    mut prepared: Prepared,
    options: &Options,
    parquet: ParquetOpener<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<IntakeOf<LifetimeRows>, IntakeError> {
    let mut pass = Pass::new(&prepared, options);
    let rows =
        pump_all(&mut prepared, options, parquet, progress, &mut |file, columns, _, load: &mut Load| {
            pass.accounts.broken(file, &mut load.broken)?;
            pass.take(file, columns, &load.batch)?;
            Ok(pass.accounts.rows)
        })?;
    let table = LifetimeRows {
        lifetimes: pass.lifetimes,
        segments: pass.segments.finish(),
        reasons: reasons(pass.reasons.into_values()),
    };
    Ok(IntakeOf { table, summary: prepared.summary(pass.accounts, options, &rows)? })
}

fn reasons(found: Vec<String>) -> Vec<String> {
    if found.is_empty() { vec![ENDED.to_owned()] } else { found }
}

/// The state of reading lifetimes.
struct Pass {
    mapping: Mapping,
    /// Under which a customer has left, where no column of flags says so.
    ended: Option<Condition>,
    accounts: Accounts,
    reasons: Interner,
    segments: SegmentTable,
    lifetimes: Vec<Lifetime>,
    scratch: String,
}

impl Pass {
    fn new(prepared: &Prepared, options: &Options) -> Self {
        let mapping = prepared.guess.mapping.clone();
        Self {
            accounts: Accounts::new(options),
            reasons: Interner::default(),
            segments: SegmentTable::new(mapping.segments.clone()),
            lifetimes: Vec::new(),
            scratch: String::new(),
            ended: prepared.guess.ended.clone(),
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
            // Lifetimes need no customer; a column of them is only asked for rows of nobody.
            if let Some(customers) = column(batch, columns.customer)
                && let Err(why) = customers::key(customers, row, &mut self.scratch)
            {
                self.accounts.reject_customer(place, &why)?;
                continue;
            }
            match self.ages(columns, batch, row) {
                Ok((entry, duration, left)) => {
                    let ended = if left { Some(self.reason(columns, batch, row)?) } else { None };
                    let profile = self.segments.profile(&batch.columns, &columns.segments, row)?;
                    self.lifetimes.push(Lifetime { entry, duration, ended, profile });
                    self.accounts.used += 1;
                }
                Err(reason) => self.accounts.reject(place, reason)?,
            }
        }
        Ok(())
    }

    /// Entry, duration and whether the customer left, or why the row is rejected.
    fn ages(
        &mut self,
        columns: &RoleColumns,
        batch: &Batch,
        row: usize,
    ) -> Result<(u32, u32, bool), &'static str> {
        let duration = self.age(columns.duration, batch, row)?.ok_or(NO_DURATION)?;
        let entry = self.age(columns.entry, batch, row)?.unwrap_or(0);
        if entry > duration {
            return Err(ENTERS_AFTER_END);
        }
        let left = self.left(columns, batch, row).ok_or(UNREADABLE_ENDED)?;
        Ok((entry, duration, left))
    }

    /// Whether the customer left; `None` where the flag cannot be read. A condition always has an answer.
    fn left(&mut self, columns: &RoleColumns, batch: &Batch, row: usize) -> Option<bool> {
        let ended = column(batch, columns.ended)?;
        match &self.ended {
            Some(condition) => Some(condition.holds(ended, row, &mut self.scratch)),
            None => flag(cells::text(ended, row, &mut self.scratch)),
        }
    }

    /// A whole, non-negative age; `None` where the cell is empty.
    fn age(&mut self, place: Option<usize>, batch: &Batch, row: usize) -> Result<Option<u32>, &'static str> {
        let Some(ages) = column(batch, place) else { return Ok(None) };
        if cells::text(ages, row, &mut self.scratch).is_empty() {
            return Ok(None);
        }
        let age = cells::number(ages, row).filter(|age| age.fract() == 0.0 && (0.0..4e9).contains(age));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole and within bounds, checked above"
        )]
        age.map(|age| Some(age as u32)).ok_or(UNREADABLE_DURATION)
    }

    fn reason(&mut self, columns: &RoleColumns, batch: &Batch, row: usize) -> Result<u16, IntakeError> {
        let Some(reasons) = column(batch, columns.reason) else { return Ok(0) };
        let text = cells::text(reasons, row, &mut self.scratch);
        let text = if text.is_empty() { NO_REASON } else { text };
        number_of_reason(&mut self.reasons, text, self.mapping.reason.as_deref())
    }
}
