//! A small random world: customers, events that come late, twice and under other ids, statements on who is who;
//! and what retention is in it, worked out the plain way.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    num::NonZeroUsize,
};

use fidance_domain::{
    amount::Amount,
    history::{Histories as _, Micros, Segments},
    id::CustomerKey,
    retention::{
        ActivityWindow, Groups,
        cohort::{CohortKernel, CohortSummary},
        coverage::Edges,
        flows::{FlowKernel, FlowSummary, Flows},
    },
    table::Column,
    time::{Day, Days, Every, Window},
};
use fidance_lake::{
    Batch, ImportOptions, Imported, Lake, LakeConfig, LakeError, LakeHistories, LinkAction, Location,
    NewEvent,
};
use jiff::tz::TimeZone;
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;

/// An event as it arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arrival {
    pub(crate) id: u64,
    pub(crate) at: Micros,
    pub(crate) kind: u16,
    pub(crate) amount: Option<i64>,
    pub(crate) country: u32,
    pub(crate) message: Option<u128>,
}

/// What happens to the lake, in order.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Batch(Vec<Arrival>),
    Links(Vec<(Micros, LinkAction, u64, u64)>),
    Compact(bool),
}

pub(crate) const KINDS: [&str; 3] = ["Order Completed", "Product Viewed", "Authentication Failed"];
pub(crate) const COUNTRIES: [&str; 3] = ["FR", "BE", "(none)"];

pub(crate) fn segments() -> Segments {
    Segments {
        dimensions: vec!["country".into()],
        values: vec![COUNTRIES.map(String::from).to_vec()],
        profiles: vec![vec![0], vec![1], vec![2]],
        ..Segments::default()
    }
}

