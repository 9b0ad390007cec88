//! Endpoints: the URLs that receive events.

mod draft;
mod store;

use freehold_core::{Area, Caller, Error, Limit, OptionExt, Page, PageRequest, Permission, Result, Secret, codes};
use freehold_db::{
    Db, TenantTx,
    audit::{NewEntry, audit_append},
    row,
};
use freehold_outbound::{Allowed, origin_of};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub use draft::{EndpointChange, EndpointDraft, EndpointNew};
pub use store::STATEMENTS;

use super::{EndpointId, Secrets, Signature};

/// The permission to read endpoints and their deliveries.
pub const READ: Permission = Permission::read(Area::Webhooks);
/// The permission to change endpoints and to send events to them again.
pub const WRITE: Permission = Permission::write(Area::Webhooks);

/// Default time for which an old secret still signs, in seconds: a day.
const OVERLAP: i64 = 24 * 3600;
/// Longest time for which an old secret still signs, in seconds: a week.
const LONGEST_OVERLAP: i64 = 7 * 24 * 3600;

row! {
    /// An endpoint, without its secret.
    #[derive(Clone, Debug)]
    pub struct Endpoint {
        /// Id of the endpoint.
        pub id: EndpointId,
        /// URL that receives the events.
        pub url: String,
        /// Description by its owner, at most 500 characters.
        pub description: String,
        /// Filters of events: types, beginnings (`call.*`) or `*`.
        pub patterns: Vec<String>,
        /// Whether events are sent to the endpoint.
        pub enabled: bool,
        /// When the endpoint was disabled, UTC; none while it is enabled.
        pub disabled_at: Option<Timestamp>,
        /// Why it is disabled: `asked` (by a user), `gone` (it answered 410) or `failing`; none while it is enabled.
        pub disabled_because: Option<String>,
        /// Kind of signature: `v1` or `v1a`.
        pub signature: String,
        /// Public key of `v1a`; none for `v1`.
        pub public_key: Option<String>,
        /// Until when the previous secret also signs, UTC; none when there is no previous secret.
        pub previous_until: Option<Timestamp>,
        /// Most requests per second; none for no limit.
        pub per_second: Option<i32>,
        /// Most requests under way at once.
        pub at_once: i32,
        /// Time of the first failure since the last success, UTC; none while attempts succeed.
        pub failing_since: Option<Timestamp>,
        /// Number of changes by its owner.
        pub revision: i32,
        /// When the endpoint was created, UTC.
        pub created_at: Timestamp,
        /// Time of the last change by its owner, UTC.
        pub updated_at: Timestamp,
    }
}

impl Endpoint {
    /// Version of the endpoint, for `If-Match`. Automatic changes count, too: a caller who has read an enabled endpoint
    /// must not disable it without having seen them.
    pub fn version(&self) -> String {
        format!("{}-{}", self.revision, self.enabled)
    }

    /// What its owner sets, for the audit. Of the URL only scheme and host, because its path and query can hold a secret.
    fn facts(&self) -> Value {
        json!({
            "url": origin_of(&self.url),
            "description": self.description,
            "events": self.patterns,
            "enabled": self.enabled,
            "per_second": self.per_second,
            "at_once": self.at_once,
        })
    }
}

/// The plan's limit of endpoints.
#[derive(Clone, Debug)]
pub struct Room {
    /// Most endpoints of a tenant.
    pub limit: i64,
    /// Id of the plan, for the error.
    pub plan: String,
}

/// A rotation of an endpoint's secret.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rotation {
    /// Kind of signature from now on; none: as before.
    pub signature: Option<Signature>,
    /// How long the previous secret still signs, in seconds, 0 to 604,800 (a week); none: 86,400 (a day).
    pub overlap_seconds: Option<i64>,
}

impl Rotation {
    fn overlap(self) -> Result<SignedDuration> {
        let seconds = self.overlap_seconds.unwrap_or(OVERLAP);
        if (0..=LONGEST_OVERLAP).contains(&seconds) {
            return Ok(SignedDuration::from_secs(seconds));
        }
        let message = format!("expected 0 to {LONGEST_OVERLAP} seconds (a week)");
        Err(Error::invalid("/overlap_seconds", message))
    }
}

/// Creates an endpoint if the plan's limit allows one more. Returns the secret of `v1`, which is shown only once; for
/// `v1a` the endpoint holds the public key, which is all that a receiver needs.
///
/// # Errors
/// `permission_denied`; `quota_exceeded`.
pub async fn endpoint_create(
    tx: &mut TenantTx,
    secrets: Secrets<'_>,
    room: &Room,
    draft: EndpointDraft,
    signature: Signature,
) -> Result<(Endpoint, Option<Secret>)> {
    tx.caller().allow(WRITE)?;
    let (tenant, id) = (tx.caller().tenant(), tx.id());
    tx.execute(store::endpoint_count_lock()).await?;
    let (used,) = tx.fetch_one(store::endpoint_count()).await?;
    if used >= room.limit {
        return Err(full(room, used));
    }
    let made = secrets.make(id, signature)?;
    let EndpointDraft { url, description, patterns, enabled, per_second, at_once } = draft;
    let insert = store::endpoint_insert(store::EndpointRow {
        tenant,
        id,
        url,
        description,
        patterns,
        enabled,
        signature: signature.name(),
        sealed_secret: made.sealed,
        public_key: made.public,
        per_second,
        at_once,
    });
    let endpoint = tx.fetch_one(insert).await?;
    tx.execute(store::lane_insert(tenant, id)).await?;
    audit_append(tx, NewEntry::new(tx.id(), "webhook.created", id).detail(endpoint.facts())).await?;
    Ok((endpoint, made.shown))
}

