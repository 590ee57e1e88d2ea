//! From the cell of a customer column to the key that the run knows the customer by.

use fidance_domain::{
    id::{CustomerKey, is_reserved},
    table::Column,
};
use xxhash_rust::xxh3::xxh3_128;

use crate::cells;

/// Why a row has no customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoCustomer {
    /// The cell is empty.
    Missing,
    /// The id stands for nobody, such as `null`.
    Reserved(String),
}

/// The key of a customer's id, which has no white space around it: the same wherever the id comes from.
pub fn customer_key(id: &str) -> CustomerKey {
    CustomerKey::from_hash(xxh3_128(id.as_bytes()))
}

/// The hash of a message's id, which has no white space around it; not yet told apart by source.
pub fn message_hash(id: &str) -> u128 {
    xxh3_128(id.as_bytes())
}

/// The key of a row's customer. Ids are compared as text, so `00001` and `1` are two customers.
pub(crate) fn key(column: &Column, row: usize, scratch: &mut String) -> Result<CustomerKey, NoCustomer> {
    let id = match column {
        // White space of any script around an id is no part of it.
        Column::Text(text) => text.get(row).trim(),
        typed => cells::text(typed, row, scratch),
    };
    if id.is_empty() {
        return Err(NoCustomer::Missing);
    }
    if may_be_reserved(id) && is_reserved(id) {
        return Err(NoCustomer::Reserved(id.chars().take(60).collect()));
    }
    Ok(customer_key(id))
}

/// The hash of a row's message id, compared as text; `None` where the cell is empty.
pub(crate) fn message(column: &Column, row: usize, scratch: &mut String) -> Option<u128> {
    let id = match column {
        Column::Text(text) => text.get(row).trim(),
        typed => cells::text(typed, row, scratch),
    };
    (!id.is_empty()).then(|| message_hash(id))
}

/// A quick look that spares most ids the comparison with every reserved one: none begins with 1 to 9.
fn may_be_reserved(id: &str) -> bool {
    !matches!(id.as_bytes().first(), Some(b'1'..=b'9'))
}