/// Which country an event names: the same for all of one instant, so that "the earliest" is never two.
fn country(at: Micros) -> u32 {
    (at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(8) as u32 % 3
}

/// The steps of a random world.
pub(crate) fn steps(seed: u64, customers: u64, batches: usize) -> Vec<Step> {
    let mut random = Pcg64::seed_from_u64(seed);
    let start = 1_700_000_000_000_000_i64;
    let day = 86_400_000_000_i64;
    let mut steps = Vec::new();
    let mut sent: Vec<Arrival> = Vec::new();
    let mut merged: Vec<(u64, u64)> = Vec::new();
    for batch in 0..batches {
        let from = start + batch as i64 * 30 * day;
        let mut events = Vec::new();
        for _ in 0..random.random_range(0..customers * 4) {
            // Late ones reach back to the beginning; some fall together to the microsecond.
            let late =
                if random.random_bool(0.1) { random.random_range(0..=batch as i64 * 30) * day } else { 0 };
            let at =
                from - late + random.random_range(0..30 * 24) * 3_600_000_000 + random.random_range(0..3);
            let arrival = Arrival {
                id: random.random_range(0..customers),
                at,
                kind: random.random_range(0..3),
                amount: random.random_bool(0.3).then(|| random.random_range(0..1_000_000)),
                country: country(at),
                message: random.random_bool(0.8).then(|| random.random::<u128>()),
            };
            events.push(arrival);
        }
        // Duplicates of this batch and of all before, some under another time or customer.
        for _ in 0..events.len() / 10 {
            let from = if sent.is_empty() || random.random_bool(0.5) { &events } else { &sent };
            let mut copy = from[random.random_range(0..from.len())];
            if copy.message.is_some() {
                if random.random_bool(0.2) {
                    copy.at += day;
                    copy.country = country(copy.at);
                }
                if random.random_bool(0.2) {
                    copy.id = random.random_range(0..customers);
                }
                let place = random.random_range(0..=events.len());
                // A copy that comes before its original is the one that counts; the model knows order only.
                events.insert(place, copy);
            }
        }
        sent.extend(&events);
        steps.push(Step::Batch(events));
        let mut links = Vec::new();
        for _ in 0..random.random_range(0..3) {
            let (a, b) = (random.random_range(0..customers), random.random_range(0..customers));
            if a != b {
                links.push((from, LinkAction::Merge, a, b));
                merged.push((a, b));
            }
        }
        if !merged.is_empty() && random.random_bool(0.4) {
            let (a, b) = merged[random.random_range(0..merged.len())];
            links.push((from + 1, LinkAction::Split, b, a));
        }
        if !links.is_empty() {
            steps.push(Step::Links(links));
        }
        if random.random_bool(0.5) {
            steps.push(Step::Compact(random.random_bool(0.5)));
        }
    }
    steps
}

pub(crate) fn options(memory: usize) -> ImportOptions {
    // Some batches go straight into buckets.
    ImportOptions {
        fresh_rows: 60,
        ..ImportOptions::new(memory, std::env::temp_dir(), NonZeroUsize::new(2).unwrap())
    }
}

pub(crate) fn key(id: u64) -> CustomerKey {
    CustomerKey::from_hash(u128::from(id) << 64 | 7)
}

/// Makes an empty lake.
pub(crate) fn lake(place: impl Into<Location>, activity: &[&str]) -> Lake {
    Lake::create(place, &config(activity)).unwrap()
}

pub(crate) fn config(activity: &[&str]) -> LakeConfig {
    let activity = activity.iter().map(|kind| (*kind).to_owned()).collect();
    LakeConfig { bucket_bits: 2, ..LakeConfig::new("Europe/Paris", activity) }
}

/// Offers a batch; `number` tells it from others.
pub(crate) fn import(lake: &mut Lake, events: &[Arrival], number: i64) -> Imported {
    try_import(lake, events, number).unwrap()
}

/// Offers a batch, which may fail.
pub(crate) fn try_import(lake: &mut Lake, events: &[Arrival], number: i64) -> Result<Imported, LakeError> {
    let pseudonyms = lake.pseudonyms()?;
    let mut import = lake.import(options(1 << 20))?;
    for event in events {
        let event = NewEvent {
            customer: pseudonyms.of(key(event.id)),
            at: event.at,
            clock: clock_of(event.at),
            kind: event.kind,
            amount: event.amount.map(Amount::from_steps),
            profile: event.country,
            message: event.message,
        };
        import.push(event)?;
    }
    let batch = Batch {
        kinds: &KINDS.map(String::from),
        segments: &segments(),
        until: None,
        transaction: Some(("test".to_owned(), number)),
    };
    import.commit(lake, batch)
}

/// Looks at the instants and the clients' clocks of all events; their number.
pub(crate) fn clocks(lake: &mut Lake) -> u64 {
    let mut rows = 0;
    let written = lake.export().unwrap().write(&mut |batch| {
        let (Column::Instant(at), Column::Instant(clock)) = (&batch.columns[1], &batch.columns[5]) else {
            panic!("not the columns of an export");
        };
        for (at, clock) in at.iter().zip(clock) {
            let at = at.unwrap();
            assert_eq!(*clock, clock_of(at));
            rows += 1;
        }
        Ok(())
    });
    assert_eq!(written.unwrap(), rows);
    rows
}

/// What the client's clock said at an instant, where it was wrong.
fn clock_of(at: Micros) -> Option<Micros> {
    (at % 5 == 0).then(|| at - 7_200_000_001)
}

/// Does all steps to a lake.
pub(crate) fn play(lake: &mut Lake, steps: &[Step]) {
    let pseudonyms = lake.pseudonyms().unwrap();
    for (number, step) in (1..).zip(steps) {
        match step {
            Step::Batch(events) => {
                import(lake, events, number);
                assert!(import(lake, events, number).already, "the same batch again");
            }
            Step::Links(links) => {
                let of = |id: &u64| pseudonyms.of(key(*id));
                let links: Vec<_> =
                    links.iter().map(|(at, action, a, b)| (*at, *action, of(a), of(b))).collect();
                lake.link(&links, ("test".to_owned(), number)).unwrap();
            }
            Step::Compact(everything) => {
                let how = if *everything {
                    fidance_lake::Thoroughness::Everything
                } else {
                    fidance_lake::Thoroughness::WhatPays
                };
                lake.compact(&options(1 << 18), how).unwrap();
            }
        }
    }
}

/// What counts after all steps: the activities of each person, in any order.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) persons: Vec<Vec<(Micros, i64)>>,
    /// Of each of them, all ids and the country.
    pub(crate) ids: Vec<(Vec<u64>, u32)>,
    pub(crate) countries: BTreeMap<u32, u64>,
    pub(crate) rows: u64,
}

