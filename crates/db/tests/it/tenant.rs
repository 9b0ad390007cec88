//! The two forms of a tenant's transaction.

use freehold_core::{Caller, codes};
use freehold_db::{Db, PoolSettings, Query, Row, StatementCache};

use super::probe::{
    context, divide, note_count, note_delete, note_give, note_insert, note_list, note_update, pool_is_whole_and_clean,
};
use crate::harness::{TestDatabase, sqlstate};

/// The two forms. Both have the same guarantees.
#[derive(Clone, Copy, Debug)]
enum Form {
    OneFlight,
    Interactive,
}

const FORMS: [Form; 2] = [Form::OneFlight, Form::Interactive];

impl Form {
    async fn execute(self, db: &Db, caller: &Caller, query: Query<()>) -> freehold_core::Result<u64> {
        match self {
            Self::OneFlight => db.tenant(caller).execute(query).await,
            Self::Interactive => {
                let mut tx = db.tenant(caller).begin().await?;
                let changed = tx.execute(query).await?;
                tx.commit().await?;
                Ok(changed)
            }
        }
    }

    async fn fetch_all<R: Row>(self, db: &Db, caller: &Caller, query: Query<R>) -> Vec<R> {
        match self {
            Self::OneFlight => db.tenant(caller).fetch_all(query).await.unwrap(),
            Self::Interactive => db.tenant(caller).begin().await.unwrap().fetch_all(query).await.unwrap(),
        }
    }
}

#[tokio::test]
async fn a_tenant_sees_its_own_rows_and_no_others() {
    let test = TestDatabase::new().await;
    for form in FORMS {
        let (ada, bob) = (test.caller(), test.caller());
        form.execute(&test.db, &ada, note_insert(ada.tenant(), "of Ada")).await.unwrap();
        form.execute(&test.db, &bob, note_insert(bob.tenant(), "of Bob")).await.unwrap();
        for (caller, body) in [(&ada, "of Ada"), (&bob, "of Bob")] {
            assert_eq!(form.fetch_all(&test.db, caller, note_list()).await, [(caller.tenant(), body.to_owned())]);
            assert_eq!(form.fetch_all(&test.db, caller, note_count()).await, [(1,)]);
        }
        assert_eq!(form.fetch_all(&test.db, &test.caller(), note_list()).await, [], "{form:?}");
    }
}

#[tokio::test]
async fn a_tenant_writes_only_its_own_rows() {
    let test = TestDatabase::new().await;
    for form in FORMS {
        let (ada, bob) = (test.caller(), test.caller());
        form.execute(&test.db, &ada, note_insert(ada.tenant(), "of Ada")).await.unwrap();
        let refused = form.execute(&test.db, &bob, note_insert(ada.tenant(), "of Bob")).await.unwrap_err();
        assert_eq!(sqlstate(&refused), Some("42501"), "{form:?}: {refused:?}");
        assert!(refused.is(codes::INTERNAL), "nobody but ourselves can be to blame: {refused:?}");
        assert_eq!(form.execute(&test.db, &bob, note_update(ada.tenant(), "changed")).await.unwrap(), 0);
        assert_eq!(form.execute(&test.db, &bob, note_delete(ada.tenant())).await.unwrap(), 0);

        let given_away = form.execute(&test.db, &ada, note_give(bob.tenant())).await.unwrap_err();
        assert_eq!(sqlstate(&given_away), Some("42501"), "{form:?}: {given_away:?}");
        assert_eq!(form.fetch_all(&test.db, &ada, note_list()).await, [(ada.tenant(), "of Ada".to_owned())]);
        assert_eq!(form.fetch_all(&test.db, &bob, note_count()).await, [(0,)]);
    }
}

