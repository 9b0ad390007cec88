//! The ways in: a password, or the link or code of a mail.

mod store;

use std::fmt::Write;

use freehold_core::{Error, Result, Secret, UserId};
use freehold_db::{SystemTx, row};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

pub use store::STATEMENTS;

use crate::{
    Identity, Realm, codes,
    one_time::{CODE_DIGITS, Flow, LinkToken, OneTimeCode, code_digest, code_matches},
    session::{Client, Tokens, session_open},
    user::{User, user_confirm, user_find, user_mailed},
};

/// After so many wrong codes the code is dead; the link of the same mail still works.
const MAX_WRONG_CODES: i32 = 5;

/// Signs in with a password. Unknown addresses cost as much time as known ones.
pub async fn sign_in_with_password(
    identity: &Identity,
    realm: Realm,
    email: &str,
    password: Secret,
    client: &Client,
) -> Result<Tokens> {
    let wrong = || Error::new(codes::INVALID_CREDENTIALS, "Invalid login credentials");
    let found = identity.db.system("find who signs in").fetch_optional(store::user_by_email(realm, email)).await?;
    let hash = found.as_ref().and_then(|user| user.encrypted_password.clone());
    let right = identity.passwords.verify(&password, hash.as_ref()).await?;
    let Some(found) = found.filter(|_| right) else { return Err(wrong()) };
    let mut tx = identity.db.system("sign in with a password").begin().await?;
    let user = user_find(&mut tx, found.id).await?.ok_or_else(wrong)?;
    if !user.confirmed() {
        return Err(Error::new(codes::EMAIL_NOT_CONFIRMED, "Email not confirmed"));
    }
    let tokens = session_open(identity, &mut tx, user, "password", client).await?;
    tx.commit().await?;
    Ok(tokens)
}

row! {
    pub(crate) struct PasswordRow {
        id: UserId,
        pub(crate) encrypted_password: Option<Secret>,
    }
}

/// The password's hash of whoever has this address.
pub(crate) async fn password_of(identity: &Identity, realm: Realm, email: &str) -> Result<Option<Secret>> {
    let found = identity.db.system("find who signs up").fetch_optional(store::user_by_email(realm, email)).await?;
    Ok(found.and_then(|user| user.encrypted_password))
}

/// Sends the mail with link and code: it confirms the address of somebody new and signs in somebody known.
pub async fn mail_sign_in(identity: &Identity, tx: &mut SystemTx, user: &User, redirect_to: &str) -> Result<()> {
    let now = identity.clock.now();
    let (kind, template, sent_at) = if user.confirmed() {
        ("recovery_token", "magic_link", user.recovery_sent_at)
    } else {
        ("confirmation_token", "confirm_signup", user.confirmation_sent_at)
    };
    refuse_too_soon(identity, sent_at, now)?;
    let code = OneTimeCode::generate(CODE_DIGITS, &identity.random);
    let token = LinkToken::generate(Flow::Implicit, &identity.random);
    let id = identity.ids.next::<()>().uuid();
    let digest = code_digest(&identity.vault, &user.email, &code);
    tx.execute(store::token_replace(id, user.id, kind, &token.hash(), &user.email, digest.to_vec(), now)).await?;
    user_mailed(tx, user, now).await?;

    let settings = &identity.settings;
    let kind = if user.confirmed() { "magiclink" } else { "signup" };
    let link = format!(
        "{}/auth/v1/verify?token={}&type={kind}&redirect_to={}",
        settings.site_url,
        token.expose(),
        percent_encode(redirect_to)
    );
    let data = json!({
        "product_name": settings.product_name,
        "code": code.expose(),
        "link": link,
        "minutes_valid": settings.auth.code_minutes,
        "site_url": settings.site_url,
    });
    tx.execute(store::mail_enqueue(id, &format!("sign_in/{id}"), template, &user.email, data, now)).await.map(drop)
}

