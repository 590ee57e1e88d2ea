//! `retained(every, window)`: the flows of every period.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, BooleanArray, Date32Array, Float64Array, UInt64Array},
        datatypes::{DataType, Field, Schema, SchemaRef},
        record_batch::RecordBatch,
    },
    catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider},
    error::Result,
};
use fidance_domain::{
    retention::{flows::Flows, group::EVERYBODY},
    time::Window,
};
use jiff::civil::Date;

use super::{Kernels, refused, texts, usage_error};
use crate::question::{Counting, Periods, Question, QuestionError, Summaries, every_of};

const USAGE: &str = "retained('month', '90d')";

#[derive(Debug)]
pub(super) struct Retained(pub(super) Kernels);

impl TableFunctionImpl for Retained {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let args = texts(&args, USAGE)?;
        let [every, window] = args.as_slice() else { return Err(usage_error(USAGE)) };
        let every = every_of(every).map_err(|e| refused(&e))?;
        let window: Window = window.parse().map_err(|e| refused(&QuestionError::Window(e)))?;
        let question = Question { flows: Some((every, window)), ..Question::default() };
        self.0.table(schema(), question, move |counting, summaries| rows(counting, summaries, window))
    }
}

fn schema() -> SchemaRef {
    let counts =
        ["s", "e", "k", "n", "r", "l", "n_lost"].map(|name| Field::new(name, DataType::UInt64, false));
    let mut fields =
        vec![Field::new("start", DataType::Date32, false), Field::new("end", DataType::Date32, false)];
    fields.extend(counts);
    fields.extend([
        Field::new("trc", DataType::Float64, true),
        Field::new("complete", DataType::Boolean, false),
        Field::new("warming_up", DataType::Boolean, false),
    ]);
    Arc::new(Schema::new(fields))
}

fn rows(counting: &Counting, summaries: &Summaries, window: Window) -> Result<RecordBatch> {
    let (Some(periods), Some(summary)) = (counting.flow_periods(), &summaries.flows) else {
        return Ok(RecordBatch::new_empty(schema()));
    };
    let flows = summary.flows(EVERYBODY);
    let each = 0..periods.len().min(flows.len());
    let date = |at: fn(usize) -> usize| -> ArrayRef {
        Arc::new(each.clone().map(|period| Some(day_number(periods, at(period)))).collect::<Date32Array>())
    };
    let count =
        |of: fn(&Flows) -> u64| -> ArrayRef { Arc::new(flows.iter().map(of).collect::<UInt64Array>()) };
    let flag = |of: &dyn Fn(usize) -> bool| -> ArrayRef {
        Arc::new(each.clone().map(|period| Some(of(period))).collect::<BooleanArray>())
    };
    let columns = vec![
        date(|period| period),
        date(|period| period + 1),
        count(|flows| flows.s),
        count(|flows| flows.e),
        count(|flows| flows.k),
        count(|flows| flows.n),
        count(|flows| flows.r),
        count(Flows::l),
        count(|flows| flows.n_lost),
        Arc::new(flows.iter().map(Flows::trc).collect::<Float64Array>()),
        flag(&|period| periods.is_complete(period)),
        flag(&|period| periods.warms_up(period, window)),
    ];
    Ok(RecordBatch::try_new(schema(), columns)?)
}

/// As dates are numbered in columns.
pub(super) fn day_number(periods: &Periods, period: usize) -> i32 {
    (periods.start(period) - Date::constant(1970, 1, 1)).get_days()
}
