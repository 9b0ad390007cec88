//! No parameter is a tuple: a caller cannot see what its parts are. Several parameters, or a struct, say so.

use std::collections::BTreeMap;

use super::{collect, refuse, rooms, root};

/// The source with spaces in place of comments, strings and characters, so that only code has signs.
fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let raw = rest.trim_start_matches('r').trim_start_matches('#');
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if first == 'r' && raw.starts_with('"') && !code.ends_with(is_of_word) {
            let hashes = rest.len() - raw.len() - 1;
            let end = format!("\"{}", "#".repeat(hashes));
            let opened = hashes + 2;
            rest[opened..].find(&end).map_or(rest.len(), |at| opened + at + end.len())
        } else if first == '"' {
            string_length(rest)
        } else if first == '\'' && character_length(rest) > 1 {
            character_length(rest)
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        code.extend(rest[..length].chars().map(|sign| if sign == '\n' { '\n' } else { ' ' }));
        rest = &rest[length..];
    }
    code
}

pub(super) fn is_of_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

/// The length of a string, with its quotes.
pub(super) fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, sign) in text.char_indices().skip(1) {
        match sign {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a character, or of the sign that begins a lifetime.
fn character_length(text: &str) -> usize {
    let mut signs = text.char_indices().skip(1);
    match (signs.next(), signs.next()) {
        (Some((_, '\\')), Some((at, _))) => text[at + 1..].find('\'').map_or(1, |end| at + end + 2),
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 1,
    }
}

/// The parts of a list up to its closing bracket, separated by commas outside of all brackets.
fn parts(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut before) = (0_i32, 0, ' ');
    let mut parts = Vec::new();
    for (at, sign) in list.char_indices() {
        match sign {
            '(' | '[' | '{' | '<' => depth += 1,
            '>' if before == '-' || before == '=' => {}
            ')' | ']' | '}' | '>' if depth == 0 => {
                parts.push(&list[start..at]);
                break;
            }
            ')' | ']' | '}' | '>' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        before = sign;
    }
    parts
}

/// Whether a parameter's type is a tuple or a reference to one.
fn is_tuple(parameter: &str) -> bool {
    let mut depth = 0_i32;
    let colon = parameter.char_indices().find(|(at, sign)| {
        match sign {
            '(' | '[' | '{' | '<' => depth += 1,
            ')' | ']' | '}' | '>' => depth -= 1,
            _ => {}
        }
        *sign == ':' && depth == 0 && !parameter[..*at].ends_with(':') && !parameter[at + 1..].starts_with(':')
    });
    let Some((at, _)) = colon else { return false };
    let mut kind = parameter[at + 1..].trim_start();
    loop {
        let inner = kind.trim_start_matches('&').trim_start();
        let inner = inner.strip_prefix("mut ").unwrap_or(inner).trim_start();
        let inner = match inner.strip_prefix('\'') {
            Some(lifetime) => lifetime.trim_start_matches(is_of_word).trim_start(),
            None => inner,
        };
        if inner == kind {
            break;
        }
        kind = inner;
    }
    // `&(dyn Error + 'static)` has one part; a tuple has a comma.
    kind.strip_prefix('(').is_some_and(|list| parts(list).len() > 1)
}

/// The functions with a parameter that is a tuple, with their lines.
fn functions_with_tuple(text: &str) -> Vec<(usize, String)> {
    functions_with(text, is_tuple)
}

/// The functions with a parameter of this kind, with their lines.
pub(super) fn functions_with(text: &str, kind: fn(&str) -> bool) -> Vec<(usize, String)> {
    let code = code_of(text);
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        if code[..at].ends_with(is_of_word) {
            continue;
        }
        let declared = code[at + 3..].trim_start();
        let name: String = declared.chars().take_while(|sign| is_of_word(*sign)).collect();
        let after = declared[name.len()..].trim_start();
        // Generic parameters may contain brackets of their own.
        let after = match after.strip_prefix('<') {
            Some(generics) => {
                let length: usize = parts(generics).iter().map(|part| part.len() + 1).sum();
                generics.get(length..).unwrap_or_default().trim_start()
            }
            None => after,
        };
        let Some(list) = after.strip_prefix('(') else { continue };
        if !name.is_empty() && parts(list).into_iter().any(kind) {
            found.push((code[..at].matches('\n').count() + 1, name));
        }
    }
    found
}

#[test]
fn no_parameter_is_a_tuple() {
    let (mut sources, mut broken) = (BTreeMap::new(), Vec::new());
    for room in rooms() {
        collect(&root().join(&room.folder), &mut sources);
    }
    for (file, text) in sources {
        let found = functions_with_tuple(&text).into_iter();
        broken.extend(found.map(|(line, name)| format!("{file}:{line}: `{name}`")));
    }
    refuse("Parameters that are tuples; name each part, or make a struct:", &broken);
}

#[test]
fn a_tuple_is_found_in_every_form_of_a_parameter() {
    for parameter in [
        "(a, b): (A, B)",
        "a: &(A, B)",
        "a: &'a mut (A, B)",
        "mut a: (A, (B, C))",
        "\n    a: (\n        A,\n        B\n    )",
    ] {
        let text = format!("// fn other((a, b): (A, B))\nfn found<F: Fn(A, B) -> Vec<C>>(own: F, {parameter}) {{}}");
        assert_eq!(functions_with_tuple(&text), [(2, "found".to_owned())], "{parameter}");
    }
    for parameter in [
        "a: &(dyn Error + 'static)",
        "a: (A)",
        "a: ()",
        "a: &[(A, B)]",
        "a: Option<(A, B)>",
        "a: impl Fn((A, B)) -> (C, D)",
        "a: [A; 2]",
        "Path((a, b)): Path<(A, B)>",
        "a: &'static str",
    ] {
        let text =
            format!("fn fine({parameter}) -> (A, B) {{ let f = |(a, b): (A, B)| a; \"fn x(a: (A, B))\"; '\"'; }}");
        assert_eq!(functions_with_tuple(&text), [], "{parameter}");
    }
}
