//! Every operation of a tenant, called for an organization that is suspended or archived.

use axum::http::Method;
use freehold_core::{Role, Standing};
use serde_json::json;

use super::{About, Operation, differs, got_to_stripe, refuse, world};
use crate::harness::app::Answer;

#[tokio::test]
async fn a_suspended_organization_reads_and_does_not_write() {
    let (app, owner, things, operations) = world().await;
    app.suspend(&owner, true).await;
    let mut broken = Vec::new();
    for operation in taking_away_last(&operations) {
        for by_key in [true, false] {
            let ask = operation.ask(&app, &things);
            let answer = if by_key { ask.key(&owner.key) } else { ask.person(&owner) }.send().await;
            if operation.name == LEAVING && !by_key {
                // This works whatever the standing; for the last owner it is a conflict.
                broken.extend(differs(operation, &answer, 409, "conflict"));
            } else if TAKING_AWAY.contains(&operation.name.as_str()) {
                broken.extend(takes_away(operation, &answer));
            } else if EXPORTING.contains(&operation.name.as_str()) {
                broken.extend(exports(operation, &answer));
            } else if operation.pays() {
                // Paying is how the organization becomes active again.
                if !got_to_stripe(operation, &answer) {
                    broken.push(format!("{}: nobody can pay: {answer}", operation.name));
                }
            } else if !operation.reads() {
                broken.extend(differs(operation, &answer, 402, "subscription_suspended"));
                if answer.json()["upgrade_url"] != "https://app.example.org/billing" {
                    broken.push(format!("{}: does not say where to pay", operation.name));
                }
            } else if answer.status() != 200 {
                broken.push(format!("{}: {answer}", operation.name));
            }
        }
    }
    refuse("A suspended organization can be read, and writing says why not:", &broken);
    app.suspend(&owner, false).await;
    let rename = app.patch(&format!("/api/v1/organizations/{}", owner.organization)).person(&owner);
    rename.json(&json!({ "name": "Back again" })).send().await.expect(200);
}

/// An organization takes its data along, whatever its state.
const EXPORTING: [&str; 3] = ["POST /api/v1/export", "GET /api/v1/export", "GET /api/v1/export/{id}"];

/// What is wrong with the answer to the owner, or their key, who exports; none: nothing.
fn exports(operation: &Operation, answer: &Answer) -> Option<String> {
    (![200, 202].contains(&answer.status())).then(|| format!("{}: {answer}", operation.name))
}

/// Operations that only remove rights work whatever the state of the organization. They come last, because they remove
/// the keys.
const TAKING_AWAY: [&str; 9] = [
    "POST /api/v1/webhooks/{id}/secret",
    "DELETE /api/v1/webhooks/{id}",
    "POST /api/v1/engines/{id}/secret",
    "DELETE /api/v1/engines/{id}",
    "PATCH /api/v1/organizations/{id}/members/{user_id}",
    "DELETE /api/v1/organizations/{id}/members/{user_id}",
    "DELETE /api/v1/invitations/{id}",
    "POST /api/v1/keys/{id}/rotate",
    "DELETE /api/v1/keys/{id}",
];

/// What can be removed can be read, whatever the state of the organization.
const LOOKING: [&str; 7] = [
    "GET /api/v1/keys",
    "GET /api/v1/keys/{id}",
    "GET /api/v1/keys/{id}/usage",
    "GET /api/v1/invitations",
    "GET /api/v1/organizations/{id}/members",
    "GET /api/v1/roles",
    "GET /api/v1/roles/{id}",
];

/// What is wrong with the answer to the owner, or their key, who removes what they have; none: nothing. They are the
/// last owner, and an invitation can be revoked once.
fn takes_away(operation: &Operation, answer: &Answer) -> Option<String> {
    let expected: &[u16] = match operation.name.as_str() {
        "DELETE /api/v1/invitations/{id}" => &[200, 409],
        "DELETE /api/v1/keys/{id}" => &[200],
        "DELETE /api/v1/webhooks/{id}" | "DELETE /api/v1/engines/{id}" => &[204, 404],
        "POST /api/v1/webhooks/{id}/secret" | "POST /api/v1/engines/{id}/secret" | "POST /api/v1/keys/{id}/rotate" => {
            &[201]
        }
        _ => &[409],
    };
    (!expected.contains(&answer.status())).then(|| format!("{}: {answer}", operation.name))
}

/// A tenant's operations; those that remove something come last.
pub(super) fn taking_away_last(operations: &[Operation]) -> Vec<&Operation> {
    let place = |operation: &Operation| TAKING_AWAY.iter().position(|name| *name == operation.name);
    let mut all: Vec<_> = operations.iter().filter(|operation| operation.about == About::Tenant).collect();
    all.sort_by_key(|operation| place(operation));
    all
}

/// Operations for members themselves, whatever the state of their organization.
const LEAVING: &str = "DELETE /api/v1/organizations/{id}/members/{user_id}";

#[tokio::test]
async fn an_archived_organization_can_be_paid_for_and_left() {
    let (app, owner, things, operations) = world().await;
    app.stand(&owner, Standing::Archived).await;
    let mut broken = Vec::new();
    let about_money = |operation: &Operation| operation.path.starts_with("/api/v1/billing");
    for operation in taking_away_last(&operations).into_iter().filter(|each| !about_money(each)) {
        for by_key in [true, false] {
            let ask = operation.ask(&app, &things);
            let answer = if by_key { ask.key(&owner.key) } else { ask.person(&owner) }.send().await;
            if operation.name == LEAVING && !by_key {
                broken.extend(differs(operation, &answer, 409, "conflict"));
                continue;
            }
            if TAKING_AWAY.contains(&operation.name.as_str()) {
                broken.extend(takes_away(operation, &answer));
                continue;
            }
            if EXPORTING.contains(&operation.name.as_str()) {
                broken.extend(exports(operation, &answer));
                continue;
            }
            if LOOKING.contains(&operation.name.as_str()) {
                if answer.status() != 200 {
                    broken.push(format!("{}: {answer}", operation.name));
                }
                continue;
            }
            broken.extend(differs(operation, &answer, 402, "organization_archived"));
            if answer.json()["upgrade_url"] != "https://app.example.org/billing" {
                broken.push(format!("{}: does not say where to pay", operation.name));
            }
        }
    }
    for operation in operations.iter().filter(|each| about_money(each)) {
        let answer = operation.ask(&app, &things).person(&owner).send().await;
        if answer.status() == 402 && answer.code() == "organization_archived" {
            broken.push(format!("{}: nobody can pay: {answer}", operation.name));
        }
    }
    refuse(
        "An archived organization can be paid for, exported and left, rights can be taken away in it, and nothing else:",
        &broken,
    );
    let me = app.get("/api/v1/me").person(&owner).send().await.expect(200);
    assert_eq!(me.at("/organizations/0/standing"), "archived");
    app.stand(&owner, Standing::Good).await;
    let member = app.member(&owner, Role::Member).await;
    app.stand(&owner, Standing::Archived).await;
    let path = format!("/api/v1/organizations/{}/members/{}", owner.organization, member.id);
    app.ask(Method::DELETE, &path).person(&member).send().await.expect(204);
    app.stand(&owner, Standing::Good).await;
    app.get("/api/v1/workflows").person(&owner).send().await.expect(200);
}
