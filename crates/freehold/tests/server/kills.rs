//! `kill -9` under load: no acknowledged run is lost, and nothing happens twice.

use std::time::{Duration, Instant};

use freehold_core::Random;
use freehold_testing::size;

use crate::{
    client::Tenant,
    load::Load,
    server::{Home, Program, eventually, signal},
};

/// How often the server is killed in `make test`, and in `make soak`.
const SERVER_KILLS: [u32; 2] = [8, 20];
/// The same for Postgres.
const POSTGRES_KILLS: [u32; 2] = [3, 5];

/// A random time between 20 ms and 1.5 s.
fn some_time(random: &Random) -> Duration {
    Duration::from_millis(20 + u64::from(u16::from_le_bytes(random.bytes())) % 1480)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_again_and_again_under_load_loses_nothing_and_does_nothing_twice() {
    let (begun, kills) = (Instant::now(), size("FREEHOLD_SERVER_KILLS", SERVER_KILLS[0], SERVER_KILLS[1]));
    let (home, random) = (Home::begun().await, Random::system());
    let program = Program::at(&home);
    let mut server = program.start().await;
    let tenant = Tenant::sign_up(&server.site, "kills").await;
    let plan = program.run(&["plan", &tenant.slug, "enterprise"]).await;
    assert_eq!(plan.code, Some(0), "{}", plan.output);

    let load = Load::start(&tenant, &server.site);
    let mut in_starting = 0;
    for number in 0..kills {
        // For every other server the time counts from its start, so that some are killed before they can serve. For the
        // others it counts from when they serve, however slow the machine is.
        let life = some_time(&random);
        if number % 2 == 0 || tokio::time::timeout(life, server.ready()).await.is_ok() {
            server.ready().await;
            load.moved(&server.site);
            tokio::time::sleep(life).await;
        } else {
            in_starting += 1;
        }
        server.unharmed();
        server.kill();
        server = program.begin();
    }
    let killed = Instant::now();
    server.ready().await;
    let back = killed.elapsed();
    load.moved(&server.site);
    let told = load.settle(&home.url()).await;
    let took = begun.elapsed();
    println!("{kills} kills of the server, {in_starting} before it served, in {took:.1?}; back in {back:.1?}: {told}");
    server.stop().await;
    assert_eq!(home.postmaster(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_killed_under_load_comes_back_and_the_server_goes_on() {
    let (home, random) = (Home::begun().await, Random::system());
    let program = Program::at(&home);
    let server = program.start().await;
    let tenant = Tenant::sign_up(&server.site, "postgres-kills").await;
    program.run(&["plan", &tenant.slug, "enterprise"]).await;

    let load = Load::start(&tenant, &server.site);
    let ready = format!("{}/readyz", server.site);
    let kills = size("FREEHOLD_POSTGRES_KILLS", POSTGRES_KILLS[0], POSTGRES_KILLS[1]);
    for _ in 0..kills {
        tokio::time::sleep(some_time(&random)).await;
        let killed = home.postmaster().unwrap();
        signal("KILL", killed);
        eventually("another Postgres serves", async || {
            home.postmaster().is_some_and(|process| process != killed)
                && reqwest::get(&ready).await.is_ok_and(|answer| answer.status().is_success())
        })
        .await;
    }
    let told = load.settle(&home.url()).await;
    println!("{kills} kills of Postgres: {told}");
    server.stop().await;
    assert_eq!(home.postmaster(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_in_the_midst_of_its_first_start_starts_all_the_same() {
    let home = Home::new();
    let program = Program::at(&home);
    for milliseconds in [1, 5, 10, 20, 40, 80, 160, 320, 640, 1280] {
        let server = program.begin();
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        server.kill();
    }
    let server = program.start().await;
    let tenant = Tenant::sign_up(&server.site, "first-start").await;
    tenant.run(&server.site, "first", &tenant.sample).await.unwrap().expect(201);
    server.stop().await;
}
