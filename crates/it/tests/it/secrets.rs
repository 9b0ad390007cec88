//! No secret is stored in plain text in the database.
//!
//! After use, every column of every table is searched for every secret that the test has seen: the database may contain
//! only sealed secrets, and digests that cannot be guessed.

use freehold_delivery::mail::Post;
use freehold_identity::service_key::service_keys_show;
use serde_json::{Value, json};

use crate::harness::{
    AuthenticatorApp, TestDatabase,
    app::{Answer, PASSWORD, Person, Served, TestApp},
    eventually,
    mail_sender::MailSender,
    secrets::Secrets,
};

const ADA: &str = "ada@example.org";
const NEW: &str = "ada@example.net";
/// The password that is set later.
const CHOSEN: &str = "a quite different horse";

#[tokio::test]
async fn the_search_finds_a_secret_however_it_is_written() {
    const SECRET: &str = "s3cret/with+every?sign&of%it";
    let test = TestDatabase::of(&freehold_voice::PRODUCT).await;
    let admin = test.admin().await;
    let mut secrets = Secrets::default();
    secrets.add("planted", SECRET);
    assert_eq!(secrets.found(&admin).await.len(), 0);
    admin.batch_execute("create schema \"a Drawer\"").await.unwrap();
    let literal = format!("'{SECRET}'");
    for (kind, value) in [
        ("text", format!("'before ' || {literal} || ' behind'")),
        ("varchar", literal.clone()),
        ("bytea", format!("convert_to('before ' || {literal}, 'utf8')")),
        ("text", format!("encode(convert_to({literal}, 'utf8'), 'hex')")),
        ("text", format!("upper(encode(convert_to({literal}, 'utf8'), 'hex'))")),
        ("text", format!("encode(convert_to({literal}, 'utf8'), 'base64')")),
        ("text", format!("encode(convert_to('x' || {literal} || 'y', 'utf8'), 'base64')")),
        ("text", format!("encode(convert_to('xx' || {literal} || 'yy', 'utf8'), 'base64')")),
        ("text", format!("translate(encode(convert_to('xx' || {literal}, 'utf8'), 'base64'), '+/=', '-_')")),
        ("text", "'https://example.org/?token=s3cret%2Fwith%2Bevery%3Fsign%26of%25it&x=1'".to_owned()),
        ("json", format!("json_build_object('deep', json_build_array({literal}))")),
        ("jsonb", format!("jsonb_build_object({literal}, true)")),
        ("text[]", format!("array['', {literal}]")),
    ] {
        let made = format!(
            "create table \"a Drawer\".\"Planted\" (\"The Column\" {kind}); insert into \"a Drawer\".\"Planted\" values ({value})"
        );
        admin.batch_execute(&made).await.unwrap();
        let found: Vec<String> = secrets.found(&admin).await.into_iter().collect();
        assert_eq!(found, ["planted in \"a Drawer\".\"Planted\".The Column"], "{kind}: {value}");
        admin.batch_execute("drop table \"a Drawer\".\"Planted\"").await.unwrap();
    }
    secrets.add_code("code", ADA, "0123456789");
    let digest =
        format!("create table public.planted as select sha256(convert_to('{ADA}0123456789', 'utf8')) as digest");
    admin.batch_execute(&digest).await.unwrap();
    assert!(secrets.found(&admin).await.contains("code's bare digest in public.planted.digest"));
}

/// A server with everything switched on, whose codes are too long to occur in a database by chance.
async fn everything() -> TestApp {
    let setup = crate::voice().confirming().with_auth(|auth| {
        auth.code_digits = 10;
        auth.passkeys = true;
        auth.anonymous_users = true;
    });
    TestApp::with(setup).await
}

async fn post(app: &Served, path: &str, person: &Person, body: &Value) -> Answer {
    app.post(path).person(person).json(body).send().await
}

#[tokio::test]
async fn no_column_holds_a_secret() {
    let app = everything().await;
    let mut secrets = Secrets::default();
    secrets.add("the password", PASSWORD);
    // Some mails are sent into the mailbox at once, the later ones still wait when the database is searched.
    let sender = MailSender::of(&app.test, Post::Mailbox { site_url: "https://app.example.org".to_owned() });
    let mut ada = sign_up_and_in(&app, &mut secrets).await;
    eventually("the mails were sent", async || {
        app.count("select count(*) from freehold.mails where state = 'queued'").await == 0
    })
    .await;
    sender.stop().await;
    mails(&app, &mut ada, &mut secrets).await;
    factors(&app, &mut ada, &mut secrets).await;
    credentials(&app, &ada, &mut secrets).await;

    let admin = app.test.admin().await;
    for (table, least) in [
        ("freehold.mails", 10),
        ("auth.one_time_tokens", 4),
        ("freehold.idempotent_answers", 3),
        ("freehold.webhook_endpoints", 1),
        ("voice.engines", 1),
        ("freehold.recovery_codes", 10),
        ("auth.mfa_factors", 1),
        ("auth.sessions", 1),
        ("freehold.service_keys", 1),
        ("freehold.events", 1),
        ("freehold.audit_entries", 1),
    ] {
        assert!(app.count(&format!("select count(*) from {table}")).await >= least, "{table} is not used");
    }
    assert_eq!(secrets.found(&admin).await.into_iter().collect::<Vec<_>>(), Vec::<String>::new());
}

