//! Sending a browser to a provider.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use freehold_core::{Context, Error, Result, Secret, codes as core_codes};
use freehold_db::SystemTx;
use freehold_outbound::Url;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Provider, Providers, Speaks, github, link::linking_hold, person::invitation};
use crate::{
    Base, Realm, Settings, codes,
    flow::{Challenge, NewFlow, flow_begin},
    one_time::LinkToken,
    purposes::CREDENTIAL,
    session::Holder,
    sha256_hex,
};

/// Parameters of an authorization request that Freehold sets or reads itself; they are never passed on to the provider
/// as received.
const OURS: &[&str] = &[
    "apikey",
    "claims",
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "invite_token",
    "nonce",
    "organization",
    "provider",
    "redirect_to",
    "redirect_uri",
    "registration",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "scopes",
    "skip_http_redirect",
    "state",
];
/// Most other parameters that are passed on to the provider, and most bytes of one.
const OTHERS: usize = 20;
const LONGEST: usize = 512;

/// Name of the method in [`NewFlow::method`], and in the session.
pub(super) const METHOD: &str = "oauth";

/// Where a browser is sent, and where it returns to.
#[derive(Clone, Debug)]
pub struct Destination {
    /// The provider's name.
    pub provider: String,
    /// Scopes to request besides those that sign-in needs, separated by commas or spaces.
    pub scopes: Option<String>,
    /// Challenge of the PKCE flow; none: the implicit flow.
    pub challenge: Option<Challenge>,
    /// The realm in which the address is unique.
    pub realm: Realm,
    /// The session whose user the external identity is linked to; none: an ordinary sign-in.
    pub linking: Option<Holder>,
    /// The token of an invitation.
    pub invitation: Option<String>,
    /// Where the browser finally goes; already checked.
    pub redirect_to: String,
    /// The whole query of the request: parameters that Freehold does not use are passed on to the provider (`prompt`,
    /// `login_hint`, …).
    pub query: Vec<(String, String)>,
    /// Whether only the browser that starts may return. A browser cannot be marked when a program makes the request for
    /// it.
    pub mark_browser: bool,
}

/// Where to redirect the browser.
#[derive(Clone, Debug)]
pub struct Departure {
    /// URL of the provider's page.
    pub url: String,
    /// Cookie that the browser must return with.
    pub mark: Option<BrowserMark>,
}

/// A cookie that identifies the browser when it returns.
#[derive(Clone, Debug)]
pub struct BrowserMark {
    /// Name of the cookie.
    pub name: String,
    /// Value of the cookie.
    pub value: Secret,
    /// Whether the provider sends the browser back with a form, which is a cross-site request.
    pub by_form: bool,
}

/// Values that are stored, sealed, until the browser returns.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    /// Verifier for PKCE at the provider.
    pub(super) verifier: String,
    /// Nonce that the provider's token must repeat.
    pub(super) nonce: String,
    /// The digest of the browser's mark, if it has one.
    pub(super) mark: Option<String>,
    /// The digest of an invitation's token.
    pub(super) invitation: Option<String>,
    /// The session that requested linking. Its state at the return limits what the return may do.
    #[serde(default)]
    pub(super) linking: Option<Holder>,
}

/// Starts a sign-in at a provider.
///
/// # Errors
/// `validation_failed` when there is no such provider, `user_not_found` when the invitation is invalid, `unavailable`
/// when the provider's metadata cannot be fetched.
pub async fn provider_begin(base: &Base, providers: &Providers, destination: Destination) -> Result<Departure> {
    let provider = providers.wanted(&destination.provider)?;
    let mut url = page(providers, provider).await?;
    let random = || URL_SAFE_NO_PAD.encode(base.random.bytes::<32>());
    let mark = destination.mark_browser.then(random);
    let mut kept = Kept {
        verifier: random(),
        nonce: random(),
        mark: mark.as_deref().map(mark_digest),
        invitation: None,
        linking: destination.linking,
    };

    let mut tx = base.db.system("send a browser to a provider").begin().await?;
    kept.invitation = admit(&base.settings, &mut tx, &destination).await?;
    let text = serde_json::to_vec(&kept).context("writing down a sign-in")?;
    let sealed = base.vault.seal(CREDENTIAL, &text, &place(&provider.name), &base.random);
    let new = NewFlow {
        realm: destination.realm,
        challenge: destination.challenge,
        provider: provider.name.clone(),
        method: METHOD.to_owned(),
        user: None,
        linking: destination.linking.map(|holder| holder.user),
        redirect_to: Some(destination.redirect_to),
        sealed: Some(sealed),
    };
    let id = flow_begin(&mut tx, new).await?;
    tx.commit().await?;

    let scopes = scopes(provider, destination.scopes.as_deref())?;
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, kept.verifier.as_bytes()));
    let redirect_uri = redirect_uri(&base.settings);
    {
        let mut query = url.query_pairs_mut();
        for (name, value) in others(&destination.query) {
            query.append_pair(name, value);
        }
        query.append_pair("client_id", &provider.client_id);
        query.append_pair("redirect_uri", &redirect_uri);
        query.append_pair("response_type", "code");
        query.append_pair("scope", &scopes);
        query.append_pair("state", &id.to_string());
        query.append_pair("code_challenge", &challenge);
        query.append_pair("code_challenge_method", "S256");
        if matches!(provider.speaks, Speaks::Oidc { .. }) {
            query.append_pair("nonce", &kept.nonce);
        }
        if provider.form_post {
            query.append_pair("response_mode", "form_post");
        }
    }
    let mark =
        mark.map(|value| BrowserMark { name: mark_name(id), value: Secret::new(value), by_form: provider.form_post });
    Ok(Departure { url: url.into(), mark })
}

