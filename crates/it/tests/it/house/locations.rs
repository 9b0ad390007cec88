//! The log names the location in Freehold's code where an error was created.

use std::collections::BTreeSet;

use super::{refuse, sources};

/// Methods that take a function and call it from within the standard library.
const CALLERS: &[&str] = &[
    "map_err(",
    "or_else(",
    "ok_or_else(",
    "unwrap_or_else(",
    "map_or_else(",
    "and_then(",
    "map(",
    "then(",
    "inspect_err(",
];

/// Functions that record their caller: `from_driver`, or `Error::internal` for methods.
fn noting(text: &str) -> BTreeSet<String> {
    let (mut names, mut of_type, mut in_trait, mut noted) = (BTreeSet::new(), None, false, false);
    for line in text.lines() {
        let code = line.trim_start();
        if line.starts_with("impl") || line.starts_with('}') || line.contains("trait ") && line.ends_with('{') {
            // Trait methods are called by name, never passed as values.
            in_trait = !line.starts_with('}') && (!line.starts_with("impl ") || line.contains(" for "));
            let inherent = line.starts_with("impl ") && !in_trait;
            of_type = inherent.then(|| line["impl ".len()..].trim_end_matches(['{', ' ']).to_owned());
        }
        if code.starts_with("#[track_caller]") {
            noted = !in_trait;
        } else if noted && !code.starts_with("#[") {
            noted = false;
            let Some((_, rest)) = code.split_once("fn ") else { continue };
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            names.insert(of_type.as_ref().map_or(name.clone(), |of_type| format!("{of_type}::{name}")));
        }
    }
    names
}

/// The paths that this line passes as values.
fn passed_on(line: &str) -> Vec<&str> {
    let after =
        |caller: &&str| line.match_indices(*caller).map(|(at, _)| &line[at + caller.len()..]).collect::<Vec<_>>();
    CALLERS
        .iter()
        .flat_map(after)
        .filter_map(|rest| rest.split([')', ',']).next())
        .map(str::trim)
        .filter(|path| !path.is_empty() && path.chars().all(|c| c.is_alphanumeric() || c == '_' || c == ':'))
        .collect()
}

fn is_noting(path: &str, names: &BTreeSet<String>) -> bool {
    let mut parts = path.rsplit("::");
    let (name, owner) = (parts.next().unwrap_or_default(), parts.next());
    match owner.filter(|owner| owner.starts_with(char::is_uppercase)) {
        Some(owner) => names.contains(&format!("{owner}::{name}")),
        None => names.contains(name),
    }
}

#[test]
fn errors_that_note_their_place_are_not_made_by_a_function_passed_on_by_name() {
    let sources = sources();
    let names: BTreeSet<String> = sources.values().flat_map(|text| noting(text)).collect();
    for known in ["from_driver", "Error::internal", "Error::not_found", "unanswered"] {
        assert!(names.contains(known), "{known} is not among {names:?}");
    }
    assert!(is_noting("crate::error::from_driver", &names) && is_noting("Error::internal", &names));
    assert!(!is_noting("Secret::new", &names) && !is_noting("str::trim", &names));
    assert_eq!(passed_on("a.map_err(from_driver)?.or_else(Error::internal)"), ["from_driver", "Error::internal"]);
    assert_eq!(passed_on("a.map_err(|error| from_driver(error))"), Vec::<&str>::new());
    let mut broken = Vec::new();
    for (file, text) in &sources {
        for (number, line) in text.lines().enumerate() {
            for path in passed_on(line).into_iter().filter(|path| is_noting(path, &names)) {
                broken.push(format!("{file}:{}: {path}", number + 1));
            }
        }
    }
    refuse(
        "The log would name a line of the standard library as the place of the error. Call a method that is #[track_caller] \
         (`or_error()`, `context(…)`), or write a closure:",
        &broken,
    );
}
