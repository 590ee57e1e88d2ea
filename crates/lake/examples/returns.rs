//! Times the two passes behind an alarm on a lake: who could come back in each week and did, and the same against
//! expectation by profile; with a list of customers, one id per line, if one is given. Prints one JSON object.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measurement, not the product"
)]

use std::{
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use fidance_domain::{
    amount::Amount,
    history::{DayVisitor, Histories as _, Profile},
    id::CustomerKey,
    list::{CustomerList, CustomerLists},
    retention::{
        Groups,
        coverage::Edges,
        exposure::{ExposureKernel, ExposureSummary},
        returns::{Chance, Chances, ReturnsKernel},
        risk::Cell,
    },
    time::{Day, Days},
};
use fidance_lake::{Lake, LakeHistories, Reading};
use jiff::tz::TimeZone;
use xxhash_rust::xxh3::xxh3_128;

struct Exposures<'a>(ExposureKernel<'a>, &'a Groups);

impl DayVisitor for Exposures<'_> {
    fn wants_amounts(&self) -> bool {
        false
    }

    fn begin(&mut self, profile: Profile) {
        self.0.begin(self.1.of(profile));
    }

    fn days(&mut self, days: &[Day], _: &[Amount]) {
        days.iter().for_each(|&day| self.0.observe(day));
    }

    fn end(&mut self) {
        self.0.end();
    }
}

struct AllReturns<'a>(ReturnsKernel<'a>);

impl DayVisitor for AllReturns<'_> {
    fn begin(&mut self, profile: Profile) {
        self.0.begin(profile);
    }

    fn days(&mut self, days: &[Day], amounts: &[Amount]) {
        days.iter().zip(amounts).for_each(|(&day, &amount)| self.0.observe(day, amount));
    }

    fn end(&mut self) {
        self.0.end();
    }
}

/// Runs one visitor per thread over all parts.
fn over_parts<V: DayVisitor + Send>(
    source: &LakeHistories,
    days: &Days,
    threads: usize,
    new: impl Fn() -> V + Sync,
) -> Vec<V> {
    let (next, until) = (AtomicUsize::new(0), source.extent().unwrap().until);
    let work = || {
        let mut visitor = new();
        loop {
            let part = next.fetch_add(1, Ordering::Relaxed);
            if part >= source.parts() {
                return visitor;
            }
            source.visit_days(part, days, until, &mut visitor).unwrap();
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    })
}

/// The share of each cell that came back, over all weeks.
fn shares(exposure: &ExposureSummary) -> Chances {
    let mut chances = Chances::new(exposure.periods());
    for cell in Cell::all() {
        let weeks = (0..exposure.periods()).map(|week| exposure.get(0, week, cell));
        let (back, all) = weeks.fold((0, 0), |sum, week| (sum.0 + week.returned, sum.1 + week.at_risk));
        let chance = Chance::from_f64(back as f64 / all.max(1) as f64).unwrap();
        (0..exposure.periods()).for_each(|week| chances.set(week, cell, chance));
    }
    chances
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let lake =
        arguments.next().expect("returns LAKE [--threads 2] [--runs 3] [--time-zone UTC] [--listed FILE]");
    let rest: Vec<String> = arguments.collect();
    let option = |name: &str| rest.chunks_exact(2).find(|pair| pair[0] == name).map(|pair| pair[1].clone());
    let number = |name: &str, usual| option(name).map_or(usual, |text| text.parse::<usize>().unwrap());
    let (threads, runs) = (number("--threads", 2), number("--runs", 3));
    let zone = TimeZone::get(&option("--time-zone").unwrap_or_else(|| "UTC".to_owned())).unwrap();
    let mut lake = Lake::open(Path::new(&lake)).unwrap();
    let pseudonyms = lake.pseudonyms().unwrap();
    let mut source = lake.histories(Reading::Masks).unwrap();
    let mut listing = 0.0;
    if let Some(file) = option("--listed") {
        let text = std::fs::read_to_string(file).unwrap();
        let keys = text.lines().map(|id| CustomerKey::from_hash(xxh3_128(id.as_bytes()))).collect();
        let lists = CustomerLists::new(vec![CustomerList::new("listed", keys)]).unwrap();
        let began = Instant::now();
        source = source.with_lists(&lists, &pseudonyms).unwrap();
        listing = began.elapsed().as_secs_f64();
    }
    let extent = source.extent().unwrap();
    let days = Edges::table(&zone, extent.first, extent.until - 1);
    let weeks = Edges::complete_weeks(&days, extent.first, extent.until).unwrap();
    let groups = Groups::of_lists(source.segments());
    let (mut first, mut second) = (Vec::new(), Vec::new());
    let mut said = String::new();
    for _ in 0..runs {
        let began = Instant::now();
        let found = over_parts(&source, &days, threads, || {
            Exposures(ExposureKernel::new(&weeks, groups.len()), &groups)
        });
        let summaries = found.into_iter().map(|found| found.0.finish());
        let exposure = summaries
            .reduce(|mut sum, one| {
                sum.add(&one);
                sum
            })
            .unwrap();
        first.push(began.elapsed().as_secs_f64());
        let chances = shares(&exposure);
        let began = Instant::now();
        let found = over_parts(&source, &days, threads, || AllReturns(ReturnsKernel::new(&weeks, &chances)));
        let summaries = found.into_iter().map(|found| found.0.finish());
        let returns = summaries
            .reduce(|mut sum, one| {
                sum.add(&one);
                sum
            })
            .unwrap();
        second.push(began.elapsed().as_secs_f64());
        let all = returns.sum(|_| true);
        let count =
            |of: fn(&fidance_domain::retention::returns::Returns) -> f64| all.iter().map(of).sum::<f64>();
        said = format!(
            "\"profiles\":{},\"at_risk\":{},\"returned\":{},\"expected\":{:.3}",
            returns.profiles().count(),
            count(|week| week.at_risk as f64),
            count(|week| week.returned as f64),
            count(fidance_domain::retention::returns::Returns::expected_customers),
        );
    }
    println!(
        "{{\"exposure_seconds\":{first:?},\"returns_seconds\":{second:?},\"listing_seconds\":{listing},\
         \"unknown\":{:?},\"weeks\":{},\"rows\":{},\"masks\":{},{said}}}",
        source.segments().unknown,
        weeks.periods(),
        extent.rows,
        source.reads_masks(&days, true),
    );
}
