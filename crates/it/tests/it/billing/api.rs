//! Plan, payment and invoices over the API.

use freehold_core::{Role, Standing};
use serde_json::{Value, json};

use super::shop::Shop;
use crate::harness::app::{Answer, Person, Stripe, TestApp};

const GOOD: &str = "4242424242424242";

async fn get(shop: &Shop, person: &Person, what: &str) -> Value {
    shop.app.get(&format!("/api/v1/billing/{what}")).person(person).send().await.expect(200).json()
}

async fn post(shop: &Shop, person: &Person, what: &str, body: Value) -> Answer {
    shop.app.post(&format!("/api/v1/billing/{what}")).person(person).json(&body).send().await
}

/// For each plan: what a change to it means, and how it is made.
fn moves(plans: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let line = |plan: &Value| format!("{} {} {}", text(&plan["id"]), text(&plan["move"]), text(&plan["way"]));
    plans["data"].as_array().unwrap().iter().map(line).collect()
}

#[tokio::test]
async fn plans_say_what_changing_to_them_means() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    let free = ["free current -", "starter upgrade checkout", "pro upgrade checkout", "enterprise contact contact"];
    assert_eq!(moves(&get(&shop, &owner, "plans").await), free);

    shop.subscribe(&owner, "starter", GOOD).await;
    let starter =
        ["free downgrade cancel", "starter current change", "pro upgrade change", "enterprise contact contact"];
    assert_eq!(moves(&get(&shop, &owner, "plans").await), starter);

    post(&shop, &owner, "cancel", json!({})).await.expect(200);
    assert_eq!(moves(&get(&shop, &owner, "plans").await)[0], "free downgrade -", "that it goes there is said already");
}

#[tokio::test]
async fn the_subscription_says_what_is_paid_and_until_when() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    let before = get(&shop, &owner, "subscription").await;
    assert_eq!(
        (&before["state"], &before["plan"], &before["interval"]),
        (&json!("free"), &json!("free"), &Value::Null)
    );

    let body = json!({ "plan": "pro", "interval": "year" });
    let made = post(&shop, &owner, "create-checkout-session", body).await.expect(201);
    assert!(made.at("/id").starts_with("cs_"), "{made}");
    assert_eq!(shop.pay(&made.at("/url"), GOOD).await.0, 303);
    shop.settle().await;
    let after = get(&shop, &owner, "subscription").await;
    let expected = json!({ "state": "active", "plan": "pro", "interval": "year", "seats": 1, "cancel_at_period_end": false,
        "granted": false, "over": [], "pay_url": null });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&after[name], value, "{name}: {after}");
    }
    assert_eq!(after["period_end"], "2027-03-15T12:00:00Z");
    let usage = get(&shop, &owner, "usage").await;
    assert_eq!((&usage["plan"], &usage["plan_name"]), (&json!("pro"), &json!("Pro")));
}

#[tokio::test]
async fn invoices_come_in_pages_with_their_papers() {
    let shop = Shop::of("voice").await;
    let (owner, stranger) = (shop.app.owner().await, shop.app.stranger().await);
    assert_eq!(get(&shop, &owner, "invoices").await, json!({ "data": [], "next_cursor": null }));
    shop.subscribe(&owner, "starter", GOOD).await;
    post(&shop, &owner, "change", json!({ "plan": "pro", "interval": "month" })).await.expect(200);

    let first = get(&shop, &owner, "invoices?limit=1").await;
    let invoice = &first["data"][0];
    assert_eq!((&invoice["status"], &invoice["total"]["currency"]), (&json!("paid"), &json!("usd")));
    assert_eq!(invoice["total"]["minor"], 7_000, "the new plan less what was paid for the old one, on its first day");
    for paper in ["url", "pdf"] {
        let found = shop.http.get(invoice[paper].as_str().unwrap()).send().await.unwrap();
        assert!(found.status().is_success(), "{paper}");
    }
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = get(&shop, &owner, &format!("invoices?limit=1&cursor={cursor}")).await;
    assert_eq!((&second["data"][0]["total"]["minor"], &second["next_cursor"]), (&json!(2_900), &Value::Null));

    assert_eq!(get(&shop, &stranger, "invoices").await["data"], json!([]));
    let stolen = format!("/api/v1/billing/invoices?cursor={cursor}");
    let seen = shop.app.get(&stolen).person(&stranger).send().await;
    assert!(!seen.holds(invoice["id"].as_str().unwrap()) && !seen.holds("2900"), "{seen}");
    for wrong in ["limit=0", "limit=201", "cursor=x", "cursor=in_nobody", "page=1"] {
        let answer = shop.app.get(&format!("/api/v1/billing/invoices?{wrong}")).person(&owner).send().await;
        assert!([400, 422].contains(&answer.status()), "{wrong}: {answer}");
    }
}

