//! The two planes: users, organizations and their plans are in the control plane, which is one for all tenants; the
//! tables of the tenant plane lie where their tenant's data lies, which may be another database or a shard. So nothing
//! in the database joins the planes, and whatever touches the tenant plane names its tenant.

use std::collections::{BTreeMap, BTreeSet};

use freehold_db::{Statement, Type};
use serde_json::Value;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::{exceptions, refuse};
use crate::harness::{TestDatabase, schema};

/// The tables of the tenant plane, with their schema, as the migration sets declare them.
fn tenant_tables() -> BTreeSet<&'static str> {
    let tables: BTreeSet<_> = schema::migration_sets(&freehold_voice::PRODUCT)
        .iter()
        .flat_map(|set| set.tenant_tables.iter().copied())
        .collect();
    assert!(tables.len() > 20, "the tables were not found: {tables:?}");
    tables
}

async fn sentences(client: &Client, sql: &str) -> Vec<String> {
    let tables: Vec<&str> = tenant_tables().into_iter().collect();
    client.query(sql, &[&tables]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn every_table_with_tenants_rows_says_its_plane() {
    let test = TestDatabase::of(&freehold_voice::PRODUCT).await;
    let admin = test.admin().await;
    let found = "select t::text from freehold.tenant_tables() as t where $1::text[] is not null";
    let found: BTreeSet<String> = sentences(&admin, found).await.into_iter().collect();
    let (tenants, control) = (tenant_tables(), exceptions(include_str!("tables_of_control_plane.txt")));
    let mut broken = Vec::new();
    for table in &found {
        match (tenants.contains(table.as_str()), control.contains_key(table.as_str())) {
            (false, false) => broken.push(format!(
                "{table}: put it into `tenant_tables` of its migration set, or into tables_of_control_plane.txt with \
                 the reason"
            )),
            (true, true) => broken.push(format!("{table}: is declared for both planes")),
            _ => {}
        }
    }
    let declared = tenants.iter().chain(control.keys());
    broken.extend(
        declared
            .filter(|table| !found.contains(**table))
            .map(|table| format!("{table}: is declared for a plane, and there is no such table with a tenant_id")),
    );
    refuse("Tables and their planes:", &broken);
}

#[tokio::test]
async fn no_foreign_key_leaves_its_plane() {
    let test = TestDatabase::of(&freehold_voice::PRODUCT).await;
    let crossing = "
        select format('%s: %s refers to %s', k.conrelid::regclass, k.conname, k.confrelid::regclass)
        from pg_constraint as k
        where k.contype = 'f' and (k.conrelid = any ($1::text[]::regclass[])) <> (k.confrelid = any ($1::text[]::regclass[]))";
    refuse(
        "A foreign key between the planes would keep them in one database:",
        &sentences(&test.admin().await, crossing).await,
    );
}

#[tokio::test]
async fn every_key_of_the_tenant_plane_begins_with_the_tenant() {
    let test = TestDatabase::of(&freehold_voice::PRODUCT).await;
    let admin = test.admin().await;
    let keys = "
        with own as (
          select c.oid, a.attnum from unnest($1::text[]::regclass[]) as c (oid)
          join pg_attribute as a on a.attrelid = c.oid and a.attname = 'tenant_id'
        )
        select format('%s: the unique index %s does not begin with tenant_id', i.indrelid::regclass, i.indexrelid::regclass)
        from pg_index as i join own on own.oid = i.indrelid
        where i.indisunique and i.indkey[0] <> own.attnum
        union all
        select format('%s: the foreign key %s does not begin with tenant_id on both sides', k.conrelid::regclass, k.conname)
        from pg_constraint as k join own on own.oid = k.conrelid left join own as other on other.oid = k.confrelid
        where k.contype = 'f' and (k.conkey[1] <> own.attnum or k.confkey[1] is distinct from other.attnum)";
    refuse("Keys of the tenant plane:", &sentences(&admin, keys).await);
}

#[tokio::test]
async fn functions_with_rights_of_their_own_touch_the_control_plane_only() {
    let test = TestDatabase::of(&freehold_voice::PRODUCT).await;
    let admin = test.admin().await;
    let rows = admin.query(
        "select p.oid::regproc::text, p.prosrc, p.prosecdef from pg_proc as p
         where p.prokind in ('f', 'p') and pg_get_userbyid(p.proowner) = 'freehold_owner'",
        &[],
    );
    let functions: Vec<(String, String, bool)> =
        rows.await.unwrap().iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    let listed = exceptions(include_str!("definers_of_tenant_plane.txt"));
    let mut broken = Vec::new();
    let mut needed = BTreeSet::new();
    for (name, _, _) in functions.iter().filter(|(_, _, definer)| *definer) {
        // What it calls runs with its rights, too.
        let (mut reached, mut next) = (BTreeSet::from([name.as_str()]), vec![name.as_str()]);
        while let Some(caller) = next.pop() {
            for (_, text, _) in functions.iter().filter(|(name, _, _)| name == caller) {
                let called = functions.iter().map(|(name, _, _)| name.as_str());
                next.extend(called.filter(|name| mentions(text, name)).filter(|name| reached.insert(name)));
            }
        }
        let texts = functions.iter().filter(|(name, _, _)| reached.contains(name.as_str())).map(|(_, text, _)| text);
        let texts: Vec<_> = texts.collect();
        let touched: Vec<_> =
            tenant_tables().into_iter().filter(|table| texts.iter().any(|text| mentions(text, table))).collect();
        if touched.is_empty() {
            continue;
        }
        needed.insert(name.as_str());
        if !listed.contains_key(name.as_str()) {
            broken.push(format!("{name}: is security definer and touches {}", touched.join(", ")));
        }
    }
    broken.extend(
        listed
            .keys()
            .filter(|name| !needed.contains(**name))
            .map(|name| format!("{name}: need not be listed any more")),
    );
    assert!(functions.iter().any(|(_, _, definer)| *definer), "the functions were not found");
    refuse("Functions that run with the owner's rights:", &broken);
}

/// Whether a text names this table or function, and not only one whose name begins so.
fn mentions(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let word = |letter: char| letter.is_alphanumeric() || letter == '_';
        !text[at + name.len()..].starts_with(word) && !text[..at].ends_with(word)
    })
}

