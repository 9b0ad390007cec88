//! `/webhooks`: webhook endpoints and their deliveries.

mod acts;
mod new;

use axum::{
    Router,
    extract::State,
    response::Response,
    routing::{get, post},
};
use freehold_core::{Caller, Error};
use freehold_delivery::webhook::{
    EndpointId,
    delivery::{DeliverySummary, delivery_list},
    endpoint::{Endpoint, WRITE, endpoint_get, endpoint_list},
};
use freehold_pages::{
    Banner, Empty, MemberPage, Pager, Tone,
    times::{day, moment},
};
use freehold_web::{Answer, Backbone, Paging, Path, Query};
use serde::Deserialize;

use crate::{DeliveryLine, EndpointLine, WebhookPage, WebhooksPage};

/// The states of deliveries, with the labels of their filters.
const STATES: [(&str, &str); 3] = [("waiting", "Waiting"), ("delivered", "Delivered"), ("failed", "Failed")];

pub(super) fn routes() -> Router<Backbone> {
    Router::new()
        .route("/webhooks", get(list))
        .route("/webhooks/new", get(new::show).post(new::create))
        .route("/webhooks/{id}", get(show))
        .route("/webhooks/{id}/test", post(acts::test))
        .route("/webhooks/{id}/pause", post(acts::pause))
        .route("/webhooks/{id}/resume", post(acts::resume))
        .route("/webhooks/{id}/rotate", get(acts::rotate_ask).post(acts::rotate))
        .route("/webhooks/{id}/delete", get(acts::delete_ask).post(acts::delete))
        .route("/webhooks/{id}/deliveries/{event}/replay", post(acts::replay))
}

/// The query of the pages.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    cursor: Option<String>,
    state: Option<String>,
}

async fn list(State(backbone): State<Backbone>, page: MemberPage, Query(wanted): Query<Wanted>) -> Answer<Response> {
    let paging = Paging::new(None, wanted.cursor.clone()).request()?;
    let listed = endpoint_list(&backbone.db, &page.caller, paging).await?;
    let next = listed.next_cursor.as_ref().map(ToString::to_string);
    let may_create = may_change(&page.caller);
    let empty =
        Empty::new("No webhook endpoints yet", "An endpoint is a URL of yours that gets events as they happen.");
    let empty = if may_create { empty.with_action("Add an endpoint", page.shell.link("/webhooks/new")) } else { empty };
    page.shell.show(&WebhooksPage {
        endpoints: listed.data.into_iter().map(line).collect(),
        pager: Pager::new(&page.shell.link("/webhooks"), wanted.cursor.as_deref(), next.as_deref()),
        may_create,
        empty,
        shell: page.shell.clone(),
    })
}

/// Whether the caller may change endpoints now.
fn may_change(caller: &Caller) -> bool {
    caller.allow(WRITE).and_then(|()| caller.allow_change()).is_ok()
}

fn line(endpoint: Endpoint) -> EndpointLine {
    let (state, tone) = match (endpoint.enabled, endpoint.disabled_because.as_deref(), endpoint.failing_since) {
        (true, _, None) => ("enabled", Tone::Good),
        (true, _, Some(_)) => ("failing", Tone::Warn),
        (false, Some("asked") | None, _) => ("paused", Tone::Plain),
        (false, Some(_), _) => ("disabled", Tone::Bad),
    };
    let all = endpoint.patterns.iter().any(|pattern| pattern == "*");
    EndpointLine {
        id: endpoint.id.to_string(),
        url: endpoint.url,
        description: endpoint.description,
        events: if all { "all events".to_owned() } else { endpoint.patterns.join(", ") },
        state,
        tone,
        created: day(endpoint.created_at),
    }
}

