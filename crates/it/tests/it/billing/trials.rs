//! A user, a card and an organization get one trial each; and the limit of organizations without a paid plan.

use freehold_billing::reconcile::reconcile;
use freehold_core::Role;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{
    once::{paid, running},
    shop::Shop,
};
use crate::harness::app::{Answer, PASSWORD, Person, TestApp};

const CARD: &str = "4242424242424242";

async fn found(shop: &TestApp, person: &Person, name: &str) -> Answer {
    shop.post("/api/v1/organizations").token(&person.token).json(&json!({ "name": name })).send().await
}

/// The state of an organization's account, and whether it has a trial.
async fn account(app: &TestApp, organization: &str) -> (String, bool) {
    let query = format!(
        "select state, trial_ends_at is not null from freehold.billing_accounts where tenant_id = '{organization}'"
    );
    let row = app.test.admin().await.query_one(&query, &[]).await.unwrap();
    (row.get(0), row.get(1))
}

fn trialing() -> (String, bool) {
    ("trialing".to_owned(), true)
}

fn without() -> (String, bool) {
    ("suspended".to_owned(), false)
}

#[tokio::test]
async fn the_second_organization_of_a_person_begins_without_a_trial() {
    let app = TestApp::with(crate::of("pharmacy")).await;
    let owner = app.owner().await;
    assert_eq!(account(&app, &owner.organization).await, trialing());
    let second = found(&app, &owner, "Second").await.expect(201);
    assert_eq!(account(&app, &second.at("/id")).await, without());
    let other = app.stranger().await;
    assert_eq!(account(&app, &other.organization).await, trialing());
    // The stored rows identify no user.
    let rows =
        "select count(*) from freehold.trials where encode(digest, 'escape') like '%example%' or length(digest) <> 32";
    assert_eq!(app.count(rows).await, 0);
}

#[tokio::test]
async fn a_trial_from_before_it_was_noted_is_noted_by_the_daily_round() {
    let app = TestApp::with(crate::of("pharmacy")).await;
    let owner = app.owner().await;
    app.test.admin().await.batch_execute("delete from freehold.trials").await.unwrap();
    // Stripe does not answer in this test, which is about requests to it and not about what is stored.
    reconcile(app.backbone.billing.as_ref().unwrap()).await.unwrap();
    let second = found(&app, &owner, "Second").await.expect(201);
    assert_eq!(account(&app, &second.at("/id")).await, without());
    app.test.admin().await.execute("delete from auth.users where email = $1", &[&owner.email]).await.unwrap();
    assert_eq!(signed_up(&app, "owner+again@example.org").await, without());
}

#[tokio::test]
async fn a_deleted_and_remade_account_has_no_other_trial() {
    let app = TestApp::with(crate::of("pharmacy")).await;
    let owner = app.owner().await;
    app.test.admin().await.execute("delete from auth.users where email = $1", &[&owner.email]).await.unwrap();
    for email in [owner.email.as_str(), "Owner+again@example.org", "owner+2+3@EXAMPLE.org"] {
        assert_eq!(signed_up(&app, email).await, without(), "{email}");
    }
    assert_eq!(signed_up(&app, "o.wner@example.org").await, trialing());
    assert_eq!(signed_up(&app, "a.da@gmail.com").await, trialing());
    assert_eq!(signed_up(&app, "ad.a+x@googlemail.com").await, without());
}

/// The account of a user who signs up.
async fn signed_up(app: &TestApp, email: &str) -> (String, bool) {
    let token = app.sign_up(email).await.expect(200).at("/access_token");
    let me = app.get("/api/v1/me").token(&token).send().await.expect(200);
    account(app, &me.at("/organizations/0/id")).await
}

