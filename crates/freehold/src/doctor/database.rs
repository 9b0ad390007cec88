//! Checks that the database exists and answers. Other modules check its content.

use freehold_core::codes;
use freehold_db::Db;

use super::{
    addresses, audit, billing, finding::Finding, isolation, mail, reason, restart_advice, schema, secret_key, server,
};
use crate::{compose, database::Database, products, settings::Settings, terminal};

/// The advice if the login of DATABASE_URL may not write.
const MIGRATE_AS: &str = "freehold migrate, with a login in DATABASE_MIGRATION_URL that may create roles, such as the owner of \
                          the database";

pub(super) async fn examine(settings: &Settings) -> Vec<Finding> {
    let local = settings.database_url.is_none();
    if local && !settings.data.join("postgres/cluster").exists() {
        return vec![Finding::warn(
            format!("there is no database in {} yet", settings.data.display()),
            "start freehold, which makes one, or set DATABASE_URL; the checks of the database wait for it",
        )];
    }
    let database = match Database::open_beside(settings).await {
        Ok(database) => database,
        Err(error) => {
            let advice = if local { "mend this, or set DATABASE_URL to a server of yours" } else { "correct it" };
            return vec![Finding::fail(format!("the database cannot be opened: {}", terminal::line(&error)), advice)];
        }
    };
    let mut findings = match database.pool() {
        Ok(db) => ask(settings, &database, &db).await,
        Err(error) => vec![Finding::fail(
            format!("the database cannot be reached: {}", terminal::line(&error)),
            "correct DATABASE_URL",
        )],
    };
    if let Err(error) = database.close().await {
        findings.push(Finding::warn(
            format!(
                "the local Postgres was started for these checks and did not stop in order: {}",
                terminal::line(&error)
            ),
            "it ends with this command, and recovers at the next start",
        ));
    }
    findings
}

async fn ask(settings: &Settings, database: &Database, db: &Db) -> Vec<Finding> {
    let facts = match freehold_db::server_inspect(db).await {
        Ok(facts) => facts,
        Err(error) => {
            if let Some(login) = database.missing_login().await {
                return vec![Finding::fail(
                    format!("the login {login:?} of DATABASE_URL does not exist yet"),
                    "freehold migrate, which creates it with the password of DATABASE_URL",
                )];
            }
            let advice = if settings.database_url.is_some() {
                "start the server, or correct DATABASE_URL (host, port, login, password, name, sslmode)"
            } else {
                "run `freehold migrate`, which makes the login of requests, or look into postgres/postgres.log"
            };
            return vec![Finding::fail(format!("the database does not answer: {}", reason(&error)), advice)];
        }
    };
    let place = match (&settings.database_url, database.is_started_here()) {
        (Some(_), _) => "of DATABASE_URL",
        (None, true) => "of the data folder, started for these checks,",
        (None, false) => "of the running server",
    };
    let mut findings = server::examine(&facts, place, database.has_own_login());
    findings.extend(server::clock(db).await);
    findings.extend(schema::roles(db, facts.has_schema).await);
    if !facts.has_schema {
        let may = facts.superuser || facts.creates_roles || database.has_own_login();
        let advice = if may { "freehold migrate" } else { MIGRATE_AS };
        findings.push(Finding::fail("the schema is not there", advice));
        return findings;
    }
    findings.extend(schema::sharing(db).await);
    // An unknown product is reported by another check; its schema cannot be compared.
    if let Ok(product) = products::product(&settings.product) {
        let schema = schema::examine(db, &compose::migrations(&product)).await;
        let up_to_date = !schema.iter().any(Finding::failed);
        findings.extend(schema);
        if up_to_date {
            findings.extend(schema::plans(db, &product).await);
            findings.push(secret_key::opens(settings, db).await);
            findings.push(audit::chains(db).await);
        }
        findings.extend(billing::queue(settings, db, &product).await);
    }
    findings.extend(writing(db).await);
    findings.extend(isolation::examine(db).await);
    findings.extend(mail::queue(db).await);
    findings.extend(addresses::examine(db).await);
    findings
}

/// Checks that the database accepts writes, as `/readyz` does.
async fn writing(db: &Db) -> Vec<Finding> {
    match db.ready().await {
        Ok(()) => vec![Finding::ok("the database can be read and written")],
        Err(error) if error.is_temporary() => vec![Finding::fail(
            format!("the database is not ready: {}", reason(&error)),
            match error.code() {
                code if code == codes::STORAGE_FULL => {
                    "free space on the disk of the database; the server writes again by itself"
                }
                _ => restart_advice(&error),
            },
        )],
        // Missing migrations are reported by another check.
        Err(_) => Vec::new(),
    }
}
