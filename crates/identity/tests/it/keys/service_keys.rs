//! Keys of applications and services.

use freehold_core::Result;
use freehold_identity::{
    service_key::{
        ServiceKeySet, ServiceRole, administrator, role_of, service_keys_end, service_keys_renew, service_keys_show,
    },
    signing::{key_revoke, key_rotate, keys_refresh},
};
use serde_json::json;

use super::{ADA, claims, header, with_secret};
use crate::harness::app::{Served, Setup, TestApp};

const ISSUER: &str = "https://app.example.org/auth/v1";
const SECRET: &str = "super-secret-jwt-token-with-at-least-32-characters-long";

async fn shown(server: &Served) -> ServiceKeySet {
    let keys = service_keys_show(&server.backbone.identity.base.keeper(), ISSUER).await.unwrap();
    keys_refresh(&server.backbone.identity.tokens).await.unwrap();
    keys
}

fn role(server: &Served, key: &str) -> Result<ServiceRole, &'static str> {
    role_of(&server.backbone.identity.tokens.verifier, key).map_err(|error| error.code().name)
}

fn all(keys: &ServiceKeySet) -> [(&str, ServiceRole); 4] {
    [
        (keys.anon_key.expose(), ServiceRole::Anon),
        (keys.service_role_key.expose(), ServiceRole::Service),
        (keys.publishable_key.expose(), ServiceRole::Anon),
        (keys.secret_key.expose(), ServiceRole::Service),
    ]
}

#[tokio::test]
async fn an_operator_is_shown_the_same_four_keys_each_time() {
    let app = TestApp::new().await;
    let keys = shown(&app).await;
    assert_eq!(all(&shown(&app).await), all(&keys));
    assert!(keys.publishable_key.expose().starts_with("sb_publishable_"));
    assert!(keys.secret_key.expose().starts_with("sb_secret_"));

    let token = keys.service_role_key.expose();
    assert_eq!(header(token)["alg"], "ES256");
    let (now, said) = (app.clock().now().as_second(), claims(token));
    assert_eq!((&said["iss"], &said["role"]), (&json!(ISSUER), &json!("service_role")));
    assert_eq!(said["exp"], now + 10 * 365 * 86_400);
    assert!(said.get("sub").is_none() && said.get("session_id").is_none());
    for (key, expected) in all(&keys) {
        assert_eq!(role(&app, key), Ok(expected));
    }
    // Stored sealed: the table contains none of them.
    let row = app.test.admin().await.query_one("select sealed from freehold.service_keys", &[]).await.unwrap();
    let sealed: Vec<u8> = row.get(0);
    assert!(!sealed.windows(3).any(|window| window == b"sb_" || window == b"eyJ"));
}

#[tokio::test]
async fn servers_that_are_asked_at_once_show_the_same_keys() {
    let app = TestApp::new().await;
    let keeper = app.backbone.identity.base.keeper();
    let asked = (0..6).map(|_| {
        let keeper = keeper.clone();
        tokio::spawn(async move { service_keys_show(&keeper, ISSUER).await.unwrap().secret_key })
    });
    let mut keys = Vec::new();
    for key in asked.collect::<Vec<_>>() {
        keys.push(key.await.unwrap().expose().to_owned());
    }
    assert!(keys.iter().all(|key| *key == keys[0]));
}

#[tokio::test]
async fn they_open_nothing_of_a_persons() {
    let app = TestApp::new().await;
    let keys = shown(&app).await;
    for (key, _) in all(&keys) {
        app.get("/auth/v1/user").header("apikey", key).token(key).send().await.refused(403, "bad_jwt");
        app.get("/api/v1/me").token(key).send().await.refused(401, "unauthenticated");
        app.post("/auth/v1/logout").token(key).send().await.refused(403, "bad_jwt");
    }
    let person = app.sign_up(ADA).await.expect(200).at("/access_token");
    assert_eq!(role(&app, &person), Err("not_admin"));
    // Whatever role a user has, a user is not a service.
    let row = "update auth.users set role = 'service_role'";
    app.test.admin().await.batch_execute(row).await.unwrap();
    let person = app.sign_in(ADA).await.expect(200).at("/access_token");
    assert_eq!(claims(&person)["role"], "service_role");
    assert_eq!(role(&app, &person), Err("not_admin"));
}

