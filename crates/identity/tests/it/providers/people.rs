//! Which user signs in: the same verified address is the same user, an unverified one never is.

use serde_json::{Value, json};

use super::{
    browser::{Browser, Place, ada, app, providers, sign_in},
    stand_in::Somebody,
};
use crate::harness::app::{PASSWORD, Served, Setup, TestApp};

const EMAIL: &str = "ada@example.org";

/// The user that a browser signed in as.
pub(crate) async fn user(app: &Served, place: &Place) -> Value {
    app.get("/auth/v1/user").token(place.token()).send().await.expect(200).json()
}

async fn sign_up(app: &Served, email: &str) -> Value {
    let body = json!({ "email": email, "password": PASSWORD, "data": { "color": "red" } });
    app.post("/auth/v1/signup").json(&body).send().await.expect(200).json()
}

async fn confirm(app: &Served, email: &str) {
    let body = json!({ "type": "signup", "email": email, "token": app.code(email).await });
    app.post("/auth/v1/verify").json(&body).send().await.expect(200);
}

#[tokio::test]
async fn the_same_verified_address_is_the_same_person() {
    let app = app().await;
    let signed_up = sign_up(&app, EMAIL).await;
    confirm(&app, EMAIL).await;
    let place = sign_in(&app, "es", &Somebody::new("1001", "ADA@Example.org", true)).await;
    let user = user(&app, &place).await;
    assert_eq!(user["id"], signed_up["id"]);
    assert_eq!(user["app_metadata"], json!({ "provider": "email", "providers": ["email", "es"] }));
    assert_eq!(
        (&user["user_metadata"]["color"], &user["user_metadata"]["name"]),
        (&json!("red"), &json!("Ada Lovelace"))
    );
    // The password still works.
    let body = json!({ "email": EMAIL, "password": PASSWORD });
    app.post("/auth/v1/token?grant_type=password").json(&body).send().await.expect(200);

    // And a third sign-in method leads to the same user.
    let other = sign_in(&app, "rs", &Somebody::new("2002", EMAIL, true)).await;
    assert_eq!(self::user(&app, &other).await["id"], signed_up["id"]);
}

#[tokio::test]
async fn an_unverified_address_leads_to_no_existing_user() {
    let app = app().await;
    sign_up(&app, EMAIL).await;
    confirm(&app, EMAIL).await;
    let place = sign_in(&app, "es", &Somebody::new("666", EMAIL, false)).await;
    assert_eq!(place.error(), ("access_denied", "provider_email_needs_verification"));
    assert_eq!(place.description(), "Unverified email with es. Verify the email with es in order to sign in");
    assert_eq!(app.count("select count(*) from auth.identities where provider = 'es'").await, 0);
    assert_eq!(app.count("select count(*) from auth.users").await, 1);

    // Not even where addresses need no confirmation.
    let open = TestApp::with(Setup::default().with_auth(providers)).await;
    sign_up(&open, EMAIL).await;
    let place = sign_in(&open, "es", &Somebody::new("666", EMAIL, false)).await;
    assert_eq!(place.error(), ("access_denied", "provider_email_needs_verification"));
}

#[tokio::test]
async fn a_new_user_with_an_unverified_address_confirms_it_by_mail() {
    let app = app().await;
    let who = Somebody::new("1001", EMAIL, false);
    let place = sign_in(&app, "es", &who).await;
    assert_eq!(place.error(), ("access_denied", "provider_email_needs_verification"));
    let expected = "Unverified email with es. A confirmation email has been sent to your es email";
    assert_eq!(place.description(), expected);
    assert_eq!(app.count("select count(*) from auth.sessions").await, 0);
    confirm(&app, EMAIL).await;
    let user = user(&app, &sign_in(&app, "es", &who).await).await;
    assert_eq!(user["email"], json!(EMAIL));
}

