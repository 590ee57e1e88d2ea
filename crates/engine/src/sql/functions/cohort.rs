//! `cohort(every)`: customers by the period of their first activity and how many were active in each period since.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{Date32Array, UInt32Array, UInt64Array},
        datatypes::{DataType, Field, Schema, SchemaRef},
        record_batch::RecordBatch,
    },
    catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider},
    error::Result,
};

use super::{Kernels, refused, retained::day_number, texts, usage_error};
use crate::question::{Counting, Question, Summaries, every_of};

const USAGE: &str = "cohort('month')";

#[derive(Debug)]
pub(super) struct Cohort(pub(super) Kernels);

impl TableFunctionImpl for Cohort {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let args = texts(&args, USAGE)?;
        let [every] = args.as_slice() else { return Err(usage_error(USAGE)) };
        let every = every_of(every).map_err(|e| refused(&e))?;
        let question = Question { cohorts: Some((every, Vec::new())), ..Question::default() };
        self.0.table(schema(), question, rows)
    }
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("cohort", DataType::Date32, false),
        Field::new("bucket", DataType::UInt32, false),
        Field::new("customers", DataType::UInt64, false),
    ]))
}

/// Cells whose period is not over have no row: they are not known yet, which is not 0.
fn rows(counting: &Counting, summaries: &Summaries) -> Result<RecordBatch> {
    let (Some(periods), Some(summary)) = (counting.cohort_periods(), &summaries.cohorts) else {
        return Ok(RecordBatch::new_empty(schema()));
    };
    let cells = |cohort: usize| {
        let active = summary.n_day(cohort).into_iter().enumerate();
        active.filter_map(move |(bucket, customers)| {
            let row = (Some(day_number(periods, cohort)), u32::try_from(bucket).ok(), Some(customers));
            periods.is_complete(cohort + bucket).then_some(row)
        })
    };
    let (mut cohorts, mut buckets, mut customers) = (Vec::new(), Vec::new(), Vec::new());
    for (cohort, bucket, count) in (0..summary.cohorts()).flat_map(cells) {
        cohorts.push(cohort);
        buckets.push(bucket);
        customers.push(count);
    }
    Ok(RecordBatch::try_new(
        schema(),
        vec![
            Arc::new(Date32Array::from(cohorts)),
            Arc::new(UInt32Array::from(buckets)),
            Arc::new(UInt64Array::from(customers)),
        ],
    )?)
}
