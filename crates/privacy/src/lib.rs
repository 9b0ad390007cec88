//! Personal data: exports of an organization's and a user's data, and their erasure.
//!
//! [`erasure`] deletes organizations and users after a grace period, and looks for what is left of them.

pub mod erasure;
mod module;

pub use module::module;

use freehold_db::{Migration, MigrationSet, Statement};

/// The migrations of this crate.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "privacy",
    tenant_tables: &[],
    migrations: &[
        Migration { number: 1, name: "closing", sql: include_str!("../migrations/0001_closing.sql") },
        Migration { number: 2, name: "tenant_deletions", sql: include_str!("../migrations/0002_tenant_deletions.sql") },
        Migration { number: 3, name: "user_deletions", sql: include_str!("../migrations/0003_user_deletions.sql") },
        Migration { number: 4, name: "erasures", sql: include_str!("../migrations/0004_erasures.sql") },
        Migration { number: 5, name: "erasing", sql: include_str!("../migrations/0005_erasing.sql") },
        Migration { number: 6, name: "traces", sql: include_str!("../migrations/0006_traces.sql") },
    ],
};

/// Every SQL statement of this crate.
pub const STATEMENTS: &[&[&Statement]] = erasure::STATEMENTS;
