//! Pages without forms: `/welcome`, `/plans` and `/docs`.

use std::sync::Arc;

use axum::{Extension, Router, extract::State, response::Response, routing::get};
use freehold_web::{Answer, Backbone};

use super::{Pages, front::plan_links, html, plan_cards::card};
use crate::{DocsPage, ErrorCode, ErrorsPage, EventEntry, EventsPage, PlansPage, Shell, WelcomePage};

pub(super) fn routes() -> Router<Backbone> {
    Router::new()
        .route("/welcome", get(welcome))
        .route("/plans", get(plans))
        .route("/docs", get(docs))
        .route("/docs/errors", get(errors))
        .route("/docs/events", get(events))
}

async fn welcome(shell: Shell) -> Answer<Response> {
    html(WelcomePage { shell }.render())
}

async fn plans(shell: Shell, State(backbone): State<Backbone>) -> Answer<Response> {
    let product = &backbone.product;
    let sold = backbone.billing.is_some();
    let how = if sold {
        "Owners and administrators choose a plan at [Billing](/billing). The new limits apply as soon as the payment has \
         arrived. Changing to a smaller plan deletes nothing."
    } else {
        "Billing is off on this server: every organization can use every feature without limits, whatever the plans above say. \
         The operator switches billing on with the `[billing]` section of `freehold.toml`."
    };
    let page = PlansPage {
        plans: product.plans().iter().map(|plan| card(product, plan)).collect(),
        current: None,
        how_to_change: how.to_owned(),
        links: plan_links(&backbone, &shell),
        shell,
    };
    html(page.render())
}

async fn docs(shell: Shell, Extension(pages): Extension<Arc<Pages>>) -> Answer<Response> {
    html(DocsPage { shell, document: pages.document.clone() }.render())
}

async fn errors(shell: Shell, Extension(pages): Extension<Arc<Pages>>) -> Answer<Response> {
    let codes = pages.codes.iter().map(|code| ErrorCode {
        name: code.name.to_owned(),
        status: code.status,
        title: code.title.to_owned(),
    });
    html(ErrorsPage { shell, codes: codes.collect() }.render())
}

async fn events(shell: Shell, Extension(pages): Extension<Arc<Pages>>) -> Answer<Response> {
    let events = pages.events.iter().map(|event| EventEntry {
        name: event.name.to_owned(),
        version: event.version,
        summary: event.summary.to_owned(),
        schema: (event.schema)(),
        message: event.message(),
    });
    html(EventsPage { shell, events: events.collect() }.render())
}
