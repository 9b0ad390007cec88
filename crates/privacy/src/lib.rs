//! Personal data: exports of an organization's and a user's data, and their erasure.

pub mod export;
mod module;

pub use module::module;

use freehold_db::{Migration, MigrationSet, Statement};

/// The migrations of this crate's tables.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "privacy",
    tenant_tables: &["freehold.exports"],
    migrations: &[
        Migration { number: 1, name: "exports", sql: include_str!("../migrations/0001_exports.sql") },
        Migration { number: 2, name: "export_indexes", sql: include_str!("../migrations/0002_export_indexes.sql") },
    ],
};

/// Every SQL statement of this crate.
pub const STATEMENTS: &[&[&Statement]] = &[export::STATEMENTS];
