//! Our node on the wire; every other node is left to Ballista.

use std::sync::Arc;

use ballista_core::serde::BallistaPhysicalExtensionCodec;
use datafusion::{
    error::{DataFusionError, Result},
    execution::TaskContext,
    physical_plan::ExecutionPlan,
};
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};

use super::plan::BucketSummaryExec;
use crate::source::Open;

/// What our node begins with. No message of Ballista's does: read as a tag, the first byte has a wire type that does
/// not exist.
const OURS: &[u8] = b"fidance\n";

/// Reads and writes plans, for a process that opens lakes in its own way.
#[derive(Debug)]
pub(super) struct Codec {
    open: Arc<dyn Open>,
    others: BallistaPhysicalExtensionCodec,
}

impl Codec {
    pub(super) fn new(open: Arc<dyn Open>) -> Self {
        Self { open, others: BallistaPhysicalExtensionCodec::default() }
    }
}

impl PhysicalExtensionCodec for Codec {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        context: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(task) = bytes.strip_prefix(OURS) else {
            return self.others.try_decode(bytes, inputs, context, converter);
        };
        let task = serde_json::from_slice(task).map_err(|e| DataFusionError::External(Box::new(e)))?;
        let [input] = inputs else {
            return Err(DataFusionError::Internal("a bucket summary has one input".to_owned()));
        };
        Ok(Arc::new(BucketSummaryExec::new(Arc::new(task), Arc::clone(&self.open), Arc::clone(input))))
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        bytes: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        let Some(ours) = node.downcast_ref::<BucketSummaryExec>() else {
            return self.others.try_encode(node, bytes, converter);
        };
        bytes.extend_from_slice(OURS);
        serde_json::to_writer(bytes, ours.task()).map_err(|e| DataFusionError::External(Box::new(e)))
    }
}
