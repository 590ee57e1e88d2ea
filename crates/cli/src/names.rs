//! From ids to what a lake knows customers and messages by: one way for files and for clients, so that an order that
//! comes from both is one order of one customer.

use fidance_app::ingest::Names;
use fidance_intake::customers::{customer_key, message_hash};
use fidance_lake::Pseudonyms;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128_with_seed};

/// Where messages come from: ids are told apart within it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin(u64);

impl Origin {
    pub(crate) fn new(source: &str) -> Self {
        Self(xxh3_64(source.as_bytes()))
    }

    /// The key of a message, given the hash of its id.
    pub(crate) fn message(self, hash: u128) -> u128 {
        xxh3_128_with_seed(&hash.to_le_bytes(), self.0)
    }
}

/// The names of one lake.
#[derive(Debug)]
pub(crate) struct LakeNames(pub(crate) Pseudonyms);

impl Names for LakeNames {
    fn customer(&self, id: &str) -> i64 {
        self.0.of(customer_key(id))
    }

    fn message(&self, source: &str, id: &str) -> u128 {
        Origin::new(source).message(message_hash(id.trim()))
    }
}
