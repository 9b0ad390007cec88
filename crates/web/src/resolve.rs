//! From a credential to a caller, whom the [`Resolver`](crate::Resolver) caches.

use std::{
    net::IpAddr,
    sync::{Arc, atomic::Ordering},
};

use axum::http::HeaderMap;
use freehold_core::{Caller, Error, Result, ServiceKeyId, SessionId, TenantId, UserId, codes};
use freehold_identity::purposes::API_KEY;
use freehold_identity::{
    access_token::{Aal, Claims, TokenError},
    api_key::ApiKey,
    claims::token_claims,
    codes::{AAL2_REQUIRED, ADDRESS_NOT_ALLOWED},
    key::{KeyRefusal, Networks, key_holder, key_refusal},
    session::{SessionStanding, session_standing},
};
use freehold_tenancy::resolve::{member_place, tenant_place};

use crate::{Backbone, impersonation::is_impersonation, resolver::KeyCaller};

/// Whether a customer's API key works.
#[derive(Clone, Debug)]
pub enum KeyVerdict {
    /// It works, and is this caller.
    Valid(Arc<Caller>),
    /// It does not work.
    Invalid(KeyRefusal),
}

/// Where a credential was sent from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SentFrom {
    /// From this network address; none: it is unknown.
    Address(Option<IpAddr>),
    /// From where the same request was authenticated before.
    Authenticated,
}

impl SentFrom {
    fn address(self) -> Option<IpAddr> {
        match self {
            Self::Address(address) => address,
            Self::Authenticated => None,
        }
    }

    /// Succeeds when the address is in all of these networks.
    ///
    /// # Errors
    /// `address_not_allowed`. It does not name the networks, which are not for those who only have the key.
    fn check_within(self, networks: &[Networks]) -> Result<()> {
        let allowed = |address| networks.iter().all(|each| each.allow(address));
        let from = match self {
            Self::Authenticated => return Ok(()),
            Self::Address(_) if networks.is_empty() => return Ok(()),
            Self::Address(Some(address)) if allowed(address) => return Ok(()),
            Self::Address(Some(address)) => address.to_canonical().to_string(),
            Self::Address(None) => "an unknown address".to_owned(),
        };
        let message = format!(
            "The API key cannot be used from {from}. Call from one of its allowed networks, or have them changed \
             (PATCH /api/v1/keys/{{id}})."
        );
        Err(Error::new(ADDRESS_NOT_ALLOWED, message))
    }
}

/// The credential of a request.
#[derive(Debug)]
pub enum Credential<'a> {
    /// An API key of Freehold.
    Key(&'a str),
    /// An access token, the token of an operator's session in an organization, or a text in their place.
    Token(&'a str),
}

impl<'a> Credential<'a> {
    /// The credential in the headers: `Authorization: Bearer …`, `Authorization: sk_…` or `X-API-Key: sk_…`.
    pub fn from_headers(headers: &'a HeaderMap) -> Option<Self> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        if let Some(key) = text("x-api-key") {
            return Some(Self::Key(key));
        }
        let authorization = text("authorization")?;
        let bearer = authorization.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let credential = bearer.map_or(authorization, |(_, credential)| credential.trim());
        Some(if credential.starts_with("sk_") { Self::Key(credential) } else { Self::Token(credential) })
    }
}

impl Backbone {
    /// The caller of a credential from an unknown address, which keys with allowed networks refuse. `wanted` is the
    /// organization that the request names, if any.
    pub async fn caller(&self, credential: &Credential<'_>, wanted: Option<TenantId>) -> Result<Arc<Caller>> {
        self.caller_from(credential, wanted, SentFrom::Address(None)).await
    }

    /// The same for a request from there.
    pub(crate) async fn caller_from(
        &self,
        credential: &Credential<'_>,
        wanted: Option<TenantId>,
        from: SentFrom,
    ) -> Result<Arc<Caller>> {
        match credential {
            Credential::Key(key) => self.key_caller(key, wanted, from).await,
            Credential::Token(token) if is_impersonation(token) => self.operator_caller(token, wanted).await,
            Credential::Token(token) => {
                let claims = self.person_claims(token).await?;
                self.member_caller(claims.sub, claims.session_id, claims.aal, wanted).await
            }
        }
    }

