//! Passkeys, with a device in software.

use freehold_identity::AuthSettings;
use serde_json::{Value, json};

use super::{ADA, Session, ask, authenticator::Device, elsewhere, newcomer, protected};
use crate::harness::app::{Answer, Served, Setup, TestApp};

fn on(auth: &mut AuthSettings) {
    auth.passkeys = true;
}

async fn app() -> TestApp {
    TestApp::with(Setup::default().with_auth(on)).await
}

async fn begin(app: &Served, session: &Session) -> Answer {
    ask(app, session, "passkeys/registration/options", &json!({})).await
}

async fn register(app: &Served, session: &Session, device: &mut Device) -> Answer {
    let asked = begin(app, session).await.expect(200);
    let made = device.create(&asked.json()["options"]);
    let body = json!({ "challenge_id": asked.at("/challenge_id"), "credential": made });
    ask(app, session, "passkeys/registration/verify", &body).await
}

async fn post(app: &Served, path: &str, body: &Value) -> Answer {
    app.post(&format!("/auth/v1/passkeys/authentication/{path}")).json(body).send().await
}

/// What a page sends after it has called the device.
async fn answered(app: &Served, device: &mut Device) -> Value {
    let captcha = json!({ "gotrue_meta_security": { "captcha_token": null } });
    let asked = post(app, "options", &captcha).await.expect(200);
    json!({ "challenge_id": asked.at("/challenge_id"), "credential": device.get(&asked.json()["options"]) })
}

async fn sign_in(app: &Served, device: &mut Device) -> Answer {
    let body = answered(app, device).await;
    post(app, "verify", &body).await
}

#[tokio::test]
async fn without_the_setting_there_are_none() {
    let app = TestApp::new().await;
    let session = newcomer(&app).await;
    let refused = begin(&app, &session).await.refused(404, "passkey_disabled");
    assert_eq!(refused.at("/msg"), "Passkeys are disabled");
    post(&app, "options", &json!({})).await.refused(404, "passkey_disabled");
    app.get("/auth/v1/passkeys").token(&session.token).send().await.refused(404, "passkey_disabled");
}

#[tokio::test]
async fn the_browser_is_told_what_to_ask_for() {
    let app = app().await;
    let session = newcomer(&app).await;
    let asked = begin(&app, &session).await.expect(200);
    assert_eq!(asked.json()["expires_at"], app.clock().now().as_second() + 300);
    let options = &asked.json()["options"];
    assert_eq!(options["rp"]["id"], "app.example.org");
    assert_eq!((&options["user"]["name"], &options["user"]["displayName"]), (&json!(ADA), &json!(ADA)));
    let algorithms: Vec<&Value> =
        options["pubKeyCredParams"].as_array().unwrap().iter().map(|one| &one["alg"]).collect();
    assert_eq!(algorithms, [&json!(-7), &json!(-8), &json!(-257)]);
    let selection = &options["authenticatorSelection"];
    assert_eq!((&selection["residentKey"], &selection["userVerification"]), (&json!("required"), &json!("required")));
    assert_eq!((&options["attestation"], &options["excludeCredentials"]), (&json!("none"), &json!([])));
    let asked = post(&app, "options", &json!({})).await.expect(200).json();
    assert_eq!(
        (&asked["options"]["rpId"], &asked["options"]["userVerification"]),
        (&json!("app.example.org"), &json!("required"))
    );
    assert_eq!(asked["options"].get("allowCredentials"), None);
}

#[tokio::test]
async fn a_passkey_of_each_kind_signs_in() {
    let app = app().await;
    let session = newcomer(&app).await;
    for (number, mut device) in [Device::es256(), Device::ed25519(), Device::rs256()].into_iter().enumerate() {
        device.id = vec![u8::try_from(number).unwrap(); 40];
        let made = register(&app, &session, &mut device).await.expect(200);
        assert_eq!(made.json()["transports"], json!(["internal", "hybrid"]));
        assert_eq!((made.json().get("friendly_name"), &made.json()["backed_up"]), (None, &json!(false)));
        for _ in 0..2 {
            let answer = sign_in(&app, &mut device).await.expect(200);
            let signed_in = Session::of(&answer);
            assert_eq!(answer.at("/user/email"), ADA);
            assert_eq!((signed_in.aal().as_str(), signed_in.methods()), ("aal1", vec!["passkey".to_owned()]));
            app.refresh(&signed_in.refresh).await.expect(200);
        }
    }
}

