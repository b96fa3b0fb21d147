//! The archiver: hands each finished segment of the log to `archive_command`, oldest first, until the command says that it has it.
//!
//! ```text
//! pg_wal/archive_status/SEGMENT.ready     to be archived
//! pg_wal/archive_status/SEGMENT.done      archived: a checkpoint may remove or recycle the segment
//! ```
//! Marks are the archiver's alone: it finds segments that are full and durable, so that nobody who commits makes files for it. A segment
//! without mark counts as not archived. The WAL writer wakes it when a segment is full, and fills one early for `archive_timeout`.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use common::Lsn;
use config::{Id, Settings};
use error::{Error, Result, Severity, error};
use shared_memory::{ProcessKind, WaitEvent, Waiting, shared_struct};
use storage_wal::{SEGMENT_SIZE, parse_segment_name, segment_name};
use system::clock;
use system::process;
use system::signal::{self, Signal};

use crate::log;
use crate::process_loop::{Loop, Wake, ended_by};
use crate::state::ServerState;

const STATUS_DIRECTORY: &str = "pg_wal/archive_status";
/// Attempts at one segment before a longer pause.
const ATTEMPTS: usize = 3;
const BETWEEN_ATTEMPTS: Duration = Duration::from_secs(1);
const BETWEEN_ROUNDS: Duration = Duration::from_secs(60);

shared_struct! {
    /// What `pg_stat_archiver` shows. Segments are their start with the timeline in the lower bits, 0 for none; times are microseconds
    /// since 1970.
    pub struct ArchiverStatistics {
        pub archived: AtomicU64,
        pub failed: AtomicU64,
        last_archived: AtomicU64,
        last_failed: AtomicU64,
        pub last_archived_us: AtomicI64,
        pub last_failed_us: AtomicI64,
        pub reset_us: AtomicI64,
        /// The last time a segment was filled for `archive_timeout` only: from where to where.
        switched_from: AtomicU64,
        switched_to: AtomicU64,
    }
}

impl ArchiverStatistics {
    /// Names of the segments that were archived last and failed last.
    pub fn last_names(&self) -> [Option<String>; 2] {
        [&self.last_archived, &self.last_failed].map(|word| match word.load(Ordering::Relaxed) {
            0 => None,
            word => Some(segment_name((word % SEGMENT_SIZE) as u32, Lsn(word - word % SEGMENT_SIZE))),
        })
    }

    /// Nothing was logged from the one position to the other but the end of a segment.
    pub(crate) fn only_switched(&self, from: Lsn, to: Lsn) -> bool {
        self.switched_from.load(Ordering::Relaxed) == from.0
            && self.switched_to.load(Ordering::Relaxed) == to.0
    }

    pub(crate) fn note_switch(&self, from: Lsn, to: Lsn) {
        self.switched_from.store(from.0, Ordering::Relaxed);
        self.switched_to.store(to.0, Ordering::Relaxed);
    }

    pub(crate) fn reset(&self, now_us: i64) {
        self.words().for_each(|word| word.store(0, Ordering::Relaxed));
        [&self.last_archived_us, &self.last_failed_us]
            .iter()
            .for_each(|time| time.store(0, Ordering::Relaxed));
        self.reset_us.store(now_us, Ordering::Relaxed);
    }

    /// All numbers, to be kept in a file.
    pub(crate) fn kept(&self) -> [u64; Self::KEPT] {
        let mut numbers = [0; Self::KEPT];
        let words = self.words().map(|word| word.load(Ordering::Relaxed));
        let times = self.times().map(|time| time.load(Ordering::Relaxed) as u64);
        numbers.iter_mut().zip(words.chain(times)).for_each(|(to, from)| *to = from);
        numbers
    }

    pub(crate) fn restore(&self, numbers: &[u64]) {
        self.words().zip(numbers).for_each(|(word, number)| word.store(*number, Ordering::Relaxed));
        self.times()
            .zip(&numbers[4..])
            .for_each(|(time, number)| time.store(*number as i64, Ordering::Relaxed));
    }

    pub(crate) const KEPT: usize = 7;

    fn words(&self) -> impl Iterator<Item = &AtomicU64> {
        [&self.archived, &self.failed, &self.last_archived, &self.last_failed].into_iter()
    }

