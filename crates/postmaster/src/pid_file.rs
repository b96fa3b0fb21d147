//! postmaster.pid and the lock files of sockets: who is here, told to tools and to other postmasters.
//!
//! ```text
//! 1 process   2 data directory   3 start time   4 port   5 socket directory   6 listen address   7 shared memory key   8 status
//! ```
//! Rule: the owner of a lock file holds a kernel lock on it as long as it lives, so that a number left behind by a dead server and
//! taken by somebody else is never mistaken for a live one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use error::{Error, Result, Severity, error};
use system::process::{self, ProcessId};

pub const NAME: &str = "postmaster.pid";

/// How long the children of a killed postmaster, who hold its locks too, may take to notice.
const ORPHANS_LEAVE_WITHIN: Duration = Duration::from_secs(5);

/// How long a postmaster that has just been killed may still look alive.
const KILLED_ENDS_WITHIN: Duration = Duration::from_millis(300);

/// A lock file that is ours until dropped.
pub struct LockFile {
    file: File,
    path: PathBuf,
    owner: ProcessId,
}

/// The states that line 8 shows, padded as tools expect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    Starting,
    Stopping,
    Ready,
}

impl Status {
    fn as_str(self) -> &'static str {
        match self {
            Status::Starting => "starting",
            Status::Stopping => "stopping",
            Status::Ready => "ready   ",
        }
    }
}

impl LockFile {
    /// Takes the file over, or tells who has it. `hint` completes `Is another postmaster (PID 1) ...`.
    /// # Errors
    /// F0001 (FATAL) when its owner lives.
    pub fn acquire(path: &Path, hint: &str) -> Result<LockFile> {
        let shown = path.display();
        let failed = |action: &str, cause: std::io::Error| {
            Error::io(format_args!("could not {action} lock file \"{shown}\""), &cause)
                .with_severity(Severity::Fatal)
        };
        let began = Instant::now();
        loop {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(path)
                .map_err(|cause| failed("create", cause))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let owner = first_line(&file).unwrap_or_default();
                    let is_alive = owner.trim().parse().is_ok_and(is_running);
                    let patience = if is_alive { KILLED_ENDS_WITHIN } else { ORPHANS_LEAVE_WITHIN };
                    if began.elapsed() < patience {
                        std::thread::sleep(Duration::from_millis(10));
                        continue;
                    }
                    return Err(error!(LOCK_FILE_EXISTS, "lock file \"{shown}\" already exists")
                        .hint(format!("Is another postmaster (PID {owner}) {hint}?"))
                        .with_severity(Severity::Fatal));
                }
                Err(TryLockError::Error(cause)) => return Err(failed("lock", cause)),
            }
            // A former owner may have removed the name between our opening and locking.
            let named = fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()));
            let opened = file.metadata().map_err(|cause| failed("read", cause))?;
            if named == Some((opened.dev(), opened.ino())) {
                return Ok(LockFile { file, path: path.to_path_buf(), owner: process::current() });
            }
        }
    }

    /// Replaces the content.
    pub fn write(&mut self, lines: &[String]) -> Result<()> {
        let text = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
        let written = self
            .file
            .rewind()
            // Cut afterwards: a reader never finds the file empty.
            .and_then(|()| self.file.write_all(text.as_bytes()))
            .and_then(|()| self.file.set_len(text.len() as u64))
            .and_then(|()| self.file.sync_all());
        written.map_err(|cause| {
            Error::io(format_args!("could not write lock file \"{}\"", self.path.display()), &cause)
                .with_severity(Severity::Fatal)
        })
    }
}

impl Drop for LockFile {
    fn drop(&mut self) {
        // A child that inherited it leaves it to its parent.
        if self.owner == process::current() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether a process exists that is more than an unreaped rest.
fn is_running(owner: ProcessId) -> bool {
    let stat = fs::read_to_string(format!("/proc/{owner}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    process::exists(owner) && !matches!(state, Some('Z' | 'X'))
}

fn first_line(file: &File) -> Option<String> {
    let mut text = String::new();
    let mut file = file;
    file.rewind().ok()?;
    file.read_to_string(&mut text).ok()?;
    text.lines().next().map(str::to_string)
}

/// What postmaster.pid says.
#[derive(Clone, Debug)]
pub struct PidFile {
    pub process: ProcessId,
    pub directory: String,
    pub started: i64,
    pub port: u16,
    pub socket_directory: String,
    pub listen_address: String,
    pub status: Option<Status>,
}

impl PidFile {
    /// The lines of the file.
    pub fn lines(&self) -> Vec<String> {
        vec![
            self.process.to_string(),
            self.directory.clone(),
            self.started.to_string(),
            self.port.to_string(),
            self.socket_directory.clone(),
            self.listen_address.clone(),
            format!("{:>9} {:>9}", 0, 0),
            self.status.map_or("", Status::as_str).to_string(),
        ]
    }

    /// Reads the file of the cluster in `directory`, whether its server lives or not; `None` when there is none.
    pub fn read(directory: &Path) -> Option<PidFile> {
        let text = fs::read_to_string(directory.join(NAME)).ok()?;
        let mut lines = text.lines();
        let process = lines.next()?.trim().parse().ok()?;
        let mut next = || lines.next().unwrap_or_default().to_string();
        let (name, started, port) = (next(), next(), next());
        let (socket_directory, listen_address, _, status) = (next(), next(), next(), next());
        Some(PidFile {
            process,
            directory: name,
            started: started.parse().unwrap_or(0),
            port: port.parse().unwrap_or(0),
            socket_directory,
            listen_address,
            status: [Status::Starting, Status::Stopping, Status::Ready]
                .into_iter()
                .find(|known| known.as_str().trim() == status.trim()),
        })
    }

    /// The file of a server that lives, as its kernel lock tells.
    pub fn read_live(directory: &Path) -> Option<PidFile> {
        if is_live(directory) { PidFile::read(directory) } else { None }
    }
}

/// Whether a server lives in the directory.
pub fn is_live(directory: &Path) -> bool {
    let Ok(file) = File::open(directory.join(NAME)) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}
