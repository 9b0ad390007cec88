//! Checks Freehold's roles, and the migrations of the schema.

use freehold_db::{
    Db, MemberFacts, MigrationSet, RoleFacts, SchemaDifference, SharingFacts, members_inspect, roles_inspect,
    schema_inspect, sharing_inspect,
};
use freehold_metering::plan::Entitlements;
use freehold_web::Product;

use super::{finding::Finding, reason};
use crate::compose;

/// How many changed plans a line names.
const NAMED: usize = 5;

pub(super) async fn roles(db: &Db, has_schema: bool) -> Vec<Finding> {
    match roles_inspect(db).await {
        Ok(roles) => judge_roles(&roles, has_schema),
        Err(error) => vec![Finding::fail(
            format!("the roles cannot be read: {}", reason(&error)),
            "let the login read pg_catalog.pg_roles",
        )],
    }
}

fn judge_roles(roles: &[RoleFacts], has_schema: bool) -> Vec<Finding> {
    let mut findings: Vec<Finding> = roles.iter().filter_map(judge_role).collect();
    if findings.is_empty() {
        findings.push(Finding::ok("the roles of requests are there and can do no more than they must"));
    } else if !has_schema {
        // Without a schema the roles are missing, too; one line that says what to do is enough.
        findings.retain(|finding| !finding.what.contains("is missing"));
    }
    findings
}

fn judge_role(facts: &RoleFacts) -> Option<Finding> {
    let RoleFacts { role, present, superuser, bypasses_rls, logs_in, may_become } = facts;
    let (owner, ours) = (role.starts_with("freehold_owner"), role.starts_with("freehold_"));
    if !present {
        return Some(Finding::fail(format!("the role {role} is missing"), "freehold migrate, which makes it"));
    }
    if *superuser || *bypasses_rls {
        let what = format!("the role {role} passes by row-level security");
        return Some(Finding::fail(what, format!("alter role {role} nosuperuser nobypassrls")));
    }
    if *logs_in && ours {
        let what = format!("the role {role} can log in; it must only be assumed by other logins");
        return Some(Finding::fail(what, format!("alter role {role} nologin")));
    }
    if !may_become && ours && !owner {
        let what = format!("the login of requests may not take on the role {role}");
        return Some(Finding::fail(what, "freehold migrate, or grant it to the login of DATABASE_URL"));
    }
    None
}

/// Checks whether another installation in the same Postgres server could read this one.
pub(super) async fn sharing(db: &Db) -> Vec<Finding> {
    match (sharing_inspect(db).await, members_inspect(db).await) {
        (Ok(facts), Ok(members)) => judge_sharing(&facts, &members),
        (Err(error), _) | (_, Err(error)) => vec![Finding::fail(
            format!("whether another installation may read this database cannot be told: {}", reason(&error)),
            "let the login read pg_catalog.pg_roles, pg_catalog.pg_database and pg_catalog.pg_shdepend",
        )],
    }
}

fn judge_sharing(facts: &SharingFacts, members: &[MemberFacts]) -> Vec<Finding> {
    let SharingFacts { shared, open, database } = facts;
    let mut findings = Vec::new();
    if *shared && *open {
        findings.push(Finding::fail(
            format!(
                "another database of this Postgres server uses the same roles, and every login of the server may connect to \
                 {database}: the logins of the other installation read this one"
            ),
            format!(
                "freehold migrate as the database's owner, which closes it, or as a superuser: grant connect on database \
                 \"{database}\" to the logins of DATABASE_URL and DATABASE_MIGRATION_URL; revoke connect on database \
                 \"{database}\" from public"
            ),
        ));
    }
    findings.extend(members.iter().filter_map(judge_member));
    if findings.is_empty() {
        findings.push(Finding::ok("no other installation in this Postgres server may read this one"));
    }
    findings
}

fn judge_member(MemberFacts { login, owner, of_two }: &MemberFacts) -> Option<Finding> {
    let two = format!("the login {login} may take on roles of this installation and of another one in the same server");
    match (owner, of_two) {
        (true, false) => None,
        (true, true) => Some(Finding::warn(two, "let each installation be migrated by a login of its own")),
        (false, true) => Some(Finding::fail(
            two,
            format!("give each installation a login of its own, and revoke the other's roles from {login}"),
        )),
        (false, false) => Some(Finding::warn(
            format!("the login {login} may read this database as well: it is a member of its roles"),
            format!("revoke them from {login} unless a server of this installation logs in as it"),
        )),
    }
}

pub(super) async fn examine(db: &Db, sets: &[MigrationSet]) -> Vec<Finding> {
    match schema_inspect(db, sets).await {
        Ok(difference) => judge_schema(&difference),
        Err(error) => vec![Finding::fail(
            format!("what the schema is like cannot be read: {}", reason(&error)),
            "freehold migrate",
        )],
    }
}

