//! Every way a connection returns to the pool.

use std::{sync::Arc, time::Instant};

use freehold_core::codes;
use freehold_db::Db;

use super::probe::{context, divide, note_count, note_insert, pause, pool_is_whole_and_clean};
use crate::harness::{Cluster, TestDatabase, eventually, sqlstate};

const CONNECTIONS: usize = 3;

fn pool(test: &TestDatabase) -> Db {
    test.pool(CONNECTIONS)
}

/// Number of running statements in this test's database that contain a pause.
async fn pauses(admin: &tokio_postgres::Client) -> i64 {
    let running = "select count(*) from pg_stat_activity
                   where datname = current_database() and state = 'active' and query like '%from pg_sleep%' and pid <> pg_backend_pid()";
    admin.query_one(running, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn the_ordinary_ways_keep_the_connections() {
    let test = TestDatabase::new().await;
    let db = pool(&test);
    let ada = test.caller();
    let before = pool_is_whole_and_clean(&db, CONNECTIONS).await;

    let mut committed = db.tenant(&ada).begin().await.unwrap();
    committed.execute(note_insert(ada.tenant(), "kept")).await.unwrap();
    committed.commit().await.unwrap();
    assert_eq!(pool_is_whole_and_clean(&db, CONNECTIONS).await, before, "after a commit");

    let mut idle = db.tenant(&ada).begin().await.unwrap();
    idle.execute(note_insert(ada.tenant(), "undone")).await.unwrap();
    drop(idle);
    assert_eq!(pool_is_whole_and_clean(&db, CONNECTIONS).await, before, "after a drop");

    drop(db.tenant(&ada).begin().await.unwrap());
    assert_eq!(pool_is_whole_and_clean(&db, CONNECTIONS).await, before, "after a transaction that sent nothing");

    let mut failed = db.tenant(&ada).begin().await.unwrap();
    assert!(failed.fetch_one(divide(0)).await.is_err());
    drop(failed);
    assert!(db.tenant(&ada).fetch_all(divide(0)).await.is_err());
    assert_eq!(pool_is_whole_and_clean(&db, CONNECTIONS).await, before, "after a statement that failed");

    let twice = async || db.tenant(&ada).execute(note_insert(ada.tenant(), "kept")).await;
    assert_eq!(sqlstate(&twice().await.unwrap_err()), Some("23505"));
    assert_eq!(pool_is_whole_and_clean(&db, CONNECTIONS).await, before, "after a violated constraint");
    assert_eq!(db.tenant(&ada).fetch_all(note_count()).await.unwrap(), [(1,)]);
}

#[tokio::test]
async fn a_handler_that_panics_leaves_nothing_behind() {
    let test = TestDatabase::new().await;
    let db = pool(&test);
    let ada = test.caller();
    let before = pool_is_whole_and_clean(&db, CONNECTIONS).await;
    for _ in 0..CONNECTIONS {
        let (db, ada) = (db.clone(), ada.clone());
        let handler = tokio::spawn(async move {
            let mut tx = db.tenant(&ada).begin().await.unwrap();
            tx.execute(note_insert(ada.tenant(), "never")).await.unwrap();
            std::panic::resume_unwind(Box::new("a mistake in the handler"));
        });
        assert!(handler.await.unwrap_err().is_panic());
    }
    assert_eq!(pool_is_whole_and_clean(&db, CONNECTIONS).await, before);
    assert_eq!(test.db.tenant(&ada).fetch_all(note_count()).await.unwrap(), [(0,)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_dropped_outside_of_the_runtime_takes_its_connection_with_it() {
    let test = TestDatabase::new().await;
    let db = pool(&test);
    let ada = test.caller();
    let before = pool_is_whole_and_clean(&db, CONNECTIONS).await;
    let mut tx = db.tenant(&ada).begin().await.unwrap();
    tx.execute(note_insert(ada.tenant(), "never")).await.unwrap();
    std::thread::spawn(move || drop(tx)).join().unwrap();
    let after = pool_is_whole_and_clean(&db, CONNECTIONS).await;
    assert_eq!(after.iter().filter(|backend| before.contains(backend)).count(), CONNECTIONS - 1);
    assert_eq!(db.tenant(&ada).fetch_all(note_count()).await.unwrap(), [(0,)]);
}

#[tokio::test]
async fn transactions_dropped_within_a_long_statement_are_thrown_away() {
    let test = TestDatabase::new().await;
    let db = pool(&test);
    let admin = test.admin().await;
    let before = pool_is_whole_and_clean(&db, CONNECTIONS).await;
    let handlers: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            // One for each tenant, because no tenant gets every connection.
            let (db, caller) = (db.clone(), test.caller());
            tokio::spawn(async move { db.tenant(&caller).begin().await.unwrap().fetch_one(pause(60.0)).await })
        })
        .collect();
    eventually("all are paused", async || pauses(&admin).await == 3).await;
    handlers.iter().for_each(tokio::task::JoinHandle::abort);
    let since = Instant::now();
    let after = pool_is_whole_and_clean(&db, CONNECTIONS).await;
    println!("the pool was whole again {:?} after {CONNECTIONS} were dropped within a statement", since.elapsed());
    assert!(after.iter().all(|backend| !before.contains(backend)), "a connection came back in mid-statement");
}

/// A dropped flight leaves no tenant behind, but its connection is busy; the next user would have to wait for the whole
/// of a statement whose result is no longer needed.
#[tokio::test]
async fn a_flight_dropped_within_a_long_statement_does_not_hold_up_the_next_user() {
    let test = TestDatabase::new().await;
    let db = test.pool(1);
    let ada = test.caller();
    let admin = test.admin().await;
    let before = pool_is_whole_and_clean(&db, 1).await;
    let handler = {
        let (db, ada) = (db.clone(), ada.clone());
        tokio::spawn(async move { db.tenant(&ada).fetch_all(pause(12.0)).await })
    };
    eventually("it is paused", async || pauses(&admin).await == 1).await;
    handler.abort();
    let since = Instant::now();
    let after = pool_is_whole_and_clean(&db, 1).await;
    println!("the next user waited {:?} for an abandoned flight", since.elapsed());
    assert_ne!(after, before, "the next user got its connection when the statement had ended");
}

#[tokio::test]
async fn backends_that_are_ended_are_replaced() {
    let test = TestDatabase::new().await;
    let db = pool(&test);
    let ada = test.caller();
    let before = pool_is_whole_and_clean(&db, CONNECTIONS).await;
    let mut tx = db.tenant(&ada).begin().await.unwrap();
    tx.execute(note_insert(ada.tenant(), "never")).await.unwrap();
    let end = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
    test.admin().await.batch_execute(end).await.unwrap();
    let lost = tx.execute(note_insert(ada.tenant(), "never")).await.unwrap_err();
    assert!(lost.is(codes::UNAVAILABLE), "{lost:?}");
    assert!(tx.commit().await.is_err());
    // The pool notices a terminated backend a moment later.
    eventually("the pool answers again", async || db.tenant(&ada).fetch_all(context()).await.is_ok()).await;
    eventually("the dead are gone", async || db.connections().1 <= 1).await;
    let after = pool_is_whole_and_clean(&db, CONNECTIONS).await;
    assert!(after.iter().all(|backend| !before.contains(backend)));
    assert_eq!(db.tenant(&ada).fetch_all(note_count()).await.unwrap(), [(0,)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_was_restarted_is_found_again() {
    let cluster = Cluster::private("restarted");
    let test = TestDatabase::on(Arc::clone(&cluster)).await;
    let db = pool(&test);
    let ada = test.caller();
    pool_is_whole_and_clean(&db, CONNECTIONS).await;
    db.tenant(&ada).execute(note_insert(ada.tenant(), "kept")).await.unwrap();
    let mut tx = db.tenant(&ada).begin().await.unwrap();
    tx.execute(note_insert(ada.tenant(), "lost")).await.unwrap();

    drop(cluster);
    let test = test.restart("restarted");
    let lost = tx.execute(note_insert(ada.tenant(), "lost")).await.unwrap_err();
    assert!(lost.is(codes::UNAVAILABLE), "{lost:?}");
    drop(tx);
    eventually("the pool answers again", async || db.tenant(&ada).fetch_all(context()).await.is_ok()).await;
    pool_is_whole_and_clean(&db, CONNECTIONS).await;
    assert_eq!(db.tenant(&ada).fetch_all(note_count()).await.unwrap(), [(1,)]);
    drop(test);
}
