//! Sign-in methods that users add to their account and remove again.

use serde_json::{Value, json};

use super::{
    browser::{Place, ada, app, providers, sign_in, visit},
    people::user,
    stand_in::Somebody,
};
use crate::harness::app::{Answer, PASSWORD, Served, Setup, TestApp};

/// Links an external identity to the user of this token, as a program does: it requests the URL of the page, and sends
/// a browser there.
async fn link(app: &Served, token: &str, provider: &str, who: &Somebody) -> Place {
    let path = format!("/auth/v1/user/identities/authorize?provider={provider}&skip_http_redirect=true");
    let begun = app.get(&format!("{path}&login_hint={}", who.hint())).token(token).send().await.expect(200);
    assert_eq!(begun.header("set-cookie"), "");
    let back = visit(&begun.at("/url")).await;
    Place::of(&app.get(&back).send().await.expect(302))
}

async fn unlink(app: &Served, token: &str, identity: &Value) -> Answer {
    let id = identity["identity_id"].as_str().unwrap();
    app.delete(&format!("/auth/v1/user/identities/{id}")).token(token).send().await
}

fn of<'a>(user: &'a Value, provider: &str) -> &'a Value {
    let identities = user["identities"].as_array().unwrap();
    identities.iter().find(|identity| identity["provider"] == provider).unwrap()
}

#[tokio::test]
async fn a_signed_in_user_adds_a_sign_in_method() {
    let app = app().await;
    let first = sign_in(&app, "es", &ada()).await;
    let linked = link(&app, first.token(), "rs", &Somebody::new("77", "other@example.net", false)).await;
    let person = user(&app, &linked).await;
    assert_eq!(person["id"], user(&app, &first).await["id"]);
    assert_eq!(
        (&person["email"], &person["app_metadata"]["providers"]),
        (&json!("ada@example.org"), &json!(["es", "rs"]))
    );
    // And signs in with it from now on.
    let by = sign_in(&app, "rs", &Somebody::new("77", "other@example.net", false)).await;
    assert_eq!(user(&app, &by).await["id"], person["id"]);
}

#[tokio::test]
async fn a_sign_in_method_in_use_cannot_be_added_again() {
    let app = app().await;
    let first = sign_in(&app, "es", &ada()).await;
    let again = link(&app, first.token(), "es", &ada()).await;
    assert_eq!(
        (again.error(), again.description()),
        (("server_error", "identity_already_exists"), "Identity is already linked")
    );
    let other = sign_in(&app, "es", &Somebody::new("2", "bob@example.org", true)).await;
    let stolen = link(&app, other.token(), "es", &ada()).await;
    assert_eq!(stolen.error().1, "identity_already_exists");
    assert_eq!(stolen.description(), "Identity is already linked to another user");
}

#[tokio::test]
async fn a_browser_that_asks_itself_is_marked() {
    let app = app().await;
    let first = sign_in(&app, "es", &ada()).await;
    let begun = app.get("/auth/v1/user/identities/authorize?provider=rs").token(first.token()).send().await.expect(302);
    assert!(begun.header("set-cookie").starts_with("freehold_flow_"));
}

#[tokio::test]
async fn an_anonymous_user_becomes_a_regular_one() {
    let app = app().await;
    let nobody = app.post("/auth/v1/signup").json(&json!({})).send().await.expect(200);
    let (id, token) = (nobody.at("/user/id"), nobody.at("/access_token"));

    let unverified = link(&app, &token, "es", &Somebody::new("5", "victim@example.org", false)).await;
    assert_eq!(unverified.error(), ("invalid_request", "email_not_confirmed"));
    assert_eq!(app.count("select count(*) from auth.identities").await, 0);

    let somebody = user(&app, &link(&app, &token, "es", &ada()).await).await;
    assert_eq!((somebody["id"].as_str(), &somebody["is_anonymous"]), (Some(id.as_str()), &json!(false)));
    assert_eq!((&somebody["email"], &somebody["app_metadata"]["provider"]), (&json!("ada@example.org"), &json!("es")));
    assert!(somebody["email_confirmed_at"].is_string());

    let other = app.post("/auth/v1/signup").json(&json!({})).send().await.expect(200);
    let taken = link(&app, &other.at("/access_token"), "rs", &Somebody::new("8", "ada@example.org", true)).await;
    assert_eq!(taken.error().1, "email_exists");
    assert_eq!(taken.description(), "A user with this email address has already been registered");
}

#[tokio::test]
async fn a_way_is_taken_away() {
    let app = app().await;
    let first = sign_in(&app, "es", &ada()).await;
    link(&app, first.token(), "rs", &Somebody::new("77", "other@example.net", true)).await.token();
    let person = user(&app, &first).await;
    let gone = unlink(&app, first.token(), of(&person, "es")).await.expect(200);
    assert_eq!(gone.json(), json!({}));
    let person = user(&app, &first).await;
    assert_eq!((&person["email"], &person["app_metadata"]["providers"]), (&json!("other@example.net"), &json!(["rs"])));

    let last = unlink(&app, first.token(), of(&person, "rs")).await.refused(422, "single_identity_not_deletable");
    assert_eq!(last.at("/msg"), "User must have at least 1 identity after unlinking");
    // A removed external identity leads to a new user.
    let new = sign_in(&app, "es", &ada()).await;
    assert_ne!(user(&app, &new).await["id"], person["id"]);
}

