//! Taking a browser back from a provider.

use base64::{Engine, engine::general_purpose::STANDARD};
use freehold_core::{Context, Error, Result, Secret, codes as core_codes};
use freehold_vault::Purpose;
use jiff::SignedDuration;
use uuid::Uuid;

use super::{
    Provider, Speaks,
    begin::{Kept, METHOD, mark_digest, mark_name, place, redirect_uri},
    exchange::{Ticket, Told},
    link::identity_link,
    person::{Named, invitation_take, person_settle},
    store,
};
use crate::{
    HOUSE, Identity, Realm, codes,
    flow::{Flow, flow_code, flow_end, flow_lock},
    session::{Client, Tokens, session_open, sessions_revoke},
};

/// How long somebody may take at the provider.
const LIFE: SignedDuration = SignedDuration::from_mins(10);

/// What a browser brings back, as the provider gave it.
#[derive(Clone, Debug, Default)]
pub struct Returned {
    /// Which sign-in it is.
    pub state: Option<String>,
    /// What is traded for who it is.
    pub code: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
    /// The same for people.
    pub error_description: Option<String>,
    /// Who sent the browser back, where the provider says so (RFC 9207).
    pub issuer: Option<String>,
    /// The person's name as Apple tells it, once: in the form and not in its token.
    pub person: Option<String>,
}

/// What became of it.
#[derive(Debug)]
pub struct Return {
    /// The name of the cookie that is no longer needed.
    pub mark: Option<String>,
    /// Where the browser goes; none: what it brought belongs to no sign-in.
    pub redirect_to: Option<String>,
    /// Within what the person's address is unique.
    pub realm: Realm,
    /// What it goes there with.
    pub arrival: Result<Arrival>,
}

/// With what a browser goes on.
#[derive(Debug)]
pub enum Arrival {
    /// The implicit flow: with its session.
    Session {
        /// The session.
        tokens: Box<Tokens>,
        /// What the provider gave for its own interface.
        provider: ProviderTokens,
    },
    /// The PKCE flow: with a code, which only who began can trade for a session.
    Code(Secret),
    /// The provider let nobody through.
    Refused {
        /// In OAuth's words: `access_denied`.
        error: String,
        /// For people.
        description: String,
    },
}

/// What a provider gave for its own interface. We keep it for minutes, until the application has it.
#[derive(Clone, Debug, Default)]
pub struct ProviderTokens {
    /// For its interface.
    pub access: Option<Secret>,
    /// With what that is renewed.
    pub refresh: Option<Secret>,
}

/// A sign-in that was under way, and is not any more: nobody comes back with it a second time.
struct Taken {
    flow: Flow,
    provider: Provider,
    kept: Kept,
}

/// Takes a browser back. `cookie` gives the value of the cookie with a name, if the browser brings one.
pub async fn provider_return(
    identity: &Identity,
    returned: Returned,
    cookie: &(dyn Fn(&str) -> Option<String> + Sync),
    client: &Client,
) -> Return {
    let taken = match take(identity, &returned, cookie).await {
        Ok(taken) => taken,
        Err(error) => {
            return Return { mark: None, redirect_to: None, realm: HOUSE, arrival: Err(error) };
        }
    };
    let arrival = arrive(identity, &taken, returned, client).await;
    Return {
        mark: taken.kept.mark.is_some().then(|| mark_name(taken.flow.id)),
        redirect_to: taken.flow.redirect_to,
        realm: taken.flow.realm,
        arrival,
    }
}

/// What a provider gave at the sign-in that a code and its verifier finished.
pub fn provider_tokens(identity: &Identity, flow: &Flow) -> Result<ProviderTokens> {
    let open = |sealed: &Option<String>| -> Result<Option<Secret>> {
        let Some(sealed) = sealed else { return Ok(None) };
        let sealed = STANDARD.decode(sealed).context("decoding a provider's token")?;
        let text = identity.vault.open(Purpose::Credential, &sealed, &token_place(flow.id));
        let text = text.context("opening a provider's token")?;
        Ok(Some(Secret::new(String::from_utf8_lossy(&text))))
    };
    Ok(ProviderTokens { access: open(&flow.provider_token)?, refresh: open(&flow.provider_refresh_token)? })
}

async fn take(
    identity: &Identity,
    returned: &Returned,
    cookie: &(dyn Fn(&str) -> Option<String> + Sync),
) -> Result<Taken> {
    let now = identity.clock.now();
    let bad = |message: &'static str| Error::new(codes::BAD_OAUTH_STATE, message);
    let state = returned.state.as_deref().filter(|state| !state.is_empty());
    let missing = || Error::new(codes::BAD_OAUTH_CALLBACK, "OAuth state parameter missing");
    let id = Uuid::try_parse(state.ok_or_else(missing)?).map_err(|_| bad("OAuth state parameter is invalid"))?;
    let mut tx = identity.db.system("take a browser back from a provider").begin().await?;
    let flow = flow_lock(&mut tx, id).await?.filter(|flow| flow.method == METHOD);
    let flow = flow.ok_or_else(|| bad("OAuth state not found or expired"))?;
    if now.duration_since(flow.created_at) > LIFE {
        return Err(bad("OAuth state has expired"));
    }
    let used = || Error::new(codes::FLOW_STATE_ALREADY_USED, "State has already been used");
    let sealed = flow.sealed.as_deref().ok_or_else(used)?;
    let provider = identity.providers.find(&flow.provider).cloned();
    let provider = provider.ok_or_else(|| {
        Error::new(codes::OAUTH_PROVIDER_NOT_SUPPORTED, "Unsupported provider: provider is not enabled")
    })?;
    let kept = identity.vault.open(Purpose::Credential, sealed, &place(&provider.name));
    let kept: Kept = serde_json::from_slice(&kept.context("opening a sign-in")?).context("reading a sign-in")?;
    if let Some(digest) = &kept.mark {
        let mark = cookie(&mark_name(id)).map(|mark| mark_digest(&mark));
        if mark.as_ref() != Some(digest) {
            return Err(bad("OAuth state belongs to another browser"));
        }
    }
    tx.execute(store::flow_spend(id, now)).await?;
    tx.commit().await?;
    Ok(Taken { flow, provider, kept })
}

