//! Sign-in with a Supabase project: a second Freehold on a socket takes its part, with a clock that moves along.

mod pages;
mod standing;

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use axum::{
    extract::Request,
    http::StatusCode,
    middleware::{self, Next},
    response::IntoResponse,
};
use freehold_identity::{
    claims::token_claims,
    project::admin::{project_person_change, project_person_create, project_person_delete, project_person_get},
    service_key::service_keys_show,
    signing::{key_revoke, key_rotate, keys_import, keys_parse, keys_refresh},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use super::{ADA, claims, header, with_secret};
use crate::harness::{
    app::{PASSWORD, Served, Setup, TestApp},
    eventually,
};

const SECRET: &str = "super-secret-jwt-token-with-at-least-32-characters-long";
const HOUR: i64 = 3_600;

/// A second Freehold on a socket, used as the project.
struct Project {
    app: TestApp,
    url: String,
    key: String,
    /// Whether it rejects all requests.
    away: Arc<AtomicBool>,
    /// How often its keys were requested.
    asked: Arc<AtomicUsize>,
    /// How often a user or a session was requested.
    looked: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

impl Project {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = TestApp::with(Setup { site: url.clone().leak(), ..Setup::default() }).await;
        let keys = service_keys_show(&app.backbone.identity.base.keeper(), &format!("{url}/auth/v1")).await.unwrap();
        keys_refresh(&app.backbone.identity.tokens).await.unwrap();
        let (away, asked) = (Arc::new(AtomicBool::default()), Arc::new(AtomicUsize::default()));
        let looked = Arc::new(AtomicUsize::default());
        let (is_away, counted, seen) = (away.clone(), asked.clone(), looked.clone());
        let router = app.router.clone().layer(middleware::from_fn(move |request: Request, next: Next| {
            let keys = request.uri().path().ends_with("/jwks.json");
            counted.fetch_add(usize::from(keys), Ordering::Relaxed);
            let look = request.method() == "GET"
                && ["/auth/v1/user", "/auth/v1/admin/users/"].iter().any(|path| request.uri().path().starts_with(path));
            seen.fetch_add(usize::from(look), Ordering::Relaxed);
            let away = is_away.load(Ordering::Relaxed);
            async move { if away { StatusCode::BAD_GATEWAY.into_response() } else { next.run(request).await } }
        }));
        let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
        let serving = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self { app, url, key: keys.secret_key.expose().to_owned(), away, asked, looked, serving }
    }

    /// A server whose users sign in at the project.
    async fn customer(&self) -> TestApp {
        TestApp::with(Setup::default().at_project(&self.url, &self.key)).await
    }

    /// The same without a key of the project.
    async fn keyless(&self) -> TestApp {
        TestApp::with(Setup::default().at_project(&self.url, "")).await
    }

    async fn sign_up(&self, email: &str) -> Value {
        self.app.sign_up(email).await.expect(200).json()
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    fn looked(&self) -> usize {
        self.looked.load(Ordering::Relaxed)
    }

    fn go_away(&self, away: bool) {
        self.away.store(away, Ordering::Relaxed);
    }

    /// Rotates the signing key.
    async fn rotate(&self) {
        key_rotate(&self.app.backbone.identity.base.keeper(), None, true).await.unwrap();
        keys_refresh(&self.app.backbone.identity.tokens).await.unwrap();
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn token(session: &Value) -> &str {
    session["access_token"].as_str().unwrap()
}

fn advance(servers: &[&Served], seconds: i64) {
    for server in servers {
        server.advance_seconds(seconds);
    }
}

#[tokio::test]
async fn who_signed_in_at_the_project_is_known_here() {
    let project = Project::start().await;
    let app = project.customer().await;
    let ada = project.sign_up(ADA).await;
    let me = app.get("/api/v1/me").token(token(&ada)).send().await.expect(200);
    assert_eq!((me.at("/id"), me.at("/email")), (ada["user"]["id"].as_str().unwrap().to_owned(), ADA.to_owned()));
    let organizations = app.get("/api/v1/organizations").token(token(&ada)).send().await.expect(200);
    assert_eq!(organizations.json()["data"].as_array().unwrap().len(), 1, "a newcomer gets a place");
    // A second server on the same database, and another sign-in: the same user.
    let beside = app.beside(Setup::default().at_project(&project.url, "")).await.unwrap();
    let again = project.app.sign_in(ADA).await.expect(200).json();
    beside.get("/api/v1/me").token(token(&again)).send().await.expect(200);
    assert_eq!(app.count("select count(*) from auth.users").await, 1);
    assert_eq!(app.count("select count(*) from freehold.tenants").await, 1);
    assert_eq!(app.count("select count(*) from auth.sessions").await, 0);
    assert_eq!(app.count("select count(*) from freehold.signing_keys").await, 0, "nothing is signed here");
}

#[tokio::test]
async fn a_first_visit_with_many_requests_makes_one_person() {
    let project = Project::start().await;
    let app = project.customer().await;
    let ada = project.sign_up(ADA).await;
    let asks = (0..12).map(|_| tokio::spawn(app.get("/api/v1/me").token(token(&ada)).send()));
    for ask in asks.collect::<Vec<_>>() {
        ask.await.unwrap().expect(200);
    }
    assert_eq!(app.count("select count(*) from freehold.tenants").await, 1);
    assert_eq!(project.asked(), 1, "all of them waited for the same answer");
    // When it signs with another key, all servers learn it.
    advance(&[&app, &project.app], 10);
    project.rotate().await;
    let again = project.app.sign_in(ADA).await.expect(200).json();
    let asks = (0..12).map(|_| tokio::spawn(app.get("/api/v1/me").token(token(&again)).send()));
    for ask in asks.collect::<Vec<_>>() {
        ask.await.unwrap().expect(200);
    }
    assert_eq!(project.asked(), 2);
}

#[tokio::test]
async fn its_keys_are_asked_for_once_and_again_when_it_signs_with_another() {
    let project = Project::start().await;
    let app = project.customer().await;
    let first = project.sign_up(ADA).await;
    for _ in 0..5 {
        app.get("/api/v1/me").token(token(&first)).send().await.expect(200);
    }
    assert_eq!(project.asked(), 1);
    advance(&[&app, &project.app], 10);
    project.rotate().await;
    let second = project.app.sign_in(ADA).await.expect(200).json();
    assert_ne!(header(token(&first))["kid"], header(token(&second))["kid"]);
    for session in [&second, &first, &second] {
        app.get("/api/v1/me").token(token(session)).send().await.expect(200);
    }
    assert_eq!(project.asked(), 2);
    // Made-up key ids do not cause requests to the project.
    for made_up in 0..20 {
        let nonsense = header_of(token(&first), &json!({ "alg": "ES256", "typ": "JWT", "kid": made_up.to_string() }));
        app.get("/api/v1/me").token(&nonsense).send().await.refused(401, "unauthenticated");
    }
    assert_eq!(project.asked(), 2);
    advance(&[&app, &project.app], 5);
    let nonsense = header_of(token(&first), &json!({ "alg": "ES256", "typ": "JWT", "kid": "made up" }));
    app.get("/api/v1/me").token(&nonsense).send().await.refused(401, "unauthenticated");
    assert_eq!(project.asked(), 3);
}

/// The token with another header.
fn header_of(token: &str, header: &Value) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let (_, rest) = token.split_once('.').unwrap();
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()))
}

#[tokio::test]
async fn it_may_be_away_for_as_long_as_tokens_hold() {
    let project = Project::start().await;
    let (app, late) = (project.customer().await, project.customer().await);
    let ada = project.sign_up(ADA).await;
    app.get("/api/v1/me").token(token(&ada)).send().await.expect(200);
    project.go_away(true);
    // No user is signed out because the project cannot be reached.
    late.get("/api/v1/me").token(token(&ada)).send().await.refused(503, "unavailable");
    for _ in 0..5 {
        advance(&[&app, &late], 11 * 60);
        app.get("/api/v1/me").token(token(&ada)).send().await.expect(200);
    }
    late.get("/api/v1/me").token(token(&ada)).send().await.refused(503, "unavailable");
    project.go_away(false);
    advance(&[&app, &late], 5);
    late.get("/api/v1/me").token(token(&ada)).send().await.expect(200);
    app.get("/api/v1/me").token(token(&ada)).send().await.expect(200);
    advance(&[&app, &late], HOUR);
    app.get("/api/v1/me").token(token(&ada)).send().await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_project_that_nothing_answers_for_is_away() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let project = Project::start().await;
    let ada = project.sign_up(ADA).await;
    let app = TestApp::with(Setup::default().at_project(&url, "")).await;
    app.get("/api/v1/me").token(token(&ada)).send().await.refused(503, "unavailable");
    app.get("/api/v1/me").token("nonsense").send().await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_key_that_it_revoked_dies_here_ten_minutes_later() {
    let project = Project::start().await;
    let app = project.keyless().await;
    let ada = project.sign_up(ADA).await;
    app.get("/api/v1/me").token(token(&ada)).send().await.expect(200);
    let old = header(token(&ada))["kid"].as_str().unwrap().to_owned();
    project.rotate().await;
    key_revoke(&project.app.backbone.identity.base.keeper(), &old, HOUR, true).await.unwrap();
    keys_refresh(&project.app.backbone.identity.tokens).await.unwrap();
    advance(&[&app], 10 * 60 - 1);
    app.get("/api/v1/me").token(token(&ada)).send().await.expect(200);
    advance(&[&app], 1);
    eventually("the token of the revoked key is refused", async || {
        app.get("/api/v1/me").token(token(&ada)).send().await.status() == 401
    })
    .await;
    assert_eq!(project.asked(), 2);
}

#[tokio::test]
async fn projects_that_share_a_secret_are_understood() {
    let project = Project::start().await;
    let keeper = project.app.backbone.identity.base.keeper();
    keys_import(&keeper, &keys_parse(SECRET).unwrap()).await.unwrap();
    key_rotate(&keeper, Some("legacy"), true).await.unwrap();
    keys_refresh(&project.app.backbone.identity.tokens).await.unwrap();
    let ada = project.sign_up(ADA).await;
    assert_eq!(header(token(&ada)), json!({ "alg": "HS256", "typ": "JWT" }));
    let told = Setup { jwt_secret: Some(SECRET), ..Setup::default() };
    let app = TestApp::with(told.at_project(&project.url, "")).await;
    app.get("/api/v1/me").token(token(&ada)).send().await.expect(200);
    assert_eq!(project.asked(), 0, "there is nothing to ask for");
    // A hook of the project may leave these claims out.
    let mut bare = claims(token(&ada));
    for name in ["app_metadata", "user_metadata", "amr", "phone", "is_anonymous", "email", "aal"] {
        bare.as_object_mut().unwrap().remove(name);
        app.get("/api/v1/me").token(&with_secret(SECRET, &bare)).send().await.expect(200);
    }
    // Without these claims the user, the expiry or the session of the token is unknown.
    for name in ["iss", "sub", "aud", "exp", "iat", "role", "session_id"] {
        let mut less = bare.clone();
        less.as_object_mut().unwrap().remove(name);
        let token = with_secret(SECRET, &less);
        app.get("/api/v1/me").token(&token).send().await.refused(401, "unauthenticated");
        let identity = &app.backbone.identity;
        let why = token_claims(&identity.tokens, &identity.sessions.hooks, &token).await.unwrap().unwrap_err();
        assert_eq!(why.to_string(), format!("the token has no claim {name}"));
    }
    let other = with_secret("another-secret-of-more-than-32-characters", &claims(token(&ada)));
    app.get("/api/v1/me").token(&other).send().await.refused(401, "unauthenticated");
    let untold = project.customer().await;
    untold.get("/api/v1/me").token(token(&ada)).send().await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn only_its_own_tokens_of_people_hold() {
    let (project, stranger) = (Project::start().await, Project::start().await);
    let app = project.customer().await;
    let ada = project.sign_up(ADA).await;
    app.get("/api/v1/me").token(token(&ada)).send().await.expect(200);
    let mallory = stranger.sign_up(ADA).await;
    app.get("/api/v1/me").token(token(&mallory)).send().await.refused(401, "unauthenticated");
    let keys = service_keys_show(&project.app.backbone.identity.base.keeper(), &project.url).await.unwrap();
    for key in [&keys.anon_key, &keys.service_role_key, &keys.secret_key] {
        app.get("/api/v1/me").token(key.expose()).send().await.refused(401, "unauthenticated");
    }
    assert_eq!(app.count("select count(*) from auth.users").await, 1);
}

#[tokio::test]
async fn what_it_says_of_a_person_is_taken_from_the_newest_token() {
    let project = Project::start().await;
    let app = project.customer().await;
    let first = project.sign_up(ADA).await;
    app.get("/api/v1/me").token(token(&first)).send().await.expect(200);
    advance(&[&app, &project.app], 20);
    let change = json!({ "data": { "name": "Ada Lovelace" } });
    project.app.put("/auth/v1/user").token(token(&first)).json(&change).send().await.expect(200);
    let address = "update auth.users set email = 'countess@example.org'";
    project.app.test.admin().await.batch_execute(address).await.unwrap();
    let second = project.app.refresh(first["refresh_token"].as_str().unwrap()).await.expect(200).json();
    // The order of the tokens does not matter.
    for session in [&second, &first] {
        app.get("/api/v1/me").token(token(session)).send().await.expect(200);
        let known = "select email || ' ' || (raw_user_meta_data ->> 'name') from auth.users";
        let known: String = app.test.admin().await.query_one(known, &[]).await.unwrap().get(0);
        assert_eq!(known, "countess@example.org Ada Lovelace");
    }
}

#[tokio::test]
async fn an_address_goes_to_whom_the_project_gave_it() {
    let project = Project::start().await;
    let app = project.customer().await;
    let ada = project.sign_up(ADA).await;
    app.get("/api/v1/me").token(token(&ada)).send().await.expect(200);
    // Ada gave up the address, and another user has it, before a newer token of Ada's arrives.
    let left = "update auth.users set email = 'left@example.org'";
    project.app.test.admin().await.batch_execute(left).await.unwrap();
    let heir = project.sign_up(ADA).await;
    let me = app.get("/api/v1/me").token(token(&heir)).send().await.expect(200);
    assert_eq!(me.at("/email"), ADA);
    app.get("/api/v1/me").token(token(&ada)).send().await.expect(200);
    let held = format!("select count(*) from auth.users where email = '{ADA}'");
    assert_eq!(app.count(&held).await, 1);
    advance(&[&app, &project.app], 20);
    let ada = project.app.refresh(ada["refresh_token"].as_str().unwrap()).await.expect(200).json();
    let me = app.get("/api/v1/me").token(token(&ada)).send().await.expect(200);
    assert_eq!(me.at("/email"), "left@example.org");
}

/// Without a key only the token's expiry shows it.
#[tokio::test]
async fn without_a_key_of_the_project_a_session_that_it_ended_is_good_until_its_token_ends() {
    let project = Project::start().await;
    let app = project.keyless().await;
    let ada = project.sign_up(ADA).await;
    project.app.post("/auth/v1/logout").token(token(&ada)).send().await.expect(204);
    app.get("/api/v1/me").token(token(&ada)).send().await.expect(200);
    advance(&[&app], HOUR);
    app.get("/api/v1/me").token(token(&ada)).send().await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn users_sign_in_only_at_the_project() {
    let project = Project::start().await;
    let app = project.customer().await;
    let body = json!({ "email": ADA, "password": PASSWORD });
    for path in
        ["signup", "token?grant_type=password", "otp", "magiclink", "verify", "recover", "invite", "admin/users"]
    {
        let refused = app.post(&format!("/auth/v1/{path}")).json(&body).send().await.refused(404, "feature_disabled");
        assert!(refused.at("/msg").contains(&format!("{}/auth/v1", project.url)), "{refused}");
    }
    for path in ["/auth/v1/verify?token=a&type=signup", "/auth/v1/user", "/auth/v1/authorize?provider=x"] {
        let refused = app.get(path).browser().send().await.expect(404);
        assert!(refused.holds(&project.url), "{refused}");
    }
    let keys = app.get("/auth/v1/.well-known/openid-configuration").send().await.expect(200);
    assert_eq!(keys.at("/jwks_uri"), format!("{}/auth/v1/.well-known/jwks.json", project.url));
    app.get("/auth/v1/health").send().await.expect(200);
    assert_eq!(app.count("select count(*) from auth.users").await, 0);
}

#[tokio::test]
async fn its_people_are_administered_with_the_service_key() {
    let project = Project::start().await;
    let app = project.customer().await;
    let at = app.backbone.identity.tokens.project().unwrap();
    let person = json!({ "email": ADA, "password": PASSWORD, "email_confirm": true });
    let made = project_person_create(at, &person).await.unwrap();
    let id = made["id"].as_str().unwrap().parse().unwrap();
    let error = project_person_create(at, &person).await.unwrap_err();
    assert_eq!(error.code().name, "validation_failed");
    let session = project.app.sign_in(ADA).await.expect(200);
    app.get("/api/v1/me").token(&session.at("/access_token")).send().await.expect(200);
    let changed = project_person_change(at, id, &json!({ "user_metadata": { "name": "Ada" } })).await.unwrap();
    assert_eq!(changed["user_metadata"]["name"], "Ada");
    assert_eq!(project_person_get(at, id).await.unwrap().unwrap()["email"], ADA);
    assert!(project_person_delete(at, id).await.unwrap());
    assert!(!project_person_delete(at, id).await.unwrap());
    assert!(project_person_get(at, id).await.unwrap().is_none());

    let keyless = app.beside(Setup::default().at_project(&project.url, "")).await.unwrap();
    let error = project_person_get(keyless.backbone.identity.tokens.project().unwrap(), id).await.unwrap_err();
    assert!(error.message().contains("SUPABASE_SECRET_KEY"), "{}", error.message());
    let wrong = app.beside(Setup::default().at_project(&project.url, "sb_secret_wrong")).await.unwrap();
    let error = project_person_get(wrong.backbone.identity.tokens.project().unwrap(), id).await.unwrap_err();
    assert_eq!(error.code().name, "internal");
    project.go_away(true);
    assert_eq!(project_person_get(at, id).await.unwrap_err().code().name, "unavailable");
}
