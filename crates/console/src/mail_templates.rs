//! `/dev/mail/templates`: every mail with sample data.

use askama::Template;

use crate::Shell;

/// Every mail with sample data, in one brand.
#[derive(Clone, Debug, Template)]
#[template(path = "mail_templates.html")]
pub struct MailTemplatesPage {
    /// The frame of the page.
    pub shell: Shell,
    /// The brands to choose from; the one shown is marked.
    pub brands: Vec<MailBrandChoice>,
    /// Name of the sender: `Bright Dental via VoiceFX AI`.
    pub sender: String,
    /// Address for replies; none when replies go to the sender.
    pub reply_to: Option<String>,
    /// The mails, in the order in which users meet them.
    pub mails: Vec<MailTemplate>,
}

/// A brand to choose.
#[derive(Clone, Debug)]
pub struct MailBrandChoice {
    /// The value of `brand` in the page's address: `product`, or an id. Letters, digits and hyphens.
    pub value: String,
    /// Name of the brand: `VoiceFX AI`.
    pub name: String,
    /// Whether the page shows this brand.
    pub chosen: bool,
}

/// One mail.
#[derive(Clone, Debug)]
pub struct MailTemplate {
    /// Name of the template: `magic_link`.
    pub name: String,
    /// Recipient and occasion.
    pub about: String,
    /// Subject of the mail.
    pub subject: String,
    /// Plain text of the mail.
    pub text: String,
}

impl MailTemplatesPage {
    /// Renders the page as HTML. Serve it with
    /// [`MailPage::CONTENT_SECURITY_POLICY`](crate::MailPage::CONTENT_SECURITY_POLICY), because it frames
    /// `/dev/mail/templates/{name}/html`.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }

    /// The chosen brand's value in an address.
    fn chosen(&self) -> &str {
        self.brands.iter().find(|brand| brand.chosen).map_or("product", |brand| &brand.value)
    }
}
