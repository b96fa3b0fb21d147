//! A server of a test's own, in a temporary directory and on a free port.
//!
//! At its end it is stopped and its log is read: a WARNING, ERROR, FATAL or PANIC that the test did not announce fails the test.
//!
//! With `FERRODON_TEST_AGAINST=DIRECTORY:PORT` scripts of sessions run against the server of that socket instead, each in a database
//! of its own: `FERRODON_TEST_AGAINST=/tmp:5432 cargo test -p ferrodon --test clients isolation` shows whether PostgreSQL gives the
//! answers that the tests expect.

use std::cell::RefCell;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use postgres::{Client, NoTls};
use storage_file::{Loss, undo_unsynced_writes};

use crate::session::Session;

const PATIENCE: Duration = Duration::from_secs(60);

pub struct Server {
    root: tempfile::TempDir,
    port: u16,
    settings: Vec<String>,
    /// Unsynced writes are noted, so that the power can be cut.
    has_journal: bool,
    /// The server looks for a script of faults.
    has_faults: bool,
    /// Bytes of temporary files that a process has room for.
    temporary_room: Option<u32>,
    announced: RefCell<Vec<String>>,
    other: Option<Other>,
}

/// A database in a server that runs already.
struct Other {
    directory: String,
    database: String,
}

impl Server {
    /// Starts a server with these settings, each `name=value`.
    pub fn start(settings: &[&str]) -> Server {
        Server::start_with(settings, |_| {})
    }

    /// Starts a server whose disk can fail and whose clock can jump, see [`Server::break_disk`] and [`Server::set_clock`].
    pub fn start_with_faults(settings: &[&str]) -> Server {
        Server::start_with(settings, |server| {
            server.has_faults = true;
            // The script of faults lies beside the cluster.
            server.settings.push("sandbox=off".into());
        })
    }

    /// Starts a server whose power can be cut.
    pub fn start_with_journal(settings: &[&str]) -> Server {
        Server::start_with(settings, |server| server.has_journal = true)
    }

    /// Starts a server whose disk is full for temporary files beyond this.
    pub fn start_with_room(settings: &[&str], bytes: u32) -> Server {
        Server::start_with(settings, |server| server.temporary_room = Some(bytes))
    }

    fn start_with(settings: &[&str], arrange: impl FnOnce(&mut Server)) -> Server {
        let root = tempfile::Builder::new().prefix("ferrodon").tempdir_in("/tmp").unwrap();
        std::fs::set_permissions(root.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = settings.iter().map(|setting| setting.to_string()).collect();
        let mut server = Server {
            root,
            port,
            settings,
            has_journal: false,
            has_faults: false,
            temporary_room: None,
            announced: RefCell::default(),
            other: None,
        };
        arrange(&mut server);
        match std::env::var("FERRODON_TEST_AGAINST") {
            Ok(place) => server.use_other(&place),
            Err(_) => server.start_again(),
        }
        server
    }

    fn use_other(&mut self, place: &str) {
        let (directory, port) = place.rsplit_once(':').expect("FERRODON_TEST_AGAINST is DIRECTORY:PORT");
        // The free port is a number that no other test has now.
        let database = format!("test_{}", std::mem::replace(&mut self.port, port.parse().unwrap()));
        self.other = Some(Other { directory: directory.into(), database: "postgres".into() });
        self.ask(&format!("DROP DATABASE IF EXISTS {database}"));
        self.ask(&format!("CREATE DATABASE {database}"));
        self.other = Some(Other { directory: directory.into(), database });
    }

    /// Starts the server on the directory that a stopped or killed one left.
    pub fn start_again(&self) {
        if let Err(text) = self.try_start_again() {
            panic!("{text}");
        }
    }

    /// The same, for a server that may have reasons not to start; gives what it says then.
    pub fn try_start_again(&self) -> Result<(), String> {
        let (port, sockets) = (self.port.to_string(), self.directory().to_str().unwrap());
        let mut words = vec!["start", "--background", "-p", &port, "-k", sockets];
        for setting in &self.settings {
            words.extend(["-c", setting]);
        }
        let output = self.ferrodon(&words);
        if output.status.success() { Ok(()) } else { Err(format!("{}\n{}", text_of(&output), self.log())) }
    }

    /// Stops the server as its administrator would.
    pub fn stop(&self) {
        let output = self.ferrodon(&["stop", "-m", "fast"]);
        assert!(output.status.success(), "{}\n{}", text_of(&output), self.log());
    }

    /// Says that the log may contain lines with this text.
    pub fn announce(&self, text: &str) {
        self.announced.borrow_mut().push(text.to_string());
    }

    /// A connection of the driver.
    pub fn connect(&self) -> Client {
        self.try_connect().unwrap()
    }

    pub fn try_connect(&self) -> Result<Client, postgres::Error> {
        self.configuration().connect(NoTls)
    }

    /// Where and as whom the driver connects.
    pub fn configuration(&self) -> postgres::Config {
        let mut configuration = postgres::Config::new();
        configuration.port(self.port).user("postgres");
        match &self.other {
            None => configuration.host_path(self.directory()).dbname("postgres"),
            Some(other) => {
                let options: Vec<String> =
                    self.settings.iter().map(|setting| format!("-c {setting}")).collect();
                configuration.host_path(&other.directory).dbname(&other.database).options(&options.join(" "))
            }
        };
        configuration
    }

    /// The same over TCP.
    pub fn configuration_over_tcp(&self) -> postgres::Config {
        let mut configuration = postgres::Config::new();
        configuration.host("127.0.0.1").port(self.port).user("postgres").dbname("postgres");
        configuration
    }

    /// A session in a thread of its own, so that it can wait.
    pub fn session(&self) -> Session {
        Session::new(self.connect())
    }

    /// Runs statements and gives the rows of the last result, columns parted by `|` and rows by spaces.
    pub fn ask(&self, statements: &str) -> String {
        crate::session::ask(&mut self.connect(), statements)
    }

    /// A client program with its connection options; `None` where there are no client programs.
    pub fn client_program(&self, name: &str) -> Option<Command> {
        let folder = std::env::var_os("FERRODON_CLIENTS")?;
        let mut command = Command::new(Path::new(&folder).join(name));
        command.args([
            "-h",
            self.directory().to_str().unwrap(),
            "-p",
            &self.port.to_string(),
            "-U",
            "postgres",
        ]);
        command.env("LC_ALL", "C").stdin(Stdio::null());
        Some(command)
    }

    /// Kills the postmaster and every process that it started, as a crash of the machine would.
    pub fn kill(&self) {
        let mut victims = vec![self.postmaster()];
        victims.extend(self.children().into_iter().map(|(child, _)| child));
        signal("KILL", &victims);
        wait_for("the end of all processes", || victims.iter().all(|victim| !is_running(victim)));
    }

    /// Kills everything and takes back writes that were not synced: some are lost, some torn, some kept, as `seed` will have it.
    /// Gives how many were lost or torn.
    pub fn cut_power(&self, seed: u64) -> usize {
        self.kill();
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        // Every fourth time all are lost, as with a disk that writes nothing unless told to.
        let loses_all = seed % 4 == 3;
        let fate = |_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            match state % 4 {
                _ if loses_all => Loss::Lost,
                0 => Loss::Kept,
                1 => Loss::Torn,
                _ => Loss::Lost,
            }
        };
        undo_unsynced_writes(&self.data(), &self.journal(), fate).unwrap()
    }

