//! Signing in with a password, and out again.

use serde_json::json;

use super::{ADA, auth};
use crate::harness::{
    app::{PASSWORD, TestApp},
    eventually,
};

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_answered_alike() {
    let app = TestApp::new().await;
    app.sign_up(ADA).await.expect(200);
    let wrong = json!({ "email": ADA, "password": "not it at all" });
    let wrong = auth(&app, "token?grant_type=password", &wrong).await.refused(400, "invalid_credentials");
    assert_eq!(
        wrong.json(),
        json!({ "code": 400, "error_code": "invalid_credentials", "msg": "Invalid login credentials" })
    );
    for body in [
        json!({ "email": "nobody@example.org", "password": PASSWORD }),
        json!({ "email": "no address", "password": PASSWORD }),
        json!({ "email": ADA }),
    ] {
        let nobody = auth(&app, "token?grant_type=password", &body).await;
        assert_eq!((nobody.status(), nobody.json()), (400, wrong.json()), "{body}");
    }
    for body in [json!({ "password": PASSWORD }), json!({}), json!({ "email": ADA, "phone": "+4930901820" })] {
        auth(&app, "token?grant_type=password", &body).await.refused(400, "validation_failed");
    }
    let phone = json!({ "phone": "+4930901820", "password": PASSWORD });
    auth(&app, "token?grant_type=password", &phone).await.refused(422, "phone_provider_disabled");
}

#[tokio::test]
async fn an_address_that_is_not_confirmed_is_told_to_who_knows_the_password() {
    let app = super::confirming().await;
    app.sign_up(ADA).await.expect(200);
    let right = app.sign_in(ADA).await.refused(400, "email_not_confirmed");
    assert_eq!(right.at("/msg"), "Email not confirmed");
    let wrong = json!({ "email": ADA, "password": "not it at all" });
    auth(&app, "token?grant_type=password", &wrong).await.refused(400, "invalid_credentials");
}

#[tokio::test]
async fn the_right_password_signs_in() {
    let app = TestApp::new().await;
    let first = app.sign_up(ADA).await.expect(200);
    app.advance_seconds(10);
    let second = app.sign_in(" ADA@example.org ").await.expect(200);
    assert_eq!(first.at("/user/id"), second.at("/user/id"));
    assert_eq!(second.at("/user/last_sign_in_at"), "2026-03-15T12:00:10Z");
    assert_eq!(app.count("select count(*) from auth.sessions").await, 2);
}

#[tokio::test]
async fn grants_that_are_not_offered_say_so() {
    let app = TestApp::new().await;
    auth(&app, "token?grant_type=web3", &json!({})).await.refused(422, "web3_provider_disabled");
    let unknown = auth(&app, "token?grant_type=nothing", &json!({})).await.refused(400, "invalid_credentials");
    assert_eq!(unknown.at("/msg"), "unsupported_grant_type");
}

#[tokio::test]
async fn signing_out_ends_what_the_scope_says() {
    for (scope, left) in [
        ("?scope=local", [false, true, true]),
        ("?scope=others", [true, false, false]),
        ("?scope=global", [false; 3]),
        ("", [false; 3]),
    ] {
        let app = TestApp::new().await;
        app.sign_up(ADA).await.expect(200);
        let mut sessions = Vec::new();
        for _ in 0..3 {
            sessions.push(app.sign_in(ADA).await.expect(200));
        }
        let answer = app.post(&format!("/auth/v1/logout{scope}")).token(&sessions[0].at("/access_token")).send().await;
        assert_eq!(answer.expect(204).text(), "");
        for (session, left) in sessions.iter().zip(left) {
            let user = app.get("/auth/v1/user").token(&session.at("/access_token")).send().await;
            let me = app.get("/api/v1/me").token(&session.at("/access_token")).send().await;
            let refreshed = app.refresh(&session.at("/refresh_token")).await;
            if left {
                user.expect(200);
                me.expect(200);
                refreshed.expect(200);
            } else {
                // A session that has just been ended here is rejected before the database is queried.
                assert!(
                    [("session_not_found".to_owned(), 403), ("bad_jwt".to_owned(), 403)]
                        .contains(&(user.code(), user.status())),
                    "{user}"
                );
                me.refused(401, "unauthenticated");
                refreshed.refused(400, "refresh_token_not_found");
            }
        }
    }
}

