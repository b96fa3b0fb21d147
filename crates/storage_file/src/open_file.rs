//! An open file of the data directory, with errors that name it.
//!
//! All writing of the storage layers goes through here, so that faults can be put in one place.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, ErrorKind, IoSlice, IoSliceMut};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::Path;

use error::{Error, Result, Severity};

use crate::faults::{Faults, Operation};

thread_local! {
    static SYNCS: Cell<bool> = const { Cell::new(true) };
}

/// Whether the process makes what it writes durable. Without it a crash of the machine, though not of the server, may cost everything.
pub fn wait_for_disk(waits: bool) {
    SYNCS.set(waits);
}

/// A file opened for reading and writing.
#[derive(Debug)]
pub struct OpenFile {
    file: File,
    /// As messages show it: relative to the data directory.
    name: String,
}

impl OpenFile {
    /// # Errors
    /// 58P01 if it does not exist.
    pub fn open(root: &Path, name: &str) -> io::Result<OpenFile> {
        let file = File::options().read(true).write(true).open(root.join(name))?;
        Ok(OpenFile { file, name: name.to_string() })
    }

    /// Opens, making the file when it does not exist.
    pub fn create(root: &Path, name: &str, must_be_new: bool) -> io::Result<OpenFile> {
        let mut options = File::options();
        options.read(true).write(true);
        if must_be_new {
            options.create_new(true)
        } else {
            options.create(true)
        };
        let file = options.open(root.join(name))?;
        Ok(OpenFile { file, name: name.to_string() })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn file(&self) -> &File {
        &self.file
    }

    pub fn size_bytes(&self) -> Result<u64> {
        match self.file.metadata() {
            Ok(metadata) => Ok(metadata.len()),
            Err(cause) => Err(Error::io(format_args!("could not stat file \"{}\"", self.name), &cause)),
        }
    }

    /// Reads until the buffer is full or the file ends; the number of bytes read.
    pub fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut done = 0;
        while done < bytes.len() {
            match self.file.read_at(&mut bytes[done..], offset + done as u64) {
                Ok(0) => break,
                Ok(count) => done += count,
                Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                Err(cause) => return Err(cause),
            }
        }
        Ok(done)
    }

    /// Reads into several buffers at once; the number of bytes read before the end of the file.
    pub fn read_vectored_at(&self, buffers: &mut [&mut [u8]], offset: u64) -> io::Result<usize> {
        if let [single] = buffers {
            return self.read_at(single, offset);
        }
        let mut slices: Vec<IoSliceMut> = buffers.iter_mut().map(|buffer| IoSliceMut::new(buffer)).collect();
        let mut slices = &mut slices[..];
        let mut done = 0;
        while !slices.is_empty() {
            match rustix::io::preadv(&self.file, slices, offset + done as u64) {
                Ok(0) => break,
                Ok(count) => {
                    done += count;
                    IoSliceMut::advance_slices(&mut slices, count);
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(done)
    }

    /// Writes all bytes.
    pub fn write_at(&self, bytes: &[u8], offset: u64, faults: &Faults) -> io::Result<()> {
        faults.before_write(&self.file, &self.name, bytes.len(), offset)?;
        self.file.write_all_at(bytes, offset)
    }

    /// Writes several buffers one behind the other.
    pub fn write_vectored_at(&self, buffers: &[&[u8]], offset: u64, faults: &Faults) -> io::Result<()> {
        if let [single] = buffers {
            return self.write_at(single, offset, faults);
        }
        let length = buffers.iter().map(|buffer| buffer.len()).sum();
        faults.before_write(&self.file, &self.name, length, offset)?;
        let mut slices: Vec<IoSlice> = buffers.iter().map(|buffer| IoSlice::new(buffer)).collect();
        let mut slices = &mut slices[..];
        let mut done = 0;
        while !slices.is_empty() {
            match rustix::io::pwritev(&self.file, slices, offset + done as u64) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    done += count;
                    IoSlice::advance_slices(&mut slices, count);
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(())
    }

    /// Makes a range of zeros at the end of the file, with room on the disk for it.
    pub fn append_zeros(&self, offset: u64, length: u64, faults: &Faults) -> io::Result<()> {
        const CHUNK: usize = 64 * 1024;
        faults.before(Operation::Extend, &self.name)?;
        // Small growth is cheaper as data than as an extent to be converted later.
        if length > CHUNK as u64 {
            faults.before_write(&self.file, &self.name, 0, offset)?;
            match rustix::fs::fallocate(&self.file, rustix::fs::FallocateFlags::empty(), offset, length) {
                Ok(()) => return Ok(()),
                Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::INTR | rustix::io::Errno::NOSYS) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        let zeros = [0; CHUNK];
        let mut done = 0;
        while done < length {
            let count = (length - done).min(CHUNK as u64);
            self.write_at(&zeros[..count as usize], offset + done, faults)?;
            done += count;
        }
        Ok(())
    }

    pub fn set_size(&self, size_bytes: u64, faults: &Faults) -> io::Result<()> {
        faults.before_resize(&self.file, &self.name, size_bytes)?;
        self.file.set_len(size_bytes)
    }

    /// Has the kernel begin to bring to the disk what was written, without waiting for it. Advice only: a refusal changes nothing,
    /// and a failure of the disk is told by [`OpenFile::sync`].
    pub fn start_writing(&self) {
        system::file::start_writing(self.file.as_fd());
    }

    /// Makes everything written so far durable.
    ///
    /// # Errors
    /// A PANIC (Rule 3).
    pub fn sync(&self, faults: &Faults) -> Result<()> {
        let position = faults.before_sync(&self.name);
        let outcome = position.and_then(|position| {
            if SYNCS.get() {
                self.file.sync_data()?;
            }
            faults.after_sync(&self.name, position)
        });
        outcome.map_err(|cause| {
            Error::io(format_args!("could not fsync file \"{}\"", self.name), &cause)
                .with_severity(Severity::Panic)
        })
    }
}
