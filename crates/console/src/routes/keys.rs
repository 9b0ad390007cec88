//! `/keys`: API keys.

mod edit;
mod rotate;
mod usage;

use std::collections::BTreeMap;

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use freehold_core::{ApiKeyId, Caller, Error, Result, Role, Scopes, UserId};
use freehold_identity::key::{self, Key, KeyState, NewKey, WRITE};
use freehold_pages::{
    Choice, Confirm, Empty, MemberForm, MemberPage, Pager,
    times::{day, moment},
};
use freehold_tenancy::member::member_emails;
use freehold_web::{Answer, Attempt, Backbone, Creation, Paging, Path, Query, plan_rate_take};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;

use super::form::{Fields, Nothing, ask, attempt, told, trouble, value, values};
use crate::{KeyArea, KeyLine, KeyNewPage, KeysPage, SecretPage};

/// Days after which a key may expire.
const DAYS: [i64; 4] = [7, 30, 90, 365];

pub(super) fn routes() -> Router<Backbone> {
    Router::new()
        .route("/keys", get(show))
        .route("/keys/new", get(new).post(create))
        .route("/keys/{id}/revoke", get(revoke_ask).post(revoke))
        .route("/keys/{id}/adopt", get(adopt_ask).post(adopt))
        .route("/keys/{id}/edit", get(edit::edit).post(edit::update))
        .route("/keys/{id}/usage", get(usage::usage))
        .route("/keys/{id}/rotate", get(rotate::rotate_ask).post(rotate::rotate))
}

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    cursor: Option<String>,
}

async fn show(State(backbone): State<Backbone>, page: MemberPage, Query(wanted): Query<Wanted>) -> Answer<Response> {
    let (db, caller, now) = (&backbone.db, &*page.caller, backbone.clock.now());
    let listed = key::key_list(db, caller, Paging::new(None, wanted.cursor.clone()).request()?).await?;
    let users: Vec<UserId> = listed.data.iter().filter_map(|key| key.created_by).collect();
    let emails = member_emails(db, caller, &users).await?;
    let next = listed.next_cursor.as_ref().map(ToString::to_string);
    let may_create = may_create(caller);
    let empty = Empty::new("No API keys yet", "A key lets a program call the API in the name of this organization.");
    let empty = if may_create { empty.with_action("Create an API key", page.shell.link("/keys/new")) } else { empty };
    page.shell.show(&KeysPage {
        keys: listed.data.iter().map(|key| key_line(caller, key, &emails, now)).collect(),
        pager: Pager::new(&page.shell.link("/keys"), wanted.cursor.as_deref(), next.as_deref()),
        may_create,
        empty,
        shell: page.shell.clone(),
    })
}

fn may_create(caller: &Caller) -> bool {
    caller.allow(WRITE).and_then(|()| caller.allow_change()).is_ok()
}

fn key_line(caller: &Caller, key: &Key, emails: &BTreeMap<UserId, String>, now: Timestamp) -> KeyLine {
    let mode = if key.live { "live" } else { "test" };
    let state = key.state(now);
    let over = matches!(state, KeyState::Revoked | KeyState::Expired);
    let made_by = key.created_by.and_then(|user| emails.get(&user).cloned());
    let theirs = key.created_by.is_some() && key.created_by == caller.user();
    let reached = key.role.parse::<Role>().and_then(|role| caller.role().reach(role)).is_ok()
        && caller.scopes().cover(&Scopes::stored(key.scopes.clone()));
    let previous = key.previous_until.filter(|end| *end > now).zip(key.previous_prefix.as_ref());
    KeyLine {
        id: key.id.to_string(),
        name: key.name.clone(),
        prefix: format!("sk_{mode}_{}", key.prefix),
        state: state.name(),
        test: !key.live,
        role: key.role.clone(),
        scopes: if key.scopes.is_empty() { "everything".to_owned() } else { key.scopes.join(", ") },
        networks: key.allowed_networks.join(", "),
        made_by: made_by.unwrap_or_else(|| "a former member".to_owned()),
        created: day(key.created_at),
        last_used: key.last_used_at.map_or_else(|| "never".to_owned(), moment),
        expires: key.expires_at.map_or_else(|| "never".to_owned(), moment),
        revocable: state != KeyState::Revoked && (theirs || reached) && caller.allow_taking_away(WRITE).is_ok(),
        previous: previous
            .map(|(end, prefix)| format!("sk_{mode}_{prefix}… until {}", moment(end)))
            .unwrap_or_default(),
        editable: state != KeyState::Revoked && (theirs || reached) && may_create(caller),
        rotatable: state == KeyState::Active && theirs && caller.allow_taking_away(WRITE).is_ok(),
        adoptable: !over && !theirs && caller.role() == Role::Owner && may_create(caller),
    }
}

