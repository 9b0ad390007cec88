//! Every operation of the API, called by every kind of caller without the right: the document lists the operations, so
//! none is left out.

mod audited;
mod makers;
mod standing;

use freehold_core::Role;
use serde_json::{Value, json};

pub(crate) use crate::walk::{About, Operation, Things, graph};

use super::refuse;
use crate::harness::app::{Answer, Person, TestApp};

/// An owner with objects, and the list of operations.
pub(super) async fn world() -> (TestApp, Person, Things, Vec<Operation>) {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let things = Things::of(&app, &owner).await;
    let operations = Operation::all(&app.document);
    assert!(operations.len() > 30, "the operations were not found");
    (app, owner, things, operations)
}

/// The answer without the values that differ from request to request.
fn said(answer: &Answer) -> (u16, Value) {
    let mut body = match answer.bytes() {
        [] => Value::Null,
        _ if ["application/json", "application/problem+json"].contains(&answer.header("content-type")) => answer.json(),
        file => Value::from(file),
    };
    if let Some(fields) = body.as_object_mut() {
        fields.remove("trace_id");
    }
    (answer.status(), body)
}

/// What is wrong with an answer that should be this error; none: nothing.
fn differs(operation: &Operation, answer: &Answer, status: u16, code: &str) -> Option<String> {
    let name = &operation.name;
    let (expected, found) = (format!("{status} {code}"), format!("{} {}", answer.status(), answer.text()));
    if answer.status() != status || answer.text().is_empty() || answer.code() != code {
        return Some(format!("{name}: expected {expected}, got {found}"));
    }
    let body = answer.json();
    let well_formed = if operation.is_auth() {
        answer.header("content-type") == "application/json" && body["code"] == status && body["msg"].is_string()
    } else {
        answer.header("content-type") == "application/problem+json"
            && body["status"] == status
            && body["trace_id"] == answer.header("x-request-id")
            && body["type"] == format!("/docs/errors#{code}")
    };
    (!well_formed).then(|| format!("{name}: not the form of an error: {found}"))
}

/// What is wrong with an answer of an administrators' operation; none: nothing. An organization's key is not a
/// credential there.
fn not_administrator(operation: &Operation, answer: &Answer, by_key: bool) -> Option<String> {
    let (status, code) = if by_key { (401, "no_authorization") } else { (403, "not_admin") };
    differs(operation, answer, status, code)
}

/// Whether the operation was allowed and reached Stripe, which does not answer in these tests, or had nothing to do
/// there, because there is no subscription.
fn got_to_stripe(operation: &Operation, answer: &Answer) -> bool {
    operation.pays() && [(409, "conflict"), (503, "unavailable")].contains(&(answer.status(), answer.code().as_str()))
}

#[tokio::test]
async fn without_a_credential_only_public_operations_work() {
    let (app, _owner, things, operations) = world().await;
    let mut broken = Vec::new();
    for operation in &operations {
        let answer = operation.ask(&app, &things).send().await;
        if operation.about == About::Public {
            if answer.status() != operation.sample.public_status {
                broken.push(format!("{}: {answer}", operation.name));
            }
            continue;
        }
        let code = if operation.is_auth() { "no_authorization" } else { "unauthenticated" };
        broken.extend(differs(operation, &answer, 401, code));
    }
    refuse("Whoever is nobody gets 401, except for what house/public_operations.txt lists:", &broken);
    println!("{} operations walked", operations.len());
}

#[tokio::test]
async fn the_document_marks_what_is_public() {
    let (app, _owner, _things, operations) = world().await;
    for operation in operations {
        let described = &app.document["paths"][&operation.path][operation.method.as_str().to_lowercase()];
        let open = described["security"] == json!([{}]);
        assert_eq!(open, operation.about == About::Public, "{}", operation.name);
    }
}

#[tokio::test]
async fn an_invalid_credential_opens_nothing() {
    let (app, owner, things, operations) = world().await;
    let mut broken = Vec::new();
    for operation in operations.iter().filter(|operation| operation.about != About::Public) {
        let forged = format!("{}x", owner.token);
        let answer = operation.ask(&app, &things).token(&forged).send().await;
        let (status, code) = if operation.is_auth() { (403, "bad_jwt") } else { (401, "unauthenticated") };
        broken.extend(differs(operation, &answer, status, code));

        let mut forged = owner.key.clone();
        forged.replace_range(forged.len() - 1.., if forged.ends_with('0') { "1" } else { "0" });
        let answer = operation.ask(&app, &things).key(&forged).send().await;
        let code = if operation.is_auth() { "no_authorization" } else { "unauthenticated" };
        broken.extend(differs(operation, &answer, 401, code));
    }
    refuse("A forged token or key opens nothing:", &broken);
}

#[tokio::test]
async fn another_tenants_things_are_not_there() {
    let (app, owner, things, operations) = world().await;
    let stranger = app.stranger().await;
    let nothing = Things::nowhere(&app);
    let mut broken = Vec::new();
    for operation in operations.iter().filter(|operation| operation.names_things()) {
        for by_key in [true, false] {
            let ask = |things: &Things| {
                let ask = operation.ask(&app, things);
                if by_key { ask.key(&stranger.key) } else { ask.token(&stranger.token) }
            };
            let answer = ask(&things).send().await;
            if operation.about == About::Administrator {
                broken.extend(not_administrator(operation, &answer, by_key));
                continue;
            }
            if by_key && operation.about == About::Person {
                let code = if operation.is_auth() { "no_authorization" } else { "unauthenticated" };
                broken.extend(differs(operation, &answer, 401, code));
                continue;
            }
            let code = match operation.path.split('/').nth(3) {
                Some("factors") => "mfa_factor_not_found",
                Some("passkeys") => "passkey_disabled",
                Some("user") => "manual_linking_disabled",
                _ => "not_found",
            };
            broken.extend(differs(operation, &answer, 404, code));
            if said(&answer) != said(&ask(&nothing).send().await) {
                broken.push(format!("{}: tells what is not there from what is not yours", operation.name));
            }
            for secret in things.secrets(&owner) {
                if answer.holds(secret) {
                    broken.push(format!("{}: tells {secret}", operation.name));
                }
            }
        }
    }
    refuse("Another tenant's things are answered like things that do not exist:", &broken);
    let untouched = app.get(&format!("/api/v1/workflows/{}", things.workflow)).key(&owner.key).send().await.expect(200);
    assert_eq!(untouched.at("/name"), "Appointment reminder");
}

