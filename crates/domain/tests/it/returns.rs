//! Exposure and returns, by lists of customers and by profile, against a plain model that looks at every customer anew
//! in every period.

use std::collections::{BTreeMap, BTreeSet};

use fidance_domain::{
    amount::Amount,
    history::{Members, Micros, Profile, Segments},
    retention::{
        ActivityWindow, Groups,
        coverage::Edges,
        event_study::{EventStudyKernel, LONGEST_SILENCE, Stay, StayDays, StayGap, Study},
        exposure::{Exposure, ExposureKernel, ExposureSummary},
        flows::FlowKernel,
        landmark::{LAGS, LandmarkKernel, LandmarkSummary},
        returns::{Chance, Chances, Returns, ReturnsKernel, ReturnsSummary},
        risk::{Cell, FREQUENCY_BOUNDS, MEMORY, RECENCY_BOUNDS, TENURE_BOUNDS},
        running::{RunningKernel, RunningSummary},
    },
    testing::plain,
    time::{Days, date_of, start_of_day},
};
use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};
use proptest::prelude::*;

use crate::kernels::{Case, case, dates};

/// Profiles of customers on none, one or both of two lists.
fn segments() -> Segments {
    Segments {
        profiles: vec![Vec::new(); 4],
        lists: vec!["breach".into(), "outage".into()],
        memberships: vec![0, 1, 2, 3],
        ..Segments::default()
    }
}

/// The profile of the n-th customer.
fn profile(n: usize) -> Profile {
    Profile([0, 1, 2, 3, 3, 0, 1][n % 7])
}

/// What the n-th customer paid at the k-th activity: nothing and refunds included.
fn price(n: usize, k: usize) -> i64 {
    [1_000, 0, -250, 333][(n + k) % 4]
}

fn chance(period: usize, cell: Cell) -> Chance {
    let mixed = (period * 31 + cell.recency * 7 + cell.frequency * 3 + cell.tenure) % 97;
    Chance::from_f64(mixed as f64 / 97.0).unwrap()
}

fn chances(periods: usize) -> Chances {
    let mut chances = Chances::new(periods);
    (0..periods)
        .for_each(|period| Cell::all().for_each(|cell| chances.set(period, cell, chance(period, cell))));
    chances
}

type Numbered<'a> = Vec<(usize, &'a Vec<Micros>)>;

fn exposures(customers: &Numbered<'_>, days: &Days, edges: &Edges) -> ExposureSummary {
    let groups = Groups::of_lists(&segments());
    let mut kernel = ExposureKernel::new(edges, groups.len());
    for (n, activities) in customers {
        kernel.begin(groups.of(profile(*n)));
        activities.iter().for_each(|&at| kernel.observe(days.day_of(at)));
        kernel.end();
    }
    kernel.finish()
}

fn landmarks(customers: &Numbered<'_>, days: &Days, edges: &Edges) -> LandmarkSummary {
    let mut kernel = LandmarkKernel::new(edges);
    for (_, activities) in customers {
        kernel.begin();
        activities.iter().for_each(|&at| kernel.observe(days.day_of(at)));
        kernel.end();
    }
    kernel.finish()
}

fn running(customers: &Numbered<'_>, days: &Days, edges: &Edges) -> RunningSummary {
    let mut kernel = RunningKernel::new(edges);
    for (_, activities) in customers {
        kernel.begin();
        activities.iter().for_each(|&at| kernel.observe(days.day_of(at)));
        kernel.end();
    }
    kernel.finish()
}

fn returns(customers: &Numbered<'_>, days: &Days, edges: &Edges) -> ReturnsSummary {
    returns_with(&chances(edges.periods()), customers, days, edges)
}

fn returns_with(chances: &Chances, customers: &Numbered<'_>, days: &Days, edges: &Edges) -> ReturnsSummary {
    let mut kernel = ReturnsKernel::new(edges, chances);
    for (n, activities) in customers {
        kernel.begin(profile(*n));
        for (k, &at) in activities.iter().enumerate() {
            kernel.observe(days.day_of(at), Amount::from_steps(price(*n, k)));
        }
        kernel.end();
    }
    kernel.finish()
}

