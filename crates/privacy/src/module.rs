//! Exports and erasure as a module of the program.

use freehold_core::Area;
use freehold_module::Module;

use crate::{MIGRATIONS, STATEMENTS, erasure, export};

/// Exports and erasure.
pub const fn module<C>() -> Module<C> {
    Module {
        migrations: Some(MIGRATIONS),
        statements: STATEMENTS,
        error_codes: export::CODES,
        events: export::EVENTS,
        mails: &[export::MAILS, erasure::MAILS],
        seal_purposes: &[export::EXPORT_LINK],
        settings: &[erasure::GRACE_DAYS.setting, erasure::ARCHIVED_DAYS.setting],
        areas: &[Area::Exports],
        exports: export::EXPORTS,
        ..Module::named("privacy")
    }
}
