//! Files as a module of the program.

use freehold_core::Area;
use freehold_module::{Infra, Module};

use crate::{Files, MIGRATIONS, STATEMENTS, action, error, event, file::FILES, link::LINK, sweep};

/// Files of organizations.
pub const fn module<C: AsRef<Infra> + AsRef<Files>>() -> Module<C> {
    Module {
        migrations: Some(MIGRATIONS),
        statements: STATEMENTS,
        error_codes: error::CODES,
        events: event::ALL,
        actions: action::ALL,
        counters: &[FILES],
        seal_purposes: &[LINK],
        areas: &[Area::Files],
        jobs: |context| {
            let (infra, files): (&Infra, &Files) = (context.as_ref(), context.as_ref());
            vec![sweep::handler(infra.db.clone(), files.storage.clone())]
        },
        schedules: &[sweep::SCHEDULE],
        ..Module::named("files")
    }
}
