//! Authenticator apps: from enrolling to `aal2` and back.

use freehold_identity::refresh_token::RefreshToken;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{ADA, AuthenticatorApp, Session, ask, challenge, elsewhere, enroll, newcomer, protected, show};
use crate::harness::app::{Answer, Setup, TestApp};

#[tokio::test]
async fn enrolling_gives_what_an_app_needs() {
    let app = TestApp::new().await;
    let session = newcomer(&app).await;
    let enrolled = enroll(&app, &session, "Telephone").await.expect(200);
    assert_eq!((enrolled.at("/type").as_str(), enrolled.at("/friendly_name").as_str()), ("totp", "Telephone"));
    let (secret, uri, picture) = (enrolled.at("/totp/secret"), enrolled.at("/totp/uri"), enrolled.at("/totp/qr_code"));
    assert_eq!(secret.len(), 32);
    assert_eq!(
        uri,
        format!(
            "otpauth://totp/app.example.org:ada%40example.org?algorithm=SHA1&digits=6&issuer=app.example.org&period=30&secret={secret}"
        )
    );
    // The client puts it after `data:image/svg+xml;utf-8,`, where a # would end it.
    assert!(picture.contains("<svg ") && !picture.contains('#'), "{picture}");
    let user = app.get("/auth/v1/user").token(&session.token).send().await.expect(200);
    assert_eq!(user.at("/factors/0/id"), enrolled.at("/id"));
    assert_eq!(
        (user.at("/factors/0/status").as_str(), user.at("/factors/0/factor_type").as_str()),
        ("unverified", "totp")
    );
}

#[tokio::test]
async fn the_key_is_sealed_in_the_database() {
    let app = TestApp::new().await;
    let session = newcomer(&app).await;
    let secret = enroll(&app, &session, "Telephone").await.expect(200).at("/totp/secret");
    let stored: String =
        app.test.admin().await.query_one("select secret from auth.mfa_factors", &[]).await.unwrap().get(0);
    assert!(stored.starts_with("sealed:") && !stored.contains(&secret), "{stored}");
}

#[tokio::test]
async fn a_code_lifts_the_session_to_aal2() {
    let app = TestApp::new().await;
    let session = newcomer(&app).await;
    assert_eq!((session.aal().as_str(), session.methods()), ("aal1", vec!["password".to_owned()]));
    let phone = AuthenticatorApp::of(&enroll(&app, &session, "Telephone").await.expect(200));
    app.advance_seconds(60);
    let asked = ask(&app, &session, &format!("factors/{}/challenge", phone.factor), &json!({})).await.expect(200);
    assert_eq!(asked.at("/type"), "totp");
    assert_eq!(asked.json()["expires_at"], app.clock().now().as_second() + 300);
    let body = json!({ "challenge_id": asked.at("/id"), "code": phone.code(app.clock()) });
    let answer = ask(&app, &session, &format!("factors/{}/verify", phone.factor), &body).await.expect(200);
    let lifted = Session::of(&answer);
    assert_eq!(answer.at("/token_type"), "bearer");
    assert_eq!(answer.at("/user/factors/0/status"), "verified");
    assert_eq!(lifted.id(), session.id());
    assert_eq!((lifted.aal().as_str(), lifted.methods()), ("aal2", vec!["totp".to_owned(), "password".to_owned()]));
    assert_eq!(lifted.claims()["amr"][0]["timestamp"], app.clock().now().as_second());

    let next = Session::of(&app.refresh(&lifted.refresh).await.expect(200));
    assert_eq!((next.aal().as_str(), next.methods()), ("aal2", vec!["totp".to_owned(), "password".to_owned()]));
}

#[tokio::test]
async fn a_refresh_token_from_before_never_becomes_one_with_a_second_factor() {
    let app = TestApp::new().await;
    let first = newcomer(&app).await;
    // Refreshed a moment before, so that the grace of that refresh would still apply.
    let session = Session::of(&app.refresh(&first.refresh).await.expect(200));
    let phone = AuthenticatorApp::of(&enroll(&app, &session, "Telephone").await.expect(200));
    let lifted = Session::of(&show(&app, &session, &phone.factor, &phone.code(app.clock())).await.expect(200));
    let counter = |session: &Session| RefreshToken::parse(&session.refresh).unwrap().counter();
    assert_eq!(counter(&lifted), counter(&session) + 2);
    app.refresh(&session.refresh).await.refused(400, "refresh_token_not_found");
    // Nor within the grace of the refresh that follows.
    let next = Session::of(&app.refresh(&lifted.refresh).await.expect(200));
    for before in [&session, &first] {
        app.refresh(&before.refresh).await.refused(400, "refresh_token_not_found");
    }
    app.refresh(&next.refresh).await.expect(200);
}

