//! A crate whose documentation tests are switched off has none.

use super::{refuse, rooms, root, sources};

/// Whether the text has an example that `cargo test` would run: a fence in a doc comment that names no other language.
fn has_example(text: &str) -> bool {
    let mut open = false;
    text.lines().filter_map(|line| line.trim_start().strip_prefix("///").or(line.trim_start().strip_prefix("//!"))).any(
        |line| {
            let Some(language) = line.trim().strip_prefix("```") else { return false };
            open = !open;
            open && ["", "rust", "no_run", "should_panic", "compile_fail"].contains(&language.trim())
        },
    )
}

#[test]
fn no_example_is_left_untested() {
    let sources = sources();
    let mut broken = Vec::new();
    let mut switched_off = 0;
    for room in rooms() {
        let manifest: toml::Table =
            std::fs::read_to_string(root().join(&room.folder).join("Cargo.toml")).unwrap().parse().unwrap();
        let setting = manifest.get("lib").and_then(|library| library.get("doctest")).and_then(toml::Value::as_bool);
        if setting != Some(false) {
            continue;
        }
        switched_off += 1;
        let folder = format!("{}/src/", room.folder);
        let examples = sources.iter().filter(|(file, text)| file.starts_with(&folder) && has_example(text));
        broken.extend(examples.map(|(file, _)| format!("{file}: remove `doctest = false` from its Cargo.toml")));
    }
    refuse("An example in the documentation is tested:", &broken);
    assert!(switched_off > 10, "the manifests were not found");
}

#[test]
fn the_rule_tells_an_example_from_a_drawing() {
    assert!(has_example("/// An id.\n/// ```\n/// assert!(true);\n/// ```"));
    assert!(has_example("    //! ```no_run\n    //! loop {}\n    //! ```"));
    assert!(!has_example("/// ```text\n/// a -> b\n/// ```\nlet fence = \"```\";"));
}
