//! `ferrodon stop`, `restart`, `reload` and `status`: talking with a running server by signals.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::ArgMatches;
use error::{Error, Result, error};
use postmaster::pid_file::{self, PidFile};
use system::process;
use system::signal::Signal;

use crate::arguments;
use crate::start::{OPTIONS_FILE, Start, start_server};

pub fn run_stop(matches: &ArgMatches) -> Result<i32> {
    let directory = arguments::data_directory(matches);
    let server = running(&directory)?;
    stop(&directory, &server, matches)?;
    println!("Server stopped.");
    Ok(0)
}

pub fn run_restart(matches: &ArgMatches) -> Result<i32> {
    let directory = arguments::data_directory(matches);
    match PidFile::read_live(&directory) {
        Some(server) => stop(&directory, &server, matches)?,
        None => println!("No server was running; starting one."),
    }
    let (settings, log) = read_options(&directory);
    start_server(&Start { directory, settings, log, in_background: true })
}

pub fn run_reload(matches: &ArgMatches) -> Result<i32> {
    let directory = arguments::data_directory(matches);
    let server = running(&directory)?;
    send(&server, Signal::HangUp)?;
    println!("Server signaled.");
    Ok(0)
}

pub fn run_status(matches: &ArgMatches) -> Result<i32> {
    let directory = arguments::data_directory(matches);
    if !directory.join("PG_VERSION").exists() {
        eprintln!("ferrodon: directory \"{}\" is not a database cluster directory", directory.display());
        return Ok(4);
    }
    match PidFile::read_live(&directory) {
        Some(server) => {
            println!("ferrodon: server is running (PID: {})", server.process);
            println!("port {}, socket directory \"{}\"", server.port, server.socket_directory);
            Ok(0)
        }
        None => {
            println!("ferrodon: no server running");
            Ok(3)
        }
    }
}

fn running(directory: &Path) -> Result<PidFile> {
    PidFile::read_live(directory).ok_or_else(|| {
        let path = directory.join(pid_file::NAME);
        match std::fs::File::open(&path) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
                Error::io(format_args!("could not open PID file \"{}\"", path.display()), &cause)
            }
            _ => error!(CANNOT_CONNECT_NOW, "no server is running in directory \"{}\"", directory.display()),
        }
    })
}

fn send(server: &PidFile, number: Signal) -> Result<()> {
    process::kill(server.process, number).map_err(|cause| {
        Error::io(format_args!("could not signal the server (PID: {})", server.process), &cause)
    })
}

fn stop(directory: &Path, server: &PidFile, matches: &ArgMatches) -> Result<()> {
    let number = match matches.get_one::<String>("mode").map(String::as_str) {
        Some("smart") => Signal::Terminate,
        Some("immediate") => Signal::Quit,
        _ => Signal::Interrupt,
    };
    let limit = Duration::from_secs(matches.get_one::<u64>("timeout").copied().unwrap_or(60));
    send(server, number)?;
    let deadline = Instant::now() + limit;
    while process::exists(server.process) && pid_file::is_live(directory) {
        if Instant::now() > deadline {
            return Err(error!(CANNOT_CONNECT_NOW, "server does not shut down").hint(
                "The default mode \"fast\" ends sessions; mode \"immediate\" does not even wait for them.",
            ));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// The options of the last start.
fn read_options(directory: &Path) -> (Vec<(String, String)>, Option<PathBuf>) {
    let text = std::fs::read_to_string(directory.join(OPTIONS_FILE)).unwrap_or_default();
    let log = text.lines().find_map(|line| line.strip_prefix("-l ")).map(PathBuf::from);
    let settings = text
        .lines()
        .filter(|line| !line.starts_with("-l "))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect();
    (settings, log)
}