#[tokio::test]
async fn an_invited_member_who_founds_an_organization_has_a_trial() {
    let app = TestApp::with(crate::of("pharmacy")).await;
    let owner = app.owner().await;
    let invitation = json!({ "email": "guest@example.net", "role": "admin" });
    app.post("/api/v1/invitations").person(&owner).json(&invitation).send().await.expect(201);
    let guest = app.sign_up("guest@example.net").await.expect(200);
    let token = guest.at("/access_token");
    let admin = app.test.admin().await;
    let none = "select count(*) from freehold.members as m join auth.users as u on u.id = m.user_id where u.email = 'guest@example.net'";
    assert_eq!(app.count(none).await, 0, "the invitation is what they came for");
    drop(admin);
    let made =
        app.post("/api/v1/organizations").token(&token).json(&json!({ "name": "Mine" })).send().await.expect(201);
    assert_eq!(account(&app, &made.at("/id")).await, trialing());
    let next =
        app.post("/api/v1/organizations").token(&token).json(&json!({ "name": "More" })).send().await.expect(201);
    assert_eq!(account(&app, &next.at("/id")).await, without());
}

#[tokio::test]
async fn of_two_organizations_at_once_one_has_a_trial() {
    let app = TestApp::with(crate::of("pharmacy")).await;
    let owner = app.owner().await;
    // As if no holder had been recorded yet.
    let admin = app.test.admin().await;
    admin.batch_execute("delete from freehold.trials").await.unwrap();
    let names = ["One", "Two", "Three", "Four"];
    let made = join_all(names.map(|name| found(&app, &owner, name))).await;
    let mut trials = 0;
    for answer in made {
        trials += u8::from(account(&app, &answer.expect(201).at("/id")).await.1);
    }
    assert_eq!(trials, 1);
}

#[tokio::test]
async fn a_card_that_had_a_trial_gives_none_at_checkout() {
    let shop = Shop::of("pharmacy").await;
    let (owner, stranger) = (shop.app.owner().await, shop.app.stranger().await);
    shop.subscribe(&owner, "professional", CARD).await;
    assert_eq!((running(&shop).await[0]["status"].clone(), paid(&shop).await), (json!("trialing"), 0));
    // The same card pays at once.
    shop.subscribe(&stranger, "professional", CARD).await;
    let statuses = async || running(&shop).await.iter().map(|each| each["status"].clone()).collect::<Vec<Value>>();
    assert_eq!((statuses().await, paid(&shop).await), (vec![json!("active"), json!("trialing")], 29_900));
    assert_eq!(shop.standing(&stranger).await, ("professional/good".to_owned(), "active".to_owned()));
    let third = shop.app.somebody("third@example.com").await;
    shop.subscribe(&third, "professional", "5555555555554444").await;
    assert_eq!((statuses().await[0].clone(), paid(&shop).await), (json!("trialing"), 29_900));
    assert_eq!(shop.standing(&owner).await.1, "trialing");
}

#[tokio::test]
async fn a_person_owns_five_organizations_that_pay_nothing_and_no_more() {
    let app = TestApp::with(crate::voice()).await;
    let owner = app.owner().await;
    let made = join_all((0..12).map(|_| found(&app, &owner, "Another"))).await;
    let (allowed, refused): (Vec<Answer>, Vec<Answer>) = made.into_iter().partition(|answer| answer.status == 201);
    assert_eq!((allowed.len(), refused.len()), (4, 8), "the first came with the sign-up");
    let refused = refused.into_iter().next().unwrap().refused(402, "unpaid_organizations");
    assert!(
        refused.at("/detail").contains("You own 5 organizations that pay nothing, and this server allows 5"),
        "{refused}"
    );
    assert_eq!(refused.at("/upgrade_url"), "https://app.example.org/billing");
    // An organization that pays no longer counts; one that was handed over does.
    let paying =
        format!("update freehold.billing_accounts set state = 'active' where tenant_id = '{}'", owner.organization);
    app.test.admin().await.execute(&paying, &[]).await.unwrap();
    found(&app, &owner, "Sixth").await.expect(201);
    found(&app, &owner, "Seventh").await.refused(402, "unpaid_organizations");
    let other = app.stranger().await;
    for answer in &allowed {
        app.join(&Person { organization: answer.at("/id"), ..other.clone() }, Role::Owner).await;
    }
    found(&app, &other, "Mine").await.refused(402, "unpaid_organizations");
    assert_eq!(app.sign_in(&other.email).await.status, 200, "{PASSWORD} still opens the door");
}