async fn new(State(backbone): State<Backbone>, page: MemberPage) -> Answer<Response> {
    page.caller.allow(WRITE)?;
    form_show(&backbone, &page, StatusCode::OK, &Fields::new(), String::new())
}

/// The page of the form, with the values that were sent.
fn form_show(
    backbone: &Backbone,
    page: &MemberPage,
    status: StatusCode,
    fields: &Fields,
    error: String,
) -> Answer<Response> {
    let scopes = values(fields, "scope");
    let choice = |name: &str, first: bool, value: &str, label: &str, hint: &str| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        hint: hint.to_owned(),
        selected: self::value(fields, name) == value || first && self::value(fields, name).is_empty(),
    };
    let area = |name: &str| KeyArea {
        name: name.to_owned(),
        read: scopes.contains(&format!("{name}:read")),
        write: scopes.contains(&format!("{name}:write")),
    };
    let never = choice("expires", true, "", "Never", "");
    let days = DAYS.map(|days| choice("expires", false, &days.to_string(), &format!("In {days} days"), ""));
    let filled = KeyNewPage {
        shell: page.shell.clone(),
        name: value(fields, "name").to_owned(),
        networks: value(fields, "allowed_networks").to_owned(),
        modes: vec![
            choice("mode", true, "live", "Live", "For real data."),
            choice("mode", false, "test", "Test", "For trying things out. A test key cannot create a live one."),
        ],
        access: vec![
            choice("access", true, "some", "Only the scopes below", "Choose what the program needs, and no more."),
            choice("access", false, "all", "Everything you may do", "Also what your role may do later."),
        ],
        areas: backbone.areas.iter().map(|known| area(known.name())).collect(),
        expiries: std::iter::once(never).chain(days).collect(),
        attempt: attempt(backbone),
        error,
    };
    page.shell.show_with(status, &filled)
}

async fn create(State(backbone): State<Backbone>, form: MemberForm<Fields>) -> Answer<Response> {
    let MemberForm { page, fields, .. } = form;
    match created(&backbone, &page, &fields).await {
        Ok(Some(shown)) => page.shell.show_with(StatusCode::CREATED, &shown).map(IntoResponse::into_response),
        Ok(None) => {
            let text = "This key was created already, and it is shown only once. If you did not copy it, revoke it and \
                        create another one.";
            page.done(&backbone, "/keys", text)
        }
        Err(error) => {
            let (status, error) = trouble(error)?;
            form_show(&backbone, &page, status, &fields, error)
        }
    }
}

/// Creates the key; none when the form was sent before.
async fn created(backbone: &Backbone, page: &MemberPage, fields: &Fields) -> Result<Option<SecretPage>> {
    let caller = &*page.caller;
    caller.allow(WRITE)?;
    plan_rate_take(backbone, caller).await?;
    let new = new_key(fields, backbone.clock.now())?;
    let creation = Creation::of_form(backbone, "/keys/new", value(fields, "attempt"), fields, new);
    let Attempt::Fresh(mut fresh, new) = creation.attempt(backbone, caller).await? else { return Ok(None) };
    let (key, secret) = key::key_create(&backbone.identity.base, &mut fresh.tx, new, &backbone.areas).await?;
    // The stored answer has no secret, so the form sent again shows none.
    fresh.finish(StatusCode::CREATED, &json!({ "id": key.id })).await?;
    Ok(Some(SecretPage {
        shell: page.shell.clone(),
        title: format!("The API key “{}” was created", key.name),
        text: "Store it where the program reads its secrets. Every program that has it acts in the name of this organization."
            .to_owned(),
        label: "API key".to_owned(),
        secret: secret.expose().to_owned(),
        next: ("I have copied it".to_owned(), page.shell.link("/keys")),
    }))
}