impl Model {
    pub(crate) fn new(steps: &[Step], activity: &[&str]) -> Self {
        let mut seen = BTreeSet::new();
        let mut events: Vec<Arrival> = Vec::new();
        let mut pairs: BTreeMap<(u64, u64), (Micros, usize, LinkAction)> = BTreeMap::new();
        let mut statements = 0;
        for step in steps {
            match step {
                Step::Batch(batch) => {
                    events
                        .extend(batch.iter().filter(|event| event.message.is_none_or(|id| seen.insert(id))));
                }
                Step::Links(links) => {
                    for &(at, action, a, b) in links {
                        statements += 1;
                        let last = pairs.entry((a.min(b), a.max(b))).or_insert((at, statements, action));
                        if (last.0, last.1) < (at, statements) {
                            *last = (at, statements, action);
                        }
                    }
                }
                Step::Compact(_) => {}
            }
        }
        let mut group: HashMap<u64, u64> = events.iter().map(|event| (event.id, event.id)).collect();
        for &(a, b) in pairs.keys() {
            group.entry(a).or_insert(a);
            group.entry(b).or_insert(b);
        }
        loop {
            let mut changed = false;
            for (&(a, b), &(_, _, action)) in &pairs {
                let (ga, gb) = (group[&a], group[&b]);
                if action == LinkAction::Merge && ga != gb {
                    group.values_mut().filter(|g| **g == ga.max(gb)).for_each(|g| *g = ga.min(gb));
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
        let mut model = Self::default();
        let mut persons: BTreeMap<u64, Vec<(Micros, i64)>> = BTreeMap::new();
        let mut first: BTreeMap<u64, (bool, Micros, u32)> = BTreeMap::new();
        model.rows = events.len() as u64;
        for event in &events {
            let person = group[&event.id];
            let is_activity = activity.is_empty() || activity.contains(&KINDS[usize::from(event.kind)]);
            let known = (!is_activity, event.at, event.country);
            let entry = first.entry(person).or_insert(known);
            *entry = known.min(*entry);
            if activity.is_empty() || activity.contains(&KINDS[usize::from(event.kind)]) {
                persons.entry(person).or_default().push((event.at, event.amount.unwrap_or(0)));
            }
        }
        for person in persons.keys() {
            *model.countries.entry(first[person].2).or_default() += 1;
            let ids = group.iter().filter(|(_, of)| *of == person).map(|(id, _)| *id);
            model.ids.push((ids.collect(), first[person].2));
        }
        model.persons = persons.into_values().collect();
        model
    }

    pub(crate) fn instants(&self) -> Vec<Vec<Micros>> {
        self.persons.iter().map(|person| person.iter().map(|(at, _)| *at).collect()).collect()
    }

    pub(crate) fn total(&self) -> i64 {
        self.persons.iter().flatten().map(|(_, amount)| amount).sum()
    }
}

/// What the kernels find in a lake.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) flows: FlowSummary,
    pub(crate) cohorts: CohortSummary,
    pub(crate) edges: Edges,
    pub(crate) days: Days,
    pub(crate) customers: u64,
    pub(crate) amount: i64,
    pub(crate) by_profile: BTreeMap<String, u64>,
    /// By country and set of lists.
    pub(crate) by_lists: BTreeMap<(String, u64), u64>,
    /// Of everybody and the members of each list.
    pub(crate) listed: FlowSummary,
    pub(crate) used_masks: bool,
}

struct Visitor<'a> {
    window: ActivityWindow,
    flows: FlowKernel<'a>,
    listed: FlowKernel<'a>,
    cohorts: CohortKernel<'a>,
    groups: &'a Groups,
    lists: &'a Groups,
    customers: u64,
    amount: i64,
    profiles: BTreeMap<u32, u64>,
}

impl fidance_domain::history::DayVisitor for Visitor<'_> {
    fn begin(&mut self, profile: fidance_domain::history::Profile) {
        self.flows.begin(self.groups.of(profile));
        self.listed.begin(self.lists.of(profile));
        self.cohorts.begin();
        self.customers += 1;
        *self.profiles.entry(profile.0).or_default() += 1;
    }

    fn days(&mut self, days: &[Day], amounts: &[Amount]) {
        assert!(days.is_sorted());
        for (&day, amount) in days.iter().zip(amounts) {
            self.flows.observe(self.window.of(day));
            self.listed.observe(self.window.of(day));
            self.cohorts.observe(day);
            self.amount += amount.steps();
        }
    }

    fn end(&mut self) {
        self.flows.end();
        self.listed.end();
        self.cohorts.end();
    }
}

/// Asks for flows or cohorts alone, so that marks are enough.
struct ByMarks<'a> {
    kernel: Alone<'a>,
    groups: &'a Groups,
    window: &'a ActivityWindow,
    marks: Option<Vec<u64>>,
}

