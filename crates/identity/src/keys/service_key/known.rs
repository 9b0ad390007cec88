//! What verifies service keys: it is part of the key ring.

use std::collections::{HashMap, HashSet};

use freehold_core::{Context, Result, ServiceKeyId};
use freehold_db::SystemTx;
use uuid::Uuid;

use super::{ServiceKeyRow, ServiceKeySet, ServiceRole, hash, place, store};
use crate::{keeper::Keeper, purposes::CREDENTIAL};

/// The valid service keys, in memory: digests and names, no keys.
#[derive(Default)]
pub(crate) struct ServiceKeys {
    pub(super) generations: HashSet<Uuid>,
    pub(super) opaque: HashMap<[u8; 32], ServiceKey>,
}

/// A valid service key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceKey {
    /// The Postgres role that the key names.
    pub role: ServiceRole,
    /// Id for logs and the audit, which the keys that were created together share. A Supabase project's key has the
    /// same id as long as its text is the same.
    pub id: ServiceKeyId,
}

/// Whether valid service keys are tokens that this signing key signed.
pub(crate) async fn service_key_needs(tx: &mut SystemTx, kid: &str) -> Result<bool> {
    Ok(tx.fetch_optional(store::keys_of(kid)).await?.is_some())
}

/// Loads what is needed to check whether a key is valid.
pub(crate) async fn service_keys_load(keeper: &Keeper) -> Result<ServiceKeys> {
    let mut known = ServiceKeys::default();
    for row in keeper.db.system("load service keys").fetch_all(store::keys_live()).await? {
        let keys = open(keeper, &row)?;
        known.generations.insert(row.id);
        let id = ServiceKeyId::new(row.id);
        for (key, role) in [(&keys.publishable_key, ServiceRole::Anon), (&keys.secret_key, ServiceRole::Service)] {
            known.opaque.insert(hash(key.expose()), ServiceKey { role, id });
        }
    }
    Ok(known)
}

pub(super) fn open(keeper: &Keeper, row: &ServiceKeyRow) -> Result<ServiceKeySet> {
    let text = keeper.vault.open(CREDENTIAL, &row.sealed, &place(row.id)).context("opening service keys")?;
    serde_json::from_slice(&text).context("reading service keys")
}
