//! Workers that run apart from the server.

use freehold_core::Clock;

use crate::{
    client::Tenant,
    postgres::connect,
    server::{Home, Program, Server, eventually, signal},
};

async fn works(worker: &Server) {
    eventually("it works", async || worker.output.text().contains("Freehold works for VoiceFX AI")).await;
}

async fn count(home: &Home, query: &str) -> i64 {
    connect(&home.url()).await.query_one(query, &[]).await.unwrap().get(0)
}

/// Makes a scheduled job due.
async fn make_due(home: &Home) {
    let due = "update freehold.schedules set next_at = $1 where name = 'house.sweep_promises'";
    connect(&home.url()).await.execute(due, &[&Clock::system().now()]).await.unwrap();
}

/// Whether the scheduled job has run: it is due again at a later time, and no job waits.
async fn done(home: &Home) -> bool {
    let query =
        "select (select count(*) from freehold.schedules where name = 'house.sweep_promises' and next_at <= now())
        + (select count(*) from freehold.jobs)";
    count(home, query).await == 0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_beside_the_local_server_does_what_the_server_was_told_to_leave() {
    let home = Home::begun().await;
    let program = Program::at(&home).with("FREEHOLD_WORK_IN_SERVER", "false");
    let server = program.start().await;
    let tenant = Tenant::sign_up(&server.site, "apart").await;
    tenant.run(&server.site, "before", &tenant.sample).await.unwrap().expect(201);
    assert_eq!(count(&home, "select count(*) from freehold.workers").await, 0, "the server works");

    let mut worker = program.begin_as(&["work"]);
    works(&worker).await;
    eventually("it is known", async || count(&home, "select count(*) from freehold.workers").await == 1).await;
    eventually("it knows what comes regularly", async || {
        count(&home, "select count(*) from freehold.schedules").await > 2
    })
    .await;
    make_due(&home).await;
    eventually("it is done", async || done(&home).await).await;

    signal("TERM", worker.process());
    assert_eq!(worker.ended().await.code(), Some(0), "{}", worker.output.text());
    worker.unharmed();
    assert_eq!(count(&home, "select count(*) from freehold.workers").await, 0, "it said that it stops");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_does_by_itself_what_comes_later() {
    let home = Home::begun().await;
    let server = Program::at(&home).start().await;
    eventually("it works", async || count(&home, "select count(*) from freehold.schedules").await > 2).await;
    make_due(&home).await;
    eventually("it is done", async || done(&home).await).await;
    server.stop().await;
}
