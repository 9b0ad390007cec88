//! `/dev`: how a local installation is set up, and what to try first.

use std::sync::Arc;

use axum::{Extension, Router, extract::State, response::Response, routing::get};
use freehold_web::{Answer, Backbone};

use super::{Pages, bare, html};
use crate::{DevPage, Step};

pub(super) fn routes() -> Router<Backbone> {
    Router::new().route("/dev", get(dev))
}

async fn dev(State(backbone): State<Backbone>, Extension(pages): Extension<Arc<Pages>>) -> Answer<Response> {
    let page = DevPage {
        shell: bare(&backbone),
        description: backbone.product.description.clone(),
        parts: pages.local.parts.clone(),
        steps: steps(&backbone, &pages),
        local_mailbox: pages.local.mailbox,
    };
    html(page.render())
}

fn steps(backbone: &Backbone, pages: &Pages) -> Vec<Step> {
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
    let read = if pages.local.mailbox { "The code is at [/dev/mail](/dev/mail)." } else { "The code is in the mail." };
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
    if backbone.identity.tokens.project.is_some() {
        // Users sign up at the Supabase project, whose client gets the access token.
        steps.drain(..2);
    }
    let own = pages.first_steps.iter().map(|own| step(own.title, own.text, post(own.path, "sk_live_…", own.body)));
    steps.into_iter().chain(own).collect()
}
