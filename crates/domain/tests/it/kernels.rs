//! Every kernel against the plain model on random histories: gaps, ties, clock changes, leap days, customers
//! with one activity, and activities on the edges of periods.

use fidance_domain::{
    amount::Amount,
    history::Micros,
    retention::{
        ActivityWindow, Coverage,
        cohort::{Bracket, CohortKernel, CohortSummary},
        coverage::Edges,
        flows::{FlowKernel, FlowSummary, Flows},
        gap::GapKernel,
        revenue::RevenueKernel,
        spell::SpellKernel,
    },
    testing::plain,
    time::{Days, Every, Window, date_of, start_of_day},
};
use jiff::{civil::Date, tz::TimeZone};
use proptest::prelude::*;

/// A case: customers and the question asked of them.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) zone: TimeZone,
    pub(crate) every: Every,
    pub(crate) window: Window,
    pub(crate) customers: Vec<Vec<Micros>>,
}

impl Case {
    pub(crate) fn days(&self) -> Days {
        let all = || self.customers.iter().flatten().copied();
        Edges::table(&self.zone, all().min().unwrap(), all().max().unwrap())
    }

    pub(crate) fn edges(&self, days: &Days) -> Edges {
        let day = |at: Option<Micros>| days.day_of(at.unwrap());
        let all = || self.customers.iter().flatten().copied();
        Edges::new(days, self.every, day(all().min()), day(all().max()))
    }

    fn flows(&self, customers: &[Vec<Micros>]) -> FlowSummary {
        let days = self.days();
        let edges = self.edges(&days);
        let window = ActivityWindow::new(&days, self.window);
        let mut kernel = FlowKernel::new(&edges, 1);
        for activities in customers {
            kernel.begin(&[0]);
            activities.iter().for_each(|&at| kernel.observe(window.of(days.day_of(at))));
            kernel.end();
        }
        kernel.finish()
    }

    fn cohorts(&self, customers: &[Vec<Micros>], edges: &Edges, brackets: &[Bracket]) -> CohortSummary {
        let days = self.days();
        let mut kernel = CohortKernel::new(edges, brackets);
        for activities in customers {
            kernel.begin();
            activities.iter().for_each(|&at| kernel.observe(days.day_of(at)));
            kernel.end();
        }
        kernel.finish()
    }
}

pub(crate) fn dates(days: &Days, edges: &Edges) -> Vec<Date> {
    (0..edges.len()).map(|edge| days.date(edges.day(edge))).collect()
}

/// Instants around a clock change, a leap day and period edges, often exactly on midnight and often equal.
fn instant() -> impl Strategy<Value = i64> {
    let day = prop_oneof![0i64..420, 55i64..62, 85i64..95];
    let time = prop_oneof![Just(0i64), Just(86_399_999_999), Just(-3_600_000_000), 0i64..86_400_000_000];
    (day, time).prop_map(|(day, time)| {
        // 2023-12-31T00:00Z: the range holds 29 February 2024 and both clock changes of that year.
        (1_703_980_800 + day * 86_400) * 1_000_000 + time
    })
}

