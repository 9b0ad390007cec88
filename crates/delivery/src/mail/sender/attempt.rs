//! One attempt to send one mail.

use std::{pin::pin, sync::Arc, time::Duration};

use freehold_core::{Error, codes};
use jiff::Timestamp;
use tokio::time::{self, Instant};

use super::{LEASE, Parts, Post, Reached, Taken, pace, store};
use crate::mail::{
    Address, Brand, Mail, mail_data,
    message::Outgoing,
    smtp::{Smtp, Verdict},
    suppression::{Reason, suppression_add, suppression_among},
    tenant_brand::{MailBrand, brand_of},
};

/// Interval in which the lease of a mail under way is renewed.
const RENEW: Duration = Duration::from_secs(30);
/// For how long and how often storing a success is retried, because only this sender knows of it.
const WRITE_FOR: Duration = Duration::from_mins(10);
const WRITE_EVERY: Duration = Duration::from_millis(500);

/// How an attempt ends.
enum End {
    /// Delivered; holds the server's answer.
    Sent(String),
    /// To be retried; holds the reason.
    Again(String),
    /// Back in the queue without an attempt, because the server is away; holds the reason.
    Back(String),
    /// Ended in this state; holds the reason.
    Over(&'static str, String),
    /// Ended, and the address is suppressed; holds the reason.
    Bounced(Address, String),
}

impl Parts {
    pub(super) async fn attempt(self: Arc<Self>, taken: Taken) -> Reached {
        let (end, reached) = self.end_of(&taken).await;
        self.tell(&taken, &end);
        let since = Instant::now();
        while let Err(error) = self.write_down(&taken, &end).await {
            // Any other result is found again by the sender that takes the mail next.
            if !matches!(end, End::Sent(_)) || since.elapsed() > WRITE_FOR {
                tracing::warn!("what came of mail {} could not be written down: {error:?}", taken.id);
                break;
            }
            time::sleep(WRITE_EVERY).await;
        }
        reached
    }

    /// Makes the attempt. Returns how it ended and whether the mail server was reached.
    async fn end_of(&self, taken: &Taken) -> (End, Reached) {
        let (mail, address) = match self.readied(taken).await {
            Ok(readied) => readied,
            Err(end) => return (end, Reached::NotAsked),
        };
        match &self.post {
            Post::Mailbox { .. } => (End::Sent("shown in the local mailbox".to_owned()), Reached::NotAsked),
            Post::Smtp { smtp, .. } => self.send(smtp, taken, &mail, address).await,
        }
    }

    /// The mail and its recipient, or why the mail is not sent.
    async fn readied(&self, taken: &Taken) -> Result<(Mail, Address), End> {
        let over = |state, why: &str| Err(End::Over(state, why.to_owned()));
        if taken.attempts > pace::MOST_ATTEMPTS {
            return over("failed", "the sender stopped or crashed during every attempt");
        }
        // A newer server may have queued the mail, and such a server may also be running now.
        let mail = self.mail_of(taken).map_err(|why| again(taken, format!("this server cannot write it: {why}")))?;
        if mail.useless_from(taken.created_at).is_some_and(|useless| useless <= self.clock.now()) {
            return over("expired", "its link had stopped working before it could be sent");
        }
        let Ok(address) = Address::parse(&taken.recipient) else {
            return over("failed", "that is no address a mail can be sent to");
        };
        match suppression_among(&self.db, vec![address.canonical()]).await {
            Ok(found) if found.is_empty() => Ok((mail, address)),
            Ok(_) => over("suppressed", "its address takes no mails"),
            Err(error) => Err(again(taken, format!("the database was away: {}", error.message()))),
        }
    }

    /// The mail, or why this server cannot write it. The reason holds no values of the data, which may be secrets.
    fn mail_of(&self, taken: &Taken) -> Result<Mail, String> {
        let Taken { id, template, data, .. } = taken;
        if self.mails.find(template).is_none() {
            return Err(format!("it has no template named {template:?}"));
        }
        let data = mail_data(&self.vault, *id, data.clone()).map_err(|error| root(&error))?;
        Mail::read(&self.mails, template, data)
            .map_err(|_| format!("its data is not what the template {template} needs"))
    }