#[tokio::test]
async fn only_owners_and_administrators_pay_and_see_invoices() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    shop.subscribe(&owner, "starter", GOOD).await;
    let plan = json!({ "plan": "pro", "interval": "month" });
    let writes = [
        ("checkout", plan.clone()),
        ("create-checkout-session", plan.clone()),
        ("portal", json!({})),
        ("preview", plan.clone()),
        ("change", plan),
        ("cancel", json!({})),
        ("resume", json!({})),
    ];
    for role in [Role::Viewer, Role::Member] {
        let person = shop.app.member(&owner, role).await;
        for (what, body) in &writes {
            post(&shop, &person, what, body.clone()).await.refused(403, "permission_denied");
        }
        let invoices = shop.app.get("/api/v1/billing/invoices").person(&person).send().await;
        invoices.refused(403, "permission_denied");
        for what in ["plans", "subscription", "usage"] {
            get(&shop, &person, what).await;
        }
    }
    let admin = shop.app.member(&owner, Role::Admin).await;
    post(&shop, &admin, "cancel", json!({})).await.expect(200);
    assert_eq!(post(&shop, &admin, "resume", json!({})).await.expect(200).json()["cancel_at_period_end"], false);
    get(&shop, &admin, "invoices").await;
}

#[tokio::test]
async fn a_stranger_sees_and_changes_nothing_of_it() {
    let shop = Shop::of("voice").await;
    let (owner, stranger) = (shop.app.owner().await, shop.app.stranger().await);
    shop.subscribe(&owner, "pro", GOOD).await;
    let before = get(&shop, &owner, "subscription").await;
    let as_if =
        |ask: crate::harness::app::Ask| ask.token(&stranger.token).header("x-organization-id", &owner.organization);
    for what in ["plans", "subscription", "usage", "invoices"] {
        as_if(shop.app.get(&format!("/api/v1/billing/{what}"))).send().await.refused(404, "not_found");
    }
    for what in ["checkout", "change", "preview"] {
        let ask =
            shop.app.post(&format!("/api/v1/billing/{what}")).json(&json!({ "plan": "starter", "interval": "month" }));
        as_if(ask).send().await.refused(404, "not_found");
    }
    for what in ["cancel", "resume", "portal"] {
        as_if(shop.app.post(&format!("/api/v1/billing/{what}"))).send().await.refused(404, "not_found");
    }
    assert_eq!(get(&shop, &stranger, "subscription").await["plan"], "free");
    post(&shop, &stranger, "cancel", json!({})).await.refused(409, "conflict");
    assert_eq!(get(&shop, &owner, "subscription").await, before);
}

#[tokio::test]
async fn what_cannot_be_bought_is_said_with_its_place() {
    let shop = Shop::of("voice").await;
    let owner = shop.app.owner().await;
    for (body, pointer) in [
        (json!({ "plan": "free", "interval": "month" }), "/plan"),
        (json!({ "plan": "enterprise", "interval": "month" }), "/plan"),
        (json!({ "plan": "nothing", "interval": "month" }), "/plan"),
        (json!({ "plan": "pro", "interval": "week" }), "/interval"),
        (json!({ "plan": "pro", "interval": "month", "success_url": "https://evil.example" }), "/success_url"),
        (json!({ "plan": "pro", "interval": "month", "cancel_url": "//evil.example" }), "/cancel_url"),
    ] {
        let refused = post(&shop, &owner, "checkout", body).await.refused(422, "validation_failed");
        assert_eq!(refused.at("/errors/0/pointer"), pointer);
    }
    let nothing = json!({ "plan": "pro", "interval": "month" });
    post(&shop, &owner, "change", nothing).await.refused(409, "conflict");
    post(&shop, &owner, "resume", json!({})).await.refused(409, "conflict");
    shop.app.post("/api/v1/billing/portal").person(&owner).send().await.expect(201);
}

#[tokio::test]
async fn where_nothing_is_sold_nothing_is_limited() {
    let app = TestApp::with(crate::voice().paying(Stripe::Off)).await;
    let owner = app.owner().await;
    for _ in 0..3 {
        let body = json!({ "template": "appointment_reminder" });
        app.post("/api/v1/workflows").key(&owner.key).json(&body).send().await.expect(201);
    }
    for number in 0..12 {
        let body = json!({ "url": format!("https://example.org/{number}") });
        app.post("/api/v1/webhooks").key(&owner.key).json(&body).send().await.expect(201);
    }
    app.get("/api/v1/analytics/workflows").key(&owner.key).send().await.expect(200);
    let usage = app.get("/api/v1/usage").key(&owner.key).send().await.expect(200).json();
    assert!(usage["meters"].as_array().unwrap().iter().all(|meter| meter["limit"].is_null()), "{usage}");
    for path in ["plans", "subscription", "usage", "invoices"] {
        app.get(&format!("/api/v1/billing/{path}")).key(&owner.key).send().await.refused(404, "billing_disabled");
    }
    let body = json!({ "plan": "pro", "interval": "month" });
    app.post("/api/v1/billing/checkout").key(&owner.key).json(&body).send().await.refused(404, "billing_disabled");
    app.post("/webhooks/stripe").json(&json!({})).send().await.refused(404, "billing_disabled");
    assert_eq!(app.get("/api/v1/plans").send().await.expect(200).json()["sold"], false);

    // An organization that was suspended while plans were sold works again.
    app.stand(&owner, Standing::Suspended).await;
    let body = json!({ "template": "appointment_reminder" });
    app.post("/api/v1/workflows").key(&owner.key).json(&body).send().await.expect(201);
}
