//! The panel: one outcome per unit and period, which units were affected, and from which period on.
//!
//! A unit is a segment of customers (by plan, country, exposure), not a customer. A panel that exists is
//! complete and finite: estimators do not check again. Missing cells are not filled in.

use nalgebra::DMatrix;

use super::CausalError;

/// Customers whose decision was due in a period, and how many stayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cell {
    /// Customers due, n.
    pub customers: u64,
    /// Of these, retained, x.
    pub retained: u64,
}

/// Outcomes by unit (row) and period (column).
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    values: DMatrix<f64>,
    customers: Option<DMatrix<f64>>,
    treated: Vec<bool>,
    start: usize,
}

impl Panel {
    /// A panel of counts; the outcome is the share retained.
    ///
    /// `treated` flags the affected units, `start` is the position of the first period after the disclosure.
    ///
    /// ```
    /// use fidance_stats::causal::{Cell, Panel};
    /// let unit = |retained| vec![Cell { customers: 100, retained }; 4];
    /// let panel = Panel::from_counts(&[unit(95), unit(90)], &[true, false], 3)?;
    /// assert_eq!((panel.value(0, 0), panel.customers(1, 2)), (0.95, Some(100.0)));
    /// # Ok::<(), fidance_stats::causal::CausalError>(())
    /// ```
    pub fn from_counts(units: &[Vec<Cell>], treated: &[bool], start: usize) -> Result<Self, CausalError> {
        let shares: Vec<Vec<f64>> = units
            .iter()
            .map(|cells| {
                // An impossible cell becomes NaN here and an error below, where its place is known.
                let share = |cell: &Cell| {
                    if cell.retained <= cell.customers {
                        cell.retained as f64 / cell.customers as f64
                    } else {
                        f64::NAN
                    }
                };
                cells.iter().map(share).collect()
            })
            .collect();
        let panel = Self::from_values(&shares, treated, start)?;
        let customers = DMatrix::from_fn(panel.units(), panel.periods(), |unit, period| {
            units[unit][period].customers as f64
        });
        Ok(Self { customers: Some(customers), ..panel })
    }

    /// A panel of any outcome.
    pub fn from_values(units: &[Vec<f64>], treated: &[bool], start: usize) -> Result<Self, CausalError> {
        let periods = units.first().map_or(0, Vec::len);
        if let Some(unit) = units.iter().position(|values| values.len() != periods) {
            return Err(CausalError::Ragged { unit, found: units[unit].len(), expected: periods });
        }
        if treated.len() != units.len() {
            let unit = treated.len().min(units.len());
            return Err(CausalError::Ragged { unit, found: treated.len(), expected: units.len() });
        }
        for (unit, values) in units.iter().enumerate() {
            if let Some(period) = values.iter().position(|value| !value.is_finite()) {
                return Err(CausalError::BadCell { unit, period });
            }
        }
        let values = DMatrix::from_fn(units.len(), periods, |unit, period| units[unit][period]);
        Self::checked(values, None, treated.to_vec(), start)
    }

    fn checked(
        values: DMatrix<f64>,
        customers: Option<DMatrix<f64>>,
        treated: Vec<bool>,
        start: usize,
    ) -> Result<Self, CausalError> {
        let affected = treated.iter().filter(|&&treated| treated).count();
        let controls = treated.len() - affected;
        if affected == 0 || controls == 0 {
            return Err(CausalError::NothingToCompare { treated: affected, controls });
        }
        let periods = values.ncols();
        if start == 0 || start >= periods {
            let after = periods.saturating_sub(start);
            return Err(CausalError::TooFewPeriods { before: start.min(periods), after, needed: 1 });
        }
        Ok(Self { values, customers, treated, start })
    }

    /// Number of units.
    pub fn units(&self) -> usize {
        self.values.nrows()
    }

    /// Number of periods.
    pub fn periods(&self) -> usize {
        self.values.ncols()
    }

    /// First period after the disclosure; also the number of periods before it.
    pub fn start(&self) -> usize {
        self.start
    }

    /// Periods from the disclosure on.
    pub fn horizon(&self) -> usize {
        self.periods() - self.start
    }

    /// Whether a unit was affected.
    pub fn is_treated(&self, unit: usize) -> bool {
        self.treated[unit]
    }

    /// Positions of the affected units.
    pub fn treated_units(&self) -> Vec<usize> {
        (0..self.units()).filter(|&unit| self.treated[unit]).collect()
    }

    /// Positions of the unaffected units.
    pub fn control_units(&self) -> Vec<usize> {
        (0..self.units()).filter(|&unit| !self.treated[unit]).collect()
    }

    /// Outcome of a unit in a period.
    pub fn value(&self, unit: usize, period: usize) -> f64 {
        self.values[(unit, period)]
    }

    /// Outcomes, units in rows.
    pub fn values(&self) -> &DMatrix<f64> {
        &self.values
    }

