//! Rate limits of requests and of guesses. The counts are in the database, so that they hold across all servers;
//! rejected subjects are also remembered in memory until the limit lets them in again, so that repeated requests cost
//! next to nothing.
//!
//! Wrong passwords are counted per account, whether or not the account exists, from any network address: guessing from
//! a thousand addresses is no faster than from one. A guesser must not be able to keep the owner out, so network
//! addresses from which the owner signed in before have a count of their own, and links in mails are not counted at
//! all.

mod mails;
mod operators;
mod requests;
mod store;

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use freehold_core::{Code, EmailAddress, Error, Result};
use freehold_db::{Db, JsonText, Query, row};
use freehold_vault::Vault;
use jiff::{SignedDuration, Timestamp};
use moka::sync::Cache;
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use mails::mails_check;
pub(crate) use mails::{MailRoom, Reader, mail_room, mail_take};
pub use operators::{operator_place, operator_take, operator_try};
pub use requests::{UserRate, user_take};
pub use store::STATEMENTS;

use crate::{Base, Realm, Settings, codes, purposes::LIMIT, session::Client, user::User, ways::Ways};

/// Most attempts at once, where more are allowed in five minutes.
const BURST: u32 = 30;
/// How long a network address is remembered after the user's last sign-in from there.
const PLACE_LIFE: SignedDuration = SignedDuration::from_hours(180 * 24);
/// The subject of counts for the whole server.
const EVERYBODY: &[u8] = b"everybody";

/// The kinds of requests that are counted for one network address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Tokens for a password, a code or a provider's token; never for a refresh token.
    Tokens,
    /// Requests that may send a mail.
    Mails,
    /// Redeeming links and codes, and passkeys.
    Verifications,
    /// Attempts at second factors.
    Factors,
    /// Creating anonymous users.
    Anonymous,
}

/// A token bucket: a number of attempts that refills with time.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    name: &'static str,
    /// Capacity: most attempts at once.
    room: i64,
    /// Microseconds until one attempt is refilled.
    step: i64,
}

impl Bucket {
    /// A bucket of `tries` attempts in `seconds`, at most `at_once` of them at once; none: no limit.
    fn new(name: &'static str, tries: u32, seconds: i64, at_once: u32) -> Option<Self> {
        let step = seconds.checked_mul(1_000_000)?.checked_div(tries.into())?;
        Some(Self { name, room: at_once.min(tries).into(), step })
    }
}

/// Rejected subjects and until when each is rejected. Clones share the same memory.
#[derive(Clone, Debug)]
struct Refusals(Cache<(&'static str, [u8; 32]), Timestamp>);

impl Default for Refusals {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(100_000).time_to_live(Duration::from_hours(1)).build())
    }
}

/// Subjects that are being counted. Requests of one subject take turns before they ask for a connection, so that a
/// flood of them uses one connection and not all that are meant for counting. Clones share the same memory.
#[derive(Clone, Debug)]
struct Turns(Cache<(&'static str, [u8; 32]), Arc<Semaphore>>);

impl Default for Turns {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(100_000).time_to_idle(Duration::from_mins(2)).build())
    }
}

impl Turns {
    /// Waits for the subject's turn, which ends when the permit is dropped.
    async fn turn(&self, bucket: Bucket, subject: [u8; 32]) -> Option<OwnedSemaphorePermit> {
        let turns = self.0.get_with((bucket.name, subject), || Arc::new(Semaphore::new(1)));
        // The semaphore is never closed.
        turns.acquire_owned().await.ok()
    }
}

/// What counts requests and guesses. Cheap to clone.
#[derive(Clone)]
pub struct Limits {
    /// Database, secrets and settings.
    pub base: Arc<Base>,
    /// Rejected subjects, remembered in memory.
    refusals: Refusals,
    /// Subjects whose requests are being counted at this moment.
    turns: Turns,
}

impl Limits {
    /// Limits that remember nothing yet.
    pub(crate) fn new(base: Arc<Base>) -> Self {
        Self { base, refusals: Refusals::default(), turns: Turns::default() }
    }
}

/// Counts a request of this network address.
///
/// # Errors
/// `over_request_rate_limit` with the time after which the next request is let in.
pub async fn address_take(limits: &Limits, way: Way, ip: Option<IpAddr>) -> Result<()> {
    let settings = &limits.base.settings.auth.limits;
    let bucket = match way {
        Way::Tokens => Bucket::new("tokens", settings.tokens, 300, BURST),
        Way::Mails => Bucket::new("mails", settings.mails, 300, BURST),
        Way::Verifications => Bucket::new("verifications", settings.verifications, 300, BURST),
        Way::Factors => Bucket::new("factors", settings.factors, 300, BURST),
        Way::Anonymous => Bucket::new("anonymous", settings.anonymous_per_hour, 3600, BURST),
    };
    let (Some(bucket), Some(ip)) = (bucket.filter(|_| settings.enabled), ip) else { return Ok(()) };
    let subject = digest(&limits.base.vault, &[b"network", network(ip).as_bytes()]);
    take(limits, bucket, subject).await?.map_err(refusal)
}