fn refuse_too_soon(identity: &Identity, sent_at: Option<Timestamp>, now: Timestamp) -> Result<()> {
    let Some(sent_at) = sent_at else { return Ok(()) };
    let wait = identity.settings.auth.resend_seconds - now.duration_since(sent_at).as_secs();
    if wait <= 0 {
        return Ok(());
    }
    let message = format!("For security purposes, you can only request this after {wait} seconds.");
    let after = std::time::Duration::from_secs(u64::try_from(wait).unwrap_or(1));
    Err(Error::new(codes::OVER_EMAIL_SEND_RATE_LIMIT, message).with_retry_after(after))
}

/// What somebody brings to prove that he reads the mail.
#[derive(Debug)]
pub enum Proof {
    /// The link's token.
    Link(LinkToken),
    /// The code, with the address it was sent to.
    Code {
        /// Within what the address is unique.
        realm: Realm,
        /// As [`email_normalize`](crate::user::email_normalize) gave it.
        email: String,
        /// The six digits.
        code: OneTimeCode,
    },
}

row! {
    #[derive(Clone)]
    struct TokenRow {
        id: uuid::Uuid,
        user_id: UserId,
        relates_to: String,
        code_hash: Option<Vec<u8>>,
        failed_attempts: i32,
        created_at: Timestamp,
    }
}

/// Confirms the address, where that was still to do, and signs in. A link or code works once.
pub async fn sign_in_with_proof(identity: &Identity, proof: Proof, client: &Client) -> Result<Tokens> {
    let now = identity.clock.now();
    let mut tx = identity.db.system("sign in by mail").begin().await?;
    let row = match &proof {
        Proof::Link(token) => {
            let row = tx.fetch_optional(store::token_lock_by_hash(&token.hash())).await?;
            row.ok_or_else(|| expired(&proof))?
        }
        Proof::Code { realm, email, code } => {
            let rows = tx.fetch_all(store::token_lock_by_email(*realm, email)).await?;
            let live = rows.iter().filter(|row| row.failed_attempts < MAX_WRONG_CODES);
            let found = live.filter(|row| row.relates_to == *email).find(|row| {
                row.code_hash.as_deref().is_some_and(|hash| code_matches(&identity.vault, email, code, hash))
            });
            if let Some(found) = found {
                found.clone()
            } else {
                tx.execute(store::token_failed(*realm, email)).await?;
                tx.commit().await?;
                return Err(expired(&proof));
            }
        }
    };
    if now.duration_since(row.created_at) > SignedDuration::from_mins(identity.settings.auth.code_minutes) {
        return Err(expired(&proof));
    }
    tx.execute(store::token_delete(row.id)).await?;
    let user = user_find(&mut tx, row.user_id).await?.ok_or_else(|| expired(&proof))?;
    let user = if user.confirmed() {
        user
    } else {
        user_confirm(&mut tx, user.id, now).await?;
        User { email_confirmed_at: Some(now), ..user }
    };
    let tokens = session_open(identity, &mut tx, user, "otp", client).await?;
    tx.commit().await?;
    Ok(tokens)
}

/// Whose mail the link came with, without using it up; for the page that asks before signing in.
pub async fn link_peek(identity: &Identity, token: &LinkToken) -> Result<Option<String>> {
    let row = identity.db.system("look at a link").fetch_optional(store::token_by_hash(&token.hash())).await?;
    let life = SignedDuration::from_mins(identity.settings.auth.code_minutes);
    let now = identity.clock.now();
    Ok(row.filter(|row| now.duration_since(row.created_at) <= life).map(|row| row.relates_to))
}

fn expired(proof: &Proof) -> Error {
    let message = match proof {
        Proof::Link(_) => "Email link is invalid or has expired",
        Proof::Code { .. } => "Token has expired or is invalid",
    };
    Error::new(codes::OTP_EXPIRED, message)
}

/// Percent-encodes a query value (RFC 3986): everything but the unreserved letters.
fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