#[tokio::test]
async fn only_services_administer() {
    let app = TestApp::new().await;
    let keys = shown(&app).await;
    let may = |key: &str| administrator(&app.backbone.identity.tokens.verifier, key).map_err(|error| error.code().name);
    assert_eq!(may(keys.service_role_key.expose()), Ok(ServiceRole::Service));
    assert_eq!(may(keys.secret_key.expose()), Ok(ServiceRole::Service));
    assert_eq!(may(keys.anon_key.expose()), Err("not_admin"));
    assert_eq!(may(keys.publishable_key.expose()), Err("not_admin"));
    let secret = keys.secret_key.expose();
    let (other_case, longer) = (secret.to_uppercase(), format!("{secret}a"));
    for key in
        ["", "sb_secret_", "a.b.c", "null", &secret[..secret.len() - 1], &other_case, &longer, &"a".repeat(99_999)]
    {
        assert_eq!(may(key), Err("bad_jwt"), "{}", key.len());
    }
    let (message, _) = keys.service_role_key.expose().rsplit_once('.').unwrap();
    assert_eq!(may(&format!("{message}.AAAA")), Err("bad_jwt"));
    app.advance_seconds(10 * 365 * 86_400);
    assert_eq!(may(keys.service_role_key.expose()), Err("bad_jwt"), "ten years are over");
    assert_eq!(may(keys.secret_key.expose()), Ok(ServiceRole::Service));
}

#[tokio::test]
async fn they_outlive_the_rotation_of_signing_keys() {
    let app = TestApp::new().await;
    let other = app.beside(Setup::default()).await.unwrap();
    let keys = shown(&app).await;
    let (keeper, old) = (app.backbone.identity.base.keeper(), header(keys.anon_key.expose())["kid"].clone());
    let old = old.as_str().unwrap();
    key_rotate(&keeper, None, true).await.unwrap();
    for server in [&*app, &other] {
        keys_refresh(&server.backbone.identity.tokens).await.unwrap();
        for (key, expected) in all(&keys) {
            assert_eq!(role(server, key), Ok(expected));
        }
    }
    assert_eq!(all(&shown(&app).await), all(&keys));
    // The key that signed them is kept for as long as they are in use.
    app.advance_seconds(100_000);
    let error = key_revoke(&keeper, old, 3_600, false).await.unwrap_err();
    assert!(error.message().contains("--renew"), "{}", error.message());

    let renewed = service_keys_renew(&keeper, ISSUER).await.unwrap();
    keys_refresh(&other.backbone.identity.tokens).await.unwrap();
    for (key, expected) in all(&keys).into_iter().chain(all(&renewed)) {
        assert_eq!(role(&other, key), Ok(expected), "the old ones hold until they are ended");
    }
    assert_eq!(service_keys_end(&keeper).await.unwrap(), 1);
    keys_refresh(&other.backbone.identity.tokens).await.unwrap();
    for ((before, _), (key, expected)) in all(&keys).into_iter().zip(all(&renewed)) {
        assert_eq!((role(&other, before), role(&other, key)), (Err("bad_jwt"), Ok(expected)));
    }
    key_revoke(&keeper, old, 3_600, false).await.unwrap();
}

/// Supabase's guides for self-hosting begin with these keys.
#[tokio::test]
async fn the_keys_of_an_older_project_hold_where_its_secret_is_known() {
    let app = TestApp::with(Setup { jwt_secret: Some(SECRET), ..Setup::default() }).await;
    let now = app.clock().now().as_second();
    let key = |role: &str| {
        with_secret(
            SECRET,
            &json!({ "iss": "supabase", "ref": "abcdefghijklmnopqrst", "role": role, "iat": now, "exp": now + 10 }),
        )
    };
    assert_eq!(role(&app, &key("anon")), Ok(ServiceRole::Anon));
    assert_eq!(role(&app, &key("service_role")), Ok(ServiceRole::Service));
    assert_eq!(role(&app, &key("supabase_admin")), Ok(ServiceRole::SupabaseAdmin));
    assert_eq!(role(&app, &key("postgres")), Err("not_admin"));
    assert_eq!(role(&app, &with_secret(SECRET, &json!({ "role": "anon", "exp": now }))), Err("bad_jwt"));
    assert_eq!(role(&app, &with_secret(SECRET, &json!({ "role": "anon", "nbf": now + 1 }))), Err("bad_jwt"));
    assert_eq!(role(&app, &with_secret(SECRET, &json!({}))), Err("not_admin"));
    let wrong = with_secret("another-secret-of-more-than-32-characters", &json!({ "role": "service_role" }));
    assert_eq!(role(&app, &wrong), Err("bad_jwt"));
}