    /// The claims of a valid access token. Where users sign in at a project, its keys are fetched when needed, and a
    /// user is created at their first token.
    pub async fn person_claims(&self, token: &str) -> Result<Arc<Claims>> {
        let claims = token_claims(&self.identity.tokens, &self.identity.sessions.hooks, token).await?;
        if let Err(error) = &claims
            && *error != TokenError::Expired
            && self.resolver.told.swap(self.clock.now().as_second(), Ordering::Relaxed) != self.clock.now().as_second()
        {
            tracing::info!("an access token was refused: {error}");
        }
        Self::claims_check(claims)
    }

    /// The claims of a valid access token that this server has just issued.
    pub fn claims(&self, token: &str) -> Result<Arc<Claims>> {
        Self::claims_check(self.identity.tokens.verifier.verify(token))
    }

    fn claims_check(claims: Result<Arc<Claims>, TokenError>) -> Result<Arc<Claims>> {
        let claims = claims.map_err(|error| {
            let message = match error {
                TokenError::Expired => "The access token has expired. Refresh it at /auth/v1/token, or sign in again.",
                TokenError::Revoked => "The session has ended. Sign in again.",
                TokenError::Banned => "The user is banned or was deleted. Ask the operator.",
                _ => "The access token is invalid. Sign in again.",
            };
            Error::new(codes::UNAUTHENTICATED, message).caused_by(error)
        })?;
        if claims.role == "authenticated" {
            Ok(claims)
        } else {
            Err(Error::new(codes::UNAUTHENTICATED, "The access token belongs to no user. Sign in as a user."))
        }
    }

    /// Succeeds while the session runs and its authentication level suffices for its user. A project's sessions are
    /// unknown here: its tokens are valid until they expire.
    ///
    /// # Errors
    /// `unauthenticated`; `insufficient_aal` when the user has a second factor that the session has not verified.
    pub async fn session_check(&self, session: SessionId, aal: Aal) -> Result<()> {
        if self.identity.tokens.project.is_some() {
            return Ok(());
        }
        let protected = if let Some(protected) = self.resolver.sessions.get(&session).await {
            protected
        } else {
            let look_up = self.resolver.sessions.try_get_with(session, self.session_protected(session));
            look_up.await.map_err(|error| error.shared())?
        };
        if protected && aal == Aal::One && self.identity.settings().auth.factors.api_requires_aal2 {
            let message = "The session has not verified its user's second factor. Verify it (POST \
                           /auth/v1/factors/{id}/verify) and use the access token of the answer.";
            return Err(Error::new(AAL2_REQUIRED, message));
        }
        Ok(())
    }

    /// Whether the user of this running session has a second factor.
    async fn session_protected(&self, session: SessionId) -> Result<bool> {
        match session_standing(&self.identity.base, session).await? {
            SessionStanding::Alive { protected } => Ok(protected),
            SessionStanding::Banned | SessionStanding::Ended => {
                Err(Error::new(codes::UNAUTHENTICATED, "The session has ended. Sign in again."))
            }
        }
    }

    /// The product's application with this service key, in the organization that it named.
    ///
    /// # Errors
    /// `not_found` when the organization does not exist.
    pub(crate) async fn service_caller(&self, key: ServiceKeyId, tenant: TenantId) -> Result<Arc<Caller>> {
        let look_up = async {
            let place = tenant_place(&self.db, tenant).await?;
            Ok(place.map(|place| Arc::new(Caller::service(tenant, key, place.plan.clone(), self.stands(&place)))))
        };
        let found = self.resolver.services.try_get_with((tenant, key), look_up).await;
        found.map_err(|error: Arc<Error>| error.shared())?.ok_or_else(|| Error::not_found("organization"))
    }

