//! One run: customer after customer, then the files that need all of them.

mod folder;
mod store;

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    attempt::{self, Attempt},
    calendar::Calendar,
    change::{Change, Group, Stake, Stakes},
    dirt::{self, Clocks},
    error::SimError,
    event::{Event, EventName, Reason},
    identity::Links,
    journey::{Tracker, Visits},
    person::{Person, Population},
    scenario::Scenario,
    segment::SegmentTable,
    sink::{self, EventFormat, Names, TextFile, Times},
    truth::{self, Life, Truth},
    voice::{Complaint, Grievance, Listener, Survey},
    world::{Fate, Ordinary, Touched, World, all_of},
};

use store::Store;

/// How often progress is told, in customers and in events.
const TELL_EVERY: u64 = 4_096;

/// In which order events stand in their file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// As they reach the shop.
    #[default]
    Time,
    /// Customer by customer, each in order of arrival.
    Customer,
}

/// How the events file is written.
#[derive(Debug, Clone, Copy)]
pub struct OutputOptions<'a> {
    /// Its format.
    pub format: EventFormat<'a>,
    /// The order of its rows. Messages stand in the order in which they are sent, whatever is said here.
    pub order: Order,
    /// How times are written in text files.
    pub times: Times,
    /// Bytes of events held in memory before they go to temporary files in the output folder.
    pub memory: usize,
}

impl Default for OutputOptions<'_> {
    fn default() -> Self {
        Self { format: EventFormat::Csv, order: Order::Time, times: Times::Offset, memory: 512 << 20 }
    }
}

/// What a run is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Customers live; counted in customers.
    Simulating,
    /// Events are sorted and written; counted in events.
    Writing,
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What it is doing.
    pub phase: Phase,
    /// How much of it is done.
    pub done: u64,
    /// Of how much.
    pub total: u64,
}

/// A file of the output folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileWritten {
    /// Where it is.
    pub path: PathBuf,
    /// Its rows, where it has any besides a header.
    pub rows: Option<u64>,
    /// Its size.
    pub bytes: u64,
}

/// What a run has written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// All files.
    pub files: Vec<FileWritten>,
    /// Rows of the events file.
    pub events: u64,
    /// Orders in the world as it is.
    pub orders: u64,
    /// Persons simulated.
    pub customers: u64,
    /// Of these, those with an order.
    pub buyers: u64,
    /// First and last event, in microseconds since 1970-01-01T00:00:00Z; `None` without events.
    pub span: Option<(i64, i64)>,
}

/// Simulates a shop and writes its folder, creating it where it does not exist.
pub fn simulate(
    scenario: &Scenario,
    seed: u64,
    options: &OutputOptions<'_>,
    out_dir: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Outcome, SimError> {
    fs::create_dir_all(out_dir).map_err(|source| SimError::Create { path: out_dir.to_owned(), source })?;
    let calendar = Calendar::new(scenario)?;
    let table = SegmentTable::new(scenario);
    let changes = Change::all(scenario, &calendar);
    let names = Names { seed, calendar: &calendar, table: &table, times: options.times };
    let path = out_dir.join(options.format.file_name());
    let sink = sink::open(options.format, &path, names)?;
    let mut run = Run {
        scenario,
        seed,
        stakes: Stakes {
            seed,
            changes: &changes,
            calendar: &calendar,
            table: &table,
            browsing: scenario.journeys.browsing_per_order,
        },
        tracker: Tracker { seed, journeys: &scenario.journeys, calendar: &calendar },
        listener: Listener {
            seed,
            voices: &scenario.voices,
            grievances: Grievance::all(scenario),
            changes: &changes,
            calendar: &calendar,
            table: &table,
        },
        population: Population::new(scenario, seed, &calendar),
        ordinary: Ordinary::new(&scenario.journeys),
        store: Store::new(options, out_dir, calendar.start(), sink),
        affected_file: TextFile::create(&out_dir.join("affected.csv"))?,
        affected: vec![0; scenario.breaches.len()],
        links: Links::new(seed, &scenario.identity, &calendar),
        clocks: if matches!(options.format, EventFormat::Messages) { Clocks::Told } else { Clocks::Hidden },
        truth: Truth::new(&calendar, changes.len(), scenario.truth.window_days),
        complaints: Vec::new(),
        surveys: Vec::new(),
        orders: 0,
        buyers: 0,
    };
    run.all_customers(progress)?;
    run.finish(out_dir, &path, &names, progress)
}

struct Run<'a> {
    scenario: &'a Scenario,
    seed: u64,
    stakes: Stakes<'a>,
    tracker: Tracker<'a>,
    listener: Listener<'a>,
    population: Population,
    ordinary: Ordinary,
    store: Store<'a>,
    affected_file: TextFile,
    affected: Vec<u64>,
    links: Links<'a>,
    clocks: Clocks,
    truth: Truth,
    complaints: Vec<Complaint>,
    surveys: Vec<Survey>,
    orders: u64,
    buyers: u64,
}

