//! Whether the database can do all that Freehold needs: read, write, run functions, and keep the same time as this
//! machine.
//!
//! [`Db::ready`] tests that, at most once a second however often it is called. Errors that requests meet in between
//! count too: a disk may be full for them and still have space for the small row of the test.

use std::{sync::Arc, time::Duration};

use freehold_core::{Clock, Error, Result, codes};
use jiff::Timestamp;
use tokio::{sync::watch, time::Instant};

use crate::{
    Db, clock_inspect,
    health::{Asked, ahead, clocks, is_apart},
    statements,
};

/// How long a result is reused: a good one, and a bad one.
const GOOD_FOR: Duration = Duration::from_secs(1);
const BAD_FOR: Duration = Duration::from_millis(200);
/// How often a server sets its clock by the database's.
const FOLLOWED_EVERY: Duration = Duration::from_secs(2);

statements! {
    /// Writes a row, spills to the disk, and returns the database's time.
    fn heartbeat() -> (Timestamp,) = "select freehold.heartbeat()";
}

impl Db {
    /// Succeeds when the database can be read and written and its clock agrees with this machine's.
    ///
    /// # Errors
    /// `storage_full` when nothing can be written, `unavailable` when the database is away, accepts no changes, or its
    /// clock differs from the machine's by more than 5 s.
    pub async fn ready(&self) -> Result<()> {
        let health = self.health();
        let mut asked = health.asked.lock().await;
        if let Some(Asked { at, answer }) = &*asked
            && at.elapsed() < if answer.is_ok() { GOOD_FOR } else { BAD_FOR }
        {
            return answer.clone().map_err(|error| error.shared());
        }
        let answer = self.heartbeat().await.map_err(Arc::new);
        *asked = Some(Asked { at: Instant::now(), answer: answer.clone() });
        answer.map_err(|error| error.shared())
    }

    async fn heartbeat(&self) -> Result<()> {
        let machine = Clock::system();
        let before = machine.now();
        let beat = self.system("check whether the database accepts writes").fetch_optional(heartbeat()).await?;
        let Some((there,)) = beat else { return Err(Error::internal("the heartbeat answered no row")) };
        let ahead = ahead(before, there, machine.now());
        let health = self.health();
        health.clock(ahead);
        if let Some(trouble) = health.trouble() {
            return Err(trouble.error());
        }
        health.well();
        if is_apart(ahead) {
            let message = format!("Not ready: {}. Set both by NTP.", clocks(ahead));
            return Err(Error::new(codes::UNAVAILABLE, message).with_retry_after(FOLLOWED_EVERY));
        }
        Ok(())
    }

    /// Sets the clock by the database's, and records how far the machine's own clock differs.
    pub async fn clock_follow(&self) -> Result<()> {
        let (machine, clock) = (Clock::system(), self.clock());
        let (from, before) = (machine.now(), clock.now());
        let there = clock_inspect(self).await?;
        let (until, after) = (machine.now(), clock.now());
        clock.follow(before, there, after);
        self.health().clock(ahead(from, there, until));
        Ok(())
    }

    /// Keeps the clock set by the database's until `stop` is true. While the database is away the clock continues by
    /// itself.
    pub async fn clock_keep(&self, mut stop: watch::Receiver<bool>) {
        let keep = async {
            loop {
                // An error is ignored here: requests report that the database is away.
                let _ = self.clock_follow().await;
                tokio::time::sleep(FOLLOWED_EVERY).await;
            }
        };
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => {}
            () = keep => {}
        }
    }
}
