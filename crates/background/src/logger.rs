//! The logger: collects what all processes write to their standard error and puts it into files, one for each form of the log.
//!
//! Knows nothing of the shared memory, so that it survives every crash of the others, and ends when nobody can write any more.

use std::fs::{File, OpenOptions};
use std::io::{PipeReader, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use config::{Id, Settings};
use error::{Error, Result};
use system::clock;
use system::poll::{self, Interest, Outcome};
use system::signal::{self, Signal};

use crate::log::Destination;
use crate::log_pipe::Assembler;
use crate::log_time::format_pattern;
use crate::{configuration, log};

/// The file that tells tools where the log is.
const CURRENT_LOG: &str = "current_logfiles";

/// The logger's body: reads `input` until its last writer is gone; gives the exit code.
pub fn run(input: PipeReader, settings: &Settings) -> i32 {
    log::set_collected(false);
    match collect(input, settings.clone()) {
        Ok(()) => 0,
        Err(error) => {
            log::report(error.report());
            1
        }
    }
}

/// Opens the first log files, so that a fault shows before the server starts. Gives the path of the one for stderr.
/// # Errors
/// Those of making the directory and the files.
pub fn check_destination(settings: &Settings) -> Result<PathBuf> {
    let files = LogFiles::open(settings)?;
    Ok(files.path(Destination::Stderr))
}

fn collect(mut input: PipeReader, mut settings: Settings) -> Result<()> {
    // The writers decide when it ends, not a signal to the group.
    for number in [Signal::Terminate, Signal::Interrupt, Signal::User1, Signal::User2] {
        signal::ignore(number).map_err(|cause| Error::io("could not set up signal handling", &cause))?;
    }
    let mut files = LogFiles::open(&settings)?;
    let mut assembler = Assembler::default();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        if signal::take(Signal::HangUp) {
            let before = file_settings(&settings);
            configuration::reload(&mut settings);
            if before != file_settings(&settings) {
                files = LogFiles::open(&settings)?;
            }
        }
        files.rotate(&settings);
        let outcome = {
            let mut interests = [Interest::new(input.as_fd(), true, false)];
            poll::wait(&mut interests, Some(files.until_due(&settings)))
        };
        match outcome {
            Ok(Outcome::Ready) => {}
            Ok(_) => continue,
            Err(cause) => return Err(Error::io("ppoll() failed", &cause)),
        }
        match input.read(&mut buffer) {
            Ok(0) => {
                assembler.finish(|destination, text| files.append(destination, text));
                return Ok(());
            }
            Ok(count) => {
                assembler.accept(&buffer[..count], |destination, text| files.append(destination, text));
            }
            Err(cause) if cause.kind() == std::io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(Error::io("could not read from logger pipe", &cause)),
        }
    }
}

/// What decides which files there are.
fn file_settings(settings: &Settings) -> [String; 3] {
    [Id::LogDestination, Id::LogDirectory, Id::LogFilename].map(|id| settings.text(id).to_string())
}

fn age_limit_us(settings: &Settings) -> i64 {
    settings.integer(Id::LogRotationAge) * 60_000_000
}

/// The files that are written now. That for stderr is always there, as anything may write to it.
struct LogFiles {
    files: Vec<(Destination, LogFile)>,
    opened_us: i64,
}

impl LogFiles {
    fn open(settings: &Settings) -> Result<LogFiles> {
        let opened_us = clock::wall_us();
        let mut files = Vec::new();
        let wanted = Destination::parse(settings.text(Id::LogDestination));
        for destination in Destination::ALL {
            if destination == Destination::Stderr || wanted.contains(&destination) {
                let path = path_of(settings, destination, opened_us);
                files.push((destination, LogFile::open(settings, path, false)?));
            }
        }
        let files = LogFiles { files, opened_us };
        files.tell(settings)?;
        Ok(files)
    }

    fn path(&self, destination: Destination) -> PathBuf {
        let found = self.files.iter().find(|(of, _)| *of == destination);
        found.map(|(_, file)| file.path.clone()).unwrap_or_default()
    }

