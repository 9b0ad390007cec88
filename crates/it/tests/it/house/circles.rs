//! No circle between the modules of a crate. A module is a file; an arrow is a name that it takes from another file of
//! its crate. A name that a module re-exports belongs to the file that defines it, so a parent that only lists its
//! children and hands their names on has no arrows. What a child takes from its own parents is not counted: a module owns its children.

use std::collections::{BTreeMap, BTreeSet};

use super::{parameters::string_length, refuse, rooms, sources};

type Path = Vec<String>;

/// A file of a crate.
#[derive(Default)]
struct Module {
    file: String,
    /// Name in this module, and the path that an import gives it.
    imports: BTreeMap<String, Path>,
    /// Paths of the imports with `*`.
    globs: Vec<Path>,
    /// Names that this module hands on: they are imported with `pub`.
    handed_on: BTreeSet<String>,
    /// Words in the code outside of imports.
    words: BTreeSet<String>,
    /// Paths in the code.
    paths: BTreeSet<Path>,
}

/// The modules of a crate by their path; the crate's root is the empty path.
type Crate = BTreeMap<Path, Module>;

fn crate_read<'a>(folder: &str, sources: impl Iterator<Item = (&'a String, &'a String)>) -> Crate {
    let mut modules = Crate::new();
    for (file, text) in sources {
        let Some(inner) = file.strip_prefix(folder).and_then(|rest| rest.strip_prefix("/src/")) else { continue };
        let mut path: Path = inner.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
        if path.last().is_some_and(|last| ["lib", "main", "mod"].contains(&last.as_str())) {
            path.pop();
        }
        if path.iter().any(|part| part == "tests" || part == "bin") {
            continue;
        }
        let module = modules.entry(path).or_default();
        module.file.clone_from(file);
        module_read(module, &tokens(text));
    }
    modules
}

/// Words, `::` and single signs of a source, without comments, strings and unit tests.
fn tokens(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let mut tokens = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let word = rest.find(|sign: char| !sign.is_alphanumeric() && sign != '_').unwrap_or(rest.len());
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("r#\"") {
            rest.find("\"#").map_or(rest.len(), |end| end + 2)
        } else if first == '"' {
            string_length(rest)
        } else if first == '\'' {
            // A character; otherwise the sign begins a lifetime.
            if rest.starts_with("'\\") { 4 } else { 1 + usize::from(rest.chars().nth(2) == Some('\'')) * 2 }
        } else if word > 0 {
            tokens.push(rest[..word].to_owned());
            word
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        let length = (length..=rest.len()).find(|at| rest.is_char_boundary(*at)).unwrap_or(rest.len());
        rest = &rest[length..];
    }
    tokens
}

fn module_read(module: &mut Module, tokens: &[String]) {
    let mut at = 0;
    while at < tokens.len() {
        module.words.insert(tokens[at].clone());
        if tokens[at] == "use" {
            let before: BTreeSet<String> = module.imports.keys().cloned().collect();
            let public = at > 0 && ["pub", ")"].contains(&tokens[at - 1].as_str());
            at = import_read(module, tokens, at + 1, &[]);
            if public {
                module.handed_on.extend(module.imports.keys().filter(|name| !before.contains(*name)).cloned());
            }
        } else if tokens.get(at + 1).is_some_and(|next| next == "::") && (at == 0 || tokens[at - 1] != "::") {
            let mut path = vec![tokens[at].clone()];
            at += 1;
            while at + 1 < tokens.len() && tokens[at] == "::" && is_word(&tokens[at + 1]) {
                module.words.insert(tokens[at + 1].clone());
                path.push(tokens[at + 1].clone());
                at += 2;
            }
            module.paths.insert(path);
        } else {
            at += 1;
        }
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|sign: char| sign.is_alphabetic() || sign == '_')
}

/// Reads one branch of an import; returns where it ends.
fn import_read(module: &mut Module, tokens: &[String], mut at: usize, prefix: &[String]) -> usize {
    let mut path = prefix.to_vec();
    while at < tokens.len() {
        match tokens[at].as_str() {
            "{" => {
                at += 1;
                while at < tokens.len() && tokens[at] != "}" {
                    // Never stands still, whatever the text is.
                    at = if tokens[at] == "," { at + 1 } else { import_read(module, tokens, at, &path).max(at + 1) };
                }
                return at + 1;
            }
            "*" => {
                module.globs.push(path);
                return at + 1;
            }
            "::" => at += 1,
            "self" if !path.is_empty() => at += 1,
            word if is_word(word) && word != "as" => {
                path.push(word.to_owned());
                at += 1;
            }
            _ => break,
        }
        let goes_on = tokens.get(at).is_some_and(|next| next == "::");
        if !goes_on && at > 0 && tokens[at - 1] != "::" {
            break;
        }
    }
    let renamed = tokens.get(at).is_some_and(|next| next == "as");
    let name = if renamed { tokens.get(at + 1) } else { path.last() }.cloned();
    if let Some(name) = name {
        module.imports.insert(name, path);
    }
    at + if renamed { 2 } else { usize::from(tokens.get(at).is_some_and(|next| next == ";")) }
}

