//! A function of sign-in takes the parts of `Identity` that it needs, not the whole. Composition builds `Identity`, and
//! faces hold it.

use super::{
    parameters::{functions_with, is_of_word},
    refuse, sources,
};

const FOLDER: &str = "crates/identity/src/";
/// Most functions that take `Identity` whole: signing in with a password (three), signing up, and changing one's own
/// account. Each of them counts guesses, hashes a password and opens or ends sessions, which is most of the parts.
const MOST_FUNCTIONS: usize = 5;
/// Most fields of `Identity`: with more, it holds what belongs to one of its parts.
const MOST_FIELDS: usize = 6;

/// Whether the parameter's type names `Identity`.
fn is_whole(parameter: &str) -> bool {
    let kind = parameter.split_once(':').map_or("", |(_, kind)| kind);
    kind.split(|sign| !is_of_word(sign)).any(|word| word == "Identity")
}

/// The names of the fields of `Identity`.
fn fields(text: &str) -> Vec<&str> {
    let (_, declared) = text.split_once("pub struct Identity {").unwrap();
    let (declared, _) = declared.split_once("\n}").unwrap();
    let declared = declared.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    declared.filter_map(|line| line.trim_start_matches("pub ").split_once(':').map(|(name, _)| name)).collect()
}

#[test]
fn few_functions_take_identity_whole() {
    let mut found = Vec::new();
    for (file, text) in sources().iter().filter(|(file, _)| file.starts_with(FOLDER)) {
        let functions = functions_with(text, is_whole).into_iter();
        found.extend(functions.map(|(line, name)| format!("{file}:{line}: `{name}`")));
    }
    if found.len() > MOST_FUNCTIONS {
        let rule = format!("At most {MOST_FUNCTIONS} functions take `Identity` whole; take the parts that are needed:");
        refuse(&rule, &found);
    }
    assert_eq!(found.len(), MOST_FUNCTIONS, "fewer functions take `Identity` whole: lower MOST_FUNCTIONS");
}

#[test]
fn identity_has_few_fields() {
    let sources = sources();
    let fields = fields(&sources[&format!("{FOLDER}lib.rs")]);
    assert!(fields.contains(&"sessions"), "the fields were not found: {fields:?}");
    assert!(fields.len() <= MOST_FIELDS, "`Identity` has more than {MOST_FIELDS} fields: {fields:?}");
}

#[test]
fn the_whole_is_told_from_its_parts() {
    for parameter in
        ["identity: &Identity", "identity: &'a Identity", "\n    identity: Identity,\n", "i: Arc<Identity>"]
    {
        let text = format!("/// Takes `Identity`.\npub async fn found(tx: &mut SystemTx, {parameter}) {{}}");
        assert_eq!(functions_with(&text, is_whole), [(2, "found".to_owned())], "{parameter}");
    }
    for parameter in ["base: &Base", "user: UserIdentity", "identity: &OwnedIdentity", "row: &IdentityRow"] {
        let text = format!("fn fine({parameter}) -> Identity {{ \"fn x(i: &Identity)\"; }}");
        assert_eq!(functions_with(&text, is_whole), [], "{parameter}");
    }
}
