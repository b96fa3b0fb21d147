//! Faults for tests: reads, writes and syncs that fail, and a journal from which a power cut can be played.
//!
//! Off unless asked for; then one relaxed load per call is all it costs. The journal is one file outside the data directory, to
//! which all processes append, so it also serves crash tests of a whole server. So does the script, a file that each process reads
//! anew at each call: a test arms a fault by writing it and ends the fault by removing it.
//!
//! ```text
//! script: lines of: read|write|extend|sync, the beginning of a file's name, an error number, and perhaps: once
//! ```
//!
//! ```text
//! entry: | length u32 | kind u8 | position u64 | old size u64 | name length u16 | name | old bytes |
//! kind 0: a write or resize at `position` over `old bytes`; kind 1: a sync that covers the journal up to `position`
//! ```

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicI64, Ordering};

const WRITE: u8 = 0;
const SYNC: u8 = 1;

/// What shall go wrong with the files of a [`crate::Files`].
#[derive(Default)]
pub struct Faults {
    is_active: AtomicBool,
    writes_until_failure: AtomicI64,
    write_errno: AtomicI32,
    syncs_until_failure: AtomicI64,
    temporary_room_bytes: AtomicI64,
    journal: RwLock<Option<File>>,
    script: RwLock<Option<PathBuf>>,
}

/// What a script can let fail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Operation {
    Read,
    Write,
    /// Growth of a relation's file, before its bytes are written.
    Extend,
    Sync,
}

impl Operation {
    fn word(self) -> &'static str {
        match self {
            Operation::Read => "read",
            Operation::Write => "write",
            Operation::Extend => "extend",
            Operation::Sync => "sync",
        }
    }
}

impl Faults {
    /// Lets `count` writes succeed and fails all later ones with this error number.
    pub fn fail_writes_after(&self, count: u32, errno: i32) {
        self.writes_until_failure.store(i64::from(count) + 1, Ordering::SeqCst);
        self.write_errno.store(errno, Ordering::SeqCst);
        self.is_active.store(true, Ordering::SeqCst);
    }

    /// Lets `count` syncs succeed and fails all later ones with EIO.
    pub fn fail_syncs_after(&self, count: u32) {
        self.syncs_until_failure.store(i64::from(count) + 1, Ordering::SeqCst);
        self.is_active.store(true, Ordering::SeqCst);
    }

    /// The disk is full for temporary files of a process beyond this.
    pub fn limit_temporary_room(&self, bytes: u32) {
        self.temporary_room_bytes.store(i64::from(bytes) + 1, Ordering::SeqCst);
        self.is_active.store(true, Ordering::SeqCst);
    }

    /// No more failures.
    pub fn stop_failing(&self) {
        self.writes_until_failure.store(0, Ordering::SeqCst);
        self.syncs_until_failure.store(0, Ordering::SeqCst);
        self.temporary_room_bytes.store(0, Ordering::SeqCst);
    }

    /// Starts a journal in a file that does not exist yet or goes on with one that does.
    pub fn keep_journal(&self, path: &Path) -> io::Result<()> {
        let file = File::options().create(true).append(true).read(true).open(path)?;
        *self.journal.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(file);
        self.is_active.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// Does from now on what the script in this file says, whenever there is the file.
    pub fn obey(&self, script: &Path) {
        *self.script.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(script.to_path_buf());
        self.is_active.store(true, Ordering::SeqCst);
    }

    /// The error that the script has for this operation on this file.
    pub(crate) fn before(&self, operation: Operation, name: &str) -> io::Result<()> {
        if !self.is_active.load(Ordering::Relaxed) {
            return Ok(());
        }
        let script = self.script.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        let Some(path) = &*script else { return Ok(()) };
        let Ok(text) = std::fs::read_to_string(path) else { return Ok(()) };
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let [word, start, errno, rest @ ..] = &words[..]
                && *word == operation.word()
                && name.starts_with(start)
                && let Ok(errno) = errno.parse()
            {
                // Of several processes that come here at once the one whose removal succeeds is hit.
                if rest == ["once"] && std::fs::remove_file(path).is_err() {
                    return Ok(());
                }
                return Err(io::Error::from_raw_os_error(errno));
            }
        }
        Ok(())
    }

    pub(crate) fn before_write(&self, file: &File, name: &str, length: usize, offset: u64) -> io::Result<()> {
        if !self.is_active.load(Ordering::Relaxed) {
            return Ok(());
        }
        if count_down(&self.writes_until_failure) {
            return Err(io::Error::from_raw_os_error(self.write_errno.load(Ordering::SeqCst)));
        }
        self.before(Operation::Write, name)?;
        self.note_old(file, name, length, offset)
    }

    /// `bytes`: what the process's temporary files will have.
    pub(crate) fn before_temporary_write(&self, bytes: u64) -> io::Result<()> {
        if !self.is_active.load(Ordering::Relaxed) {
            return Ok(());
        }
        let room = self.temporary_room_bytes.load(Ordering::SeqCst);
        if room > 0 && bytes >= room as u64 { Err(io::Error::from_raw_os_error(28)) } else { Ok(()) }
    }

    pub(crate) fn before_resize(&self, file: &File, name: &str, new_size: u64) -> io::Result<()> {
        if !self.is_active.load(Ordering::Relaxed) {
            return Ok(());
        }
        let lost = file.metadata()?.len().saturating_sub(new_size);
        self.note_old(file, name, lost as usize, new_size)
    }

