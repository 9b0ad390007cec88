//! Every operation of the OpenAPI document, with a valid body for it.

use axum::http::Method;
use serde_json::{Value, json};

use super::{Things, voice};
use crate::harness::{
    app::{Ask, PASSWORD, TestApp},
    exceptions,
};

/// The operations that need no credential, each with its reason.
pub(crate) const PUBLIC: &str = include_str!("public_operations.txt");
/// The operations of a user, whatever their organization, each with its reason.
pub(crate) const PERSONAL: &str = include_str!("personal_operations.txt");

/// One operation: a method, and a path with placeholders for ids.
pub(crate) struct Operation {
    /// `POST /api/v1/workflows/{id}/runs`.
    pub(crate) name: String,
    /// The method of the request.
    pub(crate) method: Method,
    /// The path with its parameters: `/api/v1/workflows/{id}/runs`.
    pub(crate) path: String,
    /// The kind of caller that it requires.
    pub(crate) about: About,
    /// A valid request.
    pub(crate) sample: Sample,
    /// Headers and parameters, as the document describes them.
    parameters: Vec<Value>,
}

/// The kind of caller that an operation requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// No credential.
    Public,
    /// A user, of any organization.
    Person,
    /// A caller with a service key.
    Administrator,
    /// The product's application, with a service key.
    Service,
    /// A member or a key of a tenant.
    Tenant,
}

/// Operations of a POST that change nothing.
const READING_BY_POST: [&str; 2] = ["POST /api/v1/usage/check", "POST /api/v1/files/{id}/link"];

/// The sample request of an operation.
pub(crate) struct Sample {
    /// JSON body; `{workflow}` stands for the owner's workflow.
    pub(crate) body: Option<Value>,
    /// A CSV file instead of a JSON body.
    pub(crate) file: Option<&'static str>,
    /// The query with its question mark, or nothing.
    pub(crate) query: &'static str,
    /// The status for an allowed caller, where it is not a success: for a call without a credential, or by a user who
    /// has just signed in.
    pub(crate) public_status: u16,
}

impl Operation {
    /// All operations of the document. Fails with the names of those without a sample.
    pub(crate) fn all(document: &Value) -> Vec<Self> {
        let mut missing = Vec::new();
        let mut all = Vec::new();
        let (public, personal) = (exceptions(PUBLIC), exceptions(PERSONAL));
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, described) in methods.as_object().unwrap() {
                let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
                let name = format!("{method} {path}");
                let Some(sample) = sample(&name) else {
                    missing.push(name);
                    continue;
                };
                let administers = path.starts_with("/auth/v1/admin/") || path == "/auth/v1/invite";
                let about = match (public.contains_key(name.as_str()), personal.contains_key(name.as_str())) {
                    (false, false) if administers => About::Administrator,
                    (false, false) if described["security"] == json!([{ "service": [] }]) => About::Service,
                    (true, false) => About::Public,
                    (false, true) => About::Person,
                    (false, false) => About::Tenant,
                    (true, true) => panic!("{name} is in both lists"),
                };
                let parameters = described["parameters"].as_array().cloned().unwrap_or_default();
                all.push(Self { name, method, path: path.clone(), about, sample, parameters });
            }
        }
        assert!(missing.is_empty(), "these operations need a sample in crates/testing/src/walk: {missing:#?}");
        for listed in public.keys().chain(personal.keys()) {
            assert!(all.iter().any(|operation| operation.name == *listed), "{listed} is listed and does not exist");
        }
        all
    }

    /// Whether the operation reads this header, according to the document.
    pub(crate) fn takes_header(&self, name: &str) -> bool {
        self.parameters.iter().any(|parameter| parameter["in"] == "header" && parameter["name"] == name)
    }

    /// Whether the operation answers in pages, according to the document.
    pub(crate) fn has_pages(&self) -> bool {
        self.parameters.iter().any(|parameter| parameter["in"] == "query" && parameter["name"] == "cursor")
    }

    /// The query parameters in the document.
    pub(crate) fn query_parameters(&self) -> Vec<&str> {
        let of_query = self.parameters.iter().filter(|parameter| parameter["in"] == "query");
        of_query.filter_map(|parameter| parameter["name"].as_str()).collect()
    }

    /// Whether it changes nothing.
    pub(crate) fn reads(&self) -> bool {
        self.method == Method::GET || READING_BY_POST.contains(&self.name.as_str())
    }

    /// Whether it changes the subscription.
    pub(crate) fn pays(&self) -> bool {
        !self.reads() && self.path.starts_with("/api/v1/billing/")
    }

    /// Whether the path or the body contains an id of a tenant's object.
    pub(crate) fn names_things(&self) -> bool {
        let in_body = self.sample.body.as_ref().is_some_and(|body| body.to_string().contains("{workflow}"));
        in_body || self.path.contains('{') && !self.path.contains("/templates/")
    }

    /// Whether it is under `/auth/v1`, where errors have Supabase's format.
    pub(crate) fn is_auth(&self) -> bool {
        self.path.starts_with("/auth/v1/")
    }

    /// The sample request.
    pub(crate) fn ask(&self, app: &TestApp, things: &Things) -> Ask {
        let ask = self.ask_at(app, &things.fill(&self.path));
        match self.body(things) {
            Some(body) => ask.json(&body),
            None => ask,
        }
    }

    /// The sample's body, if it has one.
    pub(crate) fn body(&self, things: &Things) -> Option<Value> {
        let body = self.sample.body.as_ref()?.to_string();
        Some(serde_json::from_str(&body.replace("{workflow}", &things.workflow)).unwrap())
    }

    /// The sample request at this path.
    pub(crate) fn ask_at(&self, app: &TestApp, path: &str) -> Ask {
        let ask = app.ask(self.method.clone(), &format!("{path}{}", self.sample.query));
        match (&self.sample.body, self.sample.file) {
            (Some(body), _) => ask.json(body),
            (None, Some(file)) => ask.header("content-type", "text/csv").bytes(file),
            (None, None) => ask,
        }
    }
}

