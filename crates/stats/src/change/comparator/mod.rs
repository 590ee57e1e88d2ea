//! Published change-point methods, to compare the product's alarm with. For the study only: none of them says how often
//! it is wrong when nothing happened, which is what an alarm must promise. See `docs/statistics/comparators.md`.

mod bocpd;
mod metric;
mod segmentation;

pub use bocpd::{Bocpd, BocpdError, Likelihood, NormalInverseGamma, ProportionBeta, RunLengths};
pub use metric::{MetricError, Scores, score};
pub use segmentation::{Segmentation, SegmentationError, binary_segmentation, pelt};
