//! Completes the OpenAPI document with what follows from rules: the errors of each operation, its headers, descriptions
//! of parameters and answers, topics.

use freehold_core::PageRequest;
use serde_json::{Map, Value, json};

use super::topics::{Topic, topics};

/// An error response that several operations have: name among the components, status, description.
type Refused = (&'static str, u16, &'static str);

const BAD_REQUEST: Refused = ("BadRequest", 400, "The request is malformed; `detail` says what and where.");
const UNAUTHORIZED: Refused =
    ("Unauthorized", 401, "The credential is missing, invalid, expired or revoked. Sign in or send a valid key.");
const PAYMENT_REQUIRED: Refused = (
    "PaymentRequired",
    402,
    "The plan does not include this, or its limit is reached; `upgrade_url` leads to the plans.",
);
const FORBIDDEN: Refused = ("Forbidden", 403, "The caller's role, scopes or organization do not allow this.");
const NOT_FOUND: Refused = ("NotFound", 404, "The resource does not exist, or the caller may not see it.");
const CONFLICT: Refused = ("Conflict", 409, "The request conflicts with the state of the resource; `detail` says how.");
const PRECONDITION_FAILED: Refused =
    ("PreconditionFailed", 412, "The resource has changed since the `ETag` in `If-Match`. Get it again.");
const TOO_LARGE: Refused = ("ContentTooLarge", 413, "The body is larger than this operation accepts.");
const UNSUPPORTED: Refused = ("UnsupportedMediaType", 415, "The body's content type is not accepted here.");
const RANGE: Refused = ("RangeNotSatisfiable", 416, "The content does not have the bytes in `Range`.");
const UNPROCESSABLE: Refused =
    ("UnprocessableContent", 422, "A value is invalid; `errors` names each field and what is wrong.");
const TOO_MANY: Refused = ("TooManyRequests", 429, "Too many requests. Try again after `Retry-After` seconds.");
const INTERNAL: Refused = ("InternalServerError", 500, "The server failed. Report the `trace_id` to its operator.");
const UNAVAILABLE: Refused =
    ("ServiceUnavailable", 503, "The server cannot work at the moment. Try again after `Retry-After` seconds.");

const STORE_FULL: Refused =
    ("InsufficientStorage", 507, "The server's file store is full. Nothing was stored. Tell the operator.");

const REFUSED: &[Refused] = &[
    BAD_REQUEST,
    UNAUTHORIZED,
    PAYMENT_REQUIRED,
    FORBIDDEN,
    NOT_FOUND,
    CONFLICT,
    PRECONDITION_FAILED,
    TOO_LARGE,
    UNSUPPORTED,
    RANGE,
    UNPROCESSABLE,
    TOO_MANY,
    INTERNAL,
    UNAVAILABLE,
    STORE_FULL,
];

/// The two faces: each has its own form of errors.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Face {
    /// `/api/v1`: problem documents.
    Api,
    /// `/auth/v1`: the errors of Supabase Auth.
    Auth,
}

impl Face {
    fn of(path: &str) -> Self {
        if path.starts_with("/auth/") { Self::Auth } else { Self::Api }
    }

    /// The name of an error response among the components.
    fn name(self, refused: Refused) -> String {
        let prefix = if self == Self::Auth { "Auth" } else { "" };
        format!("{prefix}{}", refused.0)
    }
}