fn new_key(fields: &Fields, now: Timestamp) -> Result<NewKey> {
    let live = match value(fields, "mode") {
        "live" => true,
        "test" => false,
        _ => return Err(Error::invalid("/mode", "choose live or test")),
    };
    let scopes = match (value(fields, "access"), values(fields, "scope")) {
        ("all", _) => Vec::new(),
        ("some", scopes) if !scopes.is_empty() => scopes,
        ("some", _) => return Err(Error::invalid("/scopes", "choose at least one, or everything you may do")),
        _ => return Err(Error::invalid("/access", "choose scopes or everything")),
    };
    let expires_at = match value(fields, "expires") {
        "" => None,
        days => {
            let days = days.parse().ok().filter(|days| DAYS.contains(days));
            let days = days.ok_or_else(|| Error::invalid("/expires", "choose one of the list"))?;
            now.checked_add(SignedDuration::from_hours(24 * days)).ok()
        }
    };
    let allowed_networks = networks(value(fields, "allowed_networks"));
    Ok(NewKey { name: value(fields, "name").to_owned(), live: Some(live), scopes, expires_at, allowed_networks })
}

/// The networks of a form, separated by commas or spaces.
fn networks(text: &str) -> Vec<String> {
    let parts = text.split(|character: char| character == ',' || character.is_whitespace());
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

async fn revoke_ask(State(backbone): State<Backbone>, page: MemberPage, Path(id): Path<ApiKeyId>) -> Answer<Response> {
    page.caller.allow_taking_away(WRITE)?;
    let key = key::key_get(&backbone.db, &page.caller, id).await?;
    let confirm = Confirm {
        title: format!("Revoke the API key “{}”?", key.name),
        sentences: vec![
            "Programs that use it are refused within a second, and so are all keys that it created.".to_owned(),
            "A revoked key cannot be restored.".to_owned(),
        ],
        action: format!("/keys/{id}/revoke"),
        fields: Vec::new(),
        button: "Revoke the key".to_owned(),
        back: "/keys".to_owned(),
    };
    ask(&page.shell, confirm)
}

async fn revoke(
    State(backbone): State<Backbone>,
    Path(id): Path<ApiKeyId>,
    form: MemberForm<Nothing>,
) -> Answer<Response> {
    let revoked = async {
        plan_rate_take(&backbone, &form.page.caller).await?;
        let key = key::key_revoke(&backbone.db, &form.page.caller, id).await?;
        backbone.resolver.forget();
        Ok(format!("The API key “{}” was revoked.", key.name))
    };
    told(&backbone, &form.page, "/keys", revoked.await)
}

async fn adopt_ask(State(backbone): State<Backbone>, page: MemberPage, Path(id): Path<ApiKeyId>) -> Answer<Response> {
    page.caller.allow(WRITE)?;
    let key = key::key_get(&backbone.db, &page.caller, id).await?;
    let mut sentences = vec!["You become responsible for it. Your role limits what it may do.".to_owned()];
    if key.suspended_at.is_some() {
        sentences.push("It was suspended when its user left, and works again from then on.".to_owned());
    }
    let confirm = Confirm {
        title: format!("Adopt the API key “{}”?", key.name),
        sentences,
        action: format!("/keys/{id}/adopt"),
        fields: Vec::new(),
        button: "Adopt the key".to_owned(),
        back: "/keys".to_owned(),
    };
    ask(&page.shell, confirm)
}

async fn adopt(
    State(backbone): State<Backbone>,
    Path(id): Path<ApiKeyId>,
    form: MemberForm<Nothing>,
) -> Answer<Response> {
    let adopted = async {
        plan_rate_take(&backbone, &form.page.caller).await?;
        let key = key::key_adopt(&backbone.db, &form.page.caller, id).await?;
        backbone.resolver.forget();
        Ok(format!("You are now responsible for the API key “{}”.", key.name))
    };
    told(&backbone, &form.page, "/keys", adopted.await)
}