fn sample(operation: &str) -> Option<Sample> {
    of_house(operation).or_else(|| of_billing(operation)).or_else(|| voice::sample(operation))
}

pub(super) fn with(body: Value) -> Sample {
    Sample { body: Some(body), file: None, query: "", public_status: 200 }
}

pub(super) fn nothing() -> Sample {
    Sample { body: None, file: None, query: "", public_status: 200 }
}

/// Samples of the administrators' operations.
fn of_administrators(operation: &str) -> Option<Sample> {
    let email = "somebody@example.org";
    let sample = match operation {
        "POST /auth/v1/admin/users" | "POST /auth/v1/invite" => with(json!({ "email": email })),
        "POST /auth/v1/admin/generate_link" => with(json!({ "type": "magiclink", "email": email })),
        "PUT /auth/v1/admin/users/{id}" => with(json!({ "user_metadata": { "name": "Ada" } })),
        "PUT /auth/v1/admin/users/{id}/factors/{factor_id}" => with(json!({ "friendly_name": "Telephone" })),
        "GET /auth/v1/admin/users"
        | "GET /auth/v1/admin/users/{id}"
        | "DELETE /auth/v1/admin/users/{id}"
        | "GET /auth/v1/admin/users/{id}/factors"
        | "DELETE /auth/v1/admin/users/{id}/factors/{factor_id}"
        | "GET /auth/v1/admin/users/{id}/passkeys"
        | "DELETE /auth/v1/admin/users/{id}/passkeys/{passkey_id}"
        | "GET /auth/v1/admin/audit" => nothing(),
        _ => return None,
    };
    Some(sample)
}

/// Samples of the billing operations.
fn of_billing(operation: &str) -> Option<Sample> {
    let sample = match operation {
        "POST /api/v1/billing/checkout" | "POST /api/v1/billing/create-checkout-session" => with(json!({
            "plan": "pro", "interval": "month", "success_url": "/paid", "cancel_url": "/plans"
        })),
        "POST /api/v1/billing/change" | "POST /api/v1/billing/preview" => {
            with(json!({ "plan": "starter", "interval": "year" }))
        }
        "POST /api/v1/billing/portal" => with(json!({ "return_url": "/billing" })),
        "POST /api/v1/billing/cancel" => with(json!({ "at": "period_end" })),
        "POST /api/v1/webhooks/stripe" => Sample {
            body: Some(
                json!({ "id": "evt_1", "object": "event", "type": "customer.updated", "data": { "object": {} } }),
            ),
            file: None,
            query: "",
            public_status: 400,
        },
        "POST /api/v1/billing/resume" => nothing(),
        _ => return None,
    };
    Some(sample)
}

