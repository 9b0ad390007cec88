//! API keys of an organization. The form of the text is in [`api_key`](crate::api_key); here is who has which.

mod store;

use freehold_core::{
    ApiKeyId, Area, Caller, Error, OptionExt, Page, PageRequest, Result, Role, Scopes, Secret, TenantId, UserId, codes,
};
use freehold_db::{Db, TenantTx, row};
use freehold_jobs::outbox::{EventId, event_publish};
use freehold_vault::{Purpose, Vault};
use jiff::Timestamp;
use serde_json::json;

pub use store::STATEMENTS;

use crate::{
    Identity,
    api_key::ApiKey,
    event::{KeyCreated, KeyRevoked},
};

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
        /// The role of whoever made it.
        pub role: String,
        /// What it may do of that; empty: everything.
        pub scopes: Vec<String>,
        /// Who made it.
        pub created_by: Option<UserId>,
        /// When.
        pub created_at: Timestamp,
        /// Works until then.
        pub expires_at: Option<Timestamp>,
        /// Last used, exact to the minute.
        pub last_used_at: Option<Timestamp>,
        /// Works no longer since then.
        pub revoked_at: Option<Timestamp>,
    }
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// 1 to 100 characters.
    pub name: String,
    /// For live data.
    pub live: bool,
    /// What it may do; empty: everything its maker may.
    pub scopes: Vec<String>,
    /// Works until then.
    pub expires_at: Option<Timestamp>,
}

/// Makes a key for the caller's organization. The secret is given here and nowhere else. `areas` are those a scope may
/// name.
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
    let scopes = Scopes::parse(new.scopes, areas)?;
    refuse_wider(caller, &scopes)?;
    let secret = ApiKey::generate(new.live, &identity.random);
    let key = tx
        .fetch_one(store::key_insert(
            caller.tenant(),
            identity.ids.next(),
            name,
            secret.lookup_prefix(),
            secret.digest(&identity.vault).to_vec(),
            new.live,
            caller.role().name(),
            scopes.names(),
            caller.user(),
            now,
            new.expires_at,
        ))
        .await?;
    let event: EventId = identity.ids.next();
    event_publish(tx, caller.tenant(), event, &KeyCreated::of(&key), now).await?;
    audit(tx, caller, ("key.created", &key), (event, now)).await?;
    Ok((key, secret.into_secret()))
}

/// A key with scopes makes no key that can do more than itself.
fn refuse_wider(caller: &Caller, scopes: &Scopes) -> Result<()> {
    let own = caller.scopes();
    if own.names().is_empty() {
        return Ok(());
    }
    let wider = scopes.names().is_empty() || !scopes.names().iter().all(|scope| own.names().contains(scope));
    if wider {
        let own = own.names().join(", ");
        return Err(Error::new(
            codes::PERMISSION_DENIED,
            format!("A key cannot hand out more than its own scopes: {own}."),
        ));
    }
    Ok(())
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

/// Ends a key, at once. The row stays, so that people can see what there was.
pub async fn key_revoke(identity: &Identity, caller: &Caller, id: ApiKeyId) -> Result<Key> {
    let now = identity.clock.now();
    let mut tx = identity.db.tenant(caller).begin().await?;
    let Some(key) = tx.fetch_optional(store::key_revoke(id, now)).await? else {
        // Revoked before, or never there.
        return tx.fetch_optional(store::key_find(id)).await?.or_not_found("key");
    };
    let event: EventId = identity.ids.next();
    event_publish(&mut tx, caller.tenant(), event, &KeyRevoked::of(&key), now).await?;
    audit(&mut tx, caller, ("key.revoked", &key), (event, now)).await?;
    tx.commit().await?;
    Ok(key)
}

/// Writes down that the caller did something to a key, under the id of the event that tells of it.
async fn audit(
    tx: &mut TenantTx,
    caller: &Caller,
    (action, key): (&'static str, &Key),
    (event, now): (EventId, Timestamp),
) -> Result<()> {
    let (actor, tenant) = (caller.actor(), caller.tenant());
    let detail = json!({ "name": key.name, "scopes": key.scopes });
    let subject = key.id.to_string();
    let append = store::audit_append(tenant, event.uuid(), actor.kind(), actor.id(), action, &subject, detail, now);
    tx.fetch_one(append).await.map(drop)
}

row! {
    /// What a key stands for.
    #[derive(Clone, Debug)]
    pub struct Holder {
        /// Whose key.
        pub tenant_id: TenantId,
        /// Which key.
        pub id: ApiKeyId,
        /// For live data.
        pub live: bool,
        role: String,
        scopes: Vec<String>,
        /// Who made it.
        pub created_by: Option<UserId>,
        /// Works until then.
        pub expires_at: Option<Timestamp>,
    }
}

impl Holder {
    /// What the key may do: its maker's role then, and where the maker is still a member not more than his role now.
    pub fn role(&self, maker_now: Option<Role>) -> Result<Role> {
        let then: Role = self.role.parse()?;
        Ok(maker_now.map_or(then, |now| now.min(then)))
    }

    /// What of that it is narrowed to.
    pub fn scopes(&self) -> Scopes {
        Scopes::stored(self.scopes.clone())
    }
}

/// What the key stands for, when it exists and works; notes that it was used.
pub async fn key_holder(db: &Db, vault: &Vault, key: &str, now: Timestamp) -> Result<Option<Holder>> {
    // Also under older master keys, so that changing the master key breaks no program.
    let digests: Vec<Vec<u8>> = vault.macs(Purpose::ApiKey, key.as_bytes()).map(Vec::from).collect();
    db.system("look up a key").fetch_optional(store::key_holder(digests, now)).await
}
