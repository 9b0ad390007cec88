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
    assert!(server.output.text().contains("Bookshop"), "{}", server.output.text());
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
    assert!(wrong.contains("product.toml:26: plan \"free\"") && wrong.contains("many"), "{wrong}");
    let unknown = program.with("FREEHOLD_PRODUCT", "piano").refused().await.output;
    assert!(unknown.contains("there is no product \"piano\"") && unknown.contains("./product.toml"), "{unknown}");
}
