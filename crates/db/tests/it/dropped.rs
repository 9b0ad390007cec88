//! Requests that are dropped midway, as axum does when a client disconnects.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use freehold_core::{Caller, Random, Result};
use freehold_db::{Db, PoolSettings, StatementCache};

use super::probe::{context, note_insert, note_list, pool_is_whole_and_clean};
use crate::harness::{SlowLink, TestDatabase, settings};

const TRIES: u32 = 300;
/// Requests that complete first, to measure how long one takes.
const UNDISTURBED: u32 = 10;
const CONNECTIONS: usize = 2;

/// Runs `work` and drops it after this many microseconds; returns whether it ended before. Tokio's own timer has a
/// resolution of a millisecond.
async fn drop_after(micros: u32, work: impl Future<Output = Result<()>>) -> bool {
    let alarm = tokio::task::spawn_blocking(move || std::thread::sleep(Duration::from_micros(micros.into())));
    tokio::select! {
        biased;
        ended = work => { ended.unwrap(); true }
        _ = alarm => false,
    }
}

/// Drops requests at random moments, and after each checks what is set on both connections of the pool. Returns how
/// many were dropped midway.
async fn dropped_tries<F>(test: &TestDatabase, cache: StatementCache, request: impl Fn(Db, Caller, String) -> F) -> u32
where
    F: Future<Output = Result<()>>,
{
    let link = SlowLink::new(test.cluster(), Duration::from_micros(500));
    let settings = settings(link.url("freehold_server", test.name()), CONNECTIONS);
    let pool = PoolSettings { statement_cache: cache, ..settings.pool };
    let db = Db::new(&settings.with_pool(pool), test.ids.clone()).unwrap();
    let caller = test.caller();
    let random = Random::seeded(14);
    pool_is_whole_and_clean(&db, CONNECTIONS).await;
    // Half of the moments lie within a request, however busy the machine is.
    let since = Instant::now();
    for number in 0..UNDISTURBED {
        request(db.clone(), caller.clone(), format!("{:03}", TRIES + number)).await.unwrap();
    }
    let within_micros = u32::try_from(since.elapsed().as_micros()).unwrap() / UNDISTURBED * 2;
    let (mut dropped, mut leaks) = (0, Vec::new());
    for number in 0..TRIES {
        let request = request(db.clone(), caller.clone(), format!("{number:03}"));
        if !drop_after(random.below(within_micros), request).await {
            dropped += 1;
        }
        let look = || db.system("test");
        let (one, two) = (look(), look());
        let (one, two) = tokio::join!(one.fetch_optional(context()), two.fetch_optional(context()));
        for found in [one, two] {
            let found = found.unwrap().unwrap();
            if found.tenant.as_deref().is_some_and(|tenant| !tenant.is_empty()) || found.role != "freehold_system" {
                leaks.push((number, found));
            }
        }
    }
    assert!(leaks.is_empty(), "{} times the next user found a tenant, first {:?}", leaks.len(), leaks[0]);
    pool_is_whole_and_clean(&db, CONNECTIONS).await;
    half_done_requests(test, &caller).await;
    dropped
}

/// A request writes two notes. A single note would mean that the next user of the connection committed it.
async fn half_done_requests(test: &TestDatabase, caller: &Caller) {
    let mut bodies: Vec<String> =
        test.db.tenant(caller).fetch_all(note_list()).await.unwrap().into_iter().map(|(_, body)| body).collect();
    for body in &mut bodies {
        body.truncate(3);
    }
    for pair in bodies.chunks(2) {
        assert!(pair.len() == 2 && pair[0] == pair[1], "half a request was committed: {pair:?}");
    }
}

fn enough(dropped: u32) {
    assert!((TRIES / 10..TRIES * 9 / 10).contains(&dropped), "{dropped} of {TRIES} were dropped: nothing was tested");
}

async fn interactive(db: Db, caller: Caller, body: String) -> Result<()> {
    let mut tx = db.tenant(&caller).begin().await?;
    tx.fetch_one(context()).await?;
    let notes = ["first", "second"].map(|which| note_insert(caller.tenant(), &format!("{body} {which}")));
    tx.execute_all(&notes).await?;
    tx.commit().await
}

async fn flights(db: Db, caller: Caller, _: String) -> Result<()> {
    db.tenant(&caller).fetch_all(context()).await?;
    db.tenant(&caller).fetch_all(context()).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interactive_transaction_dropped_on_the_way_leaves_no_tenant_behind() {
    for cache in [StatementCache::Off, StatementCache::On] {
        let dropped = dropped_tries(&TestDatabase::new().await, cache, interactive).await;
        println!(
            "interactive, cache {cache:?}: {dropped} of {TRIES} dropped on the way, no tenant left on a connection"
        );
        enough(dropped);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flight_dropped_on_the_way_leaves_no_tenant_behind() {
    for cache in [StatementCache::Off, StatementCache::On] {
        let dropped = dropped_tries(&TestDatabase::new().await, cache, flights).await;
        println!(
            "one flight, cache {cache:?}: {dropped} of {TRIES} dropped on the way, no tenant left on a connection"
        );
        enough(dropped);
    }
}

/// A statement that a connection sends for the first time takes three round trips, so it can be dropped between them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flight_dropped_while_its_statement_is_prepared_leaves_nothing_open() {
    let test = TestDatabase::new().await;
    let link = SlowLink::new(test.cluster(), Duration::from_micros(500));
    let settings = settings(link.url("freehold_server", test.name()), 1);
    let settings = settings.clone().with_pool(PoolSettings { statement_cache: StatementCache::On, ..settings.pool });
    let caller = test.caller();
    let random = Random::seeded(15);
    let mut dropped = 0;
    for number in 0..40 {
        let db = Db::new(&settings, test.ids.clone()).unwrap();
        pool_is_whole_and_clean(&db, 1).await;
        let insert =
            async { db.tenant(&caller).execute(note_insert(caller.tenant(), &format!("{number}"))).await.map(drop) };
        if !drop_after(random.below(6_000), insert).await {
            dropped += 1;
        }
        // The connection returns, or another one in its place, and no transaction is open on it.
        pool_is_whole_and_clean(&db, 1).await;
    }
    assert!(dropped > 4, "{dropped} of 40 were dropped: nothing was tested");
}
