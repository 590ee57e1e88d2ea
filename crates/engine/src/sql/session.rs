//! A session that can read the lake and nothing else.

use std::sync::{Arc, atomic::AtomicBool};

use datafusion::{
    error::{DataFusionError, Result},
    execution::{disk_manager::DiskManagerBuilder, runtime_env::RuntimeEnvBuilder},
    logical_expr::LogicalPlan,
    prelude::{SQLOptions, SessionConfig, SessionContext},
};

use super::{Limits, functions, tables};
use crate::source::Source;

/// Sorts beyond the memory limit may take this much of the temporary folder.
const MAX_SPILL: u64 = 100 << 30;

/// A session with the tables and functions of a lake.
pub(super) async fn open(
    source: Arc<dyn Source>,
    files: &[tables::Files],
    limits: &Limits,
    cancelled: Arc<AtomicBool>,
) -> Result<SessionContext> {
    let mut config = SessionConfig::new()
        .with_target_partitions(limits.threads.max(1))
        .with_information_schema(true)
        // Whole numbers stay exact where the files hold them; nothing is guessed from text.
        .with_parquet_pruning(true);
    config.options_mut().sql_parser.collect_spans = true;
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_limit(limits.memory, 1.0)
        .with_disk_manager_builder(DiskManagerBuilder::default().with_max_temp_directory_size(MAX_SPILL))
        .build_arc()?;
    // The functions read tables too, in a session of their own that does not know the functions.
    let below = SessionContext::new_with_config_rt(config.clone(), Arc::clone(&runtime));
    let context = SessionContext::new_with_config_rt(config, runtime);
    for (name, table) in tables::of(&below, files).await? {
        below.register_table(name, Arc::clone(&table))?;
        context.register_table(name, table)?;
    }
    let timeline = tables::timeline(&below).await?;
    context.register_table(tables::TIMELINE, timeline)?;
    functions::register(&context, &below, &source, limits.threads, &cancelled);
    Ok(context)
}

/// The plan of a query; what would change anything is refused.
pub(super) async fn plan(context: &SessionContext, sql: &str) -> Result<LogicalPlan> {
    let plan = context.state().create_logical_plan(sql).await?;
    let reads_only =
        SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    reads_only.verify_plan(&plan).map_err(|_| {
        DataFusionError::Plan(
            "the lake is only read here: ask with SELECT, EXPLAIN, SHOW or DESCRIBE".to_owned(),
        )
    })?;
    Ok(plan)
}
