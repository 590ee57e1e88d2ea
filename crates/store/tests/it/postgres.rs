//! A PostgreSQL server of the tests' own: started at the first use, gone with the process, however that ends.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

/// Whether commits reach the disk. Only the test of crashes needs that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    On,
    Off,
}

pub(crate) struct Server {
    programs: PathBuf,
    folder: PathBuf,
    /// Its standard input is what keeps the server: a shell reads from it and stops the server at its end.
    _shell: Child,
    databases: AtomicU32,
}

/// The server, or `None` where PostgreSQL is not installed.
pub(crate) fn server(durability: Durability) -> Option<&'static Server> {
    static DURABLE: OnceLock<Option<Server>> = OnceLock::new();
    static FAST: OnceLock<Option<Server>> = OnceLock::new();
    let place = if durability == Durability::On { &DURABLE } else { &FAST };
    place.get_or_init(|| programs().map(|programs| Server::start(programs, durability))).as_ref()
}

/// The folder of `initdb` and its like.
fn programs() -> Option<PathBuf> {
    let in_path = output(Command::new("sh").args(["-c", "command -v initdb"])).trim().to_owned();
    let named = (!in_path.is_empty()).then(|| PathBuf::from(in_path).canonicalize().unwrap());
    let packaged = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let packaged = packaged.map(|version| version.unwrap().path().join("bin/initdb"));
    named.into_iter().chain(packaged).find(|path| path.exists()).map(|path| path.parent().unwrap().to_owned())
}

fn output(command: &mut Command) -> String {
    let done = command.stderr(Stdio::null()).output().unwrap();
    String::from_utf8(done.stdout).unwrap()
}

/// A command that runs as the user of the server: PostgreSQL refuses to run as root.
fn command(program: &str) -> Command {
    if output(Command::new("id").arg("-u")).trim() == "0" {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", program]);
        return command;
    }
    Command::new(program)
}

/// A cluster without databases, packed: making one takes seconds, and some runners start a process for each test.
fn empty_cluster(programs: &Path) -> PathBuf {
    let initdb = programs.join("initdb");
    let version =
        output(Command::new(&initdb).arg("--version")).replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    let packed = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{version}.tar"));
    if !packed.exists() {
        let folder = new_folder();
        let mut make = command(initdb.to_str().unwrap());
        make.args(["-U", "fidance", "--auth=trust", "--no-sync", "-E", "UTF8", "--no-locale", "-D"]);
        assert!(make.arg(folder.join("data")).stdout(Stdio::null()).status().unwrap().success());
        let part = packed.with_extension(std::process::id().to_string());
        assert!(
            Command::new("tar")
                .arg("cf")
                .arg(&part)
                .arg("-C")
                .arg(&folder)
                .arg("data")
                .status()
                .unwrap()
                .success()
        );
        std::fs::rename(part, &packed).unwrap();
        assert!(command("rm").arg("-rf").arg(folder).status().unwrap().success());
    }
    packed
}

fn unpack(packed: &Path, folder: &Path) {
    let packed = std::fs::File::open(packed).unwrap();
    assert!(command("tar").args(["x", "-C"]).arg(folder).stdin(packed).status().unwrap().success());
}

/// Made by the server's user, in the system's folder: the path of a socket has to be short.
fn new_folder() -> PathBuf {
    PathBuf::from(output(command("mktemp").args(["-d", "/tmp/fidance-pg-XXXXXX"])).trim())
}

impl Server {
    fn start(programs: PathBuf, durability: Durability) -> Self {
        let folder = new_folder();
        let fsync = if durability == Durability::On { "on" } else { "off" };
        unpack(&empty_cluster(&programs), &folder);
        let script = format!(
            "cd {1}
             {0}/postgres -D data -k {1} -c listen_addresses= -c fsync={fsync} -c max_connections=200 >log 2>&1 &
             server=$!
             read line
             kill -QUIT $server
             wait $server
             cd /
             rm -rf {1}",
            programs.display(),
            folder.display()
        );
        let mut shell = command("sh");
        // Nothing of the test's is held by the shell, which outlives it by a moment.
        shell.args(["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let shell = shell.spawn().unwrap();
        let server = Self { programs, folder, _shell: shell, databases: AtomicU32::new(0) };
        for _ in 0..300 {
            if server.psql("postgres", "SELECT 1").is_some() {
                return server;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("PostgreSQL does not start");
    }

    /// A new, empty database: its URL.
    pub(crate) fn database(&self) -> String {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.psql("postgres", &format!("CREATE DATABASE {name}")).unwrap();
        self.url(&name)
    }

    fn url(&self, name: &str) -> String {
        format!("postgres://fidance@localhost/{name}?host={}", self.folder.display())
    }

    /// What a statement answers.
    pub(crate) fn psql(&self, database: &str, sql: &str) -> Option<String> {
        let done = Command::new(self.programs.join("psql"))
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "fidance", "-h"])
            .arg(&self.folder)
            .args(["-d", database, "-c", sql])
            .stderr(Stdio::null())
            .output()
            .unwrap();
        done.status.success().then(|| String::from_utf8(done.stdout).unwrap().trim().to_owned())
    }

    pub(crate) fn dump(&self, url: &str, to: &Path) {
        let mut dump = Command::new(self.programs.join("pg_dump"));
        assert!(dump.arg("--format=custom").arg("-f").arg(to).arg(url).status().unwrap().success());
    }

    /// Restores a dump into a new database: its URL.
    pub(crate) fn restore(&self, from: &Path) -> String {
        let url = self.database();
        let restored = Command::new(self.programs.join("pg_restore")).arg("-d").arg(&url).arg(from).status();
        assert!(restored.unwrap().success());
        url
    }
}
