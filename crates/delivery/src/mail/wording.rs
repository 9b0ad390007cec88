//! What a mail says, and what the product says instead.

use std::{collections::BTreeMap, sync::Arc};

use freehold_catalog::MailWords;

use super::line::one_line;

/// The words of a mail, which the text and the HTML share. None of them holds the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words {
    /// One line.
    pub(super) subject: String,
    /// What stands large above the text.
    pub(super) heading: String,
    /// At least one; the first is also the preview line.
    pub(super) paragraphs: Vec<String>,
    /// What the button says.
    pub(super) button: String,
}

impl Words {
    /// Words whose subject is their heading.
    pub(super) fn titled(title: String, paragraphs: Vec<String>, button: &str) -> Self {
        let (title, paragraphs) = (sentence(title), paragraphs.into_iter().map(sentence).collect());
        Self { subject: title.clone(), heading: title, paragraphs, button: button.to_owned() }
    }
}

/// What members read for an organization whose name mails do not show.
pub(super) const NAMELESS: &str = "your organization";

/// The text with a capital letter where it begins with [`NAMELESS`].
fn sentence(text: String) -> String {
    match text.strip_prefix(NAMELESS) {
        Some(rest) => format!("Your organization{rest}"),
        None => text,
    }
}

/// What a product says in its mails, by the mail's name: `[mail.magic_link]` of `product.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wording(Arc<BTreeMap<String, MailWords>>);

impl Wording {
    /// Of a product.
    pub fn new(mails: BTreeMap<String, MailWords>) -> Self {
        Self(Arc::new(mails))
    }

    /// The words of the mail of this name: `words`, but for those that the product writes itself. `facts` are what a
    /// `{name}` in them stands for.
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

/// What the names in a product's words stand for: `product_name` for `VoiceFX AI`. The catalog lists which mail has which.
pub(super) struct Facts(pub(super) Vec<(&'static str, String)>);

impl Facts {
    /// The text with each `{name}` replaced. What a fact holds is not looked at again.
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
