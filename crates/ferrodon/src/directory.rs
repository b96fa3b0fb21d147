//! Entering a data directory, as root or not.
//!
//! Rule: the server never runs as root. Started by root, it enters the directory, gives it to an unprivileged account and becomes that
//! account; from there on all its names are relative, so that no directory above needs to be open to the account.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, lchown};
use std::path::Path;

use error::{Error, Result, error};
use system::process;

/// Accounts that a server started by root becomes, the first there is.
const ACCOUNTS: [&str; 2] = ["postgres", "nobody"];

/// Makes the directory if it is missing, and enters it as an account that is not root. Gives its full name.
/// # Errors
/// When it cannot be made, entered, or given away.
pub fn enter(directory: &Path, make: bool) -> Result<String> {
    let shown = directory.display();
    if make && !directory.exists() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(|cause| Error::io(format_args!("could not create directory \"{shown}\""), &cause))?;
    }
    let full = fs::canonicalize(directory)
        .map_err(|cause| Error::io(format_args!("could not access directory \"{shown}\""), &cause))?;
    std::env::set_current_dir(&full)
        .map_err(|cause| Error::io(format_args!("could not change directory to \"{shown}\""), &cause))?;
    if process::is_root() {
        leave_root(&full)?;
    }
    if make {
        fs::set_permissions(".", fs::Permissions::from_mode(0o700)).map_err(|cause| {
            Error::io(format_args!("could not change permissions of directory \"{shown}\""), &cause)
        })?;
    }
    Ok(full.display().to_string())
}

fn leave_root(directory: &Path) -> Result<()> {
    let shown = directory.display();
    let failed = |action: &str, cause: &std::io::Error| {
        Error::io(format_args!("could not {action} directory \"{shown}\""), cause)
    };
    let metadata = fs::metadata(".").map_err(|cause| failed("read", &cause))?;
    // A directory that belongs to an ordinary account already stays with it.
    let (user, group) = match metadata.uid() {
        0 => ACCOUNTS.iter().find_map(|name| process::account(name).ok()).ok_or_else(|| {
            error!(INSUFFICIENT_PRIVILEGE, "the server must not run as root, and found no account to run as")
                .hint("Make an account named \"postgres\".")
        })?,
        owner => (owner, metadata.gid()),
    };
    if is_precious(directory) {
        return Err(error!(
            INSUFFICIENT_PRIVILEGE,
            "directory \"{shown}\" is not given away to another account"
        )
        .hint("Name a directory of its own for the cluster with -D."));
    }
    give_away(Path::new("."), user, group).map_err(|cause| failed("change ownership of", &cause))?;
    process::become_account(user, group).map_err(|cause| failed("become the owner of", &cause))
}

/// Directories whose loss to another account would harm the machine.
fn is_precious(directory: &Path) -> bool {
    let is_top = directory.parent().is_none_or(|parent| parent == Path::new("/"));
    let is_foreign = !Path::new("PG_VERSION").exists()
        && fs::read_dir(".").map_or(true, |mut entries| entries.next().is_some());
    is_foreign || (is_top && !Path::new("PG_VERSION").exists() && directory == Path::new("/"))
}

/// Links are given away themselves; what they lead to is not.
fn give_away(path: &Path, user: u32, group: u32) -> std::io::Result<()> {
    let metadata = fs::symlink_metadata(path)?;
    if metadata.uid() != user {
        lchown(path, Some(user), Some(group))?;
    }
    if metadata.is_dir() {
        for entry in fs::read_dir(path)? {
            give_away(&entry?.path(), user, group)?;
        }
    }
    Ok(())
}
