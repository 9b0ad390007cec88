//! The budget of mails that the whole server sends to let users in.
//!
//! Anyone can make the server send a mail to any address. So that this never keeps a user from signing in, a share of the budget
//! (`mails_confirmed_percent`) is only for users who confirmed their address. Everything else draws on the rest, and only so much of
//! it is for the network of one client.
//!
//! No answer tells whether an address has an account. What a client asks for without being signed in is counted the same whoever
//! has the address, also where no mail is sent ([`mail_room`]). When the rest is used up, sign-up is refused to everyone alike
//! ([`MailRoom::check`]). A link or a new password is not: a confirmed user's mail draws on the share then, and another address gets
//! the same answer and no mail. Only when the share is used up, too, everyone is refused alike ([`mails_check`]).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use freehold_core::{Error, Result};
use freehold_db::SystemTx;
use jiff::SignedDuration;

use super::{Bucket, EVERYBODY, digest, refused, store};
use crate::{Identity, codes, session::Client, user::User};

/// What a client is told to wait for a part of the budget that is empty by the settings.
const NEVER: SignedDuration = SignedDuration::from_hours(1);

/// Whether the rest of the budget had room for what a client asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MailRoom(Option<SignedDuration>);

/// Who reads a mail, and who asked for it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reader<'a> {
    /// A client that is not signed in asked for it, and was counted.
    Asked {
        /// What the count found.
        room: MailRoom,
        /// The reader is a user who confirmed the address.
        confirmed: bool,
    },
    /// A signed-in user who confirmed the address.
    Confirmed,
    /// Whoever reads the address; this client asked, signed in here or at a provider.
    Unconfirmed(&'a Client),
    /// Whoever reads the address; an operator asked.
    Invited,
}

impl MailRoom {
    /// Refuses everyone alike where there was no room, whoever has the address.
    ///
    /// # Errors
    /// `over_email_send_rate_limit`.
    pub(crate) fn check(self) -> Result<Self> {
        self.0.map_or(Ok(self), |wait| Err(mails_refused(wait)))
    }

    /// Whether somebody is to be made whom the mail reaches.
    pub(crate) fn exists(self) -> bool {
        self.0.is_none()
    }

    /// The reader of a mail to the user's own address.
    pub(crate) fn reader(self, user: &User) -> Reader<'static> {
        Reader::Asked { room: self, confirmed: user.confirmed() }
    }
}

/// Both parts of the budget; none: nothing is limited. A part may be empty.
struct Budget {
    confirmed: Option<Bucket>,
    rest: Option<Bucket>,
}

impl Budget {
    fn of(identity: &Identity) -> Option<Self> {
        let limits = &identity.settings.auth.limits;
        let (most, share) = (limits.mails_per_hour, u64::from(limits.mails_confirmed_percent.min(100)));
        if !limits.enabled || most == 0 {
            return None;
        }
        let confirmed = u32::try_from(u64::from(most) * share / 100).unwrap_or(most);
        let part = |name, most| Bucket::new(name, most, 3600, most);
        Some(Self { confirmed: part("mails_confirmed", confirmed), rest: part("mails_of_server", most - confirmed) })
    }
}

/// Refuses everyone alike while this server has sent as many mails as it may in an hour. `mail_take` counts them.
///
/// # Errors
/// `over_email_send_rate_limit`.
pub async fn mails_check(identity: &Identity) -> Result<()> {
    let Some(budget) = Budget::of(identity) else { return Ok(()) };
    let mut tx = identity.db.system("look how many mails were sent").begin().await?;
    let confirmed = wait(identity, &mut tx, budget.confirmed, EVERYBODY).await?;
    let rest = wait(identity, &mut tx, budget.rest, EVERYBODY).await?;
    match (confirmed, rest) {
        (Some(one), Some(other)) => Err(mails_refused(one.min(other))),
        _ => Ok(()),
    }
}

