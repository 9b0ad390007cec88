//! `/`: the product's own page for visitors.

use axum::{Router, extract::State, response::Response, routing::get};
use freehold_identity::methods::sign_in_methods;
use freehold_pages::Shell;
use freehold_web::{Answer, Backbone};

use super::plan_cards::card;
use crate::{ChoosePlan, FrontPage, PlanLinks};

pub(super) fn routes() -> Router<Backbone> {
    Router::new().route("/", get(front))
}

async fn front(State(backbone): State<Backbone>, shell: Shell) -> Answer<Response> {
    let product = &backbone.product;
    let page = FrontPage {
        description: product.description.clone(),
        plans: product.plans().iter().map(|plan| card(product, plan)).collect(),
        links: plan_links(&backbone, &shell),
        sign_up: sign_up_open(&backbone),
        shell,
    };
    page.shell.show(&page)
}

/// Whether new users may sign up.
pub(super) fn sign_up_open(backbone: &Backbone) -> bool {
    sign_in_methods(backbone.identity.settings(), &backbone.identity.providers).sign_up
}

/// Where the buttons of plans lead.
pub(super) fn plan_links(backbone: &Backbone, shell: &Shell) -> PlanLinks {
    if backbone.billing.is_none() {
        return PlanLinks::default();
    }
    let visitor = shell.viewer.is_none() && sign_up_open(backbone);
    let choose =
        if visitor { ChoosePlan::AfterSignUp { site_url: backbone.site_url.clone() } } else { ChoosePlan::AtBilling };
    PlanLinks {
        choose: Some(choose),
        start: visitor.then(|| "/sign-up".to_owned()),
        contact: shell.brand.contact.clone(),
    }
}