    /// Notes where the log is; only the forms that are asked for.
    fn tell(&self, settings: &Settings) -> Result<()> {
        let wanted = Destination::parse(settings.text(Id::LogDestination));
        let told = self.files.iter().filter(|(destination, _)| wanted.contains(destination));
        let lines: String =
            told.map(|(to, file)| format!("{} {}\n", to.name(), file.path.display())).collect();
        std::fs::write(CURRENT_LOG, lines)
            .map_err(|cause| Error::io(format_args!("could not write file \"{CURRENT_LOG}\""), &cause))
    }

    /// What belongs to no file here was meant for one that the settings no longer want: nothing is lost in the one for stderr.
    fn append(&mut self, destination: Destination, bytes: &[u8]) {
        let at = self.files.iter().position(|(of, _)| *of == destination).unwrap_or(0);
        self.files[at].1.append(bytes);
    }

    /// Goes on in new files where the old ones are old or big. One that cannot be opened leaves the old one in use.
    fn rotate(&mut self, settings: &Settings) {
        let now_us = clock::wall_us();
        let (age_us, size) = (age_limit_us(settings), (settings.integer(Id::LogRotationSize) as u64) << 10);
        let is_old = age_us > 0 && now_us / age_us != self.opened_us / age_us;
        let mut is_changed = false;
        for (destination, file) in &mut self.files {
            let is_big = size > 0 && file.size_bytes >= size;
            if !(is_old || is_big) {
                continue;
            }
            let path = path_of(settings, *destination, now_us);
            // Emptied only by time, and never what this server has just written.
            let truncate = is_old && path != file.path && settings.bool(Id::LogTruncateOnRotation);
            if path == file.path && !is_old {
                continue;
            }
            match LogFile::open(settings, path, truncate) {
                Ok(next) => (*file, is_changed) = (next, true),
                Err(error) => file.append(format!("LOG:  {}\n", error.report().message).as_bytes()),
            }
        }
        if is_old {
            self.opened_us = now_us;
        }
        if is_changed {
            // The old list stays if a new one cannot be written; tools look at it, nothing else does.
            let _ = self.tell(settings);
        }
    }

    fn until_due(&self, settings: &Settings) -> Duration {
        let age_us = age_limit_us(settings);
        if age_us == 0 {
            return Duration::from_secs(60);
        }
        let left_us = age_us - clock::wall_us().rem_euclid(age_us);
        Duration::from_micros(left_us as u64).min(Duration::from_secs(60))
    }
}

/// The files of the other forms have their own ending in place of `.log`.
fn path_of(settings: &Settings, destination: Destination, now_us: i64) -> PathBuf {
    let name = format_pattern(settings.text(Id::LogFilename), now_us);
    let ending = match destination {
        Destination::Stderr => return Path::new(settings.text(Id::LogDirectory)).join(name),
        Destination::Csv => ".csv",
        Destination::Json => ".json",
    };
    let stem = name.strip_suffix(".log").unwrap_or(&name);
    Path::new(settings.text(Id::LogDirectory)).join(format!("{stem}{ending}"))
}

struct LogFile {
    file: File,
    path: PathBuf,
    size_bytes: u64,
}

impl LogFile {
    fn open(settings: &Settings, path: PathBuf, truncate: bool) -> Result<LogFile> {
        let directory = Path::new(settings.text(Id::LogDirectory));
        std::fs::create_dir_all(directory).map_err(|cause| {
            Error::io(format_args!("could not create directory \"{}\"", directory.display()), &cause)
        })?;
        let failed =
            |cause| Error::io(format_args!("could not open log file \"{}\"", path.display()), &cause);
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(settings.integer(Id::LogFileMode) as u32)
            .open(&path)
            .map_err(failed)?;
        if truncate {
            file.set_len(0).map_err(failed)?;
        }
        let size_bytes = file.metadata().map_err(failed)?.len();
        Ok(LogFile { file, path, size_bytes })
    }

    /// Lines that cannot be written are lost; a later file may have room again.
    fn append(&mut self, bytes: &[u8]) {
        if self.file.write_all(bytes).is_ok() {
            self.size_bytes += bytes.len() as u64;
        }
    }
}
