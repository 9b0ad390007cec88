//! The API reference: `/docs` with its topics and operations, error codes and events.

use std::sync::Arc;

use axum::{Extension, Router, extract::State, response::Response, routing::get};
use freehold_core::{Context, OptionExt};
use freehold_jobs::outbox::message_of;
use freehold_web::{Answer, Backbone, Path, Query};
use serde::Deserialize;

use super::{Pages, html};
use crate::{DocsPage, ErrorCode, ErrorsPage, EventEntry, EventsPage, SearchEntry, Shell};

pub(super) fn routes() -> Router<Backbone> {
    Router::new()
        .route("/docs", get(docs))
        .route("/docs/topics/{topic}", get(topic))
        .route("/docs/operations/{operation}", get(operation))
        .route("/docs/errors", get(errors))
        .route("/docs/events", get(events))
}

#[derive(Deserialize)]
struct Search {
    /// Words to search for; the page lists the topics when it is missing or blank.
    q: Option<String>,
}

async fn docs(shell: Shell, Extension(pages): Extension<Arc<Pages>>, Query(search): Query<Search>) -> Answer<Response> {
    let page = page(shell, &pages);
    match search.q.filter(|query| !query.trim().is_empty()) {
        Some(query) => html(page.render_search(&query, &search_entries(&pages))),
        None => html(page.render()),
    }
}

async fn topic(shell: Shell, Extension(pages): Extension<Arc<Pages>>, Path(key): Path<String>) -> Answer<Response> {
    let rendered = page(shell, &pages).render_topic(&key).context("writing a page")?;
    html(Ok(rendered.or_not_found("topic")?))
}

async fn operation(shell: Shell, Extension(pages): Extension<Arc<Pages>>, Path(key): Path<String>) -> Answer<Response> {
    let rendered = page(shell, &pages).render_operation(&key).context("writing a page")?;
    html(Ok(rendered.or_not_found("operation")?))
}

fn page(shell: Shell, pages: &Pages) -> DocsPage {
    DocsPage { shell, document: Arc::clone(&pages.document) }
}

/// What the search finds besides operations: event types and error codes.
fn search_entries(pages: &Pages) -> Vec<SearchEntry> {
    let events = pages.events.iter().map(|event| SearchEntry {
        name: event.name.to_owned(),
        kind: "Event",
        href: format!("/docs/events#{}", event.name),
        summary: event.summary.to_owned(),
    });
    let codes = pages.codes.iter().map(|code| SearchEntry {
        name: code.name.to_owned(),
        kind: "Error code",
        href: format!("/docs/errors#{}", code.name),
        summary: code.title.to_owned(),
    });
    events.chain(codes).collect()
}

async fn errors(shell: Shell, Extension(pages): Extension<Arc<Pages>>) -> Answer<Response> {
    let codes = pages.codes.iter().map(|code| ErrorCode {
        name: code.name.to_owned(),
        status: code.status,
        title: code.title.to_owned(),
    });
    html(ErrorsPage { shell, codes: codes.collect() }.render())
}

async fn events(
    shell: Shell,
    State(backbone): State<Backbone>,
    Extension(pages): Extension<Arc<Pages>>,
) -> Answer<Response> {
    let events = pages.events.iter().map(|event| EventEntry {
        name: event.name.to_owned(),
        version: event.version,
        summary: event.summary.to_owned(),
        schema: (event.schema)(),
        message: event.message(),
    });
    let declared = backbone.product.events.iter().map(|event| EventEntry {
        name: event.name.clone(),
        version: event.version,
        summary: event.summary.clone(),
        schema: event.schema(),
        message: message_of(&event.name, event.version, event.sample()),
    });
    html(EventsPage { shell, events: events.chain(declared).collect() }.render())
}
