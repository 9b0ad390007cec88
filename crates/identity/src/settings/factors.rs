//! `[auth.factors]` and `[auth.webauthn]`.

use serde::Deserialize;

/// `[auth.factors]`: second factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FactorSettings {
    /// Whether users may use an authenticator app.
    pub totp: bool,
    /// Whether users with a second factor may have recovery codes.
    pub recovery_codes: bool,
    /// Most factors of one user.
    pub most: i64,
    /// Whether the API accepts, for users with a second factor, only tokens of sessions that have used it. Supabase
    /// leaves that to each application.
    pub api_requires_aal2: bool,
}

/// `[auth.webauthn]`: settings of passkeys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebauthnSettings {
    /// The domain that passkeys are for; empty: that of the site. Changing it makes all existing passkeys useless.
    pub relying_party: String,
    /// Other origins where passkeys may be used, besides the site: `https://app.example.org`.
    pub origins: Vec<String>,
}

impl Default for FactorSettings {
    fn default() -> Self {
        Self { totp: true, recovery_codes: true, most: 10, api_requires_aal2: true }
    }
}
