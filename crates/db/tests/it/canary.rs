//! The server refuses to start when tenants are not isolated.

use freehold_db::{canary, faults};
use tokio_postgres::Client;

use crate::harness::{Cluster, TestDatabase};

#[tokio::test]
async fn a_clean_database_has_no_faults() {
    let test = TestDatabase::new().await;
    assert_eq!(faults(&test.db).await.unwrap(), [] as [String; 0]);
    canary(&test.db).await.unwrap();
    canary(&test.db).await.unwrap();
}

/// What breaks the isolation, what repairs it, and what the error must say.
const LEAKS: &[(&str, &str, &[&str])] = &[
    (
        "alter policy freehold_select on it.notes using (true)",
        "select freehold.protect('it.notes')",
        &["it.notes", "freehold_select", "true"],
    ),
    (
        "alter policy freehold_select on freehold.canary using (true)",
        "select freehold.protect('freehold.canary', clients => false)",
        &["freehold.canary", "freehold_select", "sees 2 canaries"],
    ),
    (
        "alter policy freehold_update on it.notes using (tenant_id is not null)",
        "select freehold.protect('it.notes')",
        &["it.notes", "freehold_update", "tenant_id IS NOT NULL"],
    ),
    (
        "alter policy freehold_insert on freehold.canary with check (true)",
        "select freehold.protect('freehold.canary', clients => false)",
        &["freehold.canary", "freehold_insert", "wrote a row for the other"],
    ),
    (
        "create policy everybody on it.notes using (true)",
        "drop policy everybody on it.notes",
        &["it.notes", "policy everybody"],
    ),
    (
        "create policy debugging on it.notes for select to freehold_app using (true)",
        "drop policy debugging on it.notes",
        &["it.notes", "policy debugging"],
    ),
    (
        "create policy looking on it.notes for select to anon using (true)",
        "drop policy looking on it.notes",
        &["it.notes", "policy looking"],
    ),
    (
        "alter table it.notes disable row level security",
        "select freehold.protect('it.notes')",
        &["it.notes", "not enabled"],
    ),
    (
        "alter table it.notes no force row level security",
        "select freehold.protect('it.notes')",
        &["it.notes", "not forced"],
    ),
    (
        "drop policy freehold_delete on it.notes",
        "select freehold.protect('it.notes')",
        &["it.notes", "freehold_delete is missing"],
    ),
    (
        "create table it.forgotten (tenant_id uuid not null)",
        "drop table it.forgotten",
        &["it.forgotten", "not enabled", "freehold_select is missing"],
    ),
    (
        "create view it.all_notes as select * from it.notes; grant select on it.all_notes to freehold_app",
        "drop view it.all_notes",
        &["it.all_notes", "security_invoker"],
    ),
    (
        "create view it.own_notes with (security_invoker = true) as select * from it.notes;
         create view it.bodies as select body from it.own_notes; grant select (body) on it.bodies to authenticated",
        "drop view it.bodies, it.own_notes",
        &["it.bodies", "security_invoker"],
    ),
    (
        "create materialized view it.counts as select count(*) from it.notes; grant select on it.counts to public",
        "drop materialized view it.counts",
        &["it.counts"],
    ),
];

#[tokio::test]
async fn each_leak_is_found_and_named() {
    let test = TestDatabase::new().await;
    let owner = test.admin().await;
    owner.batch_execute("set role freehold_owner").await.unwrap();
    for (leak, mend, words) in LEAKS {
        owner.batch_execute(leak).await.unwrap();
        let refused = match canary(&test.db).await {
            Err(refused) => format!("{refused:?}"),
            Ok(()) => panic!("nobody noticed: {leak}"),
        };
        for word in *words {
            assert!(refused.contains(word), "{leak}\nwas refused without a word of {word:?}:\n{refused}");
        }
        owner.batch_execute(mend).await.unwrap();
        assert_eq!(faults(&test.db).await.unwrap(), [] as [String; 0], "after {mend}");
    }
}

/// Such a view is a leak because it reads with the rights of its owner, who may see everything.
#[tokio::test]
async fn a_view_without_security_invoker_shows_every_tenant() {
    let test = TestDatabase::new().await;
    let admin = test.admin().await;
    let (ada, bob) = (test.caller(), test.caller());
    for caller in [&ada, &bob] {
        test.db.tenant(caller).execute(super::probe::note_insert(caller.tenant(), "x")).await.unwrap();
    }
    let make = "set role freehold_owner;
                create view it.leaking as select * from it.notes;
                create view it.tight with (security_invoker = true) as select * from it.notes;
                grant select on it.leaking, it.tight to freehold_app";
    admin.batch_execute(make).await.unwrap();
    admin.batch_execute(&format!("set role freehold_app; set freehold.tenant_id = '{}'", ada.tenant())).await.unwrap();
    let seen = async |view: &str| admin.query(&format!("select from {view}"), &[]).await.unwrap().len();
    assert_eq!(seen("it.tight").await, 1);
    assert_eq!(seen("it.leaking").await, 2);
    let found = faults(&test.db).await.unwrap();
    assert!(found.len() == 1 && found[0].contains("it.leaking"), "{found:?}");
}

/// Views that no role may read are not faults.
#[tokio::test]
async fn a_view_that_no_role_may_read_is_no_fault() {
    let test = TestDatabase::new().await;
    let make = "set role freehold_owner; create view it.report as select * from it.notes;
                create view it.tight with (security_invoker = true) as select * from it.notes;
                grant select on it.tight to freehold_app";
    test.admin().await.batch_execute(make).await.unwrap();
    assert_eq!(faults(&test.db).await.unwrap(), [] as [String; 0]);
}

/// Roles belong to the whole server, so this test has a server of its own.
#[tokio::test]
async fn roles_that_may_pass_by_are_found() {
    let test = TestDatabase::on(Cluster::private("roles")).await;
    let admin: Client = test.admin().await;
    for (leak, mend, words) in [
        (
            "alter role freehold_app bypassrls",
            "alter role freehold_app nobypassrls",
            "role freehold_app: it may pass by",
        ),
        (
            "alter role freehold_readonly superuser",
            "alter role freehold_readonly nosuperuser",
            "role freehold_readonly: it may pass by",
        ),
        (
            "grant freehold_owner to freehold_system",
            "revoke freehold_owner from freehold_system",
            "role freehold_system: it is a member of freehold_owner",
        ),
    ] {
        admin.batch_execute(leak).await.unwrap();
        let refused = format!("{:?}", canary(&test.db).await.unwrap_err());
        assert!(refused.contains(words), "{leak}: {refused}");
        admin.batch_execute(mend).await.unwrap();
        canary(&test.db).await.unwrap();
    }
}
