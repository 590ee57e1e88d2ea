//! The process that counts. It reads the lakes under one folder and nothing else, whatever it is asked.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use ballista_core::{JobId, config::TaskSchedulingPolicy, execution_plans::ShuffleWriterExec};
use ballista_executor::{
    execution_engine::{DefaultExecutionEngine, ExecutionEngine, QueryStageExecutor},
    executor_process::{ExecutorProcessConfig, start_executor_process},
};
use datafusion::{
    datasource::source::DataSourceExec,
    error::{DataFusionError, Result},
    physical_plan::ExecutionPlan,
    prelude::SessionConfig,
};
use url::Url;

use super::{ClusterError, codec::Codec, plan::BucketSummaryExec};
use crate::source::{Open, Source, SourceError};

/// How an executor works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutorOptions {
    /// The scheduler, such as `http://10.0.0.1:50050`.
    pub scheduler: String,
    /// Where it listens, and is reached by the scheduler.
    pub bind: SocketAddr,
    /// Where answers are kept until they are fetched.
    pub work_dir: PathBuf,
    /// Lakes are read under this folder only.
    pub lakes: PathBuf,
    /// Tasks at the same time.
    pub cores: usize,
}

/// Runs an executor until it is told to end.
///
/// # Errors
/// Where the scheduler cannot be reached, or the executor fails.
pub async fn run_executor(options: ExecutorOptions, open: Arc<dyn Open>) -> Result<(), ClusterError> {
    let (scheduler_host, scheduler_port) = address(&options.scheduler)?;
    std::fs::create_dir_all(&options.work_dir)
        .map_err(|e| ClusterError::Member(format!("cannot make {}: {e}", options.work_dir.display())))?;
    let lakes = options.lakes.canonicalize().map_err(|e| {
        ClusterError::Member(format!("cannot read lakes under {}: {e}", options.lakes.display()))
    })?;
    let open: Arc<dyn Open> = Arc::new(Under { lakes, open });
    let host = options.bind.ip().to_string();
    let config = ExecutorProcessConfig {
        bind_host: host.clone(),
        external_host: Some(host),
        port: options.bind.port(),
        scheduler_host,
        scheduler_port,
        scheduler_connect_timeout_seconds: 20,
        vcores: options.cores.max(1),
        // Executors ask for work: they need one open port and not two.
        task_scheduling_policy: TaskSchedulingPolicy::PullStaged,
        work_dir: Some(options.work_dir.to_string_lossy().into_owned()),
        job_data_ttl_seconds: 3600,
        job_data_clean_up_interval_seconds: 600,
        override_physical_codec: Some(Arc::new(Codec::new(open))),
        override_execution_engine: Some(Arc::new(OursOnly::new())),
        ..ExecutorProcessConfig::default()
    };
    start_executor_process(Arc::new(config)).await.map_err(|e| ClusterError::Member(e.to_string()))
}

/// Host and port of a scheduler.
pub(super) fn address(scheduler: &str) -> Result<(String, u16), ClusterError> {
    let wrong = || ClusterError::Address(scheduler.to_owned());
    let url = Url::parse(scheduler).map_err(|_| wrong())?;
    match (url.scheme(), url.host_str(), url.port_or_known_default()) {
        ("http", Some(host), Some(port)) => Ok((host.to_owned(), port)),
        _ => Err(wrong()),
    }
}

/// Opens lakes under one folder only.
#[derive(Debug)]
struct Under {
    lakes: PathBuf,
    open: Arc<dyn Open>,
}

impl Open for Under {
    fn open(&self, lake: &Path, version: Option<&str>) -> Result<Arc<dyn Source>, SourceError> {
        let real = lake.canonicalize().map_err(|e| SourceError::from(format!("{}: {e}", lake.display())))?;
        if real.starts_with(&self.lakes) {
            self.open.open(&real, version)
        } else {
            let outside = format!("{} is not under the folder of lakes of this executor", lake.display());
            Err(outside.into())
        }
    }
}

/// Runs plans of our node and no other: whoever reaches the scheduler could otherwise have any file read.
struct OursOnly(DefaultExecutionEngine);

impl OursOnly {
    fn new() -> Self {
        Self(DefaultExecutionEngine::new())
    }
}

impl ExecutionEngine for OursOnly {
    fn create_query_stage_exec(
        &self,
        job: JobId,
        stage: usize,
        task: usize,
        partitions: Vec<usize>,
        plan: Arc<dyn ExecutionPlan>,
        work_dir: &str,
        config: &SessionConfig,
    ) -> Result<Arc<dyn QueryStageExecutor>> {
        let [summaries] = plan.children()[..] else { return Err(refused(plan.as_ref())) };
        let [buckets] = summaries.children()[..] else { return Err(refused(plan.as_ref())) };
        let ours = plan.is::<ShuffleWriterExec>()
            && summaries.is::<BucketSummaryExec>()
            && buckets.is::<DataSourceExec>()
            && buckets.children().is_empty();
        if !ours {
            return Err(refused(plan.as_ref()));
        }
        self.0.create_query_stage_exec(job, stage, task, partitions, plan, work_dir, config)
    }
}

fn refused(plan: &dyn ExecutionPlan) -> DataFusionError {
    DataFusionError::Plan(format!("this cluster runs summaries of lakes only, not {}", plan.name()))
}
