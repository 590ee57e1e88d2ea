//! One customer: who it is, how often it buys, when it is active and when dormant.

use crate::{
    calendar::{Calendar, floor_index},
    draw::{Purpose, Stream, Weights},
    scenario::{Purchases, Scenario},
    segment::{Profile, SegmentTable},
};

/// A spell shorter than this would be a gap of nothing.
const SHORTEST_SPELL: f64 = 1.0;

#[derive(Debug, Clone, Default)]
pub(crate) struct Person {
    pub(crate) profile: Profile,
    /// Days from the start of the simulation to the first purchase; negative where it was before.
    pub(crate) acquired: f64,
    /// Attempts to buy per day of mean season, while active.
    pub(crate) rate: f64,
    /// Median value of an order, in currency units.
    pub(crate) level: f64,
    /// Active spells that reach into the simulated time, as days from its start.
    pub(crate) spells: Vec<(f64, f64)>,
}

/// Draws customers.
#[derive(Debug)]
pub(crate) struct Population {
    seed: u64,
    before_start: f64,
    before_start_days: f64,
    /// Days by how many customers they bring.
    arrivals: Weights,
    purchases: Purchases,
    days: f64,
}

impl Population {
    pub(crate) fn new(scenario: &Scenario, seed: u64, calendar: &Calendar) -> Self {
        Self {
            seed,
            before_start: scenario.customers.before_start,
            before_start_days: f64::from(scenario.customers.before_start_days),
            arrivals: arrivals(scenario, calendar),
            purchases: scenario.purchases.clone(),
            days: calendar.days() as f64,
        }
    }

    /// Draws a customer into `person`, reusing its memory.
    pub(crate) fn draw(&self, customer: u32, table: &SegmentTable, person: &mut Person) {
        let mut stream = Stream::new(self.seed, customer, Purpose::Person, 0);
        person.profile = table.draw(&mut stream);
        let (rate, spend) = table.factors(person.profile);
        person.acquired = self.acquired(&mut stream);
        let shape = self.purchases.rate_shape;
        person.rate = rate * stream.gamma(shape) / shape / self.purchases.days_between;
        let level = libm::exp(self.purchases.value_between * stream.normal());
        person.level = self.purchases.value_median * spend * level;
        person.spells.clear();
        if !stream.chance(self.purchases.once_only) {
            self.draw_spells(customer, person.acquired, &mut person.spells);
        }
    }

    fn acquired(&self, stream: &mut Stream) -> f64 {
        let (before, unit, inside) = (stream.chance(self.before_start), stream.unit(), stream.unit());
        if before {
            return -self.before_start_days * (1.0 - unit);
        }
        self.arrivals.at(unit) as f64 + inside
    }

    fn draw_spells(&self, customer: u32, acquired: f64, spells: &mut Vec<(f64, f64)>) {
        let mut stream = Stream::new(self.seed, customer, Purpose::Spells, 0);
        let purchases = &self.purchases;
        let mut at = acquired;
        while at < self.days {
            let end = at + (stream.exponential() * purchases.active_days).max(SHORTEST_SPELL);
            if end > 0.0 {
                spells.push((at.max(0.0), end.min(self.days)));
            }
            if stream.chance(purchases.leave_share) {
                return;
            }
            let asleep = purchases.dormant_days * libm::exp(purchases.dormant_spread * stream.normal());
            at = end + asleep.max(SHORTEST_SPELL);
        }
    }
}

fn arrivals(scenario: &Scenario, calendar: &Calendar) -> Weights {
    let customers = &scenario.customers;
    let even = customers.even_share;
    let growth = libm::log(1.0 + customers.growth_per_year) / 365.25;
    let weight = |day: usize| {
        let days = day as f64;
        let season = calendar.busy_until(days + 1.0) - calendar.busy_until(days);
        libm::exp(growth * days) * (even + (1.0 - even) * season)
    };
    let mut weights: Vec<f64> = (0..calendar.days()).map(weight).collect();
    let ordinary: f64 = weights.iter().sum();
    let rest = 1.0 - scenario.campaigns.iter().map(|campaign| campaign.share).sum::<f64>();
    for campaign in &scenario.campaigns {
        let first = calendar.day_of(campaign.start);
        let length = floor_index(f64::from(campaign.days));
        let brought = ordinary / rest * campaign.share / f64::from(campaign.days);
        weights.iter_mut().skip(first).take(length).for_each(|weight| *weight += brought);
    }
    Weights::new(weights)
}