/// The user who has an address.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Account {
    /// The user with that address.
    #[serde(flatten)]
    pub(crate) user: User,
    /// The user's sign-in methods.
    #[serde(flatten)]
    pub(crate) ways: Ways,
}

row! {
    struct FoundAccount {
        person: Option<JsonText<Account>>,
        /// Whether the user has signed in from the client's network address before.
        known: bool,
        until: Option<Timestamp>,
    }
}

/// A password that is about to be checked for an account.
#[derive(Debug)]
#[must_use = "say so when the password was right"]
pub struct PasswordTry(Option<(Bucket, [u8; 32])>);

/// Counts a password attempt at an account, before the hash is computed. The result does not reveal whether the address
/// has an account. `known`: the user has signed in from the client's network address before.
///
/// # Errors
/// `over_request_rate_limit` after too many wrong passwords. From known network addresses only attempts from there
/// count.
pub async fn password_try(
    limits: &Limits,
    realm: Realm,
    email: &str,
    known: bool,
    client: &Client,
) -> Result<PasswordTry> {
    let Some(bucket) = passwords(&limits.base.settings) else { return Ok(PasswordTry(None)) };
    try_take(limits, bucket, account(&limits.base.vault, realm, email, client)[usize::from(known)]).await
}

/// Finds the user with the address, and counts the password attempt as [`password_try`] does: in one query, because
/// every sign-in runs it.
pub(crate) async fn account_try(
    limits: &Limits,
    realm: Realm,
    email: &str,
    client: &Client,
) -> Result<(Option<Account>, PasswordTry)> {
    let place = place(&limits.base.vault, realm, email, client).map(Vec::from).unwrap_or_default();
    let (now, subjects) = (limits.base.db.clock().now(), account(&limits.base.vault, realm, email, client));
    let [anywhere, here] = &subjects;
    let bucket = passwords(&limits.base.settings);
    // A subject that is remembered as rejected need not be counted again.
    let guessed = |bucket: &Bucket| subjects.iter().any(|subject| refused_until(limits, *bucket, *subject).is_some());
    let (taken, refused) = (bucket.filter(|bucket| !guessed(bucket)), bucket.filter(guessed));
    let (name, step) = taken.map_or(("", 0), |bucket| (bucket.name, bucket.step));
    let room = taken.map_or(0, |bucket| bucket.room.saturating_mul(bucket.step));
    let query = store::account_take(store::AccountAttempt {
        realm,
        emails: &EmailAddress::spellings(email),
        place: &place,
        take: taken.is_some(),
        name,
        anywhere,
        here,
        step,
        room,
        now,
    });
    let found = limits.base.db.system("find the user who signs in").fetch_optional(query).await?;
    let FoundAccount { person, known, until } = found.ok_or_else(|| Error::internal("account_take answered no row"))?;
    let (person, subject) = (person.map(|JsonText(person)| person), subjects[usize::from(known)]);
    if let Some(bucket) = refused {
        return Ok((person, try_take(limits, bucket, subject).await?));
    }
    if let (Some(bucket), Some(until)) = (taken, until) {
        limits.refusals.0.insert((bucket.name, subject), until);
        return Err(refusal(until.duration_since(now)));
    }
    Ok((person, PasswordTry(taken.map(|bucket| (bucket, subject)))))
}

/// The bucket for passwords; none: they are not limited.
fn passwords(settings: &Settings) -> Option<Bucket> {
    let settings = &settings.auth.limits;
    let number = settings.wrong_passwords_per_hour;
    Bucket::new("passwords", number, 3600, number).filter(|_| settings.enabled)
}

/// The subjects for attempts at an account: from any network address, and from this one when the user knows it.
fn account(vault: &Vault, realm: Realm, email: &str, client: &Client) -> [[u8; 32]; 2] {
    let (realm, network) = (realm.to_string(), client.ip.map(network).unwrap_or_default());
    let email = spelling(email);
    let parts = [b"account".as_slice(), realm.as_bytes(), email.as_bytes(), network.as_bytes()];
    [digest(vault, &parts[..3]), digest(vault, &parts)]
}

impl PasswordTry {
    /// Gives the attempt back: the password was right and does not count.
    pub async fn succeeded(self, limits: &Limits) -> Result<()> {
        if let Some(query) = self.succeeded_in(limits) {
            limits.base.db.system("count a sign-in").execute(query).await?;
        }
        Ok(())
    }

    /// The statement that gives the attempt back, to run in the transaction of the sign-in; none: nothing is counted.
    pub(crate) fn succeeded_in(&self, limits: &Limits) -> Option<Query<()>> {
        let (bucket, subject) = self.0?;
        limits.refusals.0.invalidate(&(bucket.name, subject));
        Some(store::bucket_give_back(bucket.name, &subject, bucket.step))
    }
}

