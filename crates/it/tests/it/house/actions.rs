//! Every action that the code records in the audit has words for the activity feed, and no words are without an action.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use freehold::products::PRODUCTS;
use freehold_compose::audit_actions;
use freehold_module::AuditAction;
use freehold_tenancy::activity::words_check;

use super::{refuse, rooms, root, sources};

/// The functions that write an entry, or pass its action on.
const WRITERS: [&str; 8] = [
    "NewEntry::new",
    "NewEntry::of_event",
    "NewEntry::of_organization",
    "audit_append",
    "audit_append_system",
    "audit_entry",
    "audit",
    "request_audit",
];

/// Arguments by which a function passes on what it got: the action or the whole entry.
const PASSED_ON: [&str; 4] = ["action", "entry", "new", "NewEntry"];

/// The actions that code writes, and the calls whose action is unknown.
#[derive(Default)]
struct Written {
    actions: BTreeSet<String>,
    unknown: Vec<String>,
}

fn declared() -> BTreeMap<&'static str, AuditAction> {
    PRODUCTS.iter().flat_map(|(_, product)| audit_actions(product)).map(|action| (action.name, action)).collect()
}

/// The texts between quotation marks that look like the name of an action.
fn names(text: &str, quote: char) -> Vec<String> {
    let part = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let is_name = |text: &&str| text.contains('.') && text.split('.').all(part);
    text.split(quote).skip(1).step_by(2).filter(is_name).map(str::to_owned).collect()
}

/// The arguments of the calls of a function, without those of its definition.
fn calls<'a>(code: &'a str, name: &str) -> Vec<&'a str> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices(&format!("{name}(")) {
        let before = &code[..at];
        let word = |letter: char| letter.is_alphanumeric() || letter == '_';
        if before.ends_with(word) || before.ends_with("fn ") {
            continue;
        }
        let behind = &code[at + name.len() + 1..];
        let mut depth = 1;
        let end = behind.char_indices().find(|(_, letter)| {
            match letter {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        found.extend(end.map(|(end, _)| &behind[..end]));
    }
    found
}

/// The constants of a file whose value looks like the name of an action.
fn constants(code: &str) -> BTreeMap<&str, String> {
    let all = code.split("const ").skip(1).filter_map(|rest| {
        let (name, rest) = rest.split_once(':')?;
        let value = rest.split_once('=')?.1.split(';').next()?;
        Some((name.trim(), names(value, '"').into_iter().next()?))
    });
    all.collect()
}

/// What a file writes. `events` are the types of the events of its crate, for entries that are named after their event.
fn written(file: &str, text: &str, events: &BTreeSet<String>, all: &mut Written) {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let code: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let constants = constants(&code);
    // An action that is chosen first and written afterwards.
    let chosen = code.split("let action = ").skip(1).filter_map(|rest| rest.split(';').next());
    all.actions.extend(chosen.flat_map(|choice| names(choice, '"')));
    for writer in WRITERS {
        // What users do when they sign in is in an audit of its own.
        for arguments in calls(&code, writer).into_iter().filter(|arguments| !arguments.contains("Action::")) {
            let mut found = names(arguments, '"');
            found.extend(names(arguments, '\''));
            let words = || arguments.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            found.extend(words().filter_map(|word| constants.get(word)).cloned());
            if arguments.contains("::TYPE") {
                found.extend(events.iter().cloned());
            }
            let passed_on = words().any(|word| PASSED_ON.contains(&word)) || arguments.contains("$5");
            if found.is_empty() && !passed_on {
                all.unknown.push(format!("{file}: {writer}({arguments}): write the action as a text in the call"));
            }
            all.actions.extend(found);
        }
    }
}

fn all_written() -> Written {
    let sources = sources();
    let mut all = Written::default();
    for room in rooms().iter().filter(|room| room.name != "testing") {
        let folder = format!("{}/", room.folder);
        let own = || sources.iter().filter(|(file, _)| file.starts_with(&folder));
        let events = own().flat_map(|(_, text)| text.split("const TYPE: &'static str = ").skip(1));
        let events = events.filter_map(|rest| names(rest.split(';').next()?, '"').into_iter().next()).collect();
        for (file, text) in own() {
            written(file, text, &events, &mut all);
        }
        let Ok(migrations) = fs::read_dir(root().join(&room.folder).join("migrations")) else { continue };
        for path in migrations.map(|entry| entry.unwrap().path()) {
            let text = fs::read_to_string(path).unwrap();
            for writer in ["audit_record", "audit_append"] {
                all.actions.extend(calls(&text, writer).into_iter().flat_map(|arguments| names(arguments, '\'')));
            }
        }
    }
    all
}

#[test]
fn every_action_that_is_written_has_words_and_every_declared_action_is_written() {
    let (declared, written) = (declared(), all_written());
    let mut broken = written.unknown;
    let missing = written.actions.iter().filter(|name| !declared.contains_key(name.as_str()));
    broken.extend(missing.map(|name| format!("{name} has no words: add it to `actions` of its module")));
    let unused = declared.keys().filter(|name| !written.actions.contains(**name));
    broken.extend(unused.map(|name| format!("{name} has words, but no code writes it")));
    refuse("Actions of the audit:", &broken);
    assert!(written.actions.len() > 15, "the actions were not found: {:?}", written.actions);
}

#[test]
fn the_words_of_an_action_are_a_sentence_with_values_of_its_entry() {
    let mut broken = Vec::new();
    for (name, action) in declared() {
        let mistakes =
            action.words.all().filter_map(|words| Some(format!("{name}: {words:?}: {}", words_check(words)?)));
        broken.extend(mistakes);
        if action.page.is_some_and(|page| !page.starts_with('/')) {
            broken.push(format!("{name}: the path of its page begins with a slash"));
        }
    }
    refuse("Words of actions:", &broken);
}

#[test]
fn the_scan_finds_actions_wherever_they_are_written() {
    let events = BTreeSet::from(["plan.changed".to_owned()]);
    for (code, expected) in [
        ("let e = NewEntry::new(tx.id(), \"a.b\", id).detail(x(1));", "a.b"),
        ("const ACTION: &str = \"c.d\";\nfn f() { store::audit_append(t, ids.next(), ACTION, id) }", "c.d"),
        ("NewEntry::of_organization(Id::new(id.uuid()), E::TYPE)", "plan.changed"),
        ("\"select freehold.audit_append($1, $2, 'system', null, 'e.f', $3, '{}', $4)\"", "e.f"),
    ] {
        let mut all = Written::default();
        written("x.rs", code, &events, &mut all);
        assert_eq!((all.actions.into_iter().collect::<Vec<_>>(), all.unknown), (vec![expected.to_owned()], vec![]));
    }
    let mut all = Written::default();
    written("x.rs", "NewEntry::new(tx.id(), name_of(change), id)", &events, &mut all);
    assert_eq!(all.unknown.len(), 1, "an action that cannot be seen");
}
