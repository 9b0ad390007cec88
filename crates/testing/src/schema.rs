//! What a test's database is built from.

use freehold_compose::migrations;
use freehold_db::{Migration, MigrationSet};
use freehold_web::Product;

/// A product without code and without tables: a database for it has only the tables of the backbone.
pub const NO_PRODUCT: Product = Product::from_toml("product.toml", "");

/// All migration sets of the backbone and of this product, in the order in which they are applied.
pub fn migration_sets(product: &Product) -> Vec<MigrationSet> {
    migrations(product).into_iter().chain([TEST_TABLES]).collect()
}

/// A tenant table for tests that need no other tables.
const TEST_TABLES: MigrationSet = MigrationSet {
    name: "it",
    tenant_tables: &["it.notes"],
    migrations: &[Migration { number: 1, name: "notes", sql: include_str!("notes.sql") }],
};