#[tokio::test]
async fn a_stranger_sees_only_their_own_objects() {
    let (app, owner, things, operations) = world().await;
    let stranger = app.stranger().await;
    app.put_on_plan(&stranger, "pro", 1).await;
    app.backbone.resolver.forget();
    let mut broken = Vec::new();
    for operation in operations.iter().filter(|operation| !operation.names_things()) {
        for by_key in [true, false] {
            let ask = operation.ask(&app, &things);
            let ask = match (by_key, operation.name.as_str()) {
                (true, _) if operation.about == About::Person => continue,
                (true, _) => ask.key(&stranger.key),
                (false, "POST /auth/v1/logout") => ask.token(&app.somebody("leaving@example.net").await.token),
                (false, _) => ask.token(&stranger.token),
            };
            let answer = ask.send().await;
            if operation.about == About::Administrator {
                broken.extend(not_administrator(operation, &answer, by_key));
                continue;
            }
            if operation.about != About::Public
                && !(200..300).contains(&answer.status())
                && answer.status() != operation.sample.public_status
                && !got_to_stripe(operation, &answer)
            {
                broken.push(format!("{}: {answer}", operation.name));
            }
            for secret in things.secrets(&owner) {
                if answer.holds(secret) {
                    broken.push(format!("{}: tells {secret}", operation.name));
                }
            }
        }
    }
    refuse("A stranger's answers hold nothing of the owner's:", &broken);
}

#[tokio::test]
async fn naming_another_organization_is_naming_none() {
    let (app, owner, things, operations) = world().await;
    let stranger = app.stranger().await;
    let mut broken = Vec::new();
    for operation in operations.iter().filter(|operation| operation.about == About::Tenant) {
        for by_key in [true, false] {
            let ask = operation.ask(&app, &things).header("x-organization-id", &owner.organization);
            let ask = if by_key { ask.key(&stranger.key) } else { ask.token(&stranger.token) };
            broken.extend(differs(operation, &ask.send().await, 404, "not_found"));
        }
    }
    refuse("X-Organization-Id opens no door:", &broken);
}

/// Objects that only administrators may see.
const ADMINISTRATORS: [&str; 6] = ["keys", "webhooks", "events", "audit", "billing/invoices", "export"];

#[tokio::test]
async fn a_viewer_changes_nothing() {
    let (app, owner, things, operations) = world().await;
    let viewer = app.member(&owner, Role::Viewer).await;
    let mut broken = Vec::new();
    for operation in operations.iter().filter(|operation| operation.about == About::Tenant) {
        let answer = operation.ask(&app, &things).person(&viewer).send().await;
        let is_in = |area: &&str| operation.path.starts_with(&format!("/api/v1/{area}"));
        if !operation.reads() || ADMINISTRATORS.iter().any(is_in) {
            broken.extend(differs(operation, &answer, 403, "permission_denied"));
        } else if answer.status() != 200 {
            broken.push(format!("{}: {answer}", operation.name));
        }
    }
    refuse("A viewer reads and does not write:", &broken);
}

#[tokio::test]
async fn a_key_does_what_its_scopes_say() {
    let (app, owner, things, operations) = world().await;
    let narrow = json!({ "name": "invoices only", "scopes": ["billing:read"] });
    let narrow = app.post("/api/v1/keys").key(&owner.key).json(&narrow).send().await.expect(201).at("/key");
    let mut broken = Vec::new();
    let within = |operation: &&Operation| operation.reads() && operation.path.starts_with("/api/v1/billing/");
    for operation in operations.iter().filter(within) {
        operation.ask(&app, &things).key(&narrow).send().await.expect(200);
    }
    for operation in operations.iter().filter(|each| each.about != About::Public && !within(each)) {
        let answer = operation.ask(&app, &things).key(&narrow).send().await;
        let (status, code) = match (operation.about, operation.is_auth()) {
            (About::Person | About::Administrator, true) => (401, "no_authorization"),
            (About::Person, false) => (401, "unauthenticated"),
            _ => (403, "permission_denied"),
        };
        broken.extend(differs(operation, &answer, status, code));
    }
    refuse("A key whose scopes do not reach gets 403:", &broken);
}

#[tokio::test]
async fn the_paths_without_a_version_answer_the_same() {
    let (app, owner, things, operations) = world().await;
    for operation in operations.iter().filter(|operation| !operation.is_auth()) {
        let path = things.fill(&operation.path);
        let unversioned = path.replacen("/api/v1/", "/api/", 1);
        let nobody = |path: &str| operation.ask_at(&app, path).send();
        assert_eq!(said(&nobody(&path).await), said(&nobody(&unversioned).await), "{}", operation.name);
        if operation.reads() {
            let owner = |path: &str| operation.ask_at(&app, path).person(&owner).send();
            let (one, other) = (owner(&path).await.expect(200), owner(&unversioned).await);
            assert_eq!(said(&one), said(&other), "{}", operation.name);
        }
    }
}
