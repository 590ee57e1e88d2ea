//! The simulator from outside: what stands in its folder, compared with what it says it did.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests fail by panicking")]

mod files;
mod folder;
mod identity;
mod planted;
mod scenario;
mod shop;
mod voices;
