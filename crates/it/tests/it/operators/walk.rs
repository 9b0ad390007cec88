//! Every operation of the operator API, called by everyone without the right. The document lists the operations, so none
//! is left out: an operation without a sample fails.

use std::collections::BTreeSet;

use axum::http::Method;
use freehold_identity::service_key::service_keys_show;
use freehold_operators::{OperatorRole, operator::operator_disable};
use serde_json::{Value, json};

use super::{Operator, admin, impersonation::session, operator, support};
use crate::{
    harness::app::{Answer, Ask, Person, TestApp},
    house::refuse,
};

/// Operations without a credential: each checks a secret in its body.
const PUBLIC: [&str; 3] = ["POST /operator/v1/set-up", "POST /operator/v1/set-up/confirm", "POST /operator/v1/sign-in"];

/// Operations for the role `admin` alone.
const ADMIN: [&str; 8] = [
    "GET /operator/v1/entries",
    "POST /operator/v1/tenants/{id}/suspend",
    "POST /operator/v1/tenants/{id}/reactivate",
    "POST /operator/v1/tenants/{id}/extend-trial",
    "PUT /operator/v1/tenants/{id}/plan",
    "POST /operator/v1/tenants/{id}/revoke-plan",
    "PUT /operator/v1/tenants/{id}/limits",
    "POST /operator/v1/tenants/{id}/remove-limit",
];

/// An operation with a valid body.
struct Operation {
    name: String,
    method: Method,
    path: String,
    body: Option<Value>,
    described: Value,
}

impl Operation {
    fn all(app: &TestApp) -> Vec<Self> {
        let mut all = Vec::new();
        for (path, methods) in app.operators["paths"].as_object().unwrap() {
            for (method, described) in methods.as_object().unwrap() {
                let name = format!("{} {path}", method.to_uppercase());
                let body = described.get("requestBody").map(|_| sample(app, &name));
                let method = method.to_uppercase().parse().unwrap();
                all.push(Self { name, method, path: path.clone(), body, described: described.clone() });
            }
        }
        assert!(all.len() > 20, "the operations were not found");
        all
    }

    fn ask(&self, app: &TestApp, owner: &Person) -> Ask {
        let id = match self.path.as_str() {
            path if path.contains("/tenants/") => owner.organization.clone(),
            path if path.contains("/stripe-events/") => "evt_1".to_owned(),
            _ => app.test.uuid().to_string(),
        };
        let path = self.path.replace("{id}", &id).replace("{job_id}", &app.test.uuid().to_string());
        let ask = app.ask(self.method.clone(), &path);
        match &self.body {
            Some(body) => ask.json(body),
            None => ask,
        }
    }

    fn is_public(&self) -> bool {
        PUBLIC.contains(&self.name.as_str())
    }
}

fn sample(app: &TestApp, name: &str) -> Value {
    let reason = "Ticket 7";
    match name {
        "POST /operator/v1/set-up" => json!({ "token": "fhs_unknown", "password": "correct horse battery" }),
        "POST /operator/v1/set-up/confirm" => json!({ "token": "fhs_unknown", "code": "000000" }),
        "POST /operator/v1/sign-in" => json!({ "email": "eve@example.net", "password": "x", "code": "000000" }),
        "POST /operator/v1/tenants/{id}/suspend"
        | "POST /operator/v1/tenants/{id}/reactivate"
        | "POST /operator/v1/tenants/{id}/revoke-plan"
        | "POST /operator/v1/tenants/{id}/impersonations" => json!({ "reason": reason }),
        "POST /operator/v1/tenants/{id}/extend-trial" => {
            let ends_at = app.clock().now() + jiff::SignedDuration::from_hours(24);
            json!({ "ends_at": ends_at, "reason": reason })
        }
        "PUT /operator/v1/tenants/{id}/plan" => json!({ "plan": "pro", "reason": reason }),
        "PUT /operator/v1/tenants/{id}/limits" => json!({ "meter": "workflows", "limit": 5, "reason": reason }),
        "POST /operator/v1/tenants/{id}/remove-limit" => json!({ "meter": "workflows", "reason": reason }),
        other => panic!("{other} has no sample"),
    }
}

/// What is wrong with an answer that should be this error; none: nothing.
fn differs(operation: &Operation, answer: &Answer, status: u16, code: &str) -> Option<String> {
    let formed = answer.header("content-type") == "application/problem+json"
        && answer.status() == status
        && answer.code() == code
        && answer.json()["trace_id"] == answer.header("x-request-id");
    (!formed).then(|| format!("{}: expected {status} {code}, got {answer}", operation.name))
}

