//! Through PgBouncer in transaction mode, where each transaction may go over another connection.

use std::time::Instant;

use freehold_core::Caller;
use freehold_db::{Db, Migrator};

use super::probe::{context, note_count, note_insert, note_list};
use crate::harness::{Pooler, TestDatabase, schema, settings};

const TASKS: usize = 16;
const ROUNDS: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_tasks_of_two_tenants_never_cross() {
    let test = TestDatabase::new().await;
    let pooler = Pooler::start(test.cluster()).await;
    let db = Db::new(&settings(pooler.url("freehold_server", test.name()), TASKS), test.ids.clone()).unwrap();
    let callers = [test.caller(), test.caller()];
    let since = Instant::now();
    let tasks: Vec<_> =
        (0..TASKS).map(|task| tokio::spawn(work(db.clone(), callers[task % 2].clone(), task))).collect();
    for task in tasks {
        task.await.unwrap();
    }
    println!("{} transactions through PgBouncer in {:?}", TASKS * ROUNDS * 2, since.elapsed());
    for caller in &callers {
        let (notes,) = db.tenant(caller).fetch_optional(note_count()).await.unwrap().unwrap();
        assert_eq!(usize::try_from(notes).unwrap(), ROUNDS);
    }
}

/// Two transactions a round, one of each form. An eighth of the interactive ones is dropped, an eighth is committed.
async fn work(db: Db, caller: Caller, task: usize) {
    let tenant = caller.tenant();
    for round in 0..ROUNDS {
        let found = db.tenant(&caller).fetch_optional(context()).await.unwrap().unwrap();
        assert_eq!((found.role.as_str(), found.tenant), ("freehold_app", Some(tenant.to_string())));
        let mut tx = db.tenant(&caller).begin().await.unwrap();
        for (owner, _) in tx.fetch_all(note_list()).await.unwrap() {
            assert_eq!(owner, tenant, "another tenant's note");
        }
        if round % 8 < 2 {
            tx.execute(note_insert(tenant, &format!("{task} {round}"))).await.unwrap();
        }
        if round % 8 == 0 {
            drop(tx);
        } else {
            tx.commit().await.unwrap();
        }
        if round % 10 == 0 {
            let found = db.system("test").fetch_optional(context()).await.unwrap().unwrap();
            assert_eq!((found.role.as_str(), found.tenant.unwrap_or_default()), ("freehold_system", String::new()));
        }
    }
}

#[tokio::test]
async fn migrations_go_through_it() {
    let test = TestDatabase::empty().await;
    let pooler = Pooler::start(test.cluster()).await;
    let through = settings(pooler.url("postgres", test.name()), 1);
    let mut migrator = Migrator::connect(&through, Some("freehold_server")).await.unwrap();
    let sets = schema::migration_sets(&schema::NO_PRODUCT);
    let migrated = migrator.migrate(&sets).await.unwrap();
    assert_eq!(migrated.applied.len(), sets.iter().map(|set| set.migrations.len()).sum::<usize>());
    let again = Migrator::connect(&through, None).await.unwrap().migrate(&sets).await.unwrap();
    assert_eq!((again.applied.len(), again.known), (0, migrated.applied.len()));

    let db = Db::new(&settings(pooler.url("freehold_server", test.name()), 4), test.ids.clone()).unwrap();
    freehold_db::canary(&db).await.unwrap();
}
