//! `/dev/billing`: the events from Stripe, for visitors at this machine.

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use freehold_billing::{
    Billing,
    account::account_find,
    inbox::{InboxEvent, Replay, inbox_get, inbox_list, inbox_replay},
};
use freehold_core::{OptionExt, Result, TenantId};
use freehold_web::{Answer, Backbone, Path, Query};
use serde::Deserialize;

use super::{bare, html};
use crate::{StripeAccountPage, StripeEventLine, StripeEventPage, StripeInboxPage};
use freehold_pages::times;

/// Most events on a page.
const PAGE: i64 = 50;
const STATES: [&str; 4] = ["waiting", "done", "ignored", "failed"];

pub(super) fn routes() -> Router<Backbone> {
    Router::new()
        .route("/dev/billing", get(inbox))
        .route("/dev/billing/{id}", get(event))
        .route("/dev/billing/{id}/replay", post(replay))
        .route("/dev/billing/accounts/{id}", get(account))
}

#[derive(Deserialize)]
struct Wanted {
    state: Option<String>,
    before: Option<i64>,
}

#[derive(Deserialize)]
struct Done {
    replayed: Option<String>,
}

async fn inbox(State(backbone): State<Backbone>, Query(wanted): Query<Wanted>) -> Answer<Response> {
    let state = wanted.state.filter(|state| STATES.contains(&state.as_str()));
    let mut found = match &backbone.billing {
        Some(billing) => inbox_list(billing, state.as_deref(), wanted.before, PAGE + 1).await?,
        None => Vec::new(),
    };
    let more = i64::try_from(found.len()).is_ok_and(|count| count > PAGE);
    if more {
        found.pop();
    }
    let next = found.last().filter(|_| more).map(|last| last.number);
    let events = found.iter().map(line).collect();
    let off = backbone.billing.is_none();
    html(StripeInboxPage { shell: bare(&backbone), state, events, next, off }.render())
}

async fn event(State(backbone): State<Backbone>, Path(id): Path<String>, Query(done): Query<Done>) -> Answer<Response> {
    let (event, payload) = inbox_get(billing(&backbone)?, &id).await?;
    let page = StripeEventPage {
        shell: bare(&backbone),
        created_at: event.created_at.to_string(),
        processed_at: event.processed_at.map(|at| at.to_string()),
        note: event.note.clone(),
        object: event.object_id.clone(),
        tenant: event.tenant_id.map(|tenant| tenant.to_string()),
        event: line(&event),
        payload: format!("{payload:#}"),
        replayed: done.replayed.is_some(),
    };
    html(page.render())
}

async fn replay(State(backbone): State<Backbone>, Path(id): Path<String>) -> Answer<Response> {
    let billing = billing(&backbone)?;
    let (event, _) = inbox_get(billing, &id).await?;
    inbox_replay(billing, &Replay::One(event.event_id.clone())).await?;
    let plain = event.event_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let to = if plain { format!("/dev/billing/{}?replayed=1", event.event_id) } else { "/dev/billing".to_owned() };
    Ok(Redirect::to(&to).into_response())
}

async fn account(State(backbone): State<Backbone>, Path(id): Path<TenantId>) -> Answer<Response> {
    let found = account_find(billing(&backbone)?, id).await?;
    let mut facts = Vec::new();
    if let Some(account) = found {
        let mut fact = |name: &str, value: String| facts.push((name.to_owned(), value));
        fact("State", account.state.clone());
        fact("Since", times::moment(account.state_since));
        fact("Customer at Stripe", account.customer_id.clone().unwrap_or_else(|| "none".to_owned()));
        let granted =
            account.granted().map_or_else(|| "none".to_owned(), |plan| format!("{} v{}", plan.id, plan.version));
        fact("Granted plan", granted);
        let time = |time: Option<jiff::Timestamp>| time.map_or_else(|| "never".to_owned(), times::moment);
        fact("Trial ends", time(account.trial_ends_at));
        fact("Next check", time(account.due_at));
        fact("Last read from Stripe", time(account.refreshed_at));
        fact("Reads from Stripe", account.refresh_begun.to_string());
        fact("Created", times::moment(account.created_at));
    }
    html(StripeAccountPage { shell: bare(&backbone), tenant: id.to_string(), facts }.render())
}

fn billing(backbone: &Backbone) -> Result<&Billing> {
    backbone.billing.as_ref().or_not_found("page")
}

fn line(event: &InboxEvent) -> StripeEventLine {
    StripeEventLine {
        id: event.event_id.clone(),
        kind: event.kind.clone(),
        state: event.state.clone(),
        received_at: event.received_at.to_string(),
        times: event.times,
        customer: event.customer_id.clone(),
    }
}
