//! The bridge from one period's retention to the next: what each segment's own rate did, and what its changed weight
//! among the customers did. The parts sum to the whole exactly.

use std::collections::BTreeMap;

/// Customers due and kept of one segment, in two periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Periods {
    /// Customers of the first period.
    pub customers_before: u64,
    /// Those kept.
    pub kept_before: u64,
    /// Customers of the second period.
    pub customers_after: u64,
    /// Those kept.
    pub kept_after: u64,
}

impl Periods {
    /// Of several segments together.
    pub fn sum(segments: &[Self]) -> Self {
        segments.iter().copied().fold(Self::default(), Self::plus)
    }

    fn plus(self, other: Self) -> Self {
        Self {
            customers_before: self.customers_before + other.customers_before,
            kept_before: self.kept_before + other.kept_before,
            customers_after: self.customers_after + other.customers_after,
            kept_after: self.kept_after + other.kept_after,
        }
    }

    fn rates(self) -> (Option<f64>, Option<f64>) {
        let share = |kept: u64, of: u64| (of > 0).then(|| kept as f64 / of as f64);
        (share(self.kept_before, self.customers_before), share(self.kept_after, self.customers_after))
    }
}

/// Why there is no bridge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BridgeError {
    /// A period without customers has no retention.
    #[error("the {0} period has no customers")]
    Empty(&'static str),
    /// More kept than there were.
    #[error("segment {0} keeps more customers than it has")]
    KeptExceeds(usize),
    /// A row with a value for another number of dimensions than the first row.
    #[error("row {0} has another number of dimensions")]
    Dimensions(usize),
}

/// What one segment contributes, in shares of all customers (0.01 is one point of retention).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// The counts.
    pub periods: Periods,
    /// Through its own rate: ½(w₀+w₁)(r₁−r₀).
    pub rate: f64,
    /// Standard error of `rate`: ½(w₀+w₁)·√(r₀(1−r₀)/n₀ + r₁(1−r₁)/n₁), weights taken as known.
    pub rate_error: f64,
    /// Through its weight: (w₁−w₀)(½(r₀+r₁) − ½(R₀+R₁)).
    pub mix: f64,
}

impl Part {
    /// Rate and mix together.
    pub fn total(&self) -> f64 {
        self.rate + self.mix
    }
}

/// The bridge between two periods.
#[derive(Debug, Clone, PartialEq)]
pub struct Bridge {
    /// Retention of the first period.
    pub before: f64,
    /// Retention of the second period.
    pub after: f64,
    /// One part per segment, in the order given.
    pub parts: Vec<Part>,
}

impl Bridge {
    /// `after − before`.
    pub fn change(&self) -> f64 {
        self.after - self.before
    }

    /// Sum of the rate parts.
    pub fn rate(&self) -> f64 {
        self.parts.iter().map(|part| part.rate).sum()
    }

    /// Sum of the mix parts.
    pub fn mix(&self) -> f64 {
        self.parts.iter().map(|part| part.mix).sum()
    }
}

/// The bridge over segments that cover every customer once. Errors: [`BridgeError`].
///
/// Midpoint (Shapley) weights, so that nothing is left over and no period is the reference. A segment that is absent
/// from one period has no rate there; it is given the other period's rate, so it acts through the mix alone.
///
/// ```
/// use fidance_stats::driver::{Periods, bridge};
/// // Both plans keep their rate; the weaker one grew.
/// let free = Periods { customers_before: 100, kept_before: 80, customers_after: 300, kept_after: 240 };
/// let paid = Periods { customers_before: 100, kept_before: 95, customers_after: 100, kept_after: 95 };
/// let found = bridge(&[free, paid])?;
/// assert!(found.rate().abs() < 1e-12);
/// assert!((found.mix() - found.change()).abs() < 1e-12);
/// # Ok::<(), fidance_stats::driver::BridgeError>(())
/// ```
pub fn bridge(segments: &[Periods]) -> Result<Bridge, BridgeError> {
    let exceeds = |s: &Periods| s.kept_before > s.customers_before || s.kept_after > s.customers_after;
    if let Some(index) = segments.iter().position(exceeds) {
        return Err(BridgeError::KeptExceeds(index));
    }
    let all = Periods::sum(segments);
    let (before, after) = all.rates();
    let before = before.ok_or(BridgeError::Empty("first"))?;
    let after = after.ok_or(BridgeError::Empty("second"))?;
    let part = |periods: &Periods| {
        let weight_before = periods.customers_before as f64 / all.customers_before as f64;
        let weight_after = periods.customers_after as f64 / all.customers_after as f64;
        let weight = f64::midpoint(weight_before, weight_after);
        let (r0, r1) = match periods.rates() {
            (Some(r0), Some(r1)) => (r0, r1),
            (Some(rate), None) | (None, Some(rate)) => (rate, rate),
            (None, None) => (0.0, 0.0),
        };
        let variance = |rate: f64, n: u64| if n > 0 { rate * (1.0 - rate) / n as f64 } else { 0.0 };
        let both = periods.customers_before > 0 && periods.customers_after > 0;
        let variance = variance(r0, periods.customers_before) + variance(r1, periods.customers_after);
        Part {
            periods: *periods,
            rate: weight * (r1 - r0),
            rate_error: if both { weight * variance.sqrt() } else { 0.0 },
            mix: (weight_after - weight_before) * (f64::midpoint(r0, r1) - f64::midpoint(before, after)),
        }
    };
    Ok(Bridge { before, after, parts: segments.iter().map(part).collect() })
}

/// One bridge per dimension, from rows that hold the value of every dimension and the counts.
///
/// Each bridge explains the whole change on its own; they are not to be added. The parts of a dimension are by
/// increasing value. Errors: [`BridgeError`].
pub fn bridges(rows: &[(Vec<usize>, Periods)]) -> Result<Vec<Vec<(usize, Part)>>, BridgeError> {
    let dimensions = rows.first().map_or(0, |(values, _)| values.len());
    if let Some(index) = rows.iter().position(|(values, _)| values.len() != dimensions) {
        return Err(BridgeError::Dimensions(index));
    }
    let along = |dimension: usize| {
        let mut sums: BTreeMap<usize, Periods> = BTreeMap::new();
        for (values, periods) in rows {
            let sum = sums.entry(values[dimension]).or_default();
            *sum = sum.plus(*periods);
        }
        let segments: Vec<Periods> = sums.values().copied().collect();
        Ok(sums.into_keys().zip(bridge(&segments)?.parts).collect())
    };
    (0..dimensions).map(along).collect()
}
