//! `freehold operator`: create, list and disable the operators who use the operator API.

use anyhow::{Result, anyhow};
use clap::{Subcommand, ValueEnum};
use freehold_core::{Error, Random, Secret, codes};
use freehold_db::Db;
use freehold_operators::{
    OperatorRole,
    operator::{
        Operator, TokenSource, operator_create, operator_disable, operator_enable, operator_list, operator_reset_factor,
    },
};
use freehold_vault::Vault;
use jiff::Timestamp;

use super::minute;
use crate::{
    compose,
    database::{Database, clock_of},
    products, secret_key,
    settings::Settings,
};

/// The actions of `freehold operator`.
#[derive(Subcommand)]
pub enum Action {
    /// Create an operator, and print the one-time token with which they set a password and a second factor
    Create {
        /// E-mail address of the operator
        #[arg(long)]
        email: String,
        /// Role of the operator
        #[arg(long, default_value = "admin")]
        role: Role,
    },
    /// List operators
    List,
    /// Disable an operator; this ends their sessions at once, those in organizations too
    Disable {
        /// E-mail address of the operator
        email: String,
    },
    /// Enable a disabled operator, and print a new one-time token
    Enable {
        /// E-mail address of the operator
        email: String,
    },
    /// Void an operator's password and second factor, end their sessions, and print a new one-time token
    ResetFactor {
        /// E-mail address of the operator
        email: String,
    },
}

/// Role of an operator.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Role {
    /// Everything that the operator API has
    Admin,
    /// Read, repeat failed work, and look into organizations without changing them
    Support,
}

impl From<Role> for OperatorRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Admin => Self::Admin,
            Role::Support => Self::Support,
        }
    }
}

/// Runs the action.
pub async fn operators(settings: &Settings, action: Action) -> Result<()> {
    let database = Database::open_beside(settings).await?;
    let done = async {
        // The first operator can be created before the first server starts.
        database.prepare(&compose::migrations(&products::product(&settings.product)?)).await?;
        let (db, random) = (database.pool()?, database.sources().random.clone());
        let now = clock_of(&db).await?.now();
        db.clock_follow().await?;
        let vault = secret_key::vault(settings, &random)?;
        act(&Parts { db, vault, random }, action, now).await
    };
    let done = done.await;
    database.close().await?;
    done
}

struct Parts {
    db: Db,
    vault: Vault,
    random: Random,
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
async fn act(parts: &Parts, action: Action, now: Timestamp) -> Result<()> {
    let source = TokenSource { vault: &parts.vault, random: &parts.random };
    let mut tx = parts.db.system("operator manages operators").begin().await?;
    match action {
        Action::List => {
            drop(tx);
            let operators = operator_list(&parts.db).await?;
            if operators.is_empty() {
                println!("no operators; `freehold operator create --email …` creates the first one");
            }
            for operator in operators {
                println!("{}", line(&operator, now));
            }
        }
        Action::Create { email, role } => {
            let token = operator_create(&mut tx, source, &email, role.into()).await.map_err(plain)?;
            tx.commit().await?;
            print_token(&email, &token);
        }
        Action::Disable { email } => {
            operator_disable(&mut tx, &email).await.map_err(|error| named(error, &email))?;
            tx.commit().await?;
            println!("{email} is disabled");
        }
        Action::Enable { email } => {
            let token = operator_enable(&mut tx, source, &email).await.map_err(|error| named(error, &email))?;
            tx.commit().await?;
            print_token(&email, &token);
        }
        Action::ResetFactor { email } => {
            let token = operator_reset_factor(&mut tx, source, &email).await.map_err(|error| named(error, &email))?;
            tx.commit().await?;
            print_token(&email, &token);
        }
    }
    Ok(())
}

fn plain(error: Error) -> anyhow::Error {
    match error.fields().first() {
        Some(field) => anyhow!("the e-mail address is invalid: {}", field.message),
        None if error.is(codes::CONFLICT) => anyhow!("{}", error.message()),
        None => error.into(),
    }
}

fn named(error: Error, email: &str) -> anyhow::Error {
    if error.is(codes::NOT_FOUND) { anyhow!("no operator has the address {email}") } else { plain(error) }
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn print_token(email: &str, token: &Secret) {
    println!("{email} has 24 hours to set a password and a second factor with this one-time token:");
    println!("\n  {}\n", token.expose());
    println!("POST /operator/v1/set-up; docs/operators.md shows how. The token is not shown again.");
}

fn line(operator: &Operator, now: Timestamp) -> String {
    let state = match (operator.disabled_at, operator.set_up_expires_at) {
        (Some(at), _) => format!("disabled {}", minute(at)),
        (None, Some(at)) if at <= now => format!("not set up; the token expired {}", minute(at)),
        (None, Some(at)) => format!("to be set up until {}", minute(at)),
        (None, None) => match operator.signed_in_at {
            Some(at) => format!("last signed in {}", minute(at)),
            None => "never signed in".to_owned(),
        },
    };
    format!(
        "{}  {}  {}\n  since {}, {state}",
        operator.operator_id,
        operator.role,
        operator.email,
        minute(operator.created_at)
    )
}
