//! Handling a browser that returns from a provider.

use base64::{Engine, engine::general_purpose::STANDARD};
use freehold_core::{Context, Error, Result, Secret, codes as core_codes};
use freehold_vault::Vault;
use jiff::SignedDuration;
use uuid::Uuid;

use super::{
    Provider, Providers, Speaks,
    begin::{Kept, METHOD, mark_digest, mark_name, place, redirect_uri},
    exchange::{Ticket, Told},
    link::identity_link,
    person::{Named, invitation_take, person_settle},
    store,
};
use crate::{
    Base, HOUSE, Realm, codes,
    flow::{Flow, flow_code, flow_end, flow_lock},
    purposes::CREDENTIAL,
    session::{Client, Sessions, Tokens, session_open, sessions_revoke},
};

/// How long a user may take at the provider.
const LIFE: SignedDuration = SignedDuration::from_mins(10);

/// Parameters that the browser brings from the provider.
#[derive(Clone, Debug, Default)]
pub struct Returned {
    /// Id of the sign-in.
    pub state: Option<String>,
    /// The code to exchange for the provider's tokens.
    pub code: Option<String>,
    /// OAuth error that the provider gives instead of a code.
    pub error: Option<String>,
    /// Description of the error, for users.
    pub error_description: Option<String>,
    /// Issuer that sent the browser back, if the provider says so (RFC 9207).
    pub issuer: Option<String>,
    /// The user's name, which Apple sends once: in the form and not in its token.
    pub person: Option<String>,
}

/// The result of a return.
#[derive(Debug)]
pub struct Return {
    /// Name of the cookie that is no longer needed.
    pub mark: Option<String>,
    /// Where the browser goes; none: its parameters belong to no sign-in.
    pub redirect_to: Option<String>,
    /// The realm in which the user's address is unique.
    pub realm: Realm,
    /// What the browser continues with, or why the sign-in failed.
    pub arrival: Result<Arrival>,
}

/// What the browser continues with.
#[derive(Debug)]
pub enum Arrival {
    /// The implicit flow: a session.
    Session {
        /// Tokens of the new session.
        tokens: Box<Tokens>,
        /// The provider's tokens for its own API.
        provider: ProviderTokens,
    },
    /// The PKCE flow: a code, which only the client that started the sign-in can exchange for a session.
    Code(Secret),
    /// The provider rejected the sign-in.
    Refused {
        /// OAuth error: `access_denied`.
        error: String,
        /// Description for users.
        description: String,
    },
}

/// A provider's tokens for its own API. They are stored for minutes, until the application has them.
#[derive(Clone, Debug, Default)]
pub struct ProviderTokens {
    /// Access token.
    pub access: Option<Secret>,
    /// Refresh token.
    pub refresh: Option<Secret>,
}

/// A sign-in that was in progress. Its sealed values are deleted, so that a browser cannot return with it twice.
struct Taken {
    flow: Flow,
    provider: Provider,
    kept: Kept,
}

/// Handles a browser's return. `cookie` returns the value of the cookie with a name, if the browser sent one.
pub async fn provider_return(
    providers: &Providers,
    sessions: &Sessions,
    returned: Returned,
    cookie: &(dyn Fn(&str) -> Option<String> + Sync),
    client: &Client,
) -> Return {
    let taken = match take(&sessions.base, providers, &returned, cookie).await {
        Ok(taken) => taken,
        Err(error) => {
            return Return { mark: None, redirect_to: None, realm: HOUSE, arrival: Err(error) };
        }
    };
    let arrival = arrive(providers, sessions, &taken, returned, client).await;
    Return {
        mark: taken.kept.mark.is_some().then(|| mark_name(taken.flow.id)),
        redirect_to: taken.flow.redirect_to,
        realm: taken.flow.realm,
        arrival,
    }
}

/// The provider's tokens from the sign-in that a code and its verifier finished.
pub fn provider_tokens(vault: &Vault, flow: &Flow) -> Result<ProviderTokens> {
    let open = |sealed: &Option<String>| -> Result<Option<Secret>> {
        let Some(sealed) = sealed else { return Ok(None) };
        let sealed = STANDARD.decode(sealed).context("decoding a provider's token")?;
        let text = vault.open(CREDENTIAL, &sealed, &token_place(flow.id));
        let text = text.context("opening a provider's token")?;
        Ok(Some(Secret::new(String::from_utf8_lossy(&text))))
    };
    Ok(ProviderTokens { access: open(&flow.provider_token)?, refresh: open(&flow.provider_refresh_token)? })
}

