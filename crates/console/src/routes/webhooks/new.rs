//! The page that creates a webhook endpoint.

use std::sync::Arc;

use axum::{Extension, extract::State, http::StatusCode, response::Response};
use freehold_core::{Error, Result};
use freehold_delivery::webhook::{
    Signature,
    endpoint::{EndpointDraft, EndpointNew, WRITE, endpoint_create},
};
use freehold_pages::{Choice, MemberForm, MemberPage};
use freehold_web::{Answer, Attempt, Backbone, Creation, plan_rate_take, webhook_room, webhook_secrets};
use serde_json::json;

use super::super::{
    Pages,
    form::{Fields, attempt, trouble, value, values},
};
use crate::{SecretPage, WebhookNewPage};

pub(super) async fn show(
    State(backbone): State<Backbone>,
    Extension(pages): Extension<Arc<Pages>>,
    page: MemberPage,
) -> Answer<Response> {
    page.caller.allow(WRITE)?;
    form_show(&backbone, &pages, &page, StatusCode::OK, &Fields::new(), String::new())
}

fn form_show(
    backbone: &Backbone,
    pages: &Pages,
    page: &MemberPage,
    status: StatusCode,
    fields: &Fields,
    error: String,
) -> Answer<Response> {
    let chosen = values(fields, "event");
    let some = value(fields, "which") == "some";
    let which = |value: &str, label: &str, selected| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        hint: String::new(),
        selected,
    };
    let event = |name: &str, summary: &str| Choice {
        value: name.to_owned(),
        label: name.to_owned(),
        hint: summary.to_owned(),
        selected: chosen.iter().any(|each| each == name),
    };
    let filled = WebhookNewPage {
        shell: page.shell.clone(),
        url: value(fields, "url").to_owned(),
        description: value(fields, "description").to_owned(),
        which: vec![
            which("all", "All events, also those that are added later", !some),
            which("some", "Only the chosen events", some),
        ],
        events: pages.events.iter().map(|known| event(known.name, known.summary)).collect(),
        attempt: attempt(backbone),
        error,
    };
    page.shell.show_with(status, &filled)
}

pub(super) async fn create(
    State(backbone): State<Backbone>,
    Extension(pages): Extension<Arc<Pages>>,
    form: MemberForm<Fields>,
) -> Answer<Response> {
    let MemberForm { page, fields, .. } = form;
    match created(&backbone, &page, &fields).await {
        Ok(Some(shown)) => page.shell.show_with(StatusCode::CREATED, &shown),
        Ok(None) => {
            let text = "This endpoint was added already, and its secret is shown only once. If you did not copy it, \
                        rotate it.";
            page.done(&backbone, "/webhooks", text)
        }
        Err(error) => {
            let (status, error) = trouble(error)?;
            form_show(&backbone, &pages, &page, status, &fields, error)
        }
    }
}

/// Creates the endpoint; none when the form was sent before.
async fn created(backbone: &Backbone, page: &MemberPage, fields: &Fields) -> Result<Option<SecretPage>> {
    let caller = &*page.caller;
    caller.allow(WRITE)?;
    plan_rate_take(backbone, caller).await?;
    let room = webhook_room(backbone, caller).await?;
    let draft = EndpointDraft::check(wanted(fields)?, backbone.outbound.allowed())?;
    let creation = Creation::of_form(backbone, "/webhooks/new", value(fields, "attempt"), fields, draft);
    let Attempt::Fresh(mut fresh, draft) = creation.attempt(backbone, caller).await? else { return Ok(None) };
    let secrets = webhook_secrets(backbone);
    let (endpoint, secret) = endpoint_create(&mut fresh.tx, secrets, &room, draft, Signature::Symmetric).await?;
    fresh.finish(StatusCode::CREATED, &json!({ "id": endpoint.id })).await?;
    let secret = secret.ok_or_else(|| Error::internal("a new endpoint without a secret"))?;
    Ok(Some(SecretPage {
        shell: page.shell.clone(),
        title: "The webhook endpoint was added".to_owned(),
        text: "Your server verifies each request with this secret, after Standard Webhooks.".to_owned(),
        label: "Signing secret".to_owned(),
        secret: secret.expose().to_owned(),
        next: ("I have copied it".to_owned(), page.shell.link(&format!("/webhooks/{}", endpoint.id))),
    }))
}

fn wanted(fields: &Fields) -> Result<EndpointNew> {
    let events = match (value(fields, "which"), values(fields, "event")) {
        ("some", events) if events.is_empty() => {
            return Err(Error::invalid("/events", "choose at least one, or all events"));
        }
        ("some", events) => events,
        _ => Vec::new(),
    };
    Ok(EndpointNew {
        url: value(fields, "url").to_owned(),
        description: value(fields, "description").to_owned(),
        events,
        enabled: true,
        per_second: None,
        at_once: None,
    })
}
