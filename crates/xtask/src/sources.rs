//! What every Rust file and every crate must have, and where unsafe code may stand.

use std::path::Path;

/// The crates whose code the compiler lets leave the safe language.
pub const UNSAFE_CRATES: [&str; 3] = ["system", "shared_memory", "storage_buffer"];

/// Faults of one Rust file of the crate `name`.
pub fn check_file(name: &str, path: &Path, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if !text.starts_with("//!") {
        faults.push(format!("{} does not open with //!", path.display()));
    }
    if UNSAFE_CRATES.contains(&name) {
        return faults;
    }
    let is_first_file = ["src/lib.rs", "src/main.rs"].iter().any(|first| path.ends_with(first));
    if is_first_file && !text.contains("#![forbid(unsafe_code)]") {
        faults.push(format!("{} does not forbid unsafe code", path.display()));
    }
    for attribute in ["allow(", "expect(", "warn("] {
        // Put together from two pieces so that this file does not find itself.
        if text.contains(&format!("{attribute}unsafe_code")) {
            faults.push(format!("{} lifts the ban on unsafe code", path.display()));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each rule finds its fault, and a crate with permission only needs its first line.
    #[test]
    fn rules_for_files() {
        let check = |name: &str, path: &str, text: &str| check_file(name, Path::new(path), text).len();
        assert_eq!(check("types", "crates/types/src/lib.rs", "//! Types.\n#![forbid(unsafe_code)]\n"), 0);
        assert_eq!(check("types", "crates/types/src/lib.rs", "//! Types.\n"), 1);
        assert_eq!(check("types", "crates/types/src/oid.rs", "use x;\n"), 1);
        let lifted = format!("//! x\n#![{}(unsafe_code)]\n", "allow");
        assert_eq!(check("types", "crates/types/tests/all.rs", &lifted), 1);
        assert_eq!(check("system", "crates/system/src/lib.rs", &lifted), 0);
        assert_eq!(check("system", "crates/system/src/lib.rs", "use x;\n"), 1);
    }
}
