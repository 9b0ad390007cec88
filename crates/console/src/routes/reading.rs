//! Pages without forms: `/`, `/welcome`, `/plans` and `/docs`.

use std::sync::Arc;

use axum::{Extension, Router, extract::State, response::Response, routing::get};
use freehold_web::{Answer, Backbone};

use super::{Pages, bare, html, plan_cards::card, this_machine::AtThisMachine};
use crate::{DocsPage, ErrorCode, ErrorsPage, EventEntry, EventsPage, HomePage, PlansPage, Step, WelcomePage};

pub(super) fn routes() -> Router<Backbone> {
    Router::new()
        .route("/", get(home))
        .route("/welcome", get(welcome))
        .route("/plans", get(plans))
        .route("/docs", get(docs))
        .route("/docs/errors", get(errors))
        .route("/docs/events", get(events))
}

async fn home(
    AtThisMachine(near): AtThisMachine,
    State(backbone): State<Backbone>,
    Extension(pages): Extension<Arc<Pages>>,
) -> Answer<Response> {
    // Visitors of a deployment must not learn how the server is set up.
    let told = pages.local.whole && near;
    let page = HomePage {
        shell: bare(&backbone),
        description: backbone.product.description.clone(),
        parts: if told { pages.local.parts.clone() } else { Vec::new() },
        steps: if told { steps(&backbone, pages.local.mailbox) } else { Vec::new() },
        local_mailbox: told && pages.local.mailbox,
        sign_in: true,
    };
    html(page.render())
}

fn steps(backbone: &Backbone, mailbox: bool) -> Vec<Step> {
    let site = &backbone.site_url;
    let post = |path: &str, token: &str, body: &str| {
        let token = if token.is_empty() { String::new() } else { format!(" -H 'Authorization: Bearer {token}'") };
        format!("curl -X POST {site}{path}{token} \\\n  -H 'Content-Type: application/json' \\\n  -d '{body}'")
    };
    let step = |title: &str, text: &str, command: String| Step {
        title: title.to_owned(),
        text: text.to_owned(),
        command: Some(command),
    };
    let read = if mailbox { "The code is at [/dev/mail](/dev/mail)." } else { "The code is in the mail." };
    let mut steps = vec![
        step(
            "Sign up",
            "Creates your account and an organization on the free plan, and mails you a code.",
            post("/auth/v1/signup", "", r#"{"email": "you@example.org", "password": "correct horse"}"#),
        ),
        step(
            "Confirm your address",
            &format!("{read} The response holds an `access_token`."),
            post("/auth/v1/verify", "", r#"{"type": "signup", "email": "you@example.org", "token": "CODE"}"#),
        ),
        step(
            "Create an API key",
            "The key is shown once and works until you revoke it.",
            post("/api/v1/keys", "ACCESS_TOKEN", r#"{"name": "first key"}"#),
        ),
    ];
    if backbone.identity.project.is_some() {
        // Users sign up at the Supabase project, whose client gets the access token.
        steps.drain(..2);
    }
    if backbone.product.id == "voice" {
        steps.push(step(
            "Create a workflow",
            "Creates a workflow from a template. The [API reference](/docs) says how to run it and how to write your own.",
            post("/api/v1/workflows", "sk_live_…", r#"{"template": "appointment_reminder"}"#),
        ));
    }
    steps
}

async fn welcome(State(backbone): State<Backbone>) -> Answer<Response> {
    html(WelcomePage { shell: bare(&backbone) }.render())
}

async fn plans(State(backbone): State<Backbone>) -> Answer<Response> {
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
        shell: bare(&backbone),
        plans: product.plans().iter().map(|plan| card(product, plan)).collect(),
        current: None,
        how_to_change: how.to_owned(),
        choose_at: sold.then(|| "/billing".to_owned()),
    };
    html(page.render())
}

async fn docs(State(backbone): State<Backbone>, Extension(pages): Extension<Arc<Pages>>) -> Answer<Response> {
    html(DocsPage { shell: bare(&backbone), document: pages.document.clone() }.render())
}

async fn errors(State(backbone): State<Backbone>, Extension(pages): Extension<Arc<Pages>>) -> Answer<Response> {
    let codes = pages.codes.iter().map(|code| ErrorCode {
        name: code.name.to_owned(),
        status: code.status,
        title: code.title.to_owned(),
    });
    html(ErrorsPage { shell: bare(&backbone), codes: codes.collect() }.render())
}

async fn events(State(backbone): State<Backbone>, Extension(pages): Extension<Arc<Pages>>) -> Answer<Response> {
    let events = pages.events.iter().map(|event| EventEntry {
        name: event.name.to_owned(),
        version: event.version,
        summary: event.summary.to_owned(),
        schema: (event.schema)(),
        message: event.message(),
    });
    html(EventsPage { shell: bare(&backbone), events: events.collect() }.render())
}
