//! From a credential to a caller. What was found is kept for half a second: a revoked key, a changed role or another plan
//! is seen by every server within that time, at the price of two small queries a second for each busy credential.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use axum::http::HeaderMap;
use freehold_core::{Caller, Error, Result, SessionId, Standing, TenantId, UserId, codes};
use freehold_identity::{
    access_token::{Aal, Claims, TokenError},
    api_key::ApiKey,
    codes::AAL2_REQUIRED,
    key::key_holder,
    project::token_claims,
    session::{SessionStanding, session_standing},
};
use freehold_tenancy::resolve::{member_place, tenant_place};
use freehold_vault::Purpose;
use jiff::Timestamp;
use moka::future::Cache;

use crate::Backbone;

/// How long what was found is believed.
const BELIEVED: Duration = Duration::from_millis(500);
/// How long a key that worked is looked up before those that were never seen here.
const FAMILIAR: Duration = Duration::from_hours(1);

/// Remembers callers. Its clones remember the same.
#[derive(Clone)]
pub struct Resolver {
    /// By the digest of the key's text, so that the memory holds no credential.
    keys: Cache<[u8; 32], KeyCaller>,
    /// Those that do not work, so that a program with a wrong key costs two look-ups a second.
    refused: Cache<[u8; 32], ()>,
    /// Those that worked within the last hour.
    familiar: Cache<[u8; 32], ()>,
    members: Cache<(SessionId, Aal, Option<TenantId>), Arc<Caller>>,
    /// Those that live, and whether their person has a second factor.
    sessions: Cache<SessionId, bool>,
    /// The second in which the log was last told why a token was refused.
    told: Arc<AtomicI64>,
    /// For work that nobody asked for at this moment.
    systems: Cache<(TenantId, &'static str), Option<Arc<Caller>>>,
}

#[derive(Clone)]
struct KeyCaller {
    caller: Arc<Caller>,
    expires_at: Option<Timestamp>,
}

/// A credential that a request brings.
#[derive(Debug)]
pub enum Credential<'a> {
    /// An API key of ours.
    Key(&'a str),
    /// An access token, or something that claims to be one.
    Token(&'a str),
}

impl Default for Resolver {
    fn default() -> Self {
        let familiar = Cache::builder().max_capacity(100_000).time_to_live(FAMILIAR).build();
        Self {
            keys: cache(),
            refused: cache(),
            familiar,
            members: cache(),
            sessions: cache(),
            told: Arc::default(),
            systems: cache(),
        }
    }
}

fn cache<K: std::hash::Hash + Eq + Send + Sync + 'static, V: Clone + Send + Sync + 'static>() -> Cache<K, V> {
    Cache::builder().max_capacity(100_000).time_to_live(BELIEVED).build()
}

impl<'a> Credential<'a> {
    /// What the headers bring: `Authorization: Bearer …`, `Authorization: sk_…` or `X-API-Key: sk_…`.
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

impl Resolver {
    /// Forgets what is known of a session and of keys, because it has just changed here.
    pub fn forget(&self) {
        self.keys.invalidate_all();
        self.refused.invalidate_all();
        self.members.invalidate_all();
        self.sessions.invalidate_all();
        self.systems.invalidate_all();
    }
}

impl Backbone {
    /// The caller that a credential stands for. `wanted` is the organization it names, if any.
    pub async fn caller(&self, credential: &Credential<'_>, wanted: Option<TenantId>) -> Result<Arc<Caller>> {
        self.caller_from(credential, wanted, None).await
    }

    /// The same for a request from this address.
    pub(crate) async fn caller_from(
        &self,
        credential: &Credential<'_>,
        wanted: Option<TenantId>,
        address: Option<IpAddr>,
    ) -> Result<Arc<Caller>> {
        match credential {
            Credential::Key(key) => self.key_caller(key, wanted, address).await,
            Credential::Token(token) => {
                let claims = self.person_claims(token).await?;
                self.member_caller(claims.sub, (claims.session_id, claims.aal), wanted).await
            }
        }
    }

    /// What a valid access token claims. Where people sign in at a project, its keys are asked for when that is needed, and
    /// who shows his first token is made.
    pub async fn person_claims(&self, token: &str) -> Result<Arc<Claims>> {
        let claims = token_claims(&self.identity, token).await?;
        if let Err(error) = &claims
            && *error != TokenError::Expired
            && self.resolver.told.swap(self.clock.now().as_second(), Ordering::Relaxed) != self.clock.now().as_second()
        {
            tracing::info!("an access token was refused: {error}");
        }
        Self::claims_check(claims)
    }

    /// What a valid access token claims that this server issued a moment ago.
    pub fn claims(&self, token: &str) -> Result<Arc<Claims>> {
        Self::claims_check(self.identity.verifier.verify(token))
    }

    fn claims_check(claims: Result<Arc<Claims>, TokenError>) -> Result<Arc<Claims>> {
        let claims = claims.map_err(|error| {
            let message = match error {
                TokenError::Expired => "The access token has expired. Refresh it at /auth/v1/token, or sign in again.",
                TokenError::Revoked => "The session has ended. Sign in again.",
                TokenError::Banned => "The user is banned or was deleted.",
                _ => "The access token is not valid. Sign in again.",
            };
            Error::new(codes::UNAUTHENTICATED, message).caused_by(error)
        })?;
        if claims.role == "authenticated" {
            Ok(claims)
        } else {
            Err(Error::new(codes::UNAUTHENTICATED, "The access token is not that of a person."))
        }
    }

    /// Nothing, while the session has not been ended, and what its token says was shown (`aal`) is enough for its person. A
    /// project's sessions are not known here: its tokens hold until they end.
    ///
    /// # Errors
    /// `unauthenticated`; `insufficient_aal` when the person has a second factor and it was not shown.
    pub async fn session_check(&self, session: SessionId, aal: Aal) -> Result<()> {
        if self.identity.project.is_some() {
            return Ok(());
        }
        let protected = if let Some(protected) = self.resolver.sessions.get(&session).await {
            protected
        } else {
            let look_up = self.resolver.sessions.try_get_with(session, self.session_protected(session));
            look_up.await.map_err(|error| error.shared())?
        };
        if protected && aal == Aal::One && self.identity.settings.auth.factors.api_requires_aal2 {
            let message = "This session has not shown the second factor that its person has. Verify it \
                           (POST /auth/v1/factors/{id}/verify), and send the token of the answer.";
            return Err(Error::new(AAL2_REQUIRED, message));
        }
        Ok(())
    }

    /// Whether the person of this session, which lives, has a second factor.
    async fn session_protected(&self, session: SessionId) -> Result<bool> {
        match session_standing(&self.identity, session).await? {
            SessionStanding::Alive { protected } => Ok(protected),
            SessionStanding::Banned | SessionStanding::Ended => {
                Err(Error::new(codes::UNAUTHENTICATED, "The session has ended; sign in again."))
            }
        }
    }

    /// Freehold itself, for this reason: what a job of the tenant acts as. On the tenant's plan, and for a suspended tenant
    /// without the right to write. None: there is no such tenant any more.
    pub async fn system_caller(&self, tenant: TenantId, reason: &'static str) -> Result<Option<Arc<Caller>>> {
        let look_up = async {
            let place = tenant_place(&self.db, tenant).await?;
            Ok(place.map(|place| Arc::new(Caller::system(tenant, reason, place.plan, self.stands(place.standing)))))
        };
        let found = self.resolver.systems.try_get_with((tenant, reason), look_up).await;
        found.map_err(|error: Arc<Error>| error.shared())
    }

    /// The same, with the right to write also where the tenant is suspended: for putting in order what was begun before, such
    /// as a call that is under way.
    pub async fn settling_caller(&self, tenant: TenantId, reason: &'static str) -> Result<Option<Caller>> {
        let caller = self.system_caller(tenant, reason).await?;
        Ok(caller.map(|caller| Caller::system(tenant, reason, caller.plan().clone(), Standing::Good)))
    }

    /// What it may do; where nothing is sold, nobody is stopped for not having paid when something was.
    fn stands(&self, standing: Standing) -> Standing {
        if self.billing.is_some() { standing } else { Standing::Good }
    }

    async fn key_caller(&self, text: &str, wanted: Option<TenantId>, address: Option<IpAddr>) -> Result<Arc<Caller>> {
        let invalid = || {
            Error::new(codes::UNAUTHENTICATED, "The API key is unknown, or it expired, was revoked or is suspended.")
        };
        ApiKey::parse(text).map_err(|error| invalid().caused_by(error))?;
        let now = self.clock.now();
        let digest = self.vault.mac(Purpose::ApiKey, text.as_bytes());
        let found = if let Some(found) = self.resolver.keys.get(&digest).await {
            found
        } else if self.resolver.refused.contains_key(&digest) {
            return Err(invalid());
        } else {
            // A flood of keys that were never seen waits in the lines of the networks that it comes from.
            let familiar = self.resolver.familiar.contains_key(&digest);
            let origin = if familiar { 0 } else { address.map_or(1, origin_of) };
            let look_up = async {
                let found = self.key_look_up(text, origin, now).await?;
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
        Ok(found.caller)
    }

    async fn key_look_up(&self, text: &str, origin: u64, now: Timestamp) -> Result<Option<KeyCaller>> {
        let Some(holder) = key_holder(&self.db, &self.vault, text, origin, now).await? else { return Ok(None) };
        let Some(place) = tenant_place(&self.db, holder.tenant_id).await? else { return Ok(None) };
        let (standing, expires_at) = (self.stands(place.standing), holder.bounds.ends);
        let caller = Caller::key(place.tenant, holder.id, holder.behind, holder.bounds, place.plan, standing);
        Ok(Some(KeyCaller { caller: Arc::new(caller), expires_at }))
    }

    /// A member of the organization that is `wanted`, or of the one last switched to, in a session that lives, with a token or
    /// cookie that says so much was shown.
    pub(crate) async fn member_caller(
        &self,
        user: UserId,
        (session, aal): (SessionId, Aal),
        wanted: Option<TenantId>,
    ) -> Result<Arc<Caller>> {
        let key = (session, aal, wanted);
        if let Some(caller) = self.resolver.members.get(&key).await {
            return Ok(caller);
        }
        let look_up = async {
            let ((), place) = tokio::try_join!(self.session_check(session, aal), member_place(&self.db, user, wanted))?;
            let Some(place) = place else { return Err(nowhere(wanted)) };
            let Some(role) = place.role else { return Err(nowhere(wanted)) };
            let standing = self.stands(place.standing);
            Ok(Arc::new(Caller::member(place.tenant, user, session, role, place.plan, standing)))
        };
        self.resolver.members.try_get_with(key, Box::pin(look_up)).await.map_err(|error| error.shared())
    }
}

/// The network of an address, of which one party has many addresses: 24 bits of IPv4, 48 of IPv6.
fn origin_of(address: IpAddr) -> u64 {
    match address.to_canonical() {
        // After 0 and 1, and apart from IPv6, whose addresses begin with other bits.
        IpAddr::V4(address) => 1 << 32 | u64::from(address.to_bits() >> 8),
        IpAddr::V6(address) => u64::MAX << 48 | (address.to_bits() >> 80) as u64,
    }
}

fn nowhere(wanted: Option<TenantId>) -> Error {
    match wanted {
        Some(_) => Error::not_found("organization"),
        None => {
            Error::new(codes::NOT_FOUND, "You belong to no organization yet; make one with POST /api/v1/organizations.")
        }
    }
}
