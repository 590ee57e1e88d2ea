//! Activities put into (customer, time) order within a memory budget.
//!
//! Each activity is a record of 32 bytes. Records go to one of 256 parts by the leading byte of the
//! customer's key; when all parts together reach the budget, each is sorted and they are written behind one
//! another to an unnamed temporary file as one *run*. A part is read back by merging its slices of all runs,
//! a block of each at a time, so that memory stays bounded even where one customer has most of the rows.
//!
//! Records are ordered by all their fields, so the result does not depend on the order of the rows, on the
//! budget or on the number of runs: activities of a customer at the same instant come by profile and amount.

mod histories;
mod record;
mod runs;
mod sorter;

pub use self::{histories::SortedHistories, sorter::Sorter};
