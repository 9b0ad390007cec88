//! Pages that only tell.

use std::sync::Arc;

use axum::{Extension, Router, extract::State, response::Response, routing::get};
use freehold_catalog::{Limit, Meter, Plan, Price, Product};
use freehold_web::{Answer, Backbone};

use super::{Pages, brand, html};
use crate::{
    DocsPage, ErrorCode, ErrorsPage, EventEntry, EventsPage, HomePage, PlanCard, PlanLimit, PlanPrice, PlansPage, Step,
    WelcomePage,
};

pub(super) fn routes() -> Router<Backbone> {
    Router::new()
        .route("/", get(home))
        .route("/welcome", get(welcome))
        .route("/plans", get(plans))
        .route("/docs", get(docs))
        .route("/docs/errors", get(errors))
        .route("/docs/events", get(events))
}

async fn home(State(backbone): State<Backbone>, Extension(pages): Extension<Arc<Pages>>) -> Answer<Response> {
    let page = HomePage {
        brand: brand(&backbone),
        description: backbone.product.description.clone(),
        parts: pages.local.parts.clone(),
        steps: steps(&backbone, pages.local.mailbox),
        local_mailbox: pages.local.mailbox,
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
    let read = if mailbox { "Its code is at [/dev/mail](/dev/mail)." } else { "Its code is in the mail." };
    let mut steps = vec![
        step(
            "Sign up",
            "You get an organization on the free plan, and a mail.",
            post("/auth/v1/signup", "", r#"{"email": "you@example.org", "password": "correct horse"}"#),
        ),
        step(
            "Confirm your address",
            &format!("{read} The answer holds an `access_token`."),
            post("/auth/v1/verify", "", r#"{"type": "signup", "email": "you@example.org", "token": "CODE"}"#),
        ),
        step(
            "Make an API key",
            "It is shown once and works until you revoke it.",
            post("/api/v1/keys", "ACCESS_TOKEN", r#"{"name": "first key"}"#),
        ),
    ];
    if backbone.product.id == "voice" {
        steps.push(step(
            "Build a workflow",
            "From a template; [/docs](/docs) says how to run it and how to draw your own.",
            post("/api/v1/workflows", "sk_live_…", r#"{"template": "appointment_reminder"}"#),
        ));
    }
    steps
}

async fn welcome(State(backbone): State<Backbone>) -> Answer<Response> {
    html(WelcomePage { brand: brand(&backbone) }.render())
}

async fn plans(State(backbone): State<Backbone>) -> Answer<Response> {
    let product = &backbone.product;
    let page = PlansPage {
        brand: brand(&backbone),
        plans: product.plans().iter().map(|plan| card(product, plan)).collect(),
        current: None,
        how_to_change:
            "Payments are not connected on this server yet. Until they are, whoever operates it changes the plan \
            of an organization with `freehold plan ORGANIZATION PLAN`; the new limits hold within a second."
                .to_owned(),
    };
    html(page.render())
}

fn card(product: &Product, plan: &Plan) -> PlanCard {
    let limits = product.meters.iter().filter_map(|meter| {
        let limit = plan.limit(&meter.id)?;
        Some(PlanLimit { meter: meter.name.clone(), amount: amount(limit, meter) })
    });
    let modules = product.modules.iter().filter(|module| plan.has_module(&module.id)).map(|module| module.name.clone());
    let promises = plan.support.iter().chain(&plan.sla).chain(&plan.features).cloned();
    PlanCard {
        id: plan.id.clone(),
        name: plan.name.clone(),
        price: match &plan.price {
            Price::Free => PlanPrice::Free,
            Price::ContactSales => PlanPrice::ContactSales,
            Price::Paid { month, year } => {
                PlanPrice::Paid { month: month.to_string(), year: year.map(|year| year.to_string()) }
            }
        },
        limits: limits.collect(),
        features: modules.chain(promises).collect(),
    }
}

/// The limit without the meter's name, which stands beside it: `500 a month`.
fn amount(limit: Limit, meter: &Meter) -> String {
    match limit.amount() {
        None => "unlimited".to_owned(),
        Some(0) => "none".to_owned(),
        Some(amount) => {
            let name = if amount == 1 { &meter.one } else { &meter.name };
            let words = limit.describe(meter).replacen(&format!(" {name}"), "", 1);
            words.replacen(" of ", " ", 1).trim().to_owned()
        }
    }
}

async fn docs(State(backbone): State<Backbone>, Extension(pages): Extension<Arc<Pages>>) -> Answer<Response> {
    html(DocsPage { brand: brand(&backbone), document: pages.document.clone() }.render())
}

async fn errors(State(backbone): State<Backbone>, Extension(pages): Extension<Arc<Pages>>) -> Answer<Response> {
    let codes = pages.codes.iter().map(|code| ErrorCode {
        name: code.name.to_owned(),
        status: code.status,
        title: code.title.to_owned(),
    });
    html(ErrorsPage { brand: brand(&backbone), codes: codes.collect() }.render())
}

async fn events(State(backbone): State<Backbone>, Extension(pages): Extension<Arc<Pages>>) -> Answer<Response> {
    let events = pages.events.iter().map(|event| EventEntry {
        name: event.name.to_owned(),
        version: event.version,
        summary: event.summary.to_owned(),
        schema: (event.schema)(),
        message: event.message(),
    });
    html(EventsPage { brand: brand(&backbone), events: events.collect() }.render())
}