enum Alone<'a> {
    Flows(FlowKernel<'a>),
    Cohorts(CohortKernel<'a>),
}

impl fidance_domain::history::DayVisitor for ByMarks<'_> {
    fn wants_amounts(&self) -> bool {
        false
    }

    fn marks(&self) -> Option<&[u64]> {
        self.marks.as_deref()
    }

    fn marked(&mut self, customers: &[fidance_domain::history::Marked]) {
        for customer in customers {
            match &mut self.kernel {
                Alone::Flows(flows) => {
                    flows.marked(self.groups.of(customer.profile), customer.first, customer.marks);
                }
                Alone::Cohorts(cohorts) => cohorts.marked(customer.marks),
            }
        }
    }

    // Those whom links have moved come day by day.
    fn begin(&mut self, profile: fidance_domain::history::Profile) {
        match &mut self.kernel {
            Alone::Flows(flows) => flows.begin(self.groups.of(profile)),
            Alone::Cohorts(cohorts) => cohorts.begin(),
        }
    }

    fn days(&mut self, days: &[Day], _: &[Amount]) {
        for &day in days {
            match &mut self.kernel {
                Alone::Flows(flows) => flows.observe(self.window.of(day)),
                Alone::Cohorts(cohorts) => cohorts.observe(day),
            }
        }
    }

    fn end(&mut self) {
        match &mut self.kernel {
            Alone::Flows(flows) => flows.end(),
            Alone::Cohorts(cohorts) => cohorts.end(),
        }
    }
}

/// Runs the kernels over a lake.
pub(crate) fn find(source: &LakeHistories, zone: &TimeZone, every: Every, window: Window) -> Option<Found> {
    let extent = source.extent()?;
    let days = Edges::table(zone, extent.first, extent.until - 1);
    let edges = Edges::new(&days, every, days.day_of(extent.first), days.day_of(extent.until - 1));
    let (groups, lists) = (Groups::new(source.segments()), Groups::of_lists(source.segments()));
    let mut visitor = Visitor {
        window: ActivityWindow::new(&days, window),
        flows: FlowKernel::new(&edges, groups.len()),
        listed: FlowKernel::new(&edges, lists.len()),
        cohorts: CohortKernel::new(&edges, &[]),
        groups: &groups,
        lists: &lists,
        customers: 0,
        amount: 0,
        profiles: BTreeMap::new(),
    };
    for part in 0..source.parts() {
        source.visit_days(part, &days, extent.until, &mut visitor).unwrap();
    }
    let window = visitor.window.clone();
    let alone = |kernel: Alone<'_>, groups: &Groups, expected: &FlowKernel<'_>, marks| {
        let mut alone = ByMarks { kernel, groups, window: &window, marks };
        for part in 0..source.parts() {
            source.visit_days(part, &days, extent.until, &mut alone).unwrap();
        }
        match alone.kernel {
            Alone::Flows(flows) => {
                assert_eq!(flows.finish(), expected.clone().finish(), "flows by marks");
            }
            Alone::Cohorts(cohorts) => {
                assert_eq!(cohorts.finish(), visitor.cohorts.clone().finish(), "cohorts by marks");
            }
        }
    };
    for (groups, expected) in [(&groups, &visitor.flows), (&lists, &visitor.listed)] {
        let kernel = FlowKernel::new(&edges, groups.len());
        let marks = kernel.marks(&window);
        alone(Alone::Flows(kernel), groups, expected, marks);
    }
    let kernel = CohortKernel::new(&edges, &[]);
    let marks = kernel.marks(days.len());
    alone(Alone::Cohorts(kernel), &groups, &visitor.flows, marks);
    let segments = source.segments();
    let name = |profile: u32| {
        let value = segments.profiles[profile as usize][0];
        segments.values[0][value as usize].clone()
    };
    let Visitor { flows, listed, cohorts, customers, amount, profiles, .. } = visitor;
    let (mut by_profile, mut by_lists) = (BTreeMap::new(), BTreeMap::new());
    if !segments.dimensions.is_empty() {
        for (profile, count) in profiles {
            *by_profile.entry(name(profile)).or_default() += count;
            let lists = segments.memberships.get(profile as usize).copied().unwrap_or(0);
            *by_lists.entry((name(profile), lists)).or_default() += count;
        }
    }
    let listed = listed.finish();
    let (flows, cohorts) = (flows.finish(), cohorts.finish());
    let used_masks = source.reads_masks(&days, source.has_amounts());
    let found =
        Found { flows, cohorts, edges, days, customers, amount, by_profile, by_lists, listed, used_masks };
    Some(found)
}

/// The flows of everybody by the plain definitions.
pub(crate) fn plain_flows(model: &Model, found: &Found, zone: &TimeZone, window: Window) -> Vec<Flows> {
    plain_flows_of(&model.instants(), found, zone, window)
}

/// The flows of some persons by the plain definitions.
pub(crate) fn plain_flows_of(
    instants: &[Vec<Micros>],
    found: &Found,
    zone: &TimeZone,
    window: Window,
) -> Vec<Flows> {
    (0..found.edges.periods())
        .map(|period| {
            let date = |edge| found.days.date(found.edges.day(edge));
            fidance_domain::testing::plain::flows(instants, zone, date(period), date(period + 1), window)
        })
        .collect()
}
