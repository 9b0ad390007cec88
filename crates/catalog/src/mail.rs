//! Texts of mails that a product replaces: `[mail.magic_link]`.

use std::collections::BTreeMap;

use crate::{
    known::Known,
    read::{Section, Value, suggest},
};

/// A product's own texts for a mail. What it leaves out keeps its default; code, link, their validity and the reason
/// for the mail always stay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailWords {
    /// Subject in one line. As in the other texts, `{name}` is a variable of the mail.
    pub subject: Option<String>,
    /// Heading above the text.
    pub heading: Option<String>,
    /// Paragraphs of the text, none of them empty.
    pub text: Option<Vec<String>>,
    /// Label of the button.
    pub button: Option<String>,
}

impl MailWords {
    const KEYS: &[&str] = &["subject", "heading", "text", "button"];

    /// Reads `[mail.…]`.
    pub(crate) fn read_all(file: &Section<'_>, known: Known<'_>) -> BTreeMap<String, Self> {
        let read = |value: Value<'_>| {
            let name = value.key();
            let Some((_, allowed)) = known.mails.iter().find(|(mail, _)| *mail == name) else {
                let names: Vec<&str> = known.mails.iter().map(|(mail, _)| *mail).collect();
                value.say(&format!("unknown mail {name:?} — {}", suggest::or_one_of(name, &names, "")));
                return None;
            };
            Some((name.to_owned(), Self::read(&value, allowed)?))
        };
        file.named("mail", "mail").into_iter().filter_map(read).collect()
    }

    fn read(value: &Value<'_>, allowed: &[&str]) -> Option<Self> {
        let section = Section::of(value, value.place().to_owned(), Self::KEYS)?;
        let line = |key: &str| {
            let value = section.get(key)?;
            let text = value.text("expected one line of text")?;
            names_check(&value, text, allowed).then(|| text.to_owned())
        };
        Some(Self {
            subject: line("subject"),
            heading: line("heading"),
            text: section.get("text").and_then(|value| read_paragraphs(&value, allowed)),
            button: line("button"),
        })
    }
}

fn read_paragraphs(value: &Value<'_>, allowed: &[&str]) -> Option<Vec<String>> {
    const EXPECTED: &str = "expected text, with an empty line between two paragraphs";
    let text = value.as_text().unwrap_or_default().replace("\r\n", "\n");
    let one_line = |paragraph: &str| paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    let paragraphs: Vec<String> = text.split("\n\n").map(one_line).filter(|paragraph| !paragraph.is_empty()).collect();
    if paragraphs.is_empty() || text.contains(|c: char| c.is_control() && c != '\n' && c != '\t') {
        value.refuse(EXPECTED);
        return None;
    }
    names_check(value, &text, allowed).then_some(paragraphs)
}

/// Whether every `{name}` in the text is a variable of this mail.
fn names_check(value: &Value<'_>, text: &str, allowed: &[&str]) -> bool {
    let names = text.split('{').skip(1).map(|rest| rest.split_once('}').map(|(name, _)| name));
    for name in names {
        match name {
            Some(name) if allowed.contains(&name) => {}
            Some(name) => {
                value.refuse(&format!(
                    "this mail has no variable {{{name}}} — {}",
                    suggest::or_one_of(name, allowed, "")
                ));
                return false;
            }
            None => {
                value.refuse("a { without its }");
                return false;
            }
        }
    }
    true
}