/// Checks the session that requests linking, and the invitation; returns the digest of the invitation's token.
async fn admit(settings: &Settings, tx: &mut SystemTx, destination: &Destination) -> Result<Option<String>> {
    if let Some(holder) = destination.linking {
        linking_hold(settings, tx, holder).await?;
    }
    let Some(token) = &destination.invitation else { return Ok(None) };
    let hash = LinkToken::parse(token).map(|token| token.hash()).unwrap_or_default();
    let unknown = || Error::new(codes::USER_NOT_FOUND, "User identified by token not found");
    invitation(settings, tx, &hash).await?.ok_or_else(unknown)?;
    Ok(Some(hash))
}

/// The URL where providers send browsers back: `https://app.example.org/auth/v1/callback`.
pub(super) fn redirect_uri(settings: &Settings) -> String {
    format!("{}/callback", settings.issuer())
}

/// Name of the cookie of a sign-in. Each sign-in has its own, so that two at once do not disturb each other.
pub(super) fn mark_name(flow: Uuid) -> String {
    let text = flow.simple().to_string();
    format!("freehold_flow_{}", &text[text.len() - 12..])
}

/// The digest of a browser's mark, which is stored.
pub(super) fn mark_digest(mark: &str) -> String {
    sha256_hex(mark)
}

/// The context that the stored values are sealed for.
pub(super) fn place(provider: &str) -> String {
    format!("provider_flow/{provider}")
}

/// URL of the provider's page.
async fn page(providers: &Providers, provider: &Provider) -> Result<Url> {
    match &provider.speaks {
        Speaks::Github { url, .. } => github::authorization(url),
        Speaks::Oidc { issuer } => {
            let metadata = providers.directory.metadata(issuer).await?;
            let page = metadata.authorization_endpoint.clone();
            let page = page.filter(|page| ["https", "http"].contains(&page.scheme()));
            page.ok_or_else(|| Error::internal(format!("{issuer} has no authorization endpoint")))
        }
    }
}

fn scopes(provider: &Provider, more: Option<&str>) -> Result<String> {
    let more = more.unwrap_or_default().split([',', ' ']).filter(|scope| !scope.is_empty());
    let mut scopes: Vec<&str> = provider.scopes.iter().map(String::as_str).collect();
    for scope in more {
        // RFC 6749, 3.3.
        if scope.len() > LONGEST || !scope.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte)) {
            return Err(Error::new(core_codes::VALIDATION_FAILED, "scopes cannot be read"));
        }
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    Ok(scopes.join(" "))
}

/// The parameters that are passed on to the provider as received.
fn others(query: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    let ours = |name: &str| OURS.contains(&name.to_ascii_lowercase().as_str());
    let fine = move |(name, value): &&(String, String)| {
        !name.is_empty() && !ours(name) && name.len() <= LONGEST && value.len() <= LONGEST
    };
    query.iter().filter(fine).take(OTHERS).map(|(name, value)| (name.as_str(), value.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ours_does_not_go_on() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let query = [
            pair("prompt", "consent"),
            pair("redirect_uri", "https://evil.example"),
            pair("Redirect_URI", "https://evil.example"),
            pair("request_uri", "https://evil.example"),
            pair("state", "mine"),
            pair("login_hint", "ada"),
            pair("long", &"x".repeat(600)),
        ];
        assert_eq!(others(&query).collect::<Vec<_>>(), [("prompt", "consent"), ("login_hint", "ada")]);
    }

    #[test]
    fn every_sign_in_has_a_cookie_of_its_own() {
        let name = mark_name(Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef));
        assert_eq!(name, "freehold_flow_456789abcdef");
    }
}
