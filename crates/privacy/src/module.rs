//! Exports and erasure as a module of the program.

use freehold_module::Module;

use crate::{MIGRATIONS, STATEMENTS, erasure};

/// Exports and erasure.
pub const fn module<C>() -> Module<C> {
    Module {
        migrations: Some(MIGRATIONS),
        statements: STATEMENTS,
        mails: &[erasure::MAILS],
        settings: &[erasure::GRACE_DAYS.setting, erasure::ARCHIVED_DAYS.setting],
        ..Module::named("privacy")
    }
}
