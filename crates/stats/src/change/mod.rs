//! Changes of the retention rate.

pub mod baseline;