    async fn send(&self, smtp: &Smtp, taken: &Taken, mail: &Mail, address: Address) -> (End, Reached) {
        let brand = self.brand_for(taken);
        let outgoing = match Outgoing::write(taken.id, taken.created_at, &smtp.from, &address, mail, &brand) {
            Ok(outgoing) => outgoing,
            Err(error) if error.is(codes::VALIDATION_FAILED) => {
                return (End::Over("failed", error.message().to_owned()), Reached::NotAsked);
            }
            Err(error) => {
                tracing::warn!("mail {} could not be written: {error}", taken.id);
                return (again(taken, "it could not be written; the log says why".to_owned()), Reached::NotAsked);
            }
        };
        let mut sending = pin!(smtp.send(&outgoing));
        let mut renew = time::interval_at(Instant::now() + RENEW, RENEW);
        let verdict = loop {
            tokio::select! {
                verdict = &mut sending => break verdict,
                _ = renew.tick() => self.renew(taken).await,
            }
        };
        let said = |text: String| mail.hide_secrets(&text);
        match verdict {
            Verdict::Taken(answer) => (End::Sent(said(answer)), Reached::Yes),
            Verdict::Later(why) => (again(taken, said(why)), Reached::Yes),
            Verdict::Never { why, bounced: true } => (End::Bounced(address, said(why)), Reached::Yes),
            Verdict::Never { why, bounced: false } => (End::Over("failed", said(why)), Reached::Yes),
            Verdict::Away(why) => (End::Back(said(why)), Reached::No),
        }
    }

    fn brand_for(&self, taken: &Taken) -> Brand {
        let Taken { sender_name, reply_to, color, footer, .. } = taken;
        let (sender_name, reply_to) = (sender_name.clone(), reply_to.clone());
        let (color, footer) = (color.clone(), footer.clone());
        self.brand.of_tenant(brand_of(MailBrand { sender_name, reply_to, color, footer, updated_at: None }))
    }

    /// Renews the lease, so that a slow sender keeps its mail. If this fails, the lease expires and another sender
    /// sends the mail as well.
    async fn renew(&self, taken: &Taken) {
        let until = until(self.clock.now());
        let renewed = self.db.system("extend the lease of a mail");
        if let Err(error) = renewed.execute(store::mail_keep(taken.id, taken.attempts, until)).await {
            tracing::debug!("the lease of mail {} was not renewed: {error:?}", taken.id);
        }
    }

    async fn write_down(&self, taken: &Taken, end: &End) -> Result<(), Error> {
        let (id, attempt, now) = (taken.id, taken.attempts, self.clock.now());
        let mut tx = self.db.system("record the outcome of a mail").begin().await?;
        match end {
            End::Sent(answer) => tx.execute(store::mail_sent(id, answer, self.post.shown())).await?,
            End::Again(why) => {
                let due = now.saturating_add(pace::wait(attempt, &self.random)).unwrap_or(now);
                tx.execute(store::mail_again(id, attempt, why, due)).await?
            }
            End::Back(why) => tx.execute(store::mail_back(id, attempt, why)).await?,
            End::Over(state, why) => tx.execute(store::mail_over(id, attempt, state, why)).await?,
            End::Bounced(address, why) => {
                suppression_add(&mut tx, address, Reason::HardBounce, Some(why)).await?;
                tx.execute(store::mail_over(id, attempt, "failed", why)).await?
            }
        };
        tx.commit().await
    }

    /// Logs the result, without code and link, which are as good as a password, and without the address unless the mail
    /// went to the local mailbox.
    fn tell(&self, taken: &Taken, end: &End) {
        let Taken { id, template, recipient, .. } = taken;
        match (end, &self.post) {
            (End::Sent(_), Post::Mailbox { site_url }) => {
                let subject = self.mail_of(taken).map(|mail| mail.subject(&self.brand)).unwrap_or_default();
                tracing::info!("mail to {recipient}: {subject} ({site_url}/dev/mail/{id})");
            }
            (End::Sent(_), Post::Smtp { .. }) => tracing::info!("mail {id} ({template}) was taken by the mail server"),
            (End::Again(_), _) => tracing::info!("mail {id} ({template}) is tried again later"),
            (End::Back(why), _) => tracing::debug!("the mail server cannot be used: {why}"),
            (End::Over(state @ ("expired" | "suppressed"), _), _) => tracing::info!("mail {id} ({template}): {state}"),
            (End::Over(..) | End::Bounced(..), _) => {
                tracing::warn!("mail {id} ({template}) failed for good; `freehold mail list` says why");
            }
        }
    }
}

/// The text of the innermost cause of an error.
fn root(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), root)
}

/// When a lease that is taken or renewed now expires.
pub(super) fn until(now: Timestamp) -> Timestamp {
    now.saturating_add(LEASE).unwrap_or(now)
}

/// Retries the mail, or ends it after the last attempt.
fn again(taken: &Taken, why: String) -> End {
    if taken.attempts >= pace::MOST_ATTEMPTS {
        End::Over("failed", format!("given up after {} attempts: {why}", taken.attempts))
    } else {
        End::Again(why)
    }
}
