//! What a test's database is built from, and the statements of its server.

use freehold_db::{Migration, MigrationSet, Statement};

/// All migration sets in the order in which they are applied, including the product that has tables.
pub fn migration_sets() -> Vec<MigrationSet> {
    freehold::compose::migrations(&freehold_voice::PRODUCT).into_iter().chain([TEST_TABLES]).collect()
}

/// All statements of the capabilities and of the product that has tables.
pub fn statements() -> Vec<&'static Statement> {
    freehold::compose::statements(&freehold_voice::PRODUCT).into_iter().collect()
}

/// A tenant table for tests that need no other tables.
const TEST_TABLES: MigrationSet = MigrationSet {
    name: "it",
    tenant_tables: &["it.notes"],
    migrations: &[Migration { number: 1, name: "notes", sql: include_str!("notes.sql") }],
};
