//! The Stripe that a server uses: a sandbox of its own, one that is configured, or none.

use std::fs;

use reqwest::Method;
use serde_json::Value;

use crate::{
    client::{Client, Tenant},
    postgres::Postgres,
    server::{Home, Program, Server, eventually},
};

/// The server's account in its sandbox.
const KEY: &str = "sk_test_freehold";

/// The URL of the server's sandbox, from the data folder.
fn sandbox(home: &Home) -> String {
    fs::read_to_string(home.data().join("stripe-sandbox.address")).unwrap()
}

async fn list(url: &str, path: &str) -> Vec<Value> {
    let client = Client::new();
    let request = client.request(Method::GET, format!("{url}{path}")).bearer_auth(KEY);
    let list = client.send(request).await.unwrap().expect(200);
    list["data"].as_array().unwrap().clone()
}

async fn line(server: &Server, start: &str) -> String {
    let text = server.output.holding("Ctrl-C stops it").await;
    text.lines().map(str::trim).find(|line| line.starts_with(start)).unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sandbox_stands_in_for_stripe_and_remembers() {
    let home = Home::begun().await;
    let program = Program::at(&home);
    let server = program.start().await;
    let url = sandbox(&home);
    let payments = line(&server, "Payments").await;
    assert!(payments.contains("local ") && payments.contains(&url), "{payments}");
    assert!(payments.contains("STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET"), "{payments}");

    // The sandbox has the plans, and sends webhooks to the server.
    let prices = list(&url, "/v1/prices?limit=100").await;
    assert!(prices.iter().any(|price| price["lookup_key"] == "freehold_voice_pro_v1_month"), "{prices:?}");
    let endpoints = list(&url, "/v1/webhook_endpoints").await;
    assert_eq!(endpoints.len(), 1);
    assert_eq!(endpoints[0]["url"], format!("{}/webhooks/stripe", server.site));
    let synced = program.run(&["billing", "sync"]).await;
    assert!(synced.output.contains("Stripe sells what product.toml says"), "{}", synced.output);
    server.stop().await;

    let server = program.start().await;
    let url = sandbox(&home);
    assert_eq!(list(&url, "/v1/prices?limit=100").await.len(), prices.len());
    let again = list(&url, "/v1/webhook_endpoints").await;
    assert_eq!((again.len(), &again[0]["id"]), (1, &endpoints[0]["id"]));
    assert_eq!(again[0]["url"], format!("{}/webhooks/stripe", server.site));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_in_the_sandbox_comes_to_the_inbox_and_an_operator_sees_it() {
    let home = Home::begun().await;
    let program = Program::at(&home).with("FREEHOLD_SITE_URL", "https://app.test");
    let server = program.start().await;
    let none = program.run(&["billing", "events"]).await;
    assert!(none.output.contains("no events"), "{}", none.output);

    let client = Client::new();
    let url = sandbox(&home);
    let request = client.request(Method::POST, format!("{url}/v1/customers")).bearer_auth(KEY);
    let customer = client.send(request.body("name=Somebody")).await.unwrap().expect(200)["id"].clone();
    let request = client.request(Method::POST, format!("{url}/v1/customers/{}", customer.as_str().unwrap()));
    client.send(request.bearer_auth(KEY).body("name=Else")).await.unwrap().expect(200);

    // No tenant here has this customer.
    eventually("the event was dealt with", async || {
        program.run(&["billing", "events", "--state", "ignored"]).await.output.contains("customer.updated")
    })
    .await;
    let listed = program.run(&["billing", "events", "--limit", "1"]).await.output;
    let event = listed.split_whitespace().find(|word| word.starts_with("evt_")).unwrap().to_owned();
    let shown = program.run(&["billing", "events", "show", &event]).await;
    assert!(shown.output.contains("\"name\": \"Else\""), "{}", shown.output);
    let replayed = program.run(&["billing", "replay", &event]).await;
    assert!(replayed.output.contains("1 event is processed again"), "{}", replayed.output);
    let missing = program.run(&["billing", "replay", "evt_nobody"]).await;
    assert_eq!(missing.code, Some(1), "{}", missing.output);
    let reconciled = program.run(&["billing", "reconcile"]).await;
    assert_eq!(reconciled.code, Some(0), "{}", reconciled.output);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_gives_a_plan_and_takes_it_back() {
    let home = Home::begun().await;
    let program = Program::at(&home);
    let server = program.start().await;
    let tenant = Tenant::sign_up(&server.site, "granted").await;
    let plan = async || tenant.get(&server.site, "/api/v1/usage").await.unwrap().expect(200)["plan"].clone();
    let before = plan().await;
    for (arguments, expected) in
        [([tenant.slug.as_str(), "pro"], Value::from("pro")), ([tenant.slug.as_str(), "--take-back"], before)]
    {
        let run = program.run(&["plan", arguments[0], arguments[1]]).await;
        assert_eq!(run.code, Some(0), "{}", run.output);
        eventually("the server knows", async || plan().await == expected).await;
    }
    assert_eq!(program.run(&["plan", &tenant.slug]).await.code, Some(2));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_on_one_folder_share_a_sandbox() {
    let home = Home::new();
    let postgres = Postgres::start(&home).await;
    let program = Program::at(&home).with("DATABASE_URL", &postgres.database("freehold").await);
    let (one, other) = tokio::join!(program.start(), program.start());
    let url = sandbox(&home);
    for server in [&one, &other] {
        assert!(line(server, "Payments").await.contains(&url), "{}", line(server, "Payments").await);
    }
    assert_eq!(list(&url, "/v1/webhook_endpoints").await.len(), 1);
    one.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_start_screen_says_which_stripe_there_is() {
    let home = Home::new();
    let program = Program::at(&home);
    let real = program.clone().with("STRIPE_SECRET_KEY", "sk_test_a").with("STRIPE_API_URL", "http://127.0.0.1:9");
    for (program, words) in [
        (program.clone().with("FREEHOLD_BILLING_ENABLED", "false"), "switched off"),
        (real.clone().with("STRIPE_WEBHOOK_SECRET", "whsec_a,whsec_b"), "real      Stripe's test mode"),
        (real.clone(), "refused until STRIPE_WEBHOOK_SECRET is set"),
    ] {
        let server = program.start().await;
        let text = server.output.text();
        assert!(line(&server, "Payments").await.contains(words), "{text}");
        assert!(!text.contains("sk_test_a") && !text.contains("whsec_a"), "{text}");
        assert!(!home.data().join("stripe-sandbox.json").exists());
        server.stop().await;
    }
    let refused = Program::at(&home).with("STRIPE_API_URL", "http://127.0.0.1:9").refused().await;
    assert!(refused.output.contains("STRIPE_SECRET_KEY does not say who we are"), "{}", refused.output);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sandbox_file_that_cannot_be_read_stops_the_start_and_stays() {
    let home = Home::new();
    fs::create_dir_all(home.data()).unwrap();
    let file = home.data().join("stripe-sandbox.json");
    fs::write(&file, "{ half").unwrap();
    let refused = Program::at(&home).refused().await;
    assert!(refused.output.contains("stripe-sandbox.json") && refused.output.contains("left as it is"));
    assert_eq!(fs::read_to_string(file).unwrap(), "{ half");
}
