//! The destination of mails: a mail server, the local mailbox, or the queue alone.

use anyhow::{Context, Result};
use freehold_app::App;
use freehold_delivery::mail::{Brand, Post, Sender, Smtp};

use crate::settings::{MailServer, Settings};

/// The SMTP client for this server; the host of the site's URL is the name in its greeting.
pub fn connect(server: &MailServer, site_url: &str) -> Result<Smtp> {
    let smtp = Smtp::new(server.server.clone(), server.from.clone(), host_of(site_url));
    smtp.context("preparing the way to the mail server")
}

/// The sender of this process's mails; none if there is no mail server and no mailbox, so that mails wait in the queue.
pub fn sender(settings: &Settings, app: &App, shown: bool) -> Result<Option<Sender>> {
    let post = match &settings.mail_server {
        Some(server) => Post::Smtp { smtp: Box::new(connect(server, &app.site_url)?), shown },
        None if shown => Post::Mailbox { site_url: app.site_url.clone() },
        None => return Ok(None),
    };
    let (db, vault) = (app.db.clone(), app.vault.clone());
    let (clock, random) = (app.clock.clone(), app.random.clone());
    Ok(Some(Sender::new(db, vault, clock, random, app.mails.clone(), Brand::of_product(&app.product), post)))
}

/// The host of a URL: `app.example.org` of `https://app.example.org:8443`.
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