#[tokio::test]
async fn sessions_that_showed_one_factor_only_end() {
    let app = TestApp::new().await;
    let session = newcomer(&app).await;
    let thief = elsewhere(&app).await;
    let stranger = app.stranger().await;
    let phone = AuthenticatorApp::of(&enroll(&app, &session, "Telephone").await.expect(200));
    let lifted = Session::of(&show(&app, &session, &phone.factor, &phone.code(app.clock())).await.expect(200));
    app.refresh(&thief.refresh).await.refused(400, "refresh_token_not_found");
    app.get("/auth/v1/user").token(&thief.token).send().await.refused(403, "session_not_found");
    app.get("/auth/v1/user").token(&lifted.token).send().await.expect(200);
    app.get("/auth/v1/user").token(&stranger.token).send().await.expect(200);

    // A session that uses it, too, stays.
    app.advance_seconds(30);
    let second = elsewhere(&app).await;
    let second = Session::of(&show(&app, &second, &phone.factor, &phone.code(app.clock())).await.expect(200));
    app.refresh(&lifted.refresh).await.expect(200);
    app.refresh(&second.refresh).await.expect(200);
}

#[tokio::test]
async fn a_code_counts_once_and_takes_the_older_ones_with_it() {
    let app = TestApp::new().await;
    let (_, phone) = protected(&app).await;
    let session = elsewhere(&app).await;
    for periods in [-1, -2] {
        let seen = phone.code_of(app.clock(), periods);
        let refused = show(&app, &session, &phone.factor, &seen).await.refused(422, "mfa_verification_failed");
        assert_eq!(refused.at("/msg"), "Invalid TOTP code entered");
    }
    show(&app, &session, &phone.factor, &phone.code(app.clock())).await.expect(200);
}

#[tokio::test]
async fn clocks_may_differ_by_one_period() {
    let app = TestApp::new().await;
    let (_, phone) = protected(&app).await;
    app.advance_seconds(300);
    let session = elsewhere(&app).await;
    for periods in [-2, 2] {
        let code = phone.code_of(app.clock(), periods);
        show(&app, &session, &phone.factor, &code).await.refused(422, "mfa_verification_failed");
    }
    show(&app, &session, &phone.factor, &phone.code_of(app.clock(), -1)).await.expect(200);
    let session = elsewhere(&app).await;
    show(&app, &session, &phone.factor, &phone.code_of(app.clock(), 1)).await.expect(200);
}

#[tokio::test]
async fn one_code_shown_ten_times_at_once_counts_once() {
    let app = TestApp::new().await;
    let (_, phone) = protected(&app).await;
    let session = elsewhere(&app).await;
    let mut challenges = Vec::new();
    for _ in 0..10 {
        challenges.push(challenge(&app, &session, &phone.factor).await);
    }
    let path = format!("factors/{}/verify", phone.factor);
    let code = phone.code(app.clock());
    let bodies: Vec<Value> =
        challenges.iter().map(|challenge| json!({ "challenge_id": challenge, "code": code })).collect();
    let answers = join_all(bodies.iter().map(|body| ask(&app, &session, &path, body))).await;
    let statuses: Vec<u16> = answers.iter().map(Answer::status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 422, 429].contains(status)), "{statuses:?}");
}

#[tokio::test]
async fn what_was_begun_and_not_shown_is_forgotten() {
    let app = TestApp::new().await;
    let session = newcomer(&app).await;
    enroll(&app, &session, "Telephone").await.expect(200);
    let refused = enroll(&app, &session, "Telephone").await.refused(422, "mfa_factor_name_conflict");
    assert_eq!(refused.at("/msg"), "A factor with the friendly name \"Telephone\" for this user already exists");
    let tablet = AuthenticatorApp::of(&enroll(&app, &session, "Tablet").await.expect(200));
    show(&app, &session, &tablet.factor, &tablet.code(app.clock())).await.expect(200);
    let user = app.get("/auth/v1/user").token(&session.token).send().await.expect(200);
    assert_eq!(user.json()["factors"].as_array().unwrap().len(), 1, "{user}");

    // Or after five minutes.
    let bob = Session::of(&app.sign_up("bob@example.org").await.expect(200));
    enroll(&app, &bob, "Telephone").await.expect(200);
    app.advance_seconds(301);
    enroll(&app, &bob, "Telephone").await.expect(200);
    assert_eq!(app.count("select count(*) from auth.mfa_factors").await, 2);
}

