//! `/home`: the home page of a signed-in user.

use std::sync::Arc;

use axum::{Extension, Router, extract::State, response::Response, routing::get};
use freehold_catalog::Price;
use freehold_core::{Area, Caller, PageRequest, Permission, Result, Standing};
use freehold_identity::key::key_list;
use freehold_jobs::outbox::{Published, event_recent};
use freehold_metering::usage::usage_list;
use freehold_pages::{
    Banner, Progress, SharedPage, Shell, Tone, UserPage,
    times::{day, moment},
};
use freehold_tenancy::invitation::seats_show;
use freehold_web::{Answer, Backbone};

use super::Pages;
use crate::{Hint, HomeEvent, HomePage, QuickAction};

/// Most events on the page.
const EVENTS: i64 = 8;

pub(super) fn routes() -> Router<Backbone> {
    Router::new().route("/home", get(home))
}

async fn home(
    State(backbone): State<Backbone>,
    Extension(pages): Extension<Arc<Pages>>,
    SharedPage(user): SharedPage,
) -> Answer<Response> {
    let UserPage { shell, caller, .. } = user;
    let page = match caller {
        Some(caller) => of_member(&backbone, &pages, shell, &caller).await?,
        None => HomePage {
            shell,
            banners: Vec::new(),
            plan: None,
            usage: Vec::new(),
            hints: Vec::new(),
            actions: Vec::new(),
            events: None,
        },
    };
    page.shell.show(&page)
}

async fn of_member(backbone: &Backbone, pages: &Pages, shell: Shell, caller: &Caller) -> Result<HomePage> {
    let plan = backbone.product.plan(&caller.plan().id).map_or(&caller.plan().id, |plan| &plan.name);
    let (usage, seats) = usage(backbone, caller).await?;
    Ok(HomePage {
        banners: banner(&shell, caller.standing()).into_iter().collect(),
        plan: Some(plan.clone()),
        usage,
        hints: hints(backbone, &shell, caller, seats).await?,
        actions: actions(&shell),
        events: events(backbone, pages, caller).await?,
        shell,
    })
}

fn banner(shell: &Shell, standing: Standing) -> Option<Banner> {
    let (title, text) = match standing {
        Standing::Good => return None,
        Standing::Suspended => ("This organization is read-only", Standing::SUSPENDED_MESSAGE),
        Standing::Archived => ("This organization is archived", Standing::ARCHIVED_MESSAGE),
        Standing::Closing => ("This organization is being deleted", Standing::CLOSING_MESSAGE),
    };
    let pays = standing != Standing::Closing && shell.has("/billing");
    let link = pays.then(|| ("Choose a plan".to_owned(), shell.link("/billing")));
    Some(Banner { link, ..Banner::new(Tone::Bad, title, text) })
}

/// Usage of the plan, and the number of members with open invitations, if the user may see them.
async fn usage(backbone: &Backbone, caller: &Caller) -> Result<(Vec<Progress>, Option<i64>)> {
    let seats = match caller.allow(Permission::read(Area::Members)) {
        Ok(()) => Some(seats_show(&backbone.db, caller).await?),
        Err(_) => None,
    };
    if caller.allow(Permission::read(Area::Usage)).is_err() {
        return Ok((Vec::new(), seats));
    }
    let used = usage_list(&backbone.db, &backbone.entitlements, caller).await?;
    let members = backbone.product.members_meter();
    let line = |usage: freehold_metering::usage::Usage| Progress {
        used: match members.filter(|members| members.id == usage.meter).and(seats) {
            Some(seats) => seats,
            None => usage.used,
        },
        name: usage.name,
        limit: usage.limit,
        resets_on: usage.period_end.map(day),
    };
    Ok((used.into_iter().map(line).collect(), seats))
}

/// What an organization should set up, as far as there are pages for it and the user may.
async fn hints(backbone: &Backbone, shell: &Shell, caller: &Caller, seats: Option<i64>) -> Result<Vec<Hint>> {
    let may = |area| caller.allow(Permission::write(area)).is_ok();
    let hint = |title: &str, text: &str, (path, label): (&str, &str), done| Hint {
        title: title.to_owned(),
        text: text.to_owned(),
        path: path.to_owned(),
        label: label.to_owned(),
        done,
    };
    let mut hints = Vec::new();
    if shell.has("/members") && may(Area::Members) {
        let text = "They work in the same organization, each with a role of their own.";
        hints.push(hint("Invite your colleagues", text, ("/members", "Invite"), seats.is_some_and(|seats| seats > 1)));
    }
    if shell.has("/keys") && may(Area::Keys) {
        let keys = key_list(&backbone.db, caller, PageRequest::new(Some(1), None)?).await?;
        let text = "Programs call the API with it.";
        hints.push(hint("Create an API key", text, ("/keys", "Create"), !keys.data.is_empty()));
    }
    if shell.has("/billing") && backbone.billing.is_some() && may(Area::Billing) {
        let free = backbone.product.plan(&caller.plan().id).is_some_and(|plan| plan.price == Price::Free);
        let text = "Larger plans have higher limits. You can change or cancel at any time.";
        hints.push(hint("Choose a plan", text, ("/billing#plans", "Compare"), !free));
    }
    Ok(hints)
}

/// Links to the pages that the user may open.
fn actions(shell: &Shell) -> Vec<QuickAction> {
    [
        ("/members", "Members", "Invite colleagues and set their roles"),
        ("/keys", "API keys", "Create and revoke keys"),
        ("/webhooks", "Webhooks", "Endpoints and deliveries"),
        ("/billing", "Billing", "Plan, card and invoices"),
        ("/account", "Your account", "Name, password and sessions"),
        ("/docs", "API reference", "Every call with examples"),
    ]
    .into_iter()
    .filter(|(path, ..)| *path == "/docs" || shell.has(path))
    .map(|(path, title, text)| QuickAction { title: title.to_owned(), text: text.to_owned(), path: path.to_owned() })
    .collect()
}

async fn events(backbone: &Backbone, pages: &Pages, caller: &Caller) -> Result<Option<Vec<HomeEvent>>> {
    if caller.allow(Permission::read(Area::Events)).is_err() {
        return Ok(None);
    }
    let events = event_recent(&backbone.db, caller, EVENTS).await?;
    let line = |event: &Published| {
        let known = pages.events.iter().find(|known| known.name == event.name);
        let text = known.map_or(event.name.as_str(), |known| known.summary.trim_end_matches('.'));
        HomeEvent { text: text.to_owned(), time: moment(event.timestamp), datetime: event.timestamp.to_string() }
    };
    Ok(Some(events.iter().map(line).collect()))
}
