//! Keys that applications and services send instead of a user's token, as in Supabase: an `anon` and a `service_role`
//! key, which are tokens valid for ten years, and the newer `sb_publishable_…` and `sb_secret_…`, which are opaque.
//!
//! The four are created together and revoked together. They outlive the rotation of signing keys: the key that signed
//! the two tokens is accepted until an operator revokes it, and it cannot be revoked while they are in use. An operator
//! is shown the same four each time, because they are stored sealed; renewing creates four more, and the old ones stay
//! valid until they are revoked.

mod known;
mod store;

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use freehold_core::{Context, Error, Random, Result, Secret, ServiceKeyId};
use freehold_db::row;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

pub use known::ServiceKey;
pub(crate) use known::{ServiceKeys, service_key_needs, service_keys_load};
pub use store::STATEMENTS;

use crate::{
    access_token::{TokenError, Verifier},
    codes,
    keeper::Keeper,
    purposes::CREDENTIAL,
    signing::{TokenKeys, keys_load},
    signing_key::SigningKey,
};
use known::open;

const PUBLISHABLE: &str = "sb_publishable_";
const SECRET: &str = "sb_secret_";
/// Ten years in seconds, as in Supabase.
const LIFE: i64 = 10 * 365 * 24 * 3600;
/// The longest accepted text, in bytes.
const MAX_LEN: usize = 16 * 1024;

/// The Postgres role that a service key names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceRole {
    /// `anon`: a user's application.
    Anon,
    /// `service_role`: the team's own servers.
    Service,
    /// `supabase_admin`: Supabase itself.
    SupabaseAdmin,
}

impl ServiceRole {
    /// `anon`, `service_role` or `supabase_admin`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Anon => "anon",
            Self::Service => "service_role",
            Self::SupabaseAdmin => "supabase_admin",
        }
    }

    /// Whether the role may manage users.
    pub const fn administers(self) -> bool {
        matches!(self, Self::Service | Self::SupabaseAdmin)
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Anon, Self::Service, Self::SupabaseAdmin].into_iter().find(|role| role.name() == name)
    }
}

/// The four keys of one generation.
#[derive(Clone, Debug, Deserialize)]
pub struct ServiceKeySet {
    /// A token of the role `anon`.
    pub anon_key: Secret,
    /// A token of the role `service_role`.
    pub service_role_key: Secret,
    /// Key for browsers: `sb_publishable_…`.
    pub publishable_key: Secret,
    /// Key for servers, which administers users: `sb_secret_…`.
    pub secret_key: Secret,
}

/// Claims of a service's token. Tokens of a Supabase project have fewer than Freehold's.
#[derive(Serialize, Deserialize)]
struct ServiceClaims {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
    role: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    /// Generation of the keys; only in Freehold's own tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    generation: Option<Uuid>,
    /// Only users' tokens have a session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session_id: Option<serde_json::Value>,
}

row! {
    struct ServiceKeyRow {
        id: Uuid,
        sealed: Vec<u8>,
    }
}

/// The role of a key: a token that names a role, or one of the newer keys.
///
/// # Errors
/// `bad_jwt` when it is not a valid service key, `not_admin` when it is a user's token, whatever its role.
pub fn role_of(verifier: &Verifier, text: &str) -> Result<ServiceRole> {
    service_key_of(verifier, text).map(|key| key.role)
}

fn service_key_of(verifier: &Verifier, text: &str) -> Result<ServiceKey> {
    let bad = |why: TokenError| {
        let message = format!("invalid JWT: unable to parse or verify signature, {why}");
        Error::new(codes::BAD_JWT, message).caused_by(why)
    };
    if text.len() > MAX_LEN {
        return Err(bad(TokenError::Malformed));
    }
    let ring = verifier.ring();
    if let Some(key) = ring.services().opaque.get(&hash(text)) {
        return Ok(*key);
    }
    let claims: ServiceClaims = ring.open(text).map_err(bad)?;
    let now = verifier.now().as_second();
    if claims.exp.is_some_and(|end| end <= now) {
        return Err(bad(TokenError::Expired));
    }
    if claims.nbf.is_some_and(|from| from > now) {
        return Err(bad(TokenError::NotYetValid));
    }
    if claims.generation.is_some_and(|generation| !ring.services().generations.contains(&generation)) {
        return Err(bad(TokenError::Revoked));
    }
    let role = claims.role.as_deref().filter(|_| claims.session_id.is_none()).and_then(ServiceRole::named);
    let id = claims.generation.unwrap_or_else(|| Uuid::new_v5(&Uuid::NAMESPACE_OID, &hash(text)));
    role.map(|role| ServiceKey { role, id: ServiceKeyId::new(id) }).ok_or_else(not_admin)
}

/// The role of a key that may manage users.
///
/// # Errors
/// As [`role_of`], and `not_admin` when the key may not.
pub fn administrator(verifier: &Verifier, text: &str) -> Result<ServiceRole> {
    administering(verifier, text).map(|key| key.role)
}

fn administering(verifier: &Verifier, text: &str) -> Result<ServiceKey> {
    let key = service_key_of(verifier, text)?;
    if key.role.administers() { Ok(key) } else { Err(not_admin()) }
}

