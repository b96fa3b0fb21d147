//! `ferrodon start`: a server in the foreground, or left running in the background.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use background::log;
use clap::ArgMatches;
use error::{Error, Result, Severity, error};
use postmaster::StartOptions;
use postmaster::data_directory::{self, Found};
use postmaster::pid_file::{PidFile, Status};
use system::process::{self, Exit, Fork, ProcessId};

use crate::{arguments, assembly, directory, initialize};

/// What `restart` reads: the options that the server was started with, one a line.
pub const OPTIONS_FILE: &str = "postmaster.opts";
/// The log of a server in the background whose log nobody named.
const DEFAULT_LOG: &str = "server.log";
/// How long recovery may take before `start --background` stops waiting for it.
const READY_WITHIN: Duration = Duration::from_secs(600);
/// Between two looks whether it is.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(32);

pub struct Start {
    pub directory: PathBuf,
    pub settings: Vec<(String, String)>,
    pub log: Option<PathBuf>,
    pub in_background: bool,
}

pub fn run(matches: &ArgMatches) -> Result<i32> {
    let start = Start {
        directory: arguments::data_directory(matches),
        settings: arguments::settings(matches)?,
        // Whoever restarts the server may stand elsewhere.
        log: matches.get_one::<PathBuf>("log").map(|path| std::path::absolute(path).unwrap_or(path.clone())),
        in_background: matches.get_flag("background"),
    };
    if matches!(data_directory::look(&start.directory)?, Found::Nothing | Found::Empty) {
        let request = initialize::Request {
            superuser: "postgres".to_string(),
            method: "trust".to_string(),
            password: None,
        };
        let code = initialize::make_cluster(&start.directory, &request)?;
        if code != 0 {
            return Ok(code);
        }
        println!("Made a new cluster in {}.", start.directory.display());
    }
    start_server(&start)
}

/// Starts the server; in the foreground it returns at the server's end.
/// # Errors
/// What hinders the start before the server has a log of its own.
pub fn start_server(start: &Start) -> Result<i32> {
    let log_file = match &start.log {
        Some(path) => Some(open_log(path)?),
        None if start.in_background => Some(open_log(&start.directory.join(DEFAULT_LOG))?),
        None => None,
    };
    if !start.in_background {
        return serve(start, log_file);
    }
    match process::fork().map_err(|cause| Error::io("could not fork process", &cause))? {
        Fork::Child => {
            let failed = |cause: std::io::Error| Error::io("could not leave the terminal", &cause);
            let detached = process::start_session().map_err(failed).and_then(|()| silence_input());
            let code = detached.and_then(|()| serve(start, log_file)).unwrap_or_else(|error| {
                log::report(error.with_severity(Severity::Fatal).report());
                1
            });
            process::exit_immediately(code)
        }
        Fork::Parent(server) => wait_until_ready(start, server),
    }
}

fn serve(start: &Start, log_file: Option<File>) -> Result<i32> {
    let full = directory::enter(&start.directory, false)?;
    if let Some(file) = log_file {
        let failed = |cause: rustix::io::Errno| Error::io("could not redirect the log", &cause.into());
        rustix::stdio::dup2_stderr(&file).map_err(failed)?;
        if start.in_background {
            rustix::stdio::dup2_stdout(&file).map_err(failed)?;
        }
    }
    if !start.in_background {
        print_how_to_connect(&full, &start.settings);
    }
    save_options(start, &full);
    let options =
        StartOptions { directory: full, settings: start.settings.clone(), hooks: assembly::hooks() };
    Ok(postmaster::run(options))
}

/// Without it a restart would lose the options; that is no reason not to start.
fn save_options(start: &Start, full: &str) {
    let is_ours = data_directory::check(full).is_ok();
    if !is_ours || PidFile::read_live(Path::new(".")).is_some() {
        return;
    }
    let mut text = String::new();
    for (name, value) in &start.settings {
        text += &format!("{name}={value}\n");
    }
    if let Some(log) = &start.log {
        text += &format!("-l {}\n", log.display());
    }
    let _ = std::fs::write(OPTIONS_FILE, text);
}

fn print_how_to_connect(full: &str, settings: &[(String, String)]) {
    // Faults of the files are told by the server itself.
    let mut probe = config::Settings::new();
    for entry in config::file::read(&format!("{full}/postgresql.conf"), true).entries {
        let source = config::Source::File { file: entry.file.as_str().into(), line: entry.line };
        let _ = probe.set_from(&entry.name, &entry.value, source);
    }
    for (name, value) in settings {
        let _ = probe.set_from(name, value, config::Source::CommandLine);
    }
    let sockets = probe.text(config::Id::UnixSocketDirectories).to_string();
    let host = sockets.split(',').next().map(str::trim).filter(|name| !name.is_empty());
    println!(
        "Connect with:\n\n    psql -h {} -p {} -U postgres postgres\n",
        host.unwrap_or("localhost"),
        probe.integer(config::Id::Port)
    );
}

fn open_log(path: &Path) -> Result<File> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(|cause| Error::io(format_args!("could not open log file \"{}\"", path.display()), &cause))
}

fn silence_input() -> Result<()> {
    let failed = |cause: std::io::Error| Error::io("could not open file \"/dev/null\"", &cause);
    let silent = File::open("/dev/null").map_err(failed)?;
    rustix::stdio::dup2_stdin(&silent).map_err(|cause| failed(cause.into()))
}

fn wait_until_ready(start: &Start, server: ProcessId) -> Result<i32> {
    let deadline = Instant::now() + READY_WITHIN;
    let log = start.log.clone().unwrap_or_else(|| start.directory.join(DEFAULT_LOG));
    let mut pause = FIRST_PAUSE;
    loop {
        let ended = process::reap().map_err(|cause| Error::io("could not wait for the server", &cause))?;
        if let Some((ended, exit)) = ended
            && ended == server
        {
            let how = match exit {
                Exit::Code(code) => format!("exit code {code}"),
                Exit::Signal(number) => format!("signal {number}"),
            };
            return Err(error!(CANNOT_CONNECT_NOW, "could not start server")
                .detail(format!("It ended with {how}.{}", last_lines(&log)))
                .hint(format!("Examine the log output in \"{}\".", log.display())));
        }
        let found = PidFile::read(&start.directory).filter(|found| found.process == server);
        if let Some(found) = found.filter(|found| found.status == Some(Status::Ready)) {
            let host = match found.socket_directory.as_str() {
                "" => "localhost",
                directory => directory,
            };
            println!("Server started (PID {server}). Connect with:\n");
            println!("    psql -h {host} -p {} -U postgres postgres\n", found.port);
            return Ok(0);
        }
        if Instant::now() > deadline {
            return Err(error!(CANNOT_CONNECT_NOW, "server did not start in time")
                .hint("It may still be recovering; ask with \"ferrodon status\"."));
        }
        // Most servers are ready soon; one that recovers is not asked all the time.
        std::thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// The end of the log, from the last start on, for who has no eyes on it.
fn last_lines(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.iter().rposition(|line| line.contains("FATAL:") || line.contains("PANIC:"));
    match from {
        Some(at) => format!("\n{}", lines[at..].join("\n")),
        None => String::new(),
    }
}
