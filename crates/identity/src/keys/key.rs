//! API keys of an organization. The format of the text is in [`api_key`](crate::api_key); this module keeps the keys.
//!
//! A key derives its authority from the user behind it, and, where a key created it, from that key. `authority`
//! computes the remaining authority at each use. When the user leaves, `suspension` notifies the owners, who adopt the
//! key ([`key_adopt`]) or revoke it.

mod authority;
pub mod days;
mod networks;
mod record;
mod rotation;
mod store;
mod suspension;
mod suspension_mail;
mod update;

use freehold_core::{
    ApiKeyId, Area, Bounds, Caller, Error, OptionExt, Page, PageRequest, Permission, Result, Role, Scopes, Secret,
    codes,
};
use freehold_db::{
    Db, TenantTx,
    audit::{NewEntry, audit_append},
};
use freehold_jobs::outbox::{EventId, event_publish};
use jiff::Timestamp;
use serde_json::json;

pub use authority::{Holder, KeyRefusal, key_bounds, key_holder, key_refusal};
pub use networks::Networks;
pub use record::{Key, KeyState};
pub use rotation::key_rotate;
pub use store::STATEMENTS;
pub use suspension::handler as suspension_handler;
pub use suspension_mail::SUSPENSION_MAIL;
pub use update::{KeyChange, key_update};

use crate::{
    Base,
    api_key::ApiKey,
    event::{KeyAdopted, KeyCreated, KeyRevoked},
};

/// The permission to create, adopt and revoke keys.
pub const WRITE: Permission = Permission::write(Area::Keys);

/// The longest chain of keys, each created by the one before.
const GENERATIONS: i64 = 8;

/// A key to create.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Name, 1 to 100 characters.
    pub name: String,
    /// Whether the key is for live data; null: as the caller, which for users is live.
    pub live: Option<bool>,
    /// Scopes of the key; empty: everything the caller may do.
    pub scopes: Vec<String>,
    /// Expiry, UTC; null: the caller's expiry, and users have none.
    pub expires_at: Option<Timestamp>,
    /// Networks or addresses from which the key may be used, at most 50; empty: those of the caller, and users have
    /// none.
    pub allowed_networks: Vec<String>,
}

/// Creates a key for the caller's organization. Only this answer contains the secret. `areas` are the areas that a
/// scope may name.
///
/// # Errors
/// `validation_failed` for a name, scope or time that is invalid; `permission_denied` when the key would exceed the
/// caller in any dimension; `conflict` when the chain of keys that created it is too long.
pub async fn key_create(base: &Base, tx: &mut TenantTx, new: NewKey, areas: &[Area]) -> Result<(Key, Secret)> {
    let caller = &tx.caller().clone();
    caller.allow(WRITE)?;
    let now = tx.now();
    let name = name_checked(&new.name)?;
    if new.expires_at.is_some_and(|end| end <= now) {
        return Err(Error::invalid("/expires_at", "expected a time in the future"));
    }
    let giver = caller.bounds();
    let scopes = match Scopes::parse(new.scopes, areas)? {
        // Everything that the member may do is what their custom role includes now.
        all if all.are_everything() && caller.user().is_some() => giver.scopes.clone(),
        scopes => scopes,
    };
    let bounds = Bounds {
        role: caller.role(),
        scopes,
        live: new.live.unwrap_or(giver.live),
        ends: new.expires_at.or(giver.ends),
    };
    bounds.check_within(giver)?;
    let networks = update::networks_within(tx, Networks::parse(&new.allowed_networks)?, caller.api_key()).await?;
    caller_check(tx).await?;
    if let Some(parent) = caller.api_key() {
        let (line,) = tx.fetch_one(store::key_line(parent)).await?;
        if line >= GENERATIONS {
            let message = format!(
                "Keys can create keys up to {GENERATIONS} generations deep. Create this one with an earlier key."
            );
            return Err(Error::new(codes::CONFLICT, message));
        }
    }
    let secret = ApiKey::generate(bounds.live, &base.random);
    let new = store::NewKeyRow {
        tenant: caller.tenant(),
        id: tx.id(),
        name,
        prefix: secret.lookup_prefix(),
        digest: secret.digest(&base.vault).to_vec(),
        live: bounds.live,
        role: bounds.role.name(),
        scopes: bounds.scopes.names(),
        created_by: caller.behind(),
        parent: caller.api_key(),
        expires_at: bounds.ends,
        allowed_networks: networks.names(),
    };
    let key = tx.fetch_one(store::key_insert(new)).await?;
    let event = event_publish(tx, &KeyCreated::of(&key)).await?;
    audit(tx, event, "key.created", &key, None).await?;
    Ok((key, secret.into_secret()))
}

/// The name of a key without spaces around it.
///
/// # Errors
/// `validation_failed`.
fn name_checked(name: &str) -> Result<&str> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(Error::invalid("/name", "expected 1 to 100 characters, without control characters"));
    }
    Ok(name)
}

/// Rejects a caller whose user has lost the role since the request was authenticated: authentication is cached for half
/// a second, and a key created in that time would last. The role stays locked until the transaction ends. For the same
/// reason rejects a key that was just rotated: the request may have its previous secret.
async fn caller_check(tx: &mut TenantTx) -> Result<()> {
    let caller = tx.caller().clone();
    if let Some(key) = caller.api_key() {
        rotation::just_rotated_check(tx, key).await?;
    }
    let Some(user) = caller.behind() else { return Ok(()) };
    let found = tx.fetch_optional(store::rights_share(user)).await?;
    let now = found.map(|(role, permissions)| role.parse::<Role>().map(|role| Bounds::of_member(role, &permissions)));
    caller.still_has(now.transpose()?.as_ref())
}