/// Checks that the database belongs to this product, and that no plan was changed without a new version.
pub(super) async fn plans(db: &Db, product: &Product) -> Vec<Finding> {
    let Ok(spec) = compose::specification(product) else { return Vec::new() };
    match Entitlements::check(db, &spec).await {
        Ok(()) => vec![Finding::ok(format!("the database is that of {}", spec.name))],
        Err(error) => vec![Finding::fail(reason(&error), "the server does not start before")],
    }
}

fn judge_schema(difference: &SchemaDifference) -> Vec<Finding> {
    let SchemaDifference { known, pending, changed, foreign } = difference;
    let mut findings = Vec::new();
    if pending.is_empty() && changed.is_empty() {
        findings.push(Finding::ok(format!("the schema is up to date: {known} migrations")));
    }
    if !pending.is_empty() {
        let what = format!("the schema is behind this program by {}", named(pending));
        findings.push(Finding::fail(what, "freehold migrate"));
    }
    if !changed.is_empty() {
        findings.push(Finding::fail(
            format!("the program has another text than the database was made with in {}", named(changed)),
            "undo the change, and write a new migration instead",
        ));
    }
    if !foreign.is_empty() {
        findings.push(Finding::warn(
            format!("this program does not know {}", named(foreign)),
            "run the version and the product that applied them",
        ));
    }
    findings
}

fn named(changes: &[String]) -> String {
    let count = if changes.len() == 1 { "1 migration".to_owned() } else { format!("{} migrations", changes.len()) };
    let more = if changes.len() > NAMED { ", …" } else { "" };
    format!("{count} ({}{more})", changes[..changes.len().min(NAMED)].join(", "))
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Level, *};

    fn role(name: &str) -> RoleFacts {
        RoleFacts {
            role: name.to_owned(),
            present: true,
            superuser: false,
            bypasses_rls: false,
            logs_in: false,
            may_become: name != "freehold_owner",
        }
    }

    #[test]
    fn roles_are_what_they_must_be() {
        assert_eq!(judge_roles(&[role("freehold_app"), role("freehold_owner")], true)[0].level, Level::Ok);
        for wrong in [
            RoleFacts { present: false, ..role("freehold_app") },
            RoleFacts { bypasses_rls: true, ..role("authenticated") },
            RoleFacts { superuser: true, ..role("freehold_owner") },
            RoleFacts { logs_in: true, ..role("freehold_system") },
            RoleFacts { may_become: false, ..role("freehold_readonly") },
        ] {
            assert_eq!(judge_role(&wrong).unwrap().level, Level::Fail, "{wrong:?}");
        }
        // On Supabase these belong to Supabase.
        assert_eq!(judge_role(&RoleFacts { may_become: false, logs_in: true, ..role("anon") }), None);
    }

    #[test]
    fn installations_of_one_server_are_told_apart() {
        let member = |owner, of_two| [MemberFacts { login: "web".to_owned(), owner, of_two }];
        let levels = |shared, open, members: &[MemberFacts]| -> Vec<Level> {
            let facts = SharingFacts { shared, open, database: "app".to_owned() };
            judge_sharing(&facts, members).iter().map(|finding| finding.level).collect()
        };
        assert_eq!(levels(false, true, &[]), [Level::Ok], "roles of its own");
        assert_eq!(levels(true, false, &[]), [Level::Ok], "nobody else may connect");
        assert_eq!(levels(true, true, &[]), [Level::Fail]);
        assert_eq!(levels(false, true, &member(false, true)), [Level::Fail]);
        assert_eq!(levels(false, true, &member(true, true)), [Level::Warn]);
        assert_eq!(levels(false, true, &member(true, false)), [Level::Ok], "who owns the database may read it");
        assert_eq!(levels(false, true, &member(false, false)), [Level::Warn]);
    }

    #[test]
    fn before_the_first_migration_missing_roles_are_no_findings() {
        assert_eq!(judge_roles(&[RoleFacts { present: false, ..role("freehold_app") }], false), []);
    }

    #[test]
    fn a_schema_is_behind_changed_or_ahead() {
        let levels =
            |difference: SchemaDifference| judge_schema(&difference).iter().map(|f| f.level).collect::<Vec<_>>();
        let one = || vec!["db/0001_tables".to_owned()];
        assert_eq!(levels(SchemaDifference { known: 3, ..Default::default() }), [Level::Ok]);
        assert_eq!(levels(SchemaDifference { pending: one(), ..Default::default() }), [Level::Fail]);
        assert_eq!(levels(SchemaDifference { changed: one(), ..Default::default() }), [Level::Fail]);
        assert_eq!(levels(SchemaDifference { foreign: one(), ..Default::default() }), [Level::Ok, Level::Warn]);
        let seven = vec!["a".to_owned(); 7];
        assert_eq!(named(&seven), "7 migrations (a, a, a, a, a, …)");
    }
}
