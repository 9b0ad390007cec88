//! The mails that a module sends: their names, and how their data becomes text.
//!
//! A module declares a [`MailTemplate`] for each kind of mail. Its data is queued in the transaction that causes the
//! mail; the sender makes a [`MailContent`] of it. Delivery writes the plain text and the HTML, the same for all mails.

use std::{fmt, sync::Arc};

use freehold_core::{Context, Error, Result, visible_line};
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Stands for the name of an organization whose own name may not stand in a mail.
pub const NAMELESS: &str = "your organization";

/// A kind of mail. Written as a constant.
#[derive(Clone, Copy)]
pub struct MailTemplate {
    /// Name of the kind, unique over all modules: `magic_link`. It stands in the column `freehold.mails.template`, and
    /// in `[mail.magic_link]` of a `product.toml`.
    pub name: &'static str,
    /// Recipient and occasion, for operators.
    pub about: &'static str,
    /// The variables of a product's own texts, such as `product_name` for `{product_name}`.
    pub variables: &'static [&'static str],
    /// The fields of the data that let a reader sign in or join an organization. They are sealed while the mail is
    /// queued, and deleted when it ends.
    pub sealed: &'static [&'static str],
    /// Reads the data of a queued mail. It ignores unknown fields, because a newer server may have queued the mail.
    pub read: fn(Value) -> Result<MailContent>,
    /// The mail with sample data, for previews and tests.
    pub sample: fn() -> MailContent,
}

/// The content of one mail, without the brand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailContent {
    /// Subject, heading, paragraphs and button, which a product may replace.
    pub text: MailText,
    /// The values of the variables in a product's own texts.
    pub variables: Vec<(&'static str, String)>,
    /// A value in a box below the paragraphs, such as a URL; none: no box.
    pub value: Option<String>,
    /// Paragraphs below that, which a product does not replace.
    pub remarks: Vec<String>,
    /// Target of the button: an `http` or `https` address; none for mails without a button.
    pub link: Option<String>,
    /// The code to type; none for mails without one.
    pub code: Option<MailCode>,
    /// Why the reader gets the mail: "You get this mail because …".
    pub reason: String,
    /// Address of the product: `https://app.example.org`.
    pub site_url: String,
    /// When it is too late to send the mail.
    pub outdated: Outdated,
}

/// The words of a mail, the same in plain text and in HTML. None of them holds the code, because locked screens show
/// subjects and first lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailText {
    /// Subject, on one line.
    pub subject: String,
    /// Heading above the text.
    pub heading: String,
    /// Paragraphs of the text, at least one; the first is also the preview line.
    pub paragraphs: Vec<String>,
    /// Label of the button; empty for mails without one.
    pub button: String,
}

/// A code in a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailCode {
    /// The line above the code.
    pub lead: String,
    /// ASCII letters and digits: `428613`.
    pub code: String,
    /// The line below the code.
    pub note: String,
}

/// When a queued mail is outdated, because its link has expired or the day that it announces has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outdated {
    /// Never.
    #[default]
    Never,
    /// So long after it was queued.
    After(SignedDuration),
    /// At this time.
    At(Timestamp),
}

impl Outdated {
    /// The time from which a mail queued at `queued` is outdated; none: never.
    pub fn from(self, queued: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Never => None,
            Self::After(time) => queued.checked_add(time).ok(),
            Self::At(time) => Some(time),
        }
    }
}

impl MailText {
    /// A text whose subject and heading are the same.
    pub fn titled(title: String, paragraphs: Vec<String>, button: &str) -> Self {
        let (title, paragraphs) = (sentence(title), paragraphs.into_iter().map(sentence).collect());
        Self { subject: title.clone(), heading: title, paragraphs, button: button.to_owned() }
    }
}

/// Capitalizes [`NAMELESS`] at the beginning of a text.
fn sentence(text: String) -> String {
    match text.strip_prefix(NAMELESS) {
        Some(rest) => format!("Your organization{rest}"),
        None => text,
    }
}

impl MailTemplate {
    /// Whether the mail carries a link or code that lets its reader sign in or join an organization.
    pub const fn has_secrets(&self) -> bool {
        !self.sealed.is_empty()
    }

    /// Reads the data of a queued mail, with its secrets opened.
    ///
    /// # Errors
    /// `internal` if the data lacks a required field or holds a value that no mail may carry.
    pub fn content(&self, data: Value) -> Result<MailContent> {
        let content = (self.read)(data)?;
        for address in content.link.iter().chain([&content.site_url]) {
            if !is_web_address(address) {
                return Err(Error::internal("a mail links to something that is no web address"));
            }
        }
        let of_a_code =
            |code: &MailCode| !code.code.is_empty() && code.code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !content.code.as_ref().is_none_or(of_a_code) {
            return Err(Error::internal("the code of a mail is not of letters and digits"));
        }
        Ok(content)
    }
}

impl fmt::Debug for MailTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Display for MailTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for MailTemplate {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for MailTemplate {}

/// All mails that the modules of this program send, in their order. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Mails(Arc<[MailTemplate]>);

impl FromIterator<MailTemplate> for Mails {
    fn from_iter<I: IntoIterator<Item = MailTemplate>>(templates: I) -> Self {
        Self(templates.into_iter().collect())
    }
}

impl Mails {
    /// Every mail.
    pub fn iter(&self) -> impl Iterator<Item = MailTemplate> {
        self.0.iter().copied()
    }

    /// The mail of this name.
    pub fn find(&self, name: &str) -> Option<MailTemplate> {
        self.iter().find(|template| template.name == name)
    }

    /// The names of the mails with secrets.
    pub fn with_secrets(&self) -> Vec<String> {
        self.iter().filter(MailTemplate::has_secrets).map(|template| template.name.to_owned()).collect()
    }
}

/// Reads the data of a queued mail as this type.
///
/// # Errors
/// `internal` if the data has another form.
pub fn mail_data_read<T: DeserializeOwned>(data: Value) -> Result<T> {
    serde_json::from_value(data).context("reading the data of a mail")
}

/// `text` on one line: runs of spaces, line breaks and control characters become one space, and characters that hide or
/// reorder others are removed. Every text in a mail header passes through this function, so no data can start a header
/// of its own.
pub fn one_line(text: &str) -> String {
    visible_line(text)
}

/// Whether `text` is an `http` or `https` address without spaces, line breaks or quotes.
pub fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let forbidden = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>');
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(forbidden))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_breaks_a_line_becomes_a_space() {
        assert_eq!(
            one_line("Voice\r\nBcc: all@example.org\u{2028}x\u{85}y\u{0}z  "),
            "Voice Bcc: all@example.org x y z"
        );
    }
}