#[tokio::test]
async fn another_server_sees_that_a_session_has_ended() {
    let app = TestApp::new().await;
    let session = app.sign_up(ADA).await.expect(200);
    let token = session.at("/access_token");
    let other = app.beside(crate::harness::app::Setup::default()).await.unwrap();
    other.get("/auth/v1/user").token(&token).send().await.expect(200);
    app.post("/auth/v1/logout").token(&token).send().await.expect(204);
    let gone = other.get("/auth/v1/user").token(&token).send().await.refused(403, "session_not_found");
    assert_eq!(gone.at("/msg"), "Session from session_id claim in JWT does not exist");
}

#[tokio::test]
async fn who_is_locked_out_is_out() {
    let app = TestApp::new().await;
    let session = app.sign_up(ADA).await.expect(200);
    let ban = "update auth.users set banned_until = '2026-03-15T13:00:00Z'";
    app.test.admin().await.batch_execute(ban).await.unwrap();
    app.sign_in(ADA).await.refused(400, "user_banned");
    app.refresh(&session.at("/refresh_token")).await.refused(400, "user_banned");
    app.get("/auth/v1/user").token(&session.at("/access_token")).send().await.expect(403);
    app.advance_seconds(3_600);
    app.sign_in(ADA).await.expect(200);
}

/// Checking a password takes time, and the user may be changed meanwhile.
#[tokio::test]
async fn what_changes_while_a_password_is_checked_counts() {
    for (change, refusal) in [
        ("update auth.users set encrypted_password = 'another', updated_at = now()", Some("invalid_credentials")),
        ("update auth.users set encrypted_password = 'another'", Some("invalid_credentials")),
        ("update auth.users set banned_until = '2100-01-01', updated_at = now()", Some("user_banned")),
        ("update auth.users set email_confirmed_at = null, updated_at = now()", Some("email_not_confirmed")),
        ("update auth.users set deleted_at = now(), updated_at = now()", Some("invalid_credentials")),
        ("delete from auth.users", Some("invalid_credentials")),
        ("update auth.users set raw_user_meta_data = '{\"name\": \"Ada\"}', updated_at = now()", None),
    ] {
        let app = TestApp::new().await;
        app.sign_up(ADA).await.expect(200);
        let (mut changer, watcher) = (app.test.admin().await, app.test.admin().await);
        let held = changer.transaction().await.unwrap();
        held.batch_execute("select from auth.users for update").await.unwrap();
        let changed = async {
            let waits = "select exists (
                select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()
            )";
            eventually("the sign-in waits", async || watcher.query_one(waits, &[]).await.unwrap().get(0)).await;
            held.batch_execute(change).await.unwrap();
            held.commit().await.unwrap();
        };
        let (answer, ()) = tokio::join!(app.sign_in(ADA), changed);
        let signed_in = "select count(*) from auth.audit_log_entries where payload ->> 'action' = 'login'";
        let sessions = app.count("select count(*) from auth.sessions").await;
        let signed_in = (sessions, app.count(signed_in).await);
        if let Some(code) = refusal {
            answer.refused(400, code);
            assert!(signed_in <= (1, 1), "only the sign-up's: {change}");
        } else {
            assert_eq!(answer.expect(200).at("/user/user_metadata/name"), "Ada");
            assert_eq!(signed_in, (2, 2));
        }
    }
}

#[tokio::test]
async fn a_user_may_sign_in_on_many_devices_at_once() {
    let app = TestApp::new().await;
    app.sign_up(ADA).await.expect(200);
    let answers = futures_util::future::join_all((0..12).map(|_| app.sign_in(ADA))).await;
    for answer in answers {
        let answer = answer.expect(200);
        assert_eq!(answer.at("/user/identities/0/provider"), "email");
    }
    assert_eq!(app.count("select count(*) from auth.sessions").await, 13);
}
