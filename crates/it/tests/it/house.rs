//! The rules of this repository, as tests.

mod answers;
mod arrows;
mod callers;
mod circles;
mod doctests;
mod erasure;
mod error_codes;
mod events;
mod exports;
mod help;
mod identity_parts;
mod language;
mod licences;
mod lists;
mod locations;
mod migrations;
mod modules;
mod openapi;
mod openapi_schemas;
mod parameters;
mod plain_words;
mod planes;
mod reasons;
mod role_matrix;
mod snapshot;
mod statements;
mod tables;
pub(crate) mod walk;
mod words;

use crate::harness::exceptions;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A crate of the workspace.
struct Room {
    /// `db`, `voice`: name of its package without `freehold-`.
    name: String,
    /// `crates/db`, `products/voice`.
    folder: String,
    /// Names of the packages it depends on, in all of its dependency tables.
    dependencies: Vec<String>,
    /// Those of them that are part of the crate itself and not only of its tests.
    built_in: Vec<String>,
}

/// Every crate of the workspace.
fn rooms() -> Vec<Room> {
    let mut rooms = Vec::new();
    for parent in ["crates", "products"] {
        let mut folders: Vec<_> =
            fs::read_dir(root().join(parent)).unwrap().map(|entry| entry.unwrap().path()).collect();
        folders.sort();
        for folder in folders {
            let Ok(text) = fs::read_to_string(folder.join("Cargo.toml")) else { continue };
            let manifest: toml::Table = text.parse().unwrap();
            let package = manifest["package"]["name"].as_str().unwrap();
            rooms.push(Room {
                name: package.strip_prefix("freehold-").unwrap_or(package).to_owned(),
                folder: folder.strip_prefix(root()).unwrap().display().to_string(),
                dependencies: dependencies(&manifest, &["dependencies", "dev-dependencies", "build-dependencies"]),
                built_in: dependencies(&manifest, &["dependencies", "build-dependencies"]),
            });
        }
    }
    assert!(rooms.len() > 10, "the rooms were not found");
    rooms
}

fn dependencies(manifest: &toml::Table, kinds: &[&str]) -> Vec<String> {
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    let targets = targets.into_iter().flat_map(toml::Table::values).filter_map(toml::Value::as_table);
    let tables = [manifest].into_iter().chain(targets);
    let all = tables.flat_map(|table| kinds.iter().filter_map(|kind| table.get(*kind)?.as_table()));
    let entries = all.flatten().map(|(name, value)| {
        // A dependency may be renamed here.
        value.get("package").and_then(toml::Value::as_str).unwrap_or(name).to_owned()
    });
    entries.collect()
}

/// Every Rust file in the `src` of every crate, with its text, except what tests share, which is part of no program.
fn sources() -> BTreeMap<String, String> {
    let mut sources = BTreeMap::new();
    for room in rooms().into_iter().filter(|room| room.name != "testing") {
        collect(&root().join(&room.folder).join("src"), &mut sources);
    }
    assert!(sources.len() > 50, "the sources were not found");
    sources
}

fn collect(folder: &Path, sources: &mut BTreeMap<String, String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            collect(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            sources.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}

/// Fails with all sentences.
pub(crate) fn refuse(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}\n  - {}", broken.join("\n  - "));
}
