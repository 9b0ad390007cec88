//! Where mails go: to a mail server, into the local mailbox, or nowhere yet.

use anyhow::{Context, Result};
use freehold_delivery::mail::{Brand, Origin, Post, Sender, Server, Smtp};
use freehold_web::Backbone;

use crate::settings::Settings;

/// The mail server of the settings.
#[derive(Clone, Debug)]
pub struct MailServer {
    /// `SMTP_URL`.
    pub server: Server,
    /// `from` in `[mail]`.
    pub from: Origin,
}

impl MailServer {
    /// The server, ready to be talked to in the name of this site.
    pub fn connect(&self, site_url: &str) -> Result<Smtp> {
        let smtp = Smtp::new(self.server.clone(), self.from.clone(), host_of(site_url));
        smtp.context("preparing the way to the mail server")
    }
}

/// What sends this process's mails; none where there is nowhere to send them, so that they wait in the queue.
pub fn sender(settings: &Settings, backbone: &Backbone, shown: bool) -> Result<Option<Sender>> {
    let post = match &settings.mail_server {
        Some(server) => Post::Smtp { smtp: Box::new(server.connect(&backbone.site_url)?), shown },
        None if shown => Post::Mailbox { site_url: backbone.site_url.clone() },
        None => return Ok(None),
    };
    let (db, vault) = (backbone.db.clone(), backbone.vault.clone());
    let (clock, random) = (backbone.clock.clone(), backbone.random.clone());
    Ok(Some(Sender::new(db, vault, clock, random, Brand::of_product(&backbone.product), post)))
}

/// `https://app.example.org:8443` is `app.example.org`.
fn host_of(site_url: &str) -> &str {
    let host = site_url.split_once("://").map_or(site_url, |(_, rest)| rest);
    let host = host.split('/').next().unwrap_or_default();
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_what_stands_between_scheme_and_port() {
        for (url, host) in [
            ("https://app.example.org", "app.example.org"),
            ("https://app.example.org:8443/x", "app.example.org"),
            ("http://127.0.0.1:8080", "127.0.0.1"),
            ("http://[::1]:8080", "[::1]"),
            ("http://[::1]", "[::1]"),
        ] {
            assert_eq!(host_of(url), host);
        }
    }
}
