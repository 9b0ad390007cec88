//! Connections that cache prepared statements keep no tenant.

use freehold_core::{Caller, Result, Standing, codes};
use freehold_db::{Db, PoolSettings, StatementCache};

use super::probe::{divide, note_count, note_insert, note_list, pool_is_whole_and_clean, prepared_count};
use crate::harness::{TestDatabase, sqlstate};

/// One connection, so that all users share its statements.
fn one_connection(test: &TestDatabase) -> Db {
    let settings = test.settings(1);
    let pool = PoolSettings { statement_cache: StatementCache::On, ..settings.pool };
    Db::new(&settings.with_pool(pool), test.ids.clone()).unwrap()
}

async fn kept(db: &Db) -> i64 {
    db.system("test").fetch_optional(prepared_count()).await.unwrap().unwrap().0
}

async fn insert(db: &Db, caller: &Caller, body: &str) -> Result<u64> {
    db.tenant(caller).execute(note_insert(caller.tenant(), body)).await
}

#[tokio::test]
async fn a_statement_that_one_tenant_sent_shows_the_next_its_own_rows() {
    let test = TestDatabase::new().await;
    let db = one_connection(&test);
    let (ada, bob) = (test.caller(), test.caller());
    for round in 0..10 {
        for caller in [&ada, &bob] {
            insert(&db, caller, &format!("{round} {}", caller.tenant())).await.unwrap();
            let rows = db.tenant(caller).fetch_all(note_list()).await.unwrap();
            assert_eq!(rows.len(), round + 1);
            assert!(rows.iter().all(|(tenant, _)| *tenant == caller.tenant()));
            let mut tx = db.tenant(caller).begin().await.unwrap();
            assert_eq!(tx.fetch_all(note_list()).await.unwrap(), rows);
            tx.commit().await.unwrap();
        }
        assert_eq!(db.tenant(&test.caller()).fetch_all(note_count()).await.unwrap(), [(0,)]);
    }
    assert!(kept(&db).await >= 3, "nothing was kept");
}

#[tokio::test]
async fn a_statement_that_was_sent_in_good_standing_is_refused_when_suspended() {
    let test = TestDatabase::new().await;
    let db = one_connection(&test);
    let ada = test.caller();
    for _ in 0..8 {
        insert(&db, &ada, &format!("{}", ada.tenant())).await.ok();
    }
    let suspended = test.suspended(&ada);
    assert_eq!(suspended.standing(), Standing::Suspended);
    let refused = insert(&db, &suspended, "never").await.unwrap_err();
    assert!(refused.is(codes::SUBSCRIPTION_SUSPENDED), "{refused:?}");
    assert_eq!(db.tenant(&suspended).fetch_all(note_count()).await.unwrap(), [(1,)]);
    insert(&db, &ada, "again").await.unwrap();
}

#[tokio::test]
async fn a_statement_that_cannot_be_prepared_leaves_no_transaction_open() {
    let test = TestDatabase::new().await;
    let db = one_connection(&test);
    let ada = test.caller();
    let before = pool_is_whole_and_clean(&db, 1).await;
    let admin = test.admin().await;
    for _ in 0..3 {
        admin.batch_execute("alter table it.notes rename to elsewhere").await.unwrap();
        let error = db.tenant(&ada).fetch_all(note_list()).await.unwrap_err();
        assert_eq!(sqlstate(&error), Some("42P01"), "{error:?}");
        assert!(db.tenant(&ada).begin().await.unwrap().fetch_all(note_list()).await.is_err());
        assert!(db.tenant(&ada).fetch_all(divide(0)).await.is_err());
        admin.batch_execute("alter table it.elsewhere rename to notes").await.unwrap();
        insert(&db, &ada, "kept").await.ok();
    }
    assert_eq!(db.tenant(&ada).fetch_all(note_count()).await.unwrap(), [(1,)], "each note was committed on its own");
    assert_eq!(pool_is_whole_and_clean(&db, 1).await, before, "the connection is still the same");
}

#[tokio::test]
async fn a_table_that_changes_under_a_prepared_statement_costs_no_request() {
    let test = TestDatabase::new().await;
    let db = one_connection(&test);
    let ada = test.caller();
    insert(&db, &ada, "one").await.unwrap();
    let admin = test.admin().await;
    for kind in ["varchar(200)", "text"] {
        for _ in 0..6 {
            db.tenant(&ada).fetch_all(note_list()).await.unwrap();
        }
        admin.batch_execute(&format!("alter table it.notes alter column body type {kind}")).await.unwrap();
        // A single flight is retried; a transaction that has read already is not, and the caller is told to retry.
        assert_eq!(db.tenant(&ada).fetch_all(note_list()).await.unwrap().len(), 1);
        db.tenant(&ada).fetch_all(note_list()).await.unwrap();
    }
    admin.batch_execute("alter table it.notes alter column body type varchar(100)").await.unwrap();
    let error = db.tenant(&ada).begin().await.unwrap().fetch_all(note_list()).await.unwrap_err();
    assert!(error.is(codes::UNAVAILABLE), "{error:?}");
    assert_eq!(db.tenant(&ada).begin().await.unwrap().fetch_all(note_list()).await.unwrap().len(), 1);
}
