//! What a task is told, and what it answers: a line of JSON and a row of integers.

use std::{
    path::PathBuf,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use datafusion::{
    arrow::{
        array::{AsArray as _, Int64Builder, ListBuilder, StringArray, UInt32Array, UInt64Builder},
        datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, UInt32Type, UInt64Type},
        record_batch::RecordBatch,
    },
    error::Result,
};
use fidance_domain::{
    history::{Histories, Micros, Segments},
    retention::{
        Groups,
        cohort::{Bracket, CohortSummary},
        flows::FlowSummary,
    },
    time::WindowParseError,
};
use serde::{Deserialize, Serialize};

use super::ClusterError;
use crate::{
    question::{Bounds, Counting, Question, QuestionError, Summaries, every_of, name_of},
    source::{Open, Reading},
};

/// Everything that a task needs to know, the same for all tasks of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Task {
    pub(super) lake: PathBuf,
    /// All tasks read this version, whatever has been written since.
    pub(super) version: String,
    pub(super) reading: Reading,
    first: Micros,
    until: Micros,
    flows: Option<(String, String)>,
    cohorts: Option<(String, Vec<(u32, u32)>)>,
    by_segment: bool,
}

impl Task {
    pub(super) fn new(
        lake: PathBuf,
        version: String,
        reading: Reading,
        bounds: Bounds,
        question: &Question,
    ) -> Self {
        let flows = question.flows.map(|(every, window)| (name_of(every).to_owned(), window.to_string()));
        let cohorts = question.cohorts.as_ref().map(|(every, brackets)| {
            let brackets = brackets.iter().map(|bracket| (bracket.from, bracket.to)).collect();
            (name_of(*every).to_owned(), brackets)
        });
        let Bounds { first, until } = bounds;
        Self { lake, version, reading, first, until, flows, cohorts, by_segment: question.by_segment }
    }

    fn question(&self) -> Result<Question, QuestionError> {
        let flows = self.flows.as_ref().map(|(every, window)| {
            Ok::<_, QuestionError>((
                every_of(every)?,
                window.parse().map_err(|e: WindowParseError| QuestionError::Window(e))?,
            ))
        });
        let cohorts = self.cohorts.as_ref().map(|(every, brackets)| {
            let brackets = brackets.iter().map(|&(from, to)| Bracket { from, to }).collect();
            Ok::<_, QuestionError>((every_of(every)?, brackets))
        });
        Ok(Question { flows: flows.transpose()?, cohorts: cohorts.transpose()?, by_segment: self.by_segment })
    }
}

/// A lake that is open for a task.
#[derive(Debug)]
pub(super) struct Opened {
    task: Task,
    histories: Box<dyn Histories>,
    counting: Counting,
}

/// The lake of the last task: the tasks of a job have the same, and a version does not change.
static LAST: LazyLock<Mutex<Option<Arc<Opened>>>> = LazyLock::new(|| Mutex::new(None));

impl Opened {
    /// Opens the lake of a task.
    pub(super) fn new(task: &Task, open: &dyn Open) -> Result<Arc<Self>, ClusterError> {
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = last.as_ref().filter(|last| last.task == *task) {
            return Ok(Arc::clone(last));
        }
        let source = open.open(&task.lake, Some(&task.version))?;
        let histories = source.histories(task.reading)?;
        let groups = Groups::new(histories.segments());
        let bounds = Bounds { first: task.first, until: task.until };
        let counting = Counting::new(task.question()?, source.zone(), bounds, groups)?;
        let opened = Arc::new(Self { task: task.clone(), histories, counting });
        *last = Some(Arc::clone(&opened));
        Ok(opened)
    }

    /// The row of one part.
    pub(super) fn row(&self, part: u32) -> Result<RecordBatch, ClusterError> {
        let summaries =
            self.counting.part(self.histories.as_ref(), part as usize).map_err(QuestionError::from)?;
        let groups = if self.task.by_segment { names(self.histories.segments()) } else { String::new() };
        row(part, &groups, &summaries).map_err(|e| ClusterError::Incomplete(e.to_string()))
    }
}

/// The segment values in the order in which groups are numbered.
pub(super) fn names(segments: &Segments) -> String {
    let columns: Vec<_> = segments.dimensions.iter().zip(&segments.values).collect();
    serde_json::to_string(&columns).unwrap_or_default()
}

/// The columns of an answer.
pub(super) fn schema() -> SchemaRef {
    let list = |item| DataType::List(Arc::new(Field::new("item", item, true)));
    Arc::new(Schema::new(vec![
        Field::new("part", DataType::UInt32, false),
        Field::new("groups", DataType::Utf8, false),
        Field::new("flows", list(DataType::Int64), false),
        Field::new("cohorts", list(DataType::UInt64), false),
    ]))
}

fn row(part: u32, groups: &str, summaries: &Summaries) -> Result<RecordBatch> {
    let mut flows = ListBuilder::new(Int64Builder::new());
    flows.values().append_slice(&summaries.flows.as_ref().map(FlowSummary::counts).unwrap_or_default());
    flows.append(true);
    let mut cohorts = ListBuilder::new(UInt64Builder::new());
    cohorts.values().append_slice(&summaries.cohorts.as_ref().map(CohortSummary::counts).unwrap_or_default());
    cohorts.append(true);
    Ok(RecordBatch::try_new(
        schema(),
        vec![
            Arc::new(UInt32Array::from(vec![part])),
            Arc::new(StringArray::from(vec![groups])),
            Arc::new(flows.finish()),
            Arc::new(cohorts.finish()),
        ],
    )?)
}

/// The numbers of the parts in a batch of the plan's input.
pub(super) fn parts(batch: &RecordBatch) -> Vec<u32> {
    let column = batch.columns().first().and_then(|column| column.as_primitive_opt::<UInt32Type>());
    column.map(|parts| parts.values().to_vec()).unwrap_or_default()
}

/// One row of an answer.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) part: u32,
    pub(super) groups: String,
    pub(super) summaries: Summaries,
}

/// The rows of a batch; `None` where they are no answer to the question.
pub(super) fn rows(batch: &RecordBatch, counting: &Counting) -> Option<Vec<Row>> {
    let parts = batch.column_by_name("part")?.as_primitive_opt::<UInt32Type>()?;
    let groups = batch.column_by_name("groups")?.as_string_opt::<i32>()?;
    let flows = batch.column_by_name("flows")?.as_list_opt::<i32>()?;
    let cohorts = batch.column_by_name("cohorts")?.as_list_opt::<i32>()?;
    let row = |index: usize| {
        let flows = flows.value(index);
        let cohorts = cohorts.value(index);
        let summaries = counting.from_counts(
            flows.as_primitive_opt::<Int64Type>()?.values(),
            cohorts.as_primitive_opt::<UInt64Type>()?.values(),
        )?;
        Some(Row { part: parts.value(index), groups: groups.value(index).to_owned(), summaries })
    };
    (0..batch.num_rows()).map(row).collect()
}