/// Memory that is used again for every customer.
#[derive(Default)]
struct Scratch {
    person: Person,
    attempts: Vec<Attempt>,
    stakes: Vec<Stake>,
    world: World,
    other: World,
    orders: Vec<truth::Order>,
    orders_without: Vec<truth::Order>,
    steps: Vec<(EventName, Reason)>,
    events: Vec<Event>,
}

impl Run<'_> {
    fn all_customers(&mut self, progress: &mut dyn FnMut(Progress)) -> Result<(), SimError> {
        self.affected_file.text("incident,customer_id");
        self.affected_file.end_line()?;
        let count = self.scenario.customers.count;
        let mut scratch = Scratch::default();
        for customer in 0..count {
            self.one_customer(customer, &mut scratch)?;
            let done = u64::from(customer) + 1;
            if done.is_multiple_of(TELL_EVERY) || customer + 1 == count {
                progress(Progress { phase: Phase::Simulating, done, total: u64::from(count) });
            }
        }
        Ok(())
    }

    fn one_customer(&mut self, customer: u32, scratch: &mut Scratch) -> Result<(), SimError> {
        let Scratch { person, attempts, stakes, world, orders, steps, events, .. } = &mut *scratch;
        self.population.draw(customer, self.stakes.table, person);
        let spread = self.scenario.purchases.value_within;
        attempt::draw(self.seed, customer, person, spread, self.stakes.calendar, attempts);
        self.stakes.draw(customer, person, attempts, stakes);
        let touched = world.run_all(attempts, stakes, self.ordinary);
        placed(attempts, world, orders);
        self.note_affected(customer, stakes)?;
        let visits = Visits { customer, person, attempts, stakes, world };
        self.listener.complaints(visits, orders, &mut self.complaints);
        self.listener.survey(visits, orders, &mut self.surveys);
        self.tracker.track(visits, steps, events);
        self.links.assign(customer, events, &mut self.truth.identities);
        dirt::spoil(&self.scenario.dirt, self.clocks, self.seed, customer, events);
        self.store.add(events)?;
        self.measure(touched, scratch);
        Ok(())
    }

    /// Breaches come first among the changes, so their numbers agree with the list of the scenario.
    fn note_affected(&mut self, customer: u32, stakes: &[Stake]) -> Result<(), SimError> {
        for ((breach, stake), count) in self.scenario.breaches.iter().zip(stakes).zip(&mut self.affected) {
            if stake.group == Group::Exposed {
                *count += 1;
                self.affected_file.text(&breach.id);
                self.affected_file.text(",");
                sink::customer_id(customer, self.affected_file.bytes());
                self.affected_file.end_line()?;
            }
        }
        Ok(())
    }

    /// Runs the worlds in which this customer would have done something else, and counts the difference.
    fn measure(&mut self, touched: Touched, scratch: &mut Scratch) {
        let Scratch { person, attempts, stakes, world, other, orders, orders_without, .. } = scratch;
        self.orders += orders.len() as u64;
        self.buyers += u64::from(!orders.is_empty());
        self.truth.add(orders);
        self.truth.add_losses(world);
        let all = all_of(stakes);
        for (number, (change, stake)) in self.stakes.changes.iter().zip(stakes.iter()).enumerate() {
            let alters = touched.alone & (1 << number) != 0;
            if alters {
                other.run(attempts, stakes, all & !(1 << number), self.ordinary);
                placed(attempts, other, orders_without);
                self.truth.add_without(number, orders, orders_without);
            }
            let without: &[truth::Order] = if alters { orders_without } else { orders };
            if change.is_later_than(person) {
                self.truth.add_exposure(number, change, stake, Life { world, orders }, without);
            }
        }
        if touched.together {
            other.run(attempts, stakes, 0, self.ordinary);
            placed(attempts, other, orders_without);
            self.truth.add_without_any(orders, orders_without);
        }
    }
}

/// The orders of a world.
fn placed(attempts: &[Attempt], world: &World, orders: &mut Vec<truth::Order>) {
    orders.clear();
    let ordered = attempts.iter().zip(&world.fates).filter(|(_, fate)| **fate == Fate::Ordered);
    orders.extend(ordered.map(|(attempt, _)| truth::Order {
        at: attempt.at,
        day: attempt.day,
        cents: attempt.cents,
    }));
}
