//! Connections: who is cut off, and who is not.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use axum::{Router, extract::ConnectInfo, routing::get};
use fidance_web::{ServeLimits, serve};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle, time::sleep};

const HEAD: Duration = Duration::from_millis(400);

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

/// A server that says who asked, and on `/slow` takes its time.
async fn start(connections: usize) -> Running {
    let routes = Router::new()
        .route("/", get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.to_string()))
        .route(
            "/slow",
            get(async || {
                sleep(Duration::from_secs(1)).await;
                "slow"
            }),
        );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let shutdown = async move {
        let _ = stopped.await;
    };
    let task = tokio::spawn(serve(listener, routes, ServeLimits { connections, head: HEAD }, shutdown));
    Running { address, stop, task }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

fn ask(stream: &mut TcpStream, path: &str) {
    stream
        .write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").as_bytes())
        .unwrap();
}

/// Everything until the end of a connection.
fn rest(mut stream: TcpStream) -> String {
    let mut text = String::new();
    match stream.read_to_string(&mut text) {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{text}"),
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_with_half_a_head_is_cut_off_and_others_are_not() {
    let server = start(100).await;
    let began = Instant::now();
    let mut half = connect(server.address);
    half.write_all(b"GET / HTTP/1.1\r\nhost: loc").unwrap();
    let silent = connect(server.address);
    let mut other = connect(server.address);
    let mine = other.local_addr().unwrap().to_string();
    ask(&mut other, "/");
    assert!(rest(other).ends_with(&mine), "the address of the client is known");
    assert!(began.elapsed() < HEAD);
    assert!(!rest(half).contains("200 OK"));
    assert_eq!(rest(silent), "");
    assert!((HEAD..HEAD * 10).contains(&began.elapsed()), "{:?}", began.elapsed());
    // Time for the answer is not time for the head.
    let mut slow = connect(server.address);
    ask(&mut slow, "/slow");
    assert!(rest(slow).ends_with("slow"));
}

#[tokio::test(flavor = "multi_thread")]
async fn further_connections_wait_for_a_place() {
    let server = start(2).await;
    let began = Instant::now();
    let idle = [connect(server.address), connect(server.address)];
    let mut third = connect(server.address);
    ask(&mut third, "/");
    assert!(rest(third).contains("200 OK"));
    assert!((HEAD..HEAD * 10).contains(&began.elapsed()), "{:?}", began.elapsed());
    drop(idle);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_begun_is_finished() {
    let server = start(100).await;
    let idle = connect(server.address);
    let mut slow = connect(server.address);
    ask(&mut slow, "/slow");
    sleep(Duration::from_millis(200)).await;
    server.stop.send(()).unwrap();
    assert!(rest(slow).ends_with("slow"));
    assert_eq!(rest(idle), "");
    server.task.await.unwrap().unwrap();
    assert!(TcpStream::connect(server.address).is_err(), "nobody listens any more");
}
