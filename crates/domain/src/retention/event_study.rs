//! Customers as they were when an event became known, in which of the weeks around it each of them was active, and who was
//! still a customer a window later.
//!
//! Those whom the event concerns, by its list or by its scope, and all others are counted apart, by cell: how recently, how often and for how long each
//! had been active at that moment. So the ones concerned can be compared with alike ones who are not. The cell is
//! that of the moment for all weeks: what the event did to recency afterwards is an effect of it and must not be
//! adjusted away.

use std::ops::Range;

use crate::{
    history::{Members, Profile},
    retention::{
        coverage::Edges,
        risk::{CELLS, Cell, Recent},
    },
    time::{Day, Days, Window},
};

/// Customers silent for longer than this when the event became known are left out: there is nothing to lose of them.
pub const LONGEST_SILENCE: u32 = 366;

/// One event, and where to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Study {
    /// The first period in which customers could know.
    pub origin: usize,
    /// The periods that are counted, before and after.
    pub periods: Range<usize>,
    /// Whom the event concerns.
    pub concerned: Members,
    /// Some customers of whom being among them makes alike, beside the cell.
    pub alike: Vec<Members>,
    /// The days that tell who was a customer and who stayed one, where they are all among the data.
    pub stay: Result<StayDays, StayGap>,
}

/// The days that tell who was a customer when an event became known, who was one a window before, and who still was one a
/// window later. With the event at the start of a period as long as the window these are S, and K of that period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StayDays {
    /// Active on one of them: a customer one window before.
    earlier: Range<Day>,
    /// Active on one of them: a customer when the event became known.
    then: Range<Day>,
    /// Active on one of them: still a customer when nobody is one by the days before any more.
    after: Range<Day>,
}

/// Why it is not known who stayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StayGap {
    /// The data do not go back two windows before the event.
    Before,
    /// They end within a window after it.
    After,
}

impl StayDays {
    /// For an event at the start of `day`, from data over the days `known`.
    ///
    /// # Errors
    /// Where a window after it, or two before it, are not among these.
    pub fn around(day: Day, window: Window, days: &Days, known: &Range<Day>) -> Result<Self, StayGap> {
        let before = |day: Day| days.number(window.before(days.date(day)));
        let is_known = |day: &i64| *day >= i64::from(known.start);
        let known_before = |day: Day| {
            let start = Some(before(day)).filter(is_known).and_then(|start| Day::try_from(start).ok());
            start.ok_or(StayGap::Before)
        };
        let then = known_before(day)?..day;
        let earlier = known_before(then.start)?..then.start;
        // The first day in whose window nothing from before the event is left.
        let end = (day + 1..=known.end).find(|end| before(*end) >= i64::from(day));
        Ok(Self { earlier, then, after: day..end.ok_or(StayGap::After)? })
    }

    /// Days of the window after the event.
    pub fn after(&self) -> u32 {
        self.after.end - self.after.start
    }
}

/// Customers of one cell on one side by whether they stayed: of those who were customers when the event became known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stay {
    /// How many.
    pub customers: u64,
    /// Those who had been customers a window before.
    pub earlier: u64,
    /// Those who still were a window later.
    pub kept: u64,
    /// Those who were at all three times.
    pub both: u64,
}

impl Stay {
    fn push(&mut self, earlier: bool, kept: bool) {
        self.customers += 1;
        self.earlier += u64::from(earlier);
        self.kept += u64::from(kept);
        self.both += u64::from(earlier && kept);
    }

    fn add(&mut self, other: Self) {
        self.customers += other.customers;
        self.earlier += other.earlier;
        self.kept += other.kept;
        self.both += other.both;
    }
}

/// Customers of one cell on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellActivity {
    /// How many.
    pub customers: u64,
    /// How many of them were active, by period of the study.
    pub active: Vec<u64>,
    /// How unlike one another they were.
    pub squares: Squares,
    /// Who of them stayed.
    pub stay: Stay,
}

/// Sums over customers, of the squares of the number of periods in which each was active: b before the origin, a from it
/// on. Customers of one cell still have habits of their own, so their active periods are no independent draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Squares {
    /// Σ b².
    pub before: u64,
    /// Σ a b.
    pub across: u64,
    /// Σ a².
    pub after: u64,
}

impl Squares {
    fn push(&mut self, before: u64, after: u64) {
        self.before += before * before;
        self.across += before * after;
        self.after += after * after;
    }

    fn add(&mut self, other: Self) {
        self.before += other.before;
        self.across += other.across;
        self.after += other.after;
    }
}

impl CellActivity {
    fn new(periods: usize) -> Self {
        Self { customers: 0, active: vec![0; periods], squares: Squares::default(), stay: Stay::default() }
    }

    fn add(&mut self, other: &Self) {
        self.customers += other.customers;
        self.active.iter_mut().zip(&other.active).for_each(|(mine, theirs)| *mine += theirs);
        self.squares.add(other.squares);
        self.stay.add(other.stay);
    }
}

/// A cell on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BothSides {
    /// Customers whom the event concerns.
    pub concerned: CellActivity,
    /// Customers whom it does not.
    pub others: CellActivity,
}

/// What one study counted: sums that add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StudySummary {
    /// By class, then cell; nothing for a cell in which nobody was.
    cells: Vec<Option<BothSides>>,
}

