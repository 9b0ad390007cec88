//! Redeeming the link or code of a mail.
//!
//! A page shows a link's purpose with [`link_peek`] and redeems it with [`link_use`] when its button is pressed; a
//! program redeems either with [`proof_use`]. The result is [`Verified`].

mod store;

use freehold_core::{EmailAddress, Error, Result, Secret};
use freehold_db::SystemTx;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

pub use store::STATEMENTS;

use crate::{
    Base, Realm, Settings,
    audit_entry::{Action, audit_note},
    codes,
    email_change::email_change_confirm,
    even::evenly,
    flow::{flow_code, flow_end, flow_lock, flow_redeem},
    limit::{Limits, code_try},
    mail_token::{TokenRow, token_use},
    one_time::{Flow, LinkToken, OneTimeCode, code_matches},
    session::{Client, Sessions, Tokens, session_open},
    user::{User, user_confirm, user_find, user_set_password},
};

/// Number of wrong codes after which the code is invalid; the link of the same mail still works.
const MAX_WRONG_CODES: i32 = 5;

/// The message when one of the two addresses of a change has been confirmed.
pub const HALF_CONFIRMED: &str = "Confirmation link accepted. Please proceed to confirm link sent to the other email";

/// Purpose of a link or code: `type` in the link and in the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VerifyType {
    /// A sign-up.
    #[serde(rename = "signup")]
    SignUp,
    /// An invitation.
    Invite,
    /// A sign-in by mail.
    #[serde(rename = "magiclink")]
    MagicLink,
    /// A forgotten password.
    Recovery,
    /// A change of address, at either of the two addresses.
    EmailChange,
    /// Any mail that signs in: a sign-up or a sign-in.
    Email,
}

impl VerifyType {
    /// The type with this name; none: there is no such type here.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "signup" => Self::SignUp,
            "invite" => Self::Invite,
            "magiclink" => Self::MagicLink,
            "recovery" => Self::Recovery,
            "email_change" => Self::EmailChange,
            "email" => Self::Email,
            _ => return None,
        })
    }

    /// Name of the type.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignUp => "signup",
            Self::Invite => "invite",
            Self::MagicLink => "magiclink",
            Self::Recovery => "recovery",
            Self::EmailChange => "email_change",
            Self::Email => "email",
        }
    }

    /// The types of tokens that it redeems.
    fn token_types(self) -> Vec<String> {
        let types: &[&str] = match self {
            Self::SignUp | Self::Invite => &["confirmation_token"],
            Self::MagicLink | Self::Recovery => &["recovery_token"],
            Self::EmailChange => &["email_change_token_new", "email_change_token_current"],
            Self::Email => &["confirmation_token", "recovery_token"],
        };
        types.iter().map(|&kind| kind.to_owned()).collect()
    }
}

/// The proof that a client reads the mail.
#[derive(Debug)]
pub enum Proof {
    /// The token of the link.
    Link(LinkToken),
    /// The code, with the address it was sent to.
    Code {
        /// The realm in which the address is unique.
        realm: Realm,
        /// E-mail address, as [`email_normalize`](crate::user::email_normalize) returns it.
        email: String,
        /// The code that the user typed.
        code: OneTimeCode,
    },
}

/// The result of a link or code.
#[derive(Debug)]
pub enum Verified {
    /// A session. A page passes it on in the fragment.
    SignedIn(Box<Tokens>),
    /// A code for the client that started the sign-in (RFC 7636). A page passes it on as `?code=`.
    Code(Secret),
    /// One of the two addresses of a change is confirmed; the client gets the message [`HALF_CONFIRMED`]. A page passes
    /// it on as `#message=`, and for a link of the PKCE flow as `?message=` too.
    HalfConfirmed,
}

/// The address that the link was sent to, without redeeming the link; none: the link is invalid, or has another type.
pub async fn link_peek(base: &Base, token: &LinkToken, kind: VerifyType) -> Result<Option<String>> {
    let query = store::token_by_hash(&token.hash(), &kind.token_types());
    let row = base.db.system("read a link").fetch_optional(query).await?;
    Ok(row.filter(|row| alive(&base.settings, base.db.clock().now(), row)).map(|row| row.relates_to))
}

/// Redeems a link, for a page. The link of a sign-in that a browser started (its token's [`flow`](LinkToken::flow) says
/// so) gives a code, any other a session.
///
/// # Errors
/// `otp_expired`, `user_banned`, `flow_state_not_found`, `email_exists` when another user has taken the address
/// meanwhile.
pub async fn link_use(
    limits: &Limits,
    sessions: &Sessions,
    token: LinkToken,
    kind: VerifyType,
    client: &Client,
) -> Result<Verified> {
    let by_code = token.flow() == Flow::Pkce;
    verify(limits, sessions, &Proof::Link(token), kind, by_code, client).await
}

/// Redeems a link or code, for a program: the result is a session, however the sign-in was started.
///
/// # Errors
/// As [`link_use`].
pub async fn proof_use(
    limits: &Limits,
    sessions: &Sessions,
    proof: Proof,
    kind: VerifyType,
    client: &Client,
) -> Result<Verified> {
    let verified = verify(limits, sessions, &proof, kind, false, client);
    match proof {
        Proof::Link(_) => verified.await,
        // An address without an account takes as long as one with a wrong code.
        Proof::Code { .. } => evenly(verified).await,
    }
}

