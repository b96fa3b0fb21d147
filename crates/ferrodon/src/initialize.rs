//! `ferrodon init`: a new cluster in a directory.

use std::path::{Path, PathBuf};

use background::{ServerState, startup};
use clap::ArgMatches;
use common::{ForkNumber, Oid, RelationFile, TransactionId};
use config::{Id, Settings, Value};
use error::{Error, Result, error};
use postmaster::data_directory::{self, Found, VERSION};
use recovery::CheckpointKind;
use shared_memory::ProcessKind;
use storage_file::{Files, GLOBAL_TABLESPACE, OpenFile};
use storage_wal::{ControlFile, FIRST_LSN};
use system::process::{self, Exit, Fork};
use system::{clock, random};

use crate::assembly::{self, BootstrapOptions};
use crate::{arguments, directory, print_error, templates};

const DIRECTORIES: [&str; 6] = ["base", "global", "pg_wal", "pg_tblspc", "pg_stat", "log"];
/// Directories whose entries have to be durable: with the files themselves, this is the whole cluster.
const SYNCED_DIRECTORIES: [&str; 7] = ["base/1", "base/4", "base/5", "base", "global", "pg_wal", "."];
/// Processes that share the work of making the new files durable.
const SYNC_PROCESSES: usize = 6;
/// Relations of the commit log and its kin.
const TRANSACTION_RELATIONS: std::ops::RangeInclusive<u32> = 1..=3;

/// What a new cluster is to be like.
pub struct Request {
    pub superuser: String,
    pub method: String,
    pub password: Option<String>,
}

pub fn run(matches: &ArgMatches) -> Result<i32> {
    let path = arguments::data_directory(matches);
    let text = |name: &str| matches.get_one::<String>(name).cloned().unwrap_or_default();
    let password = match matches.get_one::<PathBuf>("password-file") {
        Some(file) => Some(read_password(file)?),
        None => None,
    };
    let request = Request { superuser: text("username"), method: text("auth"), password };
    if request.password.is_none() && matches!(request.method.as_str(), "scram-sha-256" | "password") {
        return Err(error!(
            INVALID_PARAMETER_VALUE,
            "must specify a password for the superuser to enable password authentication"
        )
        .hint("Name a file with --password-file."));
    }
    if request.superuser.starts_with("pg_") {
        return Err(error!(
            RESERVED_NAME,
            "superuser name \"{}\" is disallowed; role names cannot begin with \"pg_\"", request.superuser
        ));
    }
    match data_directory::look(&path)? {
        Found::Nothing | Found::Empty => {}
        Found::Something => {
            return Err(error!(DUPLICATE_FILE, "directory \"{}\" exists but is not empty", path.display())
                .hint("Name another directory with -D, or remove what is in this one."));
        }
    }
    let code = make_cluster(&path, &request)?;
    if code == 0 {
        println!("Made a new cluster in {}, with superuser \"{}\".", path.display(), request.superuser);
        if request.method == "trust" {
            println!("Clients on this machine are let in without a password; see pg_hba.conf and --auth.");
        }
        println!("Start it with:\n\n    ferrodon start -D {}\n", path.display());
    }
    Ok(code)
}

/// Makes the cluster in a process of its own, which may leave root behind; gives its exit code.
/// # Errors
/// When there can be no such process.
pub fn make_cluster(path: &Path, request: &Request) -> Result<i32> {
    let failed = |cause: std::io::Error| Error::io("could not fork process", &cause);
    match process::fork().map_err(failed)? {
        Fork::Parent(child) => match process::wait_for(child).map_err(failed)? {
            Exit::Code(code) => Ok(code),
            Exit::Signal(number) => {
                Err(error!(INTERNAL_ERROR, "making the cluster was ended by signal {number}"))
            }
        },
        Fork::Child => {
            let made = make(path, request);
            if let Err(error) = &made {
                print_error(error);
            }
            process::exit_immediately(i32::from(made.is_err()))
        }
    }
}

fn make(path: &Path, request: &Request) -> Result<()> {
    process::set_file_mask(0o077);
    directory::enter(path, true)?;
    let made = fill(request);
    if made.is_err() {
        empty_directory();
    }
    made
}

