//! The servers that are compared: how each is made, started, stopped and asked.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::{Result, clients};

/// Names the folder of PostgreSQL's server programs.
pub const VARIABLE: &str = "FERRODON_POSTGRES";

/// Where they may be if the variable is not set.
const USUAL_FOLDERS: [&str; 3] = ["/usr/lib/postgresql/18/bin", "/usr/pgsql-18/bin", "/usr/local/pgsql/bin"];

/// The account without privileges that PostgreSQL runs as when the bench runs as root.
const NOBODY: u32 = 65534;

/// Settings of both servers.
const SETTINGS: [&str; 6] = [
    "shared_buffers=1GB",
    "max_wal_size=8GB",
    "checkpoint_timeout=30min",
    "max_connections=100",
    "listen_addresses=",
    "log_min_messages=fatal",
];

pub struct Tools {
    pub clients: PathBuf,
    pub postgres: Option<PathBuf>,
    ferrodon: PathBuf,
}

impl Tools {
    /// Builds the server and finds the programs.
    /// # Errors
    /// What is missing.
    pub fn find(root: &Path) -> Result<Tools> {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        let built = crate::cargo(root).args(["build", "--release", "--package", "ferrodon"]).status();
        if !built.is_ok_and(|status| status.success()) {
            return Err("the server could not be built".into());
        }
        let named = std::env::var_os(VARIABLE).map(PathBuf::from);
        let postgres = named.into_iter().chain(USUAL_FOLDERS.map(PathBuf::from));
        let mut postgres = postgres.filter(|folder| folder.join("postgres").exists());
        Ok(Tools {
            clients: clients::locate(&target)?,
            postgres: postgres.next(),
            ferrodon: target.join("release/ferrodon"),
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Ferrodon,
    PostgreSql,
}

pub struct Server {
    kind: Kind,
    programs: PathBuf,
    clients: PathBuf,
    root: tempfile::TempDir,
    port: u16,
    is_running: bool,
    /// Made for their time.
    clusters: usize,
}

impl Server {
    pub fn new(kind: Kind, tools: &Tools) -> Result<Server> {
        let failed = |error: std::io::Error| format!("could not make a directory for the bench: {error}");
        let root = tempfile::Builder::new().prefix("ferrodon-bench").tempdir_in("/tmp").map_err(failed)?;
        std::fs::set_permissions(root.path(), std::fs::Permissions::from_mode(0o777)).map_err(failed)?;
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = free.map_err(|error| format!("no port is free: {error}"))?.port();
        let programs = match kind {
            Kind::Ferrodon => tools.ferrodon.clone(),
            Kind::PostgreSql => tools.postgres.clone().unwrap_or_default(),
        };
        Ok(Server {
            kind,
            programs,
            clients: tools.clients.clone(),
            root,
            port,
            is_running: false,
            clusters: 0,
        })
    }

    /// Makes the cluster.
    pub fn make(&self) -> Result<()> {
        self.init(&self.data())
    }

    fn init(&self, directory: &Path) -> Result<()> {
        let mut command = match self.kind {
            Kind::Ferrodon => {
                let mut command = Command::new(&self.programs);
                command.args(["init", "--username", "postgres"]);
                command
            }
            Kind::PostgreSql => {
                std::fs::create_dir(directory).map_err(|error| error.to_string())?;
                let mut command = self.unprivileged("initdb", directory);
                command.args(["-A", "trust", "-E", "UTF8", "--no-locale", "-U", "postgres"]);
                command
            }
        };
        run(command.arg("-D").arg(directory)).map(|_| ())
    }

    /// Seconds that it takes to make a cluster.
    ///
    /// It is removed when the bench ends: some file systems look for long before they use again what was freed just now (ext4 without
    /// a journal for minutes), so that the next cluster's time would be that of the removal of the last.
    pub fn time_of_init(&mut self) -> Result<f64> {
        self.clusters += 1;
        let directory = self.root.path().join(format!("cluster{}", self.clusters));
        let start = Instant::now();
        self.init(&directory)?;
        Ok(start.elapsed().as_secs_f64())
    }

    /// Returns when it accepts connections.
    pub fn start(&mut self) -> Result<()> {
        let (sockets, port) = (self.root.path().display().to_string(), self.port.to_string());
        match self.kind {
            Kind::Ferrodon => {
                let mut command = Command::new(&self.programs);
                command.args(["start", "--background", "-p", &port, "-k", &sockets]);
                command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
                // The memory of its sessions is to be measured.
                command.args(["-c", "allow_core_dumps=on"]);
                run(command.arg("-D").arg(self.data()))?;
            }
            Kind::PostgreSql => {
                let mut options = format!("-p {port} -k {sockets}");
                SETTINGS.iter().for_each(|setting| options.push_str(&format!(" -c {setting}")));
                let mut command = self.unprivileged("pg_ctl", &self.data());
                command
                    .args(["start", "-w", "-o", &options, "-l"])
                    .arg(self.root.path().join("postgres.log"));
                run(command.arg("-D").arg(self.data()))?;
            }
        }
        self.is_running = true;
        Ok(())
    }

    pub fn stop(&mut self, mode: &str) -> Result<()> {
        let mut command = match self.kind {
            Kind::Ferrodon => Command::new(&self.programs),
            Kind::PostgreSql => self.unprivileged("pg_ctl", &self.data()),
        };
        self.is_running = false;
        run(command.args(["stop", "-m", mode, "-D"]).arg(self.data())).map(|_| ())
    }

    /// pgbench's tables.
    pub fn initialize(&self, scale: u32) -> Result<()> {
        let mut command = self.client("pgbench", "postgres");
        run(command.args(["-i", "-q", "-s", &scale.to_string(), "postgres"])).map(|_| ())
    }

    /// A client program that connects here.
    pub fn client(&self, name: &str, user: &str) -> Command {
        let mut command = Command::new(self.clients.join(name));
        command.arg("-h").arg(self.root.path()).args(["-p", &self.port.to_string(), "-U", user]);
        command.env("LC_ALL", "C");
        command
    }

    pub fn ask(&self, statement: &str) -> Result<String> {
        run(self.client("psql", "postgres").args(["-X", "-A", "-t", "-c", statement, "postgres"]))
    }

    /// Kilobytes that the process of a session has written and no other has, after one statement.
    pub fn private_memory_of_idle_session(&self) -> Result<f64> {
        let mut command = self.client("psql", "postgres");
        let mut session = command
            .args(["-X", "-A", "-t", "-n", "postgres"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let figure = (|| -> Option<f64> {
            session.stdin.as_mut()?.write_all(b"SELECT pg_backend_pid();\n").ok()?;
            let mut process = String::new();
            BufReader::new(session.stdout.as_mut()?).read_line(&mut process).ok()?;
            let map = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", process.trim())).ok()?;
            let kilobytes = map.lines().filter(|line| line.starts_with("Private_Dirty")).map(|line| {
                line.split_whitespace().nth(1).and_then(|number| number.parse::<f64>().ok()).unwrap_or(0.0)
            });
            Some(kilobytes.sum())
        })();
        drop(session.stdin.take());
        session.wait().map_err(|error| error.to_string())?;
        figure.ok_or_else(|| "the memory of a session could not be read".into())
    }

    fn data(&self) -> PathBuf {
        self.root.path().join("data")
    }

    /// A program of PostgreSQL's, which refuses to run as root. The directory becomes its account's.
    fn unprivileged(&self, name: &str, directory: &Path) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.current_dir("/");
        if std::fs::metadata("/proc/self").is_ok_and(|data| data.uid() == 0) {
            // If it fails, the program says so.
            let _ = chown(directory, Some(NOBODY), Some(NOBODY));
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.is_running {
            let _ = self.stop("immediate");
        }
    }
}

/// What a program printed.
/// # Errors
/// Its words, if it failed.
pub fn run(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    // A server that stays must not keep a pipe of ours open: output goes through a file.
    let mut kept = tempfile::tempfile().map_err(|error| error.to_string())?;
    let copy = || kept.try_clone().map_err(|error| error.to_string());
    let status = command.stdin(Stdio::null()).stdout(copy()?).stderr(copy()?).status();
    let mut text = String::new();
    std::io::Seek::rewind(&mut kept).map_err(|error| error.to_string())?;
    std::io::Read::read_to_string(&mut kept, &mut text).map_err(|error| error.to_string())?;
    match status {
        Ok(status) if status.success() => Ok(text),
        Ok(_) => Err(format!("{name} failed:\n{text}")),
        Err(error) => Err(format!("could not run {name}: {error}")),
    }
}
