//! Every table belongs to tenants and is protected, or is listed with a reason.

use std::collections::BTreeSet;

use tokio_postgres::Client;

use super::{exceptions, refuse};
use crate::harness::TestDatabase;

/// All tables that migrations create belong to `freehold_owner`.
const OURS: &str = "c.relkind in ('r', 'p') and pg_get_userbyid(c.relowner) = 'freehold_owner'";

async fn sentences(client: &Client, sql: &str) -> Vec<String> {
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn every_table_is_a_tenants_or_says_why_not() {
    let test = TestDatabase::of(&freehold_voice::PRODUCT).await;
    let admin = test.admin().await;
    let tables = format!("select c.oid::regclass::text from pg_class as c where {OURS} order by 1");
    let tables: BTreeSet<String> = sentences(&admin, &tables).await.into_iter().collect();
    assert!(tables.len() > 10, "the tables were not found: {tables:?}");
    let protected = format!(
        "select c.oid::regclass::text from pg_class as c
         where {OURS} and c.relrowsecurity and c.relforcerowsecurity
           and exists (select from pg_attribute where attrelid = c.oid and attname = 'tenant_id' and attnotnull)
           and array['freehold_select', 'freehold_insert', 'freehold_update', 'freehold_delete']::name[]
               <@ array(select polname from pg_policy where polrelid = c.oid)"
    );
    let protected: BTreeSet<String> = sentences(&admin, &protected).await.into_iter().collect();
    let listed = exceptions(include_str!("tables_without_tenant.txt"));

    let mut broken = Vec::new();
    for table in tables.difference(&protected).filter(|table| !listed.contains_key(table.as_str())) {
        broken.push(format!("{table}: is not a protected tenant's table; make it with freehold.protect"));
    }
    for table in listed.keys().filter(|table| !tables.contains(**table) || protected.contains(**table)) {
        broken.push(format!("{table}: need not stand in tables_without_tenant.txt any more"));
    }
    refuse("Tables and their tenants:", &broken);

    // A tenant's request may not access a table that belongs to no tenant.
    let reachable = format!(
        "select format('%s: %s may %s it', c.oid::regclass, r, p) from pg_class as c
         cross join unnest(array['freehold_app', 'freehold_readonly', 'anon', 'authenticated']) as r
         cross join unnest(array['select', 'insert', 'update', 'delete']) as p
         where {OURS} and not exists (select from pg_attribute where attrelid = c.oid and attname = 'tenant_id')
           and (has_table_privilege(r, c.oid, p) or p <> 'delete' and has_any_column_privilege(r, c.oid, p))"
    );
    refuse("Tables of no tenant are closed to tenants:", &sentences(&admin, &reachable).await);
}

#[tokio::test]
async fn every_foreign_key_has_an_index() {
    let test = TestDatabase::of(&freehold_voice::PRODUCT).await;
    let missing = format!(
        "select format('%s: %s has no index that begins with its columns', c.oid::regclass, k.conname)
         from pg_constraint as k join pg_class as c on c.oid = k.conrelid
         where k.contype = 'f' and {OURS} and not exists (
           select from pg_index as i
           where i.indrelid = k.conrelid and i.indpred is null
             and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey
         )"
    );
    refuse(
        "Deleting what a foreign key refers to reads the whole table without:",
        &sentences(&test.admin().await, &missing).await,
    );
}

#[tokio::test]
async fn every_table_has_a_primary_key() {
    let test = TestDatabase::of(&freehold_voice::PRODUCT).await;
    let missing = format!(
        "select format('%s: has no primary key', c.oid::regclass) from pg_class as c
         where {OURS} and not exists (select from pg_index where indrelid = c.oid and indisprimary)"
    );
    refuse("Tables and their keys:", &sentences(&test.admin().await, &missing).await);
}