/// Of days before `start`, those that still count for how often a customer comes.
fn remembered(before: &BTreeSet<Date>, start: Date) -> usize {
    before.iter().filter(|&&day| (start - day).get_days() <= MEMORY as i32).count()
}

/// Per period and customer at risk: number, cell, and what the customer spent on coming back.
type AtRisk = Vec<AtRiskOnce>;
type AtRiskOnce = Vec<(usize, Cell, Option<Vec<i64>>)>;

fn at_risk(case: &Case, days: &Days, edges: &Edges) -> AtRisk {
    let dates = dates(days, edges);
    let of_period = |range: &[jiff::civil::Date]| {
        let (start, end) = (start_of_day(&case.zone, range[0]), start_of_day(&case.zone, range[1]));
        let mut found = Vec::new();
        for (n, activities) in case.customers.iter().enumerate() {
            let before: BTreeSet<_> =
                activities.iter().filter(|&&at| at < start).map(|&at| date_of(&case.zone, at)).collect();
            let (Some(&first), Some(&last)) = (before.first(), before.last()) else { continue };
            let class = |bounds: &[u32], value: i64| {
                bounds.iter().position(|&bound| value < i64::from(bound)).unwrap()
            };
            let cell = Cell {
                recency: class(&RECENCY_BOUNDS, i64::from((range[0] - last).get_days())),
                frequency: class(&FREQUENCY_BOUNDS, remembered(&before, range[0]) as i64),
                tenure: class(&TENURE_BOUNDS, i64::from((range[0] - first).get_days())),
            };
            let inside = activities.iter().enumerate().filter(|&(_, &at)| start <= at && at < end);
            let spent: Vec<i64> = inside.map(|(k, _)| price(n, k)).collect();
            found.push((n, cell, (!spent.is_empty()).then_some(spent)));
        }
        found
    };
    dates.windows(2).map(of_period).collect()
}

