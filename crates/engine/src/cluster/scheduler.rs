//! The process that hands out tasks. It opens no lake and keeps nothing: it may be started anew at any time.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use ballista_core::config::TaskSchedulingPolicy;
use ballista_scheduler::{
    cluster::BallistaCluster,
    config::SchedulerConfig,
    scheduler_process::{create_scheduler, start_grpc_service_with_listener},
};
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use tokio::net::{TcpListener, TcpSocket};

use super::{ClusterError, codec::Codec};
use crate::source::Open;

/// How a scheduler works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchedulerOptions {
    /// Where it listens.
    pub bind: SocketAddr,
    /// An executor that has been silent for so long counts as dead. A busy one is silent for five seconds.
    pub silence: Duration,
}

impl SchedulerOptions {
    /// The usual options.
    pub fn new(bind: SocketAddr) -> Self {
        Self { bind, silence: Duration::from_secs(20) }
    }
}

/// Runs a scheduler until it fails.
///
/// # Errors
/// Where it cannot listen, or fails.
pub async fn run_scheduler(options: SchedulerOptions, open: Arc<dyn Open>) -> Result<(), ClusterError> {
    let listener = listen(options.bind).map_err(|source| ClusterError::Bind { at: options.bind, source })?;
    let member = |e: ballista_core::error::BallistaError| ClusterError::Member(e.to_string());
    let config = SchedulerConfig {
        bind_host: options.bind.ip().to_string(),
        bind_port: options.bind.port(),
        external_host: options.bind.ip().to_string(),
        scheduling_policy: TaskSchedulingPolicy::PullStaged,
        // Answers come through the scheduler, so that a client needs to reach nothing else.
        enable_embedded_flight_proxy: true,
        executor_timeout_seconds: options.silence.as_secs(),
        expire_dead_executor_interval_seconds: 2,
        override_physical_codec: Some(Arc::new(Codec::new(open))),
        ..SchedulerConfig::default()
    };
    config.validate().map_err(member)?;
    let cluster = BallistaCluster::new_from_config(&config).await.map_err(member)?;
    let scheduler = create_scheduler::<LogicalPlanNode, PhysicalPlanNode>(cluster, Arc::new(config));
    start_grpc_service_with_listener(listener, scheduler.await.map_err(member)?).await.map_err(member)
}

/// A listener whose connections send at once: answers are short, and each would wait 40 ms for the acknowledgement of
/// the one before. Connections inherit this from the listener.
fn listen(bind: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if bind.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.set_nodelay(true)?;
    socket.bind(bind)?;
    socket.listen(1024)
}
