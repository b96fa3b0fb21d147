//! The logger: collects what all processes write to their standard error and puts it into files.
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

use crate::log_time::format_pattern;
use crate::{configuration, log};

/// The file that tells tools where the log is.
const CURRENT_LOG: &str = "current_logfiles";

/// The logger's body: reads `input` until its last writer is gone; gives the exit code.
pub fn run(input: PipeReader, settings: &Settings) -> i32 {
    match collect(input, settings.clone()) {
        Ok(()) => 0,
        Err(error) => {
            log::report(error.report());
            1
        }
    }
}

/// Opens the first log file, so that a fault shows before the server starts.
/// # Errors
/// Those of making the directory and the file.
pub fn check_destination(settings: &Settings) -> Result<PathBuf> {
    LogFile::open(settings, false).map(|file| file.path)
}

fn collect(mut input: PipeReader, mut settings: Settings) -> Result<()> {
    // The writers decide when it ends, not a signal to the group.
    for number in [Signal::Terminate, Signal::Interrupt, Signal::User1, Signal::User2] {
        signal::ignore(number).map_err(|cause| Error::io("could not set up signal handling", &cause))?;
    }
    let mut file = LogFile::open(&settings, false)?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        if signal::take(Signal::HangUp) {
            configuration::reload(&mut settings);
        }
        if file.is_due(&settings) {
            file = LogFile::open(&settings, settings.bool(Id::LogTruncateOnRotation))?;
        }
        let outcome = {
            let mut interests = [Interest::new(input.as_fd(), true, false)];
            poll::wait(&mut interests, Some(Duration::from_secs(60)))
        };
        match outcome {
            Ok(Outcome::Ready) => {}
            Ok(_) => continue,
            Err(cause) => return Err(Error::io("ppoll() failed", &cause)),
        }
        match input.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => file.append(&buffer[..count]),
            Err(cause) if cause.kind() == std::io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(Error::io("could not read from logger pipe", &cause)),
        }
    }
}

struct LogFile {
    file: File,
    path: PathBuf,
    size_bytes: u64,
    opened_us: i64,
}

impl LogFile {
    fn open(settings: &Settings, truncate: bool) -> Result<LogFile> {
        let directory = Path::new(settings.text(Id::LogDirectory));
        std::fs::create_dir_all(directory).map_err(|cause| {
            Error::io(format_args!("could not create directory \"{}\"", directory.display()), &cause)
        })?;
        let opened_us = clock::wall_us();
        let path = directory.join(format_pattern(settings.text(Id::LogFilename), opened_us));
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
        let current = format!("stderr {}\n", path.display());
        std::fs::write(CURRENT_LOG, current)
            .map_err(|cause| Error::io(format_args!("could not write file \"{CURRENT_LOG}\""), &cause))?;
        Ok(LogFile { file, path, size_bytes, opened_us })
    }

    /// Lines that cannot be written are lost; a later file may have room again.
    fn append(&mut self, bytes: &[u8]) {
        if self.file.write_all(bytes).is_ok() {
            self.size_bytes += bytes.len() as u64;
        }
    }

    fn is_due(&self, settings: &Settings) -> bool {
        let (age_min, size_kb) =
            (settings.integer(Id::LogRotationAge), settings.integer(Id::LogRotationSize));
        let is_old = age_min > 0 && clock::wall_us() - self.opened_us >= age_min * 60_000_000;
        let is_big = size_kb > 0 && self.size_bytes >= (size_kb as u64) << 10;
        is_old || is_big
    }
}
