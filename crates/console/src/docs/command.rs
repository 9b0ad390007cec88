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

/// What a command sends to prove who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Credential {
    /// The operation needs none.
    None,
    /// An API key, in the variable `KEY`.
    ApiKey,
    /// A user's access token, in the variable `TOKEN`; the operation takes no API key.
    AccessToken,
}

/// A command that works once the variable `KEY` or `TOKEN` is set. Every word of the document is quoted for the shell.
pub(super) fn curl(request: &Request<'_>) -> String {
    let mut command = "curl".to_owned();
    let method = request.method.to_uppercase();
    let implied = if request.body.is_some() { "POST" } else { "GET" };
    if method != implied {
        let _ = write!(command, " -X {method}");
    }
    let _ = write!(command, " {}", quoted(&address(request)));
    match credential(request) {
        Credential::None => {}
        Credential::ApiKey => command.push_str(" \\\n  -H \"Authorization: Bearer $KEY\""),
        Credential::AccessToken => command.push_str(" \\\n  -H \"Authorization: Bearer $TOKEN\""),
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

/// The credential of the operation, by its own `security` or the document's. An empty requirement makes it optional.
pub(super) fn credential(request: &Request<'_>) -> Credential {
    let stated = request.operation.get("security").or_else(|| request.document.get("security"));
    let Some(security) = stated.and_then(Value::as_array).filter(|security| !security.is_empty()) else {
        return Credential::None;
    };
    let schemes = || security.iter().filter_map(Value::as_object);
    if schemes().any(serde_json::Map::is_empty) {
        Credential::None
    } else if schemes().any(|scheme| scheme.contains_key("key")) {
        Credential::ApiKey
    } else {
        Credential::AccessToken
    }
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
