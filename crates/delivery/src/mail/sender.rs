//! Sends queued mails. Any number of senders may run at once.
//!
//! A sender takes a mail with a lease, so that no other sender has it; when the sender dies, the lease expires and
//! another takes the mail. The result is stored at once. SMTP cannot guarantee that a mail is sent exactly once: a
//! sender that dies after the mail server accepted a mail and before the result is stored leaves the mail to be sent
//! again. It then has the same Message-ID, by which servers and mail programs recognize it.

mod attempt;
mod lanes;
mod pace;
mod store;

use std::{pin::pin, sync::Arc, time::Duration};

use freehold_core::{Clock, Random};
use freehold_db::{Db, row};
use freehold_module::Mails;
use freehold_vault::Vault;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{self, Instant},
};
use uuid::Uuid;

use attempt::until;
use lanes::{AT_ONCE, Claim, Lanes, UnderWay};
use pace::Pause;
pub use store::STATEMENTS;

use super::{Brand, smtp::Smtp};

/// Most due mails that one claim looks at, the oldest first.
const LOOKED: i64 = 256;
/// How often the sender looks for due mails.
const LOOK: Duration = Duration::from_millis(250);
/// How often the sender deletes old mails.
const TIDY: Duration = Duration::from_mins(10);
/// How long the sender waits for mails under way when it stops.
const DRAIN: Duration = Duration::from_secs(15);
/// Duration of the lease of a mail; renewed while the mail is under way.
const LEASE: SignedDuration = SignedDuration::from_mins(2);
/// How long an ended mail is kept. For the same time its cause queues no second mail.
const KEEP: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The target of mails.
pub enum Post {
    /// Into the local mailbox, shown at `/dev/mail` of this site.
    Mailbox {
        /// The site, without a slash at the end.
        site_url: String,
    },
    /// To a mail server.
    Smtp {
        /// The client for the mail server.
        smtp: Box<Smtp>,
        /// Whether `/dev/mail` also shows sent mails.
        shown: bool,
    },
}

impl Post {
    const fn shown(&self) -> bool {
        match self {
            Self::Mailbox { .. } => true,
            Self::Smtp { shown, .. } => *shown,
        }
    }
}

/// Sends queued mails.
#[derive(Clone)]
pub struct Sender(Arc<Parts>);

struct Parts {
    db: Db,
    vault: Vault,
    clock: Clock,
    random: Random,
    mails: Mails,
    brand: Brand,
    post: Post,
}

row! {
    /// A mail that this sender has leased.
    struct Taken {
        id: Uuid,
        template: String,
        recipient: String,
        data: Value,
        created_at: Timestamp,
        attempts: i16,
        domain: String,
        sender_name: Option<String>,
        reply_to: Option<String>,
        color: Option<String>,
        footer: Option<String>,
    }
}

/// Whether the mail server was reached.
enum Reached {
    Yes,
    No,
    NotAsked,
}

impl Sender {
    /// A sender of `mails` to `post`. Mails without a tenant's brand use `brand`.
    pub fn new(db: Db, vault: Vault, clock: Clock, random: Random, mails: Mails, brand: Brand, post: Post) -> Self {
        Self(Arc::new(Parts { db, vault, clock, random, mails, brand, post }))
    }

    /// Sends until the shutdown signal, then waits up to 15 seconds for mails under way. Errors of the database and of
    /// the mail server are logged, and the mails are retried.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut stopped = pin!(async move {
            // An error means that the signal's sender is gone, which is a reason to stop, too.
            let _ = stop.wait_for(|stop| *stop).await;
        });
        let mut under_way = JoinSet::new();
        let lanes = Lanes::default();
        let mut pause = Pause::default();
        let mut tidy = time::interval(TIDY);
        loop {
            let most = pause.room(AT_ONCE, Instant::now());
            for (mail, lane) in self.0.take(&lanes, most).await {
                let attempt = self.0.clone().attempt(mail);
                under_way.spawn(async move {
                    let reached = attempt.await;
                    drop(lane);
                    reached
                });
            }
            tokio::select! {
                () = &mut stopped => break,
                Some(reached) = under_way.join_next() => match reached {
                    Ok(Reached::Yes) => pause.end(),
                    Ok(Reached::NotAsked) => {}
                    // A panic is logged where it happens; another sender takes the mail when the lease expires.
                    Ok(Reached::No) | Err(_) => pause.begin(Instant::now()),
                },
                _ = tidy.tick() => self.0.forget().await,
                () = time::sleep(LOOK) => self.0.end_idle().await,
            }
        }
        // A server that takes longer may not answer at all.
        let ended = async { while under_way.join_next().await.is_some() {} };
        if time::timeout(DRAIN, ended).await.is_err() {
            tracing::warn!("some mails were still under way; they are sent again in {} s", LEASE.as_secs());
        }
        if let Post::Smtp { smtp, .. } = &self.0.post {
            smtp.close().await;
        }
    }
}

impl Parts {
    /// Takes due mails while at most `most` mails are under way; mails that users wait for come first.
    async fn take(&self, lanes: &Lanes, most: usize) -> Vec<(Taken, UnderWay)> {
        let mut all = Vec::new();
        for urgent in [true, false] {
            // The oldest mails may all go to domains that have reached their share now, so look again for others.
            while let Some(claim) = lanes.claim(urgent, most, self.clock.now()) {
                let taken = match self.claim(claim, urgent).await {
                    Ok(taken) => taken,
                    Err(error) => {
                        tracing::debug!("mails wait in the queue: {error:?}");
                        return all;
                    }
                };
                if taken.is_empty() {
                    break;
                }
                all.extend(taken.into_iter().map(|mail| {
                    let lane = lanes.enter(mail.domain.clone(), urgent, self.clock.now());
                    (mail, lane)
                }));
            }
        }
        all
    }

    async fn claim(&self, claim: Claim, urgent: bool) -> freehold_core::Result<Vec<Taken>> {
        let now = self.clock.now();
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let (full, some): (Vec<_>, Vec<_>) = claim.domains.into_iter().partition(|(_, room)| *room == 0);
        let (domains, rooms) = some.into_iter().map(|(domain, room)| (domain, number(room))).unzip();
        let full = full.into_iter().map(|(domain, _)| domain).collect();
        let (most, share) = (number(claim.most), number(claim.share));
        let query = store::mail_take(store::MailClaim {
            until: until(now),
            urgent,
            most,
            share,
            domains,
            rooms,
            full,
            looked: LOOKED,
        });
        self.db.system("claim mails to send").fetch_all(query).await
    }

    /// Closes idle connections.
    async fn end_idle(&self) {
        if let Post::Smtp { smtp, .. } = &self.post {
            smtp.tidy().await;
        }
    }

    /// Deletes mails that ended long ago, with their addresses.
    async fn forget(&self) {
        let before = self.clock.now().saturating_sub(KEEP).unwrap_or(Timestamp::MIN);
        if let Err(error) = self.db.system("delete old mails").execute(store::mail_forget(before)).await {
            tracing::debug!("old mails are forgotten next time: {error:?}");
        }
    }
}
