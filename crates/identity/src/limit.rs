//! How fast requests may come, and how often somebody may guess. Counted in the database, so that it holds over all servers;
//! what was refused is remembered here until it would be let in, so that knocking on costs next to nothing.
//!
//! Wrong passwords are counted for the account, whether or not there is one, from wherever they come: guessing from a
//! thousand addresses is no faster than from one. Whoever guesses must not be able to keep the owner out, so addresses from
//! which the owner signed in before have a count of their own, and links of mails are not counted at all.

mod mails;
mod requests;
mod store;

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use freehold_core::{Code, EmailAddress, Error, Result};
use freehold_db::{JsonText, Query, row};
use freehold_vault::Purpose;
use jiff::{SignedDuration, Timestamp};
use moka::sync::Cache;
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use mails::mails_check;
pub(crate) use mails::{MailRoom, Reader, mail_room, mail_take};
pub use requests::{UserRate, user_take};
pub use store::STATEMENTS;

use crate::{Identity, Realm, codes, session::Client, user::User, ways::Ways};

/// Most tries at once, where more are allowed in five minutes.
const BURST: u32 = 30;
/// How long a place is remembered from which nobody comes any more.
const PLACE_LIFE: SignedDuration = SignedDuration::from_hours(180 * 24);
/// The subject of what is counted for the whole server.
const EVERYBODY: &[u8] = b"everybody";

/// What requests of one network address are counted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Tokens for a password, a code or a provider's token; never for a refresh token.
    Tokens,
    /// What may send a mail.
    Mails,
    /// Links and codes that are used, passkeys.
    Verifications,
    /// Second factors that are tried.
    Factors,
    /// People without an address that are made.
    Anonymous,
}

/// A number of tries that grows back with time.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    name: &'static str,
    /// Most tries at once.
    room: i64,
    /// Microseconds until one try has grown back.
    step: i64,
}

impl Bucket {
    /// So many tries in so many seconds, and so many at once; none: no limit.
    fn new(name: &'static str, tries: u32, seconds: i64, at_once: u32) -> Option<Self> {
        let step = seconds.checked_mul(1_000_000)?.checked_div(tries.into())?;
        Some(Self { name, room: at_once.min(tries).into(), step })
    }
}

/// Remembers who was refused, until when. Its clones remember the same.
#[derive(Clone, Debug)]
pub struct Refusals(Cache<(&'static str, [u8; 32]), Timestamp>);

impl Default for Refusals {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(100_000).time_to_live(Duration::from_hours(1)).build())
    }
}

/// Who is counted at this moment. Requests of one subject take turns before they ask for a connection, so that a flood of them
/// holds one and not all that counting may use. Its clones know the same.
#[derive(Clone, Debug)]
pub struct Turns(Cache<(&'static str, [u8; 32]), Arc<Semaphore>>);

impl Default for Turns {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(100_000).time_to_idle(Duration::from_mins(2)).build())
    }
}

impl Turns {
    /// The subject's turn, until it is dropped.
    async fn turn(&self, bucket: Bucket, subject: [u8; 32]) -> Option<OwnedSemaphorePermit> {
        let turns = self.0.get_with((bucket.name, subject), || Arc::new(Semaphore::new(1)));
        // The semaphore is never closed.
        turns.acquire_owned().await.ok()
    }
}

/// Counts a request of this network address.
///
/// # Errors
/// `over_request_rate_limit` with the time after which the next one is let in.
pub async fn address_take(identity: &Identity, way: Way, ip: Option<IpAddr>) -> Result<()> {
    let limits = &identity.settings.auth.limits;
    let bucket = match way {
        Way::Tokens => Bucket::new("tokens", limits.tokens, 300, BURST),
        Way::Mails => Bucket::new("mails", limits.mails, 300, BURST),
        Way::Verifications => Bucket::new("verifications", limits.verifications, 300, BURST),
        Way::Factors => Bucket::new("factors", limits.factors, 300, BURST),
        Way::Anonymous => Bucket::new("anonymous", limits.anonymous_per_hour, 3600, BURST),
    };
    let (Some(bucket), Some(ip)) = (bucket.filter(|_| limits.enabled), ip) else { return Ok(()) };
    let subject = digest(identity, &[b"network", network(ip).as_bytes()]);
    take(identity, bucket, subject).await?.map_err(refusal)
}

/// Who has an address.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Account {
    /// Who.
    #[serde(flatten)]
    pub(crate) user: User,
    /// With what he signs in.
    #[serde(flatten)]
    pub(crate) ways: Ways,
}

row! {
    struct FoundAccount {
        person: Option<JsonText<Account>>,
        /// The client is at a place that the person knows.
        known: bool,
        until: Option<Timestamp>,
    }
}

/// A password that is about to be tried at an account.
#[derive(Debug)]
#[must_use = "say so when the password was right"]
pub struct PasswordTry(Option<(Bucket, [u8; 32])>);