async fn arrive(identity: &Identity, taken: &Taken, returned: Returned, client: &Client) -> Result<Arrival> {
    let provider = &taken.provider;
    if let Some(error) = returned.error.filter(|error| !error.is_empty()) {
        let description = legible(&returned.error_description.unwrap_or_default(), 500);
        return Ok(Arrival::Refused { error: legible(&error, 100), description });
    }
    let missing = || Error::new(codes::BAD_OAUTH_CALLBACK, "OAuth callback with missing authorization code missing");
    let code = returned.code.filter(|code| !code.is_empty()).ok_or_else(missing)?;
    if let (Speaks::Oidc { issuer }, Some(said)) = (&provider.speaks, &returned.issuer) {
        let metadata = identity.providers.directory.metadata(issuer).await?;
        if !metadata.issuer.contains('{') && !metadata.signs_as(said, None) {
            return Err(Error::new(codes::BAD_OAUTH_CALLBACK, "OAuth callback of another provider"));
        }
    }
    let redirect_uri = redirect_uri(identity);
    let ticket =
        Ticket { code: &code, verifier: &taken.kept.verifier, nonce: &taken.kept.nonce, redirect_uri: &redirect_uri };
    let mut told = identity.providers.exchange(provider, ticket, identity.clock.now()).await?;
    if provider.form_post {
        told.profile.keep_name(&returned.person.unwrap_or_default());
    }
    if told.profile.emails.is_empty() && !provider.email_optional {
        return Err(Error::new(core_codes::INTERNAL, "Error getting user email from external provider"));
    }
    match settle(identity, taken, &told, client).await {
        // Somebody who comes for the first time, twice at once.
        Err(error) if error.is(codes::USER_ALREADY_EXISTS) || error.is(codes::IDENTITY_ALREADY_EXISTS) => {
            settle(identity, taken, &told, client).await
        }
        settled => settled,
    }
}

async fn settle(identity: &Identity, taken: &Taken, told: &Told, client: &Client) -> Result<Arrival> {
    let Taken { flow, provider, kept } = taken;
    let site;
    let redirect_to = if let Some(target) = &flow.redirect_to {
        target.as_str()
    } else {
        site = identity.settings.redirect_or_site(None);
        &site
    };
    let named = Named { provider, profile: &told.profile, realm: flow.realm, redirect_to };
    let mut tx = identity.db.system("sign in by a provider").begin().await?;
    let settled = match (flow.linking, &kept.invitation) {
        (Some(target), _) => {
            let gone = || Error::new(codes::LINKING_TARGET_NOT_FOUND, "Linking target user not found");
            let holder = kept.linking.filter(|holder| holder.user == target).ok_or_else(gone)?;
            identity_link(identity, &mut tx, holder, named, client).await?
        }
        (None, Some(hash)) => invitation_take(identity, &mut tx, hash, named, client).await?,
        (None, None) => person_settle(identity, &mut tx, named, client).await?,
    };
    if let Some(refusal) = settled.refusal {
        tx.commit().await?;
        return Err(refusal);
    }
    let arrival = if flow.is_pkce() {
        let seal = |token: &Option<Secret>| {
            let token = token.as_ref()?.expose().as_bytes();
            let (purpose, place) = (Purpose::Credential, token_place(flow.id));
            Some(STANDARD.encode(identity.vault.seal(purpose, token, &place, &identity.random)))
        };
        let (access, refresh) = (seal(&told.access_token), seal(&told.refresh_token));
        tx.execute(store::flow_tokens_set(flow.id, access, refresh)).await?;
        Arrival::Code(flow_code(identity, &mut tx, flow.id, settled.user.id).await?)
    } else {
        let tokens = Box::new(session_open(identity, &mut tx, settled.user, METHOD, client).await?);
        flow_end(&mut tx, flow.id).await?;
        let provider = ProviderTokens { access: told.access_token.clone(), refresh: told.refresh_token.clone() };
        Arrival::Session { tokens, provider }
    };
    tx.commit().await?;
    sessions_revoke(identity, &settled.ended);
    Ok(arrival)
}

fn token_place(flow: Uuid) -> String {
    format!("provider_token/{flow}")
}

/// What somebody else wrote, cut short and without what does not belong into a text.
fn legible(text: &str, longest: usize) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(longest).collect()
}