/// Samples of the sign-in operations.
fn of_sign_in(operation: &str) -> Option<Sample> {
    let sample = match operation {
        "POST /auth/v1/signup" => {
            with(json!({ "email": "new@example.com", "password": PASSWORD, "data": { "name": "New" } }))
        }
        "POST /auth/v1/otp" => with(json!({ "email": "otp@example.com", "create_user": true, "data": {} })),
        "POST /auth/v1/magiclink" => with(json!({ "email": "magic@example.com", "create_user": true, "data": {} })),
        "POST /auth/v1/recover" => with(json!({ "email": "owner@example.org" })),
        "POST /auth/v1/resend" => with(json!({ "type": "signup", "email": "owner@example.org" })),
        "PUT /auth/v1/user" => with(json!({ "data": { "name": "Ada" }, "password": "another good horse" })),
        "POST /auth/v1/verify" => Sample {
            body: Some(json!({ "type": "signup", "email": "owner@example.org", "token": "000000" })),
            file: None,
            query: "",
            public_status: 403,
        },
        "GET /auth/v1/authorize" => Sample { query: "?provider=nobody", public_status: 400, ..nothing() },
        "GET /auth/v1/callback" => Sample { query: "?state=x", public_status: 302, ..nothing() },
        "POST /auth/v1/callback" => Sample { public_status: 303, ..nothing() },
        "GET /auth/v1/user/identities/authorize" | "DELETE /auth/v1/user/identities/{identity_id}" => {
            Sample { public_status: 404, ..nothing() }
        }
        "POST /auth/v1/token" => Sample {
            body: Some(json!({ "email": "owner@example.org", "password": "not it at all" })),
            file: None,
            query: "?grant_type=password",
            public_status: 400,
        },
        "POST /api/v1/auth/magic-link/request" => Sample {
            public_status: 422,
            ..with(
                json!({ "email": "nobody@example.com", "create_user": false, "data": {}, "redirect_to": "https://app.example.org/" }),
            )
        },
        "POST /api/v1/auth/magic-link/verify" => {
            Sample { public_status: 403, ..with(json!({ "email": "owner@example.org", "token": "000000" })) }
        }
        "POST /api/v1/auth/refresh" => {
            Sample { public_status: 401, ..with(json!({ "refresh_token": "not a refresh token" })) }
        }
        "POST /api/v1/auth/logout" => Sample { public_status: 204, ..nothing() },
        _ => return None,
    };
    Some(sample)
}

/// Samples of the second-factor and passkey operations.
fn of_factors(operation: &str) -> Option<Sample> {
    let sample = match operation {
        "POST /auth/v1/factors" => with(json!({ "factor_type": "totp", "friendly_name": "Tablet", "issuer": "Voice" })),
        "POST /auth/v1/factors/{factor_id}/verify" => {
            with(json!({ "challenge_id": "019cf1a0-7000-7000-8000-000000000000", "code": "000000" }))
        }
        "POST /auth/v1/factors/recovery-codes" => {
            Sample { public_status: 403, ..with(json!({ "friendly_name": "In the safe" })) }
        }
        "POST /auth/v1/factors/recovery-codes/verify" => {
            Sample { public_status: 422, ..with(json!({ "code": "abcdefghijkmnpqr" })) }
        }
        "POST /auth/v1/factors/recovery-codes/regenerate" | "DELETE /auth/v1/factors/recovery-codes" => {
            Sample { public_status: 403, ..nothing() }
        }
        "POST /auth/v1/passkeys/registration/verify" | "POST /auth/v1/passkeys/authentication/verify" => {
            let challenge = "019cf1a0-7000-7000-8000-000000000000";
            Sample { public_status: 404, ..with(json!({ "challenge_id": challenge, "credential": {} })) }
        }
        "PATCH /auth/v1/passkeys/{passkey_id}" => {
            Sample { public_status: 404, ..with(json!({ "friendly_name": "Telephone" })) }
        }
        "GET /auth/v1/factors/recovery-codes"
        | "GET /auth/v1/passkeys"
        | "DELETE /auth/v1/passkeys/{passkey_id}"
        | "POST /auth/v1/passkeys/registration/options"
        | "POST /auth/v1/passkeys/authentication/options" => Sample { public_status: 404, ..nothing() },
        _ => return None,
    };
    Some(sample)
}

/// Samples of the operations of the product's application. Customers are refused.
fn of_application(operation: &str) -> Option<Sample> {
    const ID: &str = "019cf1a0-7000-7000-8000-000000000000";
    let body = match operation {
        "POST /api/v1/usage/check" => return Some(with(json!({ "meter": "calls", "quantity": 2 }))),
        "POST /api/v1/usage/reserve" => json!({ "meter": "orders", "quantity": 2, "ttl_seconds": 60 }),
        "POST /api/v1/usage/commit" => json!({ "reservation_id": ID, "quantity": 1 }),
        "POST /api/v1/usage/release" => json!({ "reservation_id": ID }),
        "POST /api/v1/usage/events" => json!({ "events": [{ "id": ID, "meter": "orders", "quantity": 3 }] }),
        "POST /api/v1/keys/verify" => json!({ "key": "sk_live_nothing" }),
        "POST /api/v1/events" => json!({ "id": ID, "type": "order.paid", "data": { "order_id": "1" } }),
        _ => return None,
    };
    Some(Sample { public_status: 403, ..with(body) })
}