/// Counts a password that is tried at an account, before it costs a hash. Whether anybody has the address makes no difference to
/// whoever asks. `known`: the client is at a place that the person knows.
///
/// # Errors
/// `over_request_rate_limit` when too many were wrong. From places that the person knows only those from there count.
pub async fn password_try(
    identity: &Identity,
    realm: Realm,
    email: &str,
    known: bool,
    client: &Client,
) -> Result<PasswordTry> {
    let Some(bucket) = passwords(identity) else { return Ok(PasswordTry(None)) };
    try_take(identity, bucket, account(identity, realm, email, client)[usize::from(known)]).await
}

/// Finds who has the address, and counts the password that is about to be tried there as [`password_try`] does: in one question,
/// because every sign-in asks it.
pub(crate) async fn account_try(
    identity: &Identity,
    realm: Realm,
    email: &str,
    client: &Client,
) -> Result<(Option<Account>, PasswordTry)> {
    let place = place(identity, realm, email, client).map(Vec::from).unwrap_or_default();
    let (now, subjects) = (identity.clock.now(), account(identity, realm, email, client));
    let [anywhere, here] = &subjects;
    let bucket = passwords(identity);
    // Somebody guesses, and is remembered: that need not be counted again.
    let guessed =
        |bucket: &Bucket| subjects.iter().any(|subject| refused_until(identity, *bucket, *subject, now).is_some());
    let (taken, refused) = (bucket.filter(|bucket| !guessed(bucket)), bucket.filter(guessed));
    let (name, step) = taken.map_or(("", 0), |bucket| (bucket.name, bucket.step));
    let room = taken.map_or(0, |bucket| bucket.room.saturating_mul(bucket.step));
    let query = store::account_take(
        realm,
        &EmailAddress::spellings(email),
        &place,
        taken.is_some(),
        name,
        anywhere,
        here,
        step,
        room,
        now,
    );
    let found = identity.db.system("find who signs in").fetch_optional(query).await?;
    let FoundAccount { person, known, until } = found.ok_or_else(|| Error::internal("account_take answered no row"))?;
    let (person, subject) = (person.map(|JsonText(person)| person), subjects[usize::from(known)]);
    if let Some(bucket) = refused {
        return Ok((person, try_take(identity, bucket, subject).await?));
    }
    if let (Some(bucket), Some(until)) = (taken, until) {
        identity.refusals.0.insert((bucket.name, subject), until);
        return Err(refusal(until.duration_since(now)));
    }
    Ok((person, PasswordTry(taken.map(|bucket| (bucket, subject)))))
}

/// What passwords are counted in; none: they are not.
fn passwords(identity: &Identity) -> Option<Bucket> {
    let limits = &identity.settings.auth.limits;
    let number = limits.wrong_passwords_per_hour;
    Bucket::new("passwords", number, 3600, number).filter(|_| limits.enabled)
}

/// What the tries at an account are counted as: those from anywhere, and those from this network where the person knows it.
fn account(identity: &Identity, realm: Realm, email: &str, client: &Client) -> [[u8; 32]; 2] {
    let (realm, network) = (realm.to_string(), client.ip.map(network).unwrap_or_default());
    let email = spelling(email);
    let parts = [b"account".as_slice(), realm.as_bytes(), email.as_bytes(), network.as_bytes()];
    [digest(identity, &parts[..3]), digest(identity, &parts)]
}

impl PasswordTry {
    /// It was right, and does not count.
    pub async fn succeeded(self, identity: &Identity) -> Result<()> {
        if let Some(query) = self.succeeded_in(identity) {
            identity.db.system("count a sign-in").execute(query).await?;
        }
        Ok(())
    }

    /// What writes that down, in the transaction of what it was right for; none: nothing is counted.
    pub(crate) fn succeeded_in(&self, identity: &Identity) -> Option<Query<()>> {
        let (bucket, subject) = self.0?;
        identity.refusals.0.invalidate(&(bucket.name, subject));
        Some(store::bucket_give_back(bucket.name, &subject, bucket.step))
    }
}

/// Counts a code that was wrong, for the account it was tried at: codes are short, and somebody may ask for one after the
/// other. The link of the same mail is too long to be guessed, and keeps working.
///
/// # Errors
/// `over_request_rate_limit` when too many were wrong.
pub async fn code_try(identity: &Identity, realm: Realm, email: &str) -> Result<PasswordTry> {
    let limits = &identity.settings.auth.limits;
    let number = limits.wrong_codes_per_hour;
    let Some(bucket) = Bucket::new("codes", number, 3600, number).filter(|_| limits.enabled) else {
        return Ok(PasswordTry(None));
    };
    try_take(
        identity,
        bucket,
        digest(identity, &[b"account", realm.to_string().as_bytes(), spelling(email).as_bytes()]),
    )
    .await
}

