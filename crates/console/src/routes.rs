//! The routes of the pages.

mod account;
mod activity;
mod assets;
mod billing;
mod dev;
mod docs;
mod error_pages;
mod form;
mod front;
mod home;
mod impersonation;
mod invitation;
mod keys;
mod mail_templates;
mod mailbox;
mod members;
mod organization;
mod plan_cards;
mod reading;
mod sign_in;
mod stripe_events;
mod this_machine;
mod webhooks;

use std::sync::Arc;

use axum::{Extension, Router, http::StatusCode, middleware, response::Response};
use freehold_core::{Area, Code, Permission, Result};
use freehold_jobs::outbox::EventType;
use freehold_pages::{Group, NavItem};
use freehold_web::{Answer, Backbone, FirstStep, Surface};
use serde_json::Value;

pub use error_pages::error_pages;
pub use sign_in::project_pages;
use this_machine::this_machine_only;

use crate::{Shell, dev::Part};

/// How the server is set up, for the pages.
#[derive(Clone, Debug)]
pub struct Local {
    /// Whether `/dev/mail` shows mails, only to visitors at this machine.
    pub mailbox: bool,
    /// Whether a mail server sends the mails.
    pub sends_mails: bool,
    /// Whether everything runs on this machine, including the database. Then `/dev` shows how the server is set up, only
    /// to visitors at this machine.
    pub whole: bool,
    /// Whether the site's address is one of this machine. With another address, requests come from users elsewhere,
    /// even if they look local, so pages for this machine are not shown.
    pub near: bool,
    /// The services that the server uses.
    pub parts: Vec<Part>,
}

/// The backbone's pages in the navigation. A page that is not listed has no link.
pub const NAVIGATION: &[NavItem] = &[
    NavItem { path: "/home", label: "Home", group: Group::Product, needs: None },
    NavItem {
        path: "/activity",
        label: "Activity",
        group: Group::Organization,
        needs: Some(Permission::read(Area::Organization)),
    },
    NavItem {
        path: "/members",
        label: "Members",
        group: Group::Organization,
        needs: Some(Permission::read(Area::Members)),
    },
    NavItem { path: "/keys", label: "API keys", group: Group::Organization, needs: Some(Permission::read(Area::Keys)) },
    NavItem {
        path: "/webhooks",
        label: "Webhooks",
        group: Group::Organization,
        needs: Some(Permission::read(Area::Webhooks)),
    },
    NavItem {
        path: "/organization",
        label: "Profile",
        group: Group::Organization,
        needs: Some(Permission::read(Area::Organization)),
    },
    NavItem { path: "/billing", label: "Billing", group: Group::Organization, needs: None },
    NavItem { path: "/account", label: "Account", group: Group::Account, needs: None },
];

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
    let setup = if local.whole { dev::routes() } else { Router::new() };
    let dev = mail_templates::routes().merge(setup).merge(mailbox).route_layer(middleware::from_fn(this_machine_only));
    let dev = if local.near { dev } else { Router::new() };
    let pages =
        Arc::new(Pages { local, document: Arc::new(document), codes, events, first_steps: surface.first_steps });
    Router::new()
        .merge(freehold_pages::routes())
        .merge(assets::routes())
        .merge(front::routes())
        .merge(home::routes())
        .merge(activity::routes())
        .merge(account::routes())
        .merge(reading::routes())
        .merge(docs::routes())
        .merge(sign_in::routes())
        .merge(invitation::routes())
        .merge(impersonation::routes())
        .merge(billing::routes())
        .merge(members::routes())
        .merge(organization::routes())
        .merge(keys::routes())
        .merge(webhooks::routes())
        .merge(dev)
        .layer(Extension(pages))
}

/// The frame of pages that do not show who is signed in: of sign-in, of errors and of `/dev`.
fn bare(backbone: &Backbone) -> Shell {
    Shell::bare(backbone)
}

fn html(rendered: Result<String, askama::Error>) -> Answer<Response> {
    html_with_status(StatusCode::OK, rendered)
}

fn html_with_status(status: StatusCode, rendered: Result<String, askama::Error>) -> Answer<Response> {
    freehold_pages::html(status, rendered)
}