    /// The journal's length: what a sync that starts now covers.
    pub(crate) fn before_sync(&self, name: &str) -> io::Result<u64> {
        if !self.is_active.load(Ordering::Relaxed) {
            return Ok(0);
        }
        if count_down(&self.syncs_until_failure) {
            return Err(io::Error::from_raw_os_error(5));
        }
        self.before(Operation::Sync, name)?;
        self.with_journal(|journal| Ok(journal.metadata()?.len())).map(Option::unwrap_or_default)
    }

    pub(crate) fn after_sync(&self, name: &str, covered: u64) -> io::Result<()> {
        if !self.is_active.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.append(SYNC, covered, 0, name, &[])
    }

    fn note_old(&self, file: &File, name: &str, length: usize, offset: u64) -> io::Result<()> {
        let journal = self.journal.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        if journal.is_none() {
            return Ok(());
        }
        drop(journal);
        let old_size = file.metadata()?.len();
        let mut old = vec![0; length.min(old_size.saturating_sub(offset) as usize)];
        file.read_exact_at(&mut old, offset)?;
        self.append(WRITE, offset, old_size, name, &old)
    }

    fn append(&self, kind: u8, position: u64, old_size: u64, name: &str, old: &[u8]) -> io::Result<()> {
        let mut entry = vec![0; 4];
        entry.push(kind);
        entry.extend_from_slice(&position.to_le_bytes());
        entry.extend_from_slice(&old_size.to_le_bytes());
        entry.extend_from_slice(&(name.len() as u16).to_le_bytes());
        entry.extend_from_slice(name.as_bytes());
        entry.extend_from_slice(old);
        let length = entry.len() as u32;
        entry[..4].copy_from_slice(&length.to_le_bytes());
        self.with_journal(|mut journal| journal.write_all(&entry)).map(|_| ())
    }

    fn with_journal<T>(&self, work: impl FnOnce(&File) -> io::Result<T>) -> io::Result<Option<T>> {
        let journal = self.journal.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        journal.as_ref().map(work).transpose()
    }
}

/// True when the counter, which counts only while positive, has reached its end.
fn count_down(counter: &AtomicI64) -> bool {
    let before = counter.load(Ordering::SeqCst);
    if before > 1 {
        counter.fetch_sub(1, Ordering::SeqCst);
    }
    before == 1
}

/// What becomes of a write that no sync covers when the power goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Loss {
    Kept,
    Lost,
    /// Every other sector has the old content.
    Torn,
}

/// What a disk writes whole.
pub(crate) const SECTOR: usize = 512;

impl From<bool> for Loss {
    fn from(is_lost: bool) -> Loss {
        if is_lost { Loss::Lost } else { Loss::Kept }
    }
}

/// Plays a power cut: takes back every journaled write for which `is_lost` says so and which no later sync covers, newest first.
///
/// The server is down. `is_lost` receives the number of the write, to lose some and keep others. The journal is removed.
pub fn undo_unsynced_writes<L: Into<Loss>>(
    root: &Path,
    journal: &Path,
    mut is_lost: impl FnMut(usize) -> L,
) -> io::Result<usize> {
    struct Write<'a> {
        at: u64,
        position: u64,
        old_size: u64,
        name: &'a str,
        old: &'a [u8],
    }
    let mut bytes = Vec::new();
    let mut file = File::open(journal)?;
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut bytes)?;
    let mut writes = Vec::new();
    let mut synced: HashMap<&str, u64> = HashMap::new();
    let mut at = 0;
    let number = |from: &[u8]| from.iter().rev().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    while at + 23 <= bytes.len() {
        let length = number(&bytes[at..at + 4]) as usize;
        // The last entry may be cut off by the death of its writer, whose write did not happen then.
        let Some(entry) = bytes.get(at..at + length) else { break };
        let name_end = 23 + number(&entry[21..23]) as usize;
        let name = std::str::from_utf8(&entry[23..name_end]).map_err(io::Error::other)?;
        let position = number(&entry[5..13]);
        if entry[4] == SYNC {
            synced.insert(name, position);
        } else {
            let (old_size, old) = (number(&entry[13..21]), &entry[name_end..]);
            writes.push(Write { at: at as u64, position, old_size, name, old });
        }
        at += length;
    }
    let mut undone = 0;
    for (index, write) in writes.iter().enumerate().rev() {
        if write.at < synced.get(write.name).copied().unwrap_or(0) {
            continue;
        }
        let loss = is_lost(index).into();
        if loss == Loss::Kept {
            continue;
        }
        match File::options().write(true).open(root.join(write.name)) {
            Ok(file) if loss == Loss::Torn => {
                for (number, sector) in write.old.chunks(SECTOR).enumerate().skip(1).step_by(2) {
                    file.write_all_at(sector, write.position + (number * SECTOR) as u64)?;
                }
                undone += 1;
            }
            Ok(file) => {
                file.write_all_at(write.old, write.position)?;
                // Losing growth loses what was written beyond it too: none of that is covered by a sync.
                if file.metadata()?.len() > write.old_size {
                    file.set_len(write.old_size)?;
                }
                undone += 1;
            }
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
            Err(cause) => return Err(cause),
        }
    }
    std::fs::remove_file(journal)?;
    Ok(undone)
}
