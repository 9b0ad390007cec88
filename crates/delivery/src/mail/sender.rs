//! Sending what is queued. Any number of senders may work beside each other.
//!
//! A mail is taken with a lease, so that of all senders one has it, and is anybody's again when that one is gone. What
//! came of it is written down at once. What SMTP cannot promise, we cannot either: who dies after the server has taken a
//! mail and before that is written down leaves it to be sent again. It then has the same Message-ID, by which servers
//! and mail programs know it.

mod attempt;
mod lanes;
mod pace;
mod store;

use std::{pin::pin, sync::Arc, time::Duration};

use freehold_core::{Clock, Random};
use freehold_db::{Db, row};
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

/// So many of the oldest mails that are due are looked at for each claim.
const LOOKED: i64 = 256;
/// How often it looks for mails.
const LOOK: Duration = Duration::from_millis(250);
/// How often it forgets old ones.
const TIDY: Duration = Duration::from_mins(10);
/// How long mails that are under way may take to end when the sender stops.
const DRAIN: Duration = Duration::from_secs(15);
/// How long a mail belongs to who took it; renewed while it is under way.
const LEASE: SignedDuration = SignedDuration::from_mins(2);
/// How long a mail that has ended is kept. Its cause counts for so long, too.
const KEEP: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Where mails go.
pub enum Post {
    /// Into the local mailbox, shown at `/dev/mail` of this site.
    Mailbox {
        /// The site, without a slash at the end.
        site_url: String,
    },
    /// To a mail server.
    Smtp {
        /// The way to it.
        smtp: Box<Smtp>,
        /// Whether `/dev/mail` shows what was sent, too.
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

/// Sends what is queued.
#[derive(Clone)]
pub struct Sender(Arc<Parts>);

struct Parts {
    db: Db,
    vault: Vault,
    clock: Clock,
    random: Random,
    brand: Brand,
    post: Post,
}

row! {
    /// A mail that we have taken.
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

/// Whether there was anybody to talk to.
enum Reached {
    Yes,
    No,
    NotAsked,
}

impl Sender {
    /// Sends by `post`, in the name of `brand` where a mail is nobody else's.
    pub fn new(db: Db, vault: Vault, clock: Clock, random: Random, brand: Brand, post: Post) -> Self {
        Self(Arc::new(Parts { db, vault, clock, random, brand, post }))
    }

    /// Sends until it is told to stop; then ends what is under way, within 15 seconds. Trouble with the database or the mail server is
    /// trouble for the next time.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut stopped = pin!(async move {
            // An error means that nobody is left who could tell, which is a reason to stop as well.
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
                    // What panics has told so; its mail is anybody's again when its lease ends.
                    Ok(Reached::No) | Err(_) => pause.begin(Instant::now()),
                },
                _ = tidy.tick() => self.0.forget().await,
                () = time::sleep(LOOK) => self.0.end_idle().await,
            }
        }
        // Longer than that only a server takes that may not answer at all.
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
    /// Mails that are due, as many as may be under way while `most` may be at once: those that users wait for first.
    async fn take(&self, lanes: &Lanes, most: usize) -> Vec<(Taken, UnderWay)> {
        let mut all = Vec::new();
        for urgent in [true, false] {
            // The oldest may all go to domains that have their share now, so others are looked for once more.
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
        let query = store::mail_take(now, until(now), urgent, most, share, domains, rooms, full, LOOKED);
        self.db.system("take mails to send").fetch_all(query).await
    }

    /// Ends connections that nothing was sent over lately.
    async fn end_idle(&self) {
        if let Post::Smtp { smtp, .. } = &self.post {
            smtp.tidy().await;
        }
    }

    /// Forgets what ended long ago, with its addresses.
    async fn forget(&self) {
        let before = self.clock.now().saturating_sub(KEEP).unwrap_or(Timestamp::MIN);
        if let Err(error) = self.db.system("forget old mails").execute(store::mail_forget(before)).await {
            tracing::debug!("old mails are forgotten next time: {error:?}");
        }
    }
}
