//! The signing keys of this deployment: in the database, sealed, shared by all servers.

mod store;

use freehold_core::{Clock, Context, Error, Ids, Random, Result};
use freehold_db::{Db, row};
use freehold_vault::{Purpose, Vault};
use jiff::SignedDuration;
use uuid::Uuid;

pub(crate) use store::STATEMENTS;

use crate::{
    Settings,
    access_token::{TokenCache, Verifier},
    signing_key::{KeyRing, SigningKey},
};

row! {
    struct KeyRow {
        id: Uuid,
        sealed: Vec<u8>,
        state: String,
    }
}

/// The keys, the current one made where there is none. Two servers that start at once end with the same one.
pub(crate) async fn ring_load(
    db: &Db,
    vault: &Vault,
    ids: &Ids,
    random: &Random,
    clock: &Clock,
    settings: &Settings,
) -> Result<KeyRing> {
    let load = || db.system("load signing keys");
    let mut rows = load().fetch_all(store::key_list()).await?;
    if !rows.iter().any(|row| row.state == "current") {
        let key = SigningKey::generate().context("making a signing key")?;
        let id = ids.next::<()>().uuid();
        let sealed = vault.seal(Purpose::SigningKey, key.pkcs8(), &id.to_string(), random);
        db.system("make the first signing key").execute(store::key_insert(id, key.kid(), sealed, clock.now())).await?;
        rows = load().fetch_all(store::key_list()).await?;
    }
    let mut current = None;
    let mut others = Vec::new();
    for row in rows {
        let der = vault.open(Purpose::SigningKey, &row.sealed, &row.id.to_string()).context(
            "opening a signing key: this database was begun with another FREEHOLD_SECRET_KEY; use that one again",
        )?;
        let key = SigningKey::from_pkcs8(&der).context("reading a signing key")?;
        if row.state == "current" { current = Some(key) } else { others.push(key.public().clone()) }
    }
    let current = current.ok_or_else(|| Error::internal("there is no current signing key"))?;
    Ok(KeyRing::new(current, others, settings.issuer(), "authenticated"))
}

/// A verifier with these keys, and an empty cache.
pub(crate) fn verifier(ring: KeyRing, clock: &Clock, settings: &Settings) -> Verifier {
    let life = SignedDuration::from_secs(settings.auth.access_token_seconds);
    Verifier::new(ring, TokenCache::new(TokenCache::CAPACITY, life), clock.clone())
}