/// Signs up with a mail, signs in with password, link and code, and resets the password by a mail.
async fn sign_up_and_in(app: &TestApp, secrets: &mut Secrets) -> Person {
    app.sign_up(ADA).await.expect(200);
    secrets.add_mail(app, ADA).await;
    let code = json!({ "type": "signup", "email": ADA, "token": app.code(ADA).await });
    let session = app.post("/auth/v1/verify").json(&code).send().await.expect(200);
    secrets.add_answer("the sign-up", &session);
    let (token, refresh) = (session.at("/access_token"), session.at("/refresh_token"));
    let me = app.get("/api/v1/me").token(&token).send().await.expect(200);
    let (id, organization) = (me.at("/id"), me.at("/organizations/0/id"));
    let ada = Person { id, email: ADA.to_owned(), token, refresh, organization, key: String::new() };
    secrets.add_answer("the password sign-in", &app.sign_in(ADA).await.expect(200));
    secrets.add_answer("the refresh", &app.refresh(&ada.refresh).await.expect(200));
    for (path, kind) in [("otp", "magiclink"), ("recover", "recovery")] {
        app.advance_seconds(61);
        app.post(&format!("/auth/v1/{path}")).json(&json!({ "email": ADA })).send().await.expect(200);
        secrets.add_mail(app, ADA).await;
        let hash = json!({ "type": kind, "token_hash": app.link_token(ADA).await });
        secrets.add_answer(kind, &app.post("/auth/v1/verify").json(&hash).send().await.expect(200));
    }
    let session = app.sign_in(ADA).await.expect(200);
    secrets.add("the chosen password", CHOSEN);
    let body = json!({ "password": CHOSEN });
    app.put("/auth/v1/user").token(&session.at("/access_token")).json(&body).send().await.expect(200);
    let body = json!({ "email": ADA, "password": CHOSEN });
    let session = app.post("/auth/v1/token?grant_type=password").json(&body).send().await.expect(200);
    secrets.add_answer("the sign-in with the chosen password", &session);
    Person { token: session.at("/access_token"), refresh: session.at("/refresh_token"), ..ada }
}

/// Requests mails of every kind, and uses none of them.
async fn mails(app: &TestApp, ada: &mut Person, secrets: &mut Secrets) {
    app.advance_seconds(61);
    app.sign_up("new@example.org").await.expect(200);
    secrets.add_mail(app, "new@example.org").await;
    app.post("/auth/v1/otp").json(&json!({ "email": ADA })).send().await.expect(200);
    secrets.add_mail(app, ADA).await;
    app.put("/auth/v1/user").token(&ada.token).json(&json!({ "email": NEW })).send().await.expect(200);
    secrets.add_mail(app, ADA).await;
    secrets.add_mail(app, NEW).await;
    app.get("/auth/v1/reauthenticate").token(&ada.token).send().await.expect(200);
    secrets.add_mail(app, ADA).await;
    let body = json!({ "email": "eve@example.org", "role": "admin" });
    post(app, "/api/v1/invitations", ada, &body).await.expect(201);
    secrets.add_mail(app, "eve@example.org").await;

    let keys =
        service_keys_show(&app.backbone.identity.base.keeper(), "https://app.example.org/auth/v1").await.unwrap();
    freehold_identity::signing::keys_refresh(&app.backbone.identity.tokens).await.unwrap();
    secrets.add("the service key", keys.secret_key.expose());
    secrets.add("the service role's token", keys.service_role_key.expose());
    let administrator = keys.secret_key.expose();
    let body = json!({ "email": "invited@example.org" });
    app.post("/auth/v1/invite").header("apikey", administrator).json(&body).send().await.expect(200);
    secrets.add_mail(app, "invited@example.org").await;
    let body = json!({ "type": "magiclink", "email": "invited@example.org" });
    let link = app.post("/auth/v1/admin/generate_link").header("apikey", administrator).json(&body).send().await;
    secrets.add_answer("an administrator's link", &link.expect(200));
}

/// Adds an authenticator app and recovery codes.
async fn factors(app: &TestApp, ada: &mut Person, secrets: &mut Secrets) {
    let ask = async |token: &str, path: &str, body: Value| {
        app.post(&format!("/auth/v1/factors{path}")).token(token).json(&body).send().await
    };
    let enrolled =
        ask(&ada.token, "", json!({ "factor_type": "totp", "friendly_name": "Telephone" })).await.expect(200);
    secrets.add_answer("the authenticator app", &enrolled);
    secrets.add("the authenticator app's address", &enrolled.at("/totp/uri"));
    let phone = AuthenticatorApp::of(&enrolled);
    let challenge = ask(&ada.token, &format!("/{}/challenge", phone.factor), json!({})).await.expect(200).at("/id");
    let body = json!({ "challenge_id": challenge, "code": phone.code(app.clock()) });
    let lifted = ask(&ada.token, &format!("/{}/verify", phone.factor), body).await.expect(200);
    secrets.add_answer("the lifted session", &lifted);
    (ada.token, ada.refresh) = (lifted.at("/access_token"), lifted.at("/refresh_token"));
    let codes = ask(&ada.token, "/recovery-codes", json!({})).await.expect(200);
    secrets.add_answer("the recovery codes", &codes);
}

/// Creates keys and secrets that are shown once, under an `Idempotency-Key`, and repeats the requests.
async fn credentials(app: &TestApp, ada: &Person, secrets: &mut Secrets) {
    for (path, body) in [
        ("/api/v1/keys", json!({ "name": "deploy" })),
        ("/api/v1/webhooks", json!({ "url": "https://example.org/hooks" })),
        ("/api/v1/engines", json!({ "name": "Telephone", "url": "https://example.org/engine" })),
    ] {
        let ask = app.post(path).person(ada).idempotent(path).json(&body);
        let made = ask.clone().send().await.expect(201);
        secrets.add_answer(path, &made);
        ask.send().await;
        if path != "/api/v1/keys" {
            let rotate = app.post(&format!("{path}/{}/secret", made.at("/id"))).person(ada).json(&json!({}));
            secrets.add_answer(&format!("{path}, rotated"), &rotate.send().await.expect(201));
        }
    }
}
