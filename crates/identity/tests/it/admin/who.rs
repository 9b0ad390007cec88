//! Who may call the administrators' operations.

use serde_json::json;

use super::{ADA, PEOPLE, service_keys};
use crate::harness::app::TestApp;

#[tokio::test]
async fn a_service_key_administers_and_nothing_else_does() {
    let app = TestApp::new().await;
    let person = app.somebody(ADA).await;
    let keys = service_keys(&app).await;
    for key in [&keys.service_role_key, &keys.secret_key] {
        app.get(PEOPLE).token(key.expose()).send().await.expect(200);
        // Supabase's client sends the key in both headers; its gateway reads `apikey`.
        app.get(PEOPLE).header("apikey", key.expose()).send().await.expect(200);
        app.get(PEOPLE).header("apikey", keys.anon_key.expose()).token(key.expose()).send().await.expect(200);
    }
    let nobody = app.get(PEOPLE).send().await.refused(401, "no_authorization");
    assert_eq!(nobody.at("/msg"), "This endpoint requires a valid Bearer token");
    for stranger in [keys.anon_key.expose(), keys.publishable_key.expose(), &person.token] {
        let refused = app.get(PEOPLE).token(stranger).send().await.refused(403, "not_admin");
        assert_eq!(refused.at("/msg"), "User not allowed");
        // A bearer token decides, even when `apikey` has a valid key.
        let both = app.get(PEOPLE).token(stranger).header("apikey", keys.service_role_key.expose());
        both.send().await.refused(403, "not_admin");
    }
    let forged = format!("{}x", keys.service_role_key.expose());
    for bad in ["x", "sb_secret_x", &forged, "a.b.c"] {
        app.get(PEOPLE).token(bad).send().await.refused(403, "bad_jwt");
    }
    // An organization's key may not manage users.
    app.get(PEOPLE).key(&person.key).send().await.refused(401, "no_authorization");
}

#[tokio::test]
async fn no_operation_is_open_to_a_person() {
    let app = TestApp::new().await;
    let person = app.somebody(ADA).await;
    let one = format!("{PEOPLE}/{}", person.id);
    let factor = format!("{one}/factors/{}", person.id);
    for (method, path) in [
        ("GET", PEOPLE),
        ("POST", PEOPLE),
        ("GET", &one),
        ("PUT", &one),
        ("DELETE", &one),
        ("GET", &format!("{one}/factors")),
        ("PUT", &factor),
        ("DELETE", &factor),
        ("GET", &format!("{one}/passkeys")),
        ("DELETE", &format!("{one}/passkeys/{}", person.id)),
        ("GET", "/auth/v1/admin/audit"),
        ("POST", "/auth/v1/admin/generate_link"),
        ("POST", "/auth/v1/invite"),
    ] {
        let ask = app.ask(method.parse().unwrap(), path).json(&json!({ "email": "x@example.org" }));
        ask.clone().send().await.refused(401, "no_authorization");
        ask.token(&person.token).send().await.refused(403, "not_admin");
    }
}
