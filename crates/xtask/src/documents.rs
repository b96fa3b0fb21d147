//! Paths that documents name: each must lead to a file or folder of the tree.
//!
//! A path is the target of a Markdown link without a scheme, or a word in backquotes that ends like a source file or begins with a
//! folder of the tree. Blocks of sample text are left out.

use std::path::Path;

const ENDINGS: [&str; 3] = [".rs", ".md", ".toml"];
const FOLDERS: [&str; 6] = ["crates/", "tests/", "src/", "docs/", ".ci/", ".cargo/"];

/// Faults of the document at `document`, a path from `root`.
pub fn check(root: &Path, document: &Path, text: &str) -> Vec<String> {
    let folder = root.join(document.parent().unwrap_or(Path::new("")));
    let bases = [root.to_path_buf(), folder.join("src"), folder];
    let is_there = |path: &str| bases.iter().any(|base| base.join(path).exists());
    let missing = named_paths(text).into_iter().filter(|path| !is_there(path));
    missing.map(|path| format!("{} names {path}, which does not exist", document.display())).collect()
}

/// The paths that a document names, without what stands behind a `#`.
fn named_paths(text: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let mut in_block = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            // Every second piece between backquotes is quoted.
            paths.extend(line.split('`').skip(1).step_by(2).filter(|word| is_path(word)).map(str::to_string));
            let targets = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
            let targets = targets.map(|target| target.split('#').next().unwrap_or(target));
            paths.extend(
                targets.filter(|target| !target.is_empty() && !target.contains(':')).map(str::to_string),
            );
        }
    }
    paths
}

fn is_path(word: &str) -> bool {
    let is_plain = word.chars().all(|letter| letter.is_ascii_alphanumeric() || "/._-".contains(letter));
    let has_stem =
        ENDINGS.iter().any(|ending| word.strip_suffix(ending).is_some_and(|stem| !stem.is_empty()));
    is_plain && (has_stem || FOLDERS.iter().any(|folder| word.starts_with(folder)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which words are paths, and from where they are looked for.
    #[test]
    fn named_paths_must_exist() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("crates/heap/src")).unwrap();
        std::fs::write(root.path().join("crates/heap/src/scan.rs"), "").unwrap();
        let text = "`scan.rs` `src/scan.rs` `crates/heap` [x](crates/heap/src#rules) `Vec<.rs>` `base/` [y](https://a.b)\n\
                    ```text\n`gone.rs`\n```\n`gone.rs` and [z](gone.md)";
        let faults = check(root.path(), Path::new("crates/heap/README.md"), text);
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults[0].contains("gone.rs") && faults[1].contains("gone.md"));
    }
}
