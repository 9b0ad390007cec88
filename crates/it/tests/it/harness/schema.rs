//! What a test's database is built from, and what is sent to it.

use freehold_db::{Migration, MigrationSet, Statement};

/// All migration sets in the order they are applied in. Later: those of the composition.
pub(crate) fn migration_sets() -> Vec<MigrationSet> {
    vec![
        freehold_db::MIGRATIONS,
        freehold_identity::MIGRATIONS,
        freehold_metering::MIGRATIONS,
        freehold_tenancy::MIGRATIONS,
        from_folder("delivery"),
        freehold_web::MIGRATIONS,
        TEST_TABLES,
    ]
}

/// All registered statements, by crate.
pub(crate) fn statements() -> Vec<&'static Statement> {
    let rooms = [freehold_identity::STATEMENTS, freehold_metering::STATEMENTS, freehold_tenancy::STATEMENTS].concat();
    let tests = [crate::db::probe::STATEMENTS];
    [freehold_db::CANARY_STATEMENTS, freehold_web::IDEMPOTENCY_STATEMENTS]
        .into_iter()
        .chain(rooms)
        .chain(tests)
        .flatten()
        .copied()
        .collect()
}

/// A tenant's table for tests that are about tenants and nothing else.
const TEST_TABLES: MigrationSet =
    MigrationSet { name: "it", migrations: &[Migration { number: 1, name: "notes", sql: include_str!("notes.sql") }] };

/// The migrations of a room that does not export its set yet, from its folder.
fn from_folder(room: &'static str) -> MigrationSet {
    let folder = crate::house::root().join("crates").join(room).join("migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let migrations = files.iter().map(|path| {
        let (number, name) = path.file_stem().unwrap().to_str().unwrap().split_once('_').unwrap();
        let sql = std::fs::read_to_string(path).unwrap();
        Migration { number: number.parse().unwrap(), name: name.to_owned().leak(), sql: sql.leak() }
    });
    MigrationSet { name: room, migrations: migrations.collect::<Vec<_>>().leak() }
}
