//! The budget of mails that the whole server sends for sign-in.
//!
//! Anyone can make the server send a mail to any address. So that this never keeps a user from signing in, a share of
//! the budget (`mails_confirmed_percent`) is reserved for users who confirmed their address. All other mails use the
//! rest, and the network of one client may use only a part of the rest.
//!
//! No answer reveals whether an address has an account. A request of a client that is not signed in is counted the same
//! for every address, also when no mail is sent ([`mail_room`]). When the rest is used up, every sign-up is rejected
//! alike ([`MailRoom::check`]). A link or a new password is not: a confirmed user's mail then uses the share, and
//! another address gets the same answer and no mail. Only when the share is used up, too, is every request rejected
//! alike ([`mails_check`]).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use freehold_core::{Error, Result};
use freehold_db::SystemTx;
use jiff::SignedDuration;

use super::{Bucket, EVERYBODY, Limits, digest, refused, store};
use crate::{Base, Settings, codes, session::Client, user::User};

/// The wait that a client is told when the settings leave a part of the budget empty.
const NEVER: SignedDuration = SignedDuration::from_hours(1);

/// Whether the rest of the budget had room for a client's request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MailRoom(Option<SignedDuration>);

/// The reader of a mail, and the client that requested it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reader<'a> {
    /// A client that is not signed in requested the mail, and was counted.
    Asked {
        /// The result of the count.
        room: MailRoom,
        /// The reader is a user who confirmed the address.
        confirmed: bool,
    },
    /// A signed-in user who confirmed the address.
    Confirmed,
    /// Any reader of the address; this client, signed in here or at a provider, requested the mail.
    Unconfirmed(&'a Client),
    /// Any reader of the address; an operator requested the mail.
    Invited,
}

impl MailRoom {
    /// Rejects every request alike when there was no room, whether or not the address has an account.
    ///
    /// # Errors
    /// `over_email_send_rate_limit`.
    pub(crate) fn check(self) -> Result<Self> {
        self.0.map_or(Ok(self), |wait| Err(mails_refused(wait)))
    }

    /// Whether a new user, whom the mail reaches, should be created.
    pub(crate) fn exists(self) -> bool {
        self.0.is_none()
    }

    /// The reader of a mail to the user's own address.
    pub(crate) fn reader(self, user: &User) -> Reader<'static> {
        Reader::Asked { room: self, confirmed: user.confirmed() }
    }
}

/// Both parts of the budget; none: no limit. A part may be empty.
struct Budget {
    confirmed: Option<Bucket>,
    rest: Option<Bucket>,
}

impl Budget {
    fn of(settings: &Settings) -> Option<Self> {
        let limits = &settings.auth.limits;
        let (most, share) = (limits.mails_per_hour, u64::from(limits.mails_confirmed_percent.min(100)));
        if !limits.enabled || most == 0 {
            return None;
        }
        let confirmed = u32::try_from(u64::from(most) * share / 100).unwrap_or(most);
        let part = |name, most| Bucket::new(name, most, 3600, most);
        Some(Self { confirmed: part("mails_confirmed", confirmed), rest: part("mails_of_server", most - confirmed) })
    }
}

/// Rejects every request alike while this server has used up its mails of an hour. `mail_take` counts them.
///
/// # Errors
/// `over_email_send_rate_limit`.
pub async fn mails_check(base: &Base) -> Result<()> {
    let Some(budget) = Budget::of(&base.settings) else { return Ok(()) };
    let mut tx = base.db.system("count mails sent in an hour").begin().await?;
    let confirmed = wait(&mut tx, budget.confirmed, EVERYBODY).await?;
    let rest = wait(&mut tx, budget.rest, EVERYBODY).await?;
    match (confirmed, rest) {
        (Some(one), Some(other)) => Err(mails_refused(one.min(other))),
        _ => Ok(()),
    }
}

/// Counts a request of a client that is not signed in, before any look-up: the same for every address.
pub(crate) async fn mail_room(limits: &Limits, client: &Client) -> Result<MailRoom> {
    let Some(budget) = Budget::of(&limits.base.settings) else { return Ok(MailRoom(None)) };
    // A network that requests too much does not use up the budget of others.
    if let Some((bucket, subject)) = network(&limits.base, client)
        && let Err(wait) = super::take(limits, bucket, subject).await?
    {
        return Ok(MailRoom(Some(wait)));
    }
    let Some(rest) = budget.rest else { return Ok(MailRoom(Some(NEVER))) };
    let mut tx = limits.base.db.system("count a mail").begin().await?;
    let wait = take(&mut tx, Some(rest), EVERYBODY).await?;
    tx.commit().await?;
    Ok(MailRoom(wait))
}

