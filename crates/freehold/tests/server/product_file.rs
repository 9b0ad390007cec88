//! A product that is a `product.toml` outside the repository: its application lives elsewhere.

use std::fs;

use reqwest::{Method, header};
use serde_json::{Value, json};

use crate::{
    client::Client,
    server::{Home, Program, eventually},
};

const SHOP: &str = r#"
id = "bookshop"
name = "Bookshop"
description = "Sell books from a page of your own."
tenancy = "organizations"
isolation = "shared"
sign_in = ["password"]
default_plan = "free"
currency = "eur"

[meters.orders]
name = "orders"
one = "order"
kind = "counter"
period = "month"

[modules]
gift_cards = "Gift cards"

[events."order.paid"]
version = 1
summary = "An order is paid."
fields = { order_id = { type = "string", description = "Id of the order." } }

[plans.free]
version = 1
name = "Free"
price = "free"

[plans.free.limits]
orders = 20

[plans.pro]
version = 1
name = "Pro"
price = { month = "€12" }
modules = ["gift_cards"]

[plans.pro.limits]
orders = 2_000
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_backbone_serves_a_product_that_is_a_file() {
    let home = Home::new();
    let file = home.path().join("bookshop.toml");
    fs::write(&file, SHOP).unwrap();
    let program = Program::at(&home).with("FREEHOLD_PRODUCT", file.to_str().unwrap());
    let server = program.start().await;
    server.output.holding("Bookshop").await;
    let site = server.site.as_str();
    let client = Client::new();
    let ask = async |method: Method, path: &str, token: &str, body: Option<Value>| {
        let mut request = client.request(method, format!("{site}{path}"));
        if !token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        client.send(body.iter().fold(request, reqwest::RequestBuilder::json)).await.unwrap()
    };
    let text = |body: &Value, pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap().to_owned();

    let person = json!({ "email": "ada@example.test", "password": "correct horse battery" });
    let session = ask(Method::POST, "/auth/v1/signup", "", Some(person)).await.expect(200);
    let token = text(&session, "/access_token");
    let key = ask(Method::POST, "/api/v1/keys", &token, Some(json!({ "name": "shop" }))).await.expect(201);
    let key = text(&key, "/key");
    let usage = ask(Method::GET, "/api/v1/usage", &key, None).await.expect(200);
    let meters: Vec<(&Value, &Value)> =
        usage["meters"].as_array().unwrap().iter().map(|meter| (&meter["meter"], &meter["limit"])).collect();
    assert_eq!(meters, [(&json!("orders"), &json!(20))]);
    let plans = ask(Method::GET, "/api/v1/plans", "", None).await.expect(200);
    assert!(plans.to_string().contains("Gift cards"), "{plans}");
    let wish = json!({ "plan": "pro", "interval": "month" });
    let checkout = ask(Method::POST, "/api/v1/billing/checkout", &token, Some(wish)).await.expect(201);
    let page = client.get(text(&checkout, "/url")).await.unwrap();
    assert!(page.status == 200 && page.body.to_string().contains("12.00"), "{page:?}");
    // No other product's part of the API is there.
    assert_eq!(ask(Method::GET, "/api/v1/workflows", &key, None).await.status, 404);

    let healthy = program.run(&["doctor"]).await;
    assert!(healthy.output.contains("bookshop.toml says what Bookshop sells: 2 plans"), "{}", healthy.output);
    let organizations = ask(Method::GET, "/api/v1/organizations", &token, None).await.expect(200);
    let plan = program.run(&["plan", &text(&organizations, "/data/0/slug"), "pro"]).await;
    assert_eq!(plan.code, Some(0), "{}", plan.output);
    // The server believes for half a second what it knows of a plan.
    eventually("the plan counts", async || {
        let usage = ask(Method::GET, "/api/v1/usage", &key, None).await.expect(200);
        usage["meters"][0]["limit"] == 2_000
    })
    .await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_product_file_that_is_missing_or_wrong_is_refused_with_its_place() {
    let home = Home::new();
    let file = home.path().join("product.toml");
    let program = Program::at(&home).with("FREEHOLD_PRODUCT", file.to_str().unwrap());
    let missing = program.refused().await.output;
    assert!(missing.contains("product.toml") && missing.contains("No such file"), "{missing}");
    fs::write(&file, SHOP.replace("orders = 20\n", "orders = \"many\"\n")).unwrap();
    let wrong = program.refused().await.output;
    assert!(wrong.contains("product.toml:31: plan \"free\"") && wrong.contains("many"), "{wrong}");
    let unknown = program.with("FREEHOLD_PRODUCT", "piano").refused().await.output;
    assert!(unknown.contains("there is no product \"piano\"") && unknown.contains("./product.toml"), "{unknown}");
}

/// An application outside of the repository, which knows the server's address, its own service key, and no Rust.
struct Application<'a> {
    client: &'a Client,
    site: &'a str,
    service_key: String,
    organization: String,
}

