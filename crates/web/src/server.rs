//! Serves connections within limits that axum's own loop has not: of time for the head of a request, and of connections.
//!
//! A client that says nothing for too long is cut off, between two requests as well. HTTP/1.1 alone: the proxy before the
//! server speaks whatever else there is.

use std::{future::Future, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Extension, Router, extract::ConnectInfo};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
    time::sleep,
};
use tower::Layer as _;

/// Bytes that wait to be read from a connection, so also the longest head.
const BUFFER: usize = 128 << 10;

/// What connections may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServeLimits {
    /// Open at the same time; further ones wait until another ends.
    pub connections: usize,
    /// Time for the head of a request, counted from the end of the one before.
    pub head: Duration,
}

impl Default for ServeLimits {
    fn default() -> Self {
        Self { connections: 4_096, head: Duration::from_secs(30) }
    }
}

/// Serves until `shutdown` is done; then finishes the requests that have begun. Dropped, it cuts them off.
///
/// # Errors
/// Where the listener has no address any more.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ServeLimits,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    listener.local_addr()?;
    let room = Arc::new(Semaphore::new(limits.connections));
    let (stop, stopping) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        while connections.try_join_next().is_some() {}
        let (stream, peer, permit) = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener, &room) => accepted,
        };
        let (router, stopping) = (router.clone(), stopping.clone());
        connections.spawn(async move {
            speak(stream, peer, router, limits.head, stopping).await;
            drop(permit);
        });
    }
    drop((listener, router));
    // Nobody listens where no connection is open.
    let _ = stop.send(());
    while connections.join_next().await.is_some() {}
    Ok(())
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
    // The semaphore is never closed.
    let permit = Arc::clone(room).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, permit),
            Err(error) if is_of_the_client(&error) => {}
            Err(error) => {
                // As a rule no more files may be open: that passes.
                tracing::warn!(%error, "connections cannot be accepted");
                sleep(Duration::from_millis(500)).await;
            }
        }
    }
}

fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Answers the requests of a connection. What goes wrong with it is its client's to notice.
async fn speak(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    head: Duration,
    mut stopping: watch::Receiver<()>,
) {
    let service = TowerToHyperService::new(Extension(ConnectInfo(peer)).layer(router));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(head).max_buf_size(BUFFER);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopping.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
