//! Exports and erasure as a module of the program.

use freehold_core::Area;
use freehold_module::Module;

use crate::{MIGRATIONS, STATEMENTS, export};

/// Exports and erasure.
pub const fn module<C>() -> Module<C> {
    Module {
        migrations: Some(MIGRATIONS),
        statements: STATEMENTS,
        error_codes: export::CODES,
        events: export::EVENTS,
        mails: &[export::MAILS],
        seal_purposes: &[export::EXPORT_LINK],
        areas: &[Area::Exports],
        exports: export::EXPORTS,
        ..Module::named("privacy")
    }
}
