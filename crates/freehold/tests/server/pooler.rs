//! Runs and migrations through PgBouncer in transaction mode.

use crate::{
    client::Tenant,
    load::runs_at_once,
    pgbouncer::PgBouncer,
    postgres::Postgres,
    server::{Home, Program},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_pooler_fifty_calls_are_fifty_calls() {
    let home = Home::new();
    let postgres = Postgres::start(&home).await;
    let migration = postgres.database("freehold").await;
    let pooler = PgBouncer::before(&postgres).await;
    let program = Program::at(&home)
        .with("DATABASE_URL", &pooler.url("freehold_server", "freehold"))
        .with("DATABASE_MIGRATION_URL", &migration);
    main_job(&program).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrations_go_through_a_pooler_too() {
    let home = Home::new();
    let postgres = Postgres::start(&home).await;
    postgres.database("freehold").await;
    let pooler = PgBouncer::before(&postgres).await;
    let program = Program::at(&home).with("DATABASE_URL", &pooler.url("postgres", "freehold"));
    main_job(&program).await;
}

async fn main_job(program: &Program) {
    let server = program.start().await;
    let tenant = Tenant::sign_up(&server.site, "pooled").await;
    assert_eq!(runs_at_once(&tenant, &[&server.site], 200).await, [(201, 50), (402, 150)].into());
    assert_eq!(tenant.calls(&server.site).await, (50, 0));
    assert_eq!(tenant.runs(&server.site).await.len(), 50);
    server.stop().await;
}
