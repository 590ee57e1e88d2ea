//! Times the two questions of the benchmark on a lake, in the process and over several runs: the cohort matrix and
//! the flows of every period, from events or from masks. Prints one JSON object; see bench/lake.py.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measurement, not the product"
)]

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use fidance_domain::{
    amount::Amount,
    history::{DayVisitor, Histories as _, Marked, Profile},
    retention::{
        ActivityWindow,
        cohort::{CohortKernel, CohortSummary},
        coverage::Edges,
        flows::{FlowKernel, FlowSummary},
        group::EVERYBODY,
    },
    time::{Day, Days, Every, Window},
};
use fidance_lake::{Lake, LakeHistories, Reading};
use jiff::tz::TimeZone;

struct Matrix<'a>(CohortKernel<'a>, Option<&'a [u64]>);

impl DayVisitor for Matrix<'_> {
    fn wants_amounts(&self) -> bool {
        false
    }

    fn marks(&self) -> Option<&[u64]> {
        self.1
    }

    fn marked(&mut self, customers: &[Marked]) {
        customers.iter().for_each(|customer| self.0.marked(customer.marks));
    }

    fn begin(&mut self, _: Profile) {
        self.0.begin();
    }

    fn days(&mut self, days: &[Day], _: &[Amount]) {
        days.iter().for_each(|&day| self.0.observe(day));
    }

    fn end(&mut self) {
        self.0.end();
    }
}

struct Flows<'a>(FlowKernel<'a>, &'a ActivityWindow, Option<&'a [u64]>);

impl DayVisitor for Flows<'_> {
    fn wants_amounts(&self) -> bool {
        false
    }

    fn marks(&self) -> Option<&[u64]> {
        self.2
    }

    fn marked(&mut self, customers: &[Marked]) {
        customers.iter().for_each(|customer| self.0.marked(&[EVERYBODY], customer.first, customer.marks));
    }

    fn begin(&mut self, _: Profile) {
        self.0.begin(&[EVERYBODY]);
    }

    fn days(&mut self, days: &[Day], _: &[Amount]) {
        days.iter().for_each(|&day| self.0.observe(self.1.of(day)));
    }

    fn end(&mut self) {
        self.0.end();
    }
}

/// Runs one visitor per thread over all parts.
fn over_parts<V: DayVisitor + Send>(
    source: &LakeHistories,
    days: &Days,
    until: i64,
    threads: usize,
    new: impl Fn() -> V + Sync,
) -> Vec<V> {
    let next = AtomicUsize::new(0);
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

enum Answer {
    Matrix(CohortSummary),
    Flows(FlowSummary),
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let lake = arguments.next().expect("questions LAKE --question matrix|flows --from events|masks");
    let rest: Vec<String> = arguments.collect();
    let option = |name: &str, usual: &str| {
        let found = rest.chunks_exact(2).find(|pair| pair[0] == name).map(|pair| pair[1].clone());
        found.unwrap_or_else(|| usual.to_owned())
    };
    let zone = TimeZone::get(&option("--time-zone", "UTC")).unwrap();
    let every = match option("--every", "month").as_str() {
        "day" => Every::Day,
        "week" => Every::Week,
        "quarter" => Every::Quarter,
        _ => Every::Month,
    };
    let window: Window = option("--window", "3mo").parse().unwrap();
    let runs: usize = option("--runs", "6").parse().unwrap();
    let threads: usize = option("--threads", "2").parse().unwrap();
    let matrix = option("--question", "matrix") == "matrix";
    let reading = if option("--from", "events") == "masks" { Reading::Masks } else { Reading::Events };
    let mut lake = Lake::open(std::path::Path::new(&lake)).unwrap();
    let source = lake.histories(reading).unwrap();
    let extent = source.extent().unwrap();
    let days = Edges::table(&zone, extent.first, extent.until - 1);
    let edges = Edges::new(&days, every, days.day_of(extent.first), days.day_of(extent.until - 1));
    let activity = ActivityWindow::new(&days, window);
    let marks = if matrix {
        CohortKernel::new(&edges, &[]).marks(days.len())
    } else {
        FlowKernel::new(&edges, 1).marks(&activity)
    };
    let marks = marks.as_deref();
    let mut seconds = Vec::new();
    let mut answer = None;
    for _ in 0..runs {
        let began = Instant::now();
        answer = Some(if matrix {
            let found = over_parts(&source, &days, extent.until, threads, || {
                Matrix(CohortKernel::new(&edges, &[]), marks)
            });
            let mut found = found.into_iter().map(|matrix| matrix.0.finish());
            let first = found.next().unwrap();
            Answer::Matrix(found.fold(first, |mut sum, one| {
                sum.add(&one);
                sum
            }))
        } else {
            let found = over_parts(&source, &days, extent.until, threads, || {
                Flows(FlowKernel::new(&edges, 1), &activity, marks)
            });
            let mut found = found.into_iter().map(|flows| flows.0.finish());
            let first = found.next().unwrap();
            Answer::Flows(found.fold(first, |mut sum, one| {
                sum.add(&one);
                sum
            }))
        });
        seconds.push(began.elapsed().as_secs_f64());
    }
    print(&answer.unwrap(), &seconds, &edges, &days, source.reads_masks(&days, false));
}

fn print(answer: &Answer, seconds: &[f64], edges: &Edges, days: &Days, masks: bool) {
    let mut text = format!("{{\"seconds\":{seconds:?},\"masks\":{masks},\"peak_mib\":{:.1},", peak_mib());
    match answer {
        Answer::Matrix(matrix) => {
            let rows = (0..matrix.cohorts()).flat_map(|cohort| {
                let active = matrix.n_day(cohort).into_iter().enumerate().filter(|(_, n)| *n > 0);
                active.map(|(k, n)| format!("[{cohort},{k},{n}]")).collect::<Vec<_>>()
            });
            write!(text, "\"matrix\":[{}]}}", rows.collect::<Vec<_>>().join(",")).unwrap();
        }
        Answer::Flows(flows) => {
            let rows = flows.flows(EVERYBODY).into_iter().enumerate().map(|(period, f)| {
                let start = days.date(edges.day(period));
                format!("[\"{start}\",{},{},{},{},{},{}]", f.s, f.e, f.k, f.n, f.r, f.n_lost)
            });
            write!(text, "\"flows\":[{}]}}", rows.collect::<Vec<_>>().join(",")).unwrap();
        }
    }
    println!("{text}");
}

/// The largest resident size so far.
fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}
