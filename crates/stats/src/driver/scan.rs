//! Multi-dimensional subset scan, in the direction of a drop (Zhang and Neill, arXiv:1611.08292).
//!
//! A selection takes some values of every dimension; its cells are those with a selected value in each. The scan looks
//! for the selection of highest score. Along one dimension the best values are found exactly: at a given odds ratio q
//! each value is worth having or not, and the set only changes at the ends of the ranges of q in which a value is
//! worth having, so sorting these ends (O(k log k)) and scoring the sets between them is enough. Dimensions take turns
//! until nothing improves, from several starts.

use rand::seq::SliceRandom;
use rand::{Rng, RngExt};

use super::score::{Count, above, best};
use super::table::{Cell, Condition, SegmentTable};

/// How to search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scan {
    /// Starts: the first takes all values, the others values drawn by chance.
    pub starts: usize,
    /// What each value of a restricted dimension costs: 0 for the plain score; about 1 to 3 drops values that add
    /// no more than chance does.
    pub penalty: f64,
    /// At most so many dimensions are searched together: those in which the values differ most. A search over six
    /// dimensions of thousands of cells takes seconds, and a conjunction of more than three is hard to act on.
    pub dimensions: usize,
}

impl Default for Scan {
    fn default() -> Self {
        Self { starts: 10, penalty: 0.0, dimensions: usize::MAX }
    }
}

/// The customers found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Logarithm of the likelihood ratio, less the penalty. 0 where nothing is below expectation.
    pub score: f64,
    /// ln q: the odds of being kept are q times the expected ones.
    pub log_odds_ratio: f64,
    /// The conditions that hold together; none means everybody.
    pub conditions: Vec<Condition>,
    /// Per dimension and value, whether it is selected.
    pub selection: Vec<Vec<bool>>,
    /// Customers selected.
    pub customers: u64,
    /// Those kept.
    pub kept: u64,
    /// The number expected to be kept.
    pub expected: f64,
}

impl Finding {
    /// Whether a cell is among the customers found.
    pub fn selects(&self, cell: &Cell) -> bool {
        selects(&self.selection, cell)
    }
}

fn selects(selection: &[Vec<bool>], cell: &Cell) -> bool {
    selection.iter().zip(&cell.values).all(|(chosen, &value)| chosen[value])
}

/// Finds the selection whose customers were kept most surprisingly less often than expected.
///
/// It is a search: the result is the best along every dimension, and almost always the best of all (measured in
/// `docs/statistics/drivers.md`). Its score alone is no evidence, as the search looks at very many selections: see
/// [`p_value`](super::p_value). Same table and same generator give the same result.
pub fn scan(table: &SegmentTable, settings: Scan, rng: &mut (impl Rng + ?Sized)) -> Finding {
    if table.dimensions().len() > settings.dimensions.max(1) {
        let dimensions = table.most_uneven(settings.dimensions.max(1));
        let found = scan(&table.by(&dimensions), settings, rng);
        let mut selection: Vec<Vec<bool>> =
            table.dimensions().iter().map(|dimension| vec![true; dimension.values.len()]).collect();
        for (at, chosen) in dimensions.into_iter().zip(found.selection) {
            selection[at] = chosen;
        }
        return Finding { selection, ..found };
    }
    let search = Search::new(table, settings.penalty);
    let mut found = search.climb(search.everything(), rng);
    for _ in 1..settings.starts {
        let start = search.random_start(rng);
        let other = search.climb(start, rng);
        if other.score > found.score {
            found = other;
        }
    }
    search.finding(found)
}

/// The scan of what is left when the customers of a first finding are set aside: is there a second cause?
///
/// `None` when the first finding holds everybody.
pub fn second_scan(
    table: &SegmentTable,
    first: &Finding,
    settings: Scan,
    rng: &mut (impl Rng + ?Sized),
) -> Option<Finding> {
    let rest = table.without(|cell| first.selects(cell))?;
    Some(scan(&rest, settings, rng))
}

/// The best selection of all, by trying every one: for tables with few values. `None` above 2²⁰ selections.
pub fn exhaustive(table: &SegmentTable, penalty: f64) -> Option<Finding> {
    let search = Search::new(table, penalty);
    let sizes: Vec<usize> = table.dimensions().iter().map(|dimension| dimension.values.len()).collect();
    if sizes.iter().sum::<usize>() > 20 {
        return None;
    }
    let all = (0_u32..1 << sizes.iter().sum::<usize>()).filter_map(|bits| {
        let mut position = 0;
        let mut values = |size: usize| {
            let chosen: Vec<bool> = (position..position + size).map(|bit| bits >> bit & 1 == 1).collect();
            position += size;
            chosen
        };
        let selection: Vec<Vec<bool>> = sizes.iter().map(|&size| values(size)).collect();
        selection.iter().all(|chosen| chosen.contains(&true)).then_some(selection)
    });
    let scored = all.map(|selection| search.score(selection));
    scored.max_by(|a, b| a.score.total_cmp(&b.score)).map(|found| search.finding(found))
}

#[derive(Debug, Clone)]
struct Scored {
    selection: Vec<Vec<bool>>,
    score: f64,
    log_q: f64,
}

struct Search<'a> {
    table: &'a SegmentTable,
    penalty: f64,
    counts: Vec<Count>,
}

