//! The words of mails, and a product's own words in their place.

use std::{collections::BTreeMap, sync::Arc};

use freehold_catalog::MailWords;
use freehold_module::mail::{MailText, one_line};

/// A product's own words for its mails, by the name of the mail: `[mail.magic_link]` in `product.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wording(Arc<BTreeMap<String, MailWords>>);

impl Wording {
    /// The words from `product.toml`, by the name of the mail.
    pub fn new(mails: BTreeMap<String, MailWords>) -> Self {
        Self(Arc::new(mails))
    }

    /// The words of the mail of this name: the product's own where it has some, or else `words`. `variables` replace
    /// each `{name}` in the product's own.
    pub(super) fn over(&self, mail: &str, words: MailText, variables: &[(&'static str, String)]) -> MailText {
        let Some(own) = self.0.get(mail) else { return words };
        let filled =
            |own: &Option<String>, otherwise: String| own.as_ref().map_or(otherwise, |text| fill(text, variables));
        MailText {
            subject: filled(&own.subject, words.subject),
            heading: filled(&own.heading, words.heading),
            paragraphs: match &own.text {
                Some(paragraphs) => paragraphs.iter().map(|text| fill(text, variables)).collect(),
                None => words.paragraphs,
            },
            button: filled(&own.button, words.button),
        }
    }
}

/// Replaces each known `{name}` in a text, once: names inside a value are not replaced.
fn fill(text: &str, variables: &[(&'static str, String)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let known = after.split_once('}').and_then(|(name, after)| {
            let (_, value) = variables.iter().find(|(known, _)| *known == name)?;
            Some((value, after))
        });
        if let Some((value, after)) = known {
            filled.push_str(value);
            rest = after;
        } else {
            filled.push('{');
            rest = after;
        }
    }
    filled.push_str(rest);
    one_line(&filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_once_and_what_is_none_stays() {
        let variables = [("product_name", "{plan}\r\nBcc: x".to_owned()), ("plan", "Pro".to_owned())];
        for (text, filled) in [
            ("Welcome to {product_name}!", "Welcome to {plan} Bcc: x!"),
            ("{plan}{plan}", "ProPro"),
            ("{code} {", "{code} {"),
            ("{{plan}}", "{Pro}"),
        ] {
            assert_eq!(fill(text, &variables), filled);
        }
    }
}