    /// Customers of a unit in a period, when the panel was made of counts.
    pub fn customers(&self, unit: usize, period: usize) -> Option<f64> {
        self.customers.as_ref().map(|customers| customers[(unit, period)])
    }

    /// Customers by unit and period, when the panel was made of counts.
    pub fn counts(&self) -> Option<&DMatrix<f64>> {
        self.customers.as_ref()
    }

    /// Unweighted mean outcome of the affected units, by period.
    pub fn treated_mean(&self) -> Vec<f64> {
        self.mean_of(&self.treated_units())
    }

    /// Unweighted mean outcome of the unaffected units, by period.
    pub fn control_mean(&self) -> Vec<f64> {
        self.mean_of(&self.control_units())
    }

    fn mean_of(&self, units: &[usize]) -> Vec<f64> {
        let mean = |period| units.iter().map(|&unit| self.values[(unit, period)]).sum::<f64>();
        (0..self.periods()).map(|period| mean(period) / units.len() as f64).collect()
    }

    /// The first `periods` periods, as if the disclosure had been at `start`: a placebo in time.
    ///
    /// Error when no period is left on one side.
    pub fn as_if_at(&self, start: usize, periods: usize) -> Result<Self, CausalError> {
        let periods = periods.min(self.periods());
        let cut = |matrix: &DMatrix<f64>| matrix.columns(0, periods).into_owned();
        Self::checked(cut(&self.values), self.customers.as_ref().map(cut), self.treated.clone(), start)
    }

    /// The unaffected units alone, as if those in `affected` had been hit: a placebo in space.
    ///
    /// Error when no unit is left on one side.
    pub fn as_if_treated(&self, affected: &[usize]) -> Result<Self, CausalError> {
        let kept = self.control_units();
        let treated = kept.iter().map(|unit| affected.contains(unit)).collect();
        self.with_units(&kept, treated)
    }

    /// The panel with only some of its unaffected units. Error when none is left.
    pub fn with_controls(&self, controls: &[usize]) -> Result<Self, CausalError> {
        let kept: Vec<usize> =
            (0..self.units()).filter(|unit| self.treated[*unit] || controls.contains(unit)).collect();
        let treated = kept.iter().map(|&unit| self.treated[unit]).collect();
        self.with_units(&kept, treated)
    }

    fn with_units(&self, kept: &[usize], treated: Vec<bool>) -> Result<Self, CausalError> {
        let cut = |matrix: &DMatrix<f64>| matrix.select_rows(kept);
        Self::checked(cut(&self.values), self.customers.as_ref().map(cut), treated, self.start)
    }

    /// The same design with other outcomes of the same shape; the counts no longer belong to them.
    pub(crate) fn with_values(&self, values: DMatrix<f64>) -> Self {
        Self { values, customers: None, treated: self.treated.clone(), start: self.start }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_panels_are_refused_with_their_place() {
        let flat = vec![1.0; 3];
        let made = |units: &[Vec<f64>], treated: &[bool], start| Panel::from_values(units, treated, start);
        assert!(made(&[flat.clone(), flat.clone()], &[true, false], 2).is_ok());
        assert!(matches!(
            made(&[flat.clone(), vec![1.0]], &[true, false], 2),
            Err(CausalError::Ragged { unit: 1, found: 1, expected: 3 })
        ));
        assert!(matches!(
            made(&[flat.clone(), flat.clone()], &[true, true], 2),
            Err(CausalError::NothingToCompare { treated: 2, controls: 0 })
        ));
        assert!(matches!(
            made(&[flat.clone(), flat.clone()], &[true, false], 3),
            Err(CausalError::TooFewPeriods { before: 3, after: 0, .. })
        ));
        assert!(made(&[], &[], 0).is_err());
        let empty = vec![Cell { customers: 0, retained: 0 }; 3];
        let full = vec![Cell { customers: 2, retained: 1 }; 3];
        assert_eq!(
            Panel::from_counts(&[full, empty], &[true, false], 1),
            Err(CausalError::BadCell { unit: 1, period: 0 })
        );
    }

    #[test]
    fn placebos_never_see_the_affected_period_or_the_affected_unit() {
        let units: Vec<Vec<f64>> =
            (0..4).map(|unit| (0..6).map(|period| f64::from(unit * 10 + period)).collect()).collect();
        let panel = Panel::from_values(&units, &[true, false, false, false], 4).unwrap();
        let earlier = panel.as_if_at(2, 4).unwrap();
        assert_eq!((earlier.periods(), earlier.start(), earlier.horizon()), (4, 2, 2));
        let elsewhere = panel.as_if_treated(&[2]).unwrap();
        assert_eq!(elsewhere.units(), 3);
        assert_eq!(elsewhere.treated_mean()[0].total_cmp(&20.0), std::cmp::Ordering::Equal);
    }
}
