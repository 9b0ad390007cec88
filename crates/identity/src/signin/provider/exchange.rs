//! Exchanging a browser's code for the user's identity at the provider.

use base64::{Engine, engine::general_purpose::STANDARD};
use freehold_core::{Context, Error, Result, Secret, codes as core_codes};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use url::form_urlencoded::byte_serialize;

use super::{Provider, Providers, Speaks, directory::Metadata, fetch, github, id_token::IdToken, profile::Profile};

/// The code that a browser brings, and the values stored for it.
pub(super) struct Ticket<'a> {
    pub(super) code: &'a str,
    /// Verifier for PKCE (RFC 7636).
    pub(super) verifier: &'a str,
    /// Nonce that the token must repeat.
    pub(super) nonce: &'a str,
    /// URL that the browser was sent back to.
    pub(super) redirect_uri: &'a str,
}

/// The provider's answer.
pub(super) struct Told {
    pub(super) profile: Profile,
    /// Access token for the provider's own API.
    pub(super) access_token: Option<Secret>,
    /// Refresh token for the provider's own API.
    pub(super) refresh_token: Option<Secret>,
}

#[derive(Deserialize)]
struct Tokens {
    #[serde(rename = "access_token")]
    access: Option<Secret>,
    #[serde(rename = "refresh_token")]
    refresh: Option<Secret>,
    #[serde(rename = "id_token")]
    id: Option<Secret>,
}

impl Providers {
    /// Exchanges the code.
    ///
    /// # Errors
    /// `unavailable` when the provider does not answer, `internal` with a message for users when its answer is invalid.
    pub(super) async fn exchange(&self, provider: &Provider, ticket: Ticket<'_>, now: Timestamp) -> Result<Told> {
        let outbound = self.directory.outbound();
        match &provider.speaks {
            Speaks::Github { url, api } => {
                let Ticket { code, verifier, redirect_uri, .. } = ticket;
                let token = github::token(outbound, provider, url, code, verifier, redirect_uri).await;
                let token = token.map_err(no_exchange)?;
                let profile = github::profile(outbound, api, &token).await.map_err(no_profile)?;
                Ok(Told { profile, access_token: Some(token), refresh_token: None })
            }
            Speaks::Oidc { issuer } => {
                let metadata = self.directory.metadata(issuer).await?;
                let tokens = self.tokens(provider, &metadata, &ticket).await.map_err(no_exchange)?;
                let profile = self.profile(provider, &metadata, &tokens, &ticket, now).await.map_err(no_profile)?;
                Ok(Told { profile, access_token: tokens.access, refresh_token: tokens.refresh })
            }
        }
    }

    async fn tokens(&self, provider: &Provider, metadata: &Metadata, ticket: &Ticket<'_>) -> Result<Tokens> {
        let place = metadata.token_endpoint.as_ref();
        let place = place.ok_or_else(|| Error::internal("the provider names no place for codes"))?;
        let (id, secret) = (provider.client_id.as_str(), provider.client_secret.expose());
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", ticket.code),
            ("redirect_uri", ticket.redirect_uri),
            ("code_verifier", ticket.verifier),
        ];
        let in_header = !secret.is_empty() && !metadata.secret_in_form();
        if !in_header {
            fields.push(("client_id", id));
            if !secret.is_empty() {
                fields.push(("client_secret", secret));
            }
        }
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let basic =
            in_header.then(|| format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret)))));
        fetch::post(self.directory.outbound(), place, basic, &fields).await
    }

    async fn profile(
        &self,
        provider: &Provider,
        metadata: &Metadata,
        tokens: &Tokens,
        ticket: &Ticket<'_>,
        now: Timestamp,
    ) -> Result<Profile> {
        let id_token = tokens.id.as_ref().ok_or_else(|| Error::internal("the provider gave no ID token"))?;
        let token = self.id_token(provider, id_token.expose(), now).await?.context("reading the ID token")?;
        is_ours(provider, &token, ticket.nonce)?;
        let access_token = tokens.access.as_ref();
        if access_token.is_some_and(|access| !token.came_with(access.expose())) {
            return Err(Error::internal("the ID token came with another access token"));
        }
        let mut said = token.claims.clone();
        if let (None, Some(place), Some(access)) = (token.text("email"), &metadata.userinfo_endpoint, access_token) {
            let more: Map<String, Value> = fetch::get(self.directory.outbound(), place, Some(access)).await?;
            // OpenID Connect Core 1.0, 5.3.2: the answer may be about another user.
            if more.get("sub").and_then(Value::as_str) != Some(&token.subject) {
                return Err(Error::internal("the provider's userinfo is about another user"));
            }
            said.extend(more);
        }
        Ok(Profile::of_token(provider, &token, &said))
    }
}

/// Checks that the token was issued for this server and this sign-in.
fn is_ours(provider: &Provider, token: &IdToken, nonce: &str) -> Result<()> {
    let us = &provider.client_id;
    let for_us = token.audiences.contains(us);
    let by_us = match token.text("azp") {
        Some(party) => party == us,
        None => token.audiences.len() == 1,
    };
    if !for_us || !by_us {
        return Err(Error::internal("the ID token is for another application"));
    }
    if token.text("nonce") != Some(nonce) {
        return Err(Error::internal("the ID token belongs to another sign-in"));
    }
    Ok(())
}

fn no_exchange(error: Error) -> Error {
    explained(error, "Unable to exchange external code")
}

fn no_profile(error: Error) -> Error {
    explained(error, "Error getting user profile from external provider")
}

/// An error with a message for users; the log has both. A provider's outage stays `unavailable`.
fn explained(error: Error, message: &'static str) -> Error {
    if error.is(core_codes::UNAVAILABLE) { error } else { Error::new(core_codes::INTERNAL, message).caused_by(error) }
}
