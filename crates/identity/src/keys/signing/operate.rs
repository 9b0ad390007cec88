//! An operator's commands on signing keys. Every server applies them within seconds.

use freehold_core::{Context, Error, Result, codes};
use freehold_db::SystemTx;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::{Keeper, KeyRecord, store};
use crate::{
    service_key::service_key_needs,
    signing_key::{Algorithm, GivenJwk, SigningKey},
};

/// How long a key is published before it signs: clients and proxies may cache the published set for ten minutes.
const STANDBY: SignedDuration = SignedDuration::from_mins(20);
/// How long a key is kept beyond the lifetime of its tokens, for clocks that differ and for cached sets.
const AFTER: SignedDuration = SignedDuration::from_mins(15);

/// The result of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// The key signs from now on.
    Now {
        /// Id of the key.
        kid: String,
    },
    /// The key was published; it can sign from `from` on, when every client knows it.
    Published {
        /// Id of the key.
        kid: String,
        /// When the key can sign.
        from: Timestamp,
    },
}

/// All keys, the current one first.
pub async fn key_records(keeper: &Keeper) -> Result<Vec<KeyRecord>> {
    keeper.db.system("list signing keys").fetch_all(store::key_records()).await
}

/// Creates a key and publishes it; returns its id.
pub async fn key_make(keeper: &Keeper, algorithm: Algorithm) -> Result<String> {
    let key =
        SigningKey::generate_for(algorithm).map_err(|error| Error::new(codes::VALIDATION_FAILED, error.to_string()))?;
    keeper.key_keep(&key, "standby").await?;
    Ok(key.kid().to_owned())
}

/// Parses keys: a JWK, a JWK set, a list of JWKs as in `GOTRUE_JWT_KEYS`, or, where the text is not JSON, the secret
/// that an older Supabase project shares with its services.
pub fn keys_parse(text: &str) -> Result<Vec<SigningKey>> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        Set { keys: Vec<GivenJwk> },
        List(Vec<GivenJwk>),
        One(Box<GivenJwk>),
    }
    let text = text.trim();
    let refused = |why: String| Error::new(codes::VALIDATION_FAILED, why);
    if !text.starts_with(['{', '[']) {
        let key = SigningKey::from_material(Algorithm::Hs256, None, text.as_bytes());
        return Ok(vec![key.map_err(|error| refused(format!("the secret cannot be imported: {error}")))?]);
    }
    // What the text holds is not told.
    let given: Given =
        serde_json::from_str(text).map_err(|_| refused("the file has neither a JWK nor a JWK set".to_owned()))?;
    let given = match given {
        Given::Set { keys } | Given::List(keys) => keys,
        Given::One(key) => vec![*key],
    };
    given
        .iter()
        .enumerate()
        .map(|(at, jwk)| {
            let name = jwk.kid().ok().flatten().map_or_else(|| format!("number {}", at + 1), |kid| format!("{kid:?}"));
            SigningKey::from_jwk(jwk).map_err(|error| refused(format!("the key {name} cannot be imported: {error}")))
        })
        .collect()
}

/// Stores imported keys, and says of each whether it is new. Keys with a public half become standby; a shared secret
/// only verifies, unless an operator rotates to it.
pub async fn keys_import(keeper: &Keeper, keys: &[SigningKey]) -> Result<Vec<(KeyRecord, bool)>> {
    let mut kept = Vec::new();
    for key in keys {
        let state = if key.algorithm() == Algorithm::Hs256 { "previous" } else { "standby" };
        kept.push((key.kid(), keeper.key_keep(key, state).await?));
    }
    let records = key_records(keeper).await?;
    let found =
        |(kid, new): (&str, bool)| records.iter().find(|record| record.kid == kid).map(|record| (record.clone(), new));
    Ok(kept.into_iter().filter_map(found).collect())
}

