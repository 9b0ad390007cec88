//! Facts about the server, its login and the state of the schema, read before any role is set. `freehold doctor` needs
//! them, which has to work on a database where anything may be wrong. They include no row of a tenant.

use std::collections::HashMap;

use freehold_core::{Error, Result};
use jiff::Timestamp;

use crate::{Db, MigrationSet, migrate::checksum, row, statements};

row! {
    /// The server, and the login that requests use.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ServerFacts {
        /// The version as text, such as `15.18 (Debian 15.18-1)`.
        pub version: String,
        /// The version as a number, such as 150018.
        pub version_number: i32,
        /// Whether a backslash in a string literal is an ordinary character.
        pub standard_conforming_strings: bool,
        /// The login's name.
        pub login: String,
        /// Whether the login is a superuser.
        pub superuser: bool,
        /// Whether the login bypasses row-level security.
        pub bypasses_rls: bool,
        /// Whether the login may create roles, and so grant itself the roles that it created.
        pub creates_roles: bool,
        /// Whether the login owns the database.
        pub owns_database: bool,
        /// Whether the login may take on the role that owns the tables.
        pub may_own: bool,
        /// Whether the table of applied migrations exists.
        pub has_schema: bool,
    }
}

row! {
    /// A role that Freehold uses.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct RoleFacts {
        /// The role's name.
        pub role: String,
        /// Whether the role exists.
        pub present: bool,
        /// Whether the role is a superuser.
        pub superuser: bool,
        /// Whether the role bypasses row-level security.
        pub bypasses_rls: bool,
        /// Whether the role is allowed to log in.
        pub logs_in: bool,
        /// Whether the login of requests may take on the role.
        pub may_become: bool,
    }
}

row! {
    /// How the database is separated from others of the same server.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct SharingFacts {
        /// Whether objects in another database belong to this installation's roles.
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
        /// The login's name.
        pub login: String,
        /// Whether the login owns the database.
        pub owner: bool,
        /// Whether the login may also take on roles of another installation in the same server.
        pub of_two: bool,
    }
}

/// How the schema of a database differs from the migrations of this program. Each migration is named `set/0001_name`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchemaDifference {
    /// How many migrations both have.
    pub known: usize,
    /// Migrations that have not been applied yet.
    pub pending: Vec<String>,
    /// Migrations whose text in the program has changed since they were applied.
    pub changed: Vec<String>,
    /// Migrations that were applied by a newer program, or by one of another product.
    pub foreign: Vec<String>,
}

statements! {
    /// Reads facts about the server and the login.
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

    /// Lists the roles that requests take on, the owner, and the roles of Supabase's clients.
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

    /// Whether other databases of the server use the roles of this one, and whether every login may connect to it.
    fn sharing_facts() -> SharingFacts =
        "select exists (
                  select from pg_catalog.pg_shdepend as s
                  join pg_catalog.pg_namespace as n on n.nspname = 'freehold' and n.nspowner = s.refobjid
                  where s.refclassid = 'pg_catalog.pg_authid'::regclass and s.dbid <> 0 and s.dbid <> d.oid) as shared,
                exists (select from aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) as a
                        where a.grantee = 0 and a.privilege_type = 'CONNECT') as open,
                d.datname::text as database
         from pg_catalog.pg_database as d where d.datname = current_database()";

    /// Lists the logins that may take on roles of this installation, without superusers, who may do so anyway. Logins
    /// that may not connect and the login that runs the query are left out too, unless they may also take on roles of
    /// another installation.
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

    /// Reads the server's time.
    fn clock_read() -> (Timestamp,) = "select clock_timestamp()";

    /// Lists the applied migrations, with the checksums of their texts.
    fn migration_list() -> (String, i32, String, String) =
        "select set_name, number, name, checksum from freehold.migrations order by applied_at, set_name, number";
}

/// Returns facts about the server and the login that requests use.
pub async fn server_inspect(db: &Db) -> Result<ServerFacts> {
    let found = db.inspect(server_facts()).await?.into_iter().next();
    found.ok_or_else(|| Error::internal("the server does not know the login that it let in"))
}

/// Returns the roles that Freehold uses.
pub async fn roles_inspect(db: &Db) -> Result<Vec<RoleFacts>> {
    db.inspect(role_facts()).await
}

/// Returns how the database is separated from others of the same server.
pub async fn sharing_inspect(db: &Db) -> Result<SharingFacts> {
    let found = db.inspect(sharing_facts()).await?.into_iter().next();
    found.ok_or_else(|| Error::internal("the server does not know the database that it serves"))
}

/// Returns the logins that may take on roles of this installation, besides the one that runs the query.
pub async fn members_inspect(db: &Db) -> Result<Vec<MemberFacts>> {
    db.inspect(member_facts()).await
}

/// Returns the server's time.
pub async fn clock_inspect(db: &Db) -> Result<Timestamp> {
    let read = db.inspect(clock_read()).await?.into_iter().next();
    read.map(|(time,)| time).ok_or_else(|| Error::internal("the server does not know the time"))
}

/// Returns how the schema differs from the program's migrations. The table of applied migrations has to exist.
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
        tenant_tables: &[],
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