#[tokio::test]
async fn a_challenge_is_answered_once_and_in_time() {
    let app = app().await;
    let session = newcomer(&app).await;
    let mut device = Device::es256();
    register(&app, &session, &mut device).await.expect(200);
    let body = answered(&app, &mut device).await;
    post(&app, "verify", &body).await.expect(200);
    post(&app, "verify", &body).await.refused(400, "webauthn_challenge_not_found");

    let body = answered(&app, &mut device).await;
    app.advance_seconds(301);
    post(&app, "verify", &body).await.refused(400, "webauthn_challenge_expired");
    post(&app, "verify", &body).await.refused(400, "webauthn_challenge_not_found");

    // A wrong answer uses the challenge up, too.
    let mut body = answered(&app, &mut device).await;
    let right = body.clone();
    body["credential"]["response"]["signature"] = json!("AAAA");
    post(&app, "verify", &body).await.refused(400, "webauthn_verification_failed");
    post(&app, "verify", &right).await.refused(400, "webauthn_challenge_not_found");
    for (body, status, code) in [
        (json!({ "credential": {} }), 400, "validation_failed"),
        (json!({ "challenge_id": null, "credential": {} }), 400, "validation_failed"),
        (json!({ "challenge_id": "x", "credential": {} }), 400, "validation_failed"),
        (json!({ "challenge_id": app.test.uuid() }), 400, "validation_failed"),
        (json!({ "challenge_id": app.test.uuid(), "credential": {} }), 400, "webauthn_challenge_not_found"),
    ] {
        post(&app, "verify", &body).await.refused(status, code);
    }
}

#[tokio::test]
async fn answers_from_elsewhere_of_others_and_without_a_finger_are_refused() {
    let app = app().await;
    let session = newcomer(&app).await;
    let mut device = Device::es256();
    device.count = 5;
    register(&app, &session, &mut device).await.expect(200);
    let stranger = app.stranger().await;
    let wrongs: [fn(&mut Device); 8] = [
        |device| device.origin = "https://app.example.org.evil.example".to_owned(),
        |device| device.domain = "evil.example".to_owned(),
        |device| device.flags = 0b001,
        |device| device.flags = 0b100,
        |device| device.flags = 0b1101,
        |device| device.count = 5,
        |device| device.id = b"another".to_vec(),
        |device| device.key = Device::es256().key,
    ];
    for wrong in wrongs {
        let mut device = Device { count: 6, ..device.clone() };
        wrong(&mut device);
        let refused = sign_in(&app, &mut device).await.refused(400, "webauthn_verification_failed");
        assert_eq!(refused.at("/msg"), "Credential verification failed");
    }
    device.count = 6;
    sign_in(&app, &mut device).await.expect(200);
    device.count = 7;
    device.user_handle = stranger.id.into_bytes();
    sign_in(&app, &mut device).await.refused(400, "webauthn_verification_failed");
}

#[tokio::test]
async fn pages_that_the_operator_names_may_ask_too() {
    let app = TestApp::with(Setup::default().with_auth(|auth| {
        auth.passkeys = true;
        auth.webauthn.relying_party = "example.org".to_owned();
        auth.webauthn.origins = vec!["https://shop.example.org/".to_owned()];
    }))
    .await;
    let session = newcomer(&app).await;
    let mut device = Device { domain: "example.org".to_owned(), ..Device::es256() };
    register(&app, &session, &mut device).await.expect(200);
    device.origin = "https://shop.example.org".to_owned();
    sign_in(&app, &mut device).await.expect(200);
    device.origin = "https://blog.example.org".to_owned();
    sign_in(&app, &mut device).await.refused(400, "webauthn_verification_failed");
}

