//! Plain English: what a test can hold of how documentation and commits are written.

use std::{path::Path, process::Command};

use super::{refuse, root};

/// Longest subject of a commit, in columns.
const SUBJECT: usize = 72;

/// The output of a git command; none when it fails, as it does outside a clone.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).current_dir(root()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a doc comment says no more than the name of its field: `Id.`, `Its id.`, `The id.`
fn is_empty(doc: &str) -> bool {
    let words: Vec<&str> = doc.split_whitespace().collect();
    matches!(words.as_slice(), [] | [_] | ["Its" | "The", _])
}

/// The names of fields whose doc comment says nothing, with their lines.
fn fields_with_empty_docs(code: &str) -> Vec<(usize, String)> {
    let lines: Vec<&str> = code.lines().map(str::trim).collect();
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some(doc) = line.strip_prefix("/// ") else { continue };
        let is_doc = |line: Option<&&str>| line.is_some_and(|line| line.starts_with("///"));
        let alone = !is_doc(index.checked_sub(1).and_then(|before| lines.get(before))) && !is_doc(lines.get(index + 1));
        if !alone || !is_empty(doc) {
            continue;
        }
        let mut after = lines[index + 1..].iter().filter(|line| !line.starts_with("#["));
        if let Some(field) = after.next().and_then(|line| field(line)) {
            found.push((index + 1, field.to_owned()));
        }
    }
    found
}

/// The name of the field that a line declares.
fn field(line: &str) -> Option<&str> {
    let (declared, _) = line.strip_suffix(',')?.split_once(": ")?;
    let name = declared.rsplit(' ').next()?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_#".contains(c);
    (!name.is_empty() && name.chars().all(plain)).then_some(name)
}

#[test]
fn the_doc_of_a_field_says_what_the_value_is() {
    let files = git(&["ls-files", "-z", "*.rs"]).unwrap();
    let mut broken = Vec::new();
    let mut read = 0;
    for file in
        files.split_terminator('\0').filter(|file| Path::new(file).components().all(|part| part.as_os_str() != "tests"))
    {
        let Ok(code) = std::fs::read_to_string(root().join(file)) else { continue };
        read += 1;
        for (line, name) in fields_with_empty_docs(&code) {
            broken.push(format!("{file}:{line}: `{name}`"));
        }
    }
    assert!(read > 50, "the code was not found");
    refuse("Fields whose doc says nothing; say what the value is, with unit, range and null:", &broken);
}

#[test]
fn empty_docs_are_found_at_fields_only() {
    let code = "/// Who.\npub user: UserId,\n/// Never.\nNever,\n/// Which.\n#[serde(default)]\nplan: Option<String>,\n\
                /// Start of the period.\npub start: Timestamp,\n/// Words\n/// go on.\npub end: Timestamp,\n/// Its id.\npub id: Id,\n/// Runs.\nfn run(a: u8) {}";
    let found = fields_with_empty_docs(code);
    assert_eq!(found, [(1, "user".to_owned()), (5, "plan".to_owned()), (13, "id".to_owned())]);
}

#[test]
fn subjects_of_commits_fit_into_a_line() {
    // An archive of the source has no history, and a shallow clone has a part of it.
    let Some(log) = git(&["log", "--max-count=50", "--format=%h %s"]) else { return };
    let long =
        log.lines().filter(|line| line.split_once(' ').is_some_and(|(_, subject)| subject.chars().count() > SUBJECT));
    refuse("Subjects of commits longer than 72 columns:", &long.map(str::to_owned).collect::<Vec<_>>());
}
