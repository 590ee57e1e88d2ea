//! Drivers of a change: which customers carry it. Exact accounting of rates and mix, and a search for the
//! conjunction of properties that is most surprising against what was expected.
//!
//! Both say *where*, never *why*. See `docs/statistics/drivers.md`.

mod bootstrap;
mod bridge;
mod scan;
mod score;
mod table;

pub use bootstrap::{Null, p_value};
pub use bridge::{Bridge, BridgeError, Part, Periods, bridge, bridges};
pub use scan::{Finding, Scan, exhaustive, scan, second_scan};
pub use table::{Cell, Condition, Dimension, SegmentTable, TableError, Values};