/// The module that defines what a path in `from` names; none: another crate does, or the path names a module.
fn defined_in(modules: &Crate, from: &Path, path: &[String], depth: usize) -> Option<Path> {
    let mut here = from.clone();
    let mut rest = path;
    match rest.first()?.as_str() {
        "crate" => {
            here.clear();
            rest = &rest[1..];
        }
        "self" => rest = &rest[1..],
        "super" => {
            while rest.first().is_some_and(|first| first == "super") {
                here.pop();
                rest = &rest[1..];
            }
        }
        // A word of its own names a child, an import or another crate.
        first => {
            let child = [here.as_slice(), &[first.to_owned()]].concat();
            let own = modules.get(&here).and_then(|module| module.imports.get(first));
            if !modules.contains_key(&child) && own.is_none_or(|import| import[..] == rest[..1]) {
                return None;
            }
        }
    }
    while let Some(word) = rest.first() {
        let child = [here.as_slice(), std::slice::from_ref(word)].concat();
        if modules.contains_key(&child) {
            here = child;
            rest = &rest[1..];
            continue;
        }
        let module = modules.get(&here)?;
        if depth > 8 {
            return Some(here);
        }
        if let Some(import) = module.imports.get(word) {
            if import.as_slice() == path && here == *from {
                return None;
            }
            let whole = [import.as_slice(), &rest[1..]].concat();
            return defined_in(modules, &here, &whole, depth + 1);
        }
        let glob = module.globs.iter().find_map(|glob| {
            let whole = [glob.as_slice(), rest].concat();
            defined_in(modules, &here, &whole, depth + 1).filter(|found| defines(modules, found, word))
        });
        return Some(glob.unwrap_or(here));
    }
    None
}

/// Whether a module imports a name or reads as if it defined it.
fn defines(modules: &Crate, path: &Path, word: &str) -> bool {
    modules.get(path).is_some_and(|module| module.imports.contains_key(word))
}

/// What each module takes from which other.
fn arrows(modules: &Crate) -> BTreeMap<Path, BTreeMap<Path, BTreeSet<String>>> {
    let mut arrows: BTreeMap<Path, BTreeMap<Path, BTreeSet<String>>> = BTreeMap::new();
    for (from, module) in modules {
        let to = arrows.entry(from.clone()).or_default();
        let used = |name: &&String| !module.handed_on.contains(*name) || module.words.contains(*name);
        let imports = module.imports.iter().filter(|(name, _)| used(name)).map(|(_, path)| path);
        for path in imports.chain(&module.paths) {
            if let Some(target) = defined_in(modules, from, path, 0)
                && !from.starts_with(&target)
            {
                to.entry(target).or_default().insert(path.last().cloned().unwrap_or_default());
            }
        }
    }
    arrows
}

/// The circles of a crate: each a set of modules that reach one another.
fn circles(modules: &Crate) -> Vec<String> {
    let arrows = arrows(modules);
    let reach: BTreeMap<&Path, BTreeSet<&Path>> = arrows.keys().map(|from| (from, reached(&arrows, from))).collect();
    let mut circles = Vec::new();
    let mut seen = BTreeSet::new();
    for (path, reached) in &reach {
        if !reached.contains(path) || seen.contains(path) {
            continue;
        }
        let members: BTreeSet<&Path> =
            reached.iter().copied().filter(|other| reach.get(other).is_some_and(|back| back.contains(path))).collect();
        seen.extend(members.iter().copied());
        let mut lines = Vec::new();
        for from in &members {
            for (to, names) in arrows[*from].iter().filter(|(to, _)| members.contains(to)) {
                let names = names.iter().cloned().collect::<Vec<_>>().join(", ");
                lines.push(format!("\n      {} takes {names} from {}", modules[*from].file, modules[to].file));
            }
        }
        circles.push(format!("{} modules:{}", members.len(), lines.concat()));
    }
    circles
}

fn reached<'a>(arrows: &'a BTreeMap<Path, BTreeMap<Path, BTreeSet<String>>>, from: &Path) -> BTreeSet<&'a Path> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&Path> = arrows.get(from).into_iter().flat_map(BTreeMap::keys).collect();
    while let Some(next) = open.pop() {
        if reached.insert(next) {
            open.extend(arrows.get(next).into_iter().flat_map(BTreeMap::keys));
        }
    }
    reached
}

#[test]
fn no_circle_between_modules_of_a_crate() {
    let sources = sources();
    let mut broken = Vec::new();
    for room in rooms() {
        let circles = circles(&crate_read(&room.folder, sources.iter()));
        broken.extend(circles.into_iter().map(|circle| format!("{}: {circle}", room.name)));
    }
    refuse("Modules of a crate take names from one another in one direction:", &broken);
}

#[test]
fn a_circle_is_found_through_re_exports_and_not_between_parent_and_child() {
    let read = |files: &[(&str, &str)]| {
        let files: BTreeMap<String, String> =
            files.iter().map(|(file, text)| (format!("crates/x/src/{file}"), (*text).to_owned())).collect();
        circles(&crate_read("crates/x", files.iter()))
    };
    let list = ("lib.rs", "mod a; mod b;\npub use a::A;\n");
    let circle = read(&[list, ("a.rs", "use crate::b::B;\npub struct A;"), ("b.rs", "fn b(a: crate::A) {}")]);
    assert_eq!(circle.len(), 1, "{circle:?}");
    assert!(circle[0].contains("crates/x/src/b.rs takes A from crates/x/src/a.rs"), "{circle:?}");
    let module = read(&[list, ("a.rs", "use crate::b;\nfn a() { b::c(\"'\"); }"), ("b.rs", "use super::{a::A as C};")]);
    assert_eq!(module.len(), 1, "{module:?}");
    let owned = read(&[list, ("a.rs", "mod store;\nuse store::ROW;"), ("a/store.rs", "use super::A;")]);
    assert_eq!(owned, Vec::<String>::new());
    let word = "// crate::b::B\nconst TEXT: &str = \"crate::b::B\";";
    let told = read(&[list, ("a.rs", word), ("b.rs", "use crate::A;\n#[cfg(test)]\nmod tests { use crate::b::B; }")]);
    assert_eq!(told, Vec::<String>::new());
}