/// Returns a page of the keys of the caller's organization, the newest first.
pub async fn key_list(db: &Db, caller: &Caller, request: PageRequest) -> Result<Page<Key>> {
    caller.allow_looking_at(Area::Keys)?;
    let rows = db.tenant(caller).fetch_all(store::key_list(request.before(), request.rows())).await?;
    Ok(request.page(rows, |key| key.id))
}

/// Returns a key of the caller's organization.
pub async fn key_get(db: &Db, caller: &Caller, id: ApiKeyId) -> Result<Key> {
    caller.allow_looking_at(Area::Keys)?;
    db.tenant(caller).fetch_optional(store::key_find(id)).await?.or_not_found("key")
}

/// Revokes a key, and all keys that derive from it, at once, in every state of the organization. The rows stay, so that members can see which keys existed.
///
/// # Errors
/// `permission_denied` for a key that may do more than the caller, unless the caller created it.
pub async fn key_revoke(db: &Db, caller: &Caller, id: ApiKeyId) -> Result<Key> {
    let caller = &caller.allow_taking_away(WRITE)?;
    let mut tx = db.tenant(caller).begin().await?;
    // Locks the keys in the order that the trigger on members uses, too, so that they cannot deadlock.
    let locked = tx.fetch_all(store::keys_lock(id)).await?;
    let key = locked.into_iter().find(|key| key.id == id).or_not_found("key")?;
    revoking_check(&mut tx, &key).await?;
    for revoked in tx.fetch_all(store::key_revoke(id)).await? {
        let event = event_publish(&mut tx, &KeyRevoked::of(&revoked)).await?;
        audit(&mut tx, event, "key.revoked", &revoked, None).await?;
    }
    let revoked = tx.fetch_one(store::key_find(id)).await?;
    tx.commit().await?;
    Ok(revoked)
}

/// Checks that the caller may revoke the key: it may do no more than the caller, or it is the caller, or the caller
/// created it.
async fn revoking_check(tx: &mut TenantTx, key: &Key) -> Result<()> {
    let caller = tx.caller().clone();
    if let Some(own) = caller.api_key()
        && tx.fetch_one(store::key_descends(key.id, own)).await?.0
    {
        return Ok(());
    }
    let bounds = key.own_bounds()?;
    let left = within_user(tx, key, bounds).await?;
    // The key's expiry does not matter here: it gives no authority over others.
    Bounds { ends: caller.bounds().ends, ..left }.check_within(caller.bounds())
}

/// The bounds of a key, limited to what its user may do now; those of a user who left are not limited.
async fn within_user(tx: &mut TenantTx, key: &Key, bounds: Bounds) -> Result<Bounds> {
    match tx.fetch_optional(store::rights_of(key.created_by)).await? {
        Some((role, permissions)) => Ok(bounds.within(&Bounds::of_member(role.parse()?, &permissions))),
        None => Ok(bounds),
    }
}

/// Makes an owner responsible for a key: the key survives when its former user leaves, and a suspended key works again.
/// The key no longer derives from the key that created it.
///
/// # Errors
/// `permission_denied` when the caller is not an owner; `conflict` when the key is revoked or has expired.
pub async fn key_adopt(db: &Db, caller: &Caller, id: ApiKeyId) -> Result<Key> {
    caller.allow(WRITE)?;
    let mut tx = db.tenant(caller).begin().await?;
    let key = tx.fetch_optional(store::key_lock(id)).await?.or_not_found("key")?;
    let Some(owner) = caller.user().filter(|_| caller.role() == Role::Owner) else {
        let message = "Only a signed-in owner can adopt a key, since they are responsible for it from then on.";
        return Err(Error::new(codes::PERMISSION_DENIED, message));
    };
    match key.state(tx.now()) {
        KeyState::Revoked => return Err(Error::new(codes::CONFLICT, "The key was revoked. Create another one.")),
        KeyState::Expired => return Err(Error::new(codes::CONFLICT, "The key has expired. Create another one.")),
        KeyState::Active | KeyState::Suspended => {}
    }
    caller_check(&mut tx).await?;
    let adopted = tx.fetch_one(store::key_adopt(id, owner)).await?;
    let event = event_publish(&mut tx, &KeyAdopted::of(&adopted)).await?;
    audit(&mut tx, event, "key.adopted", &adopted, Some(&key)).await?;
    tx.commit().await?;
    Ok(adopted)
}

/// Records the caller's action on a key in the audit log, under the id of the event that announces it. `before` is the
/// key before the change; none where nothing of it changes that members see.
async fn audit(tx: &mut TenantTx, event: EventId, action: &'static str, key: &Key, before: Option<&Key>) -> Result<()> {
    audit_append(tx, audit_entry(event, action, key, before)).await
}

/// The audit entry for an action on a key, under the id of the event that announces it.
fn audit_entry(event: EventId, action: &'static str, key: &Key, before: Option<&Key>) -> NewEntry {
    let entry = NewEntry::of_event(event, action, key.id)
        .detail(json!({ "name": key.name, "scopes": key.scopes, "allowed_networks": key.allowed_networks }));
    let changeable =
        |key: &Key| json!({ "name": key.name, "created_by": key.created_by, "allowed_networks": key.allowed_networks });
    match before {
        Some(before) => entry.differing(changeable(before), changeable(key)),
        None => entry,
    }
}
