//! Temporary files: where a statement puts what is too big for its memory.
//!
//! `base/pgsql_tmp/pgsql_tmp<process>.<number>`, written at the end in pieces and read piece by piece. They are never synced. A file goes
//! when its [`TemporaryFile`] is dropped; what a dead process or a crash leaves is removed by [`Files::remove_temporary`].

use std::cell::Cell;
use std::io::ErrorKind;

use error::{Error, Result, error};

use crate::files::Files;
use crate::open_file::OpenFile;

const DIRECTORY: &str = "base/pgsql_tmp";
const PREFIX: &str = "pgsql_tmp";

/// What counts as one block in the counters.
const BLOCK_BYTES: u64 = common::PAGE_SIZE as u64;

/// How this process may use temporary files.
#[derive(Clone, Copy, Default)]
pub struct TemporarySettings {
    /// `temp_file_limit`, for all files of the process together.
    pub limit_bytes: Option<u64>,
    /// Is told of every file that goes: its path and size in bytes.
    pub observer: Option<fn(&str, u64)>,
}

/// What this process has done with temporary files so far. Files and their bytes count when they go.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct TemporaryUse {
    pub blocks_read: u64,
    pub blocks_written: u64,
    pub files: u64,
    pub bytes: u64,
}

thread_local! {
    static SETTINGS: Cell<TemporarySettings> = const { Cell::new(TemporarySettings { limit_bytes: None, observer: None }) };
    static USED: Cell<TemporaryUse> =
        const { Cell::new(TemporaryUse { blocks_read: 0, blocks_written: 0, files: 0, bytes: 0 }) };
    /// Bytes of the files that there are, and the number of the next one.
    static PRESENT: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

/// Settings of this process from now on.
pub fn configure_temporary(settings: TemporarySettings) {
    SETTINGS.set(settings);
}

/// What this process has used so far.
pub fn temporary_use() -> TemporaryUse {
    USED.get()
}

/// Where a piece lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extent {
    pub offset: u64,
    pub length: u32,
}

/// A file of this process that is gone when it is dropped.
pub struct TemporaryFile {
    file: OpenFile,
    files: &'static Files,
    size_bytes: u64,
}

impl Files {
    /// Makes an empty temporary file.
    pub fn create_temporary(&'static self) -> Result<TemporaryFile> {
        let (present, number) = PRESENT.get();
        PRESENT.set((present, number + 1));
        let name = format!("{DIRECTORY}/{PREFIX}{}.{number}", std::process::id());
        let mut made = OpenFile::create(self.root(), &name, true);
        if made.as_ref().is_err_and(|cause| cause.kind() == ErrorKind::NotFound) {
            self.create_directory(DIRECTORY)?;
            made = OpenFile::create(self.root(), &name, true);
        }
        let file = made
            .map_err(|cause| Error::io(format_args!("could not create temporary file \"{name}\""), &cause))?;
        Ok(TemporaryFile { file, files: self, size_bytes: 0 })
    }

    /// Removes the temporary files of a process that is dead, or of all processes. Gives how many there were.
    pub fn remove_temporary(&self, process: Option<u32>) -> Result<usize> {
        if !self.root().join(DIRECTORY).exists() {
            return Ok(0);
        }
        let prefix = process.map_or(PREFIX.to_string(), |process| format!("{PREFIX}{process}."));
        let mut removed = 0;
        for name in self.list_directory(DIRECTORY)?.iter().filter(|name| name.starts_with(&prefix)) {
            match std::fs::remove_file(self.root().join(DIRECTORY).join(name)) {
                Ok(()) => removed += 1,
                Err(cause) if cause.kind() == ErrorKind::NotFound => {}
                Err(cause) => {
                    return Err(Error::io(
                        format_args!("could not remove file \"{DIRECTORY}/{name}\""),
                        &cause,
                    ));
                }
            }
        }
        Ok(removed)
    }
}

impl TemporaryFile {
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Writes a piece at the end.
    ///
    /// # Errors
    /// 53400 beyond `temp_file_limit`, 53100 when the disk is full.
    pub fn append(&mut self, bytes: &[u8]) -> Result<Extent> {
        let length = u32::try_from(bytes.len())
            .map_err(|_| Error::internal("piece of a temporary file is too long"))?;
        let (present, number) = PRESENT.get();
        let now = present + u64::from(length);
        if let Some(limit) = SETTINGS.get().limit_bytes
            && now > limit
        {
            return Err(error!(
                CONFIGURATION_LIMIT_EXCEEDED,
                "temporary file size exceeds \"temp_file_limit\" ({}kB)",
                limit / 1024
            ));
        }
        let extent = Extent { offset: self.size_bytes, length };
        let faults = &self.files.faults;
        let done = faults.before_temporary_write(now);
        done.and_then(|()| self.file.write_at(bytes, self.size_bytes, faults)).map_err(|cause| {
            let failed = Error::io(format_args!("could not write to file \"{}\"", self.file.name()), &cause);
            if cause.kind() == ErrorKind::StorageFull {
                failed.hint("Check free disk space.")
            } else {
                failed
            }
        })?;
        self.size_bytes += u64::from(length);
        PRESENT.set((now, number));
        let mut used = USED.get();
        used.blocks_written += u64::from(length).div_ceil(BLOCK_BYTES);
        USED.set(used);
        Ok(extent)
    }

    /// Reads a piece; `bytes` is what it was afterwards.
    pub fn read(&self, extent: Extent, bytes: &mut Vec<u8>) -> Result<()> {
        bytes.resize(extent.length as usize, 0);
        let name = self.file.name();
        let got = self
            .file
            .read_at(bytes, extent.offset)
            .map_err(|cause| Error::io(format_args!("could not read file \"{name}\""), &cause))?;
        if got < bytes.len() {
            return Err(Error::corrupted(format!(
                "could not read file \"{name}\": read only {got} of {} bytes",
                bytes.len()
            )));
        }
        let mut used = USED.get();
        used.blocks_read += u64::from(extent.length).div_ceil(BLOCK_BYTES);
        USED.set(used);
        Ok(())
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        // Nobody can be told; the next start of the server removes what is left.
        let _ = std::fs::remove_file(self.files.root().join(self.file.name()));
        let (present, number) = PRESENT.get();
        PRESENT.set((present.saturating_sub(self.size_bytes), number));
        let mut used = USED.get();
        used.files += 1;
        used.bytes += self.size_bytes;
        USED.set(used);
        if let Some(observer) = SETTINGS.get().observer {
            observer(self.file.name(), self.size_bytes);
        }
    }
}
