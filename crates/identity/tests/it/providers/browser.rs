//! A browser: it follows redirects, and keeps cookies.

use std::collections::BTreeMap;

use freehold_core::Secret;
use freehold_identity::{AuthSettings, ProviderKind, ProviderSettings};

use super::stand_in::{self, CLIENT, SECRET, Somebody};
use crate::harness::app::{Answer, Served, Setup, TestApp};

/// The OpenID Connect providers of the tests, named by how they behave.
const VARIANTS: &[&str] = &[
    "bent",
    "by-public-key",
    "critical",
    "ed",
    "elsewhere",
    "es",
    "expired",
    "forms",
    "future",
    "imposter",
    "leaving",
    "mixed",
    "no-nonce",
    "nobody",
    "other-algorithm",
    "other-key",
    "rs",
    "turning",
    "two-audiences",
    "unknown-key",
    "unsigned",
    "wrong-access",
    "wrong-audience",
    "wrong-issuer",
    "wrong-nonce",
    "wrong-party",
];

/// `[auth]` with all providers, where users must confirm their addresses.
pub(crate) fn providers(auth: &mut AuthSettings) {
    let provider = |issuer: &str| ProviderSettings {
        client_id: CLIENT.to_owned(),
        client_secret: Secret::new(SECRET),
        issuer: format!("{}/{issuer}", stand_in::place()),
        ..ProviderSettings::default()
    };
    for name in VARIANTS {
        auth.providers.insert((*name).to_owned(), provider(name));
    }
    let optional = ProviderSettings { email_optional: true, skip_nonce_check: true, ..provider("es") };
    auth.providers.insert("optional".to_owned(), optional);
    auth.providers.insert("trusted".to_owned(), ProviderSettings { trust_email: true, ..provider("es") });
    let telephones = ProviderSettings { audiences: vec!["telephone".to_owned()], ..provider("es") };
    auth.providers.insert("google".to_owned(), telephones);
    auth.providers.insert("apple".to_owned(), provider("es"));
    let place = format!("{}/github", stand_in::place());
    let github = ProviderSettings {
        kind: Some(ProviderKind::Github),
        api_url: format!("{place}/api"),
        url: place,
        ..provider("es")
    };
    auth.providers.insert("github".to_owned(), github);
    auth.limits.enabled = false;
    auth.manual_linking = true;
    auth.anonymous_users = true;
}

/// A server with all providers.
pub(crate) async fn app() -> TestApp {
    TestApp::with(Setup::default().confirming().with_auth(providers)).await
}

/// Ada, as the provider knows her.
pub(crate) fn ada() -> Somebody {
    Somebody::new("1001", "ada@example.org", true)
}

/// A browser.
#[derive(Clone, Default)]
pub(crate) struct Browser {
    cookies: BTreeMap<String, String>,
}

impl Browser {
    /// Opens a page of the site.
    pub(crate) async fn get(&mut self, app: &Served, path: &str) -> Answer {
        let answer = app.get(path).header("cookie", self.cookie()).send().await;
        self.keep(&answer);
        answer
    }

    pub(crate) fn cookie(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    pub(crate) fn keep(&mut self, answer: &Answer) {
        let Some((pair, attributes)) = answer.header("set-cookie").split_once(';') else { return };
        let (name, value) = pair.split_once('=').unwrap();
        if attributes.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Starts a sign-in at a provider; returns the URL of its page.
    pub(crate) async fn begin(&mut self, app: &Served, provider: &str, who: &Somebody, more: &str) -> String {
        let path = format!("/auth/v1/authorize?provider={provider}&login_hint={}{more}", who.hint());
        self.get(app, &path).await.expect(302).header("location").to_owned()
    }

    /// Signs in at a provider; returns where the browser ends up.
    pub(crate) async fn sign_in(&mut self, app: &Served, provider: &str, who: &Somebody, more: &str) -> Answer {
        let page = self.begin(app, provider, who, more).await;
        self.get(app, &visit(&page).await).await
    }
}

/// Signs in at a provider with a new browser.
pub(crate) async fn sign_in(app: &Served, provider: &str, who: &Somebody) -> Place {
    Place::of(&Browser::default().sign_in(app, provider, who, "").await.expect(302))
}

/// Opens the provider's page, which redirects at once; returns path and query of the target.
pub(crate) async fn visit(page: &str) -> String {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = client.get(page).send().await.unwrap();
    assert_eq!(answer.status(), 303, "{page}");
    let place = answer.headers()["location"].to_str().unwrap();
    place.strip_prefix("https://app.example.org").unwrap_or_else(|| panic!("sent to {place}")).to_owned()
}

/// Where a browser was redirected to, with its parameters.
#[derive(Debug)]
pub(crate) struct Place {
    /// URL without query and fragment.
    pub(crate) address: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) fragment: BTreeMap<String, String>,
}

impl Place {
    pub(crate) fn of(answer: &Answer) -> Self {
        let place = answer.header("location");
        let (rest, fragment) = place.split_once('#').unwrap_or((place, ""));
        let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
        Self { address: address.to_owned(), query: pairs(query), fragment: pairs(fragment) }
    }

    /// The access token that the browser got.
    #[track_caller]
    pub(crate) fn token(&self) -> &str {
        self.fragment.get("access_token").unwrap_or_else(|| panic!("nobody came in: {self:?}"))
    }

    /// The error that the browser got, as OAuth's and as Supabase's code; both are in the query and in the fragment.
    #[track_caller]
    pub(crate) fn error(&self) -> (&str, &str) {
        let error = |pairs: &'_ BTreeMap<String, String>, name: &str| pairs.get(name).cloned().unwrap_or_default();
        for name in ["error", "error_code", "error_description"] {
            assert_eq!(error(&self.query, name), error(&self.fragment, name), "{self:?}");
        }
        assert!(!self.fragment.contains_key("access_token") && !self.query.contains_key("code"), "{self:?}");
        let text = |name: &str| self.query.get(name).map_or("", String::as_str);
        (text("error"), text("error_code"))
    }

    pub(crate) fn description(&self) -> &str {
        &self.query["error_description"]
    }
}

fn pairs(text: &str) -> BTreeMap<String, String> {
    let decoded = |text: &str| {
        let text = text.replace('+', " ");
        let mut bytes = text.bytes();
        let mut decoded = Vec::new();
        while let Some(byte) = bytes.next() {
            let byte = if byte == b'%' {
                let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            } else {
                byte
            };
            decoded.push(byte);
        }
        String::from_utf8(decoded).unwrap()
    };
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(a, b)| (decoded(a), decoded(b))).collect()
}