impl Application<'_> {
    async fn post(&self, path: &str, body: Value) -> crate::client::Answer {
        let request = self.client.request(Method::POST, format!("{}{path}", self.site)).json(&body);
        let request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.service_key));
        self.client.send(request.header("x-organization-id", &self.organization)).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_elsewhere_checks_reserves_records_verifies_and_publishes() {
    let home = Home::new();
    let file = home.path().join("bookshop.toml");
    fs::write(&file, SHOP).unwrap();
    let program = Program::at(&home).with("FREEHOLD_PRODUCT", file.to_str().unwrap());
    let server = program.start().await;
    let client = Client::new();
    let site = server.site.as_str();
    let ask = async |method: Method, path: &str, token: &str, body: Value| {
        let request = client.request(method, format!("{site}{path}")).json(&body);
        client.send(request.header(header::AUTHORIZATION, format!("Bearer {token}"))).await.unwrap()
    };
    let text = |body: &Value, pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap().to_owned();

    let shown = program.run(&["keys", "supabase", "--json"]).await.output;
    let shown = &shown[shown.find('{').unwrap()..=shown.rfind('}').unwrap()];
    let service_key = text(&serde_json::from_str(shown).unwrap(), "/secret_key");
    let person = json!({ "email": "ada@example.test", "password": "correct horse battery" });
    let session =
        client.send(client.request(Method::POST, format!("{site}/auth/v1/signup")).json(&person)).await.unwrap();
    let token = text(&session.expect(200), "/access_token");
    let made = ask(Method::POST, "/api/v1/keys", &token, json!({ "name": "customer" })).await.expect(201);
    let (key, organization) =
        (text(&made, "/key"), ask(Method::GET, "/api/v1/me", &token, json!({})).await.expect(200));
    let organization = text(&organization, "/organizations/0/id");
    let shop = Application { client: &client, site, service_key, organization: organization.clone() };

    // A customer calls the application with a key of theirs.
    let whose = shop.post("/api/v1/keys/verify", json!({ "key": key })).await.expect(200);
    assert_eq!((&whose["valid"], &whose["organization_id"]), (&json!(true), &json!(organization)));
    let check = shop.post("/api/v1/usage/check", json!({ "meter": "orders" })).await.expect(200);
    assert_eq!((&check["allowed"], &check["remaining"]), (&json!(true), &json!(20)));
    let reserved = shop.post("/api/v1/usage/reserve", json!({ "meter": "orders", "quantity": 5 })).await.expect(201);
    let commit = json!({ "reservation_id": reserved["reservation_id"], "quantity": 2 });
    shop.post("/api/v1/usage/commit", commit).await.expect(200);
    let failed = shop.post("/api/v1/usage/reserve", json!({ "meter": "orders" })).await.expect(201);
    let release = json!({ "reservation_id": failed["reservation_id"] });
    assert_eq!(shop.post("/api/v1/usage/release", release).await.expect(200)["released"], true);
    let batch =
        json!({ "events": [{ "id": "019cf1a0-7000-7000-8000-000000000001", "meter": "orders", "quantity": 17 }] });
    let recorded = shop.post("/api/v1/usage/events", batch.clone()).await.expect(200);
    assert_eq!(recorded["results"][0]["status"], "recorded");
    assert_eq!(shop.post("/api/v1/usage/events", batch).await.expect(200)["results"][0]["status"], "duplicate");
    let refused = shop.post("/api/v1/usage/reserve", json!({ "meter": "orders", "quantity": 2 })).await.expect(402);
    assert_eq!((&refused["limit"], &refused["used"]), (&json!(20), &json!(19)));
    assert_eq!(refused["upgrade_url"], format!("{site}/billing"));
    let event = json!({ "type": "order.paid", "data": { "order_id": "1" } });
    let event = shop.post("/api/v1/events", event).await.expect(201);
    eventually("the event is listed", async || {
        let listed = ask(Method::GET, "/api/v1/events?type=order.*", &key, json!({})).await.expect(200);
        listed["data"] == json!([event])
    })
    .await;
    // The customer sees the same numbers, and cannot change them.
    let usage = ask(Method::GET, "/api/v1/usage", &key, json!({})).await.expect(200);
    assert_eq!((&usage["meters"][0]["used"], &usage["meters"][0]["reserved"]), (&json!(19), &json!(0)));
    let forbidden = ask(Method::POST, "/api/v1/usage/reserve", &key, json!({ "meter": "orders" })).await;
    assert_eq!(forbidden.status, 403);
    let log = server.output.text();
    assert!(!log.contains(&key) && !log.contains(&shop.service_key), "a key is in the log");
    server.stop().await;
}
