//! Rotating a key: a page that asks how long the previous secret still works, and the new secret.

use axum::{extract::State, http::StatusCode, response::Response};
use freehold_core::{ApiKeyId, Error, Result};
use freehold_identity::key::{self, Key, WRITE};
use freehold_pages::{Choice, MemberForm, MemberPage, times::moment};
use freehold_web::{Answer, Attempt, Backbone, Creation, Path, plan_rate_take};
use serde_json::json;

use super::super::form::{Fields, attempt, value};
use crate::{KeyRotatePage, SecretPage};

/// How long the previous secret may still work, in seconds, with its label; the second is chosen at first.
const OVERLAPS: [(i64, &str); 4] =
    [(0, "It stops at once"), (86_400, "For one more day"), (259_200, "For three more days"), (604_800, "For a week")];

pub(super) async fn rotate_ask(
    State(backbone): State<Backbone>,
    page: MemberPage,
    Path(id): Path<ApiKeyId>,
) -> Answer<Response> {
    page.caller.allow_taking_away(WRITE)?;
    let key = key::key_get(&backbone.db, &page.caller, id).await?;
    page.shell.show(&KeyRotatePage {
        shell: page.shell.clone(),
        id: id.to_string(),
        name: key.name,
        overlaps: OVERLAPS
            .iter()
            .enumerate()
            .map(|(place, &(seconds, label))| overlap(seconds, label, place == 1))
            .collect(),
        attempt: attempt(&backbone),
    })
}

fn overlap(seconds: i64, label: &str, selected: bool) -> Choice {
    Choice { value: seconds.to_string(), label: label.to_owned(), hint: String::new(), selected }
}

pub(super) async fn rotate(
    State(backbone): State<Backbone>,
    Path(id): Path<ApiKeyId>,
    form: MemberForm<Fields>,
) -> Answer<Response> {
    let MemberForm { page, fields, .. } = form;
    match rotated(&backbone, &page, id, &fields).await {
        Ok(Some(shown)) => page.shell.show_with(StatusCode::CREATED, &shown),
        Ok(None) => {
            let text = "This key was rotated already, and its secret is shown only once. If you did not copy it, \
                        rotate the key again.";
            page.done(&backbone, "/keys", text)
        }
        Err(error) => page.failed(&backbone, "/keys", error),
    }
}

/// Rotates the key; none when the form was sent before.
async fn rotated(backbone: &Backbone, page: &MemberPage, id: ApiKeyId, fields: &Fields) -> Result<Option<SecretPage>> {
    plan_rate_take(backbone, &page.caller).await?;
    let caller = page.caller.allow_taking_away(WRITE)?;
    let overlap = value(fields, "overlap").parse().ok();
    let overlap = overlap.filter(|wanted| OVERLAPS.iter().any(|(seconds, _)| seconds == wanted));
    let overlap = overlap.ok_or_else(|| Error::invalid("/overlap", "choose one of the list"))?;
    let target = format!("/keys/{id}/rotate");
    let creation = Creation::of_form(backbone, &target, value(fields, "attempt"), fields, ());
    let Attempt::Fresh(mut fresh, ()) = creation.attempt(backbone, &caller).await? else { return Ok(None) };
    let (key, secret) = key::key_rotate(&backbone.identity.base, &mut fresh.tx, id, Some(overlap)).await?;
    // The stored answer has no secret, so the form sent again shows none.
    fresh.finish(StatusCode::CREATED, &json!({ "id": key.id })).await?;
    backbone.resolver.forget();
    Ok(Some(SecretPage {
        shell: page.shell.clone(),
        title: format!("The API key “{}” was rotated", key.name),
        text: instruction(&key, overlap),
        label: "API key".to_owned(),
        secret: secret.expose().to_owned(),
        next: ("I have copied it".to_owned(), page.shell.link("/keys")),
    }))
}

/// What to do with the new secret.
fn instruction(key: &Key, overlap: i64) -> String {
    match key.previous_until.filter(|_| overlap > 0) {
        Some(end) => {
            format!("Give it to every program that uses the key. The previous secret works until {}.", moment(end))
        }
        None => "Give it to every program that uses the key. The previous secret no longer works.".to_owned(),
    }
}
