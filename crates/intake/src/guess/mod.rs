//! Fills what a mapping leaves open, by the names of the columns and by what is in them.
//!
//! A guess is shown with its reason and never made between equals: two columns that fit a needed role equally
//! well are an error that lists them, and a price per piece is never taken for an order's amount.

mod ended;
mod facts;
mod given;
mod listed;
mod names;
mod when;

use fidance_domain::table::Batch;

use self::facts::Facts;
pub(crate) use self::{
    facts::flag,
    listed::{names_customers, of_list},
};
use crate::{
    cells,
    condition::Condition,
    error::{ColumnList, IntakeError},
    front::Shape,
    mapping::{Choice, How, Mapping, Role},
    note::Note,
};

/// The event that Segment's specification names for a finished order.
const ORDER_COMPLETED: &str = "Order Completed";
/// A column with more values than this is no kind of event.
const MAX_EVENTS: usize = 200;

/// A mapping with everything that could be found.
#[derive(Debug, Clone, PartialEq)]
pub struct Guess {
    /// What kind of table this is.
    pub shape: Shape,
    /// The mapping, with what was given unchanged.
    pub mapping: Mapping,
    /// What `ended` of the mapping stands for, where it is a condition and no column.
    pub ended: Option<Condition>,
    /// Each chosen column, with its reason.
    pub choices: Vec<Choice>,
    /// What was not taken and why.
    pub notes: Vec<Note>,
}

/// Guesses what `given` leaves open; `shape` is found out unless it is given too.
pub fn guess(
    file: &str,
    columns: &[String],
    sample: &[Batch],
    given: &Mapping,
    shape: Option<Shape>,
) -> Result<Guess, IntakeError> {
    let facts = Facts::of_all(columns, sample, given.at_format.as_ref());
    let mut guesser = Guesser {
        file,
        facts: &facts,
        mapping: given.clone(),
        ended: None,
        choices: Vec::new(),
        notes: Vec::new(),
    };
    guesser.check_given()?;
    guesser.note_given();
    let shape = match shape {
        Some(shape) => shape,
        None => guesser.shape()?,
    };
    match shape {
        Shape::Activities => guesser.activities(sample)?,
        Shape::Events => {
            guesser.activities(sample)?;
            guesser.take_by_name(Role::Message, false, |fact| {
                fact.n_distinct() * 2 > fact.values && !fact.is_date(false)
            })?;
        }
        Shape::Subscriptions => guesser.subscriptions()?,
        Shape::Lifetimes => guesser.lifetimes()?,
    }
    let Guesser { mapping, ended, choices, notes, .. } = guesser;
    Ok(Guess { shape, mapping, ended, choices, notes })
}

/// The place of a column by its name: exactly, or in other case if only one fits.
pub(crate) fn find(columns: &[String], name: &str) -> Option<usize> {
    if let Some(at) = columns.iter().position(|column| column == name) {
        return Some(at);
    }
    let mut similar =
        columns.iter().enumerate().filter(|(_, column)| column.eq_ignore_ascii_case(name.trim()));
    let first = similar.next();
    first.filter(|_| similar.next().is_none()).map(|(at, _)| at)
}

struct Guesser<'a> {
    file: &'a str,
    facts: &'a [Facts],
    mapping: Mapping,
    ended: Option<Condition>,
    choices: Vec<Choice>,
    notes: Vec<Note>,
}

/// Roles that have one column.
const SINGLE: [Role; 12] = [
    Role::Customer,
    Role::At,
    Role::Event,
    Role::Message,
    Role::Value,
    Role::Currency,
    Role::Start,
    Role::End,
    Role::Reason,
    Role::Duration,
    Role::Ended,
    Role::Entry,
];

impl<'a> Guesser<'a> {
    fn list(&self, wanted: impl Fn(&Facts) -> bool) -> ColumnList {
        ColumnList(self.facts.iter().filter(|fact| wanted(fact)).map(Facts::sample).collect())
    }

    fn is_free(&self, name: &str) -> bool {
        !self
            .choices
            .iter()
            .any(|choice| choice.column == name && choice.role != Role::Segment && choice.role != Role::Where)
    }

