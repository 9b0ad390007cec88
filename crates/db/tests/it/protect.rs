//! `freehold.protect`, with which every tenant table is created.

use tokio_postgres::Client;

use super::probe::note_insert;
use crate::harness::{TestDatabase, sqlstate};

async fn as_owner(test: &TestDatabase) -> Client {
    let admin = test.admin().await;
    admin.batch_execute("set role freehold_owner").await.unwrap();
    admin
}

/// Names and expressions of a table's policies.
async fn policies(admin: &Client, table: &str) -> Vec<String> {
    let list = "select polname || ' ' || polcmd::text || ' ' || coalesce(pg_get_expr(polqual, polrelid), '')
                    || ' ' || coalesce(pg_get_expr(polwithcheck, polrelid), '')
                from pg_policy where polrelid = $1::text::regclass order by polname";
    admin.query(list, &[&table]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn a_table_without_a_tenant_is_refused() {
    let test = TestDatabase::new().await;
    let owner = as_owner(&test).await;
    for columns in ["id int", "tenant_id uuid", "tenant_id text not null"] {
        owner
            .batch_execute(&format!("drop table if exists it.wrong; create table it.wrong ({columns})"))
            .await
            .unwrap();
        let refused = owner.batch_execute("select freehold.protect('it.wrong')").await.unwrap_err();
        let message = refused.as_db_error().unwrap().message().to_owned();
        assert!(message.contains("it.wrong") && message.contains("tenant_id uuid not null"), "{message}");
    }
    let senseless = owner.batch_execute("select freehold.protect('it.notes', system => 'all')").await.unwrap_err();
    assert!(senseless.as_db_error().unwrap().message().contains("expected none, read or write"));
    let login = test.server_login().await;
    login.batch_execute("set role freehold_app").await.unwrap();
    let denied = login.batch_execute("select freehold.protect('it.notes')").await.unwrap_err();
    assert_eq!(sqlstate(&denied), Some("42501"));
}

#[tokio::test]
async fn calling_it_again_restores_what_was_broken() {
    let test = TestDatabase::new().await;
    let owner = as_owner(&test).await;
    let whole = policies(&owner, "it.notes").await;
    assert_eq!(whole.len(), 6, "{whole:?}");
    let broken = [
        "select 1",
        "alter policy freehold_select on it.notes using (true)",
        "drop policy freehold_delete on it.notes",
        "alter table it.notes disable row level security",
        "alter table it.notes no force row level security",
        "grant all on it.notes to anon, public; revoke select on it.notes from freehold_app",
    ];
    for sql in broken {
        owner.batch_execute(sql).await.unwrap();
        owner.batch_execute("select freehold.protect('it.notes')").await.unwrap();
        assert_eq!(policies(&owner, "it.notes").await, whole, "after {sql}");
        freehold_db::canary(&test.db).await.unwrap();
    }
    let anon: bool =
        owner.query_one("select has_table_privilege('anon', 'it.notes', 'select')", &[]).await.unwrap().get(0);
    assert!(!anon);
    let ada = test.caller();
    test.db.tenant(&ada).execute(note_insert(ada.tenant(), "works")).await.unwrap();
    let indexes = "select count(*) from pg_index where indrelid = 'it.notes'::regclass";
    assert_eq!(owner.query_one(indexes, &[]).await.unwrap().get::<_, i64>(0), 2, "the index was there: no second one");
}

#[tokio::test]
async fn the_index_begins_with_the_tenant() {
    let test = TestDatabase::new().await;
    let owner = as_owner(&test).await;
    let make = "create table it.things (id int primary key, tenant_id uuid not null);
                create index on it.things (id, tenant_id);
                create index on it.things (tenant_id) where id > 0;
                select freehold.protect('it.things')";
    owner.batch_execute(make).await.unwrap();
    let made = "select count(*) from pg_indexes where tablename = 'things' and indexdef like '%(tenant_id)'";
    assert_eq!(owner.query_one(made, &[]).await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test]
async fn a_signed_in_client_reads_its_tenants_and_writes_nothing() {
    let test = TestDatabase::new().await;
    let (ada, bob) = (test.person().await, test.person().await);
    let (first, second, of_bob) = (test.tenant(ada).await, test.tenant(ada).await, test.tenant(bob).await);
    let admin = test.admin().await;
    for tenant in [first, second, of_bob] {
        admin.execute("insert into it.notes (tenant_id, body) values ($1, 'x')", &[&tenant.uuid()]).await.unwrap();
    }
    let sign_in = |person| format!(r#"set role authenticated; set request.jwt.claims = '{{"sub":"{person}"}}'"#);
    let notes = async || {
        let rows = admin.query("select tenant_id from it.notes order by tenant_id", &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect::<Vec<uuid::Uuid>>()
    };
    admin.batch_execute(&sign_in(ada)).await.unwrap();
    assert_eq!(notes().await, [first.uuid(), second.uuid()]);
    let tenants = admin.query("select from freehold.tenants", &[]).await.unwrap();
    assert_eq!(tenants.len(), 2);
    // A session that has set a tenant counts as a request, and any client can set one.
    admin.batch_execute(&format!("set freehold.tenant_id = '{of_bob}'")).await.unwrap();
    assert_eq!(notes().await, [first.uuid(), second.uuid()], "the setting opened another tenant");
    for write in [
        format!("insert into it.notes (tenant_id, body) values ('{first}', 'y')"),
        "update it.notes set body = 'y'".to_owned(),
        "delete from it.notes".to_owned(),
        "select * from freehold.canary".to_owned(),
        "select * from freehold.usage_drift".to_owned(),
        "select freehold.isolation_faults()".to_owned(),
    ] {
        let answer = admin.batch_execute(&write).await;
        assert_eq!(answer.as_ref().err().and_then(|error| sqlstate(error)), Some("42501"), "{write}: {answer:?}");
    }
    admin.batch_execute(&sign_in(bob)).await.unwrap();
    assert_eq!(notes().await, [of_bob.uuid()]);
    admin.batch_execute("set request.jwt.claims = ''").await.unwrap();
    assert!(notes().await.is_empty(), "nobody signed in");

    admin.batch_execute("set role anon").await.unwrap();
    assert_eq!(sqlstate(&admin.query("select from it.notes", &[]).await.unwrap_err()), Some("42501"));
    assert_eq!(sqlstate(&admin.query("select freehold.my_tenants()", &[]).await.unwrap_err()), Some("42501"));
}
