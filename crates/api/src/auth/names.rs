//! The names of Supabase Auth's protocol, for the OpenAPI document. Requests are read as text, so that a wrong name
//! gets the error that Supabase's clients know.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Type of an access token.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TokenType {
    /// Is sent as `Authorization: Bearer …`.
    Bearer,
}

/// Type of a second factor.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FactorType {
    /// An authenticator app.
    Totp,
    /// A phone; imported users only.
    Phone,
    /// A security key; imported users only.
    Webauthn,
    /// Codes that replace a lost second factor.
    RecoveryCode,
}

/// State of a second factor.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FactorStatus {
    /// A code was correct.
    Verified,
    /// No code was correct yet; the factor does not count.
    Unverified,
}

/// Method of a PKCE code challenge (RFC 7636).
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CodeChallengeMethod {
    /// The SHA-256 of the verifier.
    S256,
    /// The verifier itself.
    Plain,
}

/// Kind of a mail that can be sent again.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ResendType {
    /// The mail of a sign-up.
    Signup,
    /// The mails of a change of address.
    EmailChange,
}

/// Credential of a request for a session.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GrantType {
    /// An e-mail address and a password.
    Password,
    /// A refresh token.
    RefreshToken,
    /// The code of a sign-in that a browser began.
    Pkce,
    /// The ID token of a provider.
    IdToken,
}

/// Sessions that a sign-out ends.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SignOutScope {
    /// All sessions of the user.
    Global,
    /// This session.
    Local,
    /// All sessions of the user but this one.
    Others,
}

/// What a password lacks.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WeakPasswordReason {
    /// It is too short.
    Length,
    /// Required kinds of characters are missing.
    Characters,
}
