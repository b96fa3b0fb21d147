//! All checks of the tree in one list of faults.

use std::path::{Path, PathBuf};

use crate::{Result, documents, layers, metadata, sources};

/// The documents at the root of the tree.
const DOCUMENTS: [&str; 3] = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"];

/// Prints the faults, or that there are none.
/// # Errors
/// When there is a fault, or the tree cannot be read.
pub fn report(root: &Path) -> Result<()> {
    let faults = check(root)?;
    if faults.is_empty() {
        println!("The tree is tidy.");
        return Ok(());
    }
    Err(format!("{}\n{} faults", faults.join("\n"), faults.len()))
}

/// Everything that is wrong with the tree.
/// # Errors
/// When cargo or a file cannot be read.
pub fn check(root: &Path) -> Result<Vec<String>> {
    let mut faults = layers::check(&layers::packages(&metadata(root)?));
    for name in DOCUMENTS {
        if root.join(name).exists() {
            faults.extend(check_document(root, Path::new(name))?);
        } else {
            faults.push(format!("{name} is missing"));
        }
    }
    for folder in entries(&root.join("crates"))? {
        if !folder.join("Cargo.toml").exists() {
            continue;
        }
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let readme = Path::new("crates").join(&name).join("README.md");
        if root.join(&readme).exists() {
            faults.extend(check_document(root, &readme)?);
        } else {
            faults.push(format!("crate {name} has no README.md"));
        }
        for file in rust_files(&folder)? {
            let shown = file.strip_prefix(root).unwrap_or(&file);
            faults.extend(sources::check_file(&name, shown, &read(&file)?));
        }
    }
    Ok(faults)
}

fn check_document(root: &Path, document: &Path) -> Result<Vec<String>> {
    Ok(documents::check(root, document, &read(&root.join(document))?))
}

/// All Rust files under a folder.
fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in entries(folder)? {
        if entry.is_dir() {
            files.extend(rust_files(&entry)?);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            files.push(entry);
        }
    }
    Ok(files)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let fault = |error: std::io::Error| format!("could not read {}: {error}", folder.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        found.push(entry.map_err(fault)?.path());
    }
    found.sort();
    Ok(found)
}

fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).map_err(|error| format!("could not read {}: {error}", file.display()))
}
