//! Segmentation of a whole series into stretches of constant mean: PELT (Killick, Fearnhead and Eckley 2012) and
//! binary segmentation, with the squared error as cost.

/// Why a series is not segmented.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum SegmentationError {
    /// A value that is not finite.
    #[error("value {index} of the series is not a number: {value}")]
    Value {
        /// Its index.
        index: usize,
        /// The value.
        value: f64,
    },
    /// A penalty that is not finite and at least 0, or segments of no length.
    #[error("the penalty must be finite and not negative, the shortest segment at least 1 long")]
    Settings,
}

/// How to segment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segmentation {
    /// What each further change point must save in squared error.
    pub penalty: f64,
    /// Length of the shortest segment.
    pub shortest: usize,
}

/// Sums from the start, for the cost of any stretch in constant time.
struct Sums {
    values: Vec<f64>,
    squares: Vec<f64>,
}

impl Sums {
    fn new(series: &[f64], settings: Segmentation) -> Result<Self, SegmentationError> {
        if !(settings.penalty >= 0.0 && settings.penalty.is_finite()) || settings.shortest == 0 {
            return Err(SegmentationError::Settings);
        }
        if let Some((index, &value)) = series.iter().enumerate().find(|(_, value)| !value.is_finite()) {
            return Err(SegmentationError::Value { index, value });
        }
        // Around the mean, so that squares of large values do not eat the differences.
        let mean = series.iter().sum::<f64>() / series.len().max(1) as f64;
        let running = |f: &dyn Fn(f64) -> f64| {
            let mut sum = 0.0;
            let rest = series.iter().map(|value| {
                sum += f(value - mean);
                sum
            });
            std::iter::once(0.0).chain(rest).collect()
        };
        Ok(Self { values: running(&|value| value), squares: running(&|value| value * value) })
    }

    /// Σ (x − mean)² over `[from, to)`.
    fn cost(&self, from: usize, to: usize) -> f64 {
        let sum = self.values[to] - self.values[from];
        (self.squares[to] - self.squares[from] - sum * sum / (to - from) as f64).max(0.0)
    }
}

/// The change points (first index of each new stretch) of least Σ cost + penalty per change, exactly.
///
/// Starts that can no longer win are dropped as the series is read, which makes it about linear in its length when
/// changes are many. Errors: [`SegmentationError`].
///
/// ```
/// use fidance_stats::change::comparator::{Segmentation, pelt};
/// let series = [1.0, 1.1, 0.9, 1.0, 3.0, 3.1, 2.9, 3.0];
/// let found = pelt(&series, Segmentation { penalty: 1.0, shortest: 2 })?;
/// assert_eq!(found, [4]);
/// # Ok::<(), fidance_stats::change::comparator::SegmentationError>(())
/// ```
pub fn pelt(series: &[f64], settings: Segmentation) -> Result<Vec<usize>, SegmentationError> {
    let sums = Sums::new(series, settings)?;
    let (n, shortest) = (series.len(), settings.shortest);
    let mut least = vec![f64::INFINITY; n + 1];
    let mut previous = vec![0; n + 1];
    least[0] = -settings.penalty;
    // Possible starts of the last stretch, each with the end from which on it can no longer win.
    let mut starts: Vec<(usize, usize)> = Vec::new();
    for end in shortest..=n {
        let newest = end - shortest;
        if least[newest].is_finite() {
            starts.push((newest, usize::MAX));
        }
        starts.retain(|&(_, until)| end < until);
        for &(start, _) in &starts {
            let total = least[start] + sums.cost(start, end) + settings.penalty;
            if total < least[end] {
                (least[end], previous[end]) = (total, start);
            }
        }
        // Worse than a change at `end`, which may be used once a shortest stretch has passed.
        for (start, until) in &mut starts {
            if *until == usize::MAX && least[*start] + sums.cost(*start, end) > least[end] {
                *until = end + shortest;
            }
        }
    }
    let mut changes = Vec::new();
    let mut at = previous[n];
    while at > 0 {
        changes.push(at);
        at = previous[at];
    }
    changes.reverse();
    Ok(changes)
}

/// Change points found one after the other: always the split that saves most, as long as it saves more than the
/// penalty. Quick, and not exact. Errors: [`SegmentationError`].
pub fn binary_segmentation(series: &[f64], settings: Segmentation) -> Result<Vec<usize>, SegmentationError> {
    let sums = Sums::new(series, settings)?;
    let split = |from: usize, to: usize| {
        let whole = (to > from).then(|| sums.cost(from, to))?;
        let places = from + settings.shortest..(to + 1).saturating_sub(settings.shortest);
        let gains = places.map(|at| (whole - sums.cost(from, at) - sums.cost(at, to), at));
        gains.reduce(|best, other| if other.0 > best.0 { other } else { best })
    };
    let mut changes = vec![0, series.len()];
    loop {
        let best =
            changes.windows(2).filter_map(|ends| split(ends[0], ends[1])).max_by(|a, b| a.0.total_cmp(&b.0));
        match best {
            Some((gain, at)) if gain > settings.penalty => {
                changes.push(at);
                changes.sort_unstable();
            }
            _ => break,
        }
    }
    changes.retain(|&at| at > 0 && at < series.len());
    Ok(changes)
}
