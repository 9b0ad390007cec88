//! What the server and its login are like, seen before any role is taken on, and how far the schema has come. For
//! `freehold doctor`, which has to work on a database where nothing is as it should be: no row of a tenant is read.

use std::collections::HashMap;

use freehold_core::{Error, Result};
use jiff::Timestamp;

use crate::{Db, MigrationSet, migrate::checksum, row, statements};

row! {
    /// The server and the login that requests come with.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ServerFacts {
        /// Such as `15.18 (Debian 15.18-1)`.
        pub version: String,
        /// Such as 150018.
        pub version_number: i32,
        /// Whether a backslash in a text is only a backslash.
        pub standard_conforming_strings: bool,
        /// The login.
        pub login: String,
        /// Whether it may do everything.
        pub superuser: bool,
        /// Whether it passes by row-level security.
        pub bypasses_rls: bool,
        /// Whether it may create roles, and so give itself the roles that it created.
        pub creates_roles: bool,
        /// Whether the database belongs to it.
        pub owns_database: bool,
        /// Whether it may become the owner of the tables.
        pub may_own: bool,
        /// Whether the ledger of migrations is there.
        pub has_schema: bool,
    }
}

row! {
    /// A role that Freehold works with.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct RoleFacts {
        /// Its name.
        pub role: String,
        /// Whether there is one.
        pub present: bool,
        /// Whether it may do everything.
        pub superuser: bool,
        /// Whether it passes by row-level security.
        pub bypasses_rls: bool,
        /// Whether somebody may log in as it.
        pub logs_in: bool,
        /// Whether the login of requests may take it on.
        pub may_become: bool,
    }
}

row! {
    /// How a database is kept apart from others of the same server.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct SharingFacts {
        /// Whether something in another database belongs to the roles of this one.
        pub shared: bool,
        /// Whether every login of the server may connect.
        pub open: bool,
        /// The database's name.
        pub database: String,
    }
}

row! {
    /// A login that may take on roles of this installation.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct MemberFacts {
        /// Its name.
        pub login: String,
        /// Whether the database belongs to it.
        pub owner: bool,
        /// Whether it may take on roles of another installation in the same server, too.
        pub of_two: bool,
    }
}

/// How the schema of a database differs from what this program brings. Each change as `set/0001_name`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchemaDifference {
    /// How many changes both know.
    pub known: usize,
    /// Not applied yet.
    pub pending: Vec<String>,
    /// Applied, and then changed in the program.
    pub changed: Vec<String>,
    /// Applied by a newer program, or by one of another product.
    pub foreign: Vec<String>,
}

statements! {
    /// The server and the login.
    fn server_facts() -> ServerFacts =
        "select current_setting('server_version') as version,
                current_setting('server_version_num')::int4 as version_number,
                current_setting('standard_conforming_strings') = 'on' as standard_conforming_strings,
                r.rolname::text as login, r.rolsuper as superuser, r.rolbypassrls as bypasses_rls,
                r.rolcreaterole as creates_roles,
                exists (select from pg_catalog.pg_database as d
                        where d.datname = current_database() and pg_has_role(r.oid, d.datdba, 'member')) as owns_database,
                exists (select from pg_catalog.pg_namespace as n
                        where n.nspname = 'freehold'
                          and case when current_setting('server_version_num')::int4 >= 160000
                                   then pg_has_role(r.oid, n.nspowner, 'set')
                                   else pg_has_role(r.oid, n.nspowner, 'member') end) as may_own,
                exists (select from pg_catalog.pg_class as c join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
                        where n.nspname = 'freehold' and c.relname = 'migrations') as has_schema
         from pg_catalog.pg_roles as r where r.rolname = session_user";

    /// The roles that requests take on, the owner, and those that Supabase's clients have.
    fn role_facts() -> RoleFacts =
        "with installed as (
           select coalesce((select substr(pg_get_userbyid(nspowner), length('freehold_owner') + 1)
                            from pg_catalog.pg_namespace where nspname = 'freehold'), '') as suffix
         ), wanted as (
           select name || case when name like 'freehold%' then suffix else '' end as name, place
           from installed, unnest(array['freehold_app', 'freehold_system', 'freehold_readonly', 'freehold_owner',
                                        'anon', 'authenticated']) with ordinality as w (name, place)
         )
         select w.name as role, r.oid is not null as present, coalesce(r.rolsuper, false) as superuser,
                coalesce(r.rolbypassrls, false) as bypasses_rls, coalesce(r.rolcanlogin, false) as logs_in,
                coalesce(case when current_setting('server_version_num')::int4 >= 160000
                              then pg_has_role(session_user, r.oid, 'set')
                              else pg_has_role(session_user, r.oid, 'member') end, false) as may_become
         from wanted as w left join pg_catalog.pg_roles as r on r.rolname = w.name order by w.place";

    /// Whether other databases of the server use the roles of this one, and whether everybody may connect to it.
    fn sharing_facts() -> SharingFacts =
        "select exists (
                  select from pg_catalog.pg_shdepend as s
                  join pg_catalog.pg_namespace as n on n.nspname = 'freehold' and n.nspowner = s.refobjid
                  where s.refclassid = 'pg_catalog.pg_authid'::regclass and s.dbid <> 0 and s.dbid <> d.oid) as shared,
                exists (select from aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) as a
                        where a.grantee = 0 and a.privilege_type = 'CONNECT') as open,
                d.datname::text as database
         from pg_catalog.pg_database as d where d.datname = current_database()";

    /// Logins that may take on roles of this installation, but for the one that asks unless it may take on another's roles, too;
    /// superusers may anyway, and so may nobody who may not connect.
    fn member_facts() -> MemberFacts =
        "with ours as (
           select o.oid from pg_catalog.pg_roles as o, pg_catalog.pg_namespace as n
           where n.nspname = 'freehold' and o.rolname = any (array(
             select 'freehold_' || kind || substr(pg_get_userbyid(n.nspowner), length('freehold_owner') + 1)
             from unnest(array['owner', 'app', 'system', 'readonly']) as kind))
         ), members as (
           select r.oid, r.rolname, pg_has_role(r.oid, d.datdba, 'member') as owner,
                  has_database_privilege(r.oid, d.oid, 'connect') as connects,
                  exists (select from pg_catalog.pg_roles as o
                          where o.rolname ~ '^freehold_(owner|app|system|readonly)(_|$)'
                            and o.oid not in (select oid from ours) and pg_has_role(r.oid, o.oid, 'member')) as of_two
           from pg_catalog.pg_roles as r, pg_catalog.pg_database as d
           where d.datname = current_database() and r.rolcanlogin and not r.rolsuper
             and exists (select from ours where pg_has_role(r.oid, ours.oid, 'member'))
         )
         select rolname::text as login, owner, of_two from members
         where of_two or connects and rolname <> session_user order by 1";

    /// The server's time.
    fn clock_read() -> (Timestamp,) = "select clock_timestamp()";

    /// What was applied, with the checksum of its text.
    fn migration_list() -> (String, i32, String, String) =
        "select set_name, number, name, checksum from freehold.migrations order by applied_at, set_name, number";
}

