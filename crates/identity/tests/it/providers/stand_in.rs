//! A simulated provider on a socket: OpenID Connect under many names, most of which misbehave, and a GitHub.
//!
//! It shows no forms: `login_hint` says who signs in, as `subject,address,verified`. It stores only which codes were
//! used: a code contains everything that is needed to answer it.

mod github;
mod signer;

use std::{
    collections::{BTreeMap, HashSet},
    net::TcpListener,
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
};

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    Form, Json, Router,
    extract::{Path, Query},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use signer::Signer;

/// Client id of every application.
pub(crate) const CLIENT: &str = "freehold";
/// Client secret of every application.
pub(crate) const SECRET: &str = "s3cret/+ of a client";

static PLACE: LazyLock<String> = LazyLock::new(start);
static KEYS: LazyLock<Signer> = LazyLock::new(Signer::new);
static OTHER_KEYS: LazyLock<Signer> = LazyLock::new(Signer::new);
static USED: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);
static AWAY: AtomicBool = AtomicBool::new(false);
static ROTATED: AtomicBool = AtomicBool::new(false);
static KEYS_READ: AtomicUsize = AtomicUsize::new(0);

/// Its URL.
pub(crate) fn place() -> &'static str {
    &PLACE
}

/// Sets whether `leaving` answers only errors.
pub(crate) fn away(away: bool) {
    AWAY.store(away, SeqCst);
}

/// Lets `turning` sign with other keys, and publish only those.
pub(crate) fn rotate() {
    ROTATED.store(true, SeqCst);
}

/// How often the keys of `turning` were fetched.
pub(crate) fn keys_read() -> usize {
    KEYS_READ.load(SeqCst)
}

/// A user who signs in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Somebody {
    pub(crate) subject: String,
    pub(crate) email: String,
    pub(crate) verified: bool,
}

impl Somebody {
    pub(crate) fn new(subject: &str, email: &str, verified: bool) -> Self {
        Self { subject: subject.to_owned(), email: email.to_owned(), verified }
    }

    /// The value for `login_hint`.
    pub(crate) fn hint(&self) -> String {
        format!("{},{},{}", self.subject, self.email, self.verified)
    }

    fn read(hint: &str) -> Self {
        let mut parts = hint.split(',');
        let mut next = || parts.next().unwrap_or_default();
        Self::new(next(), next(), next() == "true")
    }
}

/// The contents of a code.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Code {
    number: usize,
    who: Somebody,
    nonce: Option<String>,
    challenge: String,
    redirect_uri: String,
}

impl Code {
    fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap())
    }

    /// Parses a code that was not used yet.
    fn take(form: &BTreeMap<String, String>) -> Result<Self, &'static str> {
        let value = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        let text = value("code");
        let code = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        let code = code.ok_or("invalid_grant")?;
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, value("code_verifier").as_bytes()));
        if challenge != code.challenge || value("redirect_uri") != code.redirect_uri {
            return Err("invalid_grant");
        }
        if USED.lock().unwrap().insert(text.to_owned()) { Ok(code) } else { Err("invalid_grant") }
    }
}

/// A token that the provider `variant` would sign for a mobile app.
pub(crate) fn id_token(variant: &str, who: &Somebody, nonce: Option<&str>, audience: &str) -> String {
    let now = app_now();
    let mut claims = json!({
        "iss": format!("{}/{variant}", place()), "sub": who.subject, "aud": audience, "iat": now, "exp": now + 300,
        "name": "Ada Lovelace", "picture": "https://img.example/ada.png", "nonce": nonce,
    });
    if !who.email.is_empty() {
        claims["email"] = json!(who.email);
        claims["email_verified"] = json!(who.verified);
    }
    signer::token(variant, claims)
}

/// The initial time of all tests' clocks, which the provider uses always.
fn app_now() -> i64 {
    "2026-03-15T12:00:00Z".parse::<jiff::Timestamp>().unwrap().as_second()
}

fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = format!("http://{}", listener.local_addr().unwrap());
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, router()).await.unwrap();
        });
    });
    place
}

fn router() -> Router {
    Router::new()
        .route("/{variant}/.well-known/openid-configuration", get(metadata))
        .route("/{variant}/authorize", get(authorize))
        .route("/{variant}/token", post(token))
        .route("/{variant}/keys", get(keys))
        .route("/{variant}/userinfo", get(userinfo))
        .merge(github::routes())
}