/// Signs in the user of a code and its verifier: the end of a sign-in that was started with a challenge (RFC 7636).
/// Also returns the flow, for its other fields.
///
/// # Errors
/// As [`flow_redeem`].
pub async fn sign_in_with_code(
    sessions: &Sessions,
    code: &str,
    verifier: &str,
    client: &Client,
) -> Result<(Tokens, crate::flow::Flow)> {
    let unknown = || Error::new(codes::FLOW_STATE_NOT_FOUND, "invalid flow state, no valid flow state found");
    let mut tx = sessions.base.db.system("sign in by a code").begin().await?;
    let flow = flow_redeem(&mut tx, code, verifier).await?;
    let user = user_find(&mut tx, flow.user_id.ok_or_else(unknown)?).await?.ok_or_else(unknown)?;
    let tokens = session_open(sessions, &mut tx, user, &flow.method, client).await?;
    tx.commit().await?;
    Ok((tokens, flow))
}

async fn verify(
    limits: &Limits,
    sessions: &Sessions,
    proof: &Proof,
    kind: VerifyType,
    by_code: bool,
    client: &Client,
) -> Result<Verified> {
    let attempt = match proof {
        Proof::Link(_) => None,
        Proof::Code { realm, email, .. } => Some(code_try(limits, *realm, email).await?),
    };
    let mut tx = limits.base.db.system("verify a link or code").begin().await?;
    let Some(token) = token_take(&limits.base, &mut tx, proof, kind).await? else {
        // Commits, so that the wrong code stays counted.
        tx.commit().await?;
        return Err(expired(proof));
    };
    let verified = settle(sessions, &mut tx, &token, proof, kind, by_code, client).await?;
    tx.commit().await?;
    if let Some(attempt) = attempt {
        attempt.succeeded(limits).await?;
    }
    Ok(verified)
}

/// The result of a redeemed token.
async fn settle(
    sessions: &Sessions,
    tx: &mut SystemTx,
    token: &TokenRow,
    proof: &Proof,
    kind: VerifyType,
    by_code: bool,
    client: &Client,
) -> Result<Verified> {
    let user = user_find(tx, token.user_id).await?.ok_or_else(|| expired(proof))?;
    user.admit(tx.now())?;
    let user = if token.token_type.starts_with("email_change") {
        match email_change_confirm(&sessions.base.settings, tx, user, token, client).await? {
            Some(user) => user,
            None => return Ok(Verified::HalfConfirmed),
        }
    } else if token.relates_to == user.email {
        confirm(tx, user, token, kind, client).await?
    } else {
        return Err(expired(proof));
    };
    match token.flow_id {
        Some(flow) if by_code => {
            let flow = flow_lock(tx, flow).await?.ok_or_else(no_flow)?;
            flow_code(&sessions.base.random, tx, flow.id, user.id).await.map(Verified::Code)
        }
        None if by_code => Err(no_flow()),
        flow => {
            if let Some(flow) = flow {
                flow_end(tx, flow).await?;
            }
            let tokens = session_open(sessions, tx, user, "otp", client).await?;
            Ok(Verified::SignedIn(Box::new(tokens)))
        }
    }
}

/// Takes the token that the proof names, which deletes it; none: there is no such token, or it is not valid any more.
async fn token_take(base: &Base, tx: &mut SystemTx, proof: &Proof, kind: VerifyType) -> Result<Option<TokenRow>> {
    let types = kind.token_types();
    let found = match proof {
        Proof::Link(token) => tx.fetch_optional(store::token_lock_by_hash(&token.hash(), &types)).await?,
        Proof::Code { realm, email, code } => {
            let emails = EmailAddress::spellings(email);
            let rows = tx.fetch_all(store::token_lock_by_email(*realm, &emails, &types)).await?;
            let vault = &base.vault;
            let right = |row: &&TokenRow| {
                row.failed_attempts < MAX_WRONG_CODES
                    && row.code_hash.as_deref().is_some_and(|hash| code_matches(vault, &row.relates_to, code, hash))
            };
            let found = rows.iter().find(right).cloned();
            if found.is_none() {
                tx.execute(store::token_failed(*realm, &emails, &types)).await?;
            }
            found
        }
    };
    let Some(token) = found.filter(|token| alive(&base.settings, tx.now(), token)) else { return Ok(None) };
    token_use(tx, token.id).await?;
    Ok(Some(token))
}

/// Confirms the address if it is not confirmed yet. A password that was set before then may be another person's, so it
/// is deleted here when the owner resets a forgotten password, too.
async fn confirm(tx: &mut SystemTx, user: User, token: &TokenRow, kind: VerifyType, client: &Client) -> Result<User> {
    if user.confirmed() {
        return Ok(user);
    }
    let now = tx.now();
    user_confirm(tx, user.id).await?;
    if token.token_type == "recovery_token" {
        user_set_password(tx, user.id, None).await?;
    }
    let action = if kind == VerifyType::Invite { Action::InviteAccepted } else { Action::UserSignedUp };
    audit_note(tx, action, &user, json!({ "provider": "email" }), client).await?;
    Ok(User { email_confirmed_at: Some(now), ..user })
}

fn alive(settings: &Settings, now: Timestamp, token: &TokenRow) -> bool {
    now.duration_since(token.created_at) <= SignedDuration::from_mins(settings.auth.code_minutes)
}

fn no_flow() -> Error {
    Error::new(codes::FLOW_STATE_NOT_FOUND, "No associated flow state found.")
}

fn expired(proof: &Proof) -> Error {
    let message = match proof {
        Proof::Link(_) => "Email link is invalid or has expired",
        Proof::Code { .. } => "Token has expired or is invalid",
    };
    Error::new(codes::OTP_EXPIRED, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_its_name_and_every_mail_a_type() {
        for name in ["signup", "invite", "magiclink", "recovery", "email_change", "email"] {
            assert_eq!(VerifyType::parse(name).unwrap().name(), name);
        }
        for name in ["", "sms", "phone_change", "reauthentication", "SIGNUP", "signup "] {
            assert_eq!(VerifyType::parse(name), None, "{name}");
        }
    }
}
