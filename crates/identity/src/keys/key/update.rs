//! Updating a key: its name, and the networks from which it may be used.

use freehold_core::{ApiKeyId, Caller, Error, OptionExt, Result, codes};
use freehold_db::{Db, TenantTx};
use freehold_jobs::outbox::event_publish;

use super::{Key, Networks, WRITE, audit, caller_check, name_checked, revoking_check, store};
use crate::event::KeyUpdated;

/// What to change of a key; none: as it is.
#[derive(Clone, Debug, Default)]
pub struct KeyChange {
    /// Name, 1 to 100 characters.
    pub name: Option<String>,
    /// Networks or addresses from which the key may be used, at most 50; empty: everywhere, or where the key may be
    /// used that created it.
    pub allowed_networks: Option<Vec<String>>,
}

/// Updates a key. Its networks take effect on every server within a second.
///
/// # Errors
/// `validation_failed`, naming the field or network; `permission_denied` for a key that may do more than the caller,
/// and for a calling key that did not create it; `conflict` for a revoked key.
pub async fn key_update(db: &Db, caller: &Caller, id: ApiKeyId, change: KeyChange) -> Result<Key> {
    caller.allow(WRITE)?;
    let mut tx = db.tenant(caller).begin().await?;
    let key = tx.fetch_optional(store::key_lock(id)).await?.or_not_found("key")?;
    updating_check(&mut tx, &key).await?;
    if key.revoked_at.is_some() {
        return Err(Error::new(codes::CONFLICT, "The key was revoked. Create another one."));
    }
    let name = change.name.as_deref().map_or(Ok(key.name.as_str()), name_checked)?;
    let networks = match &change.allowed_networks {
        Some(texts) => networks_within(&mut tx, Networks::parse(texts)?, key.parent_id).await?.names(),
        None => key.allowed_networks.clone(),
    };
    caller_check(&mut tx).await?;
    let updated = tx.fetch_one(store::key_update(id, name, networks)).await?;
    let event = event_publish(&mut tx, &KeyUpdated::of(&updated)).await?;
    audit(&mut tx, event, "key.updated", &updated, Some(&key)).await?;
    tx.commit().await?;
    Ok(updated)
}

/// Checks that the caller may update the key. A key updates only keys that it created, whose networks its own limit in
/// any case: otherwise it could be used where it may not.
async fn updating_check(tx: &mut TenantTx, key: &Key) -> Result<()> {
    if let Some(own) = tx.caller().api_key()
        && (own == key.id || !tx.fetch_one(store::key_descends(key.id, own)).await?.0)
    {
        let message = "A key can update the keys that it created, and no others, nor itself.";
        return Err(Error::new(codes::PERMISSION_DENIED, message));
    }
    revoking_check(tx, key).await
}

/// The networks of a key that the key `parent` created or creates.
///
/// # Errors
/// `permission_denied` for a network outside of those of `parent`.
pub(super) async fn networks_within(
    tx: &mut TenantTx,
    networks: Networks,
    parent: Option<ApiKeyId>,
) -> Result<Networks> {
    let Some(parent) = parent else { return Ok(networks) };
    let found = tx.fetch_optional(store::key_networks(parent)).await?;
    let (names,) = found.or_not_found("key")?;
    networks.within(&Networks::stored(&names)?)
}
