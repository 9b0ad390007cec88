//! The inbox: Stripe's webhook events, stored as received.
//!
//! An event is stored and answered at once, with a job in the same transaction. The job does not use the content of the
//! event; the event only makes it ask Stripe again. So events may arrive twice, late, in any order or not at all: what
//! is stored is what Stripe has at the time of asking.

mod incoming;
mod payload;
mod store;
mod unsigned;

use std::time::Duration;

use freehold_core::{Context, Error, OptionExt, Result, TenantId, codes};
use freehold_db::{SystemTx, row};
use freehold_jobs::{Backoff, Done, Job, JobKind};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use incoming::Incoming;
pub use store::STATEMENTS;
pub(crate) use unsigned::Unsigned;

use crate::{
    Billing,
    account::{account_lock, account_of_customer, account_write_customer},
    stripe::signature,
};

/// Job: processes one event.
pub const EVENT: JobKind = JobKind {
    attempts: 15,
    at_once: Some(1),
    time_limit: Duration::from_mins(1),
    backoff: Backoff { first: Duration::from_secs(1), factor: 3, most: Duration::from_mins(30) },
    ..JobKind::named("billing.event")
};

/// How long an event is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 60);
/// Number of events deleted at once.
const PORTION: i64 = 5_000;
/// Most events that one replay reopens.
const REPLAYED: i64 = 10_000;

/// The result of receiving an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = StripeEventReceipt)]
pub enum Received {
    /// The event is stored, and a job will process it.
    New,
    /// The event was received before.
    Known,
    /// The event is stored, and needs no processing.
    Ignored,
}

row! {
    /// An event in the inbox.
    #[derive(Clone, Debug, PartialEq)]
    pub struct InboxEvent {
        /// Id of the event at Stripe: `evt_…`.
        pub event_id: String,
        /// Number of the event, in the order of arrival.
        pub number: i64,
        /// Type of the event, such as `customer.subscription.updated`.
        pub kind: String,
        /// When it happened, according to Stripe.
        pub created_at: Timestamp,
        /// When it first arrived.
        pub received_at: Timestamp,
        /// How often it arrived.
        pub times: i32,
        /// Whether it is about real money.
        pub livemode: bool,
        /// Id of the object that it is about.
        pub object_id: Option<String>,
        /// Id of the customer that it is about.
        pub customer_id: Option<String>,
        /// The tenant of that customer.
        pub tenant_id: Option<TenantId>,
        /// `waiting`, `done`, `ignored` or `failed`.
        pub state: String,
        /// Reason for the state, in words.
        pub note: Option<String>,
        /// When it was processed; none: not yet.
        pub processed_at: Option<Timestamp>,
    }
}

/// Payload of the job.
#[derive(Deserialize)]
struct Payload {
    event: String,
}

/// Receives a webhook. `header` is the value of `Stripe-Signature`, `body` the exact bytes. Every signed body is
/// stored, however odd, because Stripe retries a rejected one for days.
///
/// # Errors
/// `malformed_request` without a valid signature of the last 5 minutes.
pub async fn event_receive(billing: &Billing, header: Option<&str>, body: &[u8]) -> Result<Received> {
    let now = billing.clock.now();
    signature::check(&billing.webhook_secrets, header.unwrap_or_default(), body, now).map_err(|error| {
        if let Some(count) = billing.unsigned().count(now) {
            tracing::warn!(%error, count, "webhooks that Stripe did not sign were refused");
        }
        Error::new(codes::MALFORMED_REQUEST, format!("The signature is invalid: {error}."))
    })?;
    let event = Incoming::read(body);
    let job: Uuid = billing.ids.next::<freehold_jobs::AnyJob>().uuid();
    let query = store::event_receive(store::ReceivedEvent {
        event: &event.id,
        kind: &event.kind,
        created: event.created.unwrap_or(now),
        live: event.live,
        version: event.version.as_deref(),
        object: event.object.as_deref(),
        customer: event.customer.as_deref(),
        payload: &event.payload,
        job,
        job_kind: EVENT.name,
        attempts: EVENT.attempts,
        state: event.state,
        note: &event.note,
    });
    let outcome = billing.db.system("receive an event of Stripe").fetch_optional(query).await?;
    let (outcome,) = outcome.ok_or_else(|| Error::internal("the inbox did not answer"))?;
    if event.customer.is_none() && (event.state == "failed" || event.note.contains("thin")) && outcome != "known" {
        tracing::warn!(event = event.id, kind = event.kind, "an event of Stripe cannot be used: {}", event.note);
    }
    tracing::info!(event = event.id, kind = event.kind, outcome, "an event of Stripe");
    if outcome == "new" {
        billing.nudge.nudge();
    }
    Ok(match outcome.as_str() {
        "new" => Received::New,
        "known" => Received::Known,
        _ => Received::Ignored,
    })
}

