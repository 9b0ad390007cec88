//! Checks the Postgres server: its version, `standard_conforming_strings`, the login for requests, its clock.

use freehold_core::Clock;
use freehold_db::{Db, ServerFacts, clock_inspect};

use super::{finding::Finding, reason};

/// The oldest supported Postgres: version 15 introduced views with the rights of the user who reads them.
const OLDEST: i32 = 15;
/// The largest allowed difference of the clocks, in milliseconds.
const APART: i128 = 2_000;

pub(super) fn examine(facts: &ServerFacts, place: &str, own_login: bool) -> Vec<Finding> {
    let mut findings = vec![version(facts, place), login(facts, own_login)];
    findings.push(if facts.standard_conforming_strings {
        Finding::ok("standard_conforming_strings is on")
    } else {
        Finding::fail(
            "standard_conforming_strings is off: a backslash in a text could end it early",
            "alter database … set standard_conforming_strings = on",
        )
    });
    findings
}

fn version(facts: &ServerFacts, place: &str) -> Finding {
    let ServerFacts { version, version_number, .. } = facts;
    if version_number / 10_000 >= OLDEST {
        Finding::ok(format!("the database {place} answers: Postgres {version}"))
    } else {
        Finding::fail(
            format!("the database {place} is Postgres {version}"),
            format!("move to Postgres {OLDEST} or newer"),
        )
    }
}

/// Checks that the login for requests has no rights except to take on the roles of requests.
fn login(facts: &ServerFacts, own_login: bool) -> Finding {
    let ServerFacts { login, superuser, bypasses_rls, may_own, creates_roles, owns_database, .. } = facts;
    let powers = match (superuser, bypasses_rls, may_own, creates_roles, owns_database) {
        (true, ..) => "a superuser",
        (_, true, ..) => "allowed to pass by row-level security",
        (_, _, true, ..) => "a member of freehold_owner, which sees every tenant's rows",
        (_, _, _, true, _) => "allowed to create roles",
        (.., true) => "the owner of the database",
        _ => return Finding::ok(format!("requests log in as {login}, which can do nothing but take on their roles")),
    };
    let advice = if own_login {
        format!("take that from {login}: only the login of DATABASE_MIGRATION_URL needs it")
    } else {
        format!(
            "requests take on a lesser role, but a login of their own is safer: \
             create role freehold_server login noinherit password '…'; \
             name it in DATABASE_URL and {login} in DATABASE_MIGRATION_URL, then run freehold migrate once"
        )
    };
    Finding::warn(format!("requests log in as {login}, which is {powers}"), advice)
}

/// Checks that machine and database agree on the time: tokens, periods and expiries are compared with both.
pub(super) async fn clock(db: &Db) -> Vec<Finding> {
    let clock = Clock::system();
    let before = clock.now();
    let read = clock_inspect(db).await;
    let after = clock.now();
    let there = match read {
        Ok(there) => there,
        Err(error) => {
            let what = format!("the database's clock cannot be read: {}", reason(&error));
            return vec![Finding::fail(what, "look into the server's log")];
        }
    };
    vec![difference(apart(before.as_microsecond(), there.as_microsecond(), after.as_microsecond()))]
}

/// How far `there` is outside the time between request and answer, in milliseconds.
fn apart(before: i64, there: i64, after: i64) -> i128 {
    let micros = i128::from(before.saturating_sub(there)).max(i128::from(there.saturating_sub(after))).max(0);
    micros / 1_000
}

fn difference(millis: i128) -> Finding {
    if millis < APART {
        Finding::ok(format!("the clocks of machine and database are {millis} ms apart"))
    } else {
        Finding::fail(
            format!("the clocks of machine and database are {millis} ms apart"),
            "set both by NTP: tokens and billing periods would end at the wrong time",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Level, *};

    fn facts() -> ServerFacts {
        ServerFacts {
            version: "15.18".to_owned(),
            version_number: 150_018,
            standard_conforming_strings: true,
            login: "freehold_server".to_owned(),
            superuser: false,
            bypasses_rls: false,
            creates_roles: false,
            owns_database: false,
            may_own: false,
            has_schema: true,
        }
    }

    #[test]
    fn a_login_of_its_own_is_well_and_more_power_is_worth_a_word() {
        let levels = |facts: &ServerFacts| examine(facts, "here", false).iter().map(|f| f.level).collect::<Vec<_>>();
        assert_eq!(levels(&facts()), [Level::Ok, Level::Ok, Level::Ok]);
        assert_eq!(levels(&ServerFacts { superuser: true, may_own: true, ..facts() })[1], Level::Warn);
        assert_eq!(levels(&ServerFacts { bypasses_rls: true, ..facts() })[1], Level::Warn);
        assert_eq!(levels(&ServerFacts { may_own: true, ..facts() })[1], Level::Warn);
        assert_eq!(levels(&ServerFacts { creates_roles: true, ..facts() })[1], Level::Warn);
        assert_eq!(levels(&ServerFacts { owns_database: true, ..facts() })[1], Level::Warn);
        let owner = ServerFacts { may_own: true, ..facts() };
        assert!(login(&owner, false).advice.unwrap().contains("DATABASE_MIGRATION_URL"));
    }

    #[test]
    fn an_old_server_and_loose_strings_fail() {
        let old = ServerFacts { version_number: 140_019, standard_conforming_strings: false, ..facts() };
        let levels: Vec<Level> = examine(&old, "here", true).iter().map(|finding| finding.level).collect();
        assert_eq!(levels, [Level::Fail, Level::Ok, Level::Fail]);
    }

    #[test]
    fn clocks_are_compared_with_the_time_that_asking_takes() {
        assert_eq!(apart(1_000, 5_000, 9_000), 0);
        assert_eq!(apart(10_000, 4_000, 12_000), 6);
        assert_eq!(apart(10_000, 3_012_000, 12_000), 3_000);
        assert_eq!(difference(1_999).level, Level::Ok);
        assert_eq!(difference(2_000).level, Level::Fail);
    }
}