    fn times(&self) -> impl Iterator<Item = &AtomicI64> {
        [&self.last_archived_us, &self.last_failed_us, &self.reset_us].into_iter()
    }
}

/// Whether the log is archived.
pub fn is_wanted(settings: &Settings) -> bool {
    settings.text(Id::ArchiveMode) != "off"
}

/// The name of the segment that has a position.
pub fn segment_of(state: &ServerState, position: Lsn) -> String {
    segment_name(state.wal.timeline(), position)
}

/// Whether a segment was archived. The current directory is the data directory.
pub(crate) fn is_archived(segment: &str) -> bool {
    mark(segment, "done").exists()
}

/// Has the archiver look for full segments.
pub(crate) fn wake(state: &ServerState) {
    if let Some(slot) = state.slots.iter().find(|slot| slot.kind() == ProcessKind::Archiver) {
        slot.latch.set();
    }
}

/// The archiver's body; gives its exit code. It ends on SIGUSR2, after the shutdown checkpoint and a last round.
pub fn run(state: &'static ServerState, settings: &Settings) -> i32 {
    match serve(state, settings.clone()) {
        Ok(()) => 0,
        Err(error) => ended_by(error),
    }
}

fn serve(state: &'static ServerState, settings: Settings) -> Result<()> {
    // What ends before the log does not know what is in it.
    signal::ignore(Signal::Terminate)
        .map_err(|cause| Error::io("could not set up signal handling", &cause))?;
    let mut process = Loop::start(state, settings, ProcessKind::Archiver, WaitEvent::ActivityArchiverMain)?;
    match fs::create_dir(STATUS_DIRECTORY) {
        Err(cause) if cause.kind() != ErrorKind::AlreadyExists => {
            return Err(Error::io(format_args!("could not create directory \"{STATUS_DIRECTORY}\""), &cause));
        }
        _ => {}
    }
    loop {
        let is_last = process.look() == Wake::Stop;
        if let Err(error) = make_round(&mut process, is_last) {
            log::report(error.with_severity(Severity::Warning).report());
        }
        if is_last {
            return Ok(());
        }
        process.sleep(BETWEEN_ROUNDS)?;
    }
}

/// Archives what there is, until something fails for good.
fn make_round(process: &mut Loop, is_last: bool) -> Result<()> {
    while let Some(segment) = next_segment(process.state)? {
        let command = process.settings.text(Id::ArchiveCommand).to_string();
        if command.is_empty() {
            let text = "\"archive_mode\" enabled, yet archiving is not configured";
            return Err(error!(CONFIG_FILE_ERROR, "{text}").detail("\"archive_command\" is not set."));
        }
        if !archive_patiently(process, &command, &segment, is_last)? {
            return Ok(());
        }
        if !is_last && process.look() == Wake::Stop {
            return Ok(());
        }
    }
    Ok(())
}

/// Tries a segment several times; false if it could not be archived.
fn archive_patiently(process: &mut Loop, command: &str, segment: &str, is_last: bool) -> Result<bool> {
    let statistics = process.state.archiver;
    let (timeline, start) = parse_segment_name(segment).unwrap_or_default();
    let word = start.0 | u64::from(timeline);
    let attempts = if is_last { 1 } else { ATTEMPTS };
    for attempt in 1..=attempts {
        process::set_title(&format!("ferrodon: archiver archiving {segment}"));
        let archived = archive(command, segment);
        let now_us = clock::wall_us();
        match archived {
            Ok(()) => {
                rename_durably(process.state, segment)?;
                statistics.last_archived.store(word, Ordering::Relaxed);
                statistics.last_archived_us.store(now_us, Ordering::Relaxed);
                statistics.archived.fetch_add(1, Ordering::Relaxed);
                process::set_title(&format!("ferrodon: archiver last was {segment}"));
                return Ok(true);
            }
            Err(error) => {
                log::report(error.with_severity(Severity::Log).report());
                statistics.last_failed.store(word, Ordering::Relaxed);
                statistics.last_failed_us.store(now_us, Ordering::Relaxed);
                statistics.failed.fetch_add(1, Ordering::Relaxed);
                process::set_title(&format!("ferrodon: archiver failed on {segment}"));
            }
        }
        if attempt < attempts && process.sleep(BETWEEN_ATTEMPTS)? == Wake::Stop {
            return Ok(false);
        }
    }
    let text =
        format!("archiving write-ahead log file \"{segment}\" failed too many times, will try again later");
    log::report(error!(SUCCESSFUL_COMPLETION, "{text}").with_severity(Severity::Warning).report());
    Ok(false)
}

