//! Signing in with a token that a program got from a provider by itself, usually on a telephone.

use std::fmt;

use freehold_core::{Error, Result, Secret, codes as core_codes};

use super::{
    Provider, Providers, SUPABASE_NAMES, Speaks,
    begin::METHOD,
    id_token::IdToken,
    known,
    link::identity_link,
    person::{Named, person_settle},
    profile::Profile,
};
use crate::{
    Realm, codes,
    session::{Client, Holder, Sessions, Tokens, session_open, sessions_revoke},
    sha256_hex,
};

/// A token that a program sends.
#[derive(Clone, Debug)]
pub struct IdTokenGrant {
    /// The realm in which the address is unique.
    pub realm: Realm,
    /// The provider's name.
    pub provider: Option<String>,
    /// Or the issuer of the token, together with `client_id`.
    pub issuer: Option<String>,
    /// Client id that the token was issued for.
    pub client_id: Option<String>,
    /// ID token that the provider issued.
    pub id_token: Option<Secret>,
    /// The access token that came with it.
    pub access_token: Option<Secret>,
    /// The nonce whose SHA-256 the token contains.
    pub nonce: Option<String>,
    /// The session whose user the external identity is linked to; none: an ordinary sign-in.
    pub linking: Option<Holder>,
}

/// Why the token is rejected.
#[derive(Debug)]
pub enum GrantError {
    /// An OAuth error, as Supabase Auth answers this grant: a name, and a description for users.
    OAuth(&'static str, String),
    /// Any other error.
    Other(Error),
}

impl From<Error> for GrantError {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl fmt::Display for GrantError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OAuth(name, sentence) => write!(f, "{name}: {sentence}"),
            Self::Other(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for GrantError {}

/// Signs in with the token, or links its identity to the signed-in user.
pub async fn id_token_sign_in(
    providers: &Providers,
    sessions: &Sessions,
    grant: IdTokenGrant,
    client: &Client,
) -> Result<Tokens, GrantError> {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let token = grant.id_token.as_ref().filter(|token| !token.expose().is_empty());
    let token = token.ok_or_else(|| invalid("id_token required"))?;
    if given(&grant.provider).is_none() && (given(&grant.client_id).is_none() || given(&grant.issuer).is_none()) {
        return Err(invalid("provider or client_id and issuer required"));
    }
    let provider = meant(providers, &grant)?;
    let read = providers.id_token(provider, token.expose(), sessions.base.db.clock().now()).await?;
    let read = read.map_err(|_| invalid("Bad ID token"))?;
    let access = grant.access_token.as_ref().filter(|token| !token.expose().is_empty());
    if access.is_some_and(|access| !read.came_with(access.expose())) {
        return Err(invalid("Bad ID token"));
    }
    judge(provider, &read, given(&grant.nonce).as_deref())?;
    let profile = Profile::of_token(provider, &read, &read.claims);
    if profile.emails.is_empty() && !provider.email_optional {
        return Err(invalid("Bad ID token"));
    }
    match settle(sessions, &grant, provider, &profile, client).await {
        // The same new user signs in twice at the same moment.
        Err(error) if error.is(codes::USER_ALREADY_EXISTS) => {
            Ok(settle(sessions, &grant, provider, &profile, client).await?)
        }
        settled => Ok(settled?),
    }
}

async fn settle(
    sessions: &Sessions,
    grant: &IdTokenGrant,
    provider: &Provider,
    profile: &Profile,
    client: &Client,
) -> Result<Tokens> {
    let site = sessions.base.settings.redirect_or_site(None);
    let named = Named { provider, profile, realm: grant.realm, redirect_to: &site };
    let mut tx = sessions.base.db.system("sign in with a provider's token").begin().await?;
    let settled = match grant.linking {
        Some(holder) => identity_link(&sessions.base.settings, &mut tx, holder, named, client).await?,
        None => person_settle(&sessions.base, &sessions.hooks, &mut tx, named, client).await?,
    };
    if let Some(refusal) = settled.refusal {
        tx.commit().await?;
        return Err(refusal);
    }
    let tokens = session_open(sessions, &mut tx, settled.user, METHOD, client).await?;
    tx.commit().await?;
    sessions_revoke(&sessions.verifier, &settled.ended);
    Ok(tokens)
}

/// The provider that the program names.
fn meant<'a>(providers: &'a Providers, grant: &IdTokenGrant) -> Result<&'a Provider> {
    let name = grant.provider.as_deref().unwrap_or_default();
    let issuer = grant.issuer.as_deref().filter(|issuer| !issuer.is_empty());
    let signs =
        |provider: &&Provider| matches!(&provider.speaks, Speaks::Oidc { issuer: own } if Some(own.as_str()) == issuer);
    let found = if name.is_empty() { providers.all().find(signs) } else { providers.find(name) };
    match found.filter(|provider| matches!(provider.speaks, Speaks::Oidc { .. })) {
        Some(provider) => Ok(provider),
        None if SUPABASE_NAMES.contains(&name) => {
            let issuer = known::by_name(name).map_or("", |known| known.issuer);
            let message = format!("Provider (issuer {issuer:?}) is not enabled");
            Err(Error::new(codes::PROVIDER_DISABLED, message))
        }
        None => {
            let name: String = name.chars().filter(|letter| !letter.is_control()).take(64).collect();
            let message = format!("Custom OIDC provider {name:?} not allowed");
            Err(Error::new(core_codes::VALIDATION_FAILED, message))
        }
    }
}

/// Checks that the token was issued for this server and with this nonce.
fn judge(provider: &Provider, token: &IdToken, nonce: Option<&str>) -> Result<(), GrantError> {
    if !token.audiences.iter().any(|audience| provider.takes_audience(audience)) {
        return Err(invalid("Unacceptable audience in id_token"));
    }
    if provider.skip_nonce_check {
        return Ok(());
    }
    match (token.text("nonce"), nonce) {
        (None, None) => Ok(()),
        (Some(said), Some(nonce)) if said == sha256_hex(nonce) => Ok(()),
        (Some(_), Some(_)) => Err(GrantError::OAuth("invalid nonce", "Nonces mismatch".to_owned())),
        _ => Err(invalid("Passed nonce and nonce in id_token should either both exist or not.")),
    }
}

fn invalid(sentence: &str) -> GrantError {
    GrantError::OAuth("invalid request", sentence.to_owned())
}
