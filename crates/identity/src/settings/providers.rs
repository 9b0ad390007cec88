//! `[auth.providers.<name>]`: external identity providers.

use std::collections::BTreeMap;

use freehold_core::Secret;
use serde::Deserialize;

/// `[auth.providers]`, by name: `google`, `github`, `acme`.
pub type ProvidersSettings = BTreeMap<String, ProviderSettings>;

/// `[auth.providers.<name>]`. The secret is not in the file: see [`secret_variable`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProviderSettings {
    /// Protocol of the provider; none: the one known for its name, or else OpenID Connect.
    pub kind: Option<ProviderKind>,
    /// Client id that the provider has given to this deployment.
    pub client_id: String,
    /// Client secret that the provider has given to this deployment; empty: none.
    #[serde(skip)]
    pub client_secret: Secret,
    /// OpenID Connect: the issuer of its tokens; empty: the one known for its name.
    pub issuer: String,
    /// GitHub: its URL; empty: `https://github.com`.
    pub url: String,
    /// GitHub: the URL of its API; empty: `https://api.github.com`, or `/api/v3` behind another `url`.
    pub api_url: String,
    /// Scopes to request besides those that sign-in needs.
    pub scopes: Vec<String>,
    /// Other audiences that are accepted in tokens that a program sends: the client ids of mobile apps.
    pub audiences: Vec<String>,
    /// Whether a token that a program sends need not be bound to a nonce.
    pub skip_nonce_check: bool,
    /// Whether users without an address at the provider may sign in.
    pub email_optional: bool,
    /// Whether every address from the provider counts as verified, even where it does not say so.
    pub trust_email: bool,
}

/// The protocol of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProviderKind {
    /// OpenID Connect, with discovery.
    Oidc,
    /// GitHub's OAuth, also of a GitHub Enterprise server.
    Github,
}

/// The environment variable with the client secret of this provider: `FREEHOLD_PROVIDER_GOOGLE_SECRET`.
pub fn secret_variable(name: &str) -> String {
    let letter = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' };
    format!("FREEHOLD_PROVIDER_{}_SECRET", name.chars().map(letter).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_provider_has_a_variable_for_its_secret() {
        assert_eq!(secret_variable("google"), "FREEHOLD_PROVIDER_GOOGLE_SECRET");
        assert_eq!(secret_variable("custom:acme-eu"), "FREEHOLD_PROVIDER_CUSTOM_ACME_EU_SECRET");
    }
}
