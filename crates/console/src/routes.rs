//! The routes of the pages.

mod assets;
mod billing;
mod docs;
mod error_pages;
mod invitation;
mod mail_templates;
mod mailbox;
mod plan_cards;
mod reading;
mod sign_in;
mod stripe_events;
mod this_machine;

use std::sync::Arc;

use axum::{
    Extension, Router,
    http::{StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
};
use freehold_core::{Code, Context, Result};
use freehold_jobs::outbox::EventType;
use freehold_web::{Answer, Backbone, FirstStep, Surface};
use serde_json::Value;

pub use error_pages::error_pages;
pub use sign_in::project_pages;
use this_machine::this_machine_only;

use crate::{Brand, home::Part};

/// How the server is set up, for the pages.
#[derive(Clone, Debug)]
pub struct Local {
    /// Whether `/dev/mail` shows mails, only to visitors at this machine.
    pub mailbox: bool,
    /// Whether a mail server sends the mails.
    pub sends_mails: bool,
    /// Whether everything runs on this machine, including the database. Then `/` shows how the server is set up, only
    /// to visitors at this machine.
    pub whole: bool,
    /// Whether the site's address is one of this machine. With another address, requests come from users elsewhere,
    /// even if they look local, so pages for this machine are not shown.
    pub near: bool,
    /// The services that the server uses.
    pub parts: Vec<Part>,
}

/// Values of the pages that do not change while the server runs.
struct Pages {
    local: Local,
    /// The OpenAPI document.
    document: Arc<Value>,
    codes: Vec<Code>,
    events: Vec<EventType>,
    /// The requests that a developer tries first.
    first_steps: &'static [FirstStep],
}

/// The routes of all pages.
pub fn routes(
    local: Local,
    document: Value,
    codes: Vec<Code>,
    events: Vec<EventType>,
    surface: Surface,
) -> Router<Backbone> {
    let local = Local { mailbox: local.mailbox && local.near, whole: local.whole && local.near, ..local };
    let mailbox = if local.mailbox { mailbox::routes().merge(stripe_events::routes()) } else { Router::new() };
    // One guard for everything under `/dev`, so that no page there can lack it.
    let dev = mail_templates::routes().merge(mailbox).route_layer(middleware::from_fn(this_machine_only));
    let dev = if local.near { dev } else { Router::new() };
    let pages =
        Arc::new(Pages { local, document: Arc::new(document), codes, events, first_steps: surface.first_steps });
    Router::new()
        .merge(assets::routes())
        .merge(reading::routes())
        .merge(docs::routes())
        .merge(sign_in::routes())
        .merge(invitation::routes())
        .merge(billing::routes())
        .merge(dev)
        .layer(Extension(pages))
}

fn brand(backbone: &Backbone) -> Brand {
    Brand { product_name: backbone.product.name.clone(), site_url: backbone.site_url.clone() }
}

fn html(rendered: Result<String, askama::Error>) -> Answer<Response> {
    html_with_status(StatusCode::OK, rendered)
}

fn html_with_status(status: StatusCode, rendered: Result<String, askama::Error>) -> Answer<Response> {
    let page = rendered.context("writing a page")?;
    Ok((status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response())
}
