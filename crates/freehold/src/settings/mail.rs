//! The settings of the mail server.

use anyhow::{Context, Result};
use freehold_core::Secret;
use freehold_delivery::mail::{Origin, Server};

/// The mail server of the settings.
#[derive(Clone, Debug)]
pub struct MailServer {
    /// The server's URL, from `SMTP_URL`.
    pub server: Server,
    /// The sender, from `from` in `[mail]`.
    pub from: Origin,
}

/// The mail server at `url`, with `from` as the sender.
pub(super) fn mail_server(url: Option<String>, from: String) -> Result<Option<MailServer>> {
    // A misspelt sender is reported even if no mail server is set.
    let from = if from.trim().is_empty() {
        None
    } else {
        Some(Origin::parse(&from).context("reading from in [mail] (FREEHOLD_MAIL_FROM)")?)
    };
    let Some(url) = url.filter(|url| !url.is_empty()).map(Secret::new) else { return Ok(None) };
    let server = Server::parse(&url)?;
    let from = from.context(
        "SMTP_URL names a mail server, but from in [mail] (FREEHOLD_MAIL_FROM) does not say who mails come from",
    )?;
    Ok(Some(MailServer { server, from }))
}