#[tokio::test]
async fn who_came_with_an_unverified_address_does_not_share_it_with_its_owner() {
    for asks in ["signup", "otp", "recover"] {
        let app = app().await;
        let stranger = Somebody::new("666", EMAIL, false);
        sign_in(&app, "es", &stranger).await.error();
        app.advance_seconds(61);
        // The owner does not know of that, and signs up.
        let body = json!({ "email": EMAIL, "password": PASSWORD });
        app.post(&format!("/auth/v1/{asks}")).json(&body).send().await.expect(200);
        let kind = if asks == "recover" { "recovery" } else { "email" };
        let body = json!({ "type": kind, "email": EMAIL, "token": app.code(EMAIL).await });
        let owner = app.post("/auth/v1/verify").json(&body).send().await.expect(200);
        assert_eq!(owner.at("/user/identities/0/provider"), "email", "{asks}");

        let place = sign_in(&app, "es", &stranger).await;
        assert_eq!(place.error(), ("access_denied", "provider_email_needs_verification"), "{asks}");
    }
}

#[tokio::test]
async fn nor_when_the_provider_verifies_another_address_meanwhile() {
    let app = app().await;
    sign_in(&app, "es", &Somebody::new("666", EMAIL, false)).await.error();
    app.advance_seconds(61);
    sign_in(&app, "es", &Somebody::new("666", "stranger@example.org", true)).await.error();
    app.advance_seconds(61);
    let body = json!({ "email": EMAIL, "password": PASSWORD });
    app.post("/auth/v1/signup").json(&body).send().await.expect(200);
    let body = json!({ "type": "signup", "email": EMAIL, "token": app.code(EMAIL).await });
    let owner = app.post("/auth/v1/verify").json(&body).send().await.expect(200).at("/user/id");
    let left = "select count(*) from auth.identities where provider_id = '666' and user_id = '";
    assert_eq!(app.count(&format!("{left}{owner}'")).await, 0);
}

#[tokio::test]
async fn what_a_stranger_left_at_an_unconfirmed_address_is_removed() {
    let app = app().await;
    // Another person signs up with Ada's address, and never reads its mail.
    sign_up(&app, EMAIL).await;
    let stranger = sign_in(&app, "rs", &Somebody::new("666", "stranger@example.org", true)).await;
    let add = "insert into auth.identities (provider_id, user_id, identity_data, provider, created_at)
        select '667', id, '{\"sub\": \"667\"}', 'ed', now() from auth.users where email = 'ada@example.org'";
    app.test.admin().await.execute(add, &[]).await.unwrap();

    let user = user(&app, &sign_in(&app, "es", &ada()).await).await;
    assert_eq!((&user["email"], &user["identities"].as_array().unwrap().len()), (&json!(EMAIL), &1));
    assert_eq!(user["app_metadata"], json!({ "provider": "es", "providers": ["es"] }));
    assert!(user["user_metadata"].get("color").is_none(), "{user}");
    let body = json!({ "email": EMAIL, "password": PASSWORD });
    let password = app.post("/auth/v1/token?grant_type=password").json(&body).send().await;
    password.refused(400, "invalid_credentials");
    app.get("/auth/v1/user").token(stranger.token()).send().await.expect(200);
}

#[tokio::test]
async fn another_verified_address_of_a_person_leads_to_her_too() {
    let app = app().await;
    let first = user(&app, &sign_in(&app, "es", &ada()).await).await;
    // The provider has another address for Ada now, and so does the next one.
    sign_in(&app, "es", &Somebody::new("1001", "lovelace@example.org", true)).await;
    let second = user(&app, &sign_in(&app, "rs", &Somebody::new("9", "lovelace@example.org", true)).await).await;
    assert_eq!(first["id"], second["id"]);
    assert_eq!(second["email"], json!(EMAIL), "the own address stays what it was");

    // An unverified one does not: anyone could have entered it there.
    sign_in(&app, "es", &Somebody::new("1001", "victim@example.org", false)).await;
    let victim = user(&app, &sign_in(&app, "rs", &Somebody::new("10", "victim@example.org", true)).await).await;
    assert_ne!(first["id"], victim["id"]);
}

