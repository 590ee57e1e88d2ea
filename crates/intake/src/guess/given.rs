//! What was given of a mapping, held against the columns of the first file.

use super::{Guesser, SINGLE, ended, find};
use crate::{
    error::IntakeError,
    mapping::{Choice, How, Role},
};

impl Guesser<'_> {
    /// Every column that was given must be there; its name is put as the file writes it.
    pub(super) fn check_given(&mut self) -> Result<(), IntakeError> {
        let columns: Vec<String> = self.facts.iter().map(|fact| fact.name.clone()).collect();
        let known = |name: &str, role| match find(&columns, name).and_then(|at| columns.get(at)) {
            Some(column) => Ok(column.clone()),
            None => Err(IntakeError::UnknownColumn {
                file: self.file.to_owned(),
                name: name.to_owned(),
                role,
                columns: self.list(|_| true),
            }),
        };
        let mut mapping = self.mapping.clone();
        let ended = match &self.mapping.ended {
            Some(given) => ended::condition(given, &columns)
                .map_err(|source| IntakeError::Ended { file: self.file.to_owned(), source })?,
            None => None,
        };
        for role in SINGLE {
            match (self.mapping.column(role), &ended) {
                (Some(_), Some(condition)) if role == Role::Ended => {
                    known(condition.column(), role)?;
                }
                (Some(name), _) => mapping.set(role, known(name, role)?),
                (None, _) => {}
            }
        }
        for segment in &mut mapping.segments {
            *segment = known(segment, Role::Segment)?;
        }
        for condition in &mapping.conditions {
            known(condition.column(), Role::Where)?;
        }
        (self.mapping, self.ended) = (mapping, ended);
        Ok(())
    }

    pub(super) fn note_given(&mut self) {
        let single = SINGLE.iter().filter_map(|role| Some((*role, self.mapping.column(*role)?.to_owned())));
        let many = self.mapping.segments.iter().map(|name| (Role::Segment, name.clone()));
        let conditions =
            self.mapping.conditions.iter().map(|condition| (Role::Where, condition.column().to_owned()));
        self.choices = single
            .chain(many)
            .chain(conditions)
            .map(|(role, column)| Choice { role, column, how: How::Given })
            .collect();
    }
}
