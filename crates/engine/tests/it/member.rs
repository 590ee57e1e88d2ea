//! Schedulers and executors as processes of their own: this test binary, started anew.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use fidance_engine::{
    cluster::{ExecutorOptions, SchedulerOptions, run_executor, run_scheduler},
    lake::Lakes,
    source::Open,
};

use crate::stand_in::{SLOW, StandIn};

const ROLE: &str = "FIDANCE_TEST_ROLE";
const BIND: &str = "FIDANCE_TEST_BIND";
const SCHEDULER: &str = "FIDANCE_TEST_SCHEDULER";
const WORK: &str = "FIDANCE_TEST_WORK";
const LAKES: &str = "FIDANCE_TEST_LAKES";
/// Set where the lakes are real ones.
const REAL: &str = "FIDANCE_TEST_REAL";

/// Not a test: what the processes run.
#[test]
#[ignore = "only as a process of the other tests"]
fn member() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let set = |name| std::env::var(name).unwrap();
    let bind = set(BIND).parse().unwrap();
    let open: Arc<dyn Open> =
        if std::env::var_os(REAL).is_some() { Arc::new(Lakes) } else { Arc::new(StandIn) };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let ended = runtime.block_on(async {
        if role == "scheduler" {
            let silence = Duration::from_secs(7);
            run_scheduler(SchedulerOptions { bind, silence }, open).await
        } else {
            let options = ExecutorOptions {
                scheduler: set(SCHEDULER),
                bind,
                work_dir: set(WORK).into(),
                lakes: set(LAKES).into(),
                cores: 2,
            };
            run_executor(options, open).await
        }
    });
    ended.unwrap();
}

/// A process that ends with the test.
#[derive(Debug)]
pub(crate) struct Member(pub(crate) Child);

impl Drop for Member {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// One scheduler and two executors over a folder.
#[derive(Debug)]
pub(crate) struct Members {
    pub(crate) url: String,
    pub(crate) executors: Vec<Member>,
    _scheduler: Member,
}

pub(crate) fn start(lakes: &Path, work: &Path, slow: Option<u64>) -> Members {
    start_over(lakes, work, slow, false)
}

/// The same over real lakes.
pub(crate) fn start_real(lakes: &Path, work: &Path) -> Members {
    start_over(lakes, work, None, true)
}

fn start_over(lakes: &Path, work: &Path, slow: Option<u64>, real: bool) -> Members {
    let at = free_address();
    let url = format!("http://{at}");
    let kind = move |command: &mut Command| {
        if real {
            command.env(REAL, "1");
        }
    };
    let scheduler = spawn("scheduler", at, |command| {
        kind(command);
        command
    });
    let deadline = Instant::now() + Duration::from_mins(1);
    while TcpStream::connect(at).is_err() {
        assert!(Instant::now() < deadline, "the scheduler does not listen");
        std::thread::sleep(Duration::from_millis(50));
    }
    let executor = |index: usize| {
        spawn("executor", free_address(), |command| {
            kind(command);
            let command = command.env(SCHEDULER, &url).env(LAKES, lakes);
            let command = command.env(WORK, work.join(index.to_string()));
            match slow {
                Some(millis) => command.env(SLOW, millis.to_string()),
                None => command,
            }
        })
    };
    let executors = vec![executor(0), executor(1)];
    Members { url, executors, _scheduler: scheduler }
}

fn spawn(role: &str, bind: SocketAddr, more: impl FnOnce(&mut Command) -> &mut Command) -> Member {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["member::member", "--exact", "--ignored", "--nocapture"]);
    command.env(ROLE, role).env(BIND, bind.to_string()).stdout(Stdio::null()).stderr(Stdio::inherit());
    Member(more(&mut command).spawn().unwrap())
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