async fn try_take(identity: &Identity, bucket: Bucket, subject: [u8; 32]) -> Result<PasswordTry> {
    take(identity, bucket, subject).await?.map_err(refusal)?;
    Ok(PasswordTry(Some((bucket, subject))))
}

/// Remembers from where the person signs in; none: nobody knows from where.
pub(crate) fn place_note(identity: &Identity, user: &User, client: &Client) -> Option<Query<()>> {
    let place = place(identity, user.realm, &user.email, client)?;
    Some(store::place_note(user.id, &place, identity.clock.now()))
}

/// Whether the client is at a place that the person knows.
pub(crate) async fn place_known(identity: &Identity, user: &User, client: &Client) -> Result<bool> {
    let Some(place) = place(identity, user.realm, &user.email, client) else { return Ok(false) };
    let known = store::place_known(user.id, &place);
    Ok(identity.db.system("find from where somebody signs in").fetch_optional(known).await?.is_some())
}

/// Named by the address and not by the person, so that it can be asked for in the question that finds him. With another address
/// his places are new ones.
fn place(identity: &Identity, realm: Realm, email: &str, client: &Client) -> Option<[u8; 32]> {
    let (realm, network) = (realm.to_string(), network(client.ip?));
    Some(digest(identity, &[b"place", realm.as_bytes(), spelling(email).as_bytes(), network.as_bytes()]))
}

/// The spelling by which an address is counted: an earlier version may have stored another.
fn spelling(email: &str) -> String {
    EmailAddress::spellings(email).swap_remove(0)
}

/// Forgets what means nothing any more, in small steps; how many rows.
pub(crate) async fn limit_sweep(identity: &Identity) -> Result<u64> {
    let (mut swept, now) = (0, identity.clock.now());
    let before = now.saturating_sub(PLACE_LIFE).unwrap_or(Timestamp::MIN);
    loop {
        let system = identity.db.system("sweep limits");
        let some = system.execute(store::bucket_sweep(now)).await? + system.execute(store::place_sweep(before)).await?;
        swept += some;
        if some == 0 {
            return Ok(swept);
        }
    }
}

/// Takes a try; how long until there is one, where there is none.
async fn take(identity: &Identity, bucket: Bucket, subject: [u8; 32]) -> Result<Result<(), SignedDuration>> {
    let _turn = identity.turns.turn(bucket, subject).await;
    let now = identity.clock.now();
    if let Some(until) = refused_until(identity, bucket, subject, now) {
        return Ok(Err(until.duration_since(now)));
    }
    let room = bucket.room.saturating_mul(bucket.step);
    let query = store::bucket_take(bucket.name, &subject, bucket.step, room, now);
    let answer = identity.db.system("count a sign-in").fetch_optional(query).await?;
    let Some(until) = answer.and_then(|(until,)| until) else { return Ok(Ok(())) };
    identity.refusals.0.insert((bucket.name, subject), until);
    Ok(Err(until.duration_since(now)))
}

/// Until when it is remembered as refused; none: it is not.
fn refused_until(identity: &Identity, bucket: Bucket, subject: [u8; 32], now: Timestamp) -> Option<Timestamp> {
    identity.refusals.0.get(&(bucket.name, subject)).filter(|until| *until > now)
}

fn refusal(wait: SignedDuration) -> Error {
    refused(codes::OVER_REQUEST_RATE_LIMIT, "Request rate limit reached", wait)
}

fn refused(code: Code, message: &'static str, wait: SignedDuration) -> Error {
    // Rounded up: who waits as long as he is told is let in.
    let seconds = u64::try_from(wait.as_millis()).unwrap_or_default().div_ceil(1000).max(1);
    Error::new(code, message).with_retry_after(Duration::from_secs(seconds))
}

/// What counts as one network address: an IPv4 address, or the 64 bits of an IPv6 address that a household gets at least.
fn network(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("{}/64", Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
    }
}

/// The table holds neither addresses nor accounts, only what tells them apart.
fn digest(identity: &Identity, parts: &[&[u8]]) -> [u8; 32] {
    let mut text = Vec::new();
    for part in parts {
        // With their lengths, so that parts do not run together.
        text.extend_from_slice(&(part.len() as u64).to_be_bytes());
        text.extend_from_slice(part);
    }
    identity.vault.mac(Purpose::Limit, &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_household_is_one_address() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:203.0.113.7"), of("203.0.113.7"));
        assert_ne!(of("203.0.113.7"), of("203.0.113.8"));
    }

    #[test]
    fn nothing_is_counted_where_there_is_no_limit() {
        assert!(Bucket::new("tokens", 0, 300, 30).is_none());
        let bucket = Bucket::new("tokens", 150, 300, 30).unwrap();
        assert_eq!((bucket.room, bucket.step), (30, 2_000_000));
        assert_eq!(Bucket::new("tokens", 10, 300, 30).unwrap().room, 10);
    }
}
