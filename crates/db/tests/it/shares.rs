//! One tenant's load does not make other tenants wait: which tenant gets the next connection.

use std::sync::{Arc, Mutex};

use freehold_core::{Caller, codes};
use freehold_db::{Db, PoolSettings};
use tokio::{sync::Barrier, task::JoinHandle};

use super::probe::{context, note_count, note_insert, note_update};
use crate::harness::{TestDatabase, eventually};

/// Number of statements of this test's database that wait for a lock.
async fn waiting_for_locks(admin: &tokio_postgres::Client) -> i64 {
    let waiting =
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    admin.query_one(waiting, &[]).await.unwrap().get(0)
}

fn writes(db: &Db, caller: &Caller, count: usize) -> Vec<JoinHandle<freehold_core::Result<u64>>> {
    let write = |number: usize| {
        let (db, caller) = (db.clone(), caller.clone());
        tokio::spawn(async move {
            db.tenant(&caller).execute(note_update(caller.tenant(), &format!("write {number}"))).await
        })
    };
    (0..count).map(write).collect()
}

#[tokio::test]
async fn another_tenant_gets_a_connection_while_one_tenant_holds_all_of_its_share() {
    let test = TestDatabase::new().await;
    let db = test.pool(8);
    let (ada, ben) = (test.caller(), test.caller());
    db.tenant(&ada).execute(note_insert(ada.tenant(), "contended")).await.unwrap();
    let (admin, mut holder) = (test.admin().await, test.admin().await);
    let lock = holder.transaction().await.unwrap();
    lock.batch_execute("update it.notes set body = 'held'").await.unwrap();

    let writes = writes(&db, &ada, 200);
    eventually("the writes hold the share", async || waiting_for_locks(&admin).await == 3).await;

    // All of these would wait for Ada's lock if they had to wait for Ada's connections.
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut tx = db.tenant(&ben).begin().await.unwrap();
        tx.fetch_one(context()).await.unwrap();
        held.push(tx);
    }
    let mut lookup = db.system("test").begin().await.unwrap();
    assert_eq!(lookup.fetch_one(context()).await.unwrap().role, "freehold_system");
    let work = Caller::system(ada.tenant(), "test", ada.plan().clone(), ada.standing());
    assert_eq!(
        db.tenant(&work).fetch_all(note_count()).await.unwrap(),
        [(1,)],
        "her jobs do not wait for her requests"
    );
    assert_eq!(waiting_for_locks(&admin).await, 3, "her share has not grown");
    drop((held, lookup));

    lock.rollback().await.unwrap();
    for write in writes {
        assert_eq!(write.await.unwrap().unwrap(), 1, "all of her writes are done");
    }
}

#[tokio::test]
async fn tenants_that_wait_take_turns() {
    let test = TestDatabase::new().await;
    let db = test.pool(1);
    let (ada, ben, cem) = (test.caller(), test.caller(), test.caller());
    let held = db.system("test").begin().await.unwrap();
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut waiting = Vec::new();
    for (name, caller) in [("ada 1", &ada), ("ada 2", &ada), ("ada 3", &ada), ("ben", &ben), ("cem", &cem)] {
        let (db, caller, order) = (db.clone(), caller.clone(), Arc::clone(&order));
        waiting.push(tokio::spawn(async move {
            let mut tx = db.tenant(&caller).begin().await.unwrap();
            order.lock().unwrap().push(name);
            tx.fetch_one(context()).await.unwrap();
            tx.commit().await.unwrap();
        }));
        // On this runtime's only thread the task runs until it waits.
        tokio::task::yield_now().await;
    }
    drop(held);
    for task in waiting {
        task.await.unwrap();
    }
    assert_eq!(*order.lock().unwrap(), ["ada 1", "ben", "cem", "ada 2", "ada 3"]);
}

/// Each holds a connection, and requests a second one while all the others do so too.
#[tokio::test]
async fn transactions_that_need_a_second_connection_never_wait_for_each_other() {
    let test = TestDatabase::new().await;
    let db = test.pool(4);
    let (ada, ben) = (test.caller(), test.caller());
    // As many as may begin: Ada's whole share, and one of another tenant.
    let callers = [ada.clone(), ada, ben];
    let all_hold = Arc::new(Barrier::new(callers.len()));
    let mut number = 0;
    let tasks = callers.map(|caller| {
        number += 1;
        let (db, all_hold) = (db.clone(), Arc::clone(&all_hold));
        tokio::spawn(async move {
            let mut outer = db.tenant(&caller).begin().await.unwrap();
            outer.execute(note_insert(caller.tenant(), &format!("outer {number}"))).await.unwrap();
            all_hold.wait().await;
            let mut inner = db.tenant(&caller).begin().await.unwrap();
            inner.execute(note_insert(caller.tenant(), &format!("inner {number}"))).await.unwrap();
            inner.commit().await.unwrap();
            db.system("test").fetch_all(context()).await.unwrap();
            outer.commit().await.unwrap();
        })
    });
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn a_tenant_that_waits_for_itself_is_told_so_and_no_other_is_refused() {
    let test = TestDatabase::new().await;
    let pool = PoolSettings { connections: 8, wait: std::time::Duration::from_secs(2), ..PoolSettings::default() };
    let db = Db::new(&test.settings(8).with_pool(pool), test.ids.clone()).unwrap();
    let (ada, ben) = (test.caller(), test.caller());
    db.tenant(&ada).execute(note_insert(ada.tenant(), "contended")).await.unwrap();
    let mut holder = test.admin().await;
    let lock = holder.transaction().await.unwrap();
    lock.batch_execute("update it.notes set body = 'held'").await.unwrap();

    let mut messages = Vec::new();
    for write in writes(&db, &ada, 40) {
        let error = write.await.unwrap().unwrap_err();
        assert!(error.is(codes::UNAVAILABLE) && error.retry_after().is_some(), "{error:?}");
        messages.push(error.message().to_owned());
        db.tenant(&ben).fetch_all(note_count()).await.unwrap();
    }
    let told = |what: &str| messages.iter().filter(|message| message.contains(what)).count();
    // Those that held the share waited for the lock, whose timeout is shorter than the others' for a connection.
    assert!(told("changing the same data") > 0, "{messages:?}");
    assert!(told("requests of your organization") > 0, "{messages:?}");
    assert_eq!(told("changing the same data") + told("requests of your organization"), 40, "{messages:?}");
}
