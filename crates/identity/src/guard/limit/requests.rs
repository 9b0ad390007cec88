//! Rate limit of one signed-in user's requests, across all their sessions and organizations.

use freehold_core::{Result, UserId};
use jiff::SignedDuration;

use super::{Bucket, Limits, digest, refused_until, store};

/// Seconds in which `user_requests` are refilled.
const WINDOW: i64 = 60;

/// A user's remaining requests after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserRate {
    /// The most requests at once.
    pub limit: i64,
    /// Seconds in which `limit` requests are refilled.
    pub window_seconds: u32,
    /// Number of requests left.
    pub remaining: i64,
    /// Seconds until all of them are refilled; at least 1.
    pub reset_seconds: u32,
    /// Time until the next request is let in, when this one was rejected; none: this one was let in.
    pub wait: Option<SignedDuration>,
}

/// Counts a request of a signed-in user; none: there is no limit.
pub async fn user_take(limits: &Limits, user: UserId) -> Result<Option<UserRate>> {
    take_counted(limits, &[b"user", user.uuid().as_bytes()]).await
}

/// Counts a request of the subject with these parts.
pub(super) async fn take_counted(limits: &Limits, subject: &[&[u8]]) -> Result<Option<UserRate>> {
    let settings = &limits.base.settings.auth.limits;
    let bucket = Bucket::new("user_requests", settings.user_requests, WINDOW, settings.user_requests);
    let Some(bucket) = bucket.filter(|_| settings.enabled) else { return Ok(None) };
    let subject = digest(&limits.base.vault, subject);
    let _turn = limits.turns.turn(bucket, subject).await;
    let now = limits.base.db.clock().now();
    let room = bucket.room.saturating_mul(bucket.step);
    let seconds = |micros: i64| u32::try_from(micros.max(0).unsigned_abs().div_ceil(1_000_000)).unwrap_or(u32::MAX);
    let rate = |remaining, reset: i64, wait| UserRate {
        limit: bucket.room,
        window_seconds: seconds(room).max(1),
        remaining,
        reset_seconds: seconds(reset).max(1),
        wait,
    };
    let micros = |span: SignedDuration| i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
    if let Some(until) = refused_until(limits, bucket, subject) {
        return Ok(Some(rate(0, room, Some(until.duration_since(now)))));
    }
    let system = limits.base.db.system("count a user's request");
    let drawn = system.fetch_optional(store::bucket_draw(bucket.name, &subject, bucket.step, room, now)).await?;
    if let Some((full_at,)) = drawn {
        let missing = micros(full_at.duration_since(now));
        return Ok(Some(rate((room - missing).max(0) / bucket.step, missing, None)));
    }
    let found = system.fetch_optional(store::bucket_look(bucket.name, &subject, room, now)).await?;
    let missing = found.map_or(room, |(full_at,)| micros(full_at.duration_since(now)));
    let wait = SignedDuration::from_micros((missing + bucket.step - room).max(1));
    let until = now.saturating_add(wait).unwrap_or(now);
    limits.refusals.0.insert((bucket.name, subject), until);
    Ok(Some(rate(0, missing, Some(wait))))
}