async fn show(
    State(backbone): State<Backbone>,
    page: MemberPage,
    Path(id): Path<EndpointId>,
    Query(wanted): Query<Wanted>,
) -> Answer<Response> {
    let (db, caller) = (&backbone.db, &*page.caller);
    let endpoint = endpoint_get(db, caller, id).await?;
    let state = wanted.state.as_deref().filter(|state| !state.is_empty()).map(state_named).transpose()?;
    let paging = Paging::new(None, wanted.cursor.clone()).request()?;
    let listed = delivery_list(db, caller, id, state, paging).await?;
    let next = listed.next_cursor.as_ref().map(ToString::to_string);
    let here = |state: Option<&str>| {
        page.shell
            .link(&state.map_or_else(|| format!("/webhooks/{id}"), |state| format!("/webhooks/{id}?state={state}")))
    };
    let all = ("All".to_owned(), here(None), state.is_none());
    let filters = STATES.map(|(name, label)| (label.to_owned(), here(Some(name)), state == Some(name)));
    let filled = WebhookPage {
        notice: notice(&endpoint),
        signature: signature(&endpoint),
        enabled: endpoint.enabled,
        may_change: may_change(caller),
        may_remove: caller.allow_taking_away(WRITE).is_ok(),
        filters: std::iter::once(all).chain(filters).collect(),
        deliveries: listed.data.into_iter().map(delivery_line).collect(),
        pager: Pager::new(&here(state), wanted.cursor.as_deref(), next.as_deref()),
        endpoint: line(endpoint),
        shell: page.shell.clone(),
    };
    page.shell.show(&filled)
}

fn state_named(name: &str) -> Result<&'static str, Error> {
    let found = STATES.into_iter().find(|(state, _)| *state == name).map(|(state, _)| state);
    found.ok_or_else(|| Error::invalid("/state", "expected waiting, delivered or failed"))
}

fn notice(endpoint: &Endpoint) -> Option<Banner> {
    let since = endpoint.disabled_at.map(moment).unwrap_or_default();
    let why = match (endpoint.disabled_because.as_deref(), endpoint.failing_since) {
        (Some("gone"), _) => {
            ("It answered 410 Gone, so nothing has been sent to it since.", "The endpoint is disabled")
        }
        (Some("failing"), _) => {
            ("Every delivery of five days failed, so nothing has been sent to it since.", "The endpoint is disabled")
        }
        (Some(_), _) => ("Events wait, and are sent when you resume it.", "The endpoint is paused"),
        (None, Some(failing)) => {
            let text = format!("No delivery has succeeded since {}. After five days it is disabled.", moment(failing));
            return Some(Banner::new(Tone::Warn, "The last deliveries failed", text));
        }
        (None, None) => return None,
    };
    let tone = if endpoint.disabled_because.as_deref() == Some("asked") { Tone::Plain } else { Tone::Bad };
    let text = if since.is_empty() { why.0.to_owned() } else { format!("{} Since {since}.", why.0) };
    Some(Banner::new(tone, why.1, text))
}

/// How messages are signed, in a sentence.
fn signature(endpoint: &Endpoint) -> String {
    let kind = match &endpoint.public_key {
        Some(key) => format!("ed25519 (v1a); the public key is {key}"),
        None => "HMAC-SHA256 with the secret (v1)".to_owned(),
    };
    match endpoint.previous_until {
        Some(until) => format!("{kind}; the previous secret signs, too, until {}", moment(until)),
        None => kind,
    }
}

fn delivery_line(delivery: DeliverySummary) -> DeliveryLine {
    let answer = match delivery.last.map(|last| last.0) {
        None => "none yet".to_owned(),
        Some(last) => match (last.status, last.error) {
            (Some(status), _) => status.to_string(),
            (None, Some(error)) => error,
            (None, None) => "no answer".to_owned(),
        },
    };
    DeliveryLine {
        event_id: delivery.event_id.to_string(),
        event: delivery.event_type.unwrap_or_else(|| "an event that is no longer stored".to_owned()),
        state: delivery.state,
        attempts: delivery.tried,
        answer,
        created: moment(delivery.created_at),
        next: delivery.next_at.map_or_else(String::new, moment),
    }
}
