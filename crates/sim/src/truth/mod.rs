//! The truth that only the simulator knows: what every planted change did, customer by customer, summed.

mod periods;
mod report;

use crate::{
    calendar::{Calendar, DAY, Micros},
    change::{Change, Group, Hold, Stake},
    identity::Identities,
    world::{Fate, World},
};

use periods::{Diary, Tally};

pub(crate) use report::report;

/// Days after an exposure at which returns are counted.
pub(crate) const HORIZONS: [i64; 4] = [30, 60, 90, 180];

/// An order that was placed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order {
    pub(crate) at: Micros,
    pub(crate) day: u32,
    pub(crate) cents: u32,
}

/// Sums of the world as it is and of every world without one change.
#[derive(Debug)]
pub(crate) struct Truth {
    pub(crate) diary: Diary,
    pub(crate) as_it_was: Tally,
    /// For each change, the world without it minus the world as it is.
    without: Vec<Tally>,
    without_any: Tally,
    groups: Vec<Groups>,
    pub(crate) identities: Identities,
    window: Micros,
    end: Micros,
}

#[derive(Debug, Clone, Default)]
struct Groups {
    exposed: GroupTally,
    unexposed: GroupTally,
    /// Attempts lost at the step or warning itself, by anyone.
    lost_at_step: u64,
}

#[derive(Debug, Clone, Default)]
struct GroupTally {
    customers: u64,
    active_before: u64,
    left_for_good: u64,
    horizons: [Horizon; HORIZONS.len()],
    /// Customers with an order before the exposure, and how many of them ordered in each week since.
    bought_before: u64,
    weeks: Vec<WeekOf>,
}

/// Customers with an order in a week, as it was and without the change.
#[derive(Debug, Clone, Copy, Default)]
struct WeekOf {
    with: u64,
    without: u64,
}

/// Of the customers active before the exposure whose horizon ends inside the data.
#[derive(Debug, Clone, Copy, Default)]
struct Horizon {
    customers: u64,
    with: Returns,
    without: Returns,
}

#[derive(Debug, Clone, Copy, Default)]
struct Returns {
    returned: u64,
    orders: u64,
    cents: u64,
}

/// What one customer did in one world.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Life<'a> {
    pub(crate) world: &'a World,
    pub(crate) orders: &'a [Order],
}

impl Truth {
    pub(crate) fn new(calendar: &Calendar, changes: usize, window_days: u32) -> Self {
        let diary = Diary::new(calendar, window_days);
        let tally = Tally::new(&diary);
        Self {
            as_it_was: tally.clone(),
            without: vec![tally.clone(); changes],
            without_any: tally,
            identities: Identities::default(),
            groups: vec![Groups::default(); changes],
            window: i64::from(window_days) * DAY,
            end: calendar.end(),
            diary,
        }
    }

    /// Counts a customer in the world as it is.
    pub(crate) fn add(&mut self, orders: &[Order]) {
        self.as_it_was.add(&self.diary, orders, 1);
    }

    /// Counts a customer whom the absence of one change would have altered.
    pub(crate) fn add_without(&mut self, change: usize, as_it_was: &[Order], without: &[Order]) {
        if let Some(tally) = self.without.get_mut(change) {
            tally.add(&self.diary, without, 1);
            tally.add(&self.diary, as_it_was, -1);
        }
    }

    /// Counts a customer whom the absence of all changes would have altered.
    pub(crate) fn add_without_any(&mut self, as_it_was: &[Order], without: &[Order]) {
        self.without_any.add(&self.diary, without, 1);
        self.without_any.add(&self.diary, as_it_was, -1);
    }

    /// Counts attempts that a step or warning ended.
    pub(crate) fn add_losses(&mut self, world: &World) {
        for fate in &world.fates {
            if let Fate::LostTo(number) = fate
                && let Some(groups) = self.groups.get_mut(usize::from(*number))
            {
                groups.lost_at_step += 1;
            }
        }
    }

    /// Counts what followed an exposure, or the same time for those who were not exposed. Only for those who
    /// were customers before: what followed cannot be compared with nothing.
    pub(crate) fn add_exposure(
        &mut self,
        number: usize,
        change: &Change,
        stake: &Stake,
        as_it_was: Life<'_>,
        without: &[Order],
    ) {
        let Self { groups, diary, window, end, .. } = self;
        let Some(groups) = groups.get_mut(number) else {
            return;
        };
        let since = as_it_was.world.since.get(number).copied().flatten();
        let (exposed, from) = match (stake.group, stake.hold) {
            (Group::Absent, _) => return,
            (Group::Unexposed, _) => (false, change.begins()),
            // A warning that everyone may meet exposes those who see it, and then; everything else, a warning that
            // only some may meet too, exposes all whom it concerns at the instant that it begins.
            (Group::Exposed, _) if stake.is_by_sight() && change.concerns_everyone() => {
                (since.is_some(), since.unwrap_or(change.begins()))
            }
            (Group::Exposed, _) => (true, change.begins()),
        };
        let left = stake.leaves && (since.is_some() || matches!(stake.hold, Hold::Shock { .. }));
        let group = if exposed { &mut groups.exposed } else { &mut groups.unexposed };
        group.add(from, *window, *end, left, as_it_was.orders, without);
        group.add_weeks(from, diary, as_it_was.orders, without);
    }
}

impl GroupTally {
    fn add(
        &mut self,
        from: Micros,
        window: Micros,
        end: Micros,
        left: bool,
        with: &[Order],
        without: &[Order],
    ) {
        self.customers += 1;
        self.left_for_good += u64::from(left);
        if !with.iter().any(|order| (from - window..from).contains(&order.at)) {
            return;
        }
        self.active_before += 1;
        for (horizon, days) in self.horizons.iter_mut().zip(HORIZONS) {
            let until = from + days * DAY;
            if until <= end {
                horizon.customers += 1;
                horizon.with.add(from, until, with);
                horizon.without.add(from, until, without);
            }
        }
    }
}

impl GroupTally {
    /// Weeks are counted whole, that of the exposure too, and of those who had bought before it.
    fn add_weeks(&mut self, from: Micros, diary: &Diary, with: &[Order], without: &[Order]) {
        let from = diary.weeks.begin_of(from);
        if with.first().is_none_or(|order| order.at >= from) {
            return;
        }
        self.bought_before += 1;
        self.weeks.resize(diary.weeks.len(), WeekOf::default());
        for week in diary.weeks.since(from, with) {
            self.weeks.get_mut(week).into_iter().for_each(|count| count.with += 1);
        }
        for week in diary.weeks.since(from, without) {
            self.weeks.get_mut(week).into_iter().for_each(|count| count.without += 1);
        }
    }
}

impl Returns {
    fn add(&mut self, from: Micros, until: Micros, orders: &[Order]) {
        let inside = orders.iter().filter(|order| (from..until).contains(&order.at));
        let (mut count, mut cents) = (0, 0);
        inside.for_each(|order| {
            count += 1;
            cents += u64::from(order.cents);
        });
        self.returned += u64::from(count > 0);
        self.orders += count;
        self.cents += cents;
    }
}