impl<'a> Search<'a> {
    fn new(table: &'a SegmentTable, penalty: f64) -> Self {
        let count = |cell: &Cell| Count {
            customers: cell.customers as f64,
            kept: cell.kept as f64,
            expected: cell.expected,
        };
        Self { table, penalty: penalty.max(0.0), counts: table.cells().iter().map(count).collect() }
    }

    fn everything(&self) -> Vec<Vec<bool>> {
        self.table.dimensions().iter().map(|dimension| vec![true; dimension.values.len()]).collect()
    }

    fn random_start(&self, rng: &mut (impl Rng + ?Sized)) -> Vec<Vec<bool>> {
        let mut draw = |size: usize| {
            let mut chosen: Vec<bool> = (0..size).map(|_| rng.random()).collect();
            if !chosen.contains(&true) {
                chosen[rng.random_range(0..size)] = true;
            }
            chosen
        };
        self.table.dimensions().iter().map(|dimension| draw(dimension.values.len())).collect()
    }

    /// Dimensions in turn, in an order drawn by chance, until a round improves nothing.
    fn climb(&self, start: Vec<Vec<bool>>, rng: &mut (impl Rng + ?Sized)) -> Scored {
        let mut order: Vec<usize> = (0..start.len()).collect();
        order.shuffle(rng);
        let mut current = self.score(start);
        loop {
            let before = current.score;
            for &dimension in &order {
                let better = self.best_along(&current.selection, dimension);
                if better.score > current.score {
                    current = better;
                }
            }
            if current.score <= before + 1e-12 * before.abs() {
                return current;
            }
        }
    }

    /// The best values of one dimension, the others as they are.
    fn best_along(&self, selection: &[Vec<bool>], dimension: usize) -> Scored {
        let size = selection[dimension].len();
        let mut by_value: Vec<Vec<Count>> = vec![Vec::new(); size];
        for (cell, count) in self.table.cells().iter().zip(&self.counts) {
            let others = selection.iter().enumerate().zip(&cell.values);
            if others.into_iter().all(|((at, chosen), &value)| at == dimension || chosen[value]) {
                by_value[cell.values[dimension]].push(*count);
            }
        }
        let costs = self.cost(selection, Some(dimension));
        let mut found = Scored { selection: selection.to_vec(), score: f64::NEG_INFINITY, log_q: 0.0 };
        let mut consider = |chosen: Vec<bool>| {
            let counts: Vec<Count> = by_value
                .iter()
                .zip(&chosen)
                .filter(|&(_, &chosen)| chosen)
                .flat_map(|(counts, _)| counts.iter().copied())
                .collect();
            let (value, log_q) = best(&counts);
            let score = value - costs - self.cost_of(&chosen);
            if score > found.score {
                found.selection[dimension] = chosen;
                found.score = score;
                found.log_q = log_q;
            }
        };
        consider(vec![true; size]);
        for chosen in candidates(&by_value, self.penalty) {
            consider(chosen);
        }
        found
    }

    fn cost_of(&self, chosen: &[bool]) -> f64 {
        let selected = chosen.iter().filter(|&&is| is).count();
        if selected == chosen.len() { 0.0 } else { self.penalty * selected as f64 }
    }

    fn cost(&self, selection: &[Vec<bool>], except: Option<usize>) -> f64 {
        let others = selection.iter().enumerate().filter(|&(at, _)| Some(at) != except);
        others.map(|(_, chosen)| self.cost_of(chosen)).sum()
    }

    fn score(&self, selection: Vec<Vec<bool>>) -> Scored {
        let cells = self.table.cells().iter().zip(&self.counts);
        let counts: Vec<Count> =
            cells.filter(|(cell, _)| selects(&selection, cell)).map(|(_, count)| *count).collect();
        let (value, log_q) = best(&counts);
        Scored { score: value - self.cost(&selection, None), log_q, selection }
    }

    fn finding(&self, scored: Scored) -> Finding {
        let Scored { selection, score, log_q } = scored;
        let (mut customers, mut kept, mut expected) = (0, 0, 0.0);
        for cell in self.table.cells().iter().filter(|cell| selects(&selection, cell)) {
            customers += cell.customers;
            kept += cell.kept;
            expected += cell.customers as f64 * cell.expected;
        }
        let conditions = self.table.conditions(&selection);
        Finding { score, log_odds_ratio: log_q, conditions, selection, customers, kept, expected }
    }
}

/// The sets of values worth having at some q, each once. At most two changes per value.
fn candidates(by_value: &[Vec<Count>], penalty: f64) -> Vec<Vec<bool>> {
    let mut changes: Vec<(f64, bool, usize)> = Vec::new();
    for (value, counts) in by_value.iter().enumerate() {
        if let Some((low, high)) = above(counts, penalty) {
            changes.push((low, true, value));
            // At q = 1 every score is 0: a value that is worth having up to there never leaves.
            if high < 0.0 {
                changes.push((high, false, value));
            }
        }
    }
    // At equal places enter before leaving: both sets are tried anyway, and a union is never empty.
    changes.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
    let mut chosen = vec![false; by_value.len()];
    let mut sets = Vec::new();
    for (_, enters, value) in changes {
        // A set is complete just before one leaves and after each that enters.
        chosen[value] = enters;
        if chosen.contains(&true) {
            sets.push(chosen.clone());
        }
    }
    sets
}