/// The ways to cut the time of a case: its own periods, and complete weeks where there are any.
fn all_edges(case: &Case, days: &Days) -> Vec<Edges> {
    let all = || case.customers.iter().flatten().copied();
    let weeks = Edges::complete_weeks(days, all().min().unwrap(), all().max().unwrap() + 1);
    std::iter::once(case.edges(days)).chain(weeks).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn exposure_counts_everyone_who_could_return(case in case()) {
        let days = case.days();
        for edges in all_edges(&case, &days) {
            let found = exposures(&case.customers.iter().enumerate().collect(), &days, &edges);
            prop_assert_eq!(found.periods(), edges.periods());
            let expected = at_risk(&case, &days, &edges);
            for group in 0..3_u32 {
                let on_list = |n: usize| group == 0 || segments().is_on(profile(n), group as usize - 1);
                for (period, customers) in expected.iter().enumerate() {
                    let (mut on, mut off) = (BTreeMap::new(), BTreeMap::new());
                    for (n, cell, spent) in customers {
                        let side = if on_list(*n) { &mut on } else { &mut off };
                        let exposure: &mut Exposure = side.entry(*cell).or_default();
                        exposure.at_risk += 1;
                        exposure.returned += u64::from(spent.is_some());
                    }
                    for (cell, exposure) in found.cells(group, period) {
                        prop_assert_eq!(exposure, on.get(&cell).copied().unwrap_or_default());
                        prop_assert_eq!(exposure, found.get(group, period, cell));
                    }
                    for (cell, exposure) in found.cells_outside(group, period) {
                        prop_assert_eq!(exposure, off.get(&cell).copied().unwrap_or_default());
                    }
                    let total = found.totals(group)[period];
                    prop_assert_eq!(total.at_risk, on.values().map(|exposure| exposure.at_risk).sum::<u64>());
                    prop_assert_eq!(total.returned, on.values().map(|exposure| exposure.returned).sum::<u64>());
                }
            }
        }
    }

    #[test]
    fn returns_are_those_at_risk_with_their_chances_and_money(case in case()) {
        let days = case.days();
        for edges in all_edges(&case, &days) {
            let found = returns(&case.customers.iter().enumerate().collect(), &days, &edges);
            let mut expected = BTreeMap::<Profile, Vec<Returns>>::new();
            for (period, customers) in at_risk(&case, &days, &edges).iter().enumerate() {
                for (n, cell, spent) in customers {
                    let periods = expected.entry(profile(*n));
                    let sum = &mut periods.or_insert_with(|| vec![Returns::default(); edges.periods()])[period];
                    sum.at_risk += 1;
                    sum.returned += u64::from(spent.is_some());
                    sum.expected += format!("{:.0}", chance(period, *cell).to_f64() * 1e9).parse::<u64>().unwrap();
                    sum.amount += Amount::from_steps(spent.iter().flatten().sum());
                }
            }
            let found_profiles: BTreeMap<_, _> =
                found.profiles().map(|(profile, periods)| (profile, periods.to_vec())).collect();
            prop_assert_eq!(&found_profiles, &expected);
            // What all profiles come to is what the exposures say of everybody.
            let totals = exposures(&case.customers.iter().enumerate().collect(), &days, &edges).totals(0);
            let sums = found.sum(|_| true).into_iter();
            let sums: Vec<_> =
                sums.map(|sum| Exposure { at_risk: sum.at_risk, returned: sum.returned }).collect();
            prop_assert_eq!(sums, totals);
        }
    }

    #[test]
    fn returns_by_landmark_are_those_of_the_cell_weeks_before(case in case()) {
        let days = case.days();
        for edges in all_edges(&case, &days) {
            let found = landmarks(&case.customers.iter().enumerate().collect(), &days, &edges);
            let at_risk = at_risk(&case, &days, &edges);
            prop_assert_eq!(found.periods(), at_risk.len());
            // A customer's cell in a period, and whether it came back in it.
            let of = |n: usize, period: usize| at_risk[period].iter().find(|(other, ..)| *other == n);
            for (period, customers) in at_risk.iter().enumerate() {
                for lag in 0..LAGS {
                    let (mut cells, mut earlier) = (BTreeMap::new(), 0);
                    let active = customers.iter().filter(|(.., spent)| spent.is_some());
                    for (n, ..) in active.filter(|_| lag <= period) {
                        let Some((_, cell, _)) = of(*n, period - lag) else { continue };
                        *cells.entry(*cell).or_insert(0) += 1;
                        let before = period - lag..period;
                        earlier += before.filter(|&at| of(*n, at).is_some_and(|(.., spent)| spent.is_some())).count();
                    }
                    let returned: BTreeMap<Cell, u64> =
                        found.returned(period, lag).filter(|(_, customers)| *customers > 0).collect();
                    prop_assert_eq!(returned, cells, "{} {}", period, lag);
                    prop_assert_eq!(found.earlier(period, lag), earlier as u64);
                }
            }
        }
    }

    #[test]
    fn the_running_week_is_everyone_at_risk_and_first_days(case in case(), complete in 1_usize..5, cut in 0_i32..20) {
        let days = case.days();
        let all = || case.customers.iter().flatten().copied();
        // The data may end anywhere in a week.
        let last = date_of(&case.zone, all().max().unwrap());
        let until = start_of_day(&case.zone, last.saturating_sub(cut.days()));
        let weeks = Some(all().min().unwrap()).filter(|first| *first < until);
        let Some(weeks) = weeks.and_then(|first| Edges::complete_weeks(&days, first, until)) else { return Ok(()) };
        let edges = weeks.running(&days, complete);
        prop_assert_eq!(edges.periods(), complete.min(weeks.periods()) + 1);
        prop_assert_eq!(edges.day(edges.periods() - 1), weeks.day(weeks.periods()));
        let cut: Vec<Vec<Micros>> =
            case.customers.iter().map(|all| all.iter().copied().filter(|&at| at < until).collect()).collect();
        let cut = Case { customers: cut.into_iter().filter(|all| !all.is_empty()).collect(), ..case };
        let customers: Numbered<'_> = cut.customers.iter().enumerate().collect();
        let found = running(&customers, &days, &edges);
        let at_risk = at_risk(&cut, &days, &edges);
        let mondays = dates(&days, &edges);
        let first_days = |(week, customers): (usize, &AtRiskOnce)| {
            let mut counted = [0; 7];
            for (n, ..) in customers {
                let dates = cut.customers[*n].iter().map(|&at| date_of(&cut.zone, at));
                let day = dates.filter(|day| (mondays[week]..mondays[week + 1]).contains(day)).min();
                day.into_iter().for_each(|day| counted[(day - mondays[week]).get_days() as usize] += 1);
            }
            counted
        };
        let expected: Vec<[u64; 7]> = at_risk.iter().enumerate().map(first_days).collect();
        prop_assert_eq!(found.complete(), &expected[..expected.len() - 1]);
        prop_assert_eq!(found.running(), expected[expected.len() - 1]);
        let mut cells = BTreeMap::new();
        at_risk[at_risk.len() - 1].iter().for_each(|(_, cell, _)| *cells.entry(*cell).or_insert(0) += 1);
        let counted: BTreeMap<Cell, u64> = found.at_risk().filter(|(_, customers)| *customers > 0).collect();
        prop_assert_eq!(counted, cells);
        // Parts add to the whole.
        let part = |even: bool| customers.iter().copied().filter(|(n, _)| (n % 2 == 0) == even).collect();
        let mut sum = running(&part(true), &days, &edges);
        sum.add(&running(&part(false), &days, &edges));
        prop_assert_eq!(sum, found);
    }

    #[test]
    fn from_a_landmark_on_customers_keep_their_cell(case in case(), at in 0_usize..6, ahead in 0_usize..4, length in 1_usize..6) {
        let days = case.days();
        for edges in all_edges(&case, &days) {
            let weeks = edges.periods();
            let held = at + ahead..at + ahead + length;
            let mut chances = chances(weeks);
            chances.hold(at, held.clone());
            // Neither of these is taken: other weeks of the same ones, and a landmark after them.
            chances.hold(at, held.end - 1..held.end + 3);
            chances.hold(40, 39..50);
            let found = returns_with(&chances, &case.customers.iter().enumerate().collect(), &days, &edges);
            let at_risk = at_risk(&case, &days, &edges);
            let mut expected = vec![Returns::default(); weeks];
            for (period, customers) in at_risk.iter().enumerate() {
                for (n, cell, spent) in customers {
                    let mut cell = *cell;
                    if held.contains(&period) {
                        let Some((_, known, _)) = at_risk[at].iter().find(|(other, ..)| other == n) else { continue };
                        cell = *known;
                    }
                    let sum = &mut expected[period];
                    sum.at_risk += 1;
                    sum.returned += u64::from(spent.is_some());
                    sum.expected += format!("{:.0}", chance(period, cell).to_f64() * 1e9).parse::<u64>().unwrap();
                    sum.amount += Amount::from_steps(spent.iter().flatten().sum());
                }
            }
            prop_assert_eq!(found.sum(|_| true), expected);
        }
    }

    #[test]
    fn parts_add_to_the_whole_in_any_order(case in case(), parts in prop::collection::vec(0usize..3, 12)) {
        let days = case.days();
        for edges in all_edges(&case, &days) {
            let part = |wanted: Option<usize>| -> Numbered<'_> {
                let all = case.customers.iter().enumerate();
                all.filter(|(n, _)| wanted.is_none_or(|wanted| parts[*n] == wanted)).collect()
            };
            for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
                let [first, rest @ ..] = order;
                let mut of_exposure = exposures(&part(Some(first)), &days, &edges);
                let mut of_returns = returns(&part(Some(first)), &days, &edges);
                let mut of_landmarks = landmarks(&part(Some(first)), &days, &edges);
                for next in rest {
                    of_exposure.add(&exposures(&part(Some(next)), &days, &edges));
                    of_returns.add(&returns(&part(Some(next)), &days, &edges));
                    of_landmarks.add(&landmarks(&part(Some(next)), &days, &edges));
                }
                prop_assert_eq!(of_exposure, exposures(&part(None), &days, &edges));
                prop_assert_eq!(of_returns, returns(&part(None), &days, &edges));
                prop_assert_eq!(of_landmarks, landmarks(&part(None), &days, &edges));
            }
        }
    }

    #[test]
    fn a_complete_week_is_seven_days_from_monday_inside_the_data(case in case()) {
        let days = case.days();
        let all = || case.customers.iter().flatten().copied();
        let (first, until) = (all().min().unwrap(), all().max().unwrap() + 1);
        let first_day = date_of(&case.zone, first);
        let inside = |monday: jiff::civil::Date| {
            monday >= first_day && start_of_day(&case.zone, monday.saturating_add(1.week())) <= until
        };
        let mondays = first_day.series(1.day()).filter(|day| day.weekday() == Weekday::Monday);
        let expected: Vec<_> = mondays.take(70).filter(|&monday| inside(monday)).collect();
        let found = Edges::complete_weeks(&days, first, until);
        prop_assert_eq!(found.as_ref().map_or(0, Edges::periods), expected.len());
        if let Some(edges) = found {
            let dates = dates(&days, &edges);
            prop_assert_eq!(&dates[..expected.len()], &expected);
            prop_assert_eq!(dates[expected.len()], expected[expected.len() - 1].saturating_add(1.week()));
        }
    }

    #[test]
    fn the_weekly_rate_of_a_list_is_that_of_its_members(case in case()) {
        let days = case.days();
        for edges in all_edges(&case, &days) {
            let groups = Groups::of_lists(&segments());
            let window = ActivityWindow::new(&days, case.window);
            let mut kernel = FlowKernel::new(&edges, groups.len());
            for (n, activities) in case.customers.iter().enumerate() {
                kernel.begin(groups.of(profile(n)));
                activities.iter().for_each(|&at| kernel.observe(window.of(days.day_of(at))));
                kernel.end();
            }
            let summary = kernel.finish();
            let dates = dates(&days, &edges);
            for group in 0..3_u32 {
                let on_list = |n: usize| group == 0 || segments().is_on(profile(n), group as usize - 1);
                let all = case.customers.iter().enumerate();
                let members: Vec<_> = all.filter(|(n, _)| on_list(*n)).map(|(_, all)| all.clone()).collect();
                for (range, flows) in dates.windows(2).zip(summary.flows(group)) {
                    let expected = plain::flows(&members, &case.zone, range[0], range[1], case.window);
                    prop_assert_eq!(flows, expected);
                }
            }
        }
    }

    #[test]
    fn a_study_holds_customers_by_what_they_were_at_its_origin(
        case in case(), origins in prop::collection::vec(0usize..40, 1..4), before in 0usize..6, after in 1usize..6,
    ) {
        let days = case.days();
        for edges in all_edges(&case, &days) {
            // The first study is of one list, matched by nothing but cells; every other one is matched by the lists too.
            let alike = |place: usize| match place {
                0 => Vec::new(),
                _ => vec![Members::of_list(&segments(), 1 - place % 2), Members::of_list(&segments(), 0)],
            };
            let whole = edges.day(0)..edges.day(edges.periods());
            let study = |(place, origin): (usize, &usize)| {
                let origin = origin % edges.periods();
                let stay = StayDays::around(edges.day(origin), case.window, &days, &whole);
                let periods = origin.saturating_sub(before)..(origin + after).min(edges.periods());
                let concerned = Members::of_list(&segments(), place % 2);
                Study { origin, periods, concerned, alike: alike(place), stay }
            };
            let studies: Vec<Study> = origins.iter().enumerate().map(study).collect();
            let run = |wanted: &dyn Fn(usize) -> bool| {
                let mut kernel = EventStudyKernel::new(&edges, &studies);
                for (n, activities) in case.customers.iter().enumerate().filter(|(n, _)| wanted(*n)) {
                    kernel.begin(profile(n));
                    activities.iter().for_each(|&at| kernel.observe(days.day_of(at)));
                    kernel.end();
                }
                kernel.finish()
            };
            let found = run(&|_| true);
            let at_risk = at_risk(&case, &days, &edges);
            let dates = dates(&days, &edges);
            for (place, (study, found)) in studies.iter().zip(&found).enumerate() {
                // Of the data: a customer at a date is who was active in the window before it.
                let origin = dates[study.origin];
                let then = case.window.before(origin);
                let earlier = case.window.before(then);
                let after = (0..1000).map(|n| origin.saturating_add(n.days())).find(|end| case.window.before(*end) >= origin);
                let after = after.unwrap();
                let gap = match &study.stay {
                    Ok(days) => {
                        prop_assert_eq!(i64::from(days.after()), i64::from((after - origin).get_days()));
                        None
                    }
                    Err(gap) => Some(*gap),
                };
                let expected_gap = if earlier < dates[0] {
                    Some(StayGap::Before)
                } else {
                    (after > dates[edges.periods()]).then_some(StayGap::After)
                };
                prop_assert_eq!(gap, expected_gap);
                // Side, cell: customers, of each period those who were active in it, and squares of each one's periods.
                let mut expected = BTreeMap::<(bool, usize, Cell), (u64, Vec<u64>, [u64; 3], Stay)>::new();
                for (n, cell, _) in &at_risk[study.origin] {
                    let origin = dates[study.origin];
                    let active: BTreeSet<Date> =
                        case.customers[*n].iter().map(|&at| date_of(&case.zone, at)).collect();
                    let last = active.range(..origin).next_back().unwrap();
                    if (origin - *last).get_days() > LONGEST_SILENCE as i32 {
                        continue;
                    }
                    let on = segments().is_on(profile(*n), place % 2);
                    let is_on = |list: usize| usize::from(segments().is_on(profile(*n), list));
                    let class = if place == 0 { 0 } else { is_on(1 - place % 2) + 2 * is_on(0) };
                    let none = || (0, vec![0; study.periods.len()], [0; 3], Stay::default());
                    let (customers, periods, squares, stay) =
                        expected.entry((on, class, *cell)).or_insert_with(none);
                    *customers += 1;
                    let within = |from: Date, to: Date| u64::from(active.range(from..to).next().is_some());
                    if gap.is_none() && within(then, origin) == 1 {
                        stay.customers += 1;
                        stay.earlier += within(earlier, then);
                        stay.kept += within(origin, after);
                        stay.both += within(earlier, then) * within(origin, after);
                    }
                    let is_active = |period: usize| -> u64 {
                        u64::from(active.range(dates[period]..dates[period + 1]).next().is_some())
                    };
                    for (sum, period) in periods.iter_mut().zip(study.periods.clone()) {
                        *sum += is_active(period);
                    }
                    let before: u64 = (study.periods.start..study.origin).map(is_active).sum();
                    let after: u64 = (study.origin..study.periods.end).map(is_active).sum();
                    for (sum, square) in squares.iter_mut().zip([before * before, before * after, after * after]) {
                        *sum += square;
                    }
                }
                for (class, cell, sides) in found.cells() {
                    for (on, side) in [(true, &sides.concerned), (false, &sides.others)] {
                        let nobody = (0, vec![0; study.periods.len()], [0; 3], Stay::default());
                        let (customers, active, squares, stay) =
                            expected.remove(&(on, class, cell)).unwrap_or(nobody);
                        prop_assert_eq!(side.stay, stay);
                        prop_assert_eq!((side.customers, &side.active), (customers, &active));
                        let found = [side.squares.before, side.squares.across, side.squares.after];
                        prop_assert_eq!(found, squares);
                    }
                }
                prop_assert!(expected.is_empty(), "{:?}", expected);
            }
            let (mut even, odd) = (run(&|n| n % 2 == 0), run(&|n| n % 2 == 1));
            even.iter_mut().zip(&odd).for_each(|(mine, theirs)| mine.add(theirs));
            prop_assert_eq!(even, found);
        }
    }
}
