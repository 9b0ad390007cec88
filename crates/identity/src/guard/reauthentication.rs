//! Reauthentication: a code is mailed to the user, who sends it with the change it is for.

mod store;

use freehold_core::{Error, Result, UserId, codes as core_codes};
use freehold_db::row;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

pub use store::STATEMENTS;

use crate::{
    Base,
    audit_entry::{Action, audit_note},
    codes,
    limit::{Limits, Reader, code_try},
    mail_request::refuse_too_soon,
    mail_token::{MailKind, NewToken, mail_send, token_use},
    one_time::{OneTimeCode, code_matches},
    session::Client,
    user::{User, user_find},
};

/// Number of wrong codes after which the code is invalid.
const MAX_WRONG_CODES: i32 = 5;

row! {
    struct CodeRow {
        id: Uuid,
        code_hash: Option<Vec<u8>>,
        failed_attempts: i32,
        created_at: Timestamp,
    }
}

/// Sends the code.
///
/// # Errors
/// `validation_failed` for a user without an address, `email_not_confirmed`, `over_email_send_rate_limit`.
pub async fn reauthentication_request(base: &Base, user: UserId, client: &Client) -> Result<()> {
    let mut tx = base.db.system("send a code for reauthentication").begin().await?;
    let user = user_find(&mut tx, user).await?.ok_or_else(|| Error::not_found("user"))?;
    if user.email.is_empty() {
        let message = "Reauthentication requires the user to have an email or a phone number";
        return Err(Error::new(core_codes::VALIDATION_FAILED, message));
    }
    if !user.confirmed() {
        return Err(Error::new(codes::EMAIL_NOT_CONFIRMED, "Please verify your email first."));
    }
    refuse_too_soon(&base.settings, tx.now(), user.reauthentication_sent_at)?;
    let new = NewToken { kind: MailKind::Reauthentication, address: &user.email, redirect_to: "", flow: None };
    mail_send(base, &mut tx, &user, new, Reader::Confirmed).await?;
    audit_note(&mut tx, Action::UserReauthenticateRequested, &user, json!({}), client).await?;
    tx.commit().await
}

/// Verifies the code and uses it up. Wrong codes are counted.
///
/// # Errors
/// `reauthentication_not_valid`.
pub(crate) async fn reauthentication_use(limits: &Limits, user: &User, nonce: &str) -> Result<()> {
    let wrong = || Error::new(codes::REAUTHENTICATION_NOT_VALID, "Nonce has expired or is invalid");
    let code = OneTimeCode::parse(nonce).ok_or_else(wrong)?;
    let life = SignedDuration::from_mins(limits.base.settings.auth.code_minutes);
    let attempt = code_try(limits, user.realm, &user.email).await?;
    let mut tx = limits.base.db.system("check a code for reauthentication").begin().await?;
    let row = tx.fetch_optional(store::code_lock(user.id, &user.email)).await?.ok_or_else(wrong)?;
    let right = row.failed_attempts < MAX_WRONG_CODES
        && tx.now().duration_since(row.created_at) <= life
        && row.code_hash.is_some_and(|hash| code_matches(&limits.base.vault, &user.email, &code, &hash));
    if right {
        token_use(&mut tx, row.id).await?;
    } else {
        tx.execute(store::code_failed(row.id)).await?;
    }
    tx.commit().await?;
    if right { attempt.succeeded(limits).await } else { Err(wrong()) }
}