    /// The Unix-domain socket, for clients that speak for themselves.
    pub fn socket(&self) -> PathBuf {
        self.directory().join(format!(".s.PGSQL.{}", self.port))
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    fn journal(&self) -> PathBuf {
        self.directory().join("journal")
    }

    /// Lets operations on files fail: `extend base/ 28` is a full disk; `storage_file`'s `Faults` has the form of the script.
    pub fn break_disk(&self, script: &str) {
        let draft = self.directory().join("faults.draft");
        std::fs::write(&draft, script).unwrap();
        std::fs::rename(draft, self.faults()).unwrap();
    }

    /// Ends all faults.
    pub fn mend_disk(&self) {
        // One that happened once is gone already.
        let _ = std::fs::remove_file(self.faults());
    }

    /// Sets the server's wall clock so many seconds forward, or back.
    pub fn set_clock(&self, seconds: i64) {
        std::fs::write(self.clock(), seconds.to_string()).unwrap();
    }

    fn clock(&self) -> PathBuf {
        self.directory().join("clock")
    }

    fn faults(&self) -> PathBuf {
        self.directory().join("faults")
    }

    /// Nothing is wrong with any table or index, of the system's or the test's.
    pub fn verify(&self) {
        let problems = "SELECT c.relname, v.blkno, v.offnum, v.attnum, v.msg \
            FROM pg_class c, verify_heapam(c.oid) v WHERE c.relkind IN ('r', 't', 'S')";
        assert_eq!(self.ask(problems), "");
        let mut client = self.connect();
        for index in client.query("SELECT indexrelid::regclass::text FROM pg_index", &[]).unwrap() {
            let index: String = index.get(0);
            client.batch_execute(&format!("SELECT bt_index_check('{index}', true)")).unwrap();
        }
    }

    /// Sends a signal to one process of a session.
    pub fn signal_a_session(&self, name: &str) {
        let sessions = self.sessions();
        signal(name, &[sessions.first().expect("no session to signal").clone()]);
    }

    /// Kills one session, the `choice`th in a circle; false when there is none.
    pub fn kill_a_session(&self, choice: usize) -> bool {
        let sessions = self.sessions();
        let Some(victim) = sessions.get(choice % sessions.len().max(1)) else { return false };
        self.kill_process(victim);
        true
    }

    pub fn kill_process(&self, victim: &str) {
        signal("KILL", &[victim.to_string()]);
        wait_for("the end of a session", || !is_running(victim));
    }

    pub fn session_count(&self) -> usize {
        self.sessions().len()
    }

    /// The processes of established sessions.
    fn sessions(&self) -> Vec<String> {
        let children = self.children().into_iter();
        children.filter(|(_, title)| title.contains("postgres postgres")).map(|(child, _)| child).collect()
    }

    /// The postmaster and its children.
    pub fn processes(&self) -> Vec<String> {
        let children = self.children().into_iter().map(|(child, _)| child);
        std::iter::once(self.postmaster()).chain(children).collect()
    }

    /// How many processes have titles with this text.
    pub fn processes_titled(&self, text: &str) -> usize {
        self.children().iter().filter(|(_, title)| title.contains(text)).count()
    }

    /// Waits until the log has this text so many times.
    pub fn wait_for_log(&self, text: &str, count: usize) {
        wait_for(text, || self.log().matches(text).count() >= count);
    }

    /// Waits until somebody can connect, after a restart by the server itself; starts it if it gave up.
    pub fn bring_back(&self) {
        let is_gone = || self.postmaster_if_any().is_none_or(|postmaster| !is_running(&postmaster));
        wait_for("the server's return", || is_gone() || self.try_connect().is_ok());
        if is_gone() {
            self.start_again();
        }
    }

    fn postmaster_if_any(&self) -> Option<String> {
        let file = std::fs::read_to_string(self.data().join("postmaster.pid")).ok()?;
        Some(file.lines().next()?.to_string())
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.data().join("server.log")).unwrap_or_default()
    }

