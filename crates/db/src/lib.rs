//! Access to Postgres. A tenant's rows can be reached only through [`Tenant`] and [`TenantTx`], because the pool is
//! private to this crate.
//!
//! Read in this order: [`Query`] and [`statements!`] declare what can be sent, [`Db`] sends it, [`Tenant`] and
//! [`TenantTx`] are the two forms of a tenant's transaction, [`SystemTx`] is for work across tenants, [`Origin`]
//! is where a task's work comes from, [`Migrator`] creates the schema, and [`fn@canary`] stops a server whose tenants
//! are not isolated.

pub mod audit;
mod canary;
mod connect;
mod connection;
mod database;
mod error;
mod foreign;
mod health;
mod inspect;
mod migrate;
mod origin;
mod pulse;
mod ready;
mod refusal;
mod roles;
mod scope;
mod send;
mod settings;
mod shares;
mod statement;
mod tls;
mod transaction;
mod value;

pub use canary::{STATEMENTS as CANARY_STATEMENTS, canary, faults};
pub use database::{Db, System, Tenant};
pub use error::OnConstraint;
pub use foreign::{AuthTable, Foreign, STATEMENTS as FOREIGN_STATEMENTS};
pub use inspect::{
    MemberFacts, RoleFacts, STATEMENTS as INSPECT_STATEMENTS, SchemaDifference, ServerFacts, SharingFacts,
    clock_inspect, members_inspect, roles_inspect, schema_inspect, server_inspect, sharing_inspect,
};
pub use migrate::{Migrated, Migration, MigrationSet, Migrator, ServerLogin, database_ensure};
pub use origin::Origin;
pub use ready::STATEMENTS as HEALTH_STATEMENTS;
pub use refusal::Refusal;
pub use scope::{AnyTx, OfTenant, Scope};
pub use send::StatementCache;
pub use settings::{PoolSettings, Settings};
pub use statement::{Params, Query, Row, Statement};
pub use tokio_postgres::types::{Json, Type};
pub use transaction::{SystemTx, TenantTx, Transaction};
pub use value::{Column, JsonText, Param};

/// What the code of the `statements!` macro needs where the macro is used.
#[doc(hidden)]
pub mod macros {
    pub use tokio_postgres::Row as DriverRow;

    pub use crate::statement::{Values, column};
}

/// This crate's own migrations: roles, `freehold.protect`, Supabase's `auth` functions.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "db",
    tenant_tables: &["freehold.canary"],
    migrations: &[
        Migration { number: 1, name: "tenant_context", sql: include_str!("../migrations/0001_tenant_context.sql") },
        Migration {
            number: 2,
            name: "supabase_functions",
            sql: include_str!("../migrations/0002_supabase_functions.sql"),
        },
        Migration { number: 3, name: "protect", sql: include_str!("../migrations/0003_protect.sql") },
        Migration { number: 4, name: "canary", sql: include_str!("../migrations/0004_canary.sql") },
        Migration { number: 5, name: "heartbeats", sql: include_str!("../migrations/0005_heartbeats.sql") },
    ],
};
