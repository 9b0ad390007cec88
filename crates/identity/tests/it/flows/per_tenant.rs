//! One address, another user at each tenant (`identity = "per_tenant"`).

use freehold_identity::PeopleOf;
use serde_json::{Value, json};

use super::{ADA, change};
use crate::harness::app::{Answer, PASSWORD, Served, Setup, TestApp};

async fn app(setup: Setup) -> TestApp {
    TestApp::with(setup.with_auth(|auth| auth.identity = PeopleOf::PerTenant)).await
}

async fn at(app: &Served, organization: &str, path: &str, body: &Value) -> Answer {
    app.post(&format!("/auth/v1/{path}")).header("x-organization-id", organization).json(body).send().await
}

async fn organization(app: &Served, session: &Answer) -> String {
    let me = app.get("/api/v1/me").token(&session.at("/access_token")).send().await.expect(200);
    me.at("/organizations/0/id")
}

#[tokio::test]
async fn the_same_address_is_two_people_with_two_passwords() {
    let app = app(Setup::default()).await;
    let (first, second) = (app.sign_up(ADA).await.expect(200), {
        let body = json!({ "email": ADA, "password": "another good horse" });
        app.post("/auth/v1/signup").json(&body).send().await.expect(200)
    });
    assert_ne!(first.at("/user/id"), second.at("/user/id"));
    let (one, two) = (organization(&app, &first).await, organization(&app, &second).await);
    assert_ne!(one, two);

    let sign_in = async |organization: &str, password: &str| {
        let body = json!({ "email": ADA, "password": password });
        at(&app, organization, "token?grant_type=password", &body).await
    };
    assert_eq!(sign_in(&one, PASSWORD).await.expect(200).at("/user/id"), first.at("/user/id"));
    assert_eq!(sign_in(&two, "another good horse").await.expect(200).at("/user/id"), second.at("/user/id"));
    sign_in(&one, "another good horse").await.refused(400, "invalid_credentials");
    sign_in(&two, PASSWORD).await.refused(400, "invalid_credentials");
    // Without naming the tenant, no user has that address.
    app.sign_in(ADA).await.refused(400, "invalid_credentials");

    let usage = async |session: &Answer, organization: &str| {
        let ask = app.get("/api/v1/usage").token(&session.at("/access_token"));
        ask.header("x-organization-id", organization).send().await.status()
    };
    assert_eq!((usage(&first, &one).await, usage(&second, &two).await), (200, 200));
    assert!(usage(&first, &two).await >= 400 && usage(&second, &one).await >= 400);
}

#[tokio::test]
async fn who_founds_a_tenant_need_not_name_it_until_the_address_is_confirmed() {
    let app = app(Setup::default().confirming()).await;
    let person = app.sign_up(ADA).await.expect(200);
    assert_eq!(app.count("select count(*) from freehold.tenants").await, 0);
    app.advance_seconds(60);
    let again = app.sign_up(ADA).await.expect(200);
    assert_eq!(again.at("/id"), person.at("/id"));
    let link = app.link(ADA).await;
    assert!(link.contains(&format!("&organization={}", person.at("/id"))), "{link}");
    let body = json!({ "type": "signup", "email": ADA, "token": app.code(ADA).await });
    let session = app.post("/auth/v1/verify").json(&body).send().await.expect(200);
    assert_eq!(organization(&app, &session).await, person.at("/id"));
    // The next sign-up with the address creates another user.
    app.advance_seconds(60);
    let other = app.sign_up(ADA).await.expect(200);
    assert_ne!(other.at("/id"), person.at("/id"));
}

#[tokio::test]
async fn no_user_signs_up_into_another_users_tenant() {
    let app = app(Setup::default()).await;
    let one = organization(&app, &app.sign_up(ADA).await.expect(200)).await;
    for email in [ADA, "eve@example.org"] {
        let body = json!({ "email": email, "password": PASSWORD });
        at(&app, &one, "signup", &body).await.refused(422, "signup_disabled");
        assert_eq!(at(&app, &one, "otp", &json!({ "email": email })).await.expect(200).text(), "{}");
    }
    assert_eq!(app.count("select count(*) from auth.users").await, 1);
}

#[tokio::test]
async fn mails_for_one_tenants_person_say_nothing_to_the_others() {
    let app = app(Setup::default()).await;
    let one = app.sign_up(ADA).await.expect(200);
    let two = app.sign_up(ADA).await.expect(200);
    let (here, there) = (organization(&app, &one).await, organization(&app, &two).await);
    at(&app, &here, "recover", &json!({ "email": ADA })).await.expect(200);
    let code = app.code(ADA).await;
    let body = json!({ "type": "recovery", "email": ADA, "token": code });
    at(&app, &there, "verify", &body).await.refused(403, "otp_expired");
    let session = at(&app, &here, "verify", &body).await.expect(200);
    assert_eq!(session.at("/user/id"), one.at("/user/id"));
    let nowhere = app.post("/auth/v1/recover").json(&json!({ "email": ADA })).send().await.expect(200);
    assert_eq!((nowhere.text(), app.mails(ADA).await.len()), ("{}", 1));
}

#[tokio::test]
async fn an_address_is_taken_within_a_tenant_only() {
    let app = app(Setup::default().confirming()).await;
    let found = async |email: &str| {
        app.sign_up(email).await.expect(200);
        let body = json!({ "type": "signup", "email": email, "token": app.code(email).await });
        app.post("/auth/v1/verify").json(&body).send().await.expect(200)
    };
    found("eve@example.org").await;
    let ada = found(ADA).await;
    change(&app, &ada.at("/access_token"), &json!({ "email": "eve@example.org" })).await.expect(200);
}

#[tokio::test]
async fn who_was_invited_becomes_a_person_of_the_tenant() {
    let app = app(Setup::default()).await;
    let founder = app.sign_up(ADA).await.expect(200);
    let here = organization(&app, &founder).await;
    let invite = json!({ "email": "eve@example.org", "role": "member" });
    app.post("/api/v1/invitations").token(&founder.at("/access_token")).json(&invite).send().await.expect(201);
    let body = json!({ "email": "eve@example.org", "password": PASSWORD });
    let eve = at(&app, &here, "signup", &body).await.expect(200);
    at(&app, &here, "token?grant_type=password", &body).await.expect(200);
    app.post("/auth/v1/token?grant_type=password").json(&body).send().await.refused(400, "invalid_credentials");
    // Ada gets no organization of her own; accepting makes her a member.
    assert_eq!(app.count("select count(*) from freehold.tenants").await, 1);
    assert_ne!(eve.at("/user/id"), founder.at("/user/id"));
    let other = json!({ "email": "mallory@example.org", "password": PASSWORD });
    at(&app, &here, "signup", &other).await.refused(422, "signup_disabled");
}