/// The oldest segment that is to be archived; marks those that became full, and forgets the marks of those that are gone.
fn next_segment(state: &ServerState) -> Result<Option<String>> {
    let full = state.wal.flush_position().0;
    let mut segments: Vec<String> = state.files.list_directory("pg_wal")?;
    segments.retain(|name| parse_segment_name(name).is_some_and(|(_, start)| start.0 + SEGMENT_SIZE <= full));
    segments.sort();
    for name in state.files.list_directory(STATUS_DIRECTORY)? {
        let Some((segment, kind)) = name.rsplit_once('.') else { continue };
        if parse_segment_name(segment).is_some() && !segments.iter().any(|known| known == segment) {
            if kind == "ready" {
                let text = format!("removed orphan archive status file \"{STATUS_DIRECTORY}/{name}\"");
                log::report(
                    error!(SUCCESSFUL_COMPLETION, "{text}").with_severity(Severity::Warning).report(),
                );
            }
            // One that cannot be removed is only in the way.
            let _ = fs::remove_file(Path::new(STATUS_DIRECTORY).join(&name));
        }
    }
    segments.retain(|segment| !is_archived(segment));
    for segment in &segments {
        let path = mark(segment, "ready");
        fs::File::create(&path).map_err(|cause| {
            Error::io(format_args!("could not create file \"{}\"", path.display()), &cause)
        })?;
    }
    Ok(segments.into_iter().next())
}

fn rename_durably(state: &ServerState, segment: &str) -> Result<()> {
    let (from, to) = (mark(segment, "ready"), mark(segment, "done"));
    let (from, to) = (from.display().to_string(), to.display().to_string());
    fs::rename(&from, &to)
        .map_err(|cause| Error::io(format_args!("could not rename file \"{from}\" to \"{to}\""), &cause))?;
    state.files.sync_directory_of(&to)
}

fn mark(segment: &str, kind: &str) -> PathBuf {
    Path::new(STATUS_DIRECTORY).join(format!("{segment}.{kind}"))
}

/// Runs the command for a segment.
/// # Errors
/// Why it is not archived.
fn archive(command: &str, segment: &str) -> Result<()> {
    let command = with_names(command, segment)?;
    let detail = format!("The failed archive command was: {command}");
    let _waiting = Waiting::start(WaitEvent::IpcArchiveCommand);
    let status = Command::new("/bin/sh").arg("-c").arg(&command).stdin(Stdio::null()).status();
    let status = status.map_err(|cause| Error::io("could not execute archive command", &cause))?;
    if status.success() {
        return Ok(());
    }
    Err(error!(EXTERNAL_ROUTINE_EXCEPTION, "archive command {}", describe(status)).detail(detail))
}

fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("failed with exit code {code}"),
        (None, Some(number)) => format!("was terminated by signal {number}: {}", signal::describe(number)),
        (None, None) => format!("exited with unrecognized status {status}"),
    }
}

/// The command with `%p`, the segment's path, and `%f`, its name, put in.
fn with_names(command: &str, segment: &str) -> Result<String> {
    let invalid = |detail: String| {
        let text = format!("invalid value for parameter \"archive_command\": \"{command}\"");
        error!(INVALID_PARAMETER_VALUE, "{text}").detail(detail)
    };
    let mut text = String::new();
    let mut characters = command.chars();
    while let Some(character) = characters.next() {
        match character {
            '%' => match characters.next() {
                Some('p') => text += &format!("pg_wal/{segment}"),
                Some('f') => text += segment,
                Some('%') => text.push('%'),
                Some(other) => {
                    return Err(invalid(format!("String contains unexpected placeholder \"%{other}\".")));
                }
                None => return Err(invalid("String ends unexpectedly after escape character \"%\".".into())),
            },
            other => text.push(other),
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_get_their_names() {
        let segment = "000000010000000000000002";
        assert_eq!(
            with_names("cp %p /a/%f%%", segment).unwrap(),
            format!("cp pg_wal/{segment} /a/{segment}%")
        );
        assert!(with_names("cp %x", segment).is_err());
        assert!(with_names("cp %", segment).is_err());
    }
}
