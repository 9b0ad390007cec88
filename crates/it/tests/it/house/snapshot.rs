//! Files that are generated from the code and stored in the repository, so that a reviewer sees each change.

use std::fs;

use super::root;

/// Fails if the file does not contain `text`. With `UPDATE_SNAPSHOTS=1` it writes the file.
pub(super) fn same_as(file: &str, text: &str) {
    let path = root().join(file);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some_and(|value| value == "1") {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        return;
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let first = kept.lines().zip(text.lines()).position(|(kept, now)| kept != now);
    let line = first.unwrap_or_else(|| kept.lines().count().min(text.lines().count()));
    assert!(
        kept == text,
        "{file} is out of date from line {}: `make snapshots` writes it anew\n  kept: {}\n  now:  {}",
        line + 1,
        kept.lines().nth(line).unwrap_or("(end)"),
        text.lines().nth(line).unwrap_or("(end)"),
    );
}
