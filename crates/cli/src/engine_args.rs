//! The commands of the query engine, in binaries that were built with it.

#[cfg(feature = "cluster")]
use std::net::SocketAddr;
#[cfg(feature = "cluster")]
use std::path::PathBuf;

use clap::Args;
#[cfg(feature = "sql")]
use fidance_engine::sql::Format;

#[cfg(feature = "sql")]
use crate::lake_args::CacheArgs;
use crate::lake_args::LakeName;

#[cfg(feature = "sql")]
pub(crate) const SQL_EXAMPLES: &str = "Examples:
  fidance sql --lake shop.lake \"SELECT kind, count(*) FROM events GROUP BY kind\"
  fidance sql --lake shop.lake --format csv \"SELECT start, trc FROM retained('month', '90d') WHERE complete\"
  fidance sql --lake shop.lake \"SELECT * FROM funnel('Product Viewed', 'Order Completed', '7d')\"";

/// One question in SQL.
#[cfg(feature = "sql")]
#[derive(Debug, Args)]
pub(crate) struct SqlArgs {
    /// The question; nothing can be changed by it
    #[arg(value_name = "QUERY")]
    pub(crate) query: String,
    /// The lake: a folder, or `s3://bucket/path`
    #[arg(long, value_name = "LAKE")]
    pub(crate) lake: LakeName,
    #[command(flatten)]
    pub(crate) cache: CacheArgs,
    /// How to print the result: text, csv or json
    #[arg(long, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Print so many rows at most
    #[arg(long, value_name = "ROWS", default_value_t = 10_000)]
    pub(crate) limit: usize,
    /// Give up after so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) timeout: u64,
    /// Memory for sorting, joining and grouping, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    pub(crate) memory: usize,
}

/// The process that hands out work.
#[cfg(feature = "cluster")]
#[derive(Debug, Args)]
pub(crate) struct SchedulerArgs {
    /// Address to listen on; whoever reaches it can use the cluster
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:50050")]
    pub(crate) bind: SocketAddr,
}

/// The process that works.
#[cfg(feature = "cluster")]
#[derive(Debug, Args)]
pub(crate) struct ExecutorArgs {
    /// The scheduler, such as http://10.0.0.1:50050
    #[arg(long, value_name = "URL")]
    pub(crate) scheduler: String,
    /// Address to listen on, at which the scheduler reaches this machine
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) bind: SocketAddr,
    /// Folder for answers until they are fetched
    #[arg(long, value_name = "DIR")]
    pub(crate) work_dir: PathBuf,
    /// Only lakes under this folder are read
    #[arg(long, value_name = "DIR")]
    pub(crate) lakes: PathBuf,
    /// Work on so many buckets at once [default: one per core]
    #[arg(long)]
    pub(crate) cores: Option<std::num::NonZeroUsize>,
}

/// Retention by a cluster, or as it would be counted by one.
#[cfg(feature = "cluster")]
#[derive(Debug, Args)]
pub(crate) struct RetainedArgs {
    /// Folder of the lake, under the same path on all machines
    #[arg(long, value_name = "DIR")]
    pub(crate) lake: LakeName,
    /// The scheduler, such as http://10.0.0.1:50050 [default: count here, on all cores]
    #[arg(long, value_name = "URL")]
    pub(crate) cluster: Option<String>,
    /// Read the events themselves, not the days that are kept beside them
    #[arg(long)]
    pub(crate) from_events: bool,
    /// Length of a period: day, week, month or quarter
    #[arg(long, default_value = "month")]
    pub(crate) every: String,
    /// A customer is active for so long after an activity
    #[arg(long, default_value = "90d")]
    pub(crate) window: String,
}
