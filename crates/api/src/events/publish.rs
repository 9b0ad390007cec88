//! Publishing the events that the product declares in `product.toml`.

use axum::{extract::State, http::StatusCode, response::Response};
use freehold_catalog::{Event, Product};
use freehold_core::{Area, Context, Error, FieldError, Permission, Result, codes};
use freehold_db::audit::{NewEntry, audit_append};
use freehold_jobs::outbox::{self, EventId, Published};
use freehold_web::{Answer, Application, Attempt, Backbone, Creation};
use serde::Deserialize;
use serde_json::{Map, Value, json, value::to_raw_value};
use utoipa::ToSchema;

use super::EventBody;

/// Largest data of an event, in bytes of JSON: 64 KiB, so that every webhook endpoint can receive it.
const LARGEST: usize = 64 * 1024;

/// An event to publish.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PublishEvent {
    /// Your id of the event, a UUID: an event with the same id is published once. Freehold chooses one when left out.
    #[schema(value_type = Option<Uuid>)]
    id: Option<EventId>,
    /// Type of the event, such as `order.paid`; the product's `product.toml` declares it.
    r#type: String,
    /// Content of the event, at most 64 KiB; the fields are those that the declaration lists.
    #[schema(value_type = Object)]
    data: Map<String, Value>,
}

/// Publish an event
///
/// Publishes an event in the organization's name. It is listed with the other events and delivered to the webhook
/// endpoints that subscribed to its type. Send an `id` or an `Idempotency-Key` to retry safely: a repeated `id` returns
/// the first event with status 200.
#[utoipa::path(
    post, path = "/events", tag = "Events and webhooks", request_body = PublishEvent,
    security(("service" = [])),
    params(
        ("X-Organization-Id" = Uuid, Header, description = "Id of the organization in which it happened"),
        ("Idempotency-Key" = Option<String>, Header, description = "Key of the request, at most 255 characters: a \
         retry with the same key gets the first answer again"),
    ),
    responses((status = 201, body = EventBody), (status = 200, body = EventBody)),
)]
pub(crate) async fn event_publish(
    State(backbone): State<Backbone>,
    Application(caller): Application,
    creation: Creation<PublishEvent>,
) -> Answer<Response> {
    caller.allow(Permission::write(Area::Events))?;
    caller.allow_change()?;
    let (mut fresh, new) = match creation.attempt(&backbone, &caller).await? {
        Attempt::Fresh(fresh, new) => (fresh, new),
        Attempt::Replay(answer) => return Ok(answer),
    };
    let declared = event_check(&backbone.product, &new)?;
    let now = backbone.clock.now();
    let data = to_raw_value(&new.data).context("writing an event")?;
    if data.get().len() > LARGEST {
        let message = format!("expected at most {LARGEST} bytes of JSON, not {}", data.get().len());
        return Err(Error::invalid("/data", message).into());
    }
    let id = new.id.unwrap_or_else(|| backbone.ids.next());
    let event = Published { id, name: new.r#type, version: declared.version, timestamp: now, data };
    if !outbox::event_publish_declared(&mut fresh.tx, event.clone()).await? {
        let first = outbox::event_find(&mut fresh.tx, id).await?;
        let first = first.filter(|first| first.name == event.name && first.data.get() == event.data.get());
        let Some(first) = first else {
            let message = "Another event has this id. Use a new one for each event.";
            return Err(Error::new(codes::CONFLICT, message).into());
        };
        return Ok(fresh.finish(StatusCode::OK, &EventBody::from(first)).await?);
    }
    let entry = NewEntry::new(backbone.ids.next(), "event.published", id).detail(json!({ "type": event.name }));
    audit_append(&mut fresh.tx, entry).await?;
    Ok(fresh.finish(StatusCode::CREATED, &EventBody::from(event)).await?)
}

/// The declaration of the event's type, if the data is as it says.
fn event_check<'p>(product: &'p Product, new: &PublishEvent) -> Result<&'p Event> {
    let Some(declared) = product.event(&new.r#type) else {
        let known: Vec<&str> = product.events.iter().map(|event| event.name.as_str()).collect();
        let message = match known.as_slice() {
            [] => "unknown type; the product.toml of this product declares no [events]".to_owned(),
            known => format!("unknown type; product.toml declares: {}", known.join(", ")),
        };
        return Err(Error::invalid("/type", message));
    };
    let mistakes = declared.mistakes(&new.data).into_iter();
    let mistakes: Vec<FieldError> =
        mistakes.map(|(place, message)| FieldError { pointer: format!("/data{place}"), message }).collect();
    if mistakes.is_empty() { Ok(declared) } else { Err(Error::invalid_fields(mistakes)) }
}