/// The same, for a key that another process may have created a moment ago.
pub async fn administrator_anew(tokens: &TokenKeys, text: &str) -> Result<ServiceRole> {
    service_key_anew(tokens, text).await.map(|key| key.role)
}

/// Whether the text has the form of a service key: an opaque key, or a token that claims such a role. It may still be
/// invalid.
pub fn service_key_shaped(text: &str) -> bool {
    [PUBLISHABLE, SECRET].iter().any(|prefix| text.starts_with(prefix))
        || (text.len() <= MAX_LEN && role_claimed(text).is_some())
}

/// The key, when it may act for the operator; also one that another process may have created a moment ago.
///
/// # Errors
/// As [`administrator`].
pub async fn service_key_anew(tokens: &TokenKeys, text: &str) -> Result<ServiceKey> {
    let known = administering(&tokens.verifier, text);
    let Err(error) = &known else { return known };
    let why = std::error::Error::source(error).and_then(|why| why.downcast_ref::<TokenError>());
    let opaque = [PUBLISHABLE, SECRET].iter().any(|prefix| text.starts_with(prefix));
    let new = match why {
        Some(TokenError::UnknownKey | TokenError::Revoked) => true,
        Some(TokenError::Malformed) => opaque && text.len() <= MAX_LEN,
        _ => false,
    };
    if !new || tokens.project.is_some() {
        return known;
    }
    let look = || administering(&tokens.verifier, text).ok();
    tokens.looks.again(tokens, text, look).await?.map_or(known, Ok)
}

/// The role that a project's service token claims, unverified: `anon` or `service_role`.
pub fn role_claimed(text: &str) -> Option<&'static str> {
    let payload = URL_SAFE_NO_PAD.decode(text.split('.').nth(1)?).ok()?;
    let claims: ServiceClaims = serde_json::from_slice(&payload).ok()?;
    claims.role.as_deref().and_then(ServiceRole::named).map(ServiceRole::name)
}

fn not_admin() -> Error {
    Error::new(codes::NOT_ADMIN, "User not allowed")
}

/// Returns the current keys; creates them when there are none.
pub async fn service_keys_show(keeper: &Keeper, issuer: &str) -> Result<ServiceKeySet> {
    for _ in 0..3 {
        let found = keeper.db.system("show service keys").fetch_optional(store::keys_current()).await?;
        if let Some(row) = found {
            return open(keeper, &row);
        }
        // If another process created keys first, those are returned.
        make(keeper, issuer).await?;
    }
    Err(Error::internal("no service keys could be made"))
}

/// Creates four new keys. The old ones stay valid until they are revoked.
pub async fn service_keys_renew(keeper: &Keeper, issuer: &str) -> Result<ServiceKeySet> {
    keeper.db.system("renew service keys").execute(store::keys_retire()).await?;
    service_keys_show(keeper, issuer).await
}

/// Revokes all keys but the newest; returns the number of generations revoked.
pub async fn service_keys_end(keeper: &Keeper) -> Result<u64> {
    keeper.db.system("end old service keys").execute(store::keys_end()).await
}

async fn make(keeper: &Keeper, issuer: &str) -> Result<()> {
    let (signing, _) = keys_load(keeper).await?;
    let (id, now) = (keeper.ids.next::<()>().uuid(), keeper.clock.now());
    let token = |role| token(&signing, issuer, role, id, now);
    let keys = json!({
        "anon_key": token(ServiceRole::Anon)?.expose(),
        "service_role_key": token(ServiceRole::Service)?.expose(),
        "publishable_key": opaque(PUBLISHABLE, &keeper.random).expose(),
        "secret_key": opaque(SECRET, &keeper.random).expose(),
    });
    let text = Zeroizing::new(keys.to_string());
    let sealed = keeper.vault.seal(CREDENTIAL, text.as_bytes(), &place(id), &keeper.random);
    let insert = store::keys_insert(id, signing.kid(), sealed);
    keeper.db.system("create service keys").execute(insert).await.map(drop)
}

/// The context that the keys are sealed for.
fn place(id: Uuid) -> String {
    format!("service_keys/{id}")
}

fn token(key: &SigningKey, issuer: &str, role: ServiceRole, generation: Uuid, now: Timestamp) -> Result<Secret> {
    let issued = now.as_second();
    let claims = ServiceClaims {
        iss: Some(issuer.to_owned()),
        role: Some(role.name().to_owned()),
        iat: Some(issued),
        exp: Some(issued + LIFE),
        nbf: None,
        generation: Some(generation),
        session_id: None,
    };
    key.sign(&claims).map(Secret::new).context("signing a service key")
}

/// Supabase's format: 128 random bits, and a checksum by which scanners for leaked secrets recognize it.
fn opaque(prefix: &str, random: &Random) -> Secret {
    let mut text = Zeroizing::new(format!("{prefix}{}_", URL_SAFE_NO_PAD.encode(random.bytes::<16>())));
    let sum = URL_SAFE_NO_PAD.encode(&hash(&text)[..6]);
    text.push_str(&sum);
    Secret::new(text.as_str())
}

fn hash(text: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    hash
}