#[tokio::test]
async fn the_remaining_method_has_a_verified_address_of_no_other_user() {
    let app = app().await;
    let first = sign_in(&app, "es", &ada()).await;
    link(&app, first.token(), "rs", &Somebody::new("77", "victim@example.org", false)).await.token();
    let person = user(&app, &first).await;
    unlink(&app, first.token(), of(&person, "es")).await.refused(422, "single_identity_not_deletable");

    sign_in(&app, "es", &Somebody::new("2", "bob@example.org", true)).await.token();
    link(&app, first.token(), "ed", &Somebody::new("78", "bob@example.org", true)).await.token();
    let person = user(&app, &first).await;
    let conflict = unlink(&app, first.token(), of(&person, "es")).await;
    let conflict = conflict.refused(422, "email_conflict_identity_not_deletable");
    assert_eq!(conflict.at("/msg"), "Unable to unlink identity due to email conflict");
}

#[tokio::test]
async fn the_password_goes_with_its_way() {
    let app = TestApp::with(Setup::default().with_auth(providers)).await;
    let body = json!({ "email": "ada@example.org", "password": PASSWORD });
    let session = app.post("/auth/v1/signup").json(&body).send().await.expect(200);
    let token = session.at("/access_token");
    link(&app, &token, "es", &ada()).await.token();
    let person = app.get("/auth/v1/user").token(&token).send().await.expect(200).json();
    unlink(&app, &token, of(&person, "email")).await.expect(200);
    let by_password = app.post("/auth/v1/token?grant_type=password").json(&body).send().await;
    by_password.refused(400, "invalid_credentials");
    sign_in(&app, "es", &ada()).await.token();
}

#[tokio::test]
async fn others_ways_are_not_there() {
    let app = app().await;
    let first = sign_in(&app, "es", &ada()).await;
    link(&app, first.token(), "rs", &Somebody::new("77", "other@example.net", true)).await.token();
    let other = sign_in(&app, "es", &Somebody::new("2", "bob@example.org", true)).await;
    link(&app, other.token(), "rs", &Somebody::new("78", "bob@example.net", true)).await.token();
    let person = user(&app, &first).await;
    let answer = unlink(&app, other.token(), of(&person, "es")).await.refused(422, "identity_not_found");
    assert_eq!(answer.at("/msg"), "Identity doesn't exist");
    let answer = app.delete("/auth/v1/user/identities/x").token(other.token()).send().await;
    assert_eq!(answer.refused(404, "validation_failed").at("/msg"), "identity_id must be an UUID");
    app.delete("/auth/v1/user/identities/x").send().await.refused(401, "no_authorization");
    app.get("/auth/v1/user/identities/authorize?provider=es").send().await.refused(401, "no_authorization");
}

#[tokio::test]
async fn where_people_may_not_add_ways_they_are_told() {
    let app = TestApp::with(Setup::default().with_auth(|auth| {
        providers(auth);
        auth.manual_linking = false;
    }))
    .await;
    let first = sign_in(&app, "es", &ada()).await;
    let id = user(&app, &first).await["identities"][0]["identity_id"].as_str().unwrap().to_owned();
    for answer in [
        app.get("/auth/v1/user/identities/authorize?provider=es").token(first.token()).send().await,
        app.delete(&format!("/auth/v1/user/identities/{id}")).token(first.token()).send().await,
    ] {
        assert_eq!(answer.refused(404, "manual_linking_disabled").at("/msg"), "Manual linking is disabled");
    }
}

/// Gives the user a second factor, which this session has not used.
async fn protect(app: &TestApp, user: &Value) {
    let factor = format!(
        "insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status, created_at, updated_at)
         values (gen_random_uuid(), {}, 'Telephone', 'totp', 'verified', now(), now())",
        user["id"].to_string().replace('"', "'")
    );
    app.test.admin().await.batch_execute(&factor).await.unwrap();
}

#[tokio::test]
async fn a_session_that_has_not_shown_the_second_factor_links_and_unlinks_nothing() {
    let app = app().await;
    let first = sign_in(&app, "es", &ada()).await;
    link(&app, first.token(), "rs", &Somebody::new("77", "other@example.net", true)).await.token();
    let person = user(&app, &first).await;
    // One link is in progress at the provider when the factor is added.
    let third = Somebody::new("78", "third@example.net", true);
    let path = "/auth/v1/user/identities/authorize?provider=rs&skip_http_redirect=true";
    let path = &format!("{path}&login_hint={}", third.hint());
    let under_way = app.get(path).token(first.token()).send().await.expect(200).at("/url");
    protect(&app, &person).await;

    unlink(&app, first.token(), of(&person, "rs")).await.refused(403, "insufficient_aal");
    app.get(path).token(first.token()).send().await.refused(403, "insufficient_aal");
    let back = visit(&under_way).await;
    let landed = Place::of(&app.get(&back).send().await.expect(302));
    assert_eq!(landed.error().1, "insufficient_aal");
    assert_eq!(user(&app, &first).await["identities"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_session_that_has_ended_links_nothing() {
    let app = app().await;
    let first = sign_in(&app, "es", &ada()).await;
    let person = user(&app, &first).await;
    let other = Somebody::new("77", "other@example.net", true);
    let path = "/auth/v1/user/identities/authorize?provider=rs&skip_http_redirect=true";
    let path = &format!("{path}&login_hint={}", other.hint());
    let under_way = app.get(path).token(first.token()).send().await.expect(200).at("/url");
    app.post("/auth/v1/logout").token(first.token()).send().await.expect(204);
    let landed = Place::of(&app.get(&visit(&under_way).await).send().await.expect(302));
    assert_eq!(landed.error().1, "session_not_found");
    let second = sign_in(&app, "es", &ada()).await;
    assert_eq!(user(&app, &second).await["identities"], person["identities"]);
}
