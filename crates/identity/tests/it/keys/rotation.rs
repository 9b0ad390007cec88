//! Rotating keys without an interruption.

use freehold_identity::signing::{
    Rotated, key_delete, key_records, key_restore, key_revoke, key_rotate, keys_refresh, keys_watch,
};
use tokio::sync::watch;

use super::{ADA, header, published};
use crate::harness::{
    app::{Served, Setup, TestApp},
    eventually,
};

const HOUR: i64 = 3_600;
const MINUTE: i64 = 60;

/// The refresh that each server does every two seconds.
async fn refresh(servers: [&Served; 2]) {
    for server in servers {
        keys_refresh(&server.backbone.identity.tokens).await.unwrap();
    }
}

async fn rotate_at_once(server: &Served) -> String {
    match key_rotate(&server.backbone.identity.base.keeper(), None, true).await.unwrap() {
        Rotated::Now { kid } => kid,
        published @ Rotated::Published { .. } => panic!("{published:?}"),
    }
}

async fn states(server: &Served) -> Vec<String> {
    let records = key_records(&server.backbone.identity.base.keeper()).await.unwrap();
    records.into_iter().map(|key| key.state).collect()
}

#[tokio::test]
async fn a_key_is_published_before_it_signs_and_checked_after() {
    let app = TestApp::new().await;
    let other = app.beside(Setup::default()).await.unwrap();
    let first = app.sign_up(ADA).await.expect(200).at("/access_token");
    let keeper = app.backbone.identity.base.keeper();
    let [old] = &published(&app).await[..] else { panic!("one key") };

    let Rotated::Published { kid: next, from } = key_rotate(&keeper, None, false).await.unwrap() else {
        panic!("nobody knows the key yet")
    };
    assert_eq!(from.to_string(), "2026-03-15T12:20:00Z");
    refresh([&app, &other]).await;
    for server in [&*app, &other] {
        assert_eq!(published(server).await, [old.clone(), next.clone()]);
    }
    assert_eq!(header(&app.sign_in(ADA).await.expect(200).at("/access_token"))["kid"], *old);
    app.advance_seconds(20 * MINUTE - 1);
    assert!(matches!(key_rotate(&keeper, None, false).await.unwrap(), Rotated::Published { kid, .. } if kid == next));
    app.advance_seconds(1);
    assert_eq!(key_rotate(&keeper, None, false).await.unwrap(), Rotated::Now { kid: next.clone() });

    // A server that does not know the new key yet signs with the old one, which the others verify.
    let late = other.sign_in(ADA).await.expect(200).at("/access_token");
    assert_eq!(header(&late)["kid"], *old);
    refresh([&app, &other]).await;
    let second = other.sign_in(ADA).await.expect(200).at("/access_token");
    assert_eq!(header(&second)["kid"], *next);
    for server in [&*app, &other] {
        assert_eq!(published(server).await, [next.clone(), old.clone()]);
        for token in [&first, &late, &second] {
            server.get("/api/v1/me").token(token).send().await.expect(200);
        }
    }
    assert_eq!(states(&app).await, ["current", "previous"]);
}

#[tokio::test]
async fn a_key_is_not_revoked_while_tokens_of_it_may_be_in_use() {
    let app = TestApp::new().await;
    let keeper = app.backbone.identity.base.keeper();
    let old = published(&app).await.remove(0);
    let error = key_revoke(&keeper, &old, HOUR, true).await.unwrap_err();
    assert!(error.message().contains("signs"), "{}", error.message());
    rotate_at_once(&app).await;
    app.advance_seconds(HOUR + 15 * MINUTE - 1);
    let error = key_revoke(&keeper, &old, HOUR, false).await.unwrap_err();
    assert!(error.message().contains("2026-03-15T13:15:00Z"), "{}", error.message());
    app.advance_seconds(1);
    key_revoke(&keeper, &old, HOUR, false).await.unwrap();
    refresh([&app, &app]).await;
    assert_eq!(published(&app).await.len(), 1);
    key_delete(&keeper, &old).await.unwrap();
    assert_eq!(states(&app).await, ["current"]);
    let error = key_restore(&keeper, &old).await.unwrap_err();
    assert!(error.message().contains("freehold keys list"), "{}", error.message());
}

#[tokio::test]
async fn what_a_revoked_key_signed_dies_at_every_server_and_lives_again() {
    let app = TestApp::new().await;
    let other = app.beside(Setup::default()).await.unwrap();
    let token = app.sign_up(ADA).await.expect(200).at("/access_token");
    // Both have verified it, and cached the result.
    for server in [&*app, &other] {
        server.get("/api/v1/me").token(&token).send().await.expect(200);
    }
    let (keeper, old) = (app.backbone.identity.base.keeper(), published(&app).await.remove(0));
    rotate_at_once(&app).await;
    key_revoke(&keeper, &old, HOUR, true).await.unwrap();
    refresh([&app, &other]).await;
    for server in [&*app, &other] {
        server.get("/api/v1/me").token(&token).send().await.refused(401, "unauthenticated");
        server.get("/auth/v1/user").token(&token).send().await.refused(403, "bad_jwt");
    }
    // Its user is not signed out: the session is still valid.
    app.sign_in(ADA).await.expect(200);
    key_restore(&keeper, &old).await.unwrap();
    refresh([&app, &other]).await;
    for server in [&*app, &other] {
        server.get("/api/v1/me").token(&token).send().await.expect(200);
    }
    // Every step can be reversed.
    assert_eq!(key_rotate(&keeper, Some(&old), false).await.unwrap(), Rotated::Now { kid: old.clone() });
    refresh([&app, &other]).await;
    assert_eq!(published(&other).await[0], old);
}

#[tokio::test]
async fn a_server_sees_by_itself_that_another_one_rotated() {
    let app = TestApp::new().await;
    let other = app.beside(Setup::default()).await.unwrap();
    let (stop, stopping) = watch::channel(false);
    let watching = tokio::spawn(keys_watch(other.backbone.identity.tokens.clone(), stopping));
    let next = rotate_at_once(&app).await;
    eventually("the other server signs with the next key", async || published(&other).await[0] == next).await;
    stop.send_replace(true);
    watching.await.unwrap();
}

#[tokio::test]
async fn rotations_at_the_same_time_leave_one_current_key() {
    let app = TestApp::new().await;
    let keeper = app.backbone.identity.base.keeper();
    let together = (0..8).map(|_| {
        let keeper = keeper.clone();
        tokio::spawn(async move { key_rotate(&keeper, None, true).await })
    });
    for rotation in together.collect::<Vec<_>>() {
        rotation.await.unwrap().unwrap();
    }
    let states = states(&app).await;
    assert_eq!(states.iter().filter(|state| *state == "current").count(), 1, "{states:?}");
    refresh([&app, &app]).await;
    app.sign_up(ADA).await.expect(200);
}

#[tokio::test]
async fn a_stolen_table_signs_nothing() {
    let app = TestApp::new().await;
    let row = app.test.admin().await.query_one("select sealed from freehold.signing_keys", &[]).await.unwrap();
    let sealed: Vec<u8> = row.get(0);
    let key = app.backbone.identity.base.keeper();
    assert!(key.vault.is_current(&sealed));
    // PKCS#8 of every P-256 key begins with these bytes.
    assert!(!sealed.windows(4).any(|window| window == [0x30, 0x81, 0x87, 0x02]));
}