pub(crate) fn case() -> impl Strategy<Value = Case> {
    let zone = prop::sample::select(vec![
        "UTC",
        "Europe/Paris",
        "America/New_York",
        "Africa/Cairo",
        "Australia/Lord_Howe",
    ]);
    let every = prop::sample::select(vec![Every::Day, Every::Week, Every::Month, Every::Quarter]);
    let window = prop::sample::select(vec!["1d", "7d", "30d", "90d", "1mo", "2mo", "12mo", "400d"]);
    let customer = prop::collection::vec(instant(), 1..12);
    (zone, every, window, prop::collection::vec(customer, 1..12)).prop_map(
        |(zone, every, window, mut customers)| {
            customers.iter_mut().for_each(|activities| activities.sort_unstable());
            Case { zone: TimeZone::get(zone).unwrap(), every, window: window.parse().unwrap(), customers }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn flows_are_those_of_the_definition(case in case()) {
        let days = case.days();
        let edges = dates(&days, &case.edges(&days));
        let found = case.flows(&case.customers).flows(0);
        prop_assert_eq!(found.len(), edges.len() - 1);
        for (period, flows) in edges.windows(2).zip(&found) {
            let expected = plain::flows(&case.customers, &case.zone, period[0], period[1], case.window);
            prop_assert_eq!(*flows, expected, "{:?}", period);
            prop_assert_eq!(flows.s, flows.k + flows.l());
            prop_assert_eq!(flows.e, flows.k + flows.n + flows.r);
        }
        for pair in found.windows(2) {
            prop_assert_eq!(pair[0].e, pair[1].s);
        }
    }

    #[test]
    fn the_textbook_formula_is_reconciled(flows in (0u64..500, 0u64..500, 0u64..500, 0u64..500, 0u64..500)) {
        let (k, l, n, r, n_lost) = flows;
        let flows = Flows { s: k + l, e: k + n + r, k, n, r, n_lost };
        if let (Some(trc), Some(formula)) = (flows.trc(), flows.trc_formula()) {
            let gap = (r as f64 - n_lost as f64) / flows.s as f64;
            prop_assert!((formula - (trc + gap)).abs() < 1e-9);
            prop_assert!((0.0..=1.0).contains(&trc));
        } else {
            prop_assert_eq!(flows.s, 0);
        }
    }

    #[test]
    fn summaries_of_parts_add_to_the_whole(case in case(), cut in 0usize..12) {
        let (left, right) = case.customers.split_at(cut.min(case.customers.len()));
        let mut sum = case.flows(left);
        sum.add(&case.flows(right));
        prop_assert_eq!(sum, case.flows(&case.customers));
    }

    #[test]
    fn summaries_survive_as_rows_of_integers(case in case()) {
        let days = case.days();
        let edges = case.edges(&days);
        let flows = case.flows(&case.customers);
        let row = flows.counts();
        prop_assert_eq!(FlowSummary::from_counts(edges.len(), 1, &row), Some(flows));
        prop_assert_eq!(FlowSummary::from_counts(edges.len(), 2, &row), None);
        prop_assert_eq!(FlowSummary::from_counts(edges.len(), 1, &row[1..]), None);

        let cohorts = case.cohorts(&case.customers, &edges, &[Bracket { from: 1, to: 3 }]);
        let row = cohorts.counts();
        prop_assert_eq!(CohortSummary::from_counts(edges.periods(), 1, &row), Some(cohorts));
        prop_assert_eq!(CohortSummary::from_counts(edges.periods(), 2, &row), None);
        prop_assert_eq!(CohortSummary::from_counts(edges.periods(), 1, &row[1..]), None);
    }

    #[test]
    fn cohorts_are_those_of_the_definition(case in case()) {
        let brackets = [Bracket { from: 1, to: 2 }, Bracket { from: 3, to: 5 }];
        let days = case.days();
        let edges = case.edges(&days);
        let found = case.cohorts(&case.customers, &edges, &brackets);
        let edges = dates(&days, &edges);
        let periods: Vec<_> = edges.windows(2).map(|w| (w[0], w[1])).collect();
        let count = |cohort, ranges: &[(Date, Date)], all| plain::cohort(&case.customers, &case.zone, cohort, ranges, all);
        for (index, &cohort) in periods.iter().enumerate().take(14) {
            let later = &periods[index..];
            for (k, &bucket) in later.iter().enumerate().take(9) {
                prop_assert_eq!(found.n_day(index)[k], count(cohort, &[bucket], false));
                prop_assert_eq!(found.unbounded(index)[k], count(cohort, &later[k..], false));
                prop_assert_eq!(found.full(index)[k], count(cohort, &later[1.min(k)..=k], true));
            }
            for (bracket, range) in found.bracket(index).iter().zip(&brackets) {
                let last = later.len().min(range.to as usize + 1);
                let buckets = later.get(range.from as usize..last).unwrap_or(&[]);
                prop_assert_eq!(*bracket, count(cohort, buckets, false));
            }
        }
    }

    #[test]
    fn the_marks_of_a_customers_days_are_enough(case in case(), from in 0u32..4, length in 0u32..70) {
        let days = case.days();
        let edges = case.edges(&days);
        let window = ActivityWindow::new(&days, case.window);
        let brackets = [Bracket { from, to: from + length }];
        let (mut flows, mut cohorts) = (FlowKernel::new(&edges, 1), CohortKernel::new(&edges, &brackets));
        let (of_flows, of_cohorts) = (flows.marks(&window), cohorts.marks(days.len()));
        prop_assert_eq!(of_flows.is_some(), edges.len() <= 64);
        prop_assert_eq!(of_cohorts.is_some(), edges.periods() < 64);
        for activities in &case.customers {
            let mut active: Vec<_> = activities.iter().map(|&at| days.day_of(at)).collect();
            active.sort_unstable();
            let all = |marks: &[u64]| active.iter().fold(0, |all, &day| all | marks[day as usize]);
            if let Some(marks) = &of_flows {
                flows.marked(&[0], active[0], all(marks));
            }
            if let Some(marks) = &of_cohorts {
                cohorts.marked(all(marks));
            }
        }
        if of_flows.is_some() {
            prop_assert_eq!(flows.finish(), case.flows(&case.customers));
        }
        if of_cohorts.is_some() {
            prop_assert_eq!(cohorts.finish(), case.cohorts(&case.customers, &edges, &brackets));
        }
    }

    #[test]
    fn a_spell_ends_on_the_first_inactive_day(case in case()) {
        let days = case.days();
        let window = ActivityWindow::new(&days, case.window);
        let horizon = days.day_of(case.customers.iter().flatten().copied().max().unwrap());
        for activities in &case.customers {
            let mut kernel = SpellKernel::new(horizon, 0, 1);
            kernel.begin(&[0]);
            activities.iter().for_each(|&at| kernel.observe(window.of(days.day_of(at)), None));
            kernel.end();
            let summary = kernel.finish();
            let (spell, customers) = summary.iter().next().unwrap();
            let first_day = date_of(&case.zone, activities[0]);
            let end = plain::first_inactive(activities, &case.zone, first_day, days.date(horizon), case.window);
            let until = end.unwrap_or(days.date(horizon));
            prop_assert_eq!(customers, 1);
            prop_assert_eq!(spell.ended.is_some(), end.is_some());
            prop_assert_eq!(i64::from(spell.duration), i64::from((until - first_day).get_days()).max(0));
        }
    }

    #[test]
    fn gaps_and_open_silences_cover_each_history(case in case()) {
        let days = case.days();
        let horizon = days.day_of(case.customers.iter().flatten().copied().max().unwrap());
        for activities in &case.customers {
            let mut kernel = GapKernel::new(horizon);
            kernel.begin();
            activities.iter().for_each(|&at| kernel.observe(days.day_of(at)));
            kernel.end();
            let gaps = kernel.finish();
            let total = |counts: &[u64]| counts.iter().zip(0u64..).map(|(count, gap)| count * gap).sum::<u64>();
            let first = u64::from(days.day_of(activities[0]));
            prop_assert_eq!(first + total(gaps.closed()) + total(gaps.open()), u64::from(horizon));
            prop_assert_eq!(gaps.open().iter().sum::<u64>(), 1);
        }
    }

    #[test]
    fn revenue_at_an_edge_is_what_the_window_holds(case in case(), prices in prop::collection::vec(-20i64..50, 12)) {
        let days = case.days();
        let edges = case.edges(&days);
        let window = ActivityWindow::new(&days, case.window);
        let mut kernel = RevenueKernel::new(&edges, 1);
        for activities in &case.customers {
            kernel.begin(&[0]);
            for (&at, &price) in activities.iter().zip(prices.iter().cycle()) {
                kernel.observe(window.of(days.day_of(at)), Amount::from_steps(price));
            }
            kernel.end();
        }
        let summary = kernel.finish();
        let dates = dates(&days, &edges);
        for (range, found) in dates.windows(2).zip(summary.periods(0)) {
            let mut sums = [0_i64; 4];
            for activities in &case.customers {
                let held = |from: Micros, until: Micros| {
                    let prices = activities.iter().zip(prices.iter().cycle());
                    prices.filter(|&(&at, _)| from <= at && at < until).map(|(_, price)| *price).sum::<i64>()
                };
                let at = |date| held(start_of_day(&case.zone, case.window.before(date)), start_of_day(&case.zone, date));
                sums[3] += held(start_of_day(&case.zone, range[0]), start_of_day(&case.zone, range[1]));
                // Refunds and free orders: an amount of 0 or less is not the same as not being a customer.
                if plain::is_active(activities, &case.zone, range[0], case.window) {
                    sums[0] += at(range[0]);
                    sums[1] += at(range[1]);
                    sums[2] += at(range[0]).min(at(range[1]));
                }
            }
            prop_assert_eq!([found.start.steps(), found.net.steps(), found.gross.steps(), found.booked.steps()], sums);
        }
    }

    #[test]
    fn contracts_follow_their_own_words(
        customers in prop::collection::vec(prop::collection::vec((contract_start(), 1u32..90), 1..6), 1..8),
    ) {
        let days = Days::new(&TimeZone::UTC, jiff::civil::date(2024, 1, 1), jiff::civil::date(2025, 2, 1));
        let edges = Edges::new(&days, Every::Month, 0, 390);
        let customers: Vec<Vec<Coverage>> = customers
            .iter()
            .map(|contracts| {
                let cover = |&(day, length): &(u32, u32)| Coverage { day, from: day, until: day + length };
                let mut covers: Vec<_> = contracts.iter().map(cover).collect();
                covers.sort_by_key(|cover| cover.day);
                covers
            })
            .collect();
        let mut kernel = FlowKernel::new(&edges, 1);
        for covers in &customers {
            kernel.begin(&[0]);
            covers.iter().for_each(|&cover| kernel.observe(cover));
            kernel.end();
        }
        for (period, found) in kernel.finish().flows(0).iter().enumerate() {
            let (s, e) = (edges.day(period), edges.day(period + 1));
            let mut expected = Flows::default();
            for covers in &customers {
                let active = |t| covers.iter().any(|c| c.from <= t && t < c.until);
                let (at_start, at_end, first) = (active(s), active(e), covers[0].day);
                let began_inside = s < first && first <= e;
                expected.s += u64::from(at_start);
                expected.e += u64::from(at_end);
                expected.k += u64::from(at_start && at_end);
                expected.n += u64::from(began_inside && at_end);
                expected.n_lost += u64::from(began_inside && !at_end);
                expected.r += u64::from(!at_start && at_end && first <= s);
            }
            prop_assert_eq!(*found, expected);
            prop_assert_eq!(found.e, found.k + found.n + found.r);
        }
    }
}

/// Often the first of a month of 2024, when most contracts begin.
fn contract_start() -> impl Strategy<Value = u32> {
    prop_oneof![prop::sample::select(vec![0, 31, 60, 91, 121]), 0u32..300]
}
