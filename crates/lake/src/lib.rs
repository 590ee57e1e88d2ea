//! Files and tables in columns: the only crate that names arrow and parquet.
//!
//! No arrow type appears in a public signature: rows enter and leave as [`fidance_domain::table::Batch`], so
//! that no other crate compiles arrow or depends on its version. What the columns *mean* (which one is the
//! customer, which the date) is not known here.

pub mod file;
