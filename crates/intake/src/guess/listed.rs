//! Which column of a list has the customers, and which says what they are listed for.

use fidance_domain::table::Batch;

use super::{Facts, Guesser, find, names};
use crate::{
    error::IntakeError,
    lists::ListColumns,
    mapping::{Mapping, Role},
};

/// Whether a name is one that columns of customers have.
pub(crate) fn names_customers(name: &str) -> bool {
    names::score(Role::Customer, name) > 0
}

/// The places of the column of customers and, where there is one, of incidents.
pub(crate) fn of_list(
    file: &str,
    columns: &[String],
    sample: &[Batch],
    given: &ListColumns,
) -> Result<(usize, Option<usize>), IntakeError> {
    let facts = Facts::of_all(columns, sample, None);
    let mapping = Mapping { customer: given.customer.clone(), ..Mapping::default() };
    let mut guesser =
        Guesser { file, facts: &facts, mapping, ended: None, choices: Vec::new(), notes: Vec::new() };
    guesser.check_given()?;
    guesser.note_given();
    // Of a single column it need not be asked what it holds.
    if let ([only], None) = (columns, &guesser.mapping.customer) {
        guesser.mapping.customer = Some(only.clone());
    }
    if !guesser.take_by_name(Role::Customer, true, |fact| !fact.is_date(false))? {
        return Err(guesser.not_guessed(Role::Customer));
    }
    let place = |name: &str| find(columns, name);
    let customer = guesser.mapping.customer.as_deref().and_then(place).unwrap_or_default();
    let incident = match &given.incident {
        Some(name) => Some(place(name).ok_or_else(|| IntakeError::UnknownColumn {
            file: file.to_owned(),
            name: name.clone(),
            role: Role::Incident,
            columns: guesser.list(|_| true),
        })?),
        None => {
            match guesser.by_name(Role::Incident, |fact| place(&fact.name) != Some(customer)).as_slice() {
                [] => None,
                [one] => place(&one.name),
                several => return Err(guesser.tie(Role::Incident, several)),
            }
        }
    };
    Ok((customer, incident))
}