    /// Process ids and titles of the postmaster's children.
    fn children(&self) -> Vec<(String, String)> {
        let postmaster = self.postmaster();
        let list = std::fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children")).unwrap();
        list.split_whitespace().map(|child| (child.to_string(), title(child))).collect()
    }

    fn postmaster(&self) -> String {
        let file = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap();
        file.lines().next().unwrap().to_string()
    }

    /// The name of a file that the server and the test can reach.
    pub fn file(&self, name: &str) -> String {
        self.directory().join(name).display().to_string()
    }

    fn directory(&self) -> &Path {
        self.root.path()
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.directory().join("data")
    }

    fn ferrodon(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ferrodon"));
        if self.has_journal {
            command.env("FERRODON_POWER_CUT_JOURNAL", self.journal());
        }
        if self.has_faults {
            command.env("FERRODON_FAULTS", self.faults()).env("FERRODON_CLOCK", self.clock());
        }
        if let Some(bytes) = self.temporary_room {
            command.env("FERRODON_TEMPORARY_ROOM", bytes.to_string());
        }
        command.arg(words[0]).arg("-D").arg(self.data()).args(&words[1..]).output().unwrap()
    }

    fn check_log(&self) {
        let announced = self.announced.borrow();
        let is_bad = |line: &&str| {
            ["WARNING:  ", "ERROR:  ", "FATAL:  ", "PANIC:  "].iter().any(|level| line.contains(level))
        };
        // The stop may reach a session before it has noticed that its client left.
        let is_end = |line: &&str| line.contains("terminating connection due to administrator command");
        let log = self.log();
        let unexpected: Vec<&str> = log
            .lines()
            .filter(is_bad)
            .filter(|line| !is_end(line))
            .filter(|line| !announced.iter().any(|text| line.contains(text)))
            .collect();
        assert!(unexpected.is_empty(), "unexpected in the server log:\n{}", unexpected.join("\n"));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.other.is_some() {
            return;
        }
        let mode = if std::thread::panicking() { "immediate" } else { "fast" };
        let output = self.ferrodon(&["stop", "-m", mode]);
        if !std::thread::panicking() {
            assert!(output.status.success(), "{}\n{}", text_of(&output), self.log());
            let output = self.ferrodon(&["checksums"]);
            assert!(output.status.success(), "{}", text_of(&output));
            self.check_log();
        }
    }
}

/// What a program printed, after it ended well.
#[track_caller]
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", text_of(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// Waits until a condition holds.
#[track_caller]
pub fn wait_for(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The title of a process, empty if there is none.
pub fn title(process: &str) -> String {
    let words = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&words).replace('\0', " ")
}

/// The kernel's letter for a process's state, if there is the process.
pub fn process_state(process: &str) -> Option<char> {
    let line = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    line.rsplit(')').next()?.trim_start().chars().next()
}

fn is_running(process: &str) -> bool {
    !matches!(process_state(process), None | Some('Z'))
}

fn signal(name: &str, processes: &[String]) {
    // One of them may have ended by itself; that is no fault.
    Command::new("kill").arg(format!("-{name}")).args(processes).stderr(Stdio::null()).status().unwrap();
}

fn text_of(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}
