//! From an alarm to its causes: which customers, which events, what speaks for and against each.
//!
//! [`model`] is the result as plain data.

pub mod model;