/// Counts what a client asks for that is not signed in, before anything is looked up: the same for every address.
pub(crate) async fn mail_room(identity: &Identity, client: &Client) -> Result<MailRoom> {
    let Some(budget) = Budget::of(identity) else { return Ok(MailRoom(None)) };
    // A network that asks for too much takes nothing from the others.
    if let Some((bucket, subject)) = network(identity, client)
        && let Err(wait) = super::take(identity, bucket, subject).await?
    {
        return Ok(MailRoom(Some(wait)));
    }
    let Some(rest) = budget.rest else { return Ok(MailRoom(Some(NEVER))) };
    let mut tx = identity.db.system("count a mail").begin().await?;
    let wait = take(identity, &mut tx, Some(rest), EVERYBODY).await?;
    tx.commit().await?;
    Ok(MailRoom(wait))
}

/// Counts a mail that is sent in this transaction. False: there is no room for it, and the caller must not learn so, because there
/// would have been for a user who confirmed the address.
///
/// # Errors
/// `over_email_send_rate_limit`.
pub(crate) async fn mail_take(identity: &Identity, tx: &mut SystemTx, reader: Reader<'_>) -> Result<bool> {
    let Some(budget) = Budget::of(identity) else { return Ok(true) };
    let wait = match reader {
        Reader::Asked { room: MailRoom(None), .. } => None,
        Reader::Asked { confirmed: false, .. } => return Ok(false),
        // Where the share is used up, the rest: refused is only who is refused alike by `mails_check`.
        Reader::Asked { confirmed: true, .. } => match take(identity, tx, budget.confirmed, EVERYBODY).await? {
            Some(_) => take(identity, tx, budget.rest, EVERYBODY).await?,
            None => None,
        },
        Reader::Confirmed => match take(identity, tx, budget.rest, EVERYBODY).await? {
            Some(_) => take(identity, tx, budget.confirmed, EVERYBODY).await?,
            None => None,
        },
        Reader::Unconfirmed(client) => {
            let of_network = match network(identity, client) {
                Some((bucket, subject)) => take(identity, tx, Some(bucket), &subject).await?,
                None => None,
            };
            match of_network {
                Some(wait) => Some(wait),
                None => take(identity, tx, budget.rest, EVERYBODY).await?,
            }
        }
        Reader::Invited => take(identity, tx, budget.rest, EVERYBODY).await?,
    };
    wait.map_or(Ok(true), |wait| Err(mails_refused(wait)))
}

/// Takes a mail; how long until there is one, where there is none. A part without a bucket never has one.
async fn take(
    identity: &Identity,
    tx: &mut SystemTx,
    bucket: Option<Bucket>,
    subject: &[u8],
) -> Result<Option<SignedDuration>> {
    let Some(bucket) = bucket else { return Ok(Some(NEVER)) };
    let (now, room) = (identity.clock.now(), bucket.room.saturating_mul(bucket.step));
    let (until,) = tx.fetch_one(store::bucket_take(bucket.name, subject, bucket.step, room, now)).await?;
    Ok(until.map(|until| until.duration_since(now)))
}

/// How long until there is a mail to take; none: there is one.
async fn wait(
    identity: &Identity,
    tx: &mut SystemTx,
    bucket: Option<Bucket>,
    subject: &[u8],
) -> Result<Option<SignedDuration>> {
    let Some(bucket) = bucket else { return Ok(Some(NEVER)) };
    let (now, all) = (identity.clock.now(), bucket.room.saturating_mul(bucket.step));
    let found = tx.fetch_optional(store::bucket_look(bucket.name, subject, all, now)).await?;
    let room = SignedDuration::from_micros(bucket.room.saturating_sub(1).saturating_mul(bucket.step));
    let wait = found.map(|(full_at,)| full_at.duration_since(now) - room);
    Ok(wait.filter(SignedDuration::is_positive))
}

/// What mails to unconfirmed addresses are counted in for the client's network; none: they are not.
fn network(identity: &Identity, client: &Client) -> Option<(Bucket, [u8; 32])> {
    let most = identity.settings.auth.limits.mails_unconfirmed_per_network;
    let bucket = Bucket::new("mails_of_network", most, 3600, most)?;
    Some((bucket, digest(identity, &[b"network of mails", provider_network(client.ip?).as_bytes()])))
}

/// A network that one party has many addresses of: 24 bits of IPv4, 48 of IPv6.
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
