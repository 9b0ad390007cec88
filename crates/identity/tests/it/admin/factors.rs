//! Administrators manage users' second factors and passkeys.

use serde_json::json;

use super::{ADA, AsAdministrator, PEOPLE};
use crate::harness::app::{Answer, TestApp};

const FACTOR: &str = "2b0b7f5e-0000-4000-8000-000000000001";
const PASSKEY: &str = "3b0b7f5e-0000-4000-8000-000000000001";

/// A user with a passkey and an authenticator app that a session has used.
async fn protected(app: &TestApp) -> (Answer, String) {
    let session = app.sign_up(ADA).await.expect(200);
    let person = session.at("/user/id");
    let rows = format!(
        "insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status, secret, created_at, updated_at)
         values ('{FACTOR}', '{person}', 'phone', 'totp', 'verified', 'GEZDGNBVGY3TQOJQ', now(), now()),
                ('2b0b7f5e-0000-4000-8000-000000000002', '{person}', 'tablet', 'totp', 'verified', 'GEZDGNBVGY3TQOJQ',
                 now() + interval '1 s', now());
         update auth.sessions set aal = 'aal2', factor_id = '{FACTOR}';
         insert into auth.webauthn_credentials (id, user_id, credential_id, public_key, friendly_name)
         values ('{PASSKEY}', '{person}', '\\x01', '\\x02', 'key')"
    );
    app.test.admin().await.batch_execute(&rows).await.unwrap();
    (session, format!("{PEOPLE}/{person}"))
}

#[tokio::test]
async fn a_lost_factor_is_taken_away() {
    let app = TestApp::new().await;
    let (_, person) = protected(&app).await;
    let factors = app.get(&format!("{person}/factors")).by(&app).await.expect(200);
    assert_eq!(factors.json().as_array().unwrap().len(), 2);
    assert_eq!((factors.at("/0/factor_type"), factors.at("/0/status")), ("totp".to_owned(), "verified".to_owned()));
    assert!(!factors.holds("GEZDGNBV") && !factors.holds("secret"), "{factors}");
    let user = app.get(&person).by(&app).await.expect(200);
    assert_eq!(user.json()["factors"], factors.json());
    let gone = app.delete(&format!("{person}/factors/{FACTOR}")).by(&app).await.expect(200);
    assert_eq!(gone.at("/id"), FACTOR);
    app.delete(&format!("{person}/factors/{FACTOR}")).by(&app).await.refused(404, "mfa_factor_not_found");
    assert_eq!(app.count("select count(*) from auth.sessions where aal = 'aal1'").await, 1);
    let left = app.get(&format!("{person}/factors")).by(&app).await.expect(200);
    assert_eq!(left.at("/0/friendly_name"), "tablet");
}

#[tokio::test]
async fn a_factor_gets_another_name() {
    let app = TestApp::new().await;
    let (_, person) = protected(&app).await;
    let path = format!("{person}/factors/{FACTOR}");
    let rename = |name: serde_json::Value| app.put(&path).json(&json!({ "friendly_name": name }));
    assert_eq!(rename(json!("old phone")).by(&app).await.expect(200).at("/friendly_name"), "old phone");
    rename(json!("tablet")).by(&app).await.refused(422, "mfa_factor_name_conflict");
    assert_eq!(rename(json!(null)).by(&app).await.expect(200).at("/friendly_name"), "old phone");
    let no_id =
        app.put(&format!("{person}/factors/7")).json(&json!({})).by(&app).await.refused(404, "validation_failed");
    assert_eq!(no_id.at("/msg"), "factor_id must be an UUID");
    let unknown = app.test.uuid();
    app.put(&format!("{person}/factors/{unknown}"))
        .json(&json!({ "friendly_name": "x" }))
        .by(&app)
        .await
        .refused(404, "mfa_factor_not_found");
    // A factor is not found under another user.
    let other = app.somebody("other@example.org").await;
    app.delete(&format!("{PEOPLE}/{}/factors/{FACTOR}", other.id)).by(&app).await.refused(404, "mfa_factor_not_found");
}

#[tokio::test]
async fn a_lost_passkey_is_taken_away() {
    let app = TestApp::new().await;
    let (_, person) = protected(&app).await;
    let passkeys = app.get(&format!("{person}/passkeys")).by(&app).await.expect(200);
    assert_eq!((passkeys.at("/0/id"), passkeys.at("/0/friendly_name")), (PASSKEY.to_owned(), "key".to_owned()));
    app.delete(&format!("{person}/passkeys/{PASSKEY}")).by(&app).await.expect(200);
    app.delete(&format!("{person}/passkeys/{PASSKEY}")).by(&app).await.expect(404);
    let left = app.get(&format!("{person}/passkeys")).by(&app).await.expect(200);
    assert_eq!(left.json(), json!([]));
}

#[tokio::test]
async fn who_is_deleted_softly_has_neither() {
    let app = TestApp::new().await;
    let (_, person) = protected(&app).await;
    app.delete(&person).json(&json!({ "should_soft_delete": true })).by(&app).await.expect(200);
    for table in ["auth.mfa_factors", "auth.webauthn_credentials", "auth.sessions"] {
        assert_eq!(app.count(&format!("select count(*) from {table}")).await, 0, "{table}");
    }
}
