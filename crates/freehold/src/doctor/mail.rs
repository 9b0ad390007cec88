//! Checks mail: the settings, whether the mail server accepts the login, and the mails in the queue.

use freehold_db::Db;
use freehold_delivery::mail::{mail_count, suppression_list};

use super::finding::Finding;
use crate::{
    mail::connect,
    settings::{MailServer, Mailbox, Settings},
};

/// Checks the settings of mail, and whether the mail server accepts them.
pub(super) async fn examine(settings: &Settings) -> Option<Finding> {
    if let Some(server) = &settings.mail_server {
        return Some(ask(server, settings.site_url.as_deref().unwrap_or_default()).await);
    }
    let local = settings.database_url.is_none();
    let shown = settings.shows_mails(local);
    if !shown && settings.mailbox == Mailbox::Always {
        return Some(Finding::warn(
            "mails are neither sent nor shown: /dev/mail is there only where site_url is an address of this machine",
            "name a mail server in SMTP_URL",
        ));
    }
    if shown && !local {
        return Some(Finding::warn(
            "mails are not sent; visitors at this machine read them at /dev/mail",
            "name a mail server in SMTP_URL, and set mailbox = \"local\" in [mail]",
        ));
    }
    if shown {
        return Some(Finding::ok("mails are not sent but shown at /dev/mail, to this machine only"));
    }
    if settings.auth.autoconfirm {
        return None;
    }
    Some(Finding::warn(
        "no mail server is connected: mails wait in the queue, and new users cannot confirm their addresses",
        "name one in SMTP_URL; mails that wait are sent then",
    ))
}

async fn ask(server: &MailServer, site_url: &str) -> Finding {
    let smtp = match connect(server, site_url) {
        Ok(smtp) => smtp,
        Err(error) => return Finding::fail(format!("the mail server cannot be used: {error:#}"), "correct SMTP_URL"),
    };
    let (place, from) = (smtp.place(), &server.from.address);
    match smtp.check().await {
        Ok(true) => Finding::ok(format!("the mail server {place} lets us in, encrypted; mails come from {from}")),
        Ok(false) if server.server.is_near() => {
            Finding::ok(format!("the mail server {place} on this machine lets us in; mails come from {from}"))
        }
        Ok(false) => Finding::warn(
            format!("the mail server {place} lets us in, but codes and links travel to it in the clear"),
            "use smtps://, or smtp:// without tls=none, where the server is on another machine",
        ),
        Err(why) => Finding::fail(
            format!("mails cannot be sent by {place}: {why}"),
            "correct SMTP_URL, or mend the server; mails wait in the queue until then",
        ),
    }
}

/// Checks the states of the mails in the database.
pub(super) async fn queue(db: &Db) -> Vec<Finding> {
    let (counts, suppressed) = match (mail_count(db).await, suppression_list(db).await) {
        (Ok(counts), Ok(suppressed)) => (counts, suppressed.len()),
        // A missing schema is reported by another check.
        _ => return Vec::new(),
    };
    judge(&counts, suppressed)
}

fn judge(counts: &[(String, i64)], suppressed: usize) -> Vec<Finding> {
    let count = |state: &str| counts.iter().find(|(found, _)| found == state).map_or(0, |(_, count)| *count);
    let mails = |count: i64| if count == 1 { "1 mail".to_owned() } else { format!("{count} mails") };
    let mut findings = Vec::new();
    if count("failed") > 0 {
        findings.push(Finding::warn(
            format!("{} could not be delivered", mails(count("failed"))),
            "freehold mail list --state failed says why, freehold mail retry sends them again",
        ));
    }
    if suppressed > 0 {
        let addresses =
            if suppressed == 1 { "1 address takes".to_owned() } else { format!("{suppressed} addresses take") };
        findings.push(Finding::ok(format!("{addresses} no mails: freehold mail suppressions")));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Level, *};

    #[test]
    fn mails_that_failed_are_worth_a_word() {
        let counts = |failed| vec![("failed".to_owned(), failed), ("sent".to_owned(), 70)];
        assert_eq!(judge(&[], 0), []);
        let findings = judge(&counts(1), 3);
        assert_eq!(findings.iter().map(|finding| finding.level).collect::<Vec<_>>(), [Level::Warn, Level::Ok]);
        assert!(findings[0].what.starts_with("1 mail could not"));
        assert!(findings[1].what.starts_with("3 addresses take no mails"));
    }
}
