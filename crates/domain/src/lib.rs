//! The words and rules of Fidance: pure, synchronous, without IO, clock or randomness.
//!
//! Everything here is either a type whose wrong states cannot be built, or a rule over such types. What a
//! retention rate *is* stands in [`retention`]; where the rows come from does not: see [`history`] for the
//! port through which any source hands over customers' activities in order.
#![warn(missing_docs)]

pub mod amount;
pub mod history;
pub mod id;
pub mod incident;
pub mod list;
pub mod notice;
pub mod retention;
pub mod table;
#[cfg(feature = "testing")]
pub mod testing;
pub mod time;
pub mod vocabulary;