/// The server and the login that requests come with.
pub async fn server_inspect(db: &Db) -> Result<ServerFacts> {
    let found = db.inspect(server_facts()).await?.into_iter().next();
    found.ok_or_else(|| Error::internal("the server does not know the login that it let in"))
}

/// The roles that Freehold works with.
pub async fn roles_inspect(db: &Db) -> Result<Vec<RoleFacts>> {
    db.inspect(role_facts()).await
}

/// How the database is kept apart from others of the same server.
pub async fn sharing_inspect(db: &Db) -> Result<SharingFacts> {
    let found = db.inspect(sharing_facts()).await?.into_iter().next();
    found.ok_or_else(|| Error::internal("the server does not know the database that it serves"))
}

/// Logins that may take on roles of this installation, besides the one that asks.
pub async fn members_inspect(db: &Db) -> Result<Vec<MemberFacts>> {
    db.inspect(member_facts()).await
}

/// The server's time.
pub async fn clock_inspect(db: &Db) -> Result<Timestamp> {
    let read = db.inspect(clock_read()).await?.into_iter().next();
    read.map(|(time,)| time).ok_or_else(|| Error::internal("the server does not know the time"))
}

/// How the schema differs from what the program brings. The ledger has to be there.
pub async fn schema_inspect(db: &Db, sets: &[MigrationSet]) -> Result<SchemaDifference> {
    Ok(difference(db.system("compare the schema with the program").fetch_all(migration_list()).await?, sets))
}

fn difference(applied: Vec<(String, i32, String, String)>, sets: &[MigrationSet]) -> SchemaDifference {
    let mut found = SchemaDifference::default();
    let mut stored: HashMap<(&str, i32), (&str, &str)> = applied
        .iter()
        .map(|(set, number, name, sum)| ((set.as_str(), *number), (name.as_str(), sum.as_str())))
        .collect();
    for set in sets {
        for migration in set.migrations {
            let title = title(set.name, migration.number, migration.name);
            match stored.remove(&(set.name, migration.number)) {
                None => found.pending.push(title),
                Some((_, sum)) if sum == checksum(migration.sql) => found.known += 1,
                Some(_) => found.changed.push(title),
            }
        }
    }
    let foreign = applied.iter().filter(|(set, number, ..)| stored.contains_key(&(set.as_str(), *number)));
    found.foreign = foreign.map(|(set, number, name, _)| title(set, *number, name)).collect();
    found
}

fn title(set: &str, number: i32, name: &str) -> String {
    format!("{set}/{number:04}_{name}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Migration;

    const SETS: &[MigrationSet] = &[MigrationSet {
        name: "notes",
        migrations: &[
            Migration { number: 1, name: "tables", sql: "create table a ()" },
            Migration { number: 2, name: "columns", sql: "alter table a add b text" },
            Migration { number: 3, name: "indexes", sql: "create index on a (b)" },
        ],
    }];

    #[test]
    fn each_change_is_known_pending_changed_or_foreign() {
        let row = |set: &str, number, name: &str, sum: String| (set.to_owned(), number, name.to_owned(), sum);
        let applied = vec![
            row("notes", 1, "tables", checksum("create table a ()")),
            row("notes", 2, "columns", checksum("alter table a add b bytea")),
            row("notes", 4, "views", checksum("create view c as select 1")),
        ];
        let expected = SchemaDifference {
            known: 1,
            pending: vec!["notes/0003_indexes".to_owned()],
            changed: vec!["notes/0002_columns".to_owned()],
            foreign: vec!["notes/0004_views".to_owned()],
        };
        assert_eq!(difference(applied, SETS), expected);
    }
}
