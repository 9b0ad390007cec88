//! Where each tenant has users of its own, the same account at a provider is another user at another tenant.

use freehold_identity::PeopleOf;
use serde_json::json;

use super::{
    browser::{Browser, Place, ada, providers, sign_in},
    people::user,
};
use crate::harness::app::{Setup, TestApp};

async fn app() -> TestApp {
    TestApp::with(Setup::default().with_auth(|auth| {
        providers(auth);
        auth.identity = PeopleOf::PerTenant;
    }))
    .await
}

#[tokio::test]
async fn who_names_no_organization_founds_one_and_comes_back_to_it() {
    let app = app().await;
    let place = sign_in(&app, "es", &ada()).await;
    let first = user(&app, &place).await;
    let organizations = app.get("/api/v1/organizations").token(place.token()).send().await.expect(200).ids();
    assert_eq!(organizations.len(), 1);
    let again = sign_in(&app, "es", &ada()).await;
    assert_eq!(user(&app, &again).await["id"], first["id"]);
    assert_eq!(app.count("select count(*) from freehold.tenants").await, 1);

    // The organization's own sign-in leads to the same user, and its name is passed along.
    let more = format!("&organization={}", organizations[0]);
    let gone = Browser::default().sign_in(&app, "es", &ada(), &more).await.expect(302);
    let place = Place::of(&gone);
    assert_eq!(place.query["organization"], organizations[0]);
    assert_eq!(user(&app, &place).await["id"], first["id"]);
}

#[tokio::test]
async fn no_user_joins_another_users_organization_uninvited() {
    let app = app().await;
    let owner = app.post("/auth/v1/signup").json(&json!({ "email": "owner@example.org", "password": "correct horse" }));
    let owner = owner.send().await.expect(200).at("/access_token");
    let organizations = app.get("/api/v1/organizations").token(&owner).send().await.expect(200).ids();
    let more = format!("&organization={}", organizations[0]);
    let gone = Browser::default().sign_in(&app, "es", &ada(), &more).await.expect(302);
    assert_eq!(Place::of(&gone).error(), ("access_denied", "signup_disabled"));
    assert_eq!(app.count("select count(*) from auth.users").await, 1);
}

#[tokio::test]
async fn the_same_person_at_two_tenants_is_two_people() {
    let app = app().await;
    let found = |email: &'static str| {
        let app = &app;
        async move {
            let body = json!({ "email": email, "password": "correct horse" });
            let token = app.post("/auth/v1/signup").json(&body).send().await.expect(200).at("/access_token");
            app.get("/api/v1/organizations").token(&token).send().await.expect(200).ids().remove(0)
        }
    };
    let (first, second) = (found("one@example.org").await, found("two@example.org").await);
    // As an administrator of each tenant would create her.
    for tenant in [&first, &second] {
        let make = format!(
            "insert into auth.users (instance_id, id, aud, role, email, email_confirmed_at, last_sign_in_at, created_at, updated_at)
             values ('{tenant}', gen_random_uuid(), 'authenticated', 'authenticated', 'ada@example.org', now(), now(), now(), now())"
        );
        app.test.admin().await.execute(&make, &[]).await.unwrap();
    }
    let mut people = Vec::new();
    for tenant in [&first, &second, &first] {
        let more = format!("&organization={tenant}");
        let gone = Browser::default().sign_in(&app, "es", &ada(), &more).await.expect(302);
        people.push(user(&app, &Place::of(&gone)).await["id"].clone());
    }
    assert_ne!(people[0], people[1]);
    assert_eq!(people[0], people[2]);
    assert_eq!(app.count("select count(*) from auth.identities where provider = 'es'").await, 2);

    // Without naming the tenant, neither user is chosen.
    let place = sign_in(&app, "es", &ada()).await;
    assert_eq!(place.error(), ("invalid_request", "validation_failed"));
}
