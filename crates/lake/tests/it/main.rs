//! What the crate does with whole files and whole lakes: written by others, damaged, interrupted, compared.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::disallowed_methods,
    reason = "helpers of tests fail by panicking; counts here are small"
)]

#[cfg(test)]
mod files;
#[cfg(test)]
mod forget;
#[cfg(test)]
mod parity;
#[cfg(test)]
mod robust;
#[cfg(test)]
mod store;
#[cfg(test)]
mod store_faults;
#[cfg(test)]
mod version;
#[cfg(test)]
mod world;