fn full(Room { limit, plan }: &Room, used: i64) -> Error {
    let endpoints = if *limit == 1 { "endpoint" } else { "endpoints" };
    let message = format!(
        "The plan includes {limit} webhook {endpoints}, and {used} are there. Upgrade to go on, or delete one that you no \
         longer need."
    );
    let meter = "webhook_endpoints".to_owned();
    Error::new(codes::QUOTA_EXCEEDED, message).with_limit(Limit { meter, limit: *limit, used, plan: plan.clone() })
}

/// A page of endpoints, the newest first.
pub async fn endpoint_list(db: &Db, caller: &Caller, request: PageRequest) -> Result<Page<Endpoint>> {
    caller.allow(READ)?;
    let rows = db.tenant(caller).fetch_all(store::endpoint_list(request.before(), request.rows())).await?;
    Ok(request.page(rows, |endpoint| endpoint.id))
}

/// One endpoint.
pub async fn endpoint_get(db: &Db, caller: &Caller, id: EndpointId) -> Result<Endpoint> {
    caller.allow(READ)?;
    db.tenant(caller).fetch_optional(store::endpoint_find(id)).await?.or_not_found("webhook")
}

/// Updates an endpoint if `check` accepts its current state. Enabling it sends the deliveries that have been waiting.
pub async fn endpoint_change(
    db: &Db,
    caller: &Caller,
    id: EndpointId,
    change: EndpointChange,
    allowed: &Allowed,
    check: impl FnOnce(&Endpoint) -> Result<()>,
) -> Result<Endpoint> {
    caller.allow(WRITE)?;
    let mut tx = db.tenant(caller).begin().await?;
    let current = endpoint_lock(&mut tx, id).await?;
    check(&current)?;
    let (enabled_before, before, url_before) = (current.enabled, current.facts(), current.url.clone());
    let EndpointDraft { url, description, patterns, enabled, per_second, at_once } = change.over(current, allowed)?;
    let update = store::endpoint_update(id, url, description, patterns, enabled, per_second, at_once);
    let endpoint = tx.fetch_one(update).await?;
    if enabled && !enabled_before {
        lanes_arm(&mut tx, id).await?;
    }
    let url_changed = json!({ "url_changed": endpoint.url != url_before });
    let entry = NewEntry::new(tx.id(), "webhook.updated", id).differing(before, endpoint.facts()).detail(url_changed);
    audit_append(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(endpoint)
}

/// Deletes an endpoint, in every state of the organization. Its waiting deliveries are never sent.
pub async fn endpoint_delete(db: &Db, caller: &Caller, id: EndpointId) -> Result<()> {
    let caller = caller.allow_taking_away(WRITE)?;
    let mut tx = db.tenant(&caller).begin().await?;
    if tx.execute(store::endpoint_delete(id)).await? == 0 {
        return Err(Error::not_found("webhook"));
    }
    tx.execute(store::lane_delete(id)).await?;
    let entry = NewEntry::new(tx.id(), "webhook.deleted", id);
    audit_append(&mut tx, entry).await?;
    tx.commit().await
}

/// Rotates the secret of an endpoint.
///
/// # Errors
/// `permission_denied`; `not_found`; `validation_failed` for an overlap that is too long.
pub async fn secret_rotate(
    tx: &mut TenantTx,
    secrets: Secrets<'_>,
    id: EndpointId,
    rotation: Rotation,
) -> Result<(Endpoint, Option<Secret>)> {
    let now = tx.now();
    tx.caller().allow(WRITE)?;
    let overlap = rotation.overlap()?;
    let current = endpoint_lock(tx, id).await?;
    let signature = rotation.signature.map_or_else(|| current.signature.parse(), Ok)?;
    let made = secrets.make(id, signature)?;
    let until = now.saturating_add(overlap).unwrap_or(now);
    let rotate = store::secret_rotate(id, signature.name(), made.sealed, made.public, until);
    let rotated = tx.fetch_one(rotate).await?;
    let detail = json!({ "signature": rotated.signature, "previous_until": rotated.previous_until });
    audit_append(tx, NewEntry::new(tx.id(), "webhook.secret_rotated", id).detail(detail)).await?;
    Ok((rotated, made.shown))
}

/// One endpoint, locked until the transaction ends.
pub(super) async fn endpoint_lock(tx: &mut TenantTx, id: EndpointId) -> Result<Endpoint> {
    tx.fetch_optional(store::endpoint_lock(id)).await?.or_not_found("webhook")
}

/// Makes the sender look for due deliveries of an endpoint.
pub(super) async fn lanes_arm(tx: &mut TenantTx, id: EndpointId) -> Result<()> {
    tx.execute(store::lanes_arm(vec![id.uuid()])).await.map(drop)
}