/// Counts a mail that is sent in this transaction. False: there is no room for it, and the caller must not reveal that,
/// because there would have been room for a user who confirmed the address.
///
/// # Errors
/// `over_email_send_rate_limit`.
pub(crate) async fn mail_take(base: &Base, tx: &mut SystemTx, reader: Reader<'_>) -> Result<bool> {
    let Some(budget) = Budget::of(&base.settings) else { return Ok(true) };
    let wait = match reader {
        Reader::Asked { room: MailRoom(None), .. } => None,
        Reader::Asked { confirmed: false, .. } => return Ok(false),
        // When the share is used up, takes from the rest; a request is rejected only where `mails_check` rejects every
        // request alike.
        Reader::Asked { confirmed: true, .. } => match take(tx, budget.confirmed, EVERYBODY).await? {
            Some(_) => take(tx, budget.rest, EVERYBODY).await?,
            None => None,
        },
        Reader::Confirmed => match take(tx, budget.rest, EVERYBODY).await? {
            Some(_) => take(tx, budget.confirmed, EVERYBODY).await?,
            None => None,
        },
        Reader::Unconfirmed(client) => {
            let of_network = match network(base, client) {
                Some((bucket, subject)) => take(tx, Some(bucket), &subject).await?,
                None => None,
            };
            match of_network {
                Some(wait) => Some(wait),
                None => take(tx, budget.rest, EVERYBODY).await?,
            }
        }
        Reader::Invited => take(tx, budget.rest, EVERYBODY).await?,
    };
    wait.map_or(Ok(true), |wait| Err(mails_refused(wait)))
}

/// Takes a mail from a part of the budget; when there is none left, the time until the next one. A part without a
/// bucket never has one.
async fn take(tx: &mut SystemTx, bucket: Option<Bucket>, subject: &[u8]) -> Result<Option<SignedDuration>> {
    let Some(bucket) = bucket else { return Ok(Some(NEVER)) };
    let (now, room) = (tx.now(), bucket.room.saturating_mul(bucket.step));
    let (until,) = tx.fetch_one(store::bucket_take(bucket.name, subject, bucket.step, room, now)).await?;
    Ok(until.map(|until| until.duration_since(now)))
}

/// The time until the next mail; none: one is available now.
async fn wait(tx: &mut SystemTx, bucket: Option<Bucket>, subject: &[u8]) -> Result<Option<SignedDuration>> {
    let Some(bucket) = bucket else { return Ok(Some(NEVER)) };
    let (now, all) = (tx.now(), bucket.room.saturating_mul(bucket.step));
    let found = tx.fetch_optional(store::bucket_look(bucket.name, subject, all, now)).await?;
    let room = SignedDuration::from_micros(bucket.room.saturating_sub(1).saturating_mul(bucket.step));
    let wait = found.map(|(full_at,)| full_at.duration_since(now) - room);
    Ok(wait.filter(SignedDuration::is_positive))
}

/// The bucket for mails to unconfirmed addresses from the client's network; none: they are not counted.
fn network(base: &Base, client: &Client) -> Option<(Bucket, [u8; 32])> {
    let most = base.settings.auth.limits.mails_unconfirmed_per_network;
    let bucket = Bucket::new("mails_of_network", most, 3600, most)?;
    Some((bucket, digest(&base.vault, &[b"network of mails", provider_network(client.ip?).as_bytes()])))
}

/// The network of an address, in which one party may have many addresses: 24 bits of IPv4, 48 of IPv6.
fn provider_network(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(address) => format!("{}/24", Ipv4Addr::from_bits(address.to_bits() & (u32::MAX << 8))),
        IpAddr::V6(address) => format!("{}/48", Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 80))),
    }
}

fn mails_refused(wait: SignedDuration) -> Error {
    refused(codes::OVER_EMAIL_SEND_RATE_LIMIT, "email rate limit exceeded", wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_24_bits_of_ipv4_and_48_of_ipv6() {
        let of = |text: &str| provider_network(text.parse().unwrap());
        assert_eq!(of("203.0.113.7"), "203.0.113.0/24");
        assert_eq!(of("::ffff:203.0.113.200"), "203.0.113.0/24");
        assert_eq!(of("2001:db8:1:2::3"), "2001:db8:1::/48");
        assert_ne!(of("2001:db8:1::1"), of("2001:db8:2::1"));
    }
}