async fn take(
    base: &Base,
    providers: &Providers,
    returned: &Returned,
    cookie: &(dyn Fn(&str) -> Option<String> + Sync),
) -> Result<Taken> {
    let bad = |message: &'static str| Error::new(codes::BAD_OAUTH_STATE, message);
    let state = returned.state.as_deref().filter(|state| !state.is_empty());
    let missing = || Error::new(codes::BAD_OAUTH_CALLBACK, "OAuth state parameter missing");
    let id = Uuid::try_parse(state.ok_or_else(missing)?).map_err(|_| bad("OAuth state parameter is invalid"))?;
    let mut tx = base.db.system("receive a browser from a provider").begin().await?;
    let flow = flow_lock(&mut tx, id).await?.filter(|flow| flow.method == METHOD);
    let flow = flow.ok_or_else(|| bad("OAuth state not found or expired"))?;
    if tx.now().duration_since(flow.created_at) > LIFE {
        return Err(bad("OAuth state has expired"));
    }
    let used = || Error::new(codes::FLOW_STATE_ALREADY_USED, "State has already been used");
    let sealed = flow.sealed.as_deref().ok_or_else(used)?;
    let provider = providers.find(&flow.provider).cloned();
    let provider = provider.ok_or_else(|| {
        Error::new(codes::OAUTH_PROVIDER_NOT_SUPPORTED, "Unsupported provider: provider is not enabled")
    })?;
    let kept = base.vault.open(CREDENTIAL, sealed, &place(&provider.name));
    let kept: Kept = serde_json::from_slice(&kept.context("opening a sign-in")?).context("reading a sign-in")?;
    if let Some(digest) = &kept.mark {
        let mark = cookie(&mark_name(id)).map(|mark| mark_digest(&mark));
        if mark.as_ref() != Some(digest) {
            return Err(bad("OAuth state belongs to another browser"));
        }
    }
    tx.execute(store::flow_spend(id)).await?;
    tx.commit().await?;
    Ok(Taken { flow, provider, kept })
}

async fn arrive(
    providers: &Providers,
    sessions: &Sessions,
    taken: &Taken,
    returned: Returned,
    client: &Client,
) -> Result<Arrival> {
    let provider = &taken.provider;
    if let Some(error) = returned.error.filter(|error| !error.is_empty()) {
        let description = legible(&returned.error_description.unwrap_or_default(), 500);
        return Ok(Arrival::Refused { error: legible(&error, 100), description });
    }
    let missing = || Error::new(codes::BAD_OAUTH_CALLBACK, "OAuth callback with missing authorization code missing");
    let code = returned.code.filter(|code| !code.is_empty()).ok_or_else(missing)?;
    if let (Speaks::Oidc { issuer }, Some(said)) = (&provider.speaks, &returned.issuer) {
        let metadata = providers.directory.metadata(issuer).await?;
        if !metadata.issuer.contains('{') && !metadata.signs_as(said, None) {
            return Err(Error::new(codes::BAD_OAUTH_CALLBACK, "OAuth callback of another provider"));
        }
    }
    let redirect_uri = redirect_uri(&sessions.base.settings);
    let ticket =
        Ticket { code: &code, verifier: &taken.kept.verifier, nonce: &taken.kept.nonce, redirect_uri: &redirect_uri };
    let mut told = providers.exchange(provider, ticket, sessions.base.db.clock().now()).await?;
    if provider.form_post {
        told.profile.keep_name(&returned.person.unwrap_or_default());
    }
    if told.profile.emails.is_empty() && !provider.email_optional {
        return Err(Error::new(core_codes::INTERNAL, "Error getting user email from external provider"));
    }
    match settle(sessions, taken, &told, client).await {
        // The same new user returned twice at the same moment.
        Err(error) if error.is(codes::USER_ALREADY_EXISTS) || error.is(codes::IDENTITY_ALREADY_EXISTS) => {
            settle(sessions, taken, &told, client).await
        }
        settled => settled,
    }
}

async fn settle(sessions: &Sessions, taken: &Taken, told: &Told, client: &Client) -> Result<Arrival> {
    let Taken { flow, provider, kept } = taken;
    let site;
    let redirect_to = if let Some(target) = &flow.redirect_to {
        target.as_str()
    } else {
        site = sessions.base.settings.redirect_or_site(None);
        &site
    };
    let named = Named { provider, profile: &told.profile, realm: flow.realm, redirect_to };
    let mut tx = sessions.base.db.system("sign in with a provider").begin().await?;
    let settled = match (flow.linking, &kept.invitation) {
        (Some(target), _) => {
            let gone = || Error::new(codes::LINKING_TARGET_NOT_FOUND, "Linking target user not found");
            let holder = kept.linking.filter(|holder| holder.user == target).ok_or_else(gone)?;
            identity_link(&sessions.base.settings, &mut tx, holder, named, client).await?
        }
        (None, Some(hash)) => invitation_take(&sessions.base.settings, &mut tx, hash, named, client).await?,
        (None, None) => person_settle(&sessions.base, &sessions.hooks, &mut tx, named, client).await?,
    };
    if let Some(refusal) = settled.refusal {
        tx.commit().await?;
        return Err(refusal);
    }
    let arrival = if flow.is_pkce() {
        let seal = |token: &Option<Secret>| {
            let token = token.as_ref()?.expose().as_bytes();
            let (purpose, place) = (CREDENTIAL, token_place(flow.id));
            Some(STANDARD.encode(sessions.base.vault.seal(purpose, token, &place, &sessions.base.random)))
        };
        let (access, refresh) = (seal(&told.access_token), seal(&told.refresh_token));
        tx.execute(store::flow_tokens_set(flow.id, access, refresh)).await?;
        Arrival::Code(flow_code(&sessions.base.random, &mut tx, flow.id, settled.user.id).await?)
    } else {
        let tokens = Box::new(session_open(sessions, &mut tx, settled.user, METHOD, client).await?);
        flow_end(&mut tx, flow.id).await?;
        let provider = ProviderTokens { access: told.access_token.clone(), refresh: told.refresh_token.clone() };
        Arrival::Session { tokens, provider }
    };
    tx.commit().await?;
    sessions_revoke(&sessions.verifier, &settled.ended);
    Ok(arrival)
}

fn token_place(flow: Uuid) -> String {
    format!("provider_token/{flow}")
}

/// An external text, shortened and without control characters.
fn legible(text: &str, longest: usize) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(longest).collect()
}
