//! Recovery codes, for users who have lost their other factor.

use serde_json::{Value, json};

use super::{Session, ask, elsewhere, newcomer, protected};
use crate::harness::app::{Answer, Served, Setup, TestApp};

const PATH: &str = "factors/recovery-codes";

async fn generate(app: &Served, session: &Session) -> Answer {
    ask(app, session, PATH, &json!({})).await
}

async fn verify(app: &Served, session: &Session, code: &str) -> Answer {
    ask(app, session, &format!("{PATH}/verify"), &json!({ "code": code })).await
}

async fn status(app: &Served, session: &Session) -> Answer {
    app.get(&format!("/auth/v1/{PATH}")).token(&session.token).send().await
}

fn codes(answer: &Answer) -> Vec<String> {
    answer.json()["codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn ten_codes_are_shown_once() {
    let app = TestApp::new().await;
    let (lifted, _) = protected(&app).await;
    status(&app, &lifted).await.refused(404, "mfa_factor_not_found");
    let made = generate(&app, &lifted).await.expect(200);
    assert_eq!((made.at("/type").as_str(), made.json()["total"].clone()), ("recovery_code", json!(10)));
    let codes = codes(&made);
    assert!(codes.len() == 10 && codes.iter().all(|code| code.len() == 16), "{codes:?}");
    let told = status(&app, &lifted).await.expect(200);
    let id = made.at("/id");
    assert_eq!(told.json(), json!({ "id": id, "type": "recovery_code", "total": 10, "remaining": 10 }));
    let user = app.get("/auth/v1/user").token(&lifted.token).send().await.expect(200);
    let kinds: Vec<Value> =
        user.json()["factors"].as_array().unwrap().iter().map(|one| one["factor_type"].clone()).collect();
    assert_eq!(kinds, [json!("totp"), json!("recovery_code")]);
    for code in &codes {
        assert!(!user.holds(code));
    }
    let refused = generate(&app, &lifted).await.refused(422, "mfa_verified_factor_exists");
    assert_eq!(refused.at("/msg"), "Recovery codes are already enrolled for this user, use regenerate to rotate them");
}

#[tokio::test]
async fn the_body_may_be_left_out_or_name_them() {
    let app = TestApp::new().await;
    let (lifted, _) = protected(&app).await;
    // The client announces JSON, and sends an empty body.
    let empty = app.post(&format!("/auth/v1/{PATH}")).token(&lifted.token).header("content-type", "application/json");
    assert_eq!(empty.send().await.expect(200).at("/friendly_name"), "Recovery codes");
    app.delete(&format!("/auth/v1/{PATH}")).token(&lifted.token).send().await.expect(200);
    let again = Session::of(&app.refresh(&lifted.refresh).await.expect(200));
    let named = ask(&app, &again, PATH, &json!({ "friendly_name": "In the safe" })).await.expect(200);
    assert_eq!(named.at("/friendly_name"), "In the safe");
}

#[tokio::test]
async fn a_code_stands_in_for_the_other_factor_and_is_used_up() {
    let app = TestApp::new().await;
    let (lifted, _) = protected(&app).await;
    let codes = codes(&generate(&app, &lifted).await.expect(200));
    let session = elsewhere(&app).await;
    let typed = format!("{}-{} {}", &codes[0][..4], &codes[0][4..9], &codes[0][9..]).to_uppercase();
    let answer = verify(&app, &session, &typed).await.expect(200);
    let recovered = Session::of(&answer);
    assert_eq!(recovered.id(), session.id());
    assert_eq!(recovered.aal(), "aal2");
    assert_eq!(recovered.methods(), ["mfa/recovery_code", "password"]);
    assert_eq!(status(&app, &recovered).await.expect(200).json()["remaining"], 9);
    app.refresh(&session.refresh).await.refused(400, "refresh_token_not_found");

    let again = elsewhere(&app).await;
    let refused = verify(&app, &again, &codes[0]).await.refused(422, "mfa_verification_failed");
    assert_eq!(refused.at("/msg"), "Invalid recovery code entered");
    verify(&app, &again, &codes[1]).await.expect(200);
}

#[tokio::test]
async fn only_digests_are_stored() {
    let app = TestApp::new().await;
    let (lifted, _) = protected(&app).await;
    let codes = codes(&generate(&app, &lifted).await.expect(200));
    let admin = app.test.admin().await;
    let rows = admin.query("select encode(digest, 'escape') || digest::text from freehold.recovery_codes", &[]).await;
    let stored: Vec<String> = rows.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(stored.len(), 10);
    assert!(codes.iter().all(|code| stored.iter().all(|digest| !digest.contains(code))));
}

#[tokio::test]
async fn they_are_made_changed_and_taken_away_by_who_has_shown_a_second_factor() {
    let app = TestApp::new().await;
    let (lifted, phone) = protected(&app).await;
    generate(&app, &lifted).await.expect(200);
    let session = elsewhere(&app).await;
    let path = format!("/auth/v1/{PATH}");
    for (answer, message) in [
        (generate(&app, &session).await, "AAL2 required to generate recovery codes"),
        (
            ask(&app, &session, &format!("{PATH}/regenerate"), &json!({})).await,
            "AAL2 required to regenerate recovery codes",
        ),
        (app.delete(&path).token(&session.token).send().await, "AAL2 required to delete recovery codes"),
    ] {
        assert_eq!(answer.refused(403, "insufficient_aal").at("/msg"), message);
    }
    let factor = app.delete(&format!("/auth/v1/factors/{}", phone.factor)).token(&lifted.token).send().await;
    factor.refused(422, "mfa_recovery_codes_sole_factor");
    let id = status(&app, &lifted).await.expect(200).at("/id");
    let other = app.delete(&format!("/auth/v1/factors/{id}")).token(&lifted.token).send().await;
    other.refused(400, "validation_failed");
    let gone = app.delete(&path).token(&lifted.token).send().await.expect(200);
    assert_eq!(gone.json(), json!({ "id": id }));
    app.delete(&path).token(&lifted.token).send().await.refused(404, "mfa_factor_not_found");
    app.delete(&format!("/auth/v1/factors/{}", phone.factor)).token(&lifted.token).send().await.expect(200);
    assert_eq!(app.count("select count(*) from freehold.recovery_codes").await, 0);
}

#[tokio::test]
async fn without_another_factor_there_are_none() {
    let app = TestApp::new().await;
    let session = newcomer(&app).await;
    generate(&app, &session).await.refused(403, "insufficient_aal");
    app.test.admin().await.execute("update auth.sessions set aal = 'aal2'", &[]).await.unwrap();
    let session = Session::of(&app.refresh(&session.refresh).await.expect(200));
    generate(&app, &session).await.refused(422, "mfa_recovery_codes_sole_factor");
    verify(&app, &session, "abcdefghijkmnpqr").await.refused(422, "mfa_verification_failed");
    verify(&app, &session, " - ").await.refused(400, "validation_failed");
}

#[tokio::test]
async fn sessions_that_came_by_a_code_fall_with_the_codes() {
    let app = TestApp::new().await;
    let (lifted, _) = protected(&app).await;
    let codes = codes(&generate(&app, &lifted).await.expect(200));
    let recovered = Session::of(&verify(&app, &elsewhere(&app).await, &codes[0]).await.expect(200));
    app.delete(&format!("/auth/v1/{PATH}")).token(&lifted.token).send().await.expect(200);
    let fallen = Session::of(&app.refresh(&recovered.refresh).await.expect(200));
    assert_eq!((fallen.aal().as_str(), fallen.methods()), ("aal1", vec!["password".to_owned()]));
    assert_eq!(Session::of(&app.refresh(&lifted.refresh).await.expect(200)).aal(), "aal2");
}

#[tokio::test]
async fn guessing_is_held_off_and_new_codes_forgive_it() {
    let app = TestApp::new().await;
    let (lifted, _) = protected(&app).await;
    let old = codes(&generate(&app, &lifted).await.expect(200));
    let thief = elsewhere(&app).await;
    for _ in 0..5 {
        verify(&app, &thief, "aaaaaaaaaaaaaaaa").await.refused(422, "mfa_verification_failed");
    }
    let refused = verify(&app, &thief, &old[0]).await.refused(429, "mfa_recovery_codes_locked");
    assert_eq!(refused.at("/msg"), "Too many failed verification attempts, try again later");
    assert_eq!(refused.header("retry-after"), "30");
    let new = ask(&app, &lifted, &format!("{PATH}/regenerate"), &json!({})).await.expect(200);
    verify(&app, &thief, &old[0]).await.refused(422, "mfa_verification_failed");
    verify(&app, &thief, &codes(&new)[0]).await.expect(200);
}

#[tokio::test]
async fn they_can_be_switched_off() {
    let app = TestApp::new().await;
    let (lifted, _) = protected(&app).await;
    let off = app.beside(Setup::default().with_auth(|auth| auth.factors.recovery_codes = false)).await.unwrap();
    generate(&off, &lifted).await.refused(422, "mfa_recovery_codes_enroll_not_enabled");
    verify(&off, &lifted, "abcdefghijkmnpqr").await.refused(422, "mfa_recovery_codes_verify_not_enabled");
}
