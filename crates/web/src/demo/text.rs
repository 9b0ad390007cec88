//! Formats texts: wrapped, shortened, and without secrets.

use serde_json::Value;

/// The replacement of a secret.
const HIDDEN: &str = "…";
/// Members of bodies whose values are secret.
const SECRETS: &[&str] = &["access_token", "key", "password", "refresh_token", "token"];

/// Wraps the text into lines of at most `width` characters, broken between words; a longer word has a line of its own.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut room = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        match lines.last_mut() {
            Some(line) if length < room => {
                line.push(' ');
                line.push_str(word);
                room -= length + 1;
            }
            _ => {
                lines.push(word.to_owned());
                room = width.saturating_sub(length);
            }
        }
    }
    lines
}

/// Shortens the text to at most `width` characters, with an ellipsis at the end if it was longer.
pub fn shorten(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// Prints the body on one line, with its secrets replaced.
pub fn body(body: &Value, width: usize) -> String {
    shorten(&hidden(body).to_string(), width)
}

fn hidden(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| {
                let shown = if SECRETS.contains(&name.as_str()) { Value::from(HIDDEN) } else { hidden(value) };
                (name.clone(), shown)
            })
            .collect(),
        Value::Array(values) => values.iter().map(hidden).collect(),
        other => other.clone(),
    }
}

/// Formats a time within a call: `0:07`.
pub fn clock(millis: u64) -> String {
    let seconds = millis / 1_000;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// The first characters of a key, enough to recognise it.
pub fn masked(key: &str) -> String {
    format!("{}…", key.chars().take(12).collect::<String>())
}

/// Formats an amount in minor units: `$0.01`.
pub fn money(minor: i64, currency: &str) -> String {
    let (whole, rest) = (minor / 100, (minor % 100).abs());
    match currency {
        "usd" => format!("${whole}.{rest:02}"),
        other => format!("{whole}.{rest:02} {}", other.to_uppercase()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_wraps_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("one  two\nthree", 8), ["one two", "three"]);
        assert_eq!(wrap("a immeasurably b", 5), ["a", "immeasurably", "b"]);
        assert_eq!(wrap("Grüße übers Übermaß", 11), ["Grüße übers", "Übermaß"]);
        assert_eq!(wrap("", 7), Vec::<String>::new());
    }

    #[test]
    fn what_is_too_long_ends_in_an_ellipsis() {
        assert_eq!(shorten("seven", 5), "seven");
        assert_eq!(shorten("sevens", 5), "seve…");
    }

    #[test]
    fn a_body_shows_no_secret() {
        let sent = json!({ "email": "a@b.test", "password": "hunter2", "data": [{ "token": "123456" }] });
        let shown = body(&sent, 200);
        assert!(shown.contains("a@b.test") && !shown.contains("hunter2") && !shown.contains("123456"), "{shown}");
        assert_eq!(masked("sk_live_4wqyDSo5ZoidaEK1iWLy"), "sk_live_4wqy…");
    }

    #[test]
    fn times_and_amounts_read_as_people_write_them() {
        assert_eq!((clock(0).as_str(), clock(59_999).as_str(), clock(754_000).as_str()), ("0:00", "0:59", "12:34"));
        assert_eq!((money(1, "usd").as_str(), money(1_250, "eur").as_str()), ("$0.01", "12.50 EUR"));
    }
}
