//! Pages without forms: `/welcome` and `/plans`.

use axum::{Router, extract::State, response::Response, routing::get};
use freehold_web::{Answer, Backbone};

use super::{front::plan_links, html, plan_cards::card};
use crate::{PlansPage, Shell, WelcomePage};

pub(super) fn routes() -> Router<Backbone> {
    Router::new().route("/welcome", get(welcome)).route("/plans", get(plans))
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
