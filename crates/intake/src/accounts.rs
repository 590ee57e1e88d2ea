//! The account of the rows: each one read is used, filtered, no activity, or rejected.

use std::collections::{BTreeMap, HashMap};

use fidance_domain::table::{Batch, BrokenRow};

use crate::{
    cells, customers::NoCustomer, dates::DateProblem, error::IntakeError, front::Options, rejects::Rejects,
};

/// Reserved ids and events listed by name, at most.
const NAMED: usize = 200;

pub(crate) const NO_CUSTOMER: &str = "no_customer";
pub(crate) const RESERVED_CUSTOMER: &str = "reserved_customer";
pub(crate) const NO_DATE: &str = "no_date";
pub(crate) const UNREADABLE_DATE: &str = "unreadable_date";
pub(crate) const DATE_OUT_OF_RANGE: &str = "date_out_of_range";
pub(crate) const ENDS_BEFORE_START: &str = "ends_before_start";
pub(crate) const NO_DURATION: &str = "no_duration";
pub(crate) const UNREADABLE_DURATION: &str = "unreadable_duration";
pub(crate) const ENTERS_AFTER_END: &str = "enters_after_end";
pub(crate) const UNREADABLE_ENDED: &str = "unreadable_ended";

/// The word for what is wrong with a date.
pub(crate) const fn date_reason(problem: DateProblem) -> &'static str {
    match problem {
        DateProblem::Unreadable => UNREADABLE_DATE,
        DateProblem::OutOfRange => DATE_OUT_OF_RANGE,
    }
}

/// How often each text was seen, for a bounded number of texts.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    counts: HashMap<String, u64>,
    others: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, text: &str) {
        if let Some(n) = self.counts.get_mut(text) {
            *n += 1;
        } else if self.counts.len() < NAMED {
            self.counts.insert(text.to_owned(), 1);
        } else {
            self.others += 1;
        }
    }

    /// Adds the counts of another.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (text, n) in &other.counts {
            *self.counts.entry(text.clone()).or_default() += n;
        }
        self.others += other.others;
    }

    /// Texts and counts, the most frequent first; what was not counted by name comes last.
    pub(crate) fn sorted(&self) -> Vec<(String, u64)> {
        let ordered: BTreeMap<&String, u64> = self.counts.iter().map(|(text, n)| (text, *n)).collect();
        let mut list: Vec<(String, u64)> = ordered.into_iter().map(|(text, n)| (text.clone(), n)).collect();
        list.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        if self.others > 0 {
            list.push(("(others)".to_owned(), self.others));
        }
        list
    }
}

/// Where a row stands, for the rejects file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) file: &'a str,
    pub(crate) batch: &'a Batch,
    pub(crate) row: usize,
}

impl Place<'_> {
    fn line(&self) -> u64 {
        self.batch.lines.get(self.row).copied().unwrap_or(0)
    }
}

/// The counts of a run.
#[derive(Debug)]
pub(crate) struct Accounts {
    pub(crate) rows: u64,
    pub(crate) used: u64,
    pub(crate) filtered: u64,
    pub(crate) not_activity: u64,
    pub(crate) rejects: Rejects,
    pub(crate) reserved: Tally,
}

impl Accounts {
    /// An empty account of a run.
    pub(crate) fn new(options: &Options) -> Self {
        let rejects = Rejects::new(options.rejects.clone());
        Self { rows: 0, used: 0, filtered: 0, not_activity: 0, rejects, reserved: Tally::default() }
    }

    /// Rejects a row.
    #[cold]
    pub(crate) fn reject(&mut self, place: Place<'_>, reason: &'static str) -> Result<(), IntakeError> {
        let content = || cells::row_text(&place.batch.columns, place.row);
        self.rejects.add(place.file, place.line(), reason, content)
    }

    /// Rejects a row that has no customer.
    #[cold]
    pub(crate) fn reject_customer(&mut self, place: Place<'_>, why: &NoCustomer) -> Result<(), IntakeError> {
        match why {
            NoCustomer::Missing => self.reject(place, NO_CUSTOMER),
            NoCustomer::Reserved(id) => {
                self.reserved.add(id);
                self.reject(place, RESERVED_CUSTOMER)
            }
        }
    }

    /// Rejects rows that the reader could not take apart.
    pub(crate) fn broken(&mut self, file: &str, broken: &mut Vec<BrokenRow>) -> Result<(), IntakeError> {
        for row in broken.drain(..) {
            self.rows += 1;
            self.rejects.add(file, row.line, row.reason, || row.content)?;
        }
        Ok(())
    }

    /// Whether every row read is accounted for exactly once.
    pub(crate) fn balance(&self) -> bool {
        self.rows == self.used + self.filtered + self.not_activity + self.rejects.rows()
    }

    /// An error where nothing is left to compute with.
    pub(crate) fn check_any(&mut self) -> Result<(), IntakeError> {
        debug_assert!(self.balance(), "rows are not accounted for: {self:?}");
        if self.used > 0 {
            return Ok(());
        }
        let counts = self.rejects.finish()?;
        let mut why: Vec<String> = counts
            .iter()
            .map(|count| {
                format!(
                    "{} rejected for {} (first in line {} of {})",
                    count.rows, count.reason, count.first_line, count.first_file
                )
            })
            .collect();
        let others =
            [(self.filtered, "filtered out by --where"), (self.not_activity, "not one of the activities")];
        why.extend(others.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
        Err(IntakeError::NothingLeft { rows: self.rows, why: why.join(", ") })
    }
}
