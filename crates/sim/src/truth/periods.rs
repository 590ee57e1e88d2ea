//! Sums by civil month and ISO week.

use jiff::civil::{Date, Weekday};

use crate::calendar::{Calendar, Micros};

use super::Order;

/// Periods of one length.
#[derive(Debug)]
pub(crate) struct Periods {
    /// First day of each period by its number; at the end the number of days.
    pub(super) edges: Vec<u32>,
    /// The instant at which each period begins.
    begins: Vec<Micros>,
    /// The period of each day.
    of_day: Vec<u32>,
    /// Whether each period lies wholly inside the simulated time.
    pub(super) complete: Vec<bool>,
}

/// The simulated days in months and weeks.
#[derive(Debug)]
pub(crate) struct Diary {
    pub(super) months: Periods,
    pub(super) weeks: Periods,
    /// For each day the months' edges at which an order of that day keeps a customer active.
    active: Vec<u128>,
}

/// What happened in one period. Differences between worlds are such counts too, so they have a sign.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) orders: i64,
    pub(crate) cents: i64,
    /// Customers with an order in the period.
    pub(crate) customers: i64,
    /// Of these, those with an order before it.
    pub(crate) returning: i64,
    /// Customers active at the start of the period, and of these at its end. Only for months.
    pub(crate) s: i64,
    pub(crate) k: i64,
    pub(crate) e: i64,
    /// Of those active at the end and not at the start: with their first order in the period, and before it.
    pub(crate) n: i64,
    pub(crate) r: i64,
}

/// Counts of all periods.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    pub(crate) months: Vec<Count>,
    pub(crate) weeks: Vec<Count>,
}

impl Periods {
    fn new(calendar: &Calendar, begins: impl Fn(Date) -> bool) -> Self {
        let days = calendar.days();
        let mut edges = Vec::new();
        let mut of_day = Vec::with_capacity(days);
        for day in 0..days {
            if day == 0 || begins(calendar.date(day)) {
                edges.push(u32::try_from(day).unwrap_or(u32::MAX));
            }
            of_day.push(u32::try_from(edges.len() - 1).unwrap_or(u32::MAX));
        }
        edges.push(u32::try_from(days).unwrap_or(u32::MAX));
        let whole = |day: u32| begins(calendar.date(day as usize));
        let begins = edges.iter().map(|day| calendar.at(*day as usize, 0)).collect();
        let pairs = edges.iter().zip(edges.iter().skip(1));
        let complete = pairs.map(|(start, end)| whole(*start) && whole(*end)).collect();
        Self { edges, begins, of_day, complete }
    }

    pub(super) fn len(&self) -> usize {
        self.edges.len().saturating_sub(1)
    }

    /// When the period of an instant began.
    pub(super) fn begin_of(&self, at: Micros) -> Micros {
        let period = self.begins.partition_point(|begin| *begin <= at).saturating_sub(1);
        self.begins.get(period).copied().unwrap_or(at)
    }

    /// The periods with an order since an instant, each once. Orders are in order of time.
    pub(super) fn since(&self, from: Micros, orders: &[Order]) -> impl Iterator<Item = usize> {
        let mut last = None;
        let orders = orders.iter().filter(move |order| order.at >= from);
        let periods =
            orders.filter_map(|order| self.of_day.get(order.day as usize).map(|period| *period as usize));
        periods.filter(move |period| last.replace(*period) != Some(*period))
    }
}

impl Diary {
    pub(super) fn new(calendar: &Calendar, window_days: u32) -> Self {
        let months = Periods::new(calendar, |date| date.day() == 1);
        let weeks = Periods::new(calendar, |date| date.weekday() == Weekday::Monday);
        let days = u32::try_from(calendar.days()).unwrap_or(u32::MAX);
        let active = (0..days).map(|day| edges_after(&months.edges, day, window_days)).collect();
        Self { months, weeks, active }
    }
}

/// The edges t with an order's day in `[t − window, t)`.
fn edges_after(edges: &[u32], day: u32, window: u32) -> u128 {
    let kept = |(_, edge): &(u32, &u32)| day < **edge && **edge <= day + window;
    (0..).zip(edges).filter(kept).fold(0, |bits, (index, _)| bits | 1_u128.checked_shl(index).unwrap_or(0))
}

impl Tally {
    pub(super) fn new(diary: &Diary) -> Self {
        let empty = |periods: &Periods| vec![Count::default(); periods.len()];
        Self { months: empty(&diary.months), weeks: empty(&diary.weeks) }
    }

    /// Adds (sign 1) or takes away (−1) one customer's orders, which are in order of time.
    pub(super) fn add(&mut self, diary: &Diary, orders: &[Order], sign: i64) {
        add_orders(&mut self.months, &diary.months, orders, sign);
        add_orders(&mut self.weeks, &diary.weeks, orders, sign);
        let mask = |order: &Order| diary.active.get(order.day as usize).copied().unwrap_or(0);
        let active = orders.iter().map(mask).fold(0, |all, bits| all | bits);
        if active == 0 {
            return;
        }
        // An edge is the end of one month and the start of the next; the first one only starts.
        let (mut at, mut rest) = (active.trailing_zeros(), active);
        while rest != 0 {
            let index = at as usize;
            let stays = (active >> at) & 2 != 0;
            self.months.get_mut(index).into_iter().for_each(|count| {
                count.s += sign;
                count.k += if stays { sign } else { 0 };
            });
            let before = index.checked_sub(1).and_then(|index| self.months.get_mut(index));
            let was_active = index > 0 && (active >> (at - 1)) & 1 != 0;
            let start = index.checked_sub(1).and_then(|index| diary.months.edges.get(index)).copied();
            let is_new = orders.first().map(|order| order.day) >= start;
            before.into_iter().for_each(|count| {
                count.e += sign;
                count.n += if !was_active && is_new { sign } else { 0 };
                count.r += if !was_active && !is_new { sign } else { 0 };
            });
            rest &= rest - 1;
            at = rest.trailing_zeros();
        }
    }
}

fn add_orders(counts: &mut [Count], periods: &Periods, orders: &[Order], sign: i64) {
    let first = orders.first().map_or(0, |order| order.day);
    let mut last_period = u32::MAX;
    for order in orders {
        let period = periods.of_day.get(order.day as usize).copied().unwrap_or(0);
        let Some(count) = counts.get_mut(period as usize) else {
            continue;
        };
        count.orders += sign;
        count.cents += i64::from(order.cents) * sign;
        if period != last_period {
            let start = periods.edges.get(period as usize).copied().unwrap_or(0);
            count.customers += sign;
            count.returning += i64::from(first < start) * sign;
            last_period = period;
        }
    }
}

impl std::ops::Add for Count {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            orders: self.orders + other.orders,
            cents: self.cents + other.cents,
            customers: self.customers + other.customers,
            returning: self.returning + other.returning,
            s: self.s + other.s,
            k: self.k + other.k,
            e: self.e + other.e,
            n: self.n + other.n,
            r: self.r + other.r,
        }
    }
}
