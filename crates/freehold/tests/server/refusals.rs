//! Settings that cannot work cause one clear message, no panic, and reveal no secret.

use std::fs;

use crate::{
    link::{Link, State},
    postgres::Postgres,
    server::{Home, Program},
};

const PASSWORD: &str = "hunter2hunter2";
const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// Runs the program, which has to refuse with a message that contains all of this.
async fn refusal(program: &Program, said: &[&str]) {
    let output = program.clone().with("RUST_BACKTRACE", "1").refused().await.output;
    let messages: Vec<&str> = output.lines().filter(|line| line.starts_with("freehold: ")).collect();
    assert_eq!(messages.len(), 1, "one message: {output}");
    for word in said {
        assert!(output.contains(word), "{word}: {output}");
    }
    for word in ["panicked", "stack backtrace", "crates/", "Error {", PASSWORD, KEY] {
        assert!(!output.contains(word), "{word}: {output}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_that_cannot_work_are_named() {
    let home = Home::new();
    let program = || Program::at(&home);
    refusal(&program().with("FREEHOLD_PRODUCT", "shoes"), &["no product \"shoes\"", "voice, documents"]).await;
    refusal(&program().with("FREEHOLD_SECRET_KEY", &KEY[1..]), &["FREEHOLD_SECRET_KEY", "64"]).await;
    refusal(&program().with("FREEHOLD_CONFIG", "/nowhere/freehold.toml"), &["/nowhere/freehold.toml"]).await;
    for url in [format!("postgres://freehold:{PASSWORD}@h:port/d"), format!("{PASSWORD}@h")] {
        refusal(&program().with("DATABASE_URL", &url), &["DATABASE_URL"]).await;
    }
    fs::write(home.path().join("freehold.toml"), "[database]\nconections = 4\n").unwrap();
    refusal(&program(), &["freehold.toml", "conections"]).await;
    assert!(!home.data().join("postgres").exists(), "no database was made for any of them");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_cannot_be_reached_is_named() {
    let home = Home::new();
    let postgres = Postgres::start(&home).await;
    let link = Link::to(&postgres.socket()).await;
    let at = |url: &str| Program::at(&home).with("DATABASE_URL", url);
    let secret = |url: String| url.replace("freehold@", &format!("freehold:{PASSWORD}@"));

    refusal(&at(&secret(link.url("freehold", "postgres"))), &["role \"freehold\" does not exist"]).await;
    refusal(&at(&link.url("postgres", "nothing")), &["database \"nothing\" does not exist"]).await;
    link.set(State::Refusing).await;
    refusal(
        &at(&secret(link.url("freehold", "freehold"))),
        &["Postgres at 127.0.0.1:", "does not answer: connection refused", "DATABASE_URL"],
    )
    .await;
    link.set(State::Swallowing).await;
    refusal(&at(&secret(link.url("freehold", "freehold"))), &["does not answer within 10 s", "DATABASE_URL"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_secret_key_or_another_product_does_not_fit_the_database() {
    let home = Home::new();
    let postgres = Postgres::start(&home).await;
    let program = Program::at(&home).with("DATABASE_URL", &postgres.database("freehold").await);
    let other = KEY.replace('0', "1");
    program.clone().with("FREEHOLD_SECRET_KEY", &other).start().await.stop().await;
    refusal(&program.clone().with("FREEHOLD_SECRET_KEY", KEY), &["begun with another FREEHOLD_SECRET_KEY"]).await;
    let product = program.with("FREEHOLD_SECRET_KEY", &other).with("FREEHOLD_PRODUCT", "studio");
    refusal(&product, &["--product voice"]).await;
}