/// Samples of the operations on organizations, members, roles and invitations.
fn of_members(operation: &str) -> Option<Sample> {
    let sample = match operation {
        "POST /api/v1/organizations" | "PATCH /api/v1/organizations/{id}" => with(json!({ "name": "Another name" })),
        "PATCH /api/v1/organizations/{id}/members/{user_id}" => with(json!({ "role": "member" })),
        // No user has this id.
        "POST /api/v1/organizations/{id}/transfer" => {
            with(json!({ "user_id": "019cf1a0-7000-7000-8000-000000000000" }))
        }
        "POST /api/v1/roles" => Sample {
            // A second time is a conflict.
            public_status: 409,
            ..with(json!({ "name": "Visitors", "description": "Look", "permissions": ["members:read"] }))
        },
        "PATCH /api/v1/roles/{id}" => with(json!({ "description": "Look around" })),
        "POST /api/v1/invitations" => Sample {
            // A second time is a conflict.
            public_status: 409,
            ..with(json!({ "email": "joan@example.org", "role": "viewer" }))
        },
        "POST /api/v1/invitations/accept" => {
            Sample { public_status: 404, ..with(json!({ "token": "inv_of_somebody_else" })) }
        }
        "POST /api/v1/organizations/{id}/select"
        | "POST /api/v1/organizations/{id}/leave"
        | "DELETE /api/v1/organizations/{id}/members/{user_id}"
        | "DELETE /api/v1/roles/{id}"
        | "DELETE /api/v1/invitations/{id}"
        | "POST /api/v1/invitations/{id}/resend" => nothing(),
        _ => return None,
    };
    Some(sample)
}

/// Samples of the backbone's operations.
fn of_house(operation: &str) -> Option<Sample> {
    if let Some(sample) = of_administrators(operation)
        .or_else(|| of_application(operation))
        .or_else(|| of_members(operation))
        .or_else(|| of_sign_in(operation))
        .or_else(|| of_factors(operation))
    {
        return Some(sample);
    }
    let sample = match operation {
        "POST /api/v1/keys" => with(json!({
            "name": "a program", "mode": "test", "scopes": ["usage:read"], "expires_at": "2027-01-01T00:00:00Z"
        })),
        "POST /api/v1/webhooks" => with(json!({
            "url": "https://example.org/calls", "description": "Calls", "events": ["call.*"], "enabled": true, "signature": "v1a",
            "per_second": 50, "at_once": 5
        })),
        "PATCH /api/v1/webhooks/{id}" => with(json!({ "events": ["*"], "per_second": null })),
        "PATCH /api/v1/keys/{id}" => with(json!({ "name": "another name", "allowed_networks": [] })),
        "POST /api/v1/keys/{id}/rotate" => with(json!({ "overlap_seconds": 60 })),
        "POST /api/v1/webhooks/{id}/secret" => with(json!({ "overlap_seconds": 60, "signature": "v1" })),
        "POST /api/v1/webhooks/{id}/replay" => with(json!({ "since": "2026-01-01T00:00:00Z", "only_failed": false })),
        // Each names another organization or account, so that the walk deletes none.
        "POST /api/v1/organizations/{id}/deletion" => {
            Sample { public_status: 422, ..with(json!({ "slug": "not-this-one" })) }
        }
        "POST /api/v1/me/deletion" => {
            Sample { public_status: 422, ..with(json!({ "email": "not.this.one@example.org", "nonce": "000000" })) }
        }
        "PUT /api/v1/mail/brand" => with(json!({ "sender_name": "Bright Dental", "color": "#6d3bc4" })),
        "POST /api/v1/files" => Sample { file: Some("name,price\n"), query: "?name=prices.csv", ..nothing() },
        "POST /api/v1/files/{id}/link" => with(json!({ "expires_in": 60 })),
        "POST /api/v1/jobs/replay" => with(json!({ "kind": "it.walked" })),
        "PUT /api/v1/organizations/{id}/logo"
        | "DELETE /api/v1/organizations/{id}/logo"
        | "POST /auth/v1/logout"
        | "POST /api/v1/export"
        | "POST /api/v1/me/export"
        | "DELETE /api/v1/me/sessions"
        | "DELETE /api/v1/me/sessions/{id}"
        | "DELETE /auth/v1/factors/{factor_id}"
        | "POST /auth/v1/factors/{factor_id}/challenge"
        | "POST /api/v1/jobs/{id}/cancel"
        | "POST /api/v1/jobs/{id}/replay"
        | "DELETE /api/v1/organizations/{id}/deletion"
        | "DELETE /api/v1/me/deletion"
        | "DELETE /api/v1/keys/{id}"
        | "POST /api/v1/keys/{id}/adopt"
        | "DELETE /api/v1/files/{id}"
        | "DELETE /api/v1/webhooks/{id}"
        | "POST /api/v1/webhooks/{id}/test"
        | "POST /api/v1/webhooks/{id}/deliveries/{event_id}/replay" => nothing(),
        reading if reading.starts_with("GET ") => nothing(),
        _ => return None,
    };
    Some(sample)
}
