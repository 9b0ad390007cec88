//! Access tokens: what they claim, and checking the same one many times cheaply.

mod cache;
mod verifier;

use std::fmt;

use freehold_core::{SessionId, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::session::Holder;
pub use cache::TokenCache;
pub use verifier::Verifier;

/// What an access token claims, in the form of Supabase Auth. Times are in seconds since 1970.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it: `https://…/auth/v1`.
    pub iss: String,
    /// Whom it is about.
    pub sub: UserId,
    /// Whom it is for: `authenticated`. One text, never a list.
    pub aud: String,
    /// From when on it no longer holds.
    pub exp: i64,
    /// When it was issued.
    pub iat: i64,
    /// From when on it holds; ours hold at once and do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// The address, or the empty text. Tokens that a team signs itself may not say it.
    #[serde(default)]
    pub email: String,
    /// The number, or the empty text.
    #[serde(default)]
    pub phone: String,
    /// What the server says of the user: `provider`, `providers`.
    #[serde(default)]
    pub app_metadata: Map<String, Value>,
    /// What the user says of themselves. Never decide anything by it.
    #[serde(default)]
    pub user_metadata: Map<String, Value>,
    /// The Postgres role: `authenticated`.
    pub role: String,
    /// How sure we are that it is them; where the token does not say, as little as possible.
    #[serde(default)]
    pub aal: Aal,
    /// How they showed it, the latest first.
    #[serde(default)]
    pub amr: Vec<Amr>,
    /// Of which sign-in it is.
    pub session_id: SessionId,
    /// Whether the user has neither address nor number nor identity.
    #[serde(default)]
    pub is_anonymous: bool,
    /// The OAuth client it was issued to, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The OAuth scopes, separated by spaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

impl Claims {
    /// The user, in the session of the token, with what the token says was shown.
    pub fn holder(&self) -> Holder {
        Holder { user: self.sub, session: self.session_id, aal: self.aal }
    }
}

/// The authenticator assurance level (NIST SP 800-63).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Aal {
    /// One factor.
    #[default]
    #[serde(rename = "aal1")]
    One,
    /// Two factors.
    #[serde(rename = "aal2")]
    Two,
}

impl Aal {
    /// As tokens and the database call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::One => "aal1",
            Self::Two => "aal2",
        }
    }
}

/// One way in which a user showed who they are (RFC 8176).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amr {
    /// How: `password`, `otp`, `totp`, `oauth`, `magiclink`, `recovery`, `invite`, `anonymous`, …
    pub method: String,
    /// When, in seconds since 1970.
    pub timestamp: i64,
    /// With which provider, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
}

impl Claims {
    /// Nothing, when a token with these claims is ours and holds at `now`. The signature is not looked at here.
    pub(crate) fn check(&self, issuer: &str, audience: &str, now: Timestamp) -> Result<(), TokenError> {
        if self.iss != issuer {
            return Err(TokenError::Issuer);
        }
        if self.aud != audience {
            return Err(TokenError::Audience);
        }
        if self.nbf.is_some_and(|from| now.as_second() < from) {
            return Err(TokenError::NotYetValid);
        }
        if self.expired(now) { Err(TokenError::Expired) } else { Ok(()) }
    }

    /// Whether it no longer holds.
    pub fn expired(&self, now: Timestamp) -> bool {
        now.as_second() >= self.exp
    }
}

/// Only what finds the session again: the rest is the user's own business and not the log's.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims")
            .field("sub", &self.sub)
            .field("session_id", &self.session_id)
            .field("role", &self.role)
            .field("aal", &self.aal)
            .field("exp", &self.exp)
            .finish_non_exhaustive()
    }
}

/// Why an access token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// It is not a JWT, or a claim of it has another form than ours.
    Malformed,
    /// It lacks this claim.
    Missing(&'static str),
    /// Its header names another algorithm than that of the key it names.
    Algorithm,
    /// Its header names none of our keys.
    UnknownKey,
    /// It was changed, or somebody else signed it.
    Signature,
    /// Somebody else issued it.
    Issuer,
    /// It is for somebody else.
    Audience,
    /// It held until a moment before.
    Expired,
    /// It will hold later.
    NotYetValid,
    /// It holds for longer than any token we issue.
    TooLong,
    /// Its session has ended.
    Revoked,
    /// Its user is banned.
    Banned,
}

/// The claims that every token needs.
pub(crate) const REQUIRED: [&str; 7] = ["iss", "sub", "aud", "exp", "iat", "role", "session_id"];

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the token is malformed",
            Self::Missing(claim) => return write!(f, "the token has no claim {claim}"),
            Self::Banned => "the token's user is banned",
            Self::Algorithm => "the token's signing method is not that of its key",
            Self::UnknownKey => "the token's kid is not one of our keys",
            Self::Signature => "the token's signature is invalid",
            Self::Issuer => "the token was issued by somebody else",
            Self::Audience => "the token is for another audience",
            Self::Expired => "the token is expired",
            Self::NotYetValid => "the token is not valid yet",
            Self::TooLong => "the token is valid for too long",
            Self::Revoked => "the token's session has ended",
        })
    }
}

impl std::error::Error for TokenError {}

#[cfg(test)]
mod tests;
