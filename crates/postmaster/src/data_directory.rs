//! Whether a directory is a cluster of this server, and ours to use.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use error::{Error, Result, Severity, error};
use system::process;

/// What PG_VERSION says.
pub const VERSION: &str = "18";

/// What was found at the place of a data directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    Nothing,
    Empty,
    Something,
}

/// Looks at a directory without judging it.
/// # Errors
/// When it cannot be read.
pub fn look(directory: &Path) -> Result<Found> {
    match fs::read_dir(directory) {
        Ok(mut entries) => Ok(if entries.next().is_none() { Found::Empty } else { Found::Something }),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(Found::Nothing),
        Err(cause) => {
            Err(Error::io(format_args!("could not read directory \"{}\"", directory.display()), &cause))
        }
    }
}

/// Checks that the current directory, whose full name is `shown`, is a cluster of our version that belongs to us.
/// # Errors
/// FATAL, each with what to do about it.
pub fn check(shown: &str) -> Result<()> {
    let fatal = |error: Error| error.with_severity(Severity::Fatal);
    let metadata = fs::metadata(".").map_err(|cause| {
        fatal(Error::io(format_args!("could not read permissions of directory \"{shown}\""), &cause))
    })?;
    if metadata.uid() != process::user() {
        return Err(fatal(
            error!(OBJECT_NOT_IN_PREREQUISITE_STATE, "data directory \"{shown}\" has wrong ownership")
                .hint("The server must be started by the user that owns the data directory."),
        ));
    }
    if metadata.mode() & 0o027 != 0 {
        return Err(fatal(
            error!(OBJECT_NOT_IN_PREREQUISITE_STATE, "data directory \"{shown}\" has invalid permissions")
                .detail("Permissions should be u=rwx (0700) or u=rwx,g=rx (0750)."),
        ));
    }
    let version = match fs::read_to_string("PG_VERSION") {
        Ok(version) => version,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
            return Err(fatal(
                error!(INVALID_PARAMETER_VALUE, "\"{shown}\" is not a valid data directory")
                    .detail(format!("File \"{shown}/PG_VERSION\" is missing."))
                    .hint("Make a cluster there with \"ferrodon init\", or name another directory with -D."),
            ));
        }
        Err(cause) => {
            return Err(fatal(Error::io(format_args!("could not open file \"{shown}/PG_VERSION\""), &cause)));
        }
    };
    if version.trim() != VERSION {
        return Err(fatal(
            error!(INVALID_PARAMETER_VALUE, "database files are incompatible with server").detail(format!(
                "The data directory was initialized by PostgreSQL version {}, which is not compatible with this \
                 version {VERSION}.",
                version.trim()
            )),
        ));
    }
    let control = fs::read("global/pg_control").map_err(|cause| {
        fatal(Error::io(format_args!("could not open file \"{shown}/global/pg_control\""), &cause))
    })?;
    storage_wal::ControlFile::from_bytes(&control).map(|_| ()).map_err(fatal)
}
