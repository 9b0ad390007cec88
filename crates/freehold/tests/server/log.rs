//! The log in the form that files and log collectors receive.

use serde_json::Value;

use crate::{
    client::{Client, Tenant},
    postgres::connect,
    server::{Home, Program},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_is_no_terminal_has_no_colours() {
    let home = Home::begun().await;
    let program = Program::at(&home).with("FREEHOLD_LOG", "debug");
    let server = program.start().await;
    let output = server.output.clone();
    server.stop().await;
    let text = output.holding(" INFO ").await;
    assert!(!text.contains('\u{1b}'), "{text}");
    let wrong = program.with("FREEHOLD_LOG", "verbose").refused().await;
    assert!(wrong.output.contains("FREEHOLD_LOG") && wrong.output.contains("Write a level"), "{}", wrong.output);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_is_json_when_it_is_asked_for() {
    let home = Home::begun().await;
    let program =
        Program::at(&home).with("FREEHOLD_LOG_FORMAT", "json").with("FREEHOLD_SITE_URL", "http://localhost:1");
    let mut server = program.begin();
    server.logged("listening on").await;
    crate::server::signal("TERM", server.process());
    server.ended().await;
    let text = server.output.text();
    let lines: Vec<Value> =
        text.lines().filter(|line| line.starts_with('{')).map(|line| serde_json::from_str(line).unwrap()).collect();
    let listening =
        lines.iter().find(|line| line["message"].as_str().is_some_and(|text| text.contains("listening on")));
    let listening = listening.unwrap_or_else(|| panic!("{text}"));
    assert!(
        listening["level"] == "INFO" && listening["timestamp"].is_string() && listening["target"].is_string(),
        "{listening}"
    );
    let wrong = program.with("FREEHOLD_LOG_FORMAT", "xml").refused().await;
    assert!(wrong.output.contains("FREEHOLD_LOG_FORMAT is \"xml\". Write one of text, json."), "{}", wrong.output);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_place_of_a_500_is_a_line_of_freehold() {
    let home = Home::begun().await;
    let server = Program::at(&home).start().await;
    let tenant = Tenant::sign_up(&server.site, "place").await;
    let owner = connect(&home.url()).await;
    owner.batch_execute("alter table freehold.api_keys rename to api_keys_away").await.unwrap();
    let answer = tenant.get(&server.site, "/api/v1/keys").await.unwrap();
    assert_eq!(answer.status, 500);
    let log = server.output.holding(" ERROR ").await;
    let line = log
        .lines()
        .find(|line| line.contains("api_keys") && line.contains(" ERROR "))
        .unwrap_or_else(|| panic!("{log}"));
    assert!(line.contains("(at crates/") && !line.contains("/rustc/"), "{line}");
    owner.batch_execute("alter table freehold.api_keys_away rename to api_keys").await.unwrap();
    drop(owner);
    assert_eq!(Client::new().get(format!("{}/readyz", server.site)).await.unwrap().status, 200);
}
