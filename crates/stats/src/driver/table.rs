//! The table that is searched: customers by every combination of their properties, against what was expected.

use std::collections::{BTreeMap, btree_map::Entry};
use std::fmt;

/// A property of customers and the values it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dimension {
    /// Its name, as the data call it.
    pub name: String,
    /// Its values.
    pub values: Vec<String>,
}

/// Customers who share a value of every dimension.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Index of the value, per dimension.
    pub values: Vec<usize>,
    /// Customers whose decision was due.
    pub customers: u64,
    /// Those kept.
    pub kept: u64,
    /// The share expected to be kept, strictly between 0 and 1: from the alarm's baseline, so that both agree.
    pub expected: f64,
    /// Customers the expectation rests on, `None` where it is to be taken as known. Only the p-value uses it.
    pub evidence: Option<f64>,
}

/// Why a table cannot be searched.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TableError {
    /// No dimension, a dimension without values, or no cell.
    #[error("nothing to search: no {0}")]
    Empty(&'static str),
    /// A cell that does not have one known value per dimension.
    #[error("cell {0} does not have one known value per dimension")]
    Values(usize),
    /// Counts or an expectation that cannot be.
    #[error("cell {0} keeps more customers than it has, or its expected share is not between 0 and 1")]
    Counts(usize),
}

/// Cells with their dimensions, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentTable {
    dimensions: Vec<Dimension>,
    cells: Vec<Cell>,
}

impl SegmentTable {
    /// Checks the cells; those without customers are dropped. Errors: [`TableError`].
    pub fn new(dimensions: Vec<Dimension>, cells: Vec<Cell>) -> Result<Self, TableError> {
        if dimensions.is_empty() {
            return Err(TableError::Empty("dimension"));
        }
        if dimensions.iter().any(|dimension| dimension.values.is_empty()) {
            return Err(TableError::Empty("value of a dimension"));
        }
        for (index, cell) in cells.iter().enumerate() {
            let known = cell.values.iter().zip(&dimensions).all(|(&value, of)| value < of.values.len());
            if cell.values.len() != dimensions.len() || !known {
                return Err(TableError::Values(index));
            }
            let evidence = cell.evidence.is_none_or(|evidence| evidence > 0.0);
            if cell.kept > cell.customers || !(cell.expected > 0.0 && cell.expected < 1.0) || !evidence {
                return Err(TableError::Counts(index));
            }
        }
        let cells: Vec<Cell> = cells.into_iter().filter(|cell| cell.customers > 0).collect();
        if cells.is_empty() {
            return Err(TableError::Empty("customer"));
        }
        Ok(Self { dimensions, cells })
    }

    /// The dimensions.
    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    /// The cells that hold customers.
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The same table with other counts kept, in the order of the cells.
    pub(super) fn with_kept(&self, kept: impl Iterator<Item = u64>) -> Self {
        let mut table = self.clone();
        table.cells.iter_mut().zip(kept).for_each(|(cell, kept)| cell.kept = kept);
        table
    }

    /// The table without some cells, `None` when nothing is left.
    pub(super) fn without(&self, selected: impl Fn(&Cell) -> bool) -> Option<Self> {
        let cells: Vec<Cell> = self.cells.iter().filter(|cell| !selected(cell)).cloned().collect();
        (!cells.is_empty()).then(|| Self { dimensions: self.dimensions.clone(), cells })
    }

    /// The `most` dimensions in which the values differ most from their expectations, apart from what all have in common:
    /// by Pearson's statistic over its degrees of freedom, in their own order.
    pub(super) fn most_uneven(&self, most: usize) -> Vec<usize> {
        let kept: f64 = self.cells.iter().map(|cell| cell.kept as f64).sum();
        let expected: f64 = self.cells.iter().map(|cell| cell.customers as f64 * cell.expected).sum();
        let common = kept / expected;
        let unevenness = |dimension: usize| {
            let mut values = vec![(0.0, 0.0); self.dimensions[dimension].values.len()];
            for cell in &self.cells {
                let (kept, expected) = &mut values[cell.values[dimension]];
                *kept += cell.kept as f64;
                *expected += common * cell.customers as f64 * cell.expected;
            }
            let used = values.iter().filter(|(_, expected)| *expected > 0.0);
            let statistic: f64 = used.map(|(kept, expected)| (kept - expected).powi(2) / expected).sum();
            statistic / (values.len() as f64 - 1.0).max(1.0)
        };
        let mut ranked: Vec<(usize, f64)> =
            (0..self.dimensions.len()).map(|at| (at, unevenness(at))).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mut chosen: Vec<usize> = ranked.into_iter().take(most).map(|(at, _)| at).collect();
        chosen.sort_unstable();
        chosen
    }

    /// The table by some of its dimensions, customers added up over the others.
    pub(super) fn by(&self, dimensions: &[usize]) -> Self {
        let mut cells: BTreeMap<Vec<usize>, Cell> = BTreeMap::new();
        for cell in &self.cells {
            let values: Vec<usize> = dimensions.iter().map(|&at| cell.values[at]).collect();
            match cells.entry(values) {
                Entry::Vacant(entry) => {
                    let values = entry.key().clone();
                    entry.insert(Cell { values, ..cell.clone() });
                }
                Entry::Occupied(mut entry) => {
                    let sum = entry.get_mut();
                    let (mine, theirs) = (sum.customers as f64, cell.customers as f64);
                    sum.expected = (mine * sum.expected + theirs * cell.expected) / (mine + theirs);
                    sum.evidence = sum.evidence.zip(cell.evidence).map(|(mine, theirs)| mine + theirs);
                    sum.customers += cell.customers;
                    sum.kept += cell.kept;
                }
            }
        }
        let dimensions = dimensions.iter().map(|&at| self.dimensions[at].clone()).collect();
        Self { dimensions, cells: cells.into_values().collect() }
    }

    /// What a selection of values says, in the fewest words: one condition per dimension that it restricts.
    pub(super) fn conditions(&self, selection: &[Vec<bool>]) -> Vec<Condition> {
        let condition = |(dimension, chosen): (&Dimension, &Vec<bool>)| {
            let pick = |wanted: bool| {
                let values = dimension.values.iter().zip(chosen).filter(move |&(_, &is)| is == wanted);
                values.map(|(value, _)| value.clone()).collect::<Vec<String>>()
            };
            let (inside, outside) = (pick(true), pick(false));
            let values = match outside.len() {
                0 => return None,
                excluded if excluded < inside.len() => Values::NoneOf(outside),
                _ => Values::OneOf(inside),
            };
            Some(Condition { dimension: dimension.name.clone(), values })
        };
        self.dimensions.iter().zip(selection).filter_map(condition).collect()
    }
}

/// A restriction of one dimension. Conditions of a finding hold together; no condition at all means everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Name of the dimension.
    pub dimension: String,
    /// The values.
    pub values: Values,
}

/// The values a condition allows, told the shorter way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Values {
    /// One of these.
    OneOf(Vec<String>),
    /// None of these.
    NoneOf(Vec<String>),
}

/// Formula-like, without words of any language: `region = eu`, `channel ∈ {web, app}`, `plan ∉ {free, trial}`.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dimension, values } = self;
        match values {
            Values::OneOf(values) => match values.as_slice() {
                [value] => write!(f, "{dimension} = {value}"),
                values => write!(f, "{dimension} ∈ {{{}}}", values.join(", ")),
            },
            Values::NoneOf(values) => match values.as_slice() {
                [value] => write!(f, "{dimension} ≠ {value}"),
                values => write!(f, "{dimension} ∉ {{{}}}", values.join(", ")),
            },
        }
    }
}
