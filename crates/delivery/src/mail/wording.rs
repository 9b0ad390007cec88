//! The words of mails, and a product's own words in their place.

use std::{collections::BTreeMap, sync::Arc};

use freehold_catalog::MailWords;

use super::line::one_line;

/// The words of a mail, the same in plain text and in HTML. None of them holds the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words {
    /// Subject, on one line.
    pub(super) subject: String,
    /// Heading above the text.
    pub(super) heading: String,
    /// Paragraphs of the text, at least one; the first is also the preview line.
    pub(super) paragraphs: Vec<String>,
    /// Label of the button; empty for mails without one.
    pub(super) button: String,
}

impl Words {
    /// Words whose subject and heading are the same.
    pub(super) fn titled(title: String, paragraphs: Vec<String>, button: &str) -> Self {
        let (title, paragraphs) = (sentence(title), paragraphs.into_iter().map(sentence).collect());
        Self { subject: title.clone(), heading: title, paragraphs, button: button.to_owned() }
    }
}

/// Stands for the name of an organization whose own name may not stand in a mail.
pub(super) const NAMELESS: &str = "your organization";

/// Capitalizes [`NAMELESS`] at the beginning of a text.
fn sentence(text: String) -> String {
    match text.strip_prefix(NAMELESS) {
        Some(rest) => format!("Your organization{rest}"),
        None => text,
    }
}

/// A product's own words for its mails, by the name of the mail: `[mail.magic_link]` in `product.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wording(Arc<BTreeMap<String, MailWords>>);

impl Wording {
    /// The words from `product.toml`, by the name of the mail.
    pub fn new(mails: BTreeMap<String, MailWords>) -> Self {
        Self(Arc::new(mails))
    }

    /// The words of the mail of this name: the product's own where it has some, or else `words`. `facts` replace each
    /// `{name}` in the product's own.
    pub(super) fn over(&self, mail: &str, words: Words, facts: &Facts) -> Words {
        let Some(own) = self.0.get(mail) else { return words };
        let filled = |own: &Option<String>, otherwise: String| own.as_ref().map_or(otherwise, |text| facts.fill(text));
        Words {
            subject: filled(&own.subject, words.subject),
            heading: filled(&own.heading, words.heading),
            paragraphs: match &own.text {
                Some(paragraphs) => paragraphs.iter().map(|text| facts.fill(text)).collect(),
                None => words.paragraphs,
            },
            button: filled(&own.button, words.button),
        }
    }
}

/// Values for the names in a product's words: `product_name` is `VoiceFX AI`. The catalog lists the names of each mail.
pub(super) struct Facts(pub(super) Vec<(&'static str, String)>);

impl Facts {
    /// Replaces each known `{name}` in a text, once: names inside a value are not replaced.
    fn fill(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let known = after.split_once('}').and_then(|(name, after)| {
                let (_, fact) = self.0.iter().find(|(known, _)| *known == name)?;
                Some((fact, after))
            });
            if let Some((fact, after)) = known {
                filled.push_str(fact);
                rest = after;
            } else {
                filled.push('{');
                rest = after;
            }
        }
        filled.push_str(rest);
        one_line(&filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_once_and_what_is_none_stays() {
        let facts = Facts(vec![("product_name", "{plan}\r\nBcc: x".to_owned()), ("plan", "Pro".to_owned())]);
        for (text, filled) in [
            ("Welcome to {product_name}!", "Welcome to {plan} Bcc: x!"),
            ("{plan}{plan}", "ProPro"),
            ("{code} {", "{code} {"),
            ("{{plan}}", "{Pro}"),
        ] {
            assert_eq!(facts.fill(text), filled);
        }
    }
}
