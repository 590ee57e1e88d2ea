//! Everything that is held on a customer, from the store and the lake.

use std::{collections::BTreeSet, sync::Arc};

use fidance_store::{DeadLetter, PersonData, Sid, Store, StoreError};

use super::{
    archive::ArchiveError,
    letters,
    port::{PeopleReader, Record},
};
use crate::ingest::{LakeFault, Names};

/// Why nothing could be given.
#[derive(Debug, thiserror::Error)]
pub enum GatherError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The lake cannot be read.
    #[error(transparent)]
    Lake(#[from] LakeFault),
    /// The archive cannot be made.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The thread that reads has ended.
    #[error("reading was interrupted")]
    Interrupted,
}

/// What is held on a customer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Personal {
    /// Of the lake.
    pub record: Record,
    /// What is known of each of their ids.
    pub people: Vec<PersonData>,
    /// Their messages that could not be used.
    pub letters: Vec<DeadLetter>,
    /// The incidents that affected them.
    pub incidents: BTreeSet<String>,
}

impl Personal {
    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.record.events.is_empty()
            && self.record.segments.is_empty()
            && self.record.joins.is_empty()
            && self.people.is_empty()
            && self.letters.is_empty()
            && self.incidents.is_empty()
    }
}

pub(super) async fn gather(
    store: &Store,
    names: &dyn Names,
    reader: Arc<dyn PeopleReader>,
    customer: &str,
) -> Result<Personal, GatherError> {
    let id = names.customer(customer);
    let record = tokio::task::spawn_blocking(move || reader.record(id)).await;
    let record = record.map_err(|_| GatherError::Interrupted)??;
    let mut people = Vec::new();
    let ids: Vec<Sid> = record.ids.iter().copied().map(Sid::new).collect();
    for id in &ids {
        people.extend(store.person(*id).await?);
    }
    let incidents = store.incidents_of(&ids).await?;
    let needles = [customer.to_owned()];
    let letters = letters::find(store, names, &record.ids, &needles).await?;
    Ok(Personal { record, people, letters, incidents })
}