fn fill(request: &Request) -> Result<()> {
    for name in DIRECTORIES {
        std::fs::create_dir(name)
            .map_err(|cause| Error::io(format_args!("could not create directory \"{name}\""), &cause))?;
    }
    let mut settings = Settings::new();
    for (id, value) in [(Id::SharedBuffers, 2048), (Id::MaxConnections, 4)] {
        settings.set_override(id, Value::Integer(value));
    }
    let state = ServerState::create(&settings)?;
    let _claim = state.claim(ProcessKind::Standalone)?;
    state.wal.start(1, FIRST_LSN, FIRST_LSN)?;
    // The disk gets the largest file first, and has the time of all that follows for it.
    state.wal.make_segment_ahead()?;
    state.wal.discard_records(true);
    state.transactions().initialize(TransactionId::FIRST_NORMAL, Oid::FIRST_NORMAL);
    for number in TRANSACTION_RELATIONS {
        let file =
            RelationFile { tablespace: GLOBAL_TABLESPACE, database: Oid::INVALID, relation: Oid(number) };
        state.pool.create(file, ForkNumber::Main)?;
    }
    let password = match &request.password {
        Some(password) => {
            let iterations = settings.integer(Id::ScramIterations) as u32;
            Some(authentication::scram::Verifier::generate(password, iterations)?.to_string())
        }
        None => None,
    };
    let options = BootstrapOptions { superuser: request.superuser.clone(), password };
    assembly::bootstrap(state, &options)?;
    state.pool.checkpoint(&mut |_, _| Ok(()))?;
    sync_together(state.files)?;
    state.wal.discard_records(false);
    let configuration = [
        ("postgresql.conf", templates::main_configuration()),
        ("postgresql.auto.conf", templates::AUTOMATIC_CONFIGURATION.to_string()),
        ("pg_hba.conf", templates::hba(&request.method)),
        ("pg_ident.conf", templates::IDENT.to_string()),
    ];
    let configuration = configuration.iter().map(|(name, text)| write_file(state.files, name, text));
    let configuration = configuration.collect::<Result<Vec<OpenFile>>>()?;
    let random = random::number().map_err(|cause| Error::io("could not get random bytes", &cause))?;
    // Time in the high half keeps identifiers readable; chance in the low half keeps them apart.
    let seconds = (clock::wall_us() / 1_000_000) as u64;
    let mut control = ControlFile::new(seconds << 32 | random & 0xffff_ffff);
    startup::checkpoint_alone(state, &mut control, CheckpointKind::Shutdown)?;
    configuration.iter().try_for_each(|file| file.sync(state.files.faults()))?;
    SYNCED_DIRECTORIES.iter().try_for_each(|name| state.files.sync_directory_of(&format!("{name}/any")))?;
    // The last: a directory without it is no cluster.
    state.files.replace_small("PG_VERSION", format!("{VERSION}\n").as_bytes())
}

/// Makes the relations' files durable by several processes: a disk is told of many small files at once sooner than of one after the
/// other.
fn sync_together(files: &Files) -> Result<()> {
    let failed = |cause: std::io::Error| Error::io("could not fork process", &cause);
    let mut children = Vec::new();
    for part in 1..SYNC_PROCESSES {
        match process::fork().map_err(failed)? {
            Fork::Parent(child) => children.push(child),
            Fork::Child => {
                let synced = files.sync_part(part, SYNC_PROCESSES);
                if let Err(error) = &synced {
                    print_error(error);
                }
                process::exit_immediately(i32::from(synced.is_err()))
            }
        }
    }
    let mut synced = files.sync_part(0, SYNC_PROCESSES);
    for child in children {
        let exit = process::wait_for(child).map_err(failed)?;
        if exit != Exit::Code(0) && synced.is_ok() {
            synced = Err(error!(IO_ERROR, "could not make the new files durable"));
        }
    }
    synced
}

/// Makes a file that is not durable yet.
fn write_file(files: &Files, name: &str, text: &str) -> Result<OpenFile> {
    let failed =
        |cause: std::io::Error| Error::io(format_args!("could not write to file \"{name}\""), &cause);
    let file = OpenFile::create(files.root(), name, true).map_err(failed)?;
    file.write_at(text.as_bytes(), 0, files.faults()).map_err(failed)?;
    file.start_writing();
    Ok(file)
}

/// Takes back what was made in the directory, which was empty before.
fn empty_directory() {
    for entry in std::fs::read_dir(".").into_iter().flatten().flatten() {
        let path = entry.path();
        let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
        // What cannot be removed stays, and the next attempt says that the directory is not empty.
        let _ = if is_directory { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
    }
}

fn read_password(file: &Path) -> Result<String> {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|cause| Error::io(format_args!("could not open file \"{shown}\" for reading"), &cause))?;
    match text.lines().next() {
        Some(password) if !password.is_empty() => Ok(password.to_string()),
        _ => Err(error!(INVALID_PARAMETER_VALUE, "password file \"{shown}\" is empty")),
    }
}