    /// Whether a customer's API key works, and why not. Only for the operator's application, which the customer sent
    /// the key from `address`, if the application says so.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn key_verify(
        &self,
        text: &str,
        wanted: Option<TenantId>,
        address: Option<IpAddr>,
    ) -> Result<KeyVerdict> {
        match self.key_caller(text, wanted, SentFrom::Address(address)).await {
            Ok(caller) => Ok(KeyVerdict::Valid(caller)),
            Err(error) if error.is(ADDRESS_NOT_ALLOWED) => Ok(KeyVerdict::Invalid(KeyRefusal::Address)),
            Err(error) if error.is(codes::UNAUTHENTICATED) => {
                if ApiKey::parse(text).is_err() {
                    return Ok(KeyVerdict::Invalid(KeyRefusal::Invalid));
                }
                let why = key_refusal(&self.db, &self.vault, text, wanted).await?;
                Ok(KeyVerdict::Invalid(why.unwrap_or(KeyRefusal::Invalid)))
            }
            // The key of another organization than the one that the application named.
            Err(error) if error.is(codes::NOT_FOUND) => Ok(KeyVerdict::Invalid(KeyRefusal::Invalid)),
            Err(error) => Err(error),
        }
    }

    async fn key_caller(&self, text: &str, wanted: Option<TenantId>, from: SentFrom) -> Result<Arc<Caller>> {
        let invalid = || {
            let message = "The API key is unknown, expired, revoked, suspended or was replaced by rotating it. Use its \
                           newest secret, create a new key, or have an owner adopt it.";
            Error::new(codes::UNAUTHENTICATED, message)
        };
        ApiKey::parse(text).map_err(|error| invalid().caused_by(error))?;
        let now = self.clock.now();
        let digest = self.vault.mac(API_KEY, text.as_bytes());
        let found = if let Some(found) = self.resolver.keys.get(&digest).await {
            found
        } else if self.resolver.refused.contains_key(&digest) {
            return Err(invalid());
        } else {
            // Unknown keys wait in the queue of their network, so that a flood of them does not delay others.
            let familiar = self.resolver.familiar.contains_key(&digest);
            let origin = if familiar { 0 } else { from.address().map_or(1, network_of) };
            let look_up = async {
                let found = self.key_look_up(text, origin).await?;
                match found {
                    Some(_) if !familiar => self.resolver.familiar.insert(digest, ()).await,
                    Some(_) => {}
                    None => self.resolver.refused.insert(digest, ()).await,
                }
                found.ok_or_else(invalid)
            };
            self.resolver.keys.try_get_with(digest, Box::pin(look_up)).await.map_err(|error| error.shared())?
        };
        if found.expires_at.is_some_and(|end| end <= now) {
            return Err(invalid());
        }
        if wanted.is_some_and(|wanted| wanted != found.caller.tenant()) {
            return Err(Error::not_found("organization"));
        }
        from.check_within(&found.networks)?;
        Ok(found.caller)
    }

    async fn key_look_up(&self, text: &str, origin: u64) -> Result<Option<KeyCaller>> {
        let Some(holder) = key_holder(&self.db, &self.vault, text, origin).await? else { return Ok(None) };
        let Some(place) = tenant_place(&self.db, holder.tenant_id).await? else { return Ok(None) };
        let (standing, expires_at) = (self.stands(&place), holder.bounds.ends);
        let caller = Caller::key(place.tenant, holder.id, holder.behind, holder.bounds, place.plan, standing);
        Ok(Some(KeyCaller { caller: Arc::new(caller), expires_at, networks: holder.networks.into() }))
    }

    /// A member of the organization `wanted`, or of the last selected one, in a running session with this
    /// authentication level.
    pub(crate) async fn member_caller(
        &self,
        user: UserId,
        session: SessionId,
        aal: Aal,
        wanted: Option<TenantId>,
    ) -> Result<Arc<Caller>> {
        let key = (session, aal, wanted);
        if let Some(caller) = self.resolver.members.get(&key).await {
            return Ok(caller);
        }
        let look_up = async {
            let ((), place) = tokio::try_join!(self.session_check(session, aal), member_place(&self.db, user, wanted))?;
            let Some(place) = place else { return Err(nowhere(wanted)) };
            let standing = self.stands(&place);
            let Some(bounds) = place.bounds else { return Err(nowhere(wanted)) };
            Ok(Arc::new(Caller::member(place.tenant, user, session, bounds, place.plan, standing)))
        };
        self.resolver.members.try_get_with(key, Box::pin(look_up)).await.map_err(|error| error.shared())
    }
}

/// The network of an address, within which one party may have many addresses: 24 bits of IPv4, 48 of IPv6.
fn network_of(address: IpAddr) -> u64 {
    match address.to_canonical() {
        // IPv4 networks follow 0 and 1, and do not overlap IPv6, whose addresses begin with other bits.
        IpAddr::V4(address) => 1 << 32 | u64::from(address.to_bits() >> 8),
        IpAddr::V6(address) => u64::MAX << 48 | (address.to_bits() >> 80) as u64,
    }
}

fn nowhere(wanted: Option<TenantId>) -> Error {
    match wanted {
        Some(_) => Error::not_found("organization"),
        None => Error::new(
            codes::NOT_FOUND,
            "You are not a member of any organization. Create one with POST /api/v1/organizations.",
        ),
    }
}
