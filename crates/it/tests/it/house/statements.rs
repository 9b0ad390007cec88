//! Every statement has the declared types: prepared against the migrated schema, its parameters and columns match.

use std::collections::BTreeSet;

use freehold_db::{Statement, Type};

use super::{refuse, sources};
use crate::harness::TestDatabase;

/// All statements of the capabilities and of the product that has tables.
fn statements() -> Vec<&'static Statement> {
    freehold_compose::statements(&freehold_voice::PRODUCT)
}

#[tokio::test]
async fn every_statement_fits_the_schema() {
    let test = TestDatabase::of(&freehold_voice::PRODUCT).await;
    let admin = test.admin().await;
    let mut broken = Vec::new();
    let statements = statements();
    for statement in &statements {
        match admin.prepare_typed(statement.sql, &statement.params()).await {
            Ok(prepared) => broken.extend(differences(statement, &prepared)),
            Err(error) => {
                let why = error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string);
                broken.push(format!("{}: {why}\n      {}", statement.name, statement.sql));
            }
        }
    }
    refuse("These statements differ from the schema:", &broken);
    println!("{} statements fit", statements.len());
}

/// Postgres accepts explicitly given types, so the statement is also prepared without them.
#[tokio::test]
async fn every_parameter_has_the_type_that_the_schema_would_give_it() {
    let test = TestDatabase::of(&freehold_voice::PRODUCT).await;
    let admin = test.admin().await;
    let mut broken = Vec::new();
    for statement in statements() {
        // Where Postgres cannot derive a type, or chooses another function's, the declared one applies.
        let Ok(prepared) = admin.prepare(statement.sql).await else { continue };
        for (index, (stated, found)) in statement.params().iter().zip(prepared.params()).enumerate() {
            let texts = ["text", "varchar", "bpchar", "name", "citext"];
            let same = stated == found || texts.contains(&stated.name()) && texts.contains(&found.name());
            if !same {
                broken.push(format!(
                    "{}: ${} is stated as {stated}, the schema says {found}",
                    statement.name,
                    index + 1
                ));
            }
        }
    }
    refuse("These parameters differ from the schema:", &broken);
}

fn differences(statement: &Statement, prepared: &tokio_postgres::Statement) -> Vec<String> {
    let Statement { name, columns, .. } = statement;
    let params = statement.params();
    let mut found = Vec::new();
    if prepared.params() != params {
        found.push(format!("{name}: has the parameters {:?}, stated are {params:?}", prepared.params()));
    }
    if prepared.columns().len() != columns.len() {
        let names: Vec<_> = prepared.columns().iter().map(tokio_postgres::Column::name).collect();
        found.push(format!(
            "{name}: answers {} columns ({}), stated are {}",
            names.len(),
            names.join(", "),
            columns.len()
        ));
        return found;
    }
    for (index, (column, (stated, kind))) in prepared.columns().iter().zip(*columns).enumerate() {
        if !stated.is_empty() && column.name() != *stated {
            found.push(format!("{name}: column {} is called {:?}, stated is {stated:?}", index + 1, column.name()));
        }
        if column.type_() != kind {
            found.push(format!(
                "{name}: column {} ({}) is {}, stated is {kind}",
                index + 1,
                column.name(),
                column.type_()
            ));
        }
    }
    found
}

/// Declares other types than it returns.
static WRONG: Statement = Statement {
    name: "it::wrong",
    sql: "select tenant_id as owner, used from freehold.usage_totals where tenant_id = $1",
    params: &[&[Type::UUID]],
    adds_now: false,
    adds_tenant: false,
    columns: &[("tenant_id", Type::UUID), ("used", Type::INT4)],
};

#[tokio::test]
async fn a_statement_that_differs_is_told_how() {
    let test = TestDatabase::of(&freehold_voice::PRODUCT).await;
    let prepared = test.admin().await.prepare_typed(WRONG.sql, &WRONG.params()).await.unwrap();
    assert_eq!(
        differences(&WRONG, &prepared),
        [
            "it::wrong: column 1 is called \"owner\", stated is \"tenant_id\"",
            "it::wrong: column 2 (used) is int8, stated is int4",
        ]
    );
}

#[test]
fn every_statement_of_the_source_tree_is_registered() {
    let registered: BTreeSet<&str> =
        statements().iter().map(|statement| statement.name.rsplit_once("::").unwrap().0).collect();
    let mut broken = Vec::new();
    for (file, text) in sources() {
        // The macro's own crate uses it in comments and defines it.
        let declares = text
            .lines()
            .any(|line| line.starts_with("statements! {") || line.starts_with("freehold_db::statements! {"));
        let module = module(&file);
        if declares && !registered.contains(module.as_str()) {
            broken.push(format!("{file}: the statements of {module} are not in `freehold_compose::statements`"));
        }
    }
    refuse("Every statement is prepared by a test:", &broken);
}

/// `crates/tenancy/src/tenant/store.rs` is `freehold_tenancy::tenant::store`.
fn module(file: &str) -> String {
    let mut parts = file.split('/');
    let (_, room, _) = (parts.next(), parts.next().unwrap(), parts.next());
    let mut path =
        vec![if room == "freehold" { room.to_owned() } else { format!("freehold_{}", room.replace('-', "_")) }];
    path.extend(parts.map(|part| part.trim_end_matches(".rs").to_owned()));
    path.retain(|part| !matches!(part.as_str(), "lib" | "main" | "mod"));
    path.join("::")
}
