//! Invalid headers, paths and queries.

use axum::http::Method;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::Wrong;
use crate::{
    harness::app::{Ask, Person},
    house::walk::{About, Operation, Things},
};

/// Invalid credentials, for operations that require one.
pub(super) fn credentials(operation: &Operation, good: &Ask, owner: &Person) -> Vec<Wrong> {
    if operation.about == About::Public {
        return Vec::new();
    }
    let parts: Vec<&str> = owner.token.split('.').collect();
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let signed_by_nobody = format!("{}.{}.", encode(r#"{"alg":"none","typ":"JWT"}"#), parts[1]);
    let by_text = format!("{}.{}.{}", encode(r#"{"alg":"HS256","typ":"JWT"}"#), parts[1], parts[2]);
    let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    let promoted = claims.replace("\"authenticated\"", "\"service_role\"");
    let mut all: Vec<Wrong> = [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Bearer null".to_owned(),
        "Bearer undefined".to_owned(),
        "Bearer ..".to_owned(),
        "Bearer a.b.c".to_owned(),
        format!("Bearer {}", "x".repeat(100_000)),
        "Basic dXNlcjpwYXNzd29yZA==".to_owned(),
        "Digest username=\"x\"".to_owned(),
        "Bearer sk_live_nobody".to_owned(),
        "sk_live_nobody".to_owned(),
        "sk_".to_owned(),
        format!("Bearer {}", owner.refresh),
        format!("Bearer {signed_by_nobody}"),
        format!("Bearer {by_text}"),
        format!("Bearer {}.{}.{}", parts[0], encode(&promoted), parts[2]),
        format!("Bearer {}.{}", parts[0], parts[1]),
        format!("Bearer {} {}", owner.token, owner.token),
        format!("Bearer {}=", owner.token),
    ]
    .into_iter()
    .map(|value| {
        Wrong::new(format!("authorization {:.40?}", value.clone()), good.clone().header("authorization", value))
    })
    .collect();
    let bytes = good.clone().header("authorization", b"Bearer \xff\xfe".as_slice());
    all.push(Wrong::new("an authorization that is no text", bytes));
    all.push(Wrong::new("no authorization", good.clone().without("authorization")));
    for key in ["", "x", "sk_live_", "sk_live_nobody", "' or 1=1 --"] {
        all.push(Wrong::new(format!("the key {key:?}"), good.clone().without("authorization").key(key)));
    }
    all
}

/// Invalid values of headers, for the operations that read them.
pub(super) fn headers(operation: &Operation, good: &Ask, stranger: &Person) -> Vec<Wrong> {
    let mut all = Vec::new();
    let mut put = |name: &str, values: &[&[u8]]| {
        for value in values {
            let kind = format!("{name}: {:.40}", String::from_utf8_lossy(value));
            all.push(Wrong::new(kind, good.clone().header(name, value)));
        }
    };
    if operation.about == About::Tenant {
        let longer = format!("{0}{0}", stranger.organization);
        let other = stranger.organization.as_bytes();
        put("x-organization-id", &[b"", b"nobody", b"0", b"null", b"*", b"\xff", longer.as_bytes(), other]);
    }
    if operation.takes_header("Idempotency-Key") {
        put("idempotency-key", &[b"", b"  ", b"a b", &[b'x'; 256], b"na\xc3\xafve", b"a\tb"]);
    }
    if operation.takes_header("If-Match") {
        put(
            "if-match",
            &[b"", b"\"", b"1", b"W/\"1\"", b"\"1\", \"2\"", b"\"1", b"\"a\"b\"", b"\"1-0\"", b"\xff", b"**"],
        );
    }
    all
}

/// Paths, methods and queries that do not exist.
pub(super) fn places(operation: &Operation, good: &Ask, things: &Things) -> Vec<Wrong> {
    let mut all = Vec::new();
    let at = |path: String| good.clone().at_path(path);
    if operation.path.contains("{id}") {
        let ids = [
            "0",
            "-1",
            "nobody",
            "null",
            "%00",
            "%FF",
            "%2e%2e%2f",
            "'%20or%201=1",
            "*",
            "%F0%9F%8D%8E",
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "{id}",
            "%7B%7D",
        ];
        for id in ids.into_iter().chain([&*"x".repeat(10_000)]) {
            let id = id.replace('{', "%7B").replace('}', "%7D");
            let path = things.fill(&operation.path.replace("{id}", &id));
            all.push(Wrong::new(format!("the id {id:.20}"), at(path)));
        }
        let twice = things.fill(&operation.path).replacen(&things.organization, &format!("{0}{0}", things.user), 1);
        all.push(Wrong::new("two ids in one", at(twice.replacen(&things.workflow, &"7".repeat(72), 1) + "0")));
    }
    for method in ["TRACE", "BREW", "PROPFIND", "CONNECT"] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        all.push(Wrong::new(format!("the method {method}"), good.clone().with_method(method)));
    }
    all.push(Wrong::new("a slash too many", at(format!("{}/", things.fill(&operation.path)))));
    all.push(Wrong::new("a path below it", at(format!("{}/below/it", things.fill(&operation.path)))));
    let queries: &[&str] = match operation.name.as_str() {
        "POST /auth/v1/token" => {
            &["", "?grant_type=", "?grant_type=nobody", "?grant_type=password&grant_type=password", "?x=1"]
        }
        "POST /auth/v1/logout" => &["?scope=", "?scope=everybody", "?scope=local&scope=global"],
        _ => &[],
    };
    for query in queries {
        all.push(Wrong::new(format!("the query {query:?}"), at(format!("{}{query}", operation.path))));
    }
    all
}

/// Pages that do not exist.
pub(super) fn pages(good: &Ask) -> Vec<Wrong> {
    let queries = [
        "limit=0",
        "limit=-1",
        "limit=201",
        "limit=1.5",
        "limit=1e2",
        "limit=",
        "limit=all",
        "limit=99999999999999999999",
        "limit=%00",
        "limit=1&limit=2",
        "limit=%FF",
        "cursor=",
        "cursor=x",
        "cursor=c",
        "cursor=cnobody",
        "cursor=%00",
        "cursor=00000000-0000-0000-0000-000000000000",
        "cursor=c0&cursor=c0",
        "limit=1&cursor=c'%20or%201=1",
        "page=2",
        "offset=10",
        "limit[]=1",
    ];
    let ask = |query: &str| good.clone().query(query);
    let mut all: Vec<Wrong> = queries.map(|query| Wrong::new(query, ask(query))).into();
    all.push(Wrong::new("a long cursor", ask(&format!("cursor=c{}", "0".repeat(20_000)))));
    all
}
