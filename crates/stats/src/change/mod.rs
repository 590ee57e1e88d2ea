//! Changes in a series: what was to be expected, when it changed, and how sure that is.

pub mod baseline;
pub mod comparator;
