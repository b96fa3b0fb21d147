//! The chores of development: running all tests, and checking the rules of the tree.
#![forbid(unsafe_code)]

pub mod bench;
pub mod clients;
pub mod documents;
pub mod layers;
pub mod run_tests;
pub mod sources;
pub mod tidy;

use std::path::{Path, PathBuf};
use std::process::Command;

/// What went wrong, in words for the person who started the chore.
pub type Result<T> = std::result::Result<T, String>;

/// The root of the source tree.
pub fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_path_buf()
}

/// A call of the cargo that this program was started by, in the root of the tree.
pub fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

/// What cargo knows of the workspace's own packages.
/// # Errors
/// When cargo fails, with its words.
pub fn metadata(root: &Path) -> Result<serde_json::Value> {
    let output = cargo(root)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .output()
        .map_err(|error| format!("could not run cargo: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))
}
