//! One mail, made of the data that was queued for it.

use freehold_core::{Error, Result};
use freehold_module::{
    MailTemplate, Mails,
    mail::{MailContent, MailText, one_line},
};
use jiff::Timestamp;
use serde_json::Value;

use super::Brand;

/// A mail with its content, which [`MailTemplate`] checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    template: MailTemplate,
    pub(super) content: MailContent,
}

impl Mail {
    /// Reads a queued mail: the name of its template, and its data with the secrets opened.
    ///
    /// # Errors
    /// `internal` if no module of this program sends such a mail, or if the data lacks a required field or holds a
    /// value that no mail may carry.
    pub fn read(mails: &Mails, name: &str, data: Value) -> Result<Self> {
        let template = mails.find(name);
        let template = template.ok_or_else(|| Error::internal(format!("there is no mail template named {name:?}")))?;
        Ok(Self { template, content: template.content(data)? })
    }

    /// The mail with sample data, for previews and tests.
    pub fn sample(template: MailTemplate) -> Self {
        Self { template, content: (template.sample)() }
    }

    /// The template of the mail.
    pub const fn template(&self) -> MailTemplate {
        self.template
    }

    /// What the mail says, without the brand.
    pub const fn content(&self) -> &MailContent {
        &self.content
    }

    /// The subject: one line, without the code, because locked screens show subjects.
    pub fn subject(&self, brand: &Brand) -> String {
        self.words(brand).subject
    }

    /// The words of the mail: the product's own where its `product.toml` has some.
    pub(super) fn words(&self, brand: &Brand) -> MailText {
        let MailContent { text, variables, .. } = &self.content;
        let words = brand.wording.over(self.template.name, text.clone(), variables);
        MailText { subject: one_line(&words.subject), ..words }
    }

    /// The code in the mail, which the local mailbox shows large; none for mails without one.
    pub fn code(&self) -> Option<&str> {
        self.content.code.as_ref().map(|code| code.code.as_str())
    }

    /// The link in the mail; none for mails without one.
    pub fn link(&self) -> Option<&str> {
        self.content.link.as_deref()
    }

    /// When a mail queued at `queued` is outdated, because its link has expired or the day that it announces has come;
    /// none: never.
    pub fn useless_from(&self, queued: Timestamp) -> Option<Timestamp> {
        self.content.outdated.from(queued)
    }
}
