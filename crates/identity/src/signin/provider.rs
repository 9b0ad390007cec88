//! External identity providers: any provider that supports OpenID Connect, and GitHub.
//!
//! Read in this order: `known` has the defaults of providers by name, [`Providers`] are the configured ones; `begin`
//! sends a browser to a provider, `callback` handles its return, `grant` accepts a token that a program sends; `person`
//! finds or creates the user, `link` adds and removes sign-in methods. The other modules are building blocks:
//! `directory` and `key` keep the providers' keys, `id_token` verifies their tokens, `exchange` and `github` call them,
//! `profile` is what they say about a user.

mod begin;
mod callback;
mod directory;
mod exchange;
mod fetch;
mod github;
mod grant;
mod id_token;
mod key;
mod known;
mod landing;
mod link;
mod person;
mod profile;
mod store;
mod strangers;

use std::collections::BTreeMap;

use freehold_core::{Clock, Error, Result, Secret, codes};
use freehold_outbound::{Outbound, Url};

pub use begin::{BrowserMark, Departure, Destination, provider_begin};
pub use callback::{Arrival, ProviderTokens, Return, Returned, provider_return, provider_tokens};
pub use grant::{GrantError, IdTokenGrant, id_token_sign_in};
pub use known::SUPABASE_NAMES;
pub use landing::landing;
pub use link::identity_unlink;
pub use store::STATEMENTS;
pub(crate) use strangers::strangers_forget;

use crate::{ProviderKind, ProviderSettings, ProvidersSettings, secret_variable};
use directory::Directory;

/// The configured providers, with their published metadata.
#[derive(Debug)]
pub struct Providers {
    by_name: BTreeMap<String, Provider>,
    directory: Directory,
}

/// One provider.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Name in the settings and in the protocol: `google`.
    pub name: String,
    /// Name on pages: `Google`.
    pub label: String,
    speaks: Speaks,
    client_id: String,
    client_secret: Secret,
    scopes: Vec<String>,
    audiences: Vec<String>,
    form_post: bool,
    skip_nonce_check: bool,
    email_optional: bool,
    trust_email: bool,
}

/// The protocol of a provider, and its URLs.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Speaks {
    /// OpenID Connect, with the issuer of its tokens.
    Oidc { issuer: String },
    /// GitHub's OAuth; both URLs without a slash at the end.
    Github { url: String, api: String },
}

impl Providers {
    /// The providers of the settings.
    ///
    /// # Errors
    /// When a provider lacks a setting; the message says which provider and which setting.
    pub fn new(settings: &ProvidersSettings, outbound: Outbound, clock: Clock) -> Result<Self> {
        let read = |(name, settings): (&String, &ProviderSettings)| {
            let provider = Provider::read(name, settings)
                .map_err(|what| Error::internal(format!("[auth.providers.{name}] {what}")))?;
            Ok((name.clone(), provider))
        };
        let by_name = settings.iter().map(read).collect::<Result<_>>()?;
        Ok(Self { by_name, directory: Directory::new(outbound, clock) })
    }

    /// All providers, in the order of their names; for buttons.
    pub fn all(&self) -> impl Iterator<Item = &Provider> {
        self.by_name.values()
    }

    /// The provider with this name, ignoring case.
    pub fn find(&self, name: &str) -> Option<&Provider> {
        self.by_name.get(&name.to_lowercase())
    }

    /// The provider with this name, or Supabase's error when there is none.
    fn wanted(&self, name: &str) -> Result<&Provider> {
        self.find(name).ok_or_else(|| {
            let why = if SUPABASE_NAMES.contains(&name.to_lowercase().as_str()) {
                "provider is not enabled".to_owned()
            } else {
                let name: String = name.chars().filter(|letter| !letter.is_control()).take(64).collect();
                format!("Provider {name} could not be found")
            };
            Error::new(codes::VALIDATION_FAILED, format!("Unsupported provider: {why}"))
        })
    }
}

