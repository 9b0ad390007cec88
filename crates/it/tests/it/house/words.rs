//! Words that no tracked file may contain.

use std::{collections::BTreeSet, path::Path, process::Command};

use super::{exceptions, refuse, root};

/// Split in two, so that this file does not contain them.
const WORDS: &[(&str, &str)] = &[
    (concat!("TO", "DO"), "finish it, or open an issue"),
    (concat!("FIX", "ME"), "fix it"),
    (concat!("XX", "X:"), "say what is meant"),
    (concat!("#[", "allow("), "write #[expect(…, reason = …)]"),
    (concat!("#![", "allow("), "write #![expect(…, reason = …)]"),
    (concat!("/ro", "ot/"), "a path of one machine"),
    (concat!("/wo", "rk/"), "a path of one machine"),
    (concat!("/ho", "me/"), "a path of one machine"),
    (concat!("/Use", "rs/"), "a path of one machine"),
    (concat!("extra-", "index-url"), "a registry of one machine"),
    (concat!("replace-", "with"), "a registry of one machine"),
    (concat!("registry", " = \"http"), "a registry of one machine"),
    (concat!("registry=", "http"), "a registry of one machine"),
    (concat!("GOPROXY", "=http"), "a registry of one machine"),
];

/// Names of modules and folders that carry no meaning.
const NAMES: &[&str] = &["utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"];

const LONGEST: usize = 450;

/// Generated files, and files that are not code.
const NOT_MEASURED: &[&str] = &["lock", "md", "snap", "json", "svg"];

const CRATES_IO: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";

fn tracked() -> Vec<String> {
    let output = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().split_terminator('\0').map(str::to_owned).collect()
}

#[test]
fn no_tracked_file_holds_what_it_should_not() {
    let listed = exceptions(include_str!("words_exceptions.txt"));
    let mut needed = BTreeSet::new();
    let mut broken = Vec::new();
    let files = tracked();
    for file in &files {
        let mut found: Vec<(String, String)> = Vec::new();
        for part in Path::new(file).components().filter_map(|part| part.as_os_str().to_str()) {
            let stem = part.split('.').next().unwrap_or_default();
            if NAMES.contains(&stem) {
                found.push((stem.to_owned(), "a name that says nothing; name it after what it does".to_owned()));
            }
        }
        // Deleted but still in the index, or not text.
        let Ok(text) = std::fs::read_to_string(root().join(file)) else { continue };
        for (word, instead) in WORDS {
            if let Some(number) = text.lines().position(|line| line.contains(word)) {
                found.push(((*word).to_owned(), format!("in line {}; {instead}", number + 1)));
            }
        }
        let lines = text.lines().count();
        let measured = Path::new(file).extension().is_none_or(|kind| !NOT_MEASURED.iter().any(|other| kind == *other));
        if measured && lines > LONGEST {
            found.push(("length".to_owned(), format!("{lines} lines; ask what it is two of")));
        }
        for (what, why) in found {
            let entry = format!("{file} {what}");
            match listed.get_key_value(entry.as_str()) {
                Some((entry, _)) => _ = needed.insert(*entry),
                None => broken.push(format!("{entry}: {why}")),
            }
        }
    }
    assert!(files.len() > 50, "the tracked files were not found");
    let stale = listed.keys().filter(|entry| !needed.contains(*entry));
    broken.extend(stale.map(|entry| format!("{entry}: need not stand in words_exceptions.txt any more")));
    refuse("What stands in no tracked file:", &broken);
}

#[test]
fn every_dependency_comes_from_the_public_registry() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let elsewhere = lock.lines().filter(|line| line.starts_with("source = ") && *line != CRATES_IO);
    refuse("Cargo.lock names other sources:", &elsewhere.map(str::to_owned).collect::<Vec<_>>());
}