/// Runs [`EVENT`].
pub(crate) async fn event_process(billing: &Billing, job: &Job) -> Result<Done> {
    let Payload { event } = job.payload()?;
    let Some(found) = inbox_find(billing, &event).await? else { return Ok(Done::Done) };
    // Another request has asked Stripe since the event arrived, so there is nothing left to do.
    let (true, Some(customer)) = (found.state == "waiting", &found.customer_id) else { return Ok(Done::Done) };
    let dealt = match owner(billing, customer).await {
        Ok(Some(tenant)) => billing.refresh_for(tenant, Some((job, customer))).await.map(drop),
        Ok(None) => put_away(billing, &event, "ignored", "The customer belongs to no organization here.").await,
        Err(error) => Err(error),
    };
    if let Err(error) = dealt {
        if job.attempt >= EVENT.attempts {
            put_away(billing, &event, "failed", error.message()).await?;
        }
        return Err(error);
    }
    Ok(Done::Done)
}

/// The tenant of the customer. An unknown customer may have been created for a tenant by a process that died before it
/// could store the id: the customer's metadata at Stripe name the tenant.
async fn owner(billing: &Billing, customer: &str) -> Result<Option<TenantId>> {
    if let Some(tenant) = account_of_customer(billing, customer).await? {
        return Ok(Some(tenant));
    }
    adopt(billing, customer).await
}

/// Assigns an unknown customer to the tenant that its metadata name, if that tenant has none. Returns the customer's
/// tenant; none: it has none.
pub(crate) async fn adopt(billing: &Billing, customer: &str) -> Result<Option<TenantId>> {
    let Some(found) = billing.stripe.customer_get(customer).await? else { return Ok(None) };
    let named = found.metadata.get("freehold_tenant").and_then(|tenant| tenant.parse::<TenantId>().ok());
    let (false, Some(tenant)) = (found.deleted, named) else { return Ok(None) };
    let mut tx = billing.db.system("adopt a customer").begin().await?;
    let account = match account_lock(&mut tx, billing, tenant).await {
        Ok(account) => account,
        Err(error) if error.is(codes::NOT_FOUND) => return Ok(None),
        Err(error) => return Err(error),
    };
    if let Some(its) = account.customer_id {
        // A concurrent process that saw the same customer may have been first.
        return Ok((its == customer).then_some(tenant));
    }
    account_write_customer(&mut tx, tenant, customer).await?;
    tx.commit().await?;
    Ok(Some(tenant))
}

async fn put_away(billing: &Billing, event: &str, state: &str, note: &str) -> Result<()> {
    let query = store::event_put_away(event, state, note);
    billing.db.system("settle an event of Stripe").execute(query).await.map(drop)
}

/// Marks a customer's events that arrived before Stripe was asked as done.
pub(crate) async fn events_done(tx: &mut SystemTx, customer: &str, last: i64) -> Result<()> {
    tx.execute(store::events_done(customer, last)).await.map(drop)
}

/// Returns events of the inbox, the newest first. `state` none: all; `before`: only those with a smaller number; at
/// most `limit`.
pub async fn inbox_list(
    billing: &Billing,
    state: Option<&str>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<InboxEvent>> {
    billing.db.system("read Stripe's inbox").fetch_all(store::inbox_list(state, before, limit)).await
}

/// Returns one event with its body; a body that is not valid JSON is returned as text.
pub async fn inbox_get(billing: &Billing, event: &str) -> Result<(InboxEvent, Value)> {
    let found = inbox_find(billing, event).await?.or_not_found("event")?;
    let query = store::inbox_payload(event);
    let payload = billing.db.system("read Stripe's inbox").fetch_optional(query).await?;
    let (payload,) = payload.or_not_found("event")?;
    Ok((found, serde_json::from_str(&payload).unwrap_or(Value::String(payload))))
}

async fn inbox_find(billing: &Billing, event: &str) -> Result<Option<InboxEvent>> {
    billing.db.system("read Stripe's inbox").fetch_optional(store::inbox_find(event)).await
}

/// Which events to replay.
#[derive(Clone, Debug)]
pub enum Replay {
    /// The event with this id.
    One(String),
    /// All failed events.
    Failed,
    /// All events that arrived since then.
    Since(Timestamp),
}

/// Replays events, whatever their state; returns their number. Events without a customer are left out.
pub async fn inbox_replay(billing: &Billing, which: &Replay) -> Result<usize> {
    let (one, since) = match which {
        Replay::One(event) => (Some(event.as_str()), None),
        Replay::Failed => (None, None),
        Replay::Since(since) => (None, Some(*since)),
    };
    let mut tx = billing.db.system("replay events of Stripe").begin().await?;
    let found = tx.fetch_all(store::inbox_reopen(one, since, REPLAYED)).await?;
    for (event, customer) in &found {
        let job = billing.ids.next::<freehold_jobs::AnyJob>().uuid();
        tx.fetch_all(store::event_enqueue(event, customer, job, EVENT.name, EVENT.attempts)).await?;
    }
    tx.commit().await?;
    billing.nudge.nudge();
    Ok(found.len())
}

/// Deletes events that are so old that Stripe has deleted them, too.
pub(crate) async fn events_forget(billing: &Billing) -> Result<()> {
    let before = billing.clock.now().saturating_sub(KEPT).context("when an event is old")?;
    while billing.db.system("delete old events of Stripe").execute(store::events_forget(before, PORTION)).await? > 0 {}
    Ok(())
}