#[tokio::test]
async fn people_without_an_address_come_where_that_is_allowed() {
    let app = app().await;
    let nobody = Somebody::new("1001", "", false);
    let place = sign_in(&app, "es", &nobody).await;
    assert_eq!(place.error(), ("server_error", "unexpected_failure"));
    assert_eq!(place.description(), "Error getting user email from external provider");
    let user = user(&app, &sign_in(&app, "optional", &nobody).await).await;
    assert_eq!((&user["email"], &user["is_anonymous"]), (&json!(""), &json!(false)));
    let again = self::user(&app, &sign_in(&app, "optional", &nobody).await).await;
    assert_eq!(user["id"], again["id"]);
}

#[tokio::test]
async fn the_operator_may_vouch_for_a_provider() {
    let app = app().await;
    let first = user(&app, &sign_in(&app, "es", &ada()).await).await;
    let second = user(&app, &sign_in(&app, "trusted", &Somebody::new("7", EMAIL, false)).await).await;
    assert_eq!(first["id"], second["id"]);
}

#[tokio::test]
async fn where_sign_up_is_closed_only_existing_users_sign_in() {
    let app = TestApp::with(Setup::default().with_auth(|auth| {
        providers(auth);
        auth.signup_disabled = true;
    }))
    .await;
    let place = sign_in(&app, "es", &ada()).await;
    assert_eq!(place.error(), ("access_denied", "signup_disabled"));
    assert_eq!(place.description(), "Signups not allowed for this instance");
    assert_eq!(app.count("select count(*) from auth.users").await, 0);

    let open = app.beside(Setup::default().with_auth(providers)).await.unwrap();
    sign_in(&open, "es", &ada()).await.token();
    sign_in(&app, "es", &ada()).await.token();
}

#[tokio::test]
async fn who_is_banned_stays_out() {
    let app = app().await;
    sign_in(&app, "es", &ada()).await.token();
    let ban = "update auth.users set banned_until = '2100-01-01'";
    app.test.admin().await.execute(ban, &[]).await.unwrap();
    for more in ["", "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=s256"] {
        let place = Place::of(&Browser::default().sign_in(&app, "es", &ada(), more).await.expect(302));
        assert_eq!((place.error(), place.description()), (("access_denied", "user_banned"), "User is banned"));
    }
}

#[tokio::test]
async fn what_happened_is_written_down() {
    let app = app().await;
    sign_in(&app, "es", &ada()).await.token();
    sign_in(&app, "rs", &Somebody::new("2002", EMAIL, true)).await.token();
    let rows = app.test.admin().await;
    let rows = rows.query("select payload ->> 'action' from auth.audit_log_entries order by created_at, id", &[]);
    let actions: Vec<String> = rows.await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(actions, ["user_signedup", "login", "identity_linked", "login"]);
}

#[tokio::test]
async fn an_invitation_is_taken_up_with_a_provider() {
    let app = app().await;
    // An invitation like an administrator's.
    sign_up(&app, EMAIL).await;
    let invite = "update auth.users set invited_at = '2026-03-15T12:00:00Z'";
    app.test.admin().await.execute(invite, &[]).await.unwrap();
    let token = app.link_token(EMAIL).await;
    let more = format!("&invite_token={token}");

    let other = Browser::default().sign_in(&app, "es", &Somebody::new("9", "other@example.org", true), &more).await;
    let place = Place::of(&other);
    assert_eq!(place.error(), ("invalid_request", "validation_failed"));
    assert_eq!(place.description(), "Invited email does not match emails from external provider");

    let gone = Browser::default().sign_in(&app, "es", &Somebody::new("1001", EMAIL, false), &more).await;
    let user = user(&app, &Place::of(&gone)).await;
    assert_eq!((&user["email"], &user["app_metadata"]["provider"]), (&json!(EMAIL), &json!("es")));
    app.get(&format!("/auth/v1/authorize?provider=es{more}")).send().await.refused(404, "user_not_found");
}
