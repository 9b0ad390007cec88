//! The wait between two mails to one address.

mod store;

use aws_lc_rs::digest;
use freehold_core::{Error, Result};
use freehold_db::SystemTx;
use jiff::{SignedDuration, Timestamp};

pub(crate) use store::STATEMENTS;

use crate::{Realm, Settings, codes};

/// What a mail is requested for. Each kind has a wait of its own, for every address alike, so that a wait does not
/// reveal whether another kind of request found an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asking {
    /// Sign-up, and resending its mail.
    SignUp,
    /// Signing in with a link or code.
    Link,
    /// Choosing a new password.
    Recovery,
    /// Changing the address, and resending its mails.
    EmailChange,
}

/// Records that a mail to this address is requested. Must take the first lock of the transaction.
///
/// # Errors
/// `over_email_send_rate_limit` when one was requested less than `resend_seconds` ago.
pub(crate) async fn mail_request_note(
    settings: &Settings,
    tx: &mut SystemTx,
    realm: Realm,
    email: &str,
    asking: Asking,
) -> Result<()> {
    let now = tx.now();
    let wait = SignedDuration::from_secs(settings.auth.resend_seconds);
    let digest = digest_of(realm, email, asking);
    let over = now - wait;
    if tx.fetch_optional(store::request_note(&digest, over)).await?.is_none() {
        let asked_at = tx.fetch_optional(store::request_find(&digest)).await?.map(|(asked_at,)| asked_at);
        return refuse_too_soon(settings, now, asked_at);
    }
    tx.execute(store::requests_forget(over)).await.map(drop)
}

/// Rejects the request unless `resend_seconds` have passed at `now`.
pub(crate) fn refuse_too_soon(settings: &Settings, now: Timestamp, sent_at: Option<Timestamp>) -> Result<()> {
    let Some(sent_at) = sent_at else { return Ok(()) };
    let wait = settings.auth.resend_seconds - now.duration_since(sent_at).as_secs();
    if wait <= 0 {
        return Ok(());
    }
    let message = format!("For security purposes, you can only request this after {wait} seconds.");
    let after = std::time::Duration::from_secs(u64::try_from(wait).unwrap_or(1));
    Err(Error::new(codes::OVER_EMAIL_SEND_RATE_LIMIT, message).with_retry_after(after))
}

fn digest_of(realm: Realm, email: &str, asking: Asking) -> Vec<u8> {
    let asked = format!("{realm}\0{asking:?}\0{email}");
    digest::digest(&digest::SHA256, asked.as_bytes()).as_ref().to_vec()
}
