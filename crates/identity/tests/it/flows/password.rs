//! Changing passwords, and stored passwords that no longer meet the policy.

use serde_json::json;

use super::{ADA, auth, change};
use crate::harness::app::{PASSWORD, Setup, TestApp};

#[tokio::test]
async fn a_password_that_a_newer_policy_would_not_take_lets_in_and_says_so() {
    let app = TestApp::new().await;
    app.sign_up(ADA).await.expect(200);
    assert!(app.sign_in(ADA).await.expect(200).json().get("weak_password").is_none());
    let stricter = app.beside(Setup::default().with_auth(|auth| auth.password_min_length = 30)).await.unwrap();
    let session = stricter.sign_in(ADA).await.expect(200);
    assert_eq!(session.json()["weak_password"]["reasons"], json!(["length"]));
    assert_eq!(session.at("/weak_password/message"), "Password should be at least 30 characters.");
    let wrong = json!({ "email": ADA, "password": "short" });
    let refused = auth(&stricter, "token?grant_type=password", &wrong).await.refused(400, "invalid_credentials");
    assert!(refused.json().get("weak_password").is_none());
}

#[tokio::test]
async fn a_first_password_is_another_way_in() {
    let app = TestApp::with(Setup::default().confirming()).await;
    auth(&app, "otp", &json!({ "email": ADA })).await.expect(200);
    let session = super::type_code(&app, "email", ADA, &app.code(ADA).await).await.expect(200);
    app.sign_in(ADA).await.refused(400, "invalid_credentials");
    change(&app, &session.at("/access_token"), &json!({ "password": PASSWORD })).await.expect(200);
    app.sign_in(ADA).await.expect(200);
}

#[tokio::test]
async fn many_changes_at_once_leave_one_password() {
    let app = TestApp::new().await;
    let token = app.sign_up(ADA).await.expect(200).at("/access_token");
    let all = (0..4).map(|number| {
        let (app, token) = (&app, &token);
        async move {
            let password = format!("{number} good horses");
            change(app, token, &json!({ "password": password })).await.expect(200);
            password
        }
    });
    let passwords = futures_util::future::join_all(all).await;
    let mut right = 0;
    for password in passwords {
        let body = json!({ "email": ADA, "password": password });
        right += usize::from(auth(&app, "token?grant_type=password", &body).await.status() == 200);
    }
    assert_eq!(right, 1);
}

#[tokio::test]
async fn who_has_a_second_factor_shows_it_before_address_and_password_change() {
    let app = TestApp::new().await;
    let token = app.sign_up(ADA).await.expect(200).at("/access_token");
    let factor = "insert into auth.mfa_factors (id, user_id, factor_type, status, created_at, updated_at)
                  select gen_random_uuid(), id, 'totp', 'verified', now(), now() from auth.users";
    app.test.admin().await.batch_execute(factor).await.unwrap();
    for body in [json!({ "password": "another good horse" }), json!({ "email": "ada@example.net" })] {
        let refused = change(&app, &token, &body).await.refused(401, "insufficient_aal");
        let told = "AAL2 session is required to update email or password when MFA is enabled.";
        assert_eq!(refused.at("/msg"), told);
    }
    change(&app, &token, &json!({ "data": { "name": "Ada" }, "email": ADA })).await.expect(200);
}

#[tokio::test]
async fn who_comes_by_a_companys_sign_in_changes_it_there() {
    let app = TestApp::new().await;
    let token = app.sign_up(ADA).await.expect(200).at("/access_token");
    app.test.admin().await.batch_execute("update auth.users set is_sso_user = true").await.unwrap();
    for body in [json!({ "password": "another good horse" }), json!({ "email": "ada@example.net" })] {
        change(&app, &token, &body).await.refused(422, "user_sso_managed");
    }
    change(&app, &token, &json!({ "data": { "name": "Ada" } })).await.expect(200);
}

#[tokio::test]
async fn a_strangers_password_from_before_the_owners_link_is_invalid() {
    let app = TestApp::with(Setup::default().confirming()).await;
    // Eve cannot read the mail.
    app.sign_up(ADA).await.expect(200);
    auth(&app, "otp", &json!({ "email": ADA })).await.expect(200);
    super::type_code(&app, "email", ADA, &app.code(ADA).await).await.expect(200);
    app.sign_in(ADA).await.refused(400, "invalid_credentials");
}

#[tokio::test]
async fn what_supabases_clients_send_beside_is_ignored_and_null_is_nothing() {
    let app = TestApp::with(Setup::default().confirming()).await;
    let ada = app.somebody(ADA).await;
    app.advance_seconds(60);
    let beside = json!({
        "email": ADA, "phone": null, "password": PASSWORD, "data": null, "channel": null, "create_user": null,
        "code_challenge": null, "code_challenge_method": null, "token": null, "token_hash": null, "redirect_to": null,
        "refresh_token": null, "auth_code": null, "code_verifier": null, "nonce": null, "current_password": null,
        "gotrue_meta_security": { "captcha_token": null }, "anything": [1, { "a": 2 }],
    });
    let with = |name: &str, value: &str| {
        let mut body = beside.clone();
        body[name] = json!(value);
        body
    };
    for (path, body) in [
        ("token?grant_type=password", beside.clone()),
        ("otp", beside.clone()),
        ("recover", beside.clone()),
        ("resend", with("type", "signup")),
        ("signup", with("email", "new@example.org")),
    ] {
        auth(&app, path, &body).await.expect(200);
    }
    let mut code = with("token", &app.code("new@example.org").await);
    (code["email"], code["type"]) = (json!("new@example.org"), json!("signup"));
    auth(&app, "verify", &code).await.expect(200);
    let mut same = beside.clone();
    same["password"] = json!(null);
    change(&app, &ada.token, &same).await.expect(200);
}