/// Counts a wrong code for the account it was tried at: codes are short, and a guesser may request one after another.
/// The link of the same mail is too long to guess, and stays valid.
///
/// # Errors
/// `over_request_rate_limit` after too many wrong codes.
pub async fn code_try(limits: &Limits, realm: Realm, email: &str) -> Result<PasswordTry> {
    let settings = &limits.base.settings.auth.limits;
    let number = settings.wrong_codes_per_hour;
    let Some(bucket) = Bucket::new("codes", number, 3600, number).filter(|_| settings.enabled) else {
        return Ok(PasswordTry(None));
    };
    try_take(
        limits,
        bucket,
        digest(&limits.base.vault, &[b"account", realm.to_string().as_bytes(), spelling(email).as_bytes()]),
    )
    .await
}

async fn try_take(limits: &Limits, bucket: Bucket, subject: [u8; 32]) -> Result<PasswordTry> {
    take(limits, bucket, subject).await?.map_err(refusal)?;
    Ok(PasswordTry(Some((bucket, subject))))
}

/// Remembers the network address from which the user signs in; none: the address is unknown.
pub(crate) fn place_note(vault: &Vault, user: &User, client: &Client) -> Option<Query<()>> {
    let place = place(vault, user.realm, &user.email, client)?;
    Some(store::place_note(user.id, &place))
}

/// Whether the user has signed in from the client's network address before.
pub(crate) async fn place_known(base: &Base, user: &User, client: &Client) -> Result<bool> {
    let Some(place) = place(&base.vault, user.realm, &user.email, client) else { return Ok(false) };
    let known = store::place_known(user.id, &place);
    Ok(base.db.system("find a known network of a user").fetch_optional(known).await?.is_some())
}

/// Digest of a known network address. It uses the e-mail address, not the user's id, so that the query that finds the
/// user can check it, too. After a change of e-mail address the known network addresses start anew.
fn place(vault: &Vault, realm: Realm, email: &str, client: &Client) -> Option<[u8; 32]> {
    let (realm, network) = (realm.to_string(), network(client.ip?));
    Some(digest(vault, &[b"place", realm.as_bytes(), spelling(email).as_bytes(), network.as_bytes()]))
}

/// The spelling by which an address is counted; an earlier version may have stored another.
fn spelling(email: &str) -> String {
    EmailAddress::spellings(email).swap_remove(0)
}

/// Deletes expired counts and network addresses, in small steps; returns the number of rows.
pub(crate) async fn limit_sweep(db: &Db) -> Result<u64> {
    let (mut swept, now) = (0, db.clock().now());
    let before = now.saturating_sub(PLACE_LIFE).unwrap_or(Timestamp::MIN);
    loop {
        let system = db.system("delete expired limits");
        let some = system.execute(store::bucket_sweep()).await? + system.execute(store::place_sweep(before)).await?;
        swept += some;
        if some == 0 {
            return Ok(swept);
        }
    }
}

/// Takes an attempt; when there is none left, the time until the next one.
async fn take(limits: &Limits, bucket: Bucket, subject: [u8; 32]) -> Result<Result<(), SignedDuration>> {
    let _turn = limits.turns.turn(bucket, subject).await;
    let now = limits.base.db.clock().now();
    if let Some(until) = refused_until(limits, bucket, subject) {
        return Ok(Err(until.duration_since(now)));
    }
    let room = bucket.room.saturating_mul(bucket.step);
    let query = store::bucket_take(bucket.name, &subject, bucket.step, room, now);
    let answer = limits.base.db.system("count a sign-in").fetch_optional(query).await?;
    let Some(until) = answer.and_then(|(until,)| until) else { return Ok(Ok(())) };
    limits.refusals.0.insert((bucket.name, subject), until);
    Ok(Err(until.duration_since(now)))
}

/// Until when the subject is remembered as rejected; none: it is not.
fn refused_until(limits: &Limits, bucket: Bucket, subject: [u8; 32]) -> Option<Timestamp> {
    let now = limits.base.db.clock().now();
    limits.refusals.0.get(&(bucket.name, subject)).filter(|until| *until > now)
}

fn refusal(wait: SignedDuration) -> Error {
    refused(codes::OVER_REQUEST_RATE_LIMIT, "Request rate limit reached", wait)
}

fn refused(code: Code, message: &'static str, wait: SignedDuration) -> Error {
    // Rounded up, so that a client that waits this long is let in.
    let seconds = u64::try_from(wait.as_millis()).unwrap_or_default().div_ceil(1000).max(1);
    Error::new(code, message).with_retry_after(Duration::from_secs(seconds))
}

/// The part of an IP address that is counted: a whole IPv4 address, or the 64 bits of an IPv6 address that identify a
/// household's network.
fn network(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("{}/64", Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
    }
}

/// The table stores only digests, no network addresses and no accounts.
fn digest(vault: &Vault, parts: &[&[u8]]) -> [u8; 32] {
    let mut text = Vec::new();
    for part in parts {
        // Includes the lengths, so that different parts never give the same text.
        text.extend_from_slice(&(part.len() as u64).to_be_bytes());
        text.extend_from_slice(part);
    }
    vault.mac(LIMIT, &text)
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
