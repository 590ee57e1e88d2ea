//! Whom incidents affected, as a running server knows it: lists that come as ids and are kept as pseudonyms.
//!
//! A list belongs to an entry of the register and goes with it. Pseudonyms stay as they were listed: who they are now,
//! after merges, is found anew with every look at the data; who is erased is on no list any more.

use std::{collections::BTreeMap, fmt::Debug, io::Read, sync::Arc};

use fidance_domain::list::{CustomerList, CustomerLists, ListError};
use fidance_store::{Sid, Store, StoreError};

use crate::ingest::LakeFault;

/// In which form a list is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListForm {
    /// A table with a column of customers, or one customer per line: the files that `--affected` takes.
    Table,
    /// An array of ids.
    Json,
}

/// Knows customers by their ids and by their pseudonyms. Blocks.
pub trait Customers: Debug + Send + Sync {
    /// The pseudonyms of the customers on a list of one incident, at least one.
    ///
    /// # Errors
    /// Where the list cannot be used; one row that cannot is enough.
    fn listed(
        &self,
        incident: &str,
        form: ListForm,
        list: Box<dyn Read + Send>,
    ) -> Result<Vec<i64>, WrongList>;

    /// How many of these pseudonyms belong to a customer with an activity, that is to one that an effect can be seen on.
    ///
    /// # Errors
    /// Where the lake cannot be read at the moment.
    fn known(&self, listed: Vec<i64>) -> Result<u64, LakeFault>;
}

/// A list that cannot be used: where it is wrong, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WrongList(pub String);

/// Why something could not be done with a list.
#[derive(Debug, thiserror::Error)]
pub enum AffectedError {
    /// The list.
    #[error(transparent)]
    Wrong(#[from] WrongList),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The lake.
    #[error(transparent)]
    Lake(#[from] LakeFault),
    /// The thread that read ended in the middle of it.
    #[error("reading the list broke off")]
    BrokeOff,
}

/// Whom an incident affected, in numbers of ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Affected {
    /// On the list, each id once.
    pub listed: u64,
    /// Of these, the ids of customers with an activity.
    pub known: u64,
}

impl Affected {
    /// Ids on the list that are no customer's with an activity.
    pub const fn unknown(self) -> u64 {
        self.listed.saturating_sub(self.known)
    }
}

/// Does something that blocks where that is allowed.
pub(crate) async fn aside<T: Send + 'static, E>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, AffectedError>
where
    E: Into<AffectedError> + Send + 'static,
{
    tokio::task::spawn_blocking(work).await.map_err(|_| AffectedError::BrokeOff)?.map_err(Into::into)
}

/// The lists as they were last read; read again only where one has changed.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    /// As of which change in this process.
    change: u64,
    counts: BTreeMap<String, u64>,
    newest: Arc<CustomerLists<i64>>,
}

impl Lists {
    /// The lists now. `change` differs from the last one where a list was replaced; an erasure shows in the numbers.
    pub(crate) async fn read(
        &mut self,
        store: &Store,
        change: u64,
    ) -> Result<Arc<CustomerLists<i64>>, StoreError> {
        let counts = store.affected_counts().await?;
        if (change, &counts) != (self.change, &self.counts) {
            let mut lists = Vec::with_capacity(counts.len());
            for incident in counts.keys() {
                let people = store.affected(incident).await?;
                lists.push(CustomerList::new(incident, people.into_iter().map(Sid::get).collect()));
            }
            // The store takes no more lists than these, one for an incident.
            let read = CustomerLists::new(lists).unwrap_or_else(|error: ListError| {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the lists of customers are not used"
                );
                CustomerLists::default()
            });
            (self.change, self.counts, self.newest) = (change, counts, Arc::new(read));
        }
        Ok(Arc::clone(&self.newest))
    }
}