#[tokio::test]
async fn without_a_tenant_there_are_no_rows() {
    let test = TestDatabase::new().await;
    let ada = test.caller();
    test.db.tenant(&ada).execute(note_insert(ada.tenant(), "of Ada")).await.unwrap();

    let login = test.server_login().await;
    let denied = login.query("select from it.notes", &[]).await.unwrap_err();
    assert_eq!(sqlstate(&denied), Some("42501"), "the login is nothing without a role");
    for role in ["freehold_app", "freehold_readonly"] {
        for tenant in ["reset freehold.tenant_id", "set freehold.tenant_id = ''"] {
            login.batch_execute(&format!("set role {role}; {tenant}")).await.unwrap();
            assert!(login.query("select from it.notes", &[]).await.unwrap().is_empty(), "{role}, {tenant}");
        }
        login.batch_execute("set freehold.tenant_id = 'everybody'").await.unwrap();
        let senseless = login.query("select from it.notes", &[]).await.unwrap_err();
        assert_eq!(sqlstate(&senseless), Some("22P02"), "{role}");
    }
    for sql in ["set role freehold_owner", "set role postgres", "set role service_role", "set role authenticated"] {
        assert_eq!(sqlstate(&login.batch_execute(sql).await.unwrap_err()), Some("42501"), "{sql}");
    }
    let system = test.db.system("test").fetch_all(note_list()).await.unwrap_err();
    assert_eq!(sqlstate(&system), Some("42501"), "the system sees what was granted to it, and notes were not");
}

#[tokio::test]
async fn a_transaction_knows_who_asks() {
    let test = TestDatabase::new().await;
    let ada = test.caller();
    for form in FORMS {
        let found = form.fetch_all(&test.db, &ada, context()).await.remove(0);
        assert_eq!(found.role, "freehold_app");
        assert_eq!(found.tenant, Some(ada.tenant().to_string()));
        let claims: serde_json::Value = serde_json::from_str(&found.claims.unwrap()).unwrap();
        assert_eq!(claims["sub"], ada.user().unwrap().to_string());
        assert_eq!(claims["tenant_role"], "owner");
    }
}

#[tokio::test]
async fn a_commit_makes_lasting_and_a_drop_undoes() {
    let test = TestDatabase::new().await;
    let ada = test.caller();
    let mut tx = test.db.tenant(&ada).begin().await.unwrap();
    tx.execute(note_insert(ada.tenant(), "1")).await.unwrap();
    tx.execute(note_insert(ada.tenant(), "2")).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = test.db.tenant(&ada).begin().await.unwrap();
    tx.execute(note_insert(ada.tenant(), "3")).await.unwrap();
    assert_eq!(tx.fetch_one(note_count()).await.unwrap(), (3,));
    drop(tx);
    assert_eq!(test.db.tenant(&ada).fetch_all(note_count()).await.unwrap(), [(2,)]);

    let nothing = test.db.tenant(&ada).begin().await.unwrap();
    nothing.commit().await.unwrap();
}

#[tokio::test]
async fn a_commit_after_a_failed_statement_is_an_error() {
    let test = TestDatabase::new().await;
    let ada = test.caller();
    let mut tx = test.db.tenant(&ada).begin().await.unwrap();
    tx.execute(note_insert(ada.tenant(), "1")).await.unwrap();
    assert_eq!(sqlstate(&tx.fetch_one(divide(0)).await.unwrap_err()), Some("22012"));
    assert!(tx.commit().await.is_err());
    assert_eq!(test.db.tenant(&ada).fetch_all(note_count()).await.unwrap(), [(0,)]);
}

#[tokio::test]
async fn two_answers_come_together() {
    let test = TestDatabase::new().await;
    let ada = test.caller();
    test.db.tenant(&ada).execute(note_insert(ada.tenant(), "1")).await.unwrap();
    let mut tx = test.db.tenant(&ada).begin().await.unwrap();
    for _ in 0..2 {
        let (count, notes) = tx.fetch_both(note_count(), note_list()).await.unwrap();
        assert_eq!((count, notes), (vec![(1,)], vec![(ada.tenant(), "1".to_owned())]));
    }
    // The statement that fails is the one that is reported.
    assert_eq!(sqlstate(&tx.fetch_both(note_count(), divide(0)).await.unwrap_err()), Some("22012"));
    assert!(tx.commit().await.is_err());
    let mut tx = test.db.tenant(&ada).begin().await.unwrap();
    assert_eq!(sqlstate(&tx.fetch_both(divide(0), note_count()).await.unwrap_err()), Some("22012"));
    assert!(tx.commit().await.is_err());
}