#[tokio::test]
async fn another_factor_needs_the_first() {
    let app = TestApp::new().await;
    let (lifted, _) = protected(&app).await;
    let session = elsewhere(&app).await;
    let refused = enroll(&app, &session, "Tablet").await.refused(403, "insufficient_aal");
    assert_eq!(refused.at("/msg"), "AAL2 required to enroll a new factor");
    enroll(&app, &lifted, "Tablet").await.expect(200);
}

#[tokio::test]
async fn there_are_only_so_many() {
    let app = TestApp::with(Setup::default().with_auth(|auth| auth.factors.most = 2)).await;
    let session = newcomer(&app).await;
    enroll(&app, &session, "").await.expect(200);
    enroll(&app, &session, "").await.refused(422, "mfa_factor_name_conflict");
    enroll(&app, &session, "2").await.expect(200);
    enroll(&app, &session, "3").await.refused(422, "too_many_enrolled_mfa_factors");
}

#[tokio::test]
async fn a_factor_that_counts_is_taken_away_by_who_has_shown_it() {
    let app = TestApp::new().await;
    let (lifted, phone) = protected(&app).await;
    let session = elsewhere(&app).await;
    let path = format!("/auth/v1/factors/{}", phone.factor);
    let refused = app.delete(&path).token(&session.token).send().await.refused(422, "insufficient_aal");
    assert_eq!(refused.at("/msg"), "AAL2 required to unenroll verified factor");
    let gone = app.delete(&path).token(&lifted.token).send().await.expect(200);
    assert_eq!(gone.json(), json!({ "id": phone.factor }));
    // The access token still says aal2; the session does not.
    enroll(&app, &lifted, "Telephone").await.expect(200);
    let fallen = Session::of(&app.refresh(&lifted.refresh).await.expect(200));
    assert_eq!((fallen.aal().as_str(), fallen.methods()), ("aal1", vec!["password".to_owned()]));
    app.delete(&path).token(&lifted.token).send().await.refused(404, "mfa_factor_not_found");
}

#[tokio::test]
async fn an_unverified_factor_is_removed_without_a_second_factor() {
    let app = TestApp::new().await;
    let session = newcomer(&app).await;
    let factor = enroll(&app, &session, "Telephone").await.expect(200).at("/id");
    app.delete(&format!("/auth/v1/factors/{factor}")).token(&session.token).send().await.expect(200);
    let user = app.get("/auth/v1/user").token(&session.token).send().await.expect(200);
    assert_eq!(user.json().get("factors"), None);
}

#[tokio::test]
async fn another_users_factor_is_not_found() {
    let app = TestApp::new().await;
    let (_, phone) = protected(&app).await;
    let stranger = Session::of(&app.sign_up("eve@example.net").await.expect(200));
    let path = |rest: &str| format!("factors/{}{rest}", phone.factor);
    ask(&app, &stranger, &path("/challenge"), &json!({})).await.refused(404, "mfa_factor_not_found");
    let body = json!({ "challenge_id": app.test.uuid(), "code": phone.code(app.clock()) });
    ask(&app, &stranger, &path("/verify"), &body).await.refused(404, "mfa_factor_not_found");
    let delete = app.delete(&format!("/auth/v1/{}", path(""))).token(&stranger.token);
    delete.send().await.refused(404, "mfa_factor_not_found");
    ask(&app, &stranger, "factors/nonsense/challenge", &json!({})).await.refused(404, "mfa_factor_not_found");
    assert_eq!(app.count("select count(*) from auth.mfa_factors").await, 1);
}

