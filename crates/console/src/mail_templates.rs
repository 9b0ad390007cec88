//! `/dev/mail/templates`: every mail there is, as it would look.

use askama::Template;

use crate::Brand;

/// Every mail with data that looks real, in one brand.
#[derive(Clone, Debug, Template)]
#[template(path = "mail_templates.html")]
pub struct MailTemplatesPage {
    /// Whose page it is.
    pub brand: Brand,
    /// Whose mails can be looked at; the one that is shown is marked.
    pub brands: Vec<MailBrandChoice>,
    /// Who the mails come from, as a mail program shows it: `Bright Dental via VoiceFX AI`.
    pub sender: String,
    /// Where answers go, where that is not the sender.
    pub reply_to: Option<String>,
    /// In the order people meet them.
    pub mails: Vec<MailTemplate>,
}

/// Whose mails can be looked at.
#[derive(Clone, Debug)]
pub struct MailBrandChoice {
    /// The value of `brand` in the page's address: `product`, or an id. Letters, digits and hyphens.
    pub value: String,
    /// `VoiceFX AI`.
    pub name: String,
    /// Whether it is the one that is shown.
    pub chosen: bool,
}

/// One mail.
#[derive(Clone, Debug)]
pub struct MailTemplate {
    /// `magic_link`.
    pub name: String,
    /// Whom it goes to and when.
    pub about: String,
    /// The subject.
    pub subject: String,
    /// The plain text.
    pub text: String,
}

impl MailTemplatesPage {
    /// The page. To be served with [`MailPage::CONTENT_SECURITY_POLICY`](crate::MailPage::CONTENT_SECURITY_POLICY): it frames
    /// `/dev/mail/templates/{name}/html`.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }

    /// The chosen brand's part of an address.
    fn chosen(&self) -> &str {
        self.brands.iter().find(|brand| brand.chosen).map_or("product", |brand| &brand.value)
    }
}
