//! The curl command of an operation.

use std::fmt::Write as _;

use serde_json::Value;

use super::{example, schema};

/// The parts of the command.
pub(super) struct Request<'a> {
    pub(super) document: &'a Value,
    pub(super) site_url: &'a str,
    /// HTTP method in lower case: `post`.
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) operation: &'a Value,
    pub(super) parameters: &'a [&'a Value],
    pub(super) body: Option<&'a Value>,
}

/// A command that works after the key is filled in. Every word from the document is quoted for the shell.
pub(super) fn curl(request: &Request<'_>) -> String {
    let mut command = "curl".to_owned();
    let method = request.method.to_uppercase();
    let implied = if request.body.is_some() { "POST" } else { "GET" };
    if method != implied {
        let _ = write!(command, " -X {method}");
    }
    let _ = write!(command, " {}", quoted(&address(request)));
    if needs_credential(request) {
        command.push_str(" \\\n  -H 'Authorization: Bearer sk_live_…'");
    }
    for header in required(request, "header") {
        let name = header["name"].as_str().unwrap_or_default();
        let _ = write!(command, " \\\n  -H {}", quoted(&format!("{name}: {}", value_of(request, header))));
    }
    if let Some(body) = request.body {
        command.push_str(" \\\n  -H 'Content-Type: application/json'");
        let body = serde_json::to_string_pretty(body).unwrap_or_default();
        let _ = write!(command, " \\\n  -d {}", quoted(&body));
    }
    command
}

fn address(request: &Request<'_>) -> String {
    let base = match request.document["servers"][0]["url"].as_str() {
        Some(url) if url.starts_with("https://") || url.starts_with("http://") => url.to_owned(),
        Some(url) => format!("{}/{}", request.site_url, url.trim_matches('/')),
        None => request.site_url.to_owned(),
    };
    let mut path = request.path.to_owned();
    for parameter in request.parameters.iter().filter(|parameter| parameter["in"] == "path") {
        if let Some(name) = parameter["name"].as_str() {
            path = path.replace(&format!("{{{name}}}"), &value_of(request, parameter));
        }
    }
    let query: Vec<String> = required(request, "query")
        .map(|parameter| format!("{}={}", parameter["name"].as_str().unwrap_or_default(), value_of(request, parameter)))
        .collect();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{}{path}{mark}{}", base.trim_end_matches('/'), query.join("&"))
}

fn required<'a>(request: &'a Request<'_>, place: &'a str) -> impl Iterator<Item = &'a Value> {
    request
        .parameters
        .iter()
        .copied()
        .filter(move |parameter| parameter["in"] == place && parameter["required"] == true)
}

/// The example of a parameter, or one made from its schema.
fn value_of(request: &Request<'_>, parameter: &Value) -> String {
    let given = parameter.get("example").cloned();
    match given.unwrap_or_else(|| example::of_schema(request.document, &parameter["schema"])) {
        Value::Null => "…".to_owned(),
        value => schema::plain(&value),
    }
}

/// Whether the operation needs a credential, by its own `security` or the document's. An empty requirement makes it
/// optional.
fn needs_credential(request: &Request<'_>) -> bool {
    let stated = request.operation.get("security").or_else(|| request.document.get("security"));
    stated.and_then(Value::as_array).is_some_and(|security| {
        !security.is_empty() && !security.iter().any(|one| one.as_object().is_some_and(serde_json::Map::is_empty))
    })
}

/// A word for a POSIX shell, quoted if necessary.
fn quoted(word: &str) -> String {
    let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/@%+=,".contains(&byte);
    if !word.is_empty() && word.bytes().all(harmless) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_the_shell() {
        assert_eq!(quoted("https://example.org/a"), "https://example.org/a");
        assert_eq!(quoted("a?b=c&d"), "'a?b=c&d'");
        assert_eq!(quoted("it's $(rm)"), r"'it'\''s $(rm)'");
        assert_eq!(quoted(""), "''");
    }
}
