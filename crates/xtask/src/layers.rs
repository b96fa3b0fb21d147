//! The order of the crates: who may import whom.
//!
//! This is the list that ARCHITECTURE.md draws. A crate may import crates of the lines above its own in this list, and those
//! before it on its own line.

use std::collections::HashMap;

/// The layers from the ground up, each with its crates in the order in which they may build on each other.
pub const LAYERS: &[(&str, &[&str])] = &[
    ("foundation", &["common", "error", "config", "system", "sandbox", "protocol", "parser"]),
    ("processes", &["shared_memory"]),
    (
        "storage",
        &[
            "storage_page",
            "storage_file",
            "storage_wal",
            "storage_buffer",
            "storage_freespace",
            "storage_lock",
        ],
    ),
    ("concurrency", &["transaction"]),
    ("data", &["types", "tuple", "nodes"]),
    ("access", &["access_api", "access_heap", "access_btree", "access_toast"]),
    ("database", &["recovery", "catalog"]),
    ("query", &["expression", "analyzer", "optimizer", "executor"]),
    ("SQL surface", &["functions", "commands"]),
    ("services", &["authentication", "background", "backend"]),
    ("server", &["postmaster", "ferrodon"]),
    ("development", &["test_kit", "xtask"]),
];

/// A package of the workspace with the packages of the workspace that it imports outside of its tests.
#[derive(Debug)]
pub struct Package {
    pub name: String,
    pub imports: Vec<String>,
}

/// The packages in the answer of `cargo metadata --no-deps`.
pub fn packages(metadata: &serde_json::Value) -> Vec<Package> {
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    let name = |value: &serde_json::Value| value["name"].as_str().unwrap_or_default().to_string();
    let is_import = |dependency: &serde_json::Value| {
        dependency["path"].is_string() && dependency["kind"].as_str() != Some("dev")
    };
    list(&metadata["packages"])
        .iter()
        .map(|package| Package {
            name: name(package),
            imports: list(&package["dependencies"])
                .iter()
                .filter(|found| is_import(found))
                .map(name)
                .collect(),
        })
        .collect()
}

/// Imports against the order, and crates that have no place in it.
pub fn check(packages: &[Package]) -> Vec<String> {
    let order = LAYERS.iter().flat_map(|(layer, crates)| crates.iter().map(move |name| (*name, *layer)));
    let places: HashMap<&str, (usize, &str)> =
        order.enumerate().map(|(place, (name, layer))| (name, (place, layer))).collect();
    let mut faults = Vec::new();
    for package in packages {
        let Some((own, layer)) = places.get(package.name.as_str()) else {
            faults.push(format!("crate {} has no place in the list of layers", package.name));
            continue;
        };
        for import in &package.imports {
            match places.get(import.as_str()) {
                Some((place, other)) if place >= own => {
                    faults.push(format!(
                        "{} ({layer}) imports {import} ({other}), which stands above it",
                        package.name
                    ));
                }
                _ => {}
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Downwards and leftwards is allowed; upwards, rightwards and unknown crates are faults; tests are free.
    #[test]
    fn order_of_layers() {
        let metadata = serde_json::json!({"packages": [
            {"name": "storage_wal", "dependencies": [
                {"name": "common", "path": "/x", "kind": null},
                {"name": "storage_file", "path": "/x", "kind": null},
                {"name": "smallvec", "kind": null},
                {"name": "test_kit", "path": "/x", "kind": "dev"},
            ]},
            {"name": "types", "dependencies": [{"name": "catalog", "path": "/x", "kind": null}]},
            {"name": "error", "dependencies": [{"name": "system", "path": "/x", "kind": "build"}]},
            {"name": "novelty", "dependencies": []},
        ]});
        let faults = check(&packages(&metadata));
        assert_eq!(faults.len(), 3, "{faults:?}");
        assert!(faults[0].contains("types (data) imports catalog (database)"));
        assert!(faults[1].contains("error (foundation) imports system"));
        assert!(faults[2].contains("novelty has no place"));
    }
}
