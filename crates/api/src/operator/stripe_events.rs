//! Stripe's events, as they were received.

use axum::extract::State;
use freehold_billing::inbox::{InboxEvent, Replay, inbox_list, inbox_replay};
use freehold_core::{Error, PageRequest, TenantId};
use freehold_operators::entry::NewOperatorEntry;
use freehold_web::{Answer, Backbone, Json, Path, Query, SignedInOperator};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::note;
use crate::billing::sold;

/// State of an event of Stripe.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StripeEventState {
    /// Received, not yet processed.
    Waiting,
    /// Failed too often; needs an operator.
    Failed,
    /// Concerns no organization of this server.
    Ignored,
    /// Processed, or nothing was to be done.
    Done,
}

impl StripeEventState {
    const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Failed => "failed",
            Self::Ignored => "ignored",
            Self::Done => "done",
        }
    }
}

/// An event of Stripe, without its content.
#[derive(Serialize, ToSchema)]
pub(crate) struct StripeEventBody {
    /// Id of the event at Stripe: `evt_…`.
    id: String,
    /// Number of the event, in the order of arrival; `before` of the next page.
    number: i64,
    /// Type of the event, such as `customer.subscription.updated`.
    kind: String,
    /// State of the event: waiting, failed, ignored or done.
    #[schema(value_type = StripeEventState)]
    state: String,
    /// Reason for the state, in words; null for none.
    note: Option<String>,
    /// Id of the organization that it is about; null for none here.
    #[schema(value_type = Option<Uuid>)]
    organization_id: Option<TenantId>,
    /// When it was received first, UTC.
    #[schema(value_type = String, format = DateTime)]
    received_at: Timestamp,
    /// How often it was received.
    times: i32,
    /// When it was processed, UTC; null until then.
    #[schema(value_type = Option<String>, format = DateTime)]
    processed_at: Option<Timestamp>,
}

impl From<InboxEvent> for StripeEventBody {
    fn from(event: InboxEvent) -> Self {
        let InboxEvent { event_id: id, number, kind, state, note, tenant_id, received_at, times, processed_at, .. } =
            event;
        Self { id, number, kind, state, note, organization_id: tenant_id, received_at, times, processed_at }
    }
}

/// Events of Stripe.
#[derive(Serialize, ToSchema)]
pub(crate) struct StripeEventPage {
    /// The events, newest first.
    data: Vec<StripeEventBody>,
    /// Value of `before` for the next page; null on the last page.
    next_before: Option<i64>,
}

/// Filter and page of events.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StripeEventQuery {
    limit: Option<i64>,
    before: Option<i64>,
    state: Option<StripeEventState>,
}

/// How many events are processed again.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReplayedStripeEvents {
    /// Number of events that are processed again.
    replayed: usize,
}

/// List Stripe's events
///
/// Returns the events that Stripe sent within the last 60 days; with `state=failed` those that need an operator.
#[utoipa::path(
    get, path = "/stripe-events", tag = "Background work", security(("operator" = [])),
    params(
        ("limit" = Option<i64>, Query),
        ("before" = Option<i64>, Query, description = "`next_before` of the previous page; the first page when left out"),
        ("state" = Option<StripeEventState>, Query, description = "Return only events in this state"),
    ),
    responses((status = 200, body = StripeEventPage)),
)]
pub(crate) async fn stripe_event_list(
    State(backbone): State<Backbone>,
    _: SignedInOperator,
    Query(query): Query<StripeEventQuery>,
) -> Answer<Json<StripeEventPage>> {
    let page = PageRequest::new(query.limit, None)?;
    let state = query.state.map(StripeEventState::name);
    let mut events = inbox_list(sold(&backbone)?, state, query.before, page.rows()).await?;
    let most = usize::try_from(page.rows() - 1).unwrap_or(usize::MAX);
    let more = events.len() > most;
    events.truncate(most);
    let next_before = events.last().filter(|_| more).map(|event| event.number);
    Ok(Json(StripeEventPage { data: events.into_iter().map(Into::into).collect(), next_before }))
}

/// Replay an event of Stripe
///
/// Processes an event again, whatever its state; processing it twice does no harm.
#[utoipa::path(
    post, path = "/stripe-events/{id}/replay", tag = "Background work", security(("operator" = [])),
    params(("id" = String, Path, description = "Id of the event at Stripe")),
    responses((status = 200, body = ReplayedStripeEvents)),
)]
pub(crate) async fn stripe_event_replay(
    State(backbone): State<Backbone>,
    by: SignedInOperator,
    Path(id): Path<String>,
) -> Answer<Json<ReplayedStripeEvents>> {
    let replayed = inbox_replay(sold(&backbone)?, &Replay::One(id.clone())).await?;
    if replayed == 0 {
        return Err(Error::not_found("event about a customer").into());
    }
    note(&backbone, &by, NewOperatorEntry::new("stripe_event.replayed", id)).await?;
    Ok(Json(ReplayedStripeEvents { replayed }))
}
