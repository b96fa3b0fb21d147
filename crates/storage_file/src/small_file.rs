//! Small files replaced as a whole, and directories made durable.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;

use error::{Error, Result, Severity};

use crate::faults::SECTOR;
use crate::files::Files;
use crate::open_file::OpenFile;

impl Files {
    /// The content of a file; `None` if there is none.
    pub fn read_small(&self, name: &str) -> Result<Option<Vec<u8>>> {
        match fs::read(self.root().join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(Error::io(format_args!("could not read file \"{name}\""), &cause)),
        }
    }

    /// Replaces a file durably: after a crash it holds the old or the new content, whole (Rule 7).
    pub fn replace_small(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let temporary = format!("{name}.tmp");
        let file = OpenFile::create(self.root(), &temporary, false)
            .map_err(|cause| Error::io(format_args!("could not create file \"{temporary}\""), &cause))?;
        let written = file.set_size(0, &self.faults).and_then(|()| file.write_at(bytes, 0, &self.faults));
        written.map_err(|cause| Error::io(format_args!("could not write file \"{temporary}\""), &cause))?;
        file.sync(&self.faults)?;
        self.rename_durably(&temporary, name)
    }

    /// Overwrites a file that has its full size already, in place: it needs no room on the disk. Disks write a sector whole, so a
    /// file that fits in one has after a crash the old or the new content.
    pub fn overwrite_sector(&self, name: &str, bytes: &[u8]) -> Result<()> {
        debug_assert!(bytes.len() <= SECTOR);
        let file = OpenFile::open(self.root(), name)
            .map_err(|cause| Error::io(format_args!("could not open file \"{name}\""), &cause))?;
        file.write_at(bytes, 0, &self.faults)
            .map_err(|cause| Error::io(format_args!("could not write to file \"{name}\""), &cause))?;
        file.sync(&self.faults)
    }

    /// Renames, replacing the target, and makes the new name durable. The file itself is durable already.
    pub fn rename_durably(&self, from: &str, to: &str) -> Result<()> {
        fs::rename(self.root().join(from), self.root().join(to)).map_err(|cause| {
            Error::io(format_args!("could not rename file \"{from}\" to \"{to}\""), &cause)
        })?;
        self.sync_directory_of(to)
    }

    /// Removes a file, which may be absent, durably.
    pub fn remove_durably(&self, name: &str) -> Result<()> {
        match fs::remove_file(self.root().join(name)) {
            Ok(()) => self.sync_directory_of(name),
            Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(()),
            Err(cause) => Err(Error::io(format_args!("could not remove file \"{name}\""), &cause)),
        }
    }

    /// Makes a directory, and those above it, unless they exist.
    pub fn create_directory(&self, name: &str) -> Result<()> {
        fs::create_dir_all(self.root().join(name))
            .map_err(|cause| Error::io(format_args!("could not create directory \"{name}\""), &cause))?;
        self.sync_directory_of(name)
    }

    /// Removes a directory with all it holds; one that is absent is no error.
    pub fn remove_directory(&self, name: &str) -> Result<()> {
        match fs::remove_dir_all(self.root().join(name)) {
            Ok(()) => self.sync_directory_of(name),
            Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(()),
            Err(cause) => Err(Error::io(format_args!("could not remove directory \"{name}\""), &cause)),
        }
    }

    /// The names in a directory, sorted.
    pub fn list_directory(&self, name: &str) -> Result<Vec<String>> {
        let failed =
            |cause: std::io::Error| Error::io(format_args!("could not open directory \"{name}\""), &cause);
        let mut names = Vec::new();
        for entry in fs::read_dir(self.root().join(name)).map_err(failed)? {
            if let Ok(name) = entry.map_err(failed)?.file_name().into_string() {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// Makes the names in the directory that holds `name` durable.
    pub fn sync_directory_of(&self, name: &str) -> Result<()> {
        let parent = Path::new(name).parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        File::open(self.root().join(parent)).and_then(|directory| directory.sync_all()).map_err(|cause| {
            Error::io(format_args!("could not fsync file \"{}\"", parent.display()), &cause)
                .with_severity(Severity::Panic)
        })
    }
}
