//! The signing keys of this deployment: stored sealed in the database, shared by all servers.

mod looks;
mod operate;
mod store;

use std::{sync::Arc, time::Duration};

use freehold_core::{Context, Error, Result};
use freehold_db::row;
use jiff::{SignedDuration, Timestamp};
use tokio::{sync::watch, time::sleep};
use uuid::Uuid;

pub use looks::Looks;
pub use operate::{
    Rotated, key_delete, key_make, key_records, key_restore, key_revoke, key_rotate, keys_import, keys_parse,
};
pub use store::STATEMENTS;

pub use super::keeper::Keeper;

use crate::{
    Base, Settings,
    access_token::{TokenCache, Verifier},
    project::{self, Project},
    purposes::SIGNING_KEY,
    service_key::service_keys_load,
    signing_key::{Algorithm, KeyRing, LEGACY, SigningKey, VerifyingKey},
};

/// How often a server checks whether another process changed the keys.
const WATCHED_EVERY: Duration = Duration::from_secs(2);

row! {
    struct KeyRow {
        id: Uuid,
        kid: String,
        algorithm: String,
        sealed: Vec<u8>,
        state: String,
    }
}

row! {
    /// A key, as an operator sees it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct KeyRecord {
        /// Id of the key in token headers.
        pub kid: String,
        /// `ES256`, `RS256`, `EdDSA` or `HS256`.
        pub algorithm: String,
        /// `standby`, `current`, `previous` or `revoked`.
        pub state: String,
        /// When the key was stored.
        pub created_at: Timestamp,
        /// When the key got its present state.
        pub changed_at: Timestamp,
    }
}

impl Keeper {
    /// Stores a key, sealed; returns false when one with this name exists, or another is current already.
    async fn key_keep(&self, key: &SigningKey, state: &str) -> Result<bool> {
        let id = self.ids.next::<()>().uuid();
        let sealed = self.vault.seal(SIGNING_KEY, key.material(), &id.to_string(), &self.random);
        let name = key.algorithm().name();
        let insert = store::key_insert(id, key.kid(), name, sealed, state);
        Ok(self.db.system("store a signing key").execute(insert).await? == 1)
    }

    fn key_open(&self, row: &KeyRow) -> Result<SigningKey> {
        let material = self.vault.open(SIGNING_KEY, &row.sealed, &row.id.to_string()).context(
            "opening a signing key: this database was begun with another FREEHOLD_SECRET_KEY; use that one again",
        )?;
        let algorithm = Algorithm::named(&row.algorithm)
            .ok_or_else(|| Error::internal("a signing key of a newer version of this program"))?;
        SigningKey::from_material(algorithm, Some(&row.kid), &material).context("reading a signing key")
    }
}

/// The keys that sign and verify access tokens, and where they come from. Cheap to clone.
#[derive(Clone)]
pub struct TokenKeys {
    /// Database, secrets and settings.
    pub base: Arc<Base>,
    /// Signs and verifies access tokens.
    pub verifier: Arc<Verifier>,
    /// Looks for signing keys that another process changed.
    pub looks: Arc<Looks>,
    /// The Supabase project that users sign in at; none: they sign in here.
    pub project: Option<Arc<Project>>,
}

impl TokenKeys {
    /// Loads the signing keys, and creates the first one when there is none.
    pub(crate) async fn load(base: Arc<Base>, project: Option<Arc<Project>>) -> Result<Self> {
        let verifier = Arc::new(verifier_load(&base.keeper(), &base.settings, project.as_deref()).await?);
        Ok(Self { base, verifier, looks: Arc::default(), project })
    }

    /// The project that users sign in at.
    ///
    /// # Errors
    /// `internal` when users sign in here.
    pub fn project(&self) -> Result<&Project> {
        self.project.as_deref().ok_or_else(|| Error::internal("users sign in here, not at a project"))
    }
}

