//! Files as a module of the program.

use freehold_core::Area;
use freehold_module::{Hooks, Infra, Module};

use crate::{
    Files, MIGRATIONS, STATEMENTS,
    erasure::tenant_files_erase,
    error, event,
    export::{EXPORTS, contents},
    file::FILES,
    link::LINK,
    sweep,
};

/// Files of organizations.
pub const fn module<C: AsRef<Infra> + AsRef<Files> + Sync>() -> Module<C> {
    Module {
        migrations: Some(MIGRATIONS),
        statements: STATEMENTS,
        error_codes: error::CODES,
        events: event::ALL,
        counters: &[FILES],
        seal_purposes: &[LINK],
        areas: &[Area::Files],
        jobs: |context| {
            let (infra, files): (&Infra, &Files) = (context.as_ref(), context.as_ref());
            vec![sweep::handler(infra.db.clone(), files.storage.clone())]
        },
        schedules: &[sweep::SCHEDULE],
        exports: EXPORTS,
        hooks: Hooks {
            export: Some(|context, caller| {
                let (infra, files): (&Infra, &Files) = (context.as_ref(), context.as_ref());
                contents(infra.db.clone(), files.storage.clone(), caller)
            }),
            erase: Some(|context, tenant| {
                let (infra, files): (&Infra, &Files) = (context.as_ref(), context.as_ref());
                Box::pin(async move { tenant_files_erase(&infra.db, &files.storage, tenant).await.map(drop) })
            }),
            ..Hooks::NONE
        },
        ..Module::named("files")
    }
}