#[tokio::test]
async fn a_challenge_is_answered_in_time_from_where_it_was_asked_and_once() {
    let app = TestApp::new().await;
    let (_, phone) = protected(&app).await;
    let session = elsewhere(&app).await;
    let path = format!("factors/{}/verify", phone.factor);
    let answer = |challenge: &str| json!({ "challenge_id": challenge, "code": phone.code(app.clock()) });

    let unknown = ask(&app, &session, &path, &answer(&app.test.uuid().to_string())).await;
    let unknown = unknown.refused(422, "mfa_factor_not_found");
    assert_eq!(unknown.at("/msg"), "MFA factor with the provided challenge ID not found");

    let old = challenge(&app, &session, &phone.factor).await;
    app.advance_seconds(301);
    let refused = ask(&app, &session, &path, &answer(&old)).await.refused(422, "mfa_challenge_expired");
    assert_eq!(
        refused.at("/msg"),
        format!("MFA challenge {old} has expired, verify against another challenge or create a new challenge.")
    );
    ask(&app, &session, &path, &answer(&old)).await.refused(422, "mfa_factor_not_found");

    let asked = challenge(&app, &session, &phone.factor).await;
    let far = app.post(&format!("/auth/v1/{path}")).token(&session.token).json(&answer(&asked)).from("192.0.2.7:40000");
    let refused = far.send().await.refused(422, "mfa_ip_address_mismatch");
    assert_eq!(refused.at("/msg"), "Challenge and verify IP addresses mismatch.");
    let lifted = Session::of(&ask(&app, &session, &path, &answer(&asked)).await.expect(200));
    app.advance_seconds(30);
    ask(&app, &lifted, &path, &answer(&asked)).await.refused(422, "mfa_ip_address_mismatch");
}

#[tokio::test]
async fn what_is_not_offered_is_said_so() {
    let app = TestApp::new().await;
    let session = newcomer(&app).await;
    for (kind, status, code) in [
        (json!("phone"), 422, "mfa_phone_enroll_not_enabled"),
        (json!("webauthn"), 422, "mfa_webauthn_enroll_not_enabled"),
        (json!("abacus"), 400, "validation_failed"),
        (json!(null), 400, "validation_failed"),
    ] {
        ask(&app, &session, "factors", &json!({ "factor_type": kind })).await.refused(status, code);
    }
    let body = json!({ "factor_type": "totp", "friendly_name": null, "issuer": null, "phone": null, "more": 1 });
    let factor = ask(&app, &session, "factors", &body).await.expect(200).at("/id");
    let path = format!("factors/{factor}/verify");
    ask(&app, &session, &path, &json!({ "challenge_id": null, "code": null })).await.refused(400, "validation_failed");
    ask(&app, &session, "factors", &json!({ "factor_type": "totp", "friendly_name": "x".repeat(121) }))
        .await
        .refused(400, "validation_failed");

    let off = app.beside(Setup::default().with_auth(|auth| auth.factors.totp = false)).await.unwrap();
    enroll(&off, &session, "Tablet").await.refused(422, "mfa_totp_enroll_not_enabled");
    let asked = ask(&off, &session, &format!("factors/{factor}/challenge"), &json!({})).await;
    asked.refused(422, "mfa_totp_verify_not_enabled");
}

#[tokio::test]
async fn factors_are_for_people_with_an_address() {
    let app = TestApp::new().await;
    let session = newcomer(&app).await;
    app.test.admin().await.execute("update auth.users set is_anonymous = true", &[]).await.unwrap();
    let refused = enroll(&app, &session, "Telephone").await.refused(403, "no_authorization");
    assert_eq!(refused.at("/msg"), "Anonymous user not allowed to perform these actions");
    app.post("/auth/v1/factors").json(&json!({ "factor_type": "totp" })).send().await.refused(401, "no_authorization");
}

#[tokio::test]
async fn a_key_that_was_brought_here_works_and_is_sealed_then() {
    let app = TestApp::new().await;
    let (_, phone) = protected(&app).await;
    let sql = "update auth.mfa_factors set secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', last_step = null";
    app.test.admin().await.execute(sql, &[]).await.unwrap();
    let session = elsewhere(&app).await;
    let brought = AuthenticatorApp::with_key(&phone.factor, b"12345678901234567890");
    show(&app, &session, &brought.factor, &brought.code(app.clock())).await.expect(200);
    assert_eq!(app.count("select count(*) from auth.mfa_factors where secret like 'sealed:%'").await, 1);
    app.advance_seconds(30);
    let session = elsewhere(&app).await;
    show(&app, &session, &brought.factor, &brought.code(app.clock())).await.expect(200);
}

