//! What the kernels know, as functions that stand where a table stands: `SELECT … FROM retained('month', '90d')`.

mod cohort;
mod funnel;
mod retained;

use std::{
    any::type_name,
    fmt,
    sync::{Arc, atomic::AtomicBool},
};

use datafusion::{
    arrow::{datatypes::SchemaRef, record_batch::RecordBatch},
    catalog::{TableFunctionArgs, TableProvider, streaming::StreamingTable},
    common::ScalarValue,
    error::{DataFusionError, Result},
    execution::{SendableRecordBatchStream, TaskContext},
    logical_expr::Expr,
    physical_plan::{stream::RecordBatchStreamAdapter, streaming::PartitionStream},
    prelude::SessionContext,
};
use fidance_domain::{history::Histories, retention::Groups};
use futures::{FutureExt as _, future::BoxFuture};

use crate::{
    question::{Bounds, Counting, Question, QuestionError, Summaries},
    source::{Reading, Source},
};

/// Makes the functions known to a session; `below` is the one they read tables in.
pub(super) fn register(
    context: &SessionContext,
    below: &SessionContext,
    source: &Arc<dyn Source>,
    threads: usize,
    cancelled: &Arc<AtomicBool>,
) {
    let kernels = Kernels { source: Arc::clone(source), threads, cancelled: Arc::clone(cancelled) };
    context.register_udtf("retained", Arc::new(retained::Retained(kernels.clone())));
    context.register_udtf("cohort", Arc::new(cohort::Cohort(kernels)));
    context.register_udtf("funnel", Arc::new(funnel::FunnelFunction(below.clone())));
}

/// What a function needs that asks the kernels.
#[derive(Debug, Clone)]
struct Kernels {
    source: Arc<dyn Source>,
    threads: usize,
    cancelled: Arc<AtomicBool>,
}

impl Kernels {
    /// A table whose one batch is made from the answer to a question, when it is read.
    fn table(
        &self,
        schema: SchemaRef,
        question: Question,
        rows: impl Fn(&Counting, &Summaries) -> Result<RecordBatch> + Send + Sync + 'static,
    ) -> Result<Arc<dyn TableProvider>> {
        let (kernels, rows, shape) = (self.clone(), Arc::new(rows), Arc::clone(&schema));
        computed(schema, move |_| {
            let (kernels, rows, question) = (kernels.clone(), Arc::clone(&rows), question.clone());
            let shape = Arc::clone(&shape);
            let work = move || match kernels.answer(question)? {
                Some((counting, summaries)) => rows(&counting, &summaries),
                None => Ok(RecordBatch::new_empty(shape)),
            };
            async move {
                let joined = tokio::task::spawn_blocking(work).await;
                joined.map_err(|e| DataFusionError::External(Box::new(e)))?
            }
            .boxed()
        })
    }

    /// `None` where there is no activity at all.
    fn answer(&self, question: Question) -> Result<Option<(Counting, Summaries)>> {
        let histories: Box<dyn Histories> = self.source.histories(Reading::Masks).map_err(external)?;
        let Some(extent) = histories.extent() else { return Ok(None) };
        let groups = Groups::new(histories.segments());
        let counting =
            Counting::new(question, self.source.zone(), Bounds::from(extent), groups).map_err(external)?;
        let summaries = counting.all(histories.as_ref(), self.threads, &self.cancelled).map_err(external)?;
        Ok(Some((counting, summaries)))
    }
}

fn external(e: impl std::error::Error + Send + Sync + 'static) -> DataFusionError {
    DataFusionError::Execution(e.to_string())
}

fn refused(e: &QuestionError) -> DataFusionError {
    DataFusionError::Plan(e.to_string())
}

type Compute = dyn Fn(Arc<TaskContext>) -> BoxFuture<'static, Result<RecordBatch>> + Send + Sync;

/// A table of one batch that is computed when it is read.
struct Computed {
    schema: SchemaRef,
    compute: Box<Compute>,
}

impl fmt::Debug for Computed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(type_name::<Self>()).field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl PartitionStream for Computed {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let batch = (self.compute)(context);
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), futures::stream::once(batch)))
    }
}

fn computed(
    schema: SchemaRef,
    compute: impl Fn(Arc<TaskContext>) -> BoxFuture<'static, Result<RecordBatch>> + Send + Sync + 'static,
) -> Result<Arc<dyn TableProvider>> {
    let stream = Computed { schema: Arc::clone(&schema), compute: Box::new(compute) };
    Ok(Arc::new(StreamingTable::try_new(schema, vec![Arc::new(stream)])?))
}

/// The arguments of a function, which are all texts.
fn texts(args: &TableFunctionArgs<'_, '_>, usage: &str) -> Result<Vec<String>> {
    let text = |expr: &Expr| match expr {
        Expr::Literal(ScalarValue::Utf8(Some(text)) | ScalarValue::Utf8View(Some(text)), _) => {
            Ok(text.clone())
        }
        _ => Err(usage_error(usage)),
    };
    args.exprs().iter().map(text).collect()
}

fn usage_error(usage: &str) -> DataFusionError {
    DataFusionError::Plan(format!("write it as {usage}, all arguments in single quotes"))
}
