//! `[auth.providers.<name>]`: where else people may show who they are.

use std::collections::BTreeMap;

use freehold_core::Secret;
use serde::Deserialize;

/// `[auth.providers]`, by name: `google`, `github`, `acme`.
pub type ProvidersSettings = BTreeMap<String, ProviderSettings>;

/// `[auth.providers.<name>]`. The secret is not written there: see [`secret_variable`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProviderSettings {
    /// What it speaks; when it is not said, that of the name, or else OpenID Connect.
    pub kind: Option<ProviderKind>,
    /// Under which id it knows us.
    pub client_id: String,
    /// What shows to it that it is us; empty: we show nothing.
    #[serde(skip)]
    pub client_secret: Secret,
    /// OpenID Connect: who signs its tokens; empty: that of the name.
    pub issuer: String,
    /// GitHub: where it is; empty: `https://github.com`.
    pub url: String,
    /// GitHub: where its interface is; empty: `https://api.github.com`, or `/api/v3` behind another `url`.
    pub api_url: String,
    /// What we ask for besides what a sign-in needs.
    pub scopes: Vec<String>,
    /// Other ids for which its tokens may be, when a program brings one: those of our programs for telephones.
    pub audiences: Vec<String>,
    /// A token that a program brings need not be bound to a nonce.
    pub skip_nonce_check: bool,
    /// People may come who have no address there.
    pub email_optional: bool,
    /// Every address it names is verified, even where it does not say so.
    pub trust_email: bool,
}

/// What a provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProviderKind {
    /// OpenID Connect, with discovery.
    Oidc,
    /// GitHub's OAuth, or that of a GitHub of one's own.
    Github,
}

/// The environment variable with the secret of the provider of this name: `FREEHOLD_PROVIDER_GOOGLE_SECRET`.
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
