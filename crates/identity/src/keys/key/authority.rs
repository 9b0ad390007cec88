//! The authority that a key has at this moment.

use freehold_core::{ApiKeyId, Bounds, Result, TenantId, UserId};
use freehold_db::{Db, SystemTx};
use freehold_vault::Vault;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    KeyState, Networks,
    store::{self, Link},
};
use crate::{api_key::ApiKey, purposes::API_KEY};

/// The identity and limits of a key that works.
#[derive(Clone, Debug)]
pub struct Holder {
    /// Tenant of the key.
    pub tenant_id: TenantId,
    /// Id of the key.
    pub id: ApiKeyId,
    /// The user responsible for the key.
    pub behind: UserId,
    /// What the key may do now.
    pub bounds: Bounds,
    /// The networks of the key and of each key that it derives from, as far as they have any: an address must be in all
    /// of them.
    pub networks: Vec<Networks>,
}

impl Link {
    /// The limits that this key puts on keys that derive from it; none: they do not work, because this key is revoked
    /// or suspended, or because the user behind it is banned, deleted or not a member any more.
    fn bounds(&self) -> Result<Option<(UserId, Bounds)>> {
        let (Some(behind), Some(role_now), false, false) =
            (self.created_by, self.role_now.as_deref(), self.stopped, self.banned)
        else {
            return Ok(None);
        };
        let user = Bounds::of_member(role_now.parse()?, self.permissions_now.as_deref().unwrap_or_default());
        let own = Bounds::stored(&self.role, &self.scopes, self.live, self.expires_at)?;
        Ok(Some((behind, own.within(&user))))
    }
}

/// Looks up the text of a key, and records its use; none: the key does not work. Look-ups of one `origin` take turns
/// with those of others.
pub async fn key_holder(db: &Db, vault: &Vault, key: &str, origin: u64) -> Result<Option<Holder>> {
    let now = db.clock().now();
    // Digests under older master keys, too, so that changing the master key breaks no program.
    let digests: Vec<Vec<u8>> = vault.macs(API_KEY, key.as_bytes()).map(Vec::from).collect();
    holder(db.system("look up a key").of(origin).fetch_all(store::key_line_used(digests)).await?, now)
}

/// Why a customer's API key does not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum KeyRefusal {
    /// Its expiry has passed.
    Expired,
    /// It was revoked.
    Revoked,
    /// Its user left the organization.
    Suspended,
    /// Its secret was replaced, and the overlap of the rotation has ended. The key has another secret.
    Rotated,
    /// The address of the customer is not in the key's networks, or it is unknown.
    Address,
    /// Every other reason: it is unknown, or its user may do nothing.
    Invalid,
}

/// Why a key does not work; none for a key that is unknown, or whose user may do
/// nothing, and for keys of other organizations than `tenant` where one is given. The answer is for the operator's
/// application, which sent the whole key.
pub async fn key_refusal(db: &Db, vault: &Vault, key: &str, tenant: Option<TenantId>) -> Result<Option<KeyRefusal>> {
    let now = db.clock().now();
    let Ok(secret) = ApiKey::parse(key) else { return Ok(None) };
    let digests: Vec<Vec<u8>> = vault.macs(API_KEY, key.as_bytes()).map(Vec::from).collect();
    // In the queue of unknown keys, so that made-up ones delay no others.
    let found =
        db.system("say why a key is refused").of(1).fetch_optional(store::key_of_digest(digests, tenant)).await?;
    Ok(found.and_then(|key| match key.state(now) {
        KeyState::Active => (key.prefix != secret.lookup_prefix()).then_some(KeyRefusal::Rotated),
        KeyState::Suspended => Some(KeyRefusal::Suspended),
        KeyState::Expired => Some(KeyRefusal::Expired),
        KeyState::Revoked => Some(KeyRefusal::Revoked),
    }))
}

/// What a key may do now; none: it does not work.
pub async fn key_bounds(tx: &mut SystemTx, id: ApiKeyId) -> Result<Option<Bounds>> {
    let now = tx.now();
    let found = holder(tx.fetch_all(store::key_line_of(id)).await?, now)?;
    Ok(found.map(|holder| holder.bounds))
}

/// The first key of the chain, within the limits of all keys after it.
fn holder(line: Vec<Link>, now: Timestamp) -> Result<Option<Holder>> {
    let (Some(key), Some(eldest)) = (line.first(), line.last()) else { return Ok(None) };
    if eldest.parent_id.is_some() {
        // A key of the chain is missing.
        return Ok(None);
    }
    let Some((behind, mut bounds)) = key.bounds()? else { return Ok(None) };
    for link in line.iter().skip(1) {
        let Some((_, giver)) = link.bounds()? else { return Ok(None) };
        bounds = bounds.within(&giver);
    }
    // What is done with a secret that ends must not outlast it, so its end limits what it grants.
    bounds.ends = [bounds.ends, key.secret_ends].into_iter().flatten().min();
    let restricted = line.iter().filter(|link| !link.allowed_networks.is_empty());
    let networks = restricted.map(|link| Networks::stored(&link.allowed_networks)).collect::<Result<_>>()?;
    let holder = Holder { tenant_id: key.tenant_id, id: key.id, behind, bounds, networks };
    Ok((!holder.bounds.ended(now)).then_some(holder))
}
