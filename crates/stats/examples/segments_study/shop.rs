//! A shop in numbers: returns of its segments week by week, with a level that everybody shares.

use fidance_stats::change::part::PartWeek;
use rand_distr::{Binomial, Distribution, StandardNormal};
use rand_pcg::Pcg64;

/// Customers who could return, and their chance in a week: those of a shop with 20,000 active customers.
pub(crate) const CUSTOMERS: u64 = 66_000;
pub(crate) const CHANCE: f64 = 0.047;

/// What moves when nothing happens, as standard deviations of logarithms.
#[derive(Debug, Clone, Copy)]
pub(crate) struct World {
    pub(crate) name: &'static str,
    /// Steps of a segment's place against the others, each week.
    pub(crate) drift: f64,
    /// Scatter of single weeks of a segment.
    pub(crate) scatter: f64,
    /// Scatter of single weeks of everybody.
    pub(crate) common: f64,
    /// Error of everybody's expectation: it wanders and is followed.
    pub(crate) error: f64,
}

/// What happens to whom, from a week on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change {
    pub(crate) week: usize,
    /// The first so many segments.
    pub(crate) segments: usize,
    /// 0.8 is a fall of 20 %.
    pub(crate) factor: f64,
}

/// The weeks of a shop, one entry per segment.
pub(crate) fn weeks(
    world: World,
    sizes: &[u64],
    number: usize,
    change: Option<Change>,
    rng: &mut Pcg64,
) -> Vec<Vec<PartWeek>> {
    let mut normal = || -> f64 { StandardNormal.sample(&mut *rng) };
    let mut places: Vec<f64> = sizes.iter().map(|_| 0.3 * normal()).collect();
    let mut level = 0.0;
    (0..number)
        .map(|at| {
            let mut normal = || -> f64 { StandardNormal.sample(&mut *rng) };
            // The expectation follows what lasts: an error decays within some months.
            level = 0.95 * level + world.error * normal();
            let common = level + world.common * normal();
            places.iter_mut().for_each(|place| *place += world.drift * normal());
            centre(&mut places, sizes);
            let scatter: Vec<f64> = sizes.iter().map(|_| world.scatter * normal()).collect();
            let returned: Vec<u64> = (0..sizes.len())
                .map(|segment| {
                    let fallen = change.filter(|one| at >= one.week && segment < one.segments);
                    let factor = fallen.map_or(1.0, |one| one.factor);
                    let p = CHANCE * factor * (common + places[segment] + scatter[segment]).exp();
                    Binomial::new(sizes[segment], p.min(1.0)).map_or(0, |law| law.sample(&mut *rng))
                })
                .collect();
            let all: u64 = returned.iter().sum();
            let customers: u64 = sizes.iter().sum();
            let week = |(&at_risk, &mine): (&u64, &u64)| PartWeek {
                at_risk,
                returned: mine,
                expected: CHANCE * at_risk as f64,
                others_returned: all - mine,
                others_expected: CHANCE * (customers - at_risk) as f64,
                common_variance: world.common * world.common,
                teaches: true,
            };
            sizes.iter().zip(&returned).map(week).collect()
        })
        .collect()
}

/// Everybody's chances are learned from everybody: together the segments have none above or below them.
fn centre(places: &mut [f64], sizes: &[u64]) {
    let all: u64 = sizes.iter().sum();
    let mean: f64 = places.iter().zip(sizes).map(|(place, size)| place.exp() * *size as f64).sum();
    let by = (mean / all as f64).ln();
    places.iter_mut().for_each(|place| *place -= by);
}