impl StudySummary {
    fn new(study: &Study) -> Self {
        Self { cells: vec![None; CELLS << study.alike.len()] }
    }

    /// Adds other customers of the same study.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.cells.iter_mut().zip(&other.cells) {
            match (mine, theirs) {
                (Some(mine), Some(theirs)) => {
                    mine.concerned.add(&theirs.concerned);
                    mine.others.add(&theirs.others);
                }
                (mine @ None, Some(theirs)) => *mine = Some(theirs.clone()),
                (_, None) => {}
            }
        }
    }

    /// The cells in which anybody was, with their class: bit j says whether its customers are among those of
    /// [`Study::alike`] j.
    pub fn cells(&self) -> impl Iterator<Item = (usize, Cell, &BothSides)> {
        let classes = self.cells.chunks(CELLS).enumerate();
        classes.flat_map(|(class, cells)| {
            let cells = Cell::all().zip(cells);
            cells.filter_map(move |(cell, sides)| Some((class, cell, sides.as_ref()?)))
        })
    }
}

/// Counts several studies in one pass.
#[derive(Debug)]
pub struct EventStudyKernel<'a> {
    edges: &'a Edges,
    studies: &'a [Study],
    summaries: Vec<StudySummary>,
    customer: Customer,
}

/// What is known so far of the customer.
#[derive(Debug, Default)]
struct Customer {
    profile: Profile,
    first: Option<Day>,
    recent: Option<Recent>,
    /// The periods with an activity, in order.
    periods: Vec<u32>,
    /// Of each study: the last active days before its origin.
    before: Vec<Option<Recent>>,
    /// Of each study: whether active on the days before, then and after that tell who stayed.
    stay: Vec<[bool; 3]>,
}

impl<'a> EventStudyKernel<'a> {
    /// For these periods and studies.
    pub fn new(edges: &'a Edges, studies: &'a [Study]) -> Self {
        let summaries = studies.iter().map(StudySummary::new).collect();
        let customer = Customer {
            before: vec![None; studies.len()],
            stay: vec![[false; 3]; studies.len()],
            ..Customer::default()
        };
        Self { edges, studies, summaries, customer }
    }

    /// A new customer.
    #[inline]
    pub fn begin(&mut self, profile: Profile) {
        let customer = &mut self.customer;
        (customer.profile, customer.first, customer.recent) = (profile, None, None);
        customer.periods.clear();
        customer.before.fill(None);
        customer.stay.fill([false; 3]);
    }

    /// The customer's next active day, in order; the same day again changes nothing.
    pub fn observe(&mut self, day: Day) {
        let customer = &mut self.customer;
        customer.first.get_or_insert(day);
        let recent = customer.recent.get_or_insert_with(|| Recent::new(day));
        recent.push(day);
        for ((study, before), seen) in self.studies.iter().zip(&mut customer.before).zip(&mut customer.stay) {
            if day < self.edges.day(study.origin) {
                *before = Some(*recent);
            }
            if let Ok(stay) = &study.stay {
                for (seen, days) in seen.iter_mut().zip([&stay.earlier, &stay.then, &stay.after]) {
                    *seen |= days.contains(&day);
                }
            }
        }
        // Days before the first period, or after the last, are in none.
        if let Some(period) = self.edges.at_or_after(day.saturating_add(1)).checked_sub(1)
            && (period as usize) < self.edges.periods()
            && customer.periods.last() != Some(&period)
        {
            customer.periods.push(period);
        }
    }

    /// The customer is over.
    pub fn end(&mut self) {
        let Self { edges, studies, summaries, customer } = self;
        let Some(first) = customer.first else { return };
        let seen = customer.before.iter().zip(&customer.stay);
        for ((study, (before, stay)), summary) in studies.iter().zip(seen).zip(summaries) {
            let Some(recent) = before else { continue };
            let origin = edges.day(study.origin);
            let recency = origin.saturating_sub(recent.last());
            if recency > LONGEST_SILENCE {
                continue;
            }
            let cell = Cell::of(recency, recent.frequency(origin), origin.saturating_sub(first));
            let among = |(bit, members): (usize, &Members)| usize::from(members.has(customer.profile)) << bit;
            let class: usize = study.alike.iter().enumerate().map(among).sum();
            let Some(sides) = summary.cells.get_mut(class * CELLS + cell.index()) else { continue };
            let sides = sides.get_or_insert_with(|| BothSides {
                concerned: CellActivity::new(study.periods.len()),
                others: CellActivity::new(study.periods.len()),
            });
            let concerned = study.concerned.has(customer.profile);
            let side = if concerned { &mut sides.concerned } else { &mut sides.others };
            side.customers += 1;
            let (mut before, mut after) = (0, 0);
            for period in &customer.periods {
                let period = *period as usize;
                let place = period.checked_sub(study.periods.start);
                if let Some(active) = place.and_then(|place| side.active.get_mut(place)) {
                    *active += 1;
                    *(if period < study.origin { &mut before } else { &mut after }) += 1;
                }
            }
            side.squares.push(before, after);
            if let [earlier, true, kept] = *stay {
                side.stay.push(earlier, kept);
            }
        }
    }

    /// The sums so far, one per study.
    pub fn finish(self) -> Vec<StudySummary> {
        self.summaries
    }
}
