//! `freehold erasure`: deletes what is due, and looks for what is left of an organization or a user.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use freehold_app::erasure::{Erased, erasures_run};
use freehold_core::{Random, TenantId, UserId};
use freehold_privacy::erasure::verify::{Subject, Verified, erasure_verify};

use super::minute;
use crate::{database::Database, products, secret_key, settings::Settings, work};

/// The actions of `freehold erasure`.
#[derive(Subcommand)]
pub enum Action {
    /// Delete every organization and user whose grace period is over, as the server does each minute
    Run,
    /// Look for an erased organization or user in every table and in the file store; the server may keep running
    ///
    /// Prints each column in which the id or an address is found, with the number of rows. Rows that are kept on
    /// purpose are printed with the reason. All tables are read. Exit codes: 0 when nothing is left that should not be;
    /// 1 when something is left.
    Verify {
        /// Whose traces to look for
        #[command(flatten)]
        subject: Wanted,
        /// E-mail address to look for, too; may be repeated
        #[arg(long = "email", value_name = "ADDRESS", value_parser = address)]
        emails: Vec<String>,
    },
}

/// Whose traces to look for.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct Wanted {
    /// Id of the organization
    #[arg(long, value_name = "ID")]
    tenant: Option<TenantId>,
    /// Id of the user
    #[arg(long, value_name = "ID")]
    user: Option<UserId>,
}

/// Runs the action. Fails if traces were found.
pub async fn erasure(settings: &Settings, action: Action) -> Result<ExitCode> {
    let database = Database::open_beside(settings).await?;
    let done = match action {
        Action::Run => run(settings, &database).await,
        Action::Verify { subject, emails } => verify(settings, &database, &subject, &emails).await,
    };
    database.close().await?;
    done
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
async fn run(settings: &Settings, database: &Database) -> Result<ExitCode> {
    let product = products::product(&settings.product)?;
    let vault = secret_key::vault(settings, &Random::system())?;
    let app = work::app_beside(settings, database, &product, vault).await?;
    let Erased { users, organizations, completed } = erasures_run(&app).await?;
    println!("{users} users and {organizations} organizations deleted, {completed} earlier erasures completed");
    Ok(ExitCode::SUCCESS)
}

async fn verify(settings: &Settings, database: &Database, wanted: &Wanted, emails: &[String]) -> Result<ExitCode> {
    let subject = match (wanted.tenant, wanted.user) {
        (Some(tenant), _) => Subject::Tenant(tenant),
        (None, Some(user)) => Subject::User(user),
        (None, None) => anyhow::bail!("name an organization by --tenant, or a user by --user"),
    };
    let db = database.pool()?;
    db.clock_follow().await?;
    let verified = erasure_verify(&db, &settings.files.open()?.storage, subject, emails).await?;
    print(&verified);
    Ok(if verified.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn print(verified: &Verified) {
    for trace in &verified.traces {
        match trace.kept {
            Some(reason) => println!("kept   {}: {} in {} rows: {reason}", trace.place, trace.text, trace.found),
            None => println!("left   {}: {} in {}", trace.place, trace.text, trace.found),
        }
    }
    if let Some(customer) = &verified.customer_id {
        println!("kept   Stripe: the invoices of the deleted customer {customer}: tax law requires them");
    }
    match verified.erased_at {
        Some(at) => println!("the erasure was completed at {}", minute(at)),
        None => println!("no completed erasure is recorded"),
    }
    let left = verified.traces.iter().filter(|trace| trace.kept.is_none()).count();
    println!("{left} places with traces");
}

/// An address as the search compares it. A shorter text would be found everywhere.
fn address(text: &str) -> Result<String, String> {
    let text = text.trim().to_lowercase();
    if text.len() >= 3 && text.contains('@') { Ok(text) } else { Err("expected an e-mail address".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_is_looked_for() {
        assert_eq!(address(" Ada@Example.org ").unwrap(), "ada@example.org");
        for bad in ["", "@", "a", "example.org"] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }
}