/// Completes the document. `site_url`: where the product is reached; `own`: the topics of the product's operations.
pub fn complete(document: &mut Value, site_url: &str, own: &[Topic]) {
    super::schemas::name(document);
    document["info"]["contact"] = json!({ "name": document["info"]["title"], "url": site_url });
    document["info"]["license"] = json!({ "name": "Proprietary", "url": site_url });
    let mut used = Vec::new();
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for (path, operations) in paths {
        for (method, operation) in operations.as_object_mut().into_iter().flatten() {
            used.extend(
                operation["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned),
            );
            operation_complete(path, method, operation);
        }
    }
    document["tags"] = topics(own, &used);
    if let Some(components) = document["components"].as_object_mut() {
        components.insert("responses".to_owned(), responses());
        if let Some(schemas) = components.get_mut("schemas").and_then(Value::as_object_mut) {
            schemas.insert("Problem".to_owned(), problem());
            schemas.insert("FieldProblem".to_owned(), field_problem());
            schemas.insert("AuthError".to_owned(), auth_error());
        }
    }
}

fn operation_complete(path: &str, method: &str, operation: &mut Value) {
    let face = Face::of(path);
    let asked = credential(face, operation);
    if face == Face::Api && asked == Credential::Any {
        let service = operation["security"].as_array().is_some_and(|all| all.contains(&json!({ "service": [] })));
        parameters(operation).push(organization(service));
    }
    for parameter in parameters(operation) {
        describe(path, parameter);
    }
    let refused = refusals(path, method, operation, asked);
    let Some(answers) = operation["responses"].as_object_mut() else { return };
    for (status, answer) in answers.iter_mut() {
        answer_complete(status, answer);
    }
    for one in refused {
        let name = face.name(one);
        answers.entry(one.1.to_string()).or_insert_with(|| json!({ "$ref": format!("#/components/responses/{name}") }));
    }
    let other = match face {
        Face::Api => "#/components/responses/OtherError",
        Face::Auth => "#/components/responses/AuthOtherError",
    };
    answers.entry("default").or_insert_with(|| json!({ "$ref": other }));
}

/// Which credential an operation asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Credential {
    /// None.
    None,
    /// An access token.
    Token,
    /// An access token or an API key.
    Any,
    /// The operator's service key.
    Service,
    /// The token of an operator's session.
    Operator,
}

fn credential(face: Face, operation: &mut Value) -> Credential {
    // An empty requirement says that nothing is asked for.
    if operation["security"] == json!([{}]) {
        return Credential::None;
    }
    if face == Face::Auth {
        operation["security"] = json!([{ "bearer": [] }]);
    }
    match &operation["security"] {
        only if *only == json!([{ "bearer": [] }]) => Credential::Token,
        only if *only == json!([{ "service": [] }]) => Credential::Service,
        only if *only == json!([{ "operator": [] }]) => Credential::Operator,
        _ => Credential::Any,
    }
}

/// The header by which a user chooses an organization, and a service key names one.
fn organization(service: bool) -> Value {
    let description = if service {
        "Id of the organization that the request is for. Required with the service key. Optional for users: without it, the \
         organization that the user last selected. An API key belongs to one organization."
    } else {
        "Id of the organization that the request is for. For users only: an API key belongs to one \
         organization. Without it, the organization that the user last selected."
    };
    json!({
        "name": "X-Organization-Id",
        "in": "header",
        "required": false,
        "description": description,
        "schema": { "type": "string", "format": "uuid" },
    })
}

/// The errors that an operation of this form may answer.
fn refusals(path: &str, method: &str, operation: &Value, asked: Credential) -> Vec<Refused> {
    let given = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut refused = vec![BAD_REQUEST, TOO_MANY, INTERNAL, UNAVAILABLE];
    if asked != Credential::None {
        refused.extend([UNAUTHORIZED, FORBIDDEN]);
    }
    if path.contains('{') || asked == Credential::Service {
        refused.push(NOT_FOUND);
    }
    if method != "get" {
        refused.extend([CONFLICT, UNPROCESSABLE]);
        if matches!(asked, Credential::Any | Credential::Service) {
            refused.push(PAYMENT_REQUIRED);
        }
    } else if !given.is_empty() {
        refused.push(UNPROCESSABLE);
    }
    if operation.get("requestBody").is_some() {
        refused.extend([TOO_LARGE, UNSUPPORTED]);
    }
    let reads = |header: &str| given.iter().any(|parameter| parameter["name"] == header);
    if reads("If-Match") {
        refused.push(PRECONDITION_FAILED);
    }
    if reads("Range") {
        refused.push(RANGE);
    }
    if operation["requestBody"]["content"].get("*/*").is_some() {
        refused.push(STORE_FULL);
    }
    refused
}

