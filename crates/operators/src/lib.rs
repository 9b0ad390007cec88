//! Operators of the server: their accounts, and what they do to organizations.
//!
//! Read in this order: [`operator`] are the accounts, which are set up and signed in to, [`session`] keeps an operator
//! signed in, [`entry`] is the record of what operators did. [`directory`] finds organizations, [`suspension`] stops
//! them, and [`impersonation`] lets an operator work in one as a member.

pub mod directory;
pub mod entry;
pub mod impersonation;
mod module;
pub mod operator;
pub mod purposes;
mod role;
pub mod session;
pub mod suspension;
mod token;

use std::sync::Arc;

use freehold_db::{Migration, MigrationSet, Statement};
use freehold_identity::{Base, Identity, limit::Limits, password::Passwords};

pub use module::module;
pub use role::OperatorRole;

/// The migrations of this crate.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "operators",
    tenant_tables: &[],
    migrations: &[
        Migration { number: 1, name: "operators", sql: include_str!("../migrations/0001_operators.sql") },
        Migration {
            number: 2,
            name: "operators_in_audits",
            sql: include_str!("../migrations/0002_operators_in_audits.sql"),
        },
        Migration { number: 3, name: "suspensions", sql: include_str!("../migrations/0003_suspensions.sql") },
        Migration { number: 4, name: "impersonations", sql: include_str!("../migrations/0004_impersonations.sql") },
    ],
};

/// All SQL statements of this crate.
pub const STATEMENTS: &[&[&Statement]] = &[
    operator::STATEMENTS,
    session::STATEMENTS,
    entry::STATEMENTS,
    impersonation::STATEMENTS,
    suspension::STATEMENTS,
    directory::STATEMENTS,
];

/// What signing in as an operator stands on. Cheap to clone.
#[derive(Clone)]
pub struct Operators {
    /// Database, secrets and settings of sign-in.
    pub base: Arc<Base>,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// What counts requests and guesses.
    pub limits: Limits,
}

impl From<&Identity> for Operators {
    fn from(identity: &Identity) -> Self {
        let Identity { base, passwords, limits, .. } = identity;
        Self { base: base.clone(), passwords: passwords.clone(), limits: limits.clone() }
    }
}
