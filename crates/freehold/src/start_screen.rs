//! The text printed when the server has started: which parts are real and which are local replacements, the addresses
//! of the pages, and a first sign-in link.

use freehold_console::{Local, Part, Standing};
use freehold_delivery::mailbox::mailbox_list;
use freehold_identity::{
    HOUSE,
    session::Client,
    sign_in::{LinkRequest, operator_link_request},
};
use freehold_web::Backbone;
use serde_json::json;

use crate::{data_folder, database::Database, demo, settings::Settings};

/// The address of the first user, who gets the sign-in link. Its domain can never be registered (RFC 2606).
const OWNER: &str = "owner@freehold.test";

/// The parts of the server, and whether each is real or a local replacement.
pub fn parts(settings: &Settings, database: &Database, payments: &Part) -> Vec<Part> {
    // Root's data can be in another folder than the settings say, and an operator must know it to delete or back it up.
    let place = |name: &str| data_folder::real(&settings.data.join(name)).display().to_string();
    let mailbox = settings.shows_mails(database.is_local());
    let part = |name: &str, now: String, standing: Standing, setting: Option<&str>| Part {
        name: name.to_owned(),
        now,
        standing,
        setting: setting.map(str::to_owned),
    };
    let database = if database.is_local() {
        part("Database", format!("local Postgres in {}", place("postgres")), Standing::StandIn, Some("DATABASE_URL"))
    } else {
        part("Database", "the Postgres of DATABASE_URL".to_owned(), Standing::Connected, None)
    };
    let key = if settings.secret_key.is_some() {
        part("Secret key", "FREEHOLD_SECRET_KEY".to_owned(), Standing::Connected, None)
    } else {
        part("Secret key", format!("kept in {}", place("secret_key")), Standing::StandIn, Some("FREEHOLD_SECRET_KEY"))
    };
    let mail = match (&settings.mail_server, mailbox) {
        (Some(mail), shown) => {
            let also = if shown { ", and shown at /dev/mail" } else { "" };
            let now = format!("sent by {} from {}{also}", mail.server, mail.from.address);
            part("Mail", now, Standing::Connected, None)
        }
        (None, true) => {
            let now = "local mailbox at /dev/mail; nothing is sent".to_owned();
            part("Mail", now, Standing::StandIn, Some("SMTP_URL"))
        }
        (None, false) => {
            let now = "queued; no mail server is connected".to_owned();
            part("Mail", now, Standing::Missing, Some("SMTP_URL"))
        }
    };
    vec![database, sign_in(settings), mail, payments.clone(), key]
}

/// The part in which users sign in.
fn sign_in(settings: &Settings) -> Part {
    let part = |now: String, standing, setting: Option<&str>| Part {
        name: "Sign-in".to_owned(),
        now,
        standing,
        setting: setting.map(str::to_owned),
    };
    let Some(project) = &settings.supabase.project else {
        let now = "built in, Supabase Auth's protocol at /auth/v1".to_owned();
        return part(now, Standing::Connected, None);
    };
    let now = format!("the Supabase project at {}", project.url);
    if project.public_key.is_some() {
        return part(now, Standing::Connected, None);
    }
    part(
        format!("{now}; the pages of this server cannot sign in"),
        Standing::Connected,
        Some("SUPABASE_PUBLISHABLE_KEY"),
    )
}

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
