//! The additive table: per week and cell, customers who could return and those who did.

use std::ops::AddAssign;

/// Why there are no expected returns.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum HazardError {
    /// A class that the table does not have.
    #[error("class {class} of dimension {dimension}, but the table has {classes}")]
    Class {
        /// Index of the dimension: recency, frequency, tenure.
        dimension: usize,
        /// The class asked for.
        class: usize,
        /// The number of classes.
        classes: usize,
    },
    /// More returned than could.
    #[error("{returned} customers returned of {exposed}")]
    Counts {
        /// Customers who could return.
        exposed: u64,
        /// Customers who did.
        returned: u64,
    },
    /// A table that is to be a part of another has customers in a cell where the other never had any.
    #[error("week {week}: customers in a cell where the whole table has none, so they are no part of it")]
    NotAPart {
        /// The week, from 0.
        week: usize,
    },
    /// Tables of other classes do not add, and none is part of the other.
    #[error("tables with other classes do not go together")]
    Shape,
    /// No week has enough weeks before it.
    #[error("{weeks} weeks, the first estimate needs {needed}")]
    TooFewWeeks {
        /// Weeks in the table.
        weeks: usize,
        /// Weeks needed.
        needed: usize,
    },
    /// Nobody returned, or everybody did: there is no rate to expect.
    #[error("nobody or everybody returned in the weeks the estimate rests on")]
    NoRate,
    /// A setting out of range.
    #[error("a setting is not usable: {0}")]
    Settings(&'static str),
}

/// Customers of one cell in one week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Exposure {
    /// Customers with an activity before the week.
    pub exposed: u64,
    /// Those with an activity in it.
    pub returned: u64,
}

/// Exposures by week, from 0, and by class of recency, frequency and tenure. Adding tables is the same as adding up
/// over all customers of both.
///
/// ```
/// use fidance_stats::hazard::{Exposure, ExposureTable};
/// let mut table = ExposureTable::new([9, 6, 5]);
/// table.add(0, [0, 2, 1], Exposure { exposed: 40, returned: 9 })?;
/// table.add(3, [1, 0, 0], Exposure { exposed: 200, returned: 4 })?;
/// assert_eq!(table.weeks(), 4);
/// assert_eq!(table.total(3), Exposure { exposed: 200, returned: 4 });
/// assert!(table.add(3, [9, 0, 0], Exposure::default()).is_err());
/// # Ok::<(), fidance_stats::hazard::HazardError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExposureTable {
    classes: [usize; 3],
    weeks: Vec<Vec<Exposure>>,
}

impl ExposureTable {
    /// An empty table for this many classes of recency, frequency and tenure.
    pub fn new(classes: [usize; 3]) -> Self {
        Self { classes, weeks: Vec::new() }
    }

    /// Adds customers of one cell. Errors: [`HazardError::Class`], [`HazardError::Counts`].
    pub fn add(&mut self, week: usize, cell: [usize; 3], exposure: Exposure) -> Result<(), HazardError> {
        for (dimension, (&class, &classes)) in cell.iter().zip(&self.classes).enumerate() {
            if class >= classes {
                return Err(HazardError::Class { dimension, class, classes });
            }
        }
        let Exposure { exposed, returned } = exposure;
        if returned > exposed {
            return Err(HazardError::Counts { exposed, returned });
        }
        while self.weeks.len() <= week {
            self.weeks.push(vec![Exposure::default(); self.cells()]);
        }
        let sum = &mut self.weeks[week][index(self.classes, cell)];
        sum.exposed += exposed;
        sum.returned += returned;
        Ok(())
    }

    /// Adds the customers of another table. Error: [`HazardError::Shape`].
    pub fn merge(&mut self, other: &Self) -> Result<(), HazardError> {
        if other.classes != self.classes {
            return Err(HazardError::Shape);
        }
        while self.weeks.len() < other.weeks.len() {
            self.weeks.push(vec![Exposure::default(); self.cells()]);
        }
        for (mine, theirs) in self.weeks.iter_mut().zip(&other.weeks) {
            mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine += *theirs);
        }
        Ok(())
    }

    /// Number of weeks.
    pub fn weeks(&self) -> usize {
        self.weeks.len()
    }

    /// All cells of a week together; nothing for a week that the table does not have.
    pub fn total(&self, week: usize) -> Exposure {
        let mut total = Exposure::default();
        self.weeks.get(week).into_iter().flatten().for_each(|cell| total += *cell);
        total
    }

    /// Number of cells.
    pub(super) fn cells(&self) -> usize {
        self.classes.iter().product()
    }

    /// The classes of a cell.
    pub(super) fn classes_of(&self, cell: usize) -> [usize; 3] {
        let [_, frequency, tenure] = self.classes;
        [cell / (frequency * tenure), cell / tenure % frequency, cell % tenure]
    }

    /// Number of classes per dimension.
    pub(super) fn classes(&self) -> [usize; 3] {
        self.classes
    }

    /// The cells of a week.
    pub(super) fn week(&self, week: usize) -> &[Exposure] {
        self.weeks.get(week).map_or(&[], Vec::as_slice)
    }
}

/// Where a cell is among all cells of a week.
pub(super) fn index(classes: [usize; 3], cell: [usize; 3]) -> usize {
    (cell[0] * classes[1] + cell[1]) * classes[2] + cell[2]
}

impl AddAssign for Exposure {
    fn add_assign(&mut self, other: Self) {
        self.exposed += other.exposed;
        self.returned += other.returned;
    }
}
