//! `fidance scheduler`, `fidance executor` and `fidance retained`: the members of a cluster and a question to it.

use std::{future::Future, io::Write as _, sync::Arc};

use anyhow::{Context as _, Result};
use fidance_domain::{retention::group::EVERYBODY, time::Window};
use fidance_engine::{
    cluster::{
        Cluster, ClusterError, ExecutorOptions, SchedulerOptions, run_executor, run_scheduler, summaries,
        summaries_here,
    },
    lake::Lakes,
    question::{Question, every_of},
    source::Reading,
};

use crate::{
    engine_args::{ExecutorArgs, RetainedArgs, SchedulerArgs},
    lake_args::folder,
};

pub(crate) fn scheduler(args: &SchedulerArgs) -> Result<()> {
    if !args.bind.ip().is_loopback() {
        anstream::eprintln!("{} has no password: only machines that you trust may reach it", args.bind);
    }
    wait(run_scheduler(SchedulerOptions::new(args.bind), Arc::new(Lakes)))
}

pub(crate) fn executor(args: &ExecutorArgs) -> Result<()> {
    let options = ExecutorOptions {
        scheduler: args.scheduler.clone(),
        bind: args.bind,
        work_dir: args.work_dir.clone(),
        lakes: args.lakes.clone(),
        cores: args.cores.map_or_else(cores, usize::from),
    };
    wait(run_executor(options, Arc::new(Lakes)))
}

/// The flows of every period as CSV.
pub(crate) fn retained(args: &RetainedArgs) -> Result<()> {
    let window: Window = args.window.parse()?;
    let question = Question { flows: Some((every_of(&args.every)?, window)), ..Question::default() };
    let reading = if args.from_events { Reading::Events } else { Reading::Masks };
    let lake = folder(&args.lake)?.to_owned();
    let answer = match args.cluster.clone() {
        Some(scheduler) => {
            let cluster = Cluster { scheduler, open: Arc::new(Lakes) };
            wait(summaries(&cluster, lake, reading, &question))?
        }
        None => summaries_here(&Lakes, lake, reading, &question, cores())?,
    };
    let (Some(periods), Some(flows)) = (answer.counting.flow_periods(), &answer.summaries.flows) else {
        return Ok(());
    };
    let mut out = anstream::stdout().lock();
    writeln!(out, "start,end,s,e,k,n,r,l,n_lost,trc,complete,warming_up")?;
    for (period, f) in flows.flows(EVERYBODY).iter().enumerate() {
        let (start, end) = (periods.start(period), periods.start(period + 1));
        let trc = f.trc().map(|trc| trc.to_string()).unwrap_or_default();
        let (complete, warms_up) = (periods.is_complete(period), periods.warms_up(period, window));
        let (s, e, k, n, r, l, lost) = (f.s, f.e, f.k, f.n, f.r, f.l(), f.n_lost);
        writeln!(out, "{start},{end},{s},{e},{k},{n},{r},{l},{lost},{trc},{complete},{warms_up}")?;
    }
    Ok(out.flush()?)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn wait<T>(work: impl Future<Output = Result<T, ClusterError>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    Ok(runtime.context("cannot start threads")?.block_on(work)?)
}
