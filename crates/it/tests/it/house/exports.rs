//! Every table with tenants' rows is in the export of an organization's data, or is listed with the reason why not, and
//! no export reads a secret.

use std::collections::{BTreeMap, BTreeSet};

use freehold_compose::modules;
use freehold_core::{TenantId, UserId};
use freehold_db::Statement;
use freehold_module::ExportRows;
use serde_json::Value;
use tokio_postgres::Client;

use super::{
    exceptions,
    planes::{children, plan},
    refuse,
};
use crate::harness::TestDatabase;

/// The statements of the exports, by the paths of their files; those of users begin with `user/`.
fn statements() -> BTreeMap<String, &'static Statement> {
    let nil = || "00000000-0000-0000-0000-000000000000".parse::<TenantId>().unwrap();
    let user: UserId = "00000000-0000-0000-0000-000000000000".parse().unwrap();
    let mut found = BTreeMap::new();
    for module in modules(&freehold_voice::PRODUCT) {
        for export in module.exports {
            let statement = match export.rows {
                ExportRows::Tenant(rows) => rows(export.first, 1).statement(),
                ExportRows::System(rows) => rows(nil(), export.first, 1).statement(),
            };
            let before = found.insert(format!("{}/{}", module.name, export.name), statement);
            assert!(before.is_none(), "{}/{} is exported twice", module.name, export.name);
        }
        for export in module.user_exports {
            let statement = (export.rows)(user, export.first, 1).statement();
            let before = found.insert(format!("user/{}/{}", module.name, export.name), statement);
            assert!(before.is_none(), "{}/{} is exported twice", module.name, export.name);
        }
    }
    assert!(found.len() > 30, "the exports were not found");
    found
}

/// The tables that a statement reads.
fn tables_of(node: &Value, tables: &mut BTreeSet<String>) {
    if let (Some(schema), Some(table)) = (node["Schema"].as_str(), node["Relation Name"].as_str()) {
        tables.insert(format!("{schema}.{table}"));
    }
    for child in children(node) {
        tables_of(child, tables);
    }
}

async fn tables_by_export(admin: &Client) -> BTreeMap<String, BTreeSet<String>> {
    admin.batch_execute("set plan_cache_mode = force_generic_plan").await.unwrap();
    let mut all = BTreeMap::new();
    for (path, statement) in statements() {
        let mut tables = BTreeSet::new();
        tables_of(&plan(admin, statement).await, &mut tables);
        assert!(!tables.is_empty(), "{path} reads no table");
        all.insert(path, tables);
    }
    all
}

#[tokio::test]
async fn every_table_of_tenants_is_exported_or_says_why_not() {
    let test = TestDatabase::of(&freehold_voice::PRODUCT).await;
    let admin = test.admin().await;
    let rows = admin.query("select t::text from freehold.tenant_tables() as t", &[]).await.unwrap();
    let tables: BTreeSet<String> = rows.iter().map(|row| row.get(0)).collect();
    let by_export = tables_by_export(&admin).await;
    let of_organizations = by_export.iter().filter(|(path, _)| !path.starts_with("user/"));
    let exported: BTreeSet<String> = of_organizations.flat_map(|(_, tables)| tables.clone()).collect();
    let listed = exceptions(include_str!("tables_not_exported.txt"));
    let mut broken = Vec::new();
    for table in &tables {
        match (exported.contains(table), listed.contains_key(table.as_str())) {
            (false, false) => broken.push(format!(
                "{table}: add it to `exports` of its module, or to tables_not_exported.txt with the reason"
            )),
            (true, true) => broken.push(format!("{table}: is exported, so it need not be listed")),
            _ => {}
        }
    }
    broken.extend(
        listed.keys().filter(|table| !tables.contains(**table)).map(|table| format!("{table}: there is no such table")),
    );
    refuse("Tables of tenants and exports:", &broken);
}

/// Columns whose names tell of a secret, and those of bytes, that exports read all the same, each with its reason.
const READ: [(&str, &str, &str); 3] = [
    ("freehold.files", "sha256", "the hash of a file that the organization has"),
    ("freehold.exports", "sha256", "the hash of an archive that the organization can download"),
    ("auth.users", "encrypted_password", "whether there is one"),
];

#[tokio::test]
async fn no_export_reads_a_secret_or_a_digest() {
    let test = TestDatabase::of(&freehold_voice::PRODUCT).await;
    let admin = test.admin().await;
    let columns = "
        select c.oid::regclass::text, a.attname::text
        from pg_class as c join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relkind in ('r', 'p') and c.relnamespace::regnamespace::text not in ('pg_catalog', 'information_schema')
          and (a.atttypid = 'bytea'::regtype or a.attname ~ '(secret|sealed|digest|hash|hmac|password|token|otp)')";
    let rows = admin.query(columns, &[]).await.unwrap();
    let secret: Vec<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert!(secret.len() > 20, "the columns were not found: {secret:?}");
    let (by_export, statements) = (tables_by_export(&admin).await, statements());
    let (mut broken, mut needed) = (Vec::new(), BTreeSet::new());
    for (path, tables) in by_export {
        let sql = statements[&path].sql;
        for (table, column) in secret.iter().filter(|(table, column)| tables.contains(table) && names(sql, column)) {
            match READ.iter().position(|(of, read, _)| of == table && read == column) {
                Some(index) => {
                    needed.insert(index);
                }
                None => broken.push(format!("{path}: reads {column} of {table}")),
            }
        }
    }
    broken.extend((0..READ.len()).filter(|index| !needed.contains(index)).map(|index| {
        let (table, column, _) = READ[index];
        format!("{column} of {table} is not read any more; take it out of READ")
    }));
    refuse("Secrets and digests never leave:", &broken);
}

/// Whether a statement names this column.
fn names(sql: &str, column: &str) -> bool {
    sql.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == column)
}
