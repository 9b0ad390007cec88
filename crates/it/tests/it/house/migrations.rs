//! Every migration file is in the migration set of its crate.

use std::{collections::BTreeSet, fs, path::Path};

use super::{refuse, rooms, root};
use crate::harness::schema::migration_sets;

/// Not a migration: the foundation of all of them.
const FOUNDATION: &str = "bootstrap.sql";

#[test]
fn every_migration_file_is_in_a_set() {
    let sets = migration_sets(&freehold_voice::PRODUCT);
    let mut broken = Vec::new();
    for room in rooms() {
        let Ok(entries) = fs::read_dir(root().join(&room.folder).join("migrations")) else { continue };
        let files: BTreeSet<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|file| Path::new(file).extension().is_some_and(|kind| kind == "sql") && file != FOUNDATION)
            .collect();
        let Some(set) = sets.iter().find(|set| set.name == room.name) else {
            broken.push(format!("{}: its set is not in `harness::schema::migration_sets`", room.folder));
            continue;
        };
        let listed: BTreeSet<String> =
            set.migrations.iter().map(|migration| format!("{:04}_{}.sql", migration.number, migration.name)).collect();
        broken.extend(files.symmetric_difference(&listed).map(|file| {
            format!(
                "{}/migrations/{file}: is {}",
                room.folder,
                if listed.contains(file) { "listed, but not there" } else { "there, but not listed" }
            )
        }));
        for (index, migration) in set.migrations.iter().enumerate() {
            if usize::try_from(migration.number) != Ok(index + 1) {
                broken.push(format!("{}: number {} stands at place {}", room.folder, migration.number, index + 1));
            }
        }
    }
    refuse("Migrations and their files:", &broken);
}
