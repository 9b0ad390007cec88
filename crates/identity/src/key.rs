//! API keys of an organization. The form of the text is in [`api_key`](crate::api_key); here is who has which.
//!
//! A key derives its authority from the user behind it, and, where a key created it, from that key: `authority` computes what is
//! left of it at each use. When the user goes, `suspension` tells the owners, who adopt the key ([`key_adopt`]) or revoke it.

mod authority;
mod store;
mod suspension;

use freehold_core::{
    ApiKeyId, Area, Bounds, Caller, Error, OptionExt, Page, PageRequest, Result, Role, Scopes, Secret, TenantId,
    UserId, codes,
};
use freehold_db::{Db, Query, TenantTx, row};
use freehold_jobs::outbox::{EventId, event_publish};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

pub use authority::{Holder, key_bounds, key_holder};
pub use store::STATEMENTS;
pub use suspension::handler as suspension_handler;

use crate::{
    Identity,
    api_key::ApiKey,
    event::{KeyAdopted, KeyCreated, KeyRevoked},
};

/// The most keys in a line, each created by the one before.
const GENERATIONS: i64 = 8;

row! {
    /// A key as its organization sees it: everything but the key.
    #[derive(Clone, Debug)]
    pub struct Key {
        /// Its id.
        pub id: ApiKeyId,
        /// What people call it.
        pub name: String,
        /// The key's first characters.
        pub prefix: String,
        /// For live data; a test key says so.
        pub live: bool,
        /// The most it may do: `viewer`, `member`, `admin` or `owner`. The present role of the user behind it bounds it, too.
        pub role: String,
        /// What it may do of that; empty: everything.
        pub scopes: Vec<String>,
        /// The user behind it, who created it or the key that did; null for keys from before users were recorded.
        pub created_by: Option<UserId>,
        /// The key that created it; null: a user did.
        pub parent_id: Option<ApiKeyId>,
        /// When.
        pub created_at: Timestamp,
        /// Works until then.
        pub expires_at: Option<Timestamp>,
        /// Last used, exact to the minute.
        pub last_used_at: Option<Timestamp>,
        /// Suspended since then, because the user behind it left the organization; null: it is not.
        pub suspended_at: Option<Timestamp>,
        /// Revoked since then; null: it is not.
        pub revoked_at: Option<Timestamp>,
    }
}

impl Key {
    /// How it stands: `active`, `suspended`, `expired` or `revoked`.
    pub fn state(&self, now: Timestamp) -> &'static str {
        if self.revoked_at.is_some() {
            "revoked"
        } else if self.expires_at.is_some_and(|end| end <= now) {
            "expired"
        } else if self.suspended_at.is_some() {
            "suspended"
        } else {
            "active"
        }
    }

    /// The most it may do, whatever became of those it derives from.
    fn own_bounds(&self) -> Result<Bounds> {
        Bounds::stored(&self.role, &self.scopes, self.live, self.expires_at)
    }
}

/// What a key to be created is asked to be.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// 1 to 100 characters.
    pub name: String,
    /// For live data. Null: what the caller is for, which for users is live.
    pub live: Option<bool>,
    /// What it may do; empty: everything the caller may.
    pub scopes: Vec<String>,
    /// When it ends; null: when the caller does, which for users is never.
    pub expires_at: Option<Timestamp>,
}

/// Creates a key for the caller's organization. The secret is given here and nowhere else. `areas` are those a scope may
/// name.
///
/// # Errors
/// `validation_failed` for a name, scope or time that is invalid; `permission_denied` when the key would exceed the caller in
/// any dimension; `conflict` when keys created it in too long a line.
pub async fn key_create(
    identity: &Identity,
    tx: &mut TenantTx,
    caller: &Caller,
    new: NewKey,
    areas: &[Area],
) -> Result<(Key, Secret)> {
    let now = identity.clock.now();
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(Error::invalid("/name", "expected 1 to 100 characters, without control characters"));
    }
    if new.expires_at.is_some_and(|end| end <= now) {
        return Err(Error::invalid("/expires_at", "expected a time to come"));
    }
    let giver = caller.bounds();
    let bounds = Bounds {
        role: caller.role(),
        scopes: Scopes::parse(new.scopes, areas)?,
        live: new.live.unwrap_or(giver.live),
        ends: new.expires_at.or(giver.ends),
    };
    bounds.check_within(giver)?;
    caller_check(tx, caller).await?;
    if let Some(parent) = caller.api_key() {
        let (line,) = tx.fetch_one(store::key_line(parent)).await?;
        if line >= GENERATIONS {
            let message =
                format!("A key created by a line of {GENERATIONS} keys creates no other. Use an earlier one.");
            return Err(Error::new(codes::CONFLICT, message));
        }
    }
    let secret = ApiKey::generate(bounds.live, &identity.random);
    let key = tx
        .fetch_one(store::key_insert(
            caller.tenant(),
            identity.ids.next(),
            name,
            secret.lookup_prefix(),
            secret.digest(&identity.vault).to_vec(),
            bounds.live,
            bounds.role.name(),
            bounds.scopes.names(),
            caller.behind(),
            caller.api_key(),
            now,
            bounds.ends,
        ))
        .await?;
    let event: EventId = identity.ids.next();
    event_publish(tx, caller.tenant(), event, &KeyCreated::of(&key), now).await?;
    audit(tx, caller, ("key.created", &key), (event, now)).await?;
    Ok((key, secret.into_secret()))
}