async fn metadata(Path(variant): Path<String>) -> Response {
    if variant == "leaving" && AWAY.load(SeqCst) {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let own = format!("{}/{variant}", place());
    let methods = if variant == "forms" { "client_secret_post" } else { "client_secret_basic" };
    let issuer = if variant == "imposter" { format!("{}/es", place()) } else { own.clone() };
    Json(json!({
        "issuer": issuer, "authorization_endpoint": format!("{own}/authorize"), "token_endpoint": format!("{own}/token"),
        "jwks_uri": format!("{own}/keys"), "userinfo_endpoint": format!("{own}/userinfo"),
        "token_endpoint_auth_methods_supported": [methods],
    }))
    .into_response()
}

async fn authorize(Query(query): Query<BTreeMap<String, String>>) -> Response {
    let value = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    assert_eq!((value("client_id"), value("response_type")), (CLIENT, "code"));
    assert!(value("scope").starts_with("openid email"), "{query:?}");
    assert_eq!((value("code_challenge").len(), value("code_challenge_method")), (43, "S256"));
    assert!(value("nonce").len() >= 22, "{query:?}");
    consent(&query)
}

/// Redirects the browser at once.
fn consent(query: &BTreeMap<String, String>) -> Response {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let value = |name: &str| query.get(name).cloned().unwrap_or_default();
    let (back, state) = (value("redirect_uri"), value("state"));
    if value("prompt") == "deny" {
        let why = "error=access_denied&error_description=The+person+said+%3Cno%3E";
        return Redirect::to(&format!("{back}?{why}&state={state}")).into_response();
    }
    let code = Code {
        number: NUMBER.fetch_add(1, SeqCst),
        who: Somebody::read(&value("login_hint")),
        nonce: query.get("nonce").cloned(),
        challenge: value("code_challenge"),
        redirect_uri: back.clone(),
    };
    Redirect::to(&format!("{back}?code={}&state={state}", code.text())).into_response()
}

async fn token(
    Path(variant): Path<String>,
    headers: HeaderMap,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    if !client_is_known(&variant, &headers, &form) {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "error": "invalid_client" }))).into_response();
    }
    let code = match Code::take(&form) {
        Ok(code) => code,
        Err(error) => return (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response(),
    };
    let access = format!("access-{}-{}", code.number, code.who.hint());
    let mut claims = json!({
        "iss": format!("{}/{variant}", place()), "sub": code.who.subject, "aud": CLIENT, "iat": app_now(),
        "exp": app_now() + 600, "nonce": code.nonce, "name": "Ada Lovelace",
        "picture": "https://img.example/ada.png", "hd": "example.org",
        "at_hash": URL_SAFE_NO_PAD.encode(&digest(&SHA256, access.as_bytes()).as_ref()[..16]),
    });
    if !code.who.email.is_empty() && !["elsewhere", "mixed"].contains(&variant.as_str()) {
        claims["email"] = json!(code.who.email);
        claims["email_verified"] = json!(code.who.verified);
    }
    misbehave(&variant, &mut claims);
    let refresh = format!("refresh-{}", code.number);
    Json(json!({
        "access_token": access, "token_type": "Bearer", "expires_in": 600, "refresh_token": refresh,
        "id_token": signer::token(&variant, claims),
    }))
    .into_response()
}

/// The changes that each hostile provider makes.
fn misbehave(variant: &str, claims: &mut Value) {
    match variant {
        "wrong-nonce" => claims["nonce"] = json!("another"),
        "no-nonce" => _ = claims.as_object_mut().unwrap().remove("nonce"),
        "wrong-audience" => claims["aud"] = json!("somebody-else"),
        "two-audiences" => claims["aud"] = json!([CLIENT, "somebody-else"]),
        "wrong-party" => claims["azp"] = json!("somebody-else"),
        "wrong-issuer" => claims["iss"] = json!(format!("{}/es", place())),
        "expired" => claims["exp"] = json!(app_now() - 120),
        "future" => claims["iat"] = json!(app_now() + 3600),
        "nobody" => _ = claims.as_object_mut().unwrap().remove("sub"),
        "wrong-access" => claims["at_hash"] = json!("AAAAAAAAAAAAAAAAAAAAAA"),
        _ => {}
    }
}

fn client_is_known(variant: &str, headers: &HeaderMap, form: &BTreeMap<String, String>) -> bool {
    if variant == "forms" {
        return form.get("client_id").is_some_and(|id| id == CLIENT)
            && form.get("client_secret").is_some_and(|secret| secret == SECRET);
    }
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // RFC 6749, 2.3.1: encoded as in a form.
    let expected = format!("{CLIENT}:{}", SECRET.replace('/', "%2F").replace('+', "%2B").replace(' ', "+"));
    sent == format!("Basic {}", STANDARD.encode(expected))
}

async fn keys(Path(variant): Path<String>) -> Response {
    if variant == "leaving" && AWAY.load(SeqCst) {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let turned = variant == "turning" && {
        KEYS_READ.fetch_add(1, SeqCst);
        ROTATED.load(SeqCst)
    };
    let signer = if turned { &OTHER_KEYS } else { &KEYS };
    Json(signer.jwks()).into_response()
}

async fn userinfo(Path(variant): Path<String>, headers: HeaderMap) -> Response {
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some((_, hint)) = sent.strip_prefix("Bearer access-").and_then(|rest| rest.split_once('-')) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let who = Somebody::read(hint);
    let subject = if variant == "mixed" { "somebody-else".to_owned() } else { who.subject };
    Json(json!({ "sub": subject, "email": who.email, "email_verified": who.verified.to_string() })).into_response()
}
