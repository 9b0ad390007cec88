//! Personal data: exports of an organization's and a user's data, and their erasure.
//!
//! [`export`] writes archives, [`erasure`] deletes organizations and users after a grace period, and looks for what is left of them.

pub mod erasure;
pub mod export;
mod module;

pub use module::module;

use erasure::{purge, tenant_deletion, user_deletion, verify};
use freehold_db::{Migration, MigrationSet, Statement};

/// The migrations of this crate's tables.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "privacy",
    tenant_tables: &["freehold.exports"],
    migrations: &[
        Migration { number: 1, name: "exports", sql: include_str!("../migrations/0001_exports.sql") },
        Migration { number: 2, name: "export_indexes", sql: include_str!("../migrations/0002_export_indexes.sql") },
        Migration { number: 3, name: "closing", sql: include_str!("../migrations/0003_closing.sql") },
        Migration { number: 4, name: "tenant_deletions", sql: include_str!("../migrations/0004_tenant_deletions.sql") },
        Migration { number: 5, name: "user_deletions", sql: include_str!("../migrations/0005_user_deletions.sql") },
        Migration { number: 6, name: "erasures", sql: include_str!("../migrations/0006_erasures.sql") },
        Migration { number: 7, name: "erasing", sql: include_str!("../migrations/0007_erasing.sql") },
        Migration { number: 8, name: "traces", sql: include_str!("../migrations/0008_traces.sql") },
    ],
};

/// Every SQL statement of this crate.
pub const STATEMENTS: &[&[&Statement]] = &[
    export::STATEMENTS,
    tenant_deletion::STATEMENTS,
    user_deletion::STATEMENTS,
    purge::STATEMENTS,
    verify::STATEMENTS,
];
