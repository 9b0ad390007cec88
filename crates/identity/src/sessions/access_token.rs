//! Access tokens: their claims, and a cache that makes checking the same token again cheap.

mod cache;
mod verifier;

use std::fmt;

use freehold_core::{SessionId, UserId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

pub use cache::TokenCache;
pub use verifier::Verifier;

/// The claims of an access token, in Supabase Auth's form. Times are in seconds since 1970.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    /// Issuer: `https://…/auth/v1`.
    pub iss: String,
    /// Id of the user.
    pub sub: UserId,
    /// Audience: `authenticated`. A string, never a list.
    pub aud: String,
    /// Expiry: the token is invalid from this time on.
    pub exp: i64,
    /// Time of issue.
    pub iat: i64,
    /// Start of validity. Freehold's own tokens leave it out; they are valid at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// The user's e-mail address, or the empty string. Tokens that a team signs itself may leave it out.
    #[serde(default)]
    pub email: String,
    /// The user's phone number, or the empty string.
    #[serde(default)]
    pub phone: String,
    /// Metadata that the server keeps about the user: `provider`, `providers`.
    #[serde(default)]
    pub app_metadata: Map<String, Value>,
    /// Metadata that users set themselves. Never base a decision on it.
    #[serde(default)]
    pub user_metadata: Map<String, Value>,
    /// The Postgres role: `authenticated`.
    pub role: String,
    /// Assurance level of the session; the lowest one where the token does not name it.
    #[serde(default)]
    pub aal: Aal,
    /// Authentication methods that the user has used in this session, the latest first.
    #[serde(default)]
    pub amr: Vec<Amr>,
    /// Id of the session that the token belongs to.
    pub session_id: SessionId,
    /// Whether the user has no e-mail address, phone number or external identity.
    #[serde(default)]
    pub is_anonymous: bool,
    /// Id of the OAuth client that the token was issued to; none for other tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The OAuth scopes, separated by spaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// A signed-in user and their session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Id of the user.
    pub user: UserId,
    /// Id of the session.
    pub session: SessionId,
    /// Assurance level that the access token names. A token from before the second factor stays at the lower level,
    /// whatever the session has reached since.
    pub aal: Aal,
}

impl Claims {
    /// The user and session of the token, with the assurance level that the token names.
    pub fn holder(&self) -> Holder {
        Holder { user: self.sub, session: self.session_id, aal: self.aal }
    }
}

/// The authenticator assurance level (NIST SP 800-63).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[schema(as = AuthenticatorLevel)]
pub enum Aal {
    /// The user has proved one factor.
    #[default]
    #[serde(rename = "aal1")]
    One,
    /// The user has proved two factors.
    #[serde(rename = "aal2")]
    Two,
}

impl Aal {
    /// Name in tokens and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::One => "aal1",
            Self::Two => "aal2",
        }
    }
}

/// One authentication method that a user has used (RFC 8176).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amr {
    /// Name of the method: `password`, `otp`, `totp`, `oauth`, `magiclink`, `recovery`, `invite`, `anonymous`, …
    pub method: String,
    /// When the user used it, in seconds since 1970.
    pub timestamp: i64,
    /// Name of the external identity provider, for methods that have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
}

impl Claims {
    /// Checks that the claims are from this issuer, for this audience, and valid at `now`. Does not check the
    /// signature.
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

    /// Whether the token has expired at `now`.
    pub fn expired(&self, now: Timestamp) -> bool {
        now.as_second() >= self.exp
    }
}

/// Shows only the ids needed to find the session: the other claims are private to the user and do not belong in a log.
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

/// Why an access token is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// It is not a JWT, or one of its claims has the wrong form.
    Malformed,
    /// This claim is missing.
    Missing(&'static str),
    /// The algorithm in its header is not that of the key that the header names.
    Algorithm,
    /// Its header does not name a key of the key ring.
    UnknownKey,
    /// Its signature is invalid: the token was changed, or another key signed it.
    Signature,
    /// The issuer is not the expected one.
    Issuer,
    /// The audience is not the expected one.
    Audience,
    /// The token has expired.
    Expired,
    /// The token is not valid yet.
    NotYetValid,
    /// The token is valid for longer than any token that Freehold issues.
    TooLong,
    /// Its session has ended.
    Revoked,
    /// Its user is banned.
    Banned,
}

/// The claims that every token must have.
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
            Self::Issuer => "the token has another issuer",
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
