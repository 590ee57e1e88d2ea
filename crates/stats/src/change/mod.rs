//! Changes in a series: when, and how sure.

pub mod comparator;