/// Refuses a caller whose user has lost the role since the request was let in: callers are believed for half a second, and what
/// is created in it would last. The role is kept from changing until the transaction ends.
async fn caller_check(tx: &mut TenantTx, caller: &Caller) -> Result<()> {
    let Some(user) = caller.behind() else { return Ok(()) };
    let found = tx.fetch_optional(store::role_share(user)).await?;
    caller.still_has(found.map(|(role,)| role.parse()).transpose()?)
}

/// The caller's keys, the newest first.
pub async fn key_list(db: &Db, caller: &Caller, request: PageRequest) -> Result<Page<Key>> {
    let rows = db.tenant(caller).fetch_all(store::key_list(request.before(), request.rows())).await?;
    Ok(request.page(rows, |key| key.id))
}

/// One of the caller's keys.
pub async fn key_get(db: &Db, caller: &Caller, id: ApiKeyId) -> Result<Key> {
    db.tenant(caller).fetch_optional(store::key_find(id)).await?.or_not_found("key")
}

/// Revokes a key, and all that it created, at once. The rows stay, so that members can see what there was.
///
/// # Errors
/// `permission_denied` for a key that may do more than the caller, unless the caller created it.
pub async fn key_revoke(identity: &Identity, caller: &Caller, id: ApiKeyId) -> Result<Key> {
    let now = identity.clock.now();
    let mut tx = identity.db.tenant(caller).begin().await?;
    // All in one order, which is that of the trigger on members, too.
    let locked = tx.fetch_all(store::keys_lock(id)).await?;
    let key = locked.into_iter().find(|key| key.id == id).or_not_found("key")?;
    revoking_check(&mut tx, caller, &key).await?;
    for revoked in tx.fetch_all(store::key_revoke(id, now)).await? {
        let event: EventId = identity.ids.next();
        event_publish(&mut tx, caller.tenant(), event, &KeyRevoked::of(&revoked), now).await?;
        audit(&mut tx, caller, ("key.revoked", &revoked), (event, now)).await?;
    }
    let revoked = tx.fetch_one(store::key_find(id)).await?;
    tx.commit().await?;
    Ok(revoked)
}

/// Nothing, when the caller may revoke the key: it may do nothing that the caller may not, or the caller is it, or created it.
async fn revoking_check(tx: &mut TenantTx, caller: &Caller, key: &Key) -> Result<()> {
    if let Some(own) = caller.api_key()
        && tx.fetch_one(store::key_descends(key.id, own)).await?.0
    {
        return Ok(());
    }
    let bounds = key.own_bounds()?;
    // What the user behind it may no longer do counts no longer. When and whether it ends is no authority over others.
    let (role_now,) = tx.fetch_optional(store::role_of(key.created_by)).await?.unwrap_or((None,));
    let role_now = role_now.as_deref().map_or(Ok(bounds.role), str::parse::<Role>)?;
    let left = Bounds { role: bounds.role.min(role_now), ends: caller.bounds().ends, ..bounds };
    left.check_within(caller.bounds())
}

/// Makes an owner the user behind a key: it goes on when the user leaves who was behind it, or, where it is suspended, works
/// again. A key that created it counts no longer.
///
/// # Errors
/// `permission_denied` when the caller is no owner; `conflict` when the key is revoked or has expired.
pub async fn key_adopt(identity: &Identity, caller: &Caller, id: ApiKeyId) -> Result<Key> {
    let now = identity.clock.now();
    let mut tx = identity.db.tenant(caller).begin().await?;
    let key = tx.fetch_optional(store::key_lock(id)).await?.or_not_found("key")?;
    let Some(owner) = caller.user().filter(|_| caller.role() == Role::Owner) else {
        let message = "Only an owner who signed in adopts a key, since they answer for it from then on.";
        return Err(Error::new(codes::PERMISSION_DENIED, message));
    };
    match key.state(now) {
        "revoked" => return Err(Error::new(codes::CONFLICT, "The key was revoked. Create another one.")),
        "expired" => return Err(Error::new(codes::CONFLICT, "The key has expired. Create another one.")),
        _ => {}
    }
    caller_check(&mut tx, caller).await?;
    let adopted = tx.fetch_one(store::key_adopt(id, owner)).await?;
    let event: EventId = identity.ids.next();
    event_publish(&mut tx, caller.tenant(), event, &KeyAdopted::of(&adopted), now).await?;
    audit(&mut tx, caller, ("key.adopted", &adopted), (event, now)).await?;
    tx.commit().await?;
    Ok(adopted)
}

/// Writes down that the caller did something to a key, under the id of the event that tells of it.
async fn audit(
    tx: &mut TenantTx,
    caller: &Caller,
    (action, key): (&'static str, &Key),
    (event, now): (EventId, Timestamp),
) -> Result<()> {
    let (actor, tenant) = (caller.actor(), caller.tenant());
    let entry = audit_entry(tenant, (actor.kind(), actor.id()), (action, key), (event, now));
    tx.fetch_one(entry).await.map(drop)
}

/// The audit entry of what an actor did to a key.
fn audit_entry(
    tenant: TenantId,
    (kind, actor): (&str, Option<Uuid>),
    (action, key): (&'static str, &Key),
    (event, now): (EventId, Timestamp),
) -> Query<(bool,)> {
    let detail = json!({ "name": key.name, "scopes": key.scopes });
    store::audit_append(tenant, event.uuid(), kind, actor, action, &key.id.to_string(), detail, now)
}
