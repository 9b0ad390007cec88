//! Creating users.

use freehold_identity::AuthSettings;
use serde_json::{Value, json};

use super::{ADA, AsAdministrator, PEOPLE, at, make};
use crate::harness::app::{PASSWORD, Setup, TestApp};

#[tokio::test]
async fn a_user_is_created_without_a_mail_and_provisioned_at_the_first_sign_in() {
    let app = TestApp::with(Setup::default().confirming()).await;
    let body = json!({
        "email": " Ada@Example.org", "password": PASSWORD, "email_confirm": true,
        "user_metadata": { "name": "Ada" }, "app_metadata": { "level": 3 }, "unknown": 1,
        "phone": null, "ban_duration": null, "role": null, "aud": null, "gotrue_meta_security": {},
    });
    let ada = make(&app, body).await.expect(200);
    assert_eq!(
        (ada.at("/email"), ada.at("/role"), ada.at("/aud")),
        (ADA.into(), "authenticated".into(), "authenticated".into())
    );
    assert_eq!(ada.json()["user_metadata"], json!({ "name": "Ada" }));
    assert_eq!(ada.json()["app_metadata"], json!({ "level": 3, "provider": "email", "providers": ["email"] }));
    assert_eq!(ada.at("/email_confirmed_at"), "2026-03-15T12:00:00Z");
    assert_eq!(ada.at("/identities/0/identity_data/email_verified"), "true");
    assert!(app.mails(ADA).await.is_empty());
    assert_eq!(app.count("select count(*) from freehold.members").await, 0);
    let read = app.get(&at(&ada)).by(&app).await.expect(200);
    assert_eq!(read.json(), ada.json());
    let session = app.sign_in(ADA).await.expect(200);
    let me = app.get("/api/v1/me").token(&session.at("/access_token")).send().await.expect(200);
    assert!(me.json()["organizations"][0]["id"].is_string(), "{me}");
}

#[tokio::test]
async fn an_unconfirmed_person_has_to_confirm_first() {
    let app = TestApp::with(Setup::default().confirming()).await;
    let ada = make(&app, json!({ "email": ADA, "password": PASSWORD })).await.expect(200);
    assert_eq!(ada.json()["email_confirmed_at"], Value::Null);
    app.sign_in(ADA).await.refused(400, "email_not_confirmed");
    app.put(&at(&ada)).json(&json!({ "email_confirm": true })).by(&app).await.expect(200);
    app.sign_in(ADA).await.expect(200);
}

#[tokio::test]
async fn a_user_may_have_a_given_id_a_number_and_no_password() {
    let app = TestApp::new().await;
    let id = "7c1d5d2e-9e4f-4f4c-8a52-0a6f8d4e1b10";
    let body = json!({ "id": id, "phone": "+49 170 1234567", "phone_confirm": true, "role": "service" });
    let person = make(&app, body).await.expect(200);
    assert_eq!(
        (person.at("/id"), person.at("/phone"), person.at("/email")),
        (id.into(), "491701234567".into(), String::new())
    );
    assert_eq!((person.at("/role"), person.at("/app_metadata/provider")), ("service".into(), "phone".into()));
    assert_eq!(person.at("/phone_confirmed_at"), "2026-03-15T12:00:00Z");
    make(&app, json!({ "phone": "491701234567" })).await.refused(422, "phone_exists");
    make(&app, json!({ "id": id, "email": ADA })).await.refused(422, "user_already_exists");
    let both = make(&app, json!({ "email": ADA, "phone": "+4917011" })).await.expect(200);
    assert_eq!(both.json()["app_metadata"]["providers"], json!(["email", "phone"]));
    app.sign_in(ADA).await.refused(400, "invalid_credentials");
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let app = TestApp::new().await;
    make(&app, json!({ "email": ADA, "password": PASSWORD })).await.expect(200);
    let taken = make(&app, json!({ "email": "ADA@example.org" })).await.refused(422, "email_exists");
    assert_eq!(taken.at("/msg"), "A user with this email address has already been registered");
    for (body, message) in [
        (json!({}), "Cannot create a user without either an email or phone"),
        (json!({ "email": "", "phone": null }), "Cannot create a user without either an email or phone"),
        (json!({ "email": "no address" }), "Unable to validate email address: invalid format"),
        (json!({ "phone": "call me" }), "Invalid phone number format (E.164 required)"),
        (json!({ "email": "b@x.org", "id": "7" }), "ID must conform to the uuid v4 format"),
        (json!({ "email": "b@x.org", "id": "00000000-0000-0000-0000-000000000000" }), "ID cannot be a nil uuid"),
        (
            json!({ "email": "b@x.org", "password": PASSWORD, "password_hash": "$2a$10$x" }),
            "Only a password or a password hash should be provided",
        ),
        (
            json!({ "email": "b@x.org", "ban_duration": "1 day" }),
            "invalid format for ban duration: time: invalid duration \"1 day\"",
        ),
        (json!({ "email": "b@x.org", "app_metadata": [1] }), "app_metadata has to be an object"),
        (
            json!({ "email": "b@x.org", "user_metadata": { "a": "x".repeat(5000) } }),
            "user_metadata is larger than 4096 bytes as JSON. Send less: it goes into every token.",
        ),
    ] {
        let refused = make(&app, body.clone()).await.refused(400, "validation_failed");
        assert_eq!(refused.at("/msg"), message, "{body}");
    }
    make(&app, json!({ "email": "b@x.org", "password": "12345" })).await.refused(422, "weak_password");
    app.post(PEOPLE).header("content-type", "application/json").bytes("{").by(&app).await.refused(400, "bad_json");
    assert_eq!(app.count("select count(*) from auth.users").await, 1);
}

#[tokio::test]
async fn who_is_not_there_is_not_found() {
    let app = TestApp::new().await;
    let nobody = format!("{PEOPLE}/{}", app.test.uuid());
    let body = json!({});
    for ask in
        [app.get(&nobody), app.put(&nobody).json(&body), app.delete(&nobody), app.get(&format!("{nobody}/factors"))]
    {
        let gone = ask.by(&app).await.refused(404, "user_not_found");
        assert_eq!(gone.at("/msg"), "User not found");
    }
    let no_id = app.get(&format!("{PEOPLE}/7")).by(&app).await.refused(404, "validation_failed");
    assert_eq!(no_id.at("/msg"), "user_id must be an UUID");
}

#[tokio::test]
async fn where_tenants_have_people_of_their_own_the_same_address_is_two_people() {
    let per_tenant = |auth: &mut AuthSettings| auth.identity = freehold_identity::PeopleOf::PerTenant;
    let app = TestApp::with(Setup::default().with_auth(per_tenant)).await;
    let body = json!({ "email": ADA, "password": PASSWORD, "email_confirm": true });
    let ours = app.post(PEOPLE).json(&body).by(&app).await.expect(200);
    let tenant = app.test.uuid().to_string();
    let theirs = app.post(PEOPLE).json(&body).header("x-organization-id", &tenant).by(&app).await.expect(200);
    assert_ne!(ours.at("/id"), theirs.at("/id"));
    app.post(PEOPLE).json(&body).header("x-organization-id", &tenant).by(&app).await.refused(422, "email_exists");
    let all = app.get(PEOPLE).by(&app).await.expect(200);
    assert_eq!(all.header("x-total-count"), "2");
    let some = app.get(PEOPLE).header("x-organization-id", &tenant).by(&app).await.expect(200);
    assert_eq!((some.header("x-total-count"), some.at("/users/0/id")), ("1", theirs.at("/id")));
}