#[tokio::test]
async fn what_is_sent_together_is_done_together() {
    let test = TestDatabase::new().await;
    let (ada, eve) = (test.caller(), test.caller());
    let settings = test.settings(2);
    for cache in [StatementCache::Off, StatementCache::On] {
        let pool = PoolSettings { statement_cache: cache, ..settings.pool };
        let db = Db::new(&settings.clone().with_pool(pool), test.ids.clone()).unwrap();
        for known in [false, true] {
            let mut tx = db.tenant(&ada).begin().await.unwrap();
            let notes = ["1", "2", "3"].map(|body| note_insert(ada.tenant(), body));
            tx.execute_all(&notes).await.unwrap();
            tx.execute_all(&[note_delete(ada.tenant())]).await.unwrap();
            tx.execute_all(&[]).await.unwrap();
            tx.execute_all(&notes).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(db.tenant(&ada).fetch_all(note_count()).await.unwrap(), [(3,)], "{cache:?}, {known}");
            db.tenant(&ada).execute(note_delete(ada.tenant())).await.unwrap();

            // When one fails, it is the one that is reported, and none of them has an effect.
            let mut tx = db.tenant(&ada).begin().await.unwrap();
            let with_a_strangers =
                [note_insert(ada.tenant(), "1"), note_insert(eve.tenant(), "2"), note_update(ada.tenant(), "3")];
            assert_eq!(sqlstate(&tx.execute_all(&with_a_strangers).await.unwrap_err()), Some("42501"));
            assert!(tx.commit().await.is_err());
            assert_eq!(db.tenant(&ada).fetch_all(note_count()).await.unwrap(), [(0,)]);
        }
    }
}

#[tokio::test]
async fn a_commit_with_a_statement_that_fails_keeps_nothing_and_leaves_nothing_open() {
    let test = TestDatabase::new().await;
    let settings = test.settings(1);
    for cache in [StatementCache::Off, StatementCache::On] {
        let pool = PoolSettings { statement_cache: cache, ..settings.pool };
        let db = Db::new(&settings.clone().with_pool(pool), test.ids.clone()).unwrap();
        let tenant = test.caller().tenant();
        for _ in 0..2 {
            // A system transaction cannot write a tenant's rows.
            let tx = db.system("test").begin().await.unwrap();
            let refused = tx.commit_with(&[note_insert(tenant, "1"), note_delete(tenant)]).await.unwrap_err();
            assert_eq!(sqlstate(&refused), Some("42501"), "{cache:?}");
            pool_is_whole_and_clean(&db, 1).await;
            let tx = db.system("test").begin().await.unwrap();
            tx.commit_with(&[]).await.unwrap();
            let many: Vec<_> = (0..31).map(|_| note_delete(tenant)).collect();
            assert!(db.system("test").begin().await.unwrap().commit_with(&many).await.is_err());
            pool_is_whole_and_clean(&db, 1).await;
        }
    }
}

/// A caller that gives up on a statement does not know its result. Had it failed, Postgres would answer the commit with
/// a rollback and no error.
#[tokio::test]
async fn a_commit_after_an_abandoned_statement_is_an_error() {
    let test = TestDatabase::new().await;
    let ada = test.caller();
    let mut tx = test.db.tenant(&ada).begin().await.unwrap();
    tx.execute(note_insert(ada.tenant(), "1")).await.unwrap();
    {
        let doomed = tx.fetch_one(divide(0));
        // Polled once, which sends it, and dropped.
        let abandoned = futures_util::future::select(Box::pin(doomed), std::future::ready(())).await;
        assert!(matches!(abandoned, futures_util::future::Either::Right(_)), "answered before it was dropped");
    }
    assert!(tx.commit().await.is_err(), "told that it was committed, and it was not");
    assert_eq!(test.db.tenant(&ada).fetch_all(note_count()).await.unwrap(), [(0,)]);
}

#[tokio::test]
async fn a_suspended_tenant_reads_and_each_write_is_refused_by_the_database() {
    let test = TestDatabase::new().await;
    let ada = test.caller();
    test.db.tenant(&ada).execute(note_insert(ada.tenant(), "before")).await.unwrap();
    let suspended = test.suspended(&ada);
    for form in FORMS {
        assert_eq!(form.fetch_all(&test.db, &suspended, note_count()).await, [(1,)]);
        let writes = [
            note_insert(ada.tenant(), "x"),
            note_update(ada.tenant(), "x"),
            note_delete(ada.tenant()),
            note_give(ada.tenant()),
        ];
        for write in writes {
            let refused = form.execute(&test.db, &suspended, write).await.unwrap_err();
            assert!(refused.is(codes::SUBSCRIPTION_SUSPENDED), "{form:?}: {refused:?}");
            assert_eq!(sqlstate(&refused), Some("42501"), "{form:?}: it was not the database that refused");
        }
    }
    assert_eq!(test.db.tenant(&ada).fetch_all(note_list()).await.unwrap(), [(ada.tenant(), "before".to_owned())]);
}
