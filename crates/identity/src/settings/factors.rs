//! `[auth.factors]` and `[auth.webauthn]`.

use serde::Deserialize;

/// `[auth.factors]`: second factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FactorSettings {
    /// People may use an authenticator app.
    pub totp: bool,
    /// Who has a second factor may have recovery codes.
    pub recovery_codes: bool,
    /// Most factors of one person.
    pub most: i64,
    /// Of somebody who has a second factor, the API takes only tokens of sessions that have shown it. Supabase leaves that to
    /// each application.
    pub api_requires_aal2: bool,
}

/// `[auth.webauthn]`: what passkeys are bound to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebauthnSettings {
    /// The domain that passkeys are for; empty: that of the site. Another one makes all passkeys worthless.
    pub relying_party: String,
    /// Where else than on the site passkeys may be used: `https://app.example.org`.
    pub origins: Vec<String>,
}

impl Default for FactorSettings {
    fn default() -> Self {
        Self { totp: true, recovery_codes: true, most: 10, api_requires_aal2: true }
    }
}