fn answer_complete(status: &str, answer: &mut Value) {
    if answer["description"].as_str().is_none_or(str::is_empty) {
        answer["description"] = json!(success(status));
    }
    if status == "200" && answer.get("content").is_none() {
        // Handlers that answer in the form of another server's protocol have no type of their own for it.
        answer["content"] = json!({ "application/json": { "schema": { "type": "object" } } });
    }
    for (kind, content) in answer.get_mut("content").and_then(Value::as_object_mut).into_iter().flatten() {
        if ["application/pdf", "*/*"].contains(&kind.as_str()) {
            // Derived from the handler's type it would be an array of numbers.
            content["schema"] = json!({ "type": "string", "format": "binary" });
        }
        if kind == "text/event-stream" {
            // The stream is text; the schema is that of the data of each event.
            let event = content["schema"].take();
            content["schema"] =
                json!({ "type": "string", "contentMediaType": "application/json", "contentSchema": event });
        }
    }
}

fn parameters(operation: &mut Value) -> &mut Vec<Value> {
    if !operation["parameters"].is_array() {
        operation["parameters"] = json!([]);
    }
    match &mut operation["parameters"] {
        Value::Array(all) => all,
        _ => unreachable!("it was made an array above"),
    }
}

/// Describes what has the same meaning in every operation.
fn describe(path: &str, parameter: &mut Value) {
    let name = parameter["name"].as_str().unwrap_or_default().to_owned();
    let place = parameter["in"].as_str().unwrap_or_default().to_owned();
    let api = Face::of(path) == Face::Api;
    if api && place == "query" && name == "limit" {
        let (most, usual) = (PageRequest::MOST, PageRequest::USUAL);
        parameter["schema"] =
            json!({ "type": "integer", "format": "int64", "minimum": 1, "maximum": most, "default": usual });
    }
    if place == "header" && name == "Idempotency-Key" {
        parameter["schema"] = json!({ "type": "string", "minLength": 1, "maxLength": 255 });
    }
    if parameter["description"].as_str().is_some_and(|text| !text.is_empty()) {
        return;
    }
    let description = match (place.as_str(), name.as_str()) {
        ("query", "limit") => format!("Page size, 1 to {}; {} when left out", PageRequest::MOST, PageRequest::USUAL),
        ("query", "cursor") => "`next_cursor` of the previous page; the first page when left out".to_owned(),
        ("path", "id") => format!("Id of the {}", resource(path)),
        ("path", _) => format!("Id of the {}", name.trim_end_matches("_id").replace('_', " ")),
        _ => return,
    };
    parameter["description"] = json!(description);
}

/// What `{id}` names, by the part of the path before it: `/webhooks/{id}/test` is about a webhook.
fn resource(path: &str) -> String {
    let plural = path.split("/{id}").next().and_then(|before| before.rsplit('/').next()).unwrap_or_default();
    match plural.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => plural.strip_suffix('s').unwrap_or(plural).to_owned(),
    }
}

fn success(status: &str) -> &'static str {
    match status {
        "200" => "The request succeeded.",
        "201" => "The resource was created.",
        "202" => "The request was accepted and is being processed.",
        "204" => "The request succeeded; the answer has no body.",
        _ => "The answer to the request.",
    }
}

/// The error responses of both faces.
fn responses() -> Value {
    let mut all = Map::new();
    for face in [Face::Api, Face::Auth] {
        let content = match face {
            Face::Api => {
                json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } })
            }
            Face::Auth => json!({ "application/json": { "schema": { "$ref": "#/components/schemas/AuthError" } } }),
        };
        for one in REFUSED.iter().copied().chain([("OtherError", 0, "Any other error.")]) {
            let mut response = json!({ "description": one.2, "content": content });
            if [TOO_MANY, UNAVAILABLE].contains(&one) {
                response["headers"] = json!({
                    "Retry-After": { "description": "Seconds to wait.", "schema": { "type": "integer", "minimum": 1 } },
                });
            }
            all.insert(face.name(one), response);
        }
    }
    // Nothing of sign-in has versions, a price or files.
    let unused =
        ["AuthPreconditionFailed", "AuthPaymentRequired", "AuthRangeNotSatisfiable", "AuthInsufficientStorage"];
    for unused in unused {
        all.remove(unused);
    }
    Value::Object(all)
}