impl Provider {
    /// The provider of a section of the settings, or what is wrong with the section.
    ///
    /// # Errors
    /// A sentence that continues after the section's name.
    pub fn read(name: &str, settings: &ProviderSettings) -> Result<Self, String> {
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "_-:".contains(letter);
        if name.is_empty() || name.len() > 50 || !name.chars().all(plain) || ["email", "phone"].contains(&name) {
            return Err("is no name for a provider: lower-case letters, digits, - and _".to_owned());
        }
        let known = known::by_name(name);
        if settings.client_id.is_empty() {
            return Err("lacks client_id".to_owned());
        }
        let kind = settings.kind.unwrap_or(if name == "github" { ProviderKind::Github } else { ProviderKind::Oidc });
        let or = |own: &str, other: &str| if own.is_empty() { other.to_owned() } else { own.to_owned() };
        let speaks = match kind {
            ProviderKind::Github => {
                let url = or(&settings.url, "https://github.com").trim_end_matches('/').to_owned();
                let api =
                    if settings.url.is_empty() { "https://api.github.com".to_owned() } else { format!("{url}/api/v3") };
                Speaks::Github { api: or(&settings.api_url, &api).trim_end_matches('/').to_owned(), url }
            }
            ProviderKind::Oidc => {
                let issuer = or(&settings.issuer, known.map_or("", |known| known.issuer));
                if issuer.is_empty() {
                    return Err("lacks issuer".to_owned());
                }
                Speaks::Oidc { issuer }
            }
        };
        if kind == ProviderKind::Github && settings.client_secret.expose().is_empty() {
            return Err(format!("lacks its secret: set {}", secret_variable(name)));
        }
        for url in speaks.urls() {
            let fine = Url::parse(url).is_ok_and(|url| ["https", "http"].contains(&url.scheme()) && url.has_host());
            if !fine {
                return Err(format!("names {url:?}, which is no address of the web"));
            }
        }
        let needed: &[&str] = match kind {
            ProviderKind::Github => &["user:email"],
            ProviderKind::Oidc => known.map_or(&["openid", "email", "profile"], |known| known.scopes),
        };
        let scopes = needed.iter().map(|scope| (*scope).to_owned()).chain(settings.scopes.iter().cloned()).collect();
        Ok(Self {
            name: name.to_owned(),
            label: known.map_or_else(|| known::label(name), |known| known.label.to_owned()),
            speaks,
            client_id: settings.client_id.clone(),
            client_secret: settings.client_secret.clone(),
            scopes,
            audiences: settings.audiences.clone(),
            form_post: known.is_some_and(|known| known.form_post) && kind == ProviderKind::Oidc,
            skip_nonce_check: settings.skip_nonce_check,
            email_optional: settings.email_optional,
            trust_email: settings.trust_email,
        })
    }

    /// Whether a token for this audience is accepted.
    fn takes_audience(&self, audience: &str) -> bool {
        !audience.is_empty() && (audience == self.client_id || self.audiences.iter().any(|other| other == audience))
    }
}

impl Speaks {
    fn urls(&self) -> Vec<&str> {
        match self {
            Self::Oidc { issuer } => vec![issuer],
            Self::Github { url, api } => vec![url, api],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(client_id: &str, issuer: &str) -> ProviderSettings {
        ProviderSettings { client_id: client_id.into(), issuer: issuer.into(), ..ProviderSettings::default() }
    }

    #[test]
    fn a_name_says_what_is_known_of_it() {
        let google = Provider::read("google", &settings("us", "")).unwrap();
        assert_eq!(google.speaks, Speaks::Oidc { issuer: "https://accounts.google.com".into() });
        assert_eq!((google.label.as_str(), google.scopes.join(" ").as_str()), ("Google", "openid email profile"));
        let acme = Provider::read("acme_login", &settings("us", "https://login.acme.example")).unwrap();
        assert_eq!((acme.label.as_str(), acme.form_post), ("Acme login", false));
        assert!(Provider::read("apple", &settings("us", "")).unwrap().form_post);
    }

    #[test]
    fn a_github_of_ones_own_has_its_interface_behind_it() {
        let secret = Secret::new("s");
        let own = ProviderSettings { url: "https://git.example/".into(), client_secret: secret, ..settings("us", "") };
        let own = Provider::read("github", &own).unwrap();
        let expected = Speaks::Github { url: "https://git.example".into(), api: "https://git.example/api/v3".into() };
        assert_eq!(own.speaks, expected);
    }

    #[test]
    fn what_is_missing_is_said() {
        for (name, settings, expected) in [
            ("google", settings("", ""), "client_id"),
            ("acme", settings("us", ""), "issuer"),
            ("acme", settings("us", "acme"), "address of the web"),
            ("github", settings("us", ""), "FREEHOLD_PROVIDER_GITHUB_SECRET"),
            ("Google", settings("us", ""), "name"),
            ("email", settings("us", "https://x.example"), "name"),
        ] {
            let why = Provider::read(name, &settings).unwrap_err();
            assert!(why.contains(expected), "{name}: {why}");
        }
    }
}
