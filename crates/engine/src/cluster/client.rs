//! Asks a cluster and adds up what its tasks answer.

use std::{
    collections::BTreeSet,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
};

use ballista_core::{
    config::BallistaConfig, execution_plans::execute_physical_plan, extension::SessionConfigExt as _,
};
use datafusion::{error::DataFusionError, physical_plan::ExecutionPlan, prelude::SessionConfig};
use datafusion_proto::protobuf::PhysicalPlanNode;
use fidance_domain::{history::Histories, retention::Groups};
use futures::TryStreamExt as _;

use super::{
    ClusterError,
    codec::Codec,
    executor::address,
    plan,
    task::{self, Row, Task},
};
use crate::{
    question::{Bounds, Counting, Question, Summaries},
    source::{Open, Reading},
};

/// A job is asked for so often. Ballista repeats tasks of executors that die while it runs; one that dies between the
/// end of the job and the fetching of its answers takes them along, and then the whole job is asked for again.
const ATTEMPTS: usize = 3;

/// A cluster and how to open a lake that both sides can reach under the same path.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// The scheduler, such as `http://10.0.0.1:50050`.
    pub scheduler: String,
    /// Opens lakes on this side.
    pub open: Arc<dyn Open>,
}

/// Sums, and the periods they are of.
#[derive(Debug)]
pub struct Answer {
    /// The periods and groups.
    pub counting: Counting,
    /// The sums over all parts.
    pub summaries: Summaries,
}

/// The answer to a question about a lake, counted by a cluster.
///
/// # Errors
/// Where the lake cannot be opened, or the cluster cannot answer.
pub async fn summaries(
    cluster: &Cluster,
    lake: PathBuf,
    reading: Reading,
    question: &Question,
) -> Result<Answer, ClusterError> {
    address(&cluster.scheduler)?;
    let mut failure = String::new();
    for _ in 0..ATTEMPTS {
        // Anew each time: the version may be gone by now, and then the present one is asked for.
        let (open, lake, asked) = (Arc::clone(&cluster.open), lake.clone(), question.clone());
        let job = tokio::task::spawn_blocking(move || Job::new(open.as_ref(), lake, reading, &asked)).await;
        let Job { task, counting, parts, names, .. } =
            job.map_err(|e| ClusterError::Job(e.to_string()))??;
        let plan = plan::over_buckets(task, Arc::clone(&cluster.open), parts)
            .map_err(|e| ClusterError::Job(e.to_string()))?;
        match run(cluster, plan, &counting).await {
            Ok(rows) => return Ok(Answer { summaries: sum(&counting, rows, parts, &names)?, counting }),
            Err(e) => failure = e.strip_backtrace(),
        }
    }
    Err(ClusterError::Job(failure))
}

/// The same answer, counted by so many threads of this process. Blocks.
///
/// # Errors
/// Where the lake cannot be opened or read.
pub fn summaries_here(
    open: &dyn Open,
    lake: PathBuf,
    reading: Reading,
    question: &Question,
    threads: usize,
) -> Result<Answer, ClusterError> {
    let Job { counting, histories, .. } = Job::new(open, lake, reading, question)?;
    let never = AtomicBool::new(false);
    let summaries =
        counting.all(histories.as_ref(), threads, &never).map_err(|e| ClusterError::Job(e.to_string()))?;
    Ok(Answer { counting, summaries })
}

/// A job, and what its answers are read with.
struct Job {
    task: Task,
    counting: Counting,
    histories: Box<dyn Histories>,
    parts: u32,
    names: String,
}

impl Job {
    fn new(
        open: &dyn Open,
        lake: PathBuf,
        reading: Reading,
        question: &Question,
    ) -> Result<Self, ClusterError> {
        let lake = std::path::absolute(&lake).unwrap_or(lake);
        let source = open.open(&lake, None)?;
        let histories = source.histories(reading)?;
        let bounds = Bounds::from(histories.extent().ok_or(ClusterError::Empty)?);
        let groups = Groups::new(histories.segments());
        let names = if question.by_segment { task::names(histories.segments()) } else { String::new() };
        let counting = Counting::new(question.clone(), source.zone(), bounds, groups)?;
        let parts = u32::try_from(histories.parts()).unwrap_or(u32::MAX);
        let task = Task::new(lake, source.version(), reading, bounds, question);
        Ok(Self { task, counting, histories, parts, names })
    }
}

async fn run(
    cluster: &Cluster,
    plan: Arc<dyn ExecutionPlan>,
    counting: &Counting,
) -> Result<Vec<Row>, DataFusionError> {
    // One stage has nothing that could be adapted while it runs.
    let config = SessionConfig::new_with_ballista()
        .with_ballista_adaptive_query_planner(false)
        .with_ballista_job_name("fidance summaries");
    let codec = Codec::new(Arc::clone(&cluster.open));
    let settings = BallistaConfig::default();
    let session = format!("fidance-{:016x}", RandomState::new().build_hasher().finish());
    let stream = execute_physical_plan::<PhysicalPlanNode>(
        cluster.scheduler.clone(),
        &settings,
        plan,
        &codec,
        session,
        config,
    );
    let batches: Vec<_> = stream.await?.try_collect().await?;
    let foreign = || DataFusionError::Execution("rows that are no answer to the question".to_owned());
    let rows = batches.iter().map(|batch| task::rows(batch, counting).ok_or_else(foreign));
    Ok(rows.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// Adds the rows, of which there has to be exactly one for each part.
fn sum(counting: &Counting, rows: Vec<Row>, parts: u32, names: &str) -> Result<Summaries, ClusterError> {
    let mut missing: BTreeSet<u32> = (0..parts).collect();
    let mut sum = counting.nothing();
    for row in rows {
        if !missing.remove(&row.part) {
            return Err(ClusterError::Incomplete(format!("part {} came twice", row.part)));
        }
        if row.groups != names {
            return Err(ClusterError::Incomplete(format!("part {} has other segment values", row.part)));
        }
        sum.add(&row.summaries);
    }
    match missing.first() {
        None => Ok(sum),
        Some(part) => Err(ClusterError::Incomplete(format!("part {part} is missing"))),
    }
}
