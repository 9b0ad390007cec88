//! The server does not start with a database in which tenants could see each other's rows.

use crate::{
    postgres::{Postgres, connect},
    server::{Home, Program},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_policy_keeps_the_server_from_starting_until_it_is_restored() {
    let home = Home::new();
    let postgres = Postgres::start(&home).await;
    let url = postgres.database("freehold").await;
    let program = Program::at(&home).with("DATABASE_URL", &url);
    program.start().await.stop().await;

    let owner = connect(&url).await;
    owner.batch_execute("alter policy freehold_select on voice.workflows to freehold_app using (true)").await.unwrap();
    let refusal = program.refused().await.output;
    assert!(refusal.contains("tenants are not isolated") && refusal.contains("voice.workflows"), "{refusal}");
    assert!(refusal.contains("freehold.protect"), "it says what to do: {refusal}");

    owner.batch_execute("set role freehold_owner; select freehold.protect('voice.workflows')").await.unwrap();
    program.start().await.stop().await;
}
