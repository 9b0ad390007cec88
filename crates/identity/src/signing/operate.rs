//! What an operator does with signing keys. Every server sees it within seconds.

use freehold_core::{Context, Error, Result, codes};
use freehold_db::SystemTx;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::{Keeper, KeyRecord, store};
use crate::{
    service_key::service_key_needs,
    signing_key::{Algorithm, GivenJwk, SigningKey},
};

/// How long a key is published before it signs: clients keep the published set for ten minutes, and so may what stands
/// between them and us.
const STANDBY: SignedDuration = SignedDuration::from_mins(20);
/// How much longer than a token lives its key is kept, for clocks that differ and for sets that were kept.
const AFTER: SignedDuration = SignedDuration::from_mins(15);

/// What became of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// The key signs from now on.
    Now {
        /// It.
        kid: String,
    },
    /// The key is published; it can sign from `from` on, when everybody knows it.
    Published {
        /// It.
        kid: String,
        /// From when on.
        from: Timestamp,
    },
}

/// Every key, the current one first.
pub async fn key_records(keeper: &Keeper) -> Result<Vec<KeyRecord>> {
    keeper.db.system("list signing keys").fetch_all(store::key_records()).await
}

/// Makes a key and publishes it; the name.
pub async fn key_make(keeper: &Keeper, algorithm: Algorithm) -> Result<String> {
    let key =
        SigningKey::generate_for(algorithm).map_err(|error| Error::new(codes::VALIDATION_FAILED, error.to_string()))?;
    keeper.key_keep(&key, "standby").await?;
    Ok(key.kid().to_owned())
}

/// The keys in a text: a JWK, a JWK set, a list of JWKs as `GOTRUE_JWT_KEYS` has it, or, where it is no JSON, the secret
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
        return Ok(vec![key.map_err(|error| refused(format!("the secret cannot be taken: {error}")))?]);
    }
    // What the text holds is not told.
    let given: Given = serde_json::from_str(text).map_err(|_| refused("it is not a JWK, nor several".to_owned()))?;
    let given = match given {
        Given::Set { keys } | Given::List(keys) => keys,
        Given::One(key) => vec![*key],
    };
    given
        .iter()
        .enumerate()
        .map(|(at, jwk)| {
            let name = jwk.kid().ok().flatten().map_or_else(|| format!("number {}", at + 1), |kid| format!("{kid:?}"));
            SigningKey::from_jwk(jwk).map_err(|error| refused(format!("the key {name} cannot be taken: {error}")))
        })
        .collect()
}

/// Keeps keys that were brought along, and says of each whether it is new. Those that everybody can check become standby;
/// a secret is only used to check, unless an operator says otherwise by rotating to it.
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

/// Lets the oldest standby key that everybody can check sign from now on, or the one that is named; the one that signed
/// until now goes on being checked. Where none stands by, one is made, and published first. `at_once` does not wait
/// until everybody knows it.
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
        tx.execute(store::key_change(&key.kid, "previous", now)).await?;
    }
    tx.execute(store::key_change(&kid, "current", now)).await?;
    tx.commit().await?;
    Ok(Rotated::Now { kid })
}

/// Ends a key: what it signed is refused from now on. Refuses while tokens of it may hold, or service keys are tokens of
/// it, unless `at_once`.
pub async fn key_revoke(keeper: &Keeper, kid: &str, access_token_seconds: i64, at_once: bool) -> Result<()> {
    let now = keeper.clock.now();
    let mut tx = keeper.db.system("revoke a signing key").begin().await?;
    let keys = keys_hold(&mut tx).await?;
    let key = named(&keys, kid)?;
    if key.state == "current" {
        return Err(conflict(format!("the key {kid} signs; let another one sign first: freehold keys rotate")));
    }
    if key.state == "previous" && !at_once {
        let until = later(key.changed_at, SignedDuration::from_secs(access_token_seconds) + AFTER);
        if until > now {
            return Err(conflict(format!(
                "access tokens that the key {kid} signed may be in use until {until}; with --now they are refused at once"
            )));
        }
        if service_key_needs(&mut tx, kid).await? {
            return Err(conflict(format!(
                "the anon and service_role keys in use are tokens that the key {kid} signed; make new ones (freehold keys \
                 supabase --renew) and end these (--end-previous), or end them with --now"
            )));
        }
    }
    change(tx, kid, "revoked", now).await
}

/// Takes back that a key was revoked: what it signed is good again.
pub async fn key_restore(keeper: &Keeper, kid: &str) -> Result<()> {
    let mut tx = keeper.db.system("restore a signing key").begin().await?;
    let keys = keys_hold(&mut tx).await?;
    if named(&keys, kid)?.state != "revoked" {
        return Err(conflict(format!("the key {kid} is not revoked")));
    }
    change(tx, kid, "previous", keeper.clock.now()).await
}

/// Forgets a revoked key for good.
pub async fn key_delete(keeper: &Keeper, kid: &str) -> Result<()> {
    let mut tx = keeper.db.system("delete a signing key").begin().await?;
    let keys = keys_hold(&mut tx).await?;
    if named(&keys, kid)?.state != "revoked" {
        return Err(conflict(format!("the key {kid} is not revoked; only revoked keys can be deleted")));
    }
    tx.execute(store::key_delete(kid)).await?;
    tx.commit().await
}

/// All keys, kept from changing until the transaction ends.
async fn keys_hold(tx: &mut SystemTx) -> Result<Vec<KeyRecord>> {
    // Who waited for somebody else's change looks once more, to see the keys that were made in it.
    tx.fetch_all(store::key_lock()).await?;
    tx.fetch_all(store::key_lock()).await
}

async fn change(mut tx: SystemTx, kid: &str, state: &str, now: Timestamp) -> Result<()> {
    tx.execute(store::key_change(kid, state, now)).await.context("changing a signing key")?;
    tx.commit().await
}

fn named<'a>(keys: &'a [KeyRecord], kid: &str) -> Result<&'a KeyRecord> {
    keys.iter()
        .find(|key| key.kid == kid)
        .ok_or_else(|| Error::new(codes::NOT_FOUND, format!("there is no key {kid}; freehold keys list shows them")))
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

fn conflict(why: String) -> Error {
    Error::new(codes::CONFLICT, why)
}
