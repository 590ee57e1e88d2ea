//! `funnel('first', 'second', …, within)`: how many customers reach each of ordered steps.

use std::{fmt, sync::Arc};

use datafusion::{
    arrow::{
        array::{Array, Int32Array, Int64Array, StringArray, UInt32Array, UInt64Array},
        compute::cast,
        datatypes::{DataType, Field, Schema, SchemaRef},
        record_batch::RecordBatch,
    },
    catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider},
    error::{DataFusionError, Result},
    functions::core::expr_fn::coalesce,
    logical_expr::{cast as cast_to, col, in_list, lit},
    prelude::SessionContext,
};
use futures::{FutureExt as _, StreamExt as _};

use super::{computed, texts, usage_error};
use crate::{
    funnel::{Funnel, FunnelKernel},
    source::Table,
};

const USAGE: &str = "funnel('Product Viewed', 'Order Completed', '7d')";

pub(super) struct FunnelFunction(pub(super) SessionContext);

impl fmt::Debug for FunnelFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FunnelFunction")
    }
}

impl TableFunctionImpl for FunnelFunction {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let mut steps = texts(&args, USAGE)?;
        let Some(within) = steps.pop() else { return Err(usage_error(USAGE)) };
        let funnel = Funnel::new(steps, &within).map_err(|e| DataFusionError::Plan(e.to_string()))?;
        let context = self.0.clone();
        computed(schema(), move |_| run(context.clone(), funnel.clone()).boxed())
    }
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("step", DataType::UInt32, false),
        Field::new("kind", DataType::Utf8, false),
        Field::new("customers", DataType::UInt64, false),
    ]))
}

/// The events of the steps in (customer, time) order through the kernel. Their files are nearly in this order
/// already; the engine sorts what several of them hold of one customer, on disk where it must.
async fn run(context: SessionContext, funnel: Funnel) -> Result<RecordBatch> {
    let kinds = funnel.steps().iter().map(|step| lit(step.as_str())).collect();
    let order = ["customer", "second", "micro"].map(|name| col(name).sort(true, true)).to_vec();
    let events = context.table(Table::Events.name()).await?;
    let wanted = vec![
        col("customer"),
        col("second"),
        cast_to(coalesce(vec![col("micro"), lit(0)]), DataType::Int32).alias("micro"),
        col("kind"),
    ];
    let events = events.filter(in_list(col("kind"), kinds, false))?.select(wanted)?.sort(order)?;
    let mut stream = events.execute_stream().await?;
    let mut pass = Pass { kernel: funnel.kernel(), customer: None };
    while let Some(batch) = stream.next().await {
        pass.batch(&batch?)?;
    }
    let reached = pass.finish();
    let steps = u32::try_from(funnel.steps().len()).unwrap_or(u32::MAX);
    Ok(RecordBatch::try_new(
        schema(),
        vec![
            Arc::new((1..=steps).collect::<UInt32Array>()),
            Arc::new(StringArray::from_iter_values(funnel.steps())),
            Arc::new(UInt64Array::from(reached)),
        ],
    )?)
}

struct Pass<'a> {
    kernel: FunnelKernel<'a>,
    customer: Option<i64>,
}

impl Pass<'_> {
    fn batch(&mut self, batch: &RecordBatch) -> Result<()> {
        let column = |name: &str, as_type: &DataType| -> Result<Arc<dyn Array>> {
            let found = batch.column_by_name(name).ok_or_else(|| foreign(name))?;
            Ok(cast(found, as_type)?)
        };
        let (customers, seconds) =
            (column("customer", &DataType::Int64)?, column("second", &DataType::Int64)?);
        let (micros, kinds) = (column("micro", &DataType::Int32)?, column("kind", &DataType::Utf8)?);
        let customers = customers.as_any().downcast_ref::<Int64Array>().ok_or_else(|| foreign("customer"))?;
        let seconds = seconds.as_any().downcast_ref::<Int64Array>().ok_or_else(|| foreign("second"))?;
        let micros = micros.as_any().downcast_ref::<Int32Array>().ok_or_else(|| foreign("micro"))?;
        let kinds = kinds.as_any().downcast_ref::<StringArray>().ok_or_else(|| foreign("kind"))?;
        for (((&customer, &second), &micro), kind) in
            customers.values().iter().zip(seconds.values()).zip(micros.values()).zip(kinds)
        {
            if self.customer != Some(customer) {
                self.close();
                self.kernel.begin();
                self.customer = Some(customer);
            }
            let at = second.saturating_mul(1_000_000).saturating_add(i64::from(micro));
            self.kernel.observe(at, kind.unwrap_or_default());
        }
        Ok(())
    }

    fn close(&mut self) {
        if self.customer.is_some() {
            self.kernel.end();
        }
    }

    fn finish(mut self) -> Vec<u64> {
        self.close();
        self.kernel.finish()
    }
}

fn foreign(column: &str) -> DataFusionError {
    DataFusionError::Execution(format!("the events have no column `{column}` of the kind expected"))
}
