//! The text printed when the server has started: its parts, the addresses of the pages, and a first sign-in link.

mod parts;

use freehold_console::{Local, Standing};
use freehold_delivery::mailbox::mailbox_list;
use freehold_identity::{
    HOUSE,
    session::Client,
    sign_in::{LinkRequest, operator_link_request},
};
use freehold_web::Backbone;
use serde_json::json;

pub use parts::parts;

use crate::{demo, settings::Settings};

/// The address of the first user, who gets the sign-in link. Its domain can never be registered (RFC 2606).
const OWNER: &str = "owner@freehold.test";

/// Prints the start screen.
#[expect(clippy::print_stdout, reason = "this is what the command is for")]
pub async fn print(settings: &Settings, backbone: &Backbone, local: &Local) {
    let (site, name) = (&backbone.site_url, &backbone.product.name);
    println!("\n  Freehold runs {name} at {site}\n");
    let width = local.parts.iter().map(|part| part.name.len()).max().unwrap_or_default();
    for part in &local.parts {
        let standing = match part.standing {
            Standing::Connected => "real     ",
            Standing::StandIn => "local    ",
            Standing::Missing => "missing  ",
        };
        let real = part
            .setting
            .as_ref()
            .map(|setting| match part.standing {
                Standing::Connected => format!("  (for that set {setting})"),
                Standing::StandIn | Standing::Missing => format!("  (for a real one set {setting})"),
            })
            .unwrap_or_default();
        println!("  {:width$}  {standing} {}{real}", part.name, part.now);
    }
    println!();
    if local.whole && local.near {
        println!("  Developer  {site}/dev");
    }
    println!("  API        {site}/docs");
    println!("  Plans      {site}/plans");
    if local.mailbox {
        println!("  Mailbox    {site}/dev/mail");
    }
    let program = program();
    if demo_works(settings, backbone, local) {
        println!("  Demo       {program} demo --url {site}");
    } else {
        println!("  Check      {program} doctor");
    }
    if sign_up_works(settings, backbone, local) {
        println!("  Sign up    {site}/sign-up");
    }
    if let Some(link) = first_link(backbone, local).await {
        println!("\n  Sign in as {OWNER} (once, within the hour):\n  {link}");
    }
    println!("\n  Ctrl-C stops it.\n");
}

/// The command with which this program was started: its path, if it was started by one.
fn program() -> String {
    let typed = std::env::args().next().unwrap_or_default();
    if typed.contains('/') && !typed.contains(char::is_whitespace) { typed } else { "freehold".to_owned() }
}

/// Whether the demo works here: it needs its product, sign-up, codes from the local mailbox, and the sandbox.
fn demo_works(settings: &Settings, backbone: &Backbone, local: &Local) -> bool {
    let sandbox = backbone.billing.is_some() && settings.billing.stripe.is_none();
    let reads = settings.auth.autoconfirm || local.mailbox && !local.sends_mails;
    demo::is_of(&settings.product)
        && local.whole
        && local.near
        && sandbox
        && reads
        && backbone.identity.tokens.project.is_none()
        && !settings.auth.signup_disabled
}

/// Whether a new user can sign up on the page.
fn sign_up_works(settings: &Settings, backbone: &Backbone, local: &Local) -> bool {
    let reached = settings.auth.autoconfirm || local.sends_mails;
    reached && backbone.identity.tokens.project.is_none() && !settings.auth.signup_disabled
}

/// A sign-in link for the operator. None if mails are sent by a mail server: then links are only for their recipients,
/// and this address has none.
async fn first_link(backbone: &Backbone, local: &Local) -> Option<String> {
    if !local.mailbox || local.sends_mails || backbone.identity.tokens.project.is_some() {
        return None;
    }
    let data = json!({ "organization": "First organization" });
    let target = format!("{}/home", backbone.site_url);
    // Within a minute of the last start no new mail is sent, and the last link still works.
    let new =
        LinkRequest { realm: HOUSE, email: OWNER.to_owned(), create: true, data, redirect_to: target, challenge: None };
    if let Err(error) =
        operator_link_request(&backbone.identity.limits, &backbone.identity.sessions.hooks, new, &Client::default())
            .await
    {
        tracing::debug!("no new sign-in link: {error:?}");
    }
    let mails = mailbox_list(&backbone.db, &backbone.vault, &backbone.mails, Some(OWNER)).await.ok()?;
    mails.first()?.mail.link().map(str::to_owned)
}