/// Loads the key ring; creates the current key when there is none. Two servers that start at once end with the same
/// key.
pub(crate) async fn ring_load(keeper: &Keeper, settings: &Settings) -> Result<KeyRing> {
    // Read first, so that a change while the keys are read is noticed the next time.
    let mark = mark_read(keeper).await?;
    let (current, mut others) = keys_load(keeper).await?;
    let services = service_keys_load(keeper).await?;
    let legacy = settings.supabase.jwt_secret.as_ref();
    if let Some(secret) = legacy.filter(|_| others.iter().all(|key| key.kid() != LEGACY)) {
        others.push(VerifyingKey::secret(secret.expose().as_bytes()).context("reading SUPABASE_JWT_SECRET")?);
    }
    let ring = KeyRing::new(current, others, settings.issuer(), "authenticated");
    Ok(ring.with_services(services).marked(mark))
}

/// The current key, created when there is none, and the keys that only verify.
pub(crate) async fn keys_load(keeper: &Keeper) -> Result<(SigningKey, Vec<VerifyingKey>)> {
    let load = || keeper.db.system("load signing keys");
    let mut rows = load().fetch_all(store::key_list()).await?;
    if !rows.iter().any(|row| row.state == "current") {
        keeper.key_keep(&SigningKey::generate().context("making a signing key")?, "current").await?;
        rows = load().fetch_all(store::key_list()).await?;
    }
    let mut current = None;
    let mut others = Vec::new();
    for row in rows {
        let key = keeper.key_open(&row)?;
        if row.state == "current" { current = Some(key) } else { others.push(key.verifying().clone()) }
    }
    Ok((current.ok_or_else(|| Error::internal("there is no current signing key"))?, others))
}

/// Opens every key that still verifies, and creates none, to check that the master key belongs to this database.
///
/// # Errors
/// `internal`; the message says what to do.
pub async fn keys_check(keeper: &Keeper) -> Result<()> {
    let rows = keeper.db.system("check that signing keys can be decrypted").fetch_all(store::key_list()).await?;
    rows.iter().try_for_each(|row| keeper.key_open(row).map(drop))
}

async fn mark_read(keeper: &Keeper) -> Result<String> {
    let mark = keeper.db.system("check whether keys changed").fetch_optional(store::key_mark()).await?;
    Ok(mark.map(|(mark,)| mark).unwrap_or_default())
}

/// Loads the present keys; returns whether they had changed.
pub async fn keys_refresh(tokens: &TokenKeys) -> Result<bool> {
    if tokens.project.is_some() {
        return Ok(false);
    }
    let keeper = tokens.base.keeper();
    if mark_read(&keeper).await? == tokens.verifier.ring().mark() {
        return Ok(false);
    }
    tokens.verifier.replace_ring(ring_load(&keeper, &tokens.base.settings).await?);
    Ok(true)
}

/// Loads keys within seconds of a change by another process, until `stop` is true. While the database does not answer,
/// the keys stay as they are.
pub async fn keys_watch(tokens: TokenKeys, mut stop: watch::Receiver<bool>) {
    let watch = async {
        loop {
            sleep(WATCHED_EVERY).await;
            // The error is ignored: the request handlers report a database that does not answer.
            let _ = keys_refresh(&tokens).await;
        }
    };
    tokio::select! {
        _ = stop.wait_for(|stop| *stop) => {}
        () = watch => {}
    }
}

/// Creates a verifier with the keys that sign tokens here, and an empty cache.
async fn verifier_load(keeper: &Keeper, settings: &Settings, project: Option<&Project>) -> Result<Verifier> {
    let (ring, longest) = if let Some(project) = project {
        // The project's keys are fetched when the first token arrives, so the project may be down while this server
        // starts.
        (KeyRing::of_others(project.secret_key(), project.auth_url(), "authenticated"), project::LONGEST_LIFE)
    } else {
        // Another server's clock may be ahead of this one's.
        let life = SignedDuration::from_secs(settings.auth.access_token_seconds + 60);
        (ring_load(keeper, settings).await?, life)
    };
    Ok(Verifier::new(ring, TokenCache::new(TokenCache::CAPACITY, longest), keeper.clock.clone()))
}