#[tokio::test]
async fn every_statement_on_the_tenant_plane_names_its_tenant() {
    let test = TestDatabase::of(&freehold_voice::PRODUCT).await;
    let admin = test.admin().await;
    admin.batch_execute("set plan_cache_mode = force_generic_plan").await.unwrap();
    let plane = Plane::of(&admin).await;
    let listed = exceptions(include_str!("statements_without_tenant.txt"));
    let mut broken = Vec::new();
    let mut needed = BTreeSet::new();
    let mut seen = 0;
    for statement in freehold_compose::statements(&freehold_voice::PRODUCT) {
        let plan = plan(&admin, statement).await;
        let missing = plane.missing(statement, &plan);
        seen += usize::from(plane.touches(&plan));
        if !missing.is_empty() {
            needed.insert(statement.name);
            if !listed.contains_key(statement.name) {
                broken.push(format!("{}: does not name `tenant_id = $n` of {}", statement.name, missing.join(", ")));
            }
        }
    }
    broken.extend(
        listed
            .keys()
            .filter(|name| !needed.contains(**name))
            .map(|name| format!("{name}: need not be listed any more")),
    );
    assert!(seen > 50, "only {seen} statements on the tenant plane were found");
    refuse("A statement that names its tenant goes to one shard, and its tenant's index is used:", &broken);
}

/// How Postgres runs a statement, whatever its parameters are.
pub(super) async fn plan(admin: &Client, statement: &Statement) -> Value {
    let kinds: Vec<_> = statement.params().iter().map(|kind| format!("pg_catalog.\"{}\"", kind.name())).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!("({})", kinds.join(", ")) };
    let nulls = if kinds.is_empty() {
        String::new()
    } else {
        format!("({})", vec!["null"; statement.params().len()].join(", "))
    };
    admin.batch_execute(&format!("prepare examined {kinds} as {}", statement.sql)).await.unwrap();
    let rows = admin.simple_query(&format!("explain (verbose, format json) execute examined {nulls}")).await.unwrap();
    admin.batch_execute("deallocate examined").await.unwrap();
    let text: String = rows
        .iter()
        .filter_map(|message| if let SimpleQueryMessage::Row(row) = message { row.get(0) } else { None })
        .collect();
    serde_json::from_str::<Value>(&text).unwrap()[0]["Plan"].clone()
}

/// The tables of the tenant plane, each with the position of its column `tenant_id`, from 0.
struct Plane(BTreeMap<String, usize>);

impl Plane {
    async fn of(admin: &Client) -> Self {
        let tables: Vec<&str> = tenant_tables().into_iter().collect();
        let columns = "
            select t, (
              select count(*) from pg_attribute as a
              where a.attrelid = own.attrelid and a.attnum > 0 and a.attnum < own.attnum
            )
            from unnest($1::text[]) as t
            join pg_attribute as own on own.attrelid = t::regclass and own.attname = 'tenant_id'";
        let rows = admin.query(columns, &[&tables]).await.unwrap();
        Self(rows.iter().map(|row| (row.get(0), usize::try_from(row.get::<_, i64>(1)).unwrap())).collect())
    }