/// Makes the oldest standby key with a public half, or the named key, the one that signs; the one that signed until now
/// still verifies. If there is no standby key, one is created and published first. `at_once` does not wait until every
/// client knows it.
pub async fn key_rotate(keeper: &Keeper, wanted: Option<&str>, at_once: bool) -> Result<Rotated> {
    let now = keeper.clock.now();
    let mut tx = keeper.db.system("rotate signing keys").begin().await?;
    let keys = keys_hold(&mut tx).await?;
    let next = match wanted {
        Some(kid) => Some(named(&keys, kid)?),
        None => keys.iter().find(|key| key.state == "standby" && key.algorithm != Algorithm::Hs256.name()),
    };
    let Some(next) = next else {
        tx.commit().await?;
        let kid = key_make(keeper, Algorithm::Es256).await?;
        return if at_once {
            Box::pin(key_rotate(keeper, Some(&kid), true)).await
        } else {
            Ok(Rotated::Published { kid, from: later(now, STANDBY) })
        };
    };
    let kid = next.kid.clone();
    match next.state.as_str() {
        "current" => return Ok(Rotated::Now { kid }),
        "revoked" => return Err(conflict(format!("the key {kid} was revoked; restore it first"))),
        _ => {}
    }
    let from = later(next.changed_at, STANDBY);
    if next.state == "standby" && from > now && !at_once {
        return Ok(Rotated::Published { kid, from });
    }
    for key in keys.iter().filter(|key| key.state == "current") {
        tx.execute(store::key_change(&key.kid, "previous")).await?;
    }
    tx.execute(store::key_change(&kid, "current")).await?;
    tx.commit().await?;
    Ok(Rotated::Now { kid })
}

/// Revokes a key: tokens that it signed are rejected from now on. Refuses while such tokens may be valid, or while
/// service keys are tokens of it, unless `at_once`.
pub async fn key_revoke(keeper: &Keeper, kid: &str, access_token_seconds: i64, at_once: bool) -> Result<()> {
    let now = keeper.clock.now();
    let mut tx = keeper.db.system("revoke a signing key").begin().await?;
    let keys = keys_hold(&mut tx).await?;
    let key = named(&keys, kid)?;
    if key.state == "current" {
        return Err(conflict(format!("the key {kid} signs tokens; rotate to another one first: freehold keys rotate")));
    }
    if key.state == "previous" && !at_once {
        let until = later(key.changed_at, SignedDuration::from_secs(access_token_seconds) + AFTER);
        if until > now {
            return Err(conflict(format!(
                "access tokens that the key {kid} signed may be in use until {until}; use --now to refuse them at once"
            )));
        }
        if service_key_needs(&mut tx, kid).await? {
            return Err(conflict(format!(
                "the anon and service_role keys in use are tokens that the key {kid} signed; make new ones (freehold keys \
                 supabase --renew) and end these (--end-previous), or end them with --now"
            )));
        }
    }
    change(tx, kid, "revoked").await
}

/// Restores a revoked key: tokens that it signed are valid again.
pub async fn key_restore(keeper: &Keeper, kid: &str) -> Result<()> {
    let mut tx = keeper.db.system("restore a signing key").begin().await?;
    let keys = keys_hold(&mut tx).await?;
    if named(&keys, kid)?.state != "revoked" {
        return Err(conflict(format!("the key {kid} is not revoked")));
    }
    change(tx, kid, "previous").await
}

/// Deletes a revoked key.
pub async fn key_delete(keeper: &Keeper, kid: &str) -> Result<()> {
    let mut tx = keeper.db.system("delete a signing key").begin().await?;
    let keys = keys_hold(&mut tx).await?;
    if named(&keys, kid)?.state != "revoked" {
        return Err(conflict(format!("the key {kid} is not revoked; only revoked keys can be deleted")));
    }
    tx.execute(store::key_delete(kid)).await?;
    tx.commit().await
}

/// All keys, locked until the transaction ends.
async fn keys_hold(tx: &mut SystemTx) -> Result<Vec<KeyRecord>> {
    // After waiting for another transaction, reads again to see the keys that it inserted.
    tx.fetch_all(store::key_lock()).await?;
    tx.fetch_all(store::key_lock()).await
}

async fn change(mut tx: SystemTx, kid: &str, state: &str) -> Result<()> {
    tx.execute(store::key_change(kid, state)).await.context("changing a signing key")?;
    tx.commit().await
}

fn named<'a>(keys: &'a [KeyRecord], kid: &str) -> Result<&'a KeyRecord> {
    keys.iter().find(|key| key.kid == kid).ok_or_else(|| {
        Error::new(codes::NOT_FOUND, format!("the key {kid} does not exist; freehold keys list shows all keys"))
    })
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

fn conflict(why: String) -> Error {
    Error::new(codes::CONFLICT, why)
}