#[tokio::test]
async fn a_registration_is_for_who_asked_and_for_one_person() {
    let app = app().await;
    let session = newcomer(&app).await;
    let eve = Session::of(&app.sign_up("eve@example.net").await.expect(200));
    let mut device = Device::ed25519();
    let asked = begin(&app, &session).await.expect(200);
    let body =
        json!({ "challenge_id": asked.at("/challenge_id"), "credential": device.create(&asked.json()["options"]) });
    ask(&app, &eve, "passkeys/registration/verify", &body).await.refused(400, "webauthn_challenge_not_found");
    ask(&app, &session, "passkeys/registration/verify", &body).await.expect(200);
    register(&app, &eve, &mut device).await.refused(422, "webauthn_credential_exists");

    // The browser gets the list of existing passkeys, so that a device does not create a second one.
    let again = begin(&app, &session).await.expect(200);
    assert_eq!(again.json()["options"]["excludeCredentials"].as_array().unwrap().len(), 1);
    let mut unseen = Device { origin: "https://evil.example".to_owned(), id: vec![1], ..Device::es256() };
    register(&app, &session, &mut unseen).await.refused(400, "webauthn_verification_failed");
    app.post("/auth/v1/passkeys/registration/options").send().await.refused(401, "no_authorization");
}

#[tokio::test]
async fn there_are_ten_at_most() {
    let app = app().await;
    let session = newcomer(&app).await;
    for number in 0..10 {
        let mut device = Device { id: vec![number], ..Device::ed25519() };
        register(&app, &session, &mut device).await.expect(200);
    }
    let refused = begin(&app, &session).await.refused(422, "too_many_passkeys");
    assert_eq!(refused.at("/msg"), "Maximum number of passkeys reached");
}

#[tokio::test]
async fn who_has_a_second_factor_shows_it_to_change_passkeys() {
    let app = app().await;
    let (lifted, _) = protected(&app).await;
    let session = elsewhere(&app).await;
    let refused = begin(&app, &session).await.refused(403, "insufficient_aal");
    assert_eq!(refused.at("/msg"), "AAL2 session is required to manage passkeys when MFA is enabled");
    let made = register(&app, &lifted, &mut Device::ed25519()).await.expect(200);
    let path = format!("/auth/v1/passkeys/{}", made.at("/id"));
    app.delete(&path).token(&session.token).send().await.refused(403, "insufficient_aal");
    app.delete(&path).token(&lifted.token).send().await.expect(204);
}

#[tokio::test]
async fn they_are_listed_named_and_taken_away() {
    let app = app().await;
    let session = newcomer(&app).await;
    let eve = Session::of(&app.sign_up("eve@example.net").await.expect(200));
    let mut device = Device::es256();
    let id = register(&app, &session, &mut device).await.expect(200).at("/id");
    app.advance_seconds(60);
    sign_in(&app, &mut device).await.expect(200);
    let path = format!("/auth/v1/passkeys/{id}");
    let rename = |session: &Session, name: Value| {
        app.patch(&path).token(&session.token).json(&json!({ "friendly_name": name })).send()
    };
    rename(&eve, json!("Mine")).await.refused(404, "not_found");
    rename(&session, json!(null)).await.refused(400, "validation_failed");
    rename(&session, json!("x".repeat(121))).await.refused(400, "validation_failed");
    assert_eq!(rename(&session, json!("Telephone")).await.expect(200).at("/friendly_name"), "Telephone");
    let list = app.get("/auth/v1/passkeys").token(&session.token).send().await.expect(200).json();
    assert_eq!((&list[0]["id"], &list[0]["friendly_name"]), (&json!(id), &json!("Telephone")));
    assert_eq!(list[0]["last_used_at"], json!(app.clock().now()));
    assert_eq!(app.get("/auth/v1/passkeys").token(&eve.token).send().await.expect(200).json(), json!([]));
    app.delete(&path).token(&eve.token).send().await.refused(404, "not_found");
    app.delete(&path).token(&session.token).send().await.expect(204);
    sign_in(&app, &mut device).await.refused(400, "webauthn_verification_failed");
    app.get("/auth/v1/user").token(&session.token).send().await.expect(200);
}

#[tokio::test]
async fn who_is_locked_out_stays_out() {
    let app = app().await;
    let session = newcomer(&app).await;
    let mut device = Device::es256();
    register(&app, &session, &mut device).await.expect(200);
    let admin = app.test.admin().await;
    admin.execute("update auth.users set banned_until = '2999-01-01'", &[]).await.unwrap();
    sign_in(&app, &mut device).await.refused(403, "user_banned");
    admin.execute("update auth.users set banned_until = null, email_confirmed_at = null", &[]).await.unwrap();
    sign_in(&app, &mut device).await.refused(400, "email_not_confirmed");
}
