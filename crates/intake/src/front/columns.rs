//! The columns of one file by role: which are selected, and where each is in a batch.

use fidance_domain::table::{Batch, Column};

use crate::{
    condition::Condition,
    error::{ColumnList, ColumnSample, IntakeError},
    front::source::Source,
    guess::{Guess, find},
    mapping::Role,
};

/// Places of columns in the batches of a file.
#[derive(Debug, Clone, Default)]
pub(crate) struct RoleColumns {
    /// The selected columns of the file, in batch order.
    pub(crate) select: Vec<usize>,
    pub(crate) customer: Option<usize>,
    pub(crate) at: Option<usize>,
    pub(crate) event: Option<usize>,
    pub(crate) message: Option<usize>,
    pub(crate) value: Option<usize>,
    pub(crate) currency: Option<usize>,
    pub(crate) start: Option<usize>,
    pub(crate) end: Option<usize>,
    pub(crate) reason: Option<usize>,
    pub(crate) duration: Option<usize>,
    pub(crate) ended: Option<usize>,
    pub(crate) entry: Option<usize>,
    pub(crate) segments: Vec<usize>,
    pub(crate) conditions: Vec<usize>,
}

impl RoleColumns {
    /// Finds the columns of a settled mapping in a file.
    pub(crate) fn find(source: &Source, guess: &Guess) -> Result<Self, IntakeError> {
        let mapping = &guess.mapping;
        let mut select: Vec<usize> = Vec::new();
        let mut place = |name: &str, role: Role| -> Result<usize, IntakeError> {
            let at = find(&source.columns, name).ok_or_else(|| unknown(source, name, role))?;
            Ok(select.iter().position(|chosen| *chosen == at).unwrap_or_else(|| {
                select.push(at);
                select.len() - 1
            }))
        };
        let name = |role: Role| match (role, &guess.ended) {
            (Role::Ended, Some(condition)) => Some(condition.column()),
            _ => mapping.column(role),
        };
        let mut single = |role: Role| name(role).map(|name| place(name, role)).transpose();
        let mut columns = Self {
            customer: single(Role::Customer)?,
            at: single(Role::At)?,
            event: single(Role::Event)?,
            message: single(Role::Message)?,
            value: single(Role::Value)?,
            currency: single(Role::Currency)?,
            start: single(Role::Start)?,
            end: single(Role::End)?,
            reason: single(Role::Reason)?,
            duration: single(Role::Duration)?,
            ended: single(Role::Ended)?,
            entry: single(Role::Entry)?,
            ..Self::default()
        };
        columns.segments =
            mapping.segments.iter().map(|name| place(name, Role::Segment)).collect::<Result<_, _>>()?;
        columns.conditions = mapping
            .conditions
            .iter()
            .map(|condition| place(condition.column(), Role::Where))
            .collect::<Result<_, _>>()?;
        columns.select = select;
        Ok(columns)
    }
}

fn unknown(source: &Source, name: &str, role: Role) -> IntakeError {
    let sample = |column: &String| ColumnSample { name: column.clone(), value: String::new() };
    let columns = ColumnList(source.columns.iter().map(sample).collect());
    IntakeError::UnknownColumn { file: source.name.clone(), name: name.to_owned(), role, columns }
}

/// The column at a place that the mapping has for sure.
pub(crate) fn column(batch: &Batch, place: Option<usize>) -> Option<&Column> {
    place.and_then(|place| batch.columns.get(place))
}

/// Whether a row meets all conditions.
pub(crate) fn meets(
    conditions: &[Condition],
    places: &[usize],
    batch: &Batch,
    row: usize,
    scratch: &mut String,
) -> bool {
    conditions.iter().zip(places).all(|(condition, place)| {
        batch.columns.get(*place).is_some_and(|column| condition.holds(column, row, scratch))
    })
}