fn problem() -> Value {
    json!({
        "type": "object",
        "description": "An error as a problem document (RFC 9457).",
        "required": ["type", "title", "status", "detail", "code", "trace_id"],
        "properties": {
            "type": { "type": "string", "format": "uri-reference", "description": "Address of the page about this kind of error, relative to the site." },
            "title": { "type": "string", "description": "The kind of error in a few words; the same for each `code`." },
            "status": {
                "type": "integer", "format": "int32", "minimum": 400, "maximum": 599,
                "description": "The HTTP status code of the answer.",
            },
            "detail": { "type": "string", "description": "What is wrong with this request and what to do about it." },
            "code": { "type": "string", "description": "The kind of error for programs; one of those listed at `/docs/errors`." },
            "errors": {
                "type": "array",
                "description": "The fields that are invalid; left out where no field is.",
                "items": { "$ref": "#/components/schemas/FieldProblem" },
            },
            "meter": { "type": "string", "description": "The meter whose limit is reached; only where one is." },
            "limit": { "type": "integer", "format": "int64", "description": "The limit of that meter in the plan." },
            "used": { "type": "integer", "format": "int64", "description": "How much of that limit is used." },
            "plan": { "type": "string", "description": "Id of the organization's plan, where a limit is reached." },
            "upgrade_url": { "type": "string", "format": "uri", "description": "Where to buy more; only with status 402." },
            "retry_after": {
                "type": "integer", "format": "int64", "minimum": 1,
                "description": "Seconds after which to try again; left out where that would not help.",
            },
            "trace_id": { "type": "string", "description": "Id of the request in the server's log." },
        },
    })
}

fn field_problem() -> Value {
    json!({
        "type": "object",
        "description": "What is wrong with one field of a request.",
        "required": ["pointer", "message"],
        "properties": {
            "pointer": { "type": "string", "description": "Where the field is: a JSON Pointer (RFC 6901) into the body, or `?name` for a query parameter." },
            "message": { "type": "string", "description": "What is wrong with its value and what is accepted." },
        },
    })
}

fn auth_error() -> Value {
    json!({
        "type": "object",
        "description": "An error in the form of Supabase Auth.",
        "properties": {
            "code": { "type": ["integer", "string"], "description": "The HTTP status code of the answer, or the kind of error." },
            "error_code": { "type": "string", "description": "The kind of error for programs, as Supabase Auth names it." },
            "msg": { "type": "string", "description": "What is wrong with the request and what to do about it." },
            "message": { "type": "string", "description": "The same, in answers of newer versions of the protocol." },
            "weak_password": {
                "type": "object",
                "description": "Why a new password is too weak; only where it is.",
                "required": ["reasons"],
                "properties": {
                    "reasons": { "type": "array", "items": { "type": "string" }, "description": "What the password lacks." },
                },
            },
            "error": { "type": "string", "description": "The kind of error of an OAuth request, instead of the fields above." },
            "error_description": { "type": "string", "description": "What is wrong with the OAuth request." },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_that_of_the_resource_before_it() {
        for (path, expected) in [
            ("/api/v1/webhooks/{id}/deliveries/{event_id}", "webhook"),
            ("/api/v1/deliveries/{id}", "delivery"),
            ("/api/v1/me/sessions/{id}", "session"),
        ] {
            assert_eq!(resource(path), expected);
        }
    }

    #[test]
    fn an_operation_gains_the_errors_that_its_form_allows() {
        let mut document = json!({
            "info": { "title": "Example" },
            "components": { "schemas": {} },
            "paths": {
                "/api/v1/things/{id}": { "patch": {
                    "tags": ["Things"],
                    "parameters": [{ "name": "id", "in": "path" }, { "name": "If-Match", "in": "header" }],
                    "requestBody": {},
                    "responses": { "200": {} },
                } },
                "/auth/v1/health": { "get": {
                    "tags": ["Sign-in"], "security": [{}], "responses": { "200": { "description": "The server is up." } },
                } },
            },
        });
        complete(&mut document, "https://app.example.org", &[]);
        let statuses = |path: &str, method: &str| -> Vec<String> {
            document["paths"][path][method]["responses"].as_object().unwrap().keys().cloned().collect()
        };
        let mut change = statuses("/api/v1/things/{id}", "patch");
        change.sort_unstable();
        assert_eq!(change.join(" "), "200 400 401 402 403 404 409 412 413 415 422 429 500 503 default",);
        let mut health = statuses("/auth/v1/health", "get");
        health.sort_unstable();
        assert_eq!(health.join(" "), "200 400 429 500 503 default");
        let id = &document["paths"]["/api/v1/things/{id}"]["patch"]["parameters"][0];
        assert_eq!(id["description"], "Id of the thing");
    }
}
