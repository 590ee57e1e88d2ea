//! SQL and a cluster over the lake, for those who ask for them: the only crate that names datafusion and ballista.
//!
//! Nothing here is needed for a report, and the default build compiles nothing of it. What both features answer
//! comes from the same kernels as the report: a query engine carries rows and plans about, it never decides what
//! "retained" means.

#[cfg(feature = "cluster")]
pub mod cluster;
pub mod funnel;
#[cfg(any(feature = "sql", feature = "cluster"))]
pub mod lake;
pub mod question;
pub mod source;
#[cfg(feature = "sql")]
pub mod sql;