#[tokio::test]
async fn what_happens_to_factors_is_written_down() {
    let app = TestApp::new().await;
    let (lifted, phone) = protected(&app).await;
    app.delete(&format!("/auth/v1/factors/{}", phone.factor)).token(&lifted.token).send().await.expect(200);
    let sql =
        "select payload ->> 'action', payload ->> 'actor_username', payload -> 'traits' ->> 'factor_id', ip_address
               from auth.audit_log_entries where payload ->> 'log_type' = 'factor' order by created_at, id";
    let rows = app.test.admin().await.query(sql, &[]).await.unwrap();
    let actions: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(actions, ["factor_in_progress", "challenge_created", "verification_attempted", "factor_unenrolled"]);
    for row in rows {
        let (who, factor, ip): (String, String, String) = (row.get(1), row.get(2), row.get(3));
        assert_eq!((who.as_str(), factor, ip.as_str()), (ADA, phone.factor.clone(), "127.0.0.1"));
    }
}

#[tokio::test]
async fn who_has_a_second_factor_shows_it_before_changing_the_password() {
    let app = TestApp::new().await;
    let (lifted, _) = protected(&app).await;
    let thief = elsewhere(&app).await;
    let change = |session: &Session| {
        let body = json!({ "password": "another good horse" });
        app.put("/auth/v1/user").token(&session.token).json(&body).send()
    };
    change(&thief).await.refused(401, "insufficient_aal");
    change(&lifted).await.expect(200);
}

#[tokio::test]
async fn unreadable_names_are_rejected() {
    let app = TestApp::new().await;
    let session = newcomer(&app).await;
    for (name, issuer) in [("a\0b", ""), ("a\nb", ""), ("Telephone", "a\0b"), ("Telephone", "\u{9b}")] {
        let body = json!({ "factor_type": "totp", "friendly_name": name, "issuer": issuer });
        ask(&app, &session, "factors", &body).await.refused(400, "validation_failed");
    }
    let body = json!({ "factor_type": "totp", "friendly_name": "Téléphone 📱", "issuer": "Sprechstunde & Söhne" });
    let uri = ask(&app, &session, "factors", &body).await.expect(200).at("/totp/uri");
    assert!(uri.starts_with("otpauth://totp/Sprechstunde%20%26%20S%C3%B6hne:ada%40example.org?"), "{uri}");
}

#[tokio::test]
async fn two_sessions_that_show_different_factors_at_once_do_not_hold_each_other_up() {
    let app = TestApp::new().await;
    let (lifted, phone) = protected(&app).await;
    let codes = ask(&app, &lifted, "factors/recovery-codes", &json!({})).await.expect(200).json();
    for round in 0..5 {
        app.advance_seconds(30);
        let (first, second) = (elsewhere(&app).await, elsewhere(&app).await);
        let challenge = challenge(&app, &first, &phone.factor).await;
        let path = format!("factors/{}/verify", phone.factor);
        let code = json!({ "challenge_id": challenge, "code": phone.code(app.clock()) });
        let recovery = json!({ "code": codes["codes"][round] });
        let (one, other) = tokio::join!(
            ask(&app, &first, &path, &code),
            ask(&app, &second, "factors/recovery-codes/verify", &recovery)
        );
        // The faster one ends the slower one's session, which has one factor only.
        let statuses = [one.status(), other.status()];
        assert!(statuses.contains(&200) && statuses.iter().all(|status| [200, 403].contains(status)), "{statuses:?}");
    }
}

#[tokio::test]
async fn an_access_token_from_before_the_second_factor_stays_one_from_before() {
    let app = TestApp::new().await;
    let before = newcomer(&app).await;
    let phone = AuthenticatorApp::of(&enroll(&app, &before, "Telephone").await.expect(200));
    let lifted = Session::of(&show(&app, &before, &phone.factor, &phone.code(app.clock())).await.expect(200));
    assert_eq!((before.aal(), lifted.aal()), ("aal1".to_owned(), "aal2".to_owned()));
    // A stolen token does not gain the second factor when the owner uses it.
    enroll(&app, &before, "Another").await.refused(403, "insufficient_aal");
    ask(&app, &before, "factors/recovery-codes", &json!({})).await.refused(403, "insufficient_aal");
    let path = format!("/auth/v1/factors/{}", phone.factor);
    app.delete(&path).token(&before.token).send().await.refused(422, "insufficient_aal");
    let password = app.put("/auth/v1/user").token(&before.token).json(&json!({ "password": "another good horse" }));
    password.send().await.refused(401, "insufficient_aal");
    ask(&app, &lifted, "factors/recovery-codes", &json!({})).await.expect(200);
}
