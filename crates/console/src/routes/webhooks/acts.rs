//! The buttons of a webhook endpoint.

use axum::{extract::State, http::StatusCode, response::Response};
use freehold_core::{Error, Result};
use freehold_delivery::webhook::{
    EndpointId,
    delivery::{delivery_replay, test_send},
    endpoint::{EndpointChange, Rotation, WRITE, endpoint_change, endpoint_delete, endpoint_get, secret_rotate},
};
use freehold_jobs::outbox::EventId;
use freehold_pages::{Confirm, MemberForm, MemberPage};
use freehold_web::{Answer, Attempt, Backbone, Creation, Path, plan_rate_take, webhook_secrets};
use serde_json::json;

use super::super::form::{Fields, Nothing, ask, attempt, go, told, value};
use crate::SecretPage;

fn path(id: EndpointId) -> String {
    format!("/webhooks/{id}")
}

pub(super) async fn test(
    State(backbone): State<Backbone>,
    Path(id): Path<EndpointId>,
    form: MemberForm<Nothing>,
) -> Answer<Response> {
    let sent = async {
        let caller = &*form.page.caller;
        plan_rate_take(&backbone, caller).await?;
        test_send(&backbone.db, caller, id).await?;
        Ok("The event webhook.test is on its way. Reload this page to see its delivery.")
    };
    told(&backbone, &form.page, &path(id), sent.await)
}

pub(super) async fn pause(
    State(backbone): State<Backbone>,
    Path(id): Path<EndpointId>,
    form: MemberForm<Nothing>,
) -> Answer<Response> {
    let paused = enable(&backbone, &form.page, id, false).await.map(|()| "The endpoint is paused. Events wait for it.");
    told(&backbone, &form.page, &path(id), paused)
}

pub(super) async fn resume(
    State(backbone): State<Backbone>,
    Path(id): Path<EndpointId>,
    form: MemberForm<Nothing>,
) -> Answer<Response> {
    let resumed = enable(&backbone, &form.page, id, true).await;
    let resumed = resumed.map(|()| "The endpoint is enabled. Events that waited are sent now.");
    told(&backbone, &form.page, &path(id), resumed)
}

async fn enable(backbone: &Backbone, page: &MemberPage, id: EndpointId, enabled: bool) -> Result<()> {
    plan_rate_take(backbone, &page.caller).await?;
    let change = EndpointChange { enabled: Some(enabled), ..EndpointChange::default() };
    let allowed = backbone.outbound.allowed();
    endpoint_change(&backbone.db, &page.caller, id, change, allowed, |_| Ok(())).await.map(drop)
}

pub(super) async fn replay(
    State(backbone): State<Backbone>,
    Path((id, event)): Path<(EndpointId, EventId)>,
    form: MemberForm<Nothing>,
) -> Answer<Response> {
    let replayed = async {
        let caller = &*form.page.caller;
        plan_rate_take(&backbone, caller).await?;
        delivery_replay(&backbone.db, caller, id, event).await?;
        Ok("The event is sent again.")
    };
    told(&backbone, &form.page, &path(id), replayed.await)
}

pub(super) async fn rotate_ask(
    State(backbone): State<Backbone>,
    page: MemberPage,
    Path(id): Path<EndpointId>,
) -> Answer<Response> {
    page.caller.allow_taking_away(WRITE)?;
    let endpoint = endpoint_get(&backbone.db, &page.caller, id).await?;
    let confirm = Confirm {
        title: "Rotate the signing secret?".to_owned(),
        sentences: vec![
            format!("Requests to {} get a new secret, which the next page shows once.", endpoint.url),
            "The old secret signs as well for one more day, so that your server can switch without losing an event."
                .to_owned(),
        ],
        action: format!("/webhooks/{id}/rotate"),
        fields: vec![("attempt".to_owned(), attempt(&backbone))],
        button: "Rotate the secret".to_owned(),
        back: path(id),
    };
    ask(&page.shell, confirm)
}

pub(super) async fn rotate(
    State(backbone): State<Backbone>,
    Path(id): Path<EndpointId>,
    form: MemberForm<Fields>,
) -> Answer<Response> {
    let MemberForm { page, fields, .. } = form;
    match rotated(&backbone, &page, id, &fields).await {
        Ok(Some(shown)) => page.shell.show_with(StatusCode::CREATED, &shown),
        Ok(None) => Ok(go(&page.shell, &path(id))),
        Err(error) => page.failed(&backbone, &path(id), error),
    }
}

/// Rotates the secret; none when the form was sent before, or the endpoint has a public key, which its page shows.
async fn rotated(
    backbone: &Backbone,
    page: &MemberPage,
    id: EndpointId,
    fields: &Fields,
) -> Result<Option<SecretPage>> {
    plan_rate_take(backbone, &page.caller).await?;
    let caller = page.caller.allow_taking_away(WRITE)?;
    let target = format!("/webhooks/{id}/rotate");
    let creation = Creation::of_form(backbone, &target, value(fields, "attempt"), fields, ());
    let Attempt::Fresh(mut fresh, ()) = creation.attempt(backbone, &caller).await? else { return Ok(None) };
    let secrets = webhook_secrets(backbone);
    let (endpoint, secret) = secret_rotate(&mut fresh.tx, secrets, id, Rotation::default()).await?;
    fresh.finish(StatusCode::CREATED, &json!({ "id": endpoint.id })).await?;
    Ok(secret.map(|secret| SecretPage {
        shell: page.shell.clone(),
        title: "The signing secret was rotated".to_owned(),
        text: "Give it to your server within a day. Until then the old secret signs each request as well.".to_owned(),
        label: "Signing secret".to_owned(),
        secret: secret.expose().to_owned(),
        next: ("I have copied it".to_owned(), page.shell.link(&path(id))),
    }))
}

pub(super) async fn delete_ask(
    State(backbone): State<Backbone>,
    page: MemberPage,
    Path(id): Path<EndpointId>,
) -> Answer<Response> {
    page.caller.allow_taking_away(WRITE)?;
    let endpoint = endpoint_get(&backbone.db, &page.caller, id).await?;
    let confirm = Confirm {
        title: "Delete the webhook endpoint?".to_owned(),
        sentences: vec![format!("Nothing is sent to {} any more, and events that wait for it are lost.", endpoint.url)],
        action: format!("/webhooks/{id}/delete"),
        fields: Vec::new(),
        button: "Delete the endpoint".to_owned(),
        back: path(id),
    };
    ask(&page.shell, confirm)
}

pub(super) async fn delete(
    State(backbone): State<Backbone>,
    Path(id): Path<EndpointId>,
    form: MemberForm<Nothing>,
) -> Answer<Response> {
    let deleted: Result<(), Error> = async {
        plan_rate_take(&backbone, &form.page.caller).await?;
        endpoint_delete(&backbone.db, &form.page.caller, id).await
    }
    .await;
    match deleted {
        Ok(()) => form.page.done(&backbone, "/webhooks", "The webhook endpoint was deleted."),
        Err(error) => form.page.failed(&backbone, &path(id), error),
    }
}
