//! The plan of a job: our one node over a list of buckets.
//!
//! The buckets come in as rows of the node's input, not as numbers of partitions. Ballista gives each task a slice
//! of the partitions and renumbers them; rows keep their meaning.

use std::{fmt, sync::Arc};

use datafusion::{
    arrow::{
        array::UInt32Array,
        datatypes::{DataType, Field, Schema},
        record_batch::RecordBatch,
    },
    catalog::memory::MemorySourceConfig,
    common::tree_node::TreeNodeRecursion,
    error::{DataFusionError, Result},
    execution::{SendableRecordBatchStream, TaskContext},
    physical_expr::{EquivalenceProperties, PhysicalExpr},
    physical_plan::{
        ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties,
        ReplaceChildrenOptions,
        execution_plan::{Boundedness, EmissionType},
        stream::RecordBatchStreamAdapter,
    },
};
use futures::{StreamExt as _, TryStreamExt as _};

use super::task::{self, Opened, Task};
use crate::source::Open;

/// One row of sums per bucket.
#[derive(Debug)]
pub(super) struct BucketSummaryExec {
    task: Arc<Task>,
    open: Arc<dyn Open>,
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
}

impl BucketSummaryExec {
    /// The node over an input whose rows are buckets.
    pub(super) fn new(task: Arc<Task>, open: Arc<dyn Open>, input: Arc<dyn ExecutionPlan>) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(task::schema()),
            input.properties().output_partitioning().clone(),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Self { task, open, input, properties: Arc::new(properties) }
    }

    /// What the tasks are told.
    pub(super) fn task(&self) -> &Task {
        &self.task
    }
}

/// The plan for so many buckets, one partition each.
pub(super) fn over_buckets(task: Task, open: Arc<dyn Open>, buckets: u32) -> Result<Arc<dyn ExecutionPlan>> {
    let schema = Arc::new(Schema::new(vec![Field::new("part", DataType::UInt32, false)]));
    let partition = |bucket| {
        let column = Arc::new(UInt32Array::from(vec![bucket]));
        Ok(vec![RecordBatch::try_new(Arc::clone(&schema), vec![column])?])
    };
    let partitions = (0..buckets).map(partition).collect::<Result<Vec<_>>>()?;
    let input = MemorySourceConfig::try_new_exec(&partitions, Arc::clone(&schema), None)?;
    Ok(Arc::new(BucketSummaryExec::new(Arc::new(task), open, input)))
}

impl DisplayAs for BucketSummaryExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BucketSummaryExec: lake={}, version={}", self.task.lake.display(), self.task.version)
    }
}

impl ExecutionPlan for BucketSummaryExec {
    fn name(&self) -> &'static str {
        "BucketSummaryExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.is_empty()) {
            (Some(input), true) => {
                Ok(Arc::new(Self::new(Arc::clone(&self.task), Arc::clone(&self.open), input)))
            }
            _ => Err(DataFusionError::Internal("a bucket summary has one input".to_owned())),
        }
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let options = ReplaceChildrenOptions { children_properties: ChildrenPropertiesMode::Recompute };
        self.replace_children(children, options)
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let buckets = self.input.execute(partition, context)?;
        let (spec, open) = (Arc::clone(&self.task), Arc::clone(&self.open));
        let rows = buckets
            .map_ok(|batch| futures::stream::iter(task::parts(&batch)).map(Ok))
            .try_flatten()
            .and_then(move |part| {
                let (spec, open) = (Arc::clone(&spec), Arc::clone(&open));
                // The kernels compute for seconds: not on a thread that others wait on.
                let work = tokio::task::spawn_blocking(move || Opened::new(&spec, open.as_ref())?.row(part));
                async move {
                    let row = work.await.map_err(|e| DataFusionError::External(Box::new(e)))?;
                    // As an IO error: Ballista tries these again, on another machine if need be.
                    row.map_err(|e| DataFusionError::IoError(std::io::Error::other(e.to_string())))
                }
            });
        Ok(Box::pin(RecordBatchStreamAdapter::new(task::schema(), rows)))
    }
}