    fn take(&mut self, role: Role, column: &str, why: String) {
        self.mapping.set(role, column.to_owned());
        self.choices.push(Choice { role, column: column.to_owned(), how: How::Guessed(why) });
    }

    /// The free columns whose name fits a role best and whose values pass.
    fn by_name(&self, role: Role, fits: impl Fn(&Facts) -> bool) -> Vec<&'a Facts> {
        let scored: Vec<(u8, &Facts)> = self
            .facts
            .iter()
            .filter(|fact| self.is_free(&fact.name) && fits(fact))
            .map(|fact| (names::score(role, &fact.name), fact))
            .filter(|(score, _)| *score > 0)
            .collect();
        let best = scored.iter().map(|(score, _)| *score).max().unwrap_or(0);
        scored.into_iter().filter(|(score, _)| *score == best).map(|(_, fact)| fact).collect()
    }

    /// Takes the one column whose name fits; several are an error where the role is needed.
    fn take_by_name(
        &mut self,
        role: Role,
        needed: bool,
        fits: impl Fn(&Facts) -> bool,
    ) -> Result<bool, IntakeError> {
        if self.mapping.column(role).is_some() {
            return Ok(true);
        }
        match self.by_name(role, fits).as_slice() {
            [one] => {
                self.take(role, &one.name, "by its name".to_owned());
                Ok(true)
            }
            [_, _, ..] if needed => Err(self.tie(role, &self.by_name(role, |fact| fact.values > 0))),
            _ => Ok(false),
        }
    }

    fn tie(&self, role: Role, candidates: &[&Facts]) -> IntakeError {
        let columns = ColumnList(candidates.iter().map(|fact| fact.sample()).collect());
        IntakeError::Tie { file: self.file.to_owned(), role, columns }
    }

    /// What kind of table this is, by what was given and by the names.
    fn shape(&self) -> Result<Shape, IntakeError> {
        let has = |roles: &[Role]| roles.iter().any(|role| self.mapping.column(*role).is_some());
        let given = [
            (Shape::Activities, has(&[Role::At, Role::Event, Role::Message]), "--at"),
            (Shape::Subscriptions, has(&[Role::Start, Role::End]), "--start"),
            (Shape::Lifetimes, has(&[Role::Duration, Role::Ended, Role::Entry]), "--duration"),
        ];
        let mut named = given.iter().filter(|(_, given, _)| *given);
        match (named.next(), named.next()) {
            (Some((_, _, one)), Some((_, _, other))) => {
                let message = format!(
                    "{one} and {other} belong to different kinds of tables; give the columns of one kind"
                );
                return Err(IntakeError::Roles { message });
            }
            (Some((shape, ..)), None) => return Ok(*shape),
            _ => {}
        }
        let found = |role, fits: fn(&Facts) -> bool| !self.by_name(role, fits).is_empty();
        // An end date may be empty in all the first rows.
        let end_fits = |fact: &Facts| fact.values == 0 || fact.is_date(true);
        if found(Role::Start, |fact| fact.is_date(true)) && found(Role::End, end_fits) {
            return Ok(Shape::Subscriptions);
        }
        let any_date = self.facts.iter().any(|fact| fact.is_date(names::score(Role::At, &fact.name) > 0));
        if !any_date && found(Role::Duration, Facts::is_number) && found(Role::Ended, Facts::is_flag) {
            return Ok(Shape::Lifetimes);
        }
        Ok(Shape::Activities)
    }

    fn activities(&mut self, sample: &[Batch]) -> Result<(), IntakeError> {
        if !self.take_by_name(Role::At, true, |fact| fact.is_date(true))? {
            self.date_by_content()?;
        }
        self.customer(true)?;
        self.note_distinct_customers();
        self.event(sample)?;
        self.value()
    }

    fn customer(&mut self, needed: bool) -> Result<(), IntakeError> {
        if self.take_by_name(Role::Customer, needed, |fact| !fact.is_date(false))? {
            return Ok(());
        }
        if self.is_headless() {
            let first = self.facts.iter().find(|fact| self.is_free(&fact.name) && fact.is_id());
            if let Some(first) = first {
                self.take(
                    Role::Customer,
                    &first.name,
                    "the first column that is neither a date nor an amount".to_owned(),
                );
                return Ok(());
            }
        }
        if needed { Err(self.not_guessed(Role::Customer)) } else { Ok(()) }
    }

    /// A customer of its own in each of many rows is most likely an order number.
    fn note_distinct_customers(&mut self) {
        let customer = self.facts.iter().find(|fact| self.mapping.customer.as_deref() == Some(&fact.name));
        if let Some(fact) = customer.filter(|fact| fact.values >= 500 && fact.n_distinct() == fact.values) {
            self.notes.push(Note::DistinctCustomers { column: fact.name.clone() });
        }
    }

    /// Whether the file has no names of columns.
    fn is_headless(&self) -> bool {
        self.facts.iter().enumerate().all(|(at, fact)| fact.name == format!("column{}", at + 1))
    }

    fn event(&mut self, sample: &[Batch]) -> Result<(), IntakeError> {
        self.take_by_name(Role::Event, false, |fact| {
            !fact.is_number() && !fact.is_date(false) && fact.n_distinct() <= MAX_EVENTS
        })?;
        let Some(at) = self
            .mapping
            .event
            .as_ref()
            .and_then(|event| self.facts.iter().position(|fact| fact.name == *event))
        else {
            return Ok(());
        };
        if self.mapping.activity.is_empty() {
            let mut scratch = String::new();
            let mut columns = sample.iter().filter_map(|batch| batch.columns.get(at));
            let found = columns.any(|column| {
                (0..column.len()).any(|row| cells::text(column, row, &mut scratch) == ORDER_COMPLETED)
            });
            if found {
                self.mapping.activity = vec![ORDER_COMPLETED.to_owned()];
            }
        }
        Ok(())
    }

    fn value(&mut self) -> Result<(), IntakeError> {
        let fits =
            |fact: &Facts| fact.is_number() && !names::is_per_piece(&fact.name) && !fact.is_date(false);
        if !self.take_by_name(Role::Value, false, fits)? {
            self.value_by_content(fits);
        }
        if self.mapping.value.is_some() {
            self.take_by_name(Role::Currency, false, Facts::is_code)?;
        }
        Ok(())
    }

    fn value_by_content(&mut self, fits: impl Fn(&Facts) -> bool) {
        let several = self.by_name(Role::Value, fits);
        if !several.is_empty() {
            let columns = several.iter().map(|fact| fact.name.clone()).collect();
            self.notes.push(Note::SeveralAmounts { columns });
            return;
        }
        let decimals: Vec<&Facts> =
            self.facts.iter().filter(|fact| self.is_free(&fact.name) && fact.has_decimals()).collect();
        if let ([one], true) = (decimals.as_slice(), self.is_headless()) {
            self.take(
                Role::Value,
                &one.name,
                format!("the only column of numbers with decimals, such as {:?}", one.example),
            );
            return;
        }
        let pieces = self.facts.iter().filter(|fact| names::is_per_piece(&fact.name));
        let columns: Vec<String> = pieces.map(|fact| fact.name.clone()).collect();
        if !columns.is_empty() {
            self.notes.push(Note::NoAmount { columns });
        }
    }

    fn subscriptions(&mut self) -> Result<(), IntakeError> {
        if !self.take_by_name(Role::Start, true, |fact| fact.is_date(true))? {
            return Err(self.not_guessed(Role::Start));
        }
        if !self.take_by_name(Role::End, true, |fact| fact.values == 0 || fact.is_date(true))? {
            return Err(self.not_guessed(Role::End));
        }
        self.customer(true)?;
        self.take_by_name(Role::Reason, false, |fact| !fact.is_number())?;
        self.value()
    }

    fn lifetimes(&mut self) -> Result<(), IntakeError> {
        if !self.take_by_name(Role::Duration, true, Facts::is_number)? {
            return Err(self.not_guessed(Role::Duration));
        }
        if !self.take_by_name(Role::Ended, true, Facts::is_flag)? {
            return Err(self.not_guessed(Role::Ended));
        }
        self.customer(false)?;
        self.take_by_name(Role::Reason, false, |fact| !fact.is_number())?;
        self.take_by_name(Role::Entry, false, Facts::is_number)?;
        Ok(())
    }
}
