//! `/dev/mail`: the local mailbox.

use askama::Template;

use freehold_pages::times;

use crate::Shell;

/// The list of mails in the local mailbox.
#[derive(Clone, Debug, Template)]
#[template(path = "mailbox.html")]
pub struct MailboxPage {
    /// The frame of the page.
    pub shell: Shell,
    /// Whether a mail server also sends the mails.
    pub sent: bool,
    /// The mails, the newest first.
    pub mails: Vec<ReceivedMail>,
}

/// A line of the mailbox.
#[derive(Clone, Debug)]
pub struct ReceivedMail {
    /// Id of the mail, the last part of its address under `/dev/mail/`.
    pub id: String,
    /// E-mail address of the recipient.
    pub to: String,
    /// Subject of the mail.
    pub subject: String,
    /// When the mail was queued: RFC 3339, UTC.
    pub received_at: String,
    /// Name of the template: `magic_link`.
    pub template: String,
}

impl MailboxPage {
    /// Renders the page as HTML.
    pub fn render(&self) -> Result<String, askama::Error> {
        Template::render(self)
    }
}

impl ReceivedMail {
    fn received(&self) -> String {
        times::minute(&self.received_at)
    }
}