    fn table(&self, node: &Value) -> Option<(String, usize)> {
        let table = format!("{}.{}", node["Schema"].as_str()?, node["Relation Name"].as_str()?);
        self.0.get(&table).map(|place| (table, *place))
    }

    fn touches(&self, node: &Value) -> bool {
        self.table(node).is_some() || children(node).any(|child| self.touches(child))
    }

    /// The tables that the plan reads without the tenant, or writes without it. Postgres says of each scan which rows it
    /// wants; where a join gives it the tenant of another table, it says so, too.
    fn missing(&self, statement: &Statement, node: &Value) -> Vec<String> {
        let mut missing = Vec::new();
        if let Some((table, place)) = self.table(node) {
            let named = match (node["Node Type"].as_str(), node["Operation"].as_str()) {
                (Some("ModifyTable"), Some("Insert")) => {
                    // Where what is inserted was sorted first, the values are one step below.
                    let sources = children(node).flat_map(|child| std::iter::once(child).chain(children(child)));
                    sources
                        .filter_map(|source| source["Output"][place].as_str())
                        .any(|value| is_tenant(statement, value))
                }
                // The rows to change are found by a scan below it.
                (Some("ModifyTable"), _) => true,
                _ => ["Index Cond", "Recheck Cond", "Filter"]
                    .iter()
                    .filter_map(|kind| node[*kind].as_str())
                    .any(|condition| condition.split("tenant_id = ").skip(1).any(|rest| is_tenant(statement, rest))),
            };
            if !named {
                missing.push(table);
            }
        }
        missing.extend(children(node).flat_map(|child| self.missing(statement, child)));
        missing.sort();
        missing.dedup();
        missing
    }
}

pub(super) fn children(node: &Value) -> impl Iterator<Item = &Value> {
    node["Plans"].as_array().into_iter().flatten()
}

/// Whether a text begins with the parameter `$n` that holds a tenant.
fn is_tenant(statement: &Statement, text: &str) -> bool {
    let Some(rest) = text.strip_prefix('$') else { return false };
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    // A sub-select is written like a parameter; $0 is always one.
    let asks_the_setting = statement.sql.contains("freehold.tenant_id()") || statement.sql.contains("tenant_id = (");
    let Some(index) = digits.parse::<usize>().ok().and_then(|number| number.checked_sub(1)) else { return false };
    let last = index + 1 == statement.params().len();
    !asks_the_setting && statement.params().get(index) == Some(&Type::UUID) && (last || !statement.adds_tenant)
}

#[tokio::test]
async fn a_statement_that_forgets_its_tenant_is_found() {
    let test = TestDatabase::of(&freehold_voice::PRODUCT).await;
    let admin = test.admin().await;
    admin.batch_execute("set plan_cache_mode = force_generic_plan").await.unwrap();
    let plane = Plane::of(&admin).await;
    let totals = vec!["freehold.usage_totals".to_owned()];
    let cases = [
        ("select used from freehold.usage_totals where tenant_id = $1 and meter = $2", vec![]),
        ("select used from freehold.usage_totals where $1::uuid is not null and meter = $2", totals.clone()),
        (
            "select used from freehold.usage_totals where tenant_id = (select freehold.tenant_id()) and meter = $2 and $1::uuid is not null",
            totals.clone(),
        ),
        // The sub-select forgets it.
        (
            "select used from freehold.usage_totals as t where tenant_id = $1 and meter = $2 and exists (
            select from freehold.usage_events as e where e.meter = t.meter
          )",
            vec!["freehold.usage_events".to_owned()],
        ),
        // The join names it.
        (
            "select used from freehold.usage_totals as t join freehold.usage_events as e using (tenant_id, meter)
          where t.tenant_id = $1 and t.meter = $2",
            vec![],
        ),
        ("insert into freehold.usage_totals (tenant_id, meter, period_start) values ($1, $2, 'epoch')", vec![]),
        (
            "insert into freehold.usage_totals (tenant_id, meter, period_start) select freehold.tenant_id(), $2, 'epoch' where $1::uuid is not null",
            totals.clone(),
        ),
        ("update freehold.usage_totals set used = 0 where meter = $2 and $1::uuid is not null", totals.clone()),
        ("delete from freehold.usage_totals where tenant_id = $1 and meter = $2", vec![]),
    ];
    for (sql, missing) in cases {
        let statement = Statement {
            name: "it::case",
            sql,
            params: &[&[Type::UUID, Type::TEXT]],
            adds_now: false,
            adds_tenant: false,
            columns: &[],
        };
        assert_eq!(plane.missing(&statement, &plan(&admin, &statement).await), missing, "{sql}");
    }
}
