//! What a test's database is built from, and what is sent to it.

use freehold_db::{Migration, MigrationSet, Statement};

/// All migration sets in the order they are applied in: those of `freehold::compose` with the product that has tables.
pub(crate) fn migration_sets() -> Vec<MigrationSet> {
    let backbone = [
        freehold_db::MIGRATIONS,
        freehold_identity::MIGRATIONS,
        freehold_metering::MIGRATIONS,
        freehold_tenancy::MIGRATIONS,
        freehold_delivery::MIGRATIONS,
        freehold_web::MIGRATIONS,
    ];
    backbone.into_iter().chain(freehold_voice::PRODUCT.migrations).chain([TEST_TABLES]).collect()
}

/// All registered statements.
pub(crate) fn statements() -> Vec<&'static Statement> {
    let rooms: [&[&[&Statement]]; 8] = [
        &[freehold_db::CANARY_STATEMENTS],
        freehold_identity::STATEMENTS,
        freehold_metering::STATEMENTS,
        freehold_tenancy::STATEMENTS,
        freehold_delivery::STATEMENTS,
        &[freehold_web::IDEMPOTENCY_STATEMENTS],
        freehold_voice::PRODUCT.statements,
        &[crate::db::probe::STATEMENTS],
    ];
    rooms.into_iter().flatten().flat_map(|module| module.iter().copied()).collect()
}

/// A tenant's table for tests that are about tenants and nothing else.
const TEST_TABLES: MigrationSet =
    MigrationSet { name: "it", migrations: &[Migration { number: 1, name: "notes", sql: include_str!("notes.sql") }] };