#[tokio::test]
async fn nobody_and_no_credential_of_users_or_applications_opens_an_operation() {
    let app = TestApp::with(crate::voice()).await;
    let (root, owner) = (admin(&app).await, app.owner().await);
    let identity = &app.backbone.identity;
    let keys = service_keys_show(&identity.base.keeper(), &identity.settings().issuer()).await.unwrap();
    let inside = session(&app, &root, &owner, true).await;
    let forged = format!("{}x", root.token);
    let mut broken = Vec::new();
    for operation in Operation::all(&app) {
        let nobody = operation.ask(&app, &owner).send().await;
        if operation.is_public() {
            // Their bodies have no valid secret.
            broken.extend(differs(&operation, &nobody, 401, "unauthenticated"));
            continue;
        }
        broken.extend(differs(&operation, &nobody, 401, "unauthenticated"));
        let tokens = [
            owner.token.as_str(),
            owner.key.as_str(),
            keys.secret_key.expose(),
            keys.service_role_key.expose(),
            &inside,
            &forged,
        ];
        for token in tokens {
            let answer = operation.ask(&app, &owner).token(token).send().await;
            broken.extend(differs(&operation, &answer, 401, "unauthenticated"));
        }
        let answer = operation.ask(&app, &owner).key(&owner.key).send().await;
        broken.extend(differs(&operation, &answer, 401, "unauthenticated"));
    }
    refuse("Only an operator's session opens the operator API:", &broken);
}

#[tokio::test]
async fn support_changes_no_organization_and_a_disabled_operator_does_nothing() {
    let app = TestApp::with(crate::voice()).await;
    let (help, owner) = (support(&app).await, app.owner().await);
    let gone = operator(&app, "gone@example.org", OperatorRole::Admin).await;
    let mut tx = app.backbone.db.system("test").begin().await.unwrap();
    operator_disable(&mut tx, gone.email).await.unwrap();
    tx.commit().await.unwrap();
    let before = state(&app).await;
    let (mut broken, mut refused) = (Vec::new(), BTreeSet::new());
    for operation in Operation::all(&app).iter().filter(|operation| !operation.is_public()) {
        let answer = operation.ask(&app, &owner).token(&gone.token).send().await;
        broken.extend(differs(operation, &answer, 401, "unauthenticated"));
        if operation.name == "POST /operator/v1/sign-out" {
            continue;
        }
        let answer = operation.ask(&app, &owner).token(&help.token).send().await;
        if answer.status() == 403 {
            broken.extend(differs(operation, &answer, 403, "permission_denied"));
            refused.insert(operation.name.clone());
        } else if answer.status() >= 500 {
            broken.push(format!("{}: {answer}", operation.name));
        }
    }
    refuse("Operators without the right:", &broken);
    assert_eq!(refused, ADMIN.map(str::to_owned).into());
    assert_eq!(state(&app).await, before, "nothing was changed");
}

/// Everything about organizations that only `admin` changes.
async fn state(app: &TestApp) -> String {
    let query = "select (select string_agg(t::text, ' ') from freehold.tenants as t) \
                 || coalesce((select string_agg(b::text, ' ') from freehold.billing_accounts as b), '') \
                 || (select count(*) from freehold.limit_overrides)::text";
    app.test.admin().await.query_one(query, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn the_document_marks_what_is_public_and_describes_every_operation() {
    let app = TestApp::with(crate::voice()).await;
    let mut broken = Vec::new();
    for operation in Operation::all(&app) {
        let Operation { name, described, .. } = &operation;
        let expected = if operation.is_public() { json!([{}]) } else { json!([{ "operator": [] }]) };
        if described["security"] != expected {
            broken.push(format!("{name}: says {}", described["security"]));
        }
        for field in ["summary", "description", "operationId"] {
            if described[field].as_str().is_none_or(str::is_empty) {
                broken.push(format!("{name}: has no {field}"));
            }
        }
        for parameter in described["parameters"].as_array().into_iter().flatten() {
            if parameter["description"].as_str().is_none_or(str::is_empty) {
                broken.push(format!("{name}: does not describe {}", parameter["name"]));
            }
        }
    }
    refuse("The document of the operator API:", &broken);
}

#[tokio::test]
async fn an_unknown_organization_is_not_found_by_any_operation() {
    let app = TestApp::with(crate::voice()).await;
    let (root, mut owner) = (admin(&app).await, app.owner().await);
    owner.organization = app.test.uuid().to_string();
    let mut broken = Vec::new();
    for operation in Operation::all(&app).iter().filter(|operation| operation.path.contains("/tenants/{id}")) {
        let answer = operation.ask(&app, &owner).token(&root.token).send().await;
        broken.extend(differs(operation, &answer, 404, "not_found"));
    }
    refuse("Unknown organizations:", &broken);
    signed_in(&app, &root).await;
}

async fn signed_in(app: &TestApp, root: &Operator) {
    app.get("/operator/v1/me").token(&root.token).send().await.expect(200);
}
