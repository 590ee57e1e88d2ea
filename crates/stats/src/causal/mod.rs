//! Effects of incidents on retention.

pub mod bsts;
