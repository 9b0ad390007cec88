//! Request bodies and query strings.

use axum::{
    Form,
    body::Body,
    extract::{FromRequest, FromRequestParts, Request},
    http::header,
};
use freehold_core::Secret;
use freehold_web::{Json, MaybeJson, Query};
use serde::Deserialize;
use serde_json::Value;

use crate::now;

/// The types of fields in the bodies of sign-in requests: texts, secrets, booleans, numbers, any JSON; each may be
/// absent or null.
#[derive(Default, Deserialize)]
struct Fields {
    email: Option<String>,
    password: Option<Secret>,
    create_user: Option<bool>,
    per_page: Option<u32>,
    data: Option<Value>,
    #[serde(default)]
    tags: Vec<String>,
}

impl Fields {
    fn look(&self) {
        let _ = (self.email.as_deref(), self.create_user, self.per_page, self.tags.len());
        assert!(!format!("{:?}", self.password).contains("hunter2"), "a secret is not written out");
        if let Some(data) = &self.data {
            let _ = data.to_string();
        }
    }
}

/// The first byte selects how the rest is sent. The input is read or refused with an error of the caller's; it never
/// causes an internal error or a panic.
pub fn forms(data: &[u8]) {
    let Some((kind, body)) = data.split_first() else { return };
    let request = |content_type: &str| {
        let built = Request::post("/").header(header::CONTENT_TYPE, content_type).body(Body::from(body.to_vec()));
        built.unwrap_or_else(|error| panic!("{error}"))
    };
    match kind % 4 {
        0 => match now(Json::<Fields>::from_request(request("application/json"), &())) {
            Ok(Json(fields)) => fields.look(),
            Err(problem) => assert!(problem.0.code().status < 500, "{:?}", problem.0),
        },
        1 => match now(MaybeJson::<Fields>::from_request(request("application/json"), &())) {
            Ok(MaybeJson(fields)) => fields.look(),
            Err(problem) => assert!(problem.0.code().status < 500, "{:?}", problem.0),
        },
        2 => {
            if let Ok(Form(fields)) =
                now(Form::<Fields>::from_request(request("application/x-www-form-urlencoded"), &()))
            {
                fields.look();
            }
        }
        _ => {
            let Ok(query) = std::str::from_utf8(body) else { return };
            let Ok(request) = Request::get(format!("/?{query}")).body(Body::empty()) else { return };
            let (mut parts, _) = request.into_parts();
            match now(Query::<Fields>::from_request_parts(&mut parts, &())) {
                Ok(Query(fields)) => fields.look(),
                Err(problem) => assert!(problem.0.code().status < 500, "{:?}", problem.0),
            }
        }
    }
}
