//! Where somebody wants to be told of events.

mod draft;
mod store;

use freehold_core::{Caller, Error, Limit, OptionExt, Page, PageRequest, Result, Secret, TenantId, codes};
use freehold_db::{Db, TenantTx, row};
use freehold_outbound::Allowed;
use jiff::{SignedDuration, Timestamp};

pub use draft::{EndpointChange, EndpointDraft, EndpointNew};
pub use store::STATEMENTS;

use super::{EndpointId, Secrets, Signature};

row! {
    /// An endpoint, without its secret.
    #[derive(Clone, Debug)]
    pub struct Endpoint {
        /// Which.
        pub id: EndpointId,
        /// Where to.
        pub url: String,
        /// What its owner calls it.
        pub description: String,
        /// Which events: types, beginnings (`call.*`) or `*`.
        pub patterns: Vec<String>,
        /// Whether anything is sent.
        pub enabled: bool,
        /// Since when not.
        pub disabled_at: Option<Timestamp>,
        /// `asked` for, `gone` (it answered 410) or `failing`.
        pub disabled_because: Option<String>,
        /// `v1` or `v1a`.
        pub signature: String,
        /// Of `v1a`.
        pub public_key: Option<String>,
        /// The secret before this one signs as well until then.
        pub previous_until: Option<Timestamp>,
        /// Most requests a second; none: no limit.
        pub per_second: Option<i32>,
        /// Most requests on the way at once.
        pub at_once: i32,
        /// The first failure since the last success.
        pub failing_since: Option<Timestamp>,
        /// Counts its owner's changes.
        pub revision: i32,
        /// Since when.
        pub created_at: Timestamp,
        /// Last change by its owner.
        pub updated_at: Timestamp,
    }
}

/// How many endpoints the plan has room for.
#[derive(Clone, Debug)]
pub struct Room {
    /// That many.
    pub limit: i64,
    /// The plan's id, for the refusal.
    pub plan: String,
}

/// Makes an endpoint, if the plan has room for one more. The secret of `v1` is shown this once; of `v1a` the endpoint holds
/// the public key, which is all that a receiver needs.
pub async fn endpoint_create(
    tx: &mut TenantTx,
    secrets: Secrets<'_>,
    room: &Room,
    (tenant, id): (TenantId, EndpointId),
    draft: EndpointDraft,
    signature: Signature,
    now: Timestamp,
) -> Result<(Endpoint, Option<Secret>)> {
    tx.execute(store::endpoint_count_lock()).await?;
    let (used,) = tx.fetch_one(store::endpoint_count()).await?;
    if used >= room.limit {
        return Err(full(room, used));
    }
    let made = secrets.make(id, signature)?;
    let EndpointDraft { url, description, patterns, enabled, per_second, at_once } = draft;
    let insert = store::endpoint_insert(
        tenant,
        id,
        url,
        description,
        patterns,
        enabled,
        signature.name(),
        made.sealed,
        made.public,
        per_second,
        at_once,
        now,
    );
    let endpoint = tx.fetch_one(insert).await?;
    tx.execute(store::lane_insert(tenant, id)).await?;
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
    let rows = db.tenant(caller).fetch_all(store::endpoint_list(request.before(), request.rows())).await?;
    Ok(request.page(rows, |endpoint| endpoint.id))
}

/// One endpoint.
pub async fn endpoint_get(db: &Db, caller: &Caller, id: EndpointId) -> Result<Endpoint> {
    db.tenant(caller).fetch_optional(store::endpoint_find(id)).await?.or_not_found("webhook")
}

/// Changes an endpoint, if `check` agrees to how it is. Enabling it sends what has been waiting since.
pub async fn endpoint_change(
    tx: &mut TenantTx,
    id: EndpointId,
    change: EndpointChange,
    allowed: &Allowed,
    check: impl FnOnce(&Endpoint) -> Result<()>,
    now: Timestamp,
) -> Result<Endpoint> {
    let current = endpoint_lock(tx, id).await?;
    check(&current)?;
    let enabled_before = current.enabled;
    let EndpointDraft { url, description, patterns, enabled, per_second, at_once } = change.over(current, allowed)?;
    let update = store::endpoint_update(id, url, description, patterns, enabled, per_second, at_once, now);
    let endpoint = tx.fetch_one(update).await?;
    if enabled && !enabled_before {
        lanes_arm(tx, id, now).await?;
    }
    Ok(endpoint)
}

/// Deletes an endpoint. What waits for it is never sent.
pub async fn endpoint_delete(tx: &mut TenantTx, id: EndpointId, now: Timestamp) -> Result<()> {
    if tx.execute(store::endpoint_delete(id, now)).await? == 0 {
        return Err(Error::not_found("webhook"));
    }
    tx.execute(store::lane_delete(id)).await.map(drop)
}

/// Gives an endpoint another secret, of the same kind or another. The one before signs as well for as long as `overlap`.
pub async fn secret_rotate(
    tx: &mut TenantTx,
    secrets: Secrets<'_>,
    id: EndpointId,
    signature: Option<Signature>,
    overlap: SignedDuration,
    now: Timestamp,
) -> Result<(Endpoint, Option<Secret>)> {
    let current = endpoint_lock(tx, id).await?;
    let signature = signature.map_or_else(|| current.signature.parse(), Ok)?;
    let made = secrets.make(id, signature)?;
    let until = now.saturating_add(overlap).unwrap_or(now);
    let rotate = store::secret_rotate(id, signature.name(), made.sealed, made.public, until, now);
    Ok((tx.fetch_one(rotate).await?, made.shown))
}

/// One endpoint, which nobody else changes until the transaction ends.
pub(super) async fn endpoint_lock(tx: &mut TenantTx, id: EndpointId) -> Result<Endpoint> {
    tx.fetch_optional(store::endpoint_lock(id)).await?.or_not_found("webhook")
}

/// Has the sender look at an endpoint.
pub(super) async fn lanes_arm(tx: &mut TenantTx, id: EndpointId, now: Timestamp) -> Result<()> {
    tx.execute(store::lanes_arm(vec![id.uuid()], now)).await.map(drop)
}
