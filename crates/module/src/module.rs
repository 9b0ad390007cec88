//! The declaration of a module.

use freehold_catalog::Counter;
use freehold_core::{Area, Code};
use freehold_db::{MigrationSet, Statement};
use freehold_jobs::{FORGETTING, Handler, Schedule, forget_handler, outbox::EventType};
use freehold_vault::Purpose;

use crate::{AuditAction, Export, Hooks, Infra, MailTemplate, Mails, Setting, UserExport, job_export, jobs::ACTIONS};

/// A capability or a product, as the program is composed of them. Written as a constant:
/// `Module { areas: &[…], ..Module::named("tenancy") }`.
pub struct Module<C: 'static> {
    /// The module's name, which is unique: `tenancy`.
    pub name: &'static str,
    /// The migrations of its tables; none: it has no tables.
    pub migrations: Option<MigrationSet>,
    /// Its SQL statements. A test prepares all of them.
    pub statements: &'static [&'static [&'static Statement]],
    /// Its error codes.
    pub error_codes: &'static [Code],
    /// The types of the events that it publishes.
    pub events: &'static [EventType],
    /// The actions that it records in the audit, with their words in the activity feed.
    pub actions: &'static [AuditAction],
    /// The mails that it sends.
    pub mails: &'static [&'static [MailTemplate]],
    /// What its code counts by itself, for `counts` of a meter in `product.toml`. No other module may declare the same.
    pub counters: &'static [Counter],
    /// What it seals secrets for. No other module may declare the same.
    pub seal_purposes: &'static [Purpose],
    /// Its settings, which an operator writes under `[product]` in `freehold.toml`.
    pub settings: &'static [Setting],
    /// Its areas for permissions and scopes.
    pub areas: &'static [Area],
    /// The handlers of its jobs. A capability that is switched off has none.
    pub jobs: fn(&C) -> Vec<Handler>,
    /// The schedules of its recurring jobs. Those whose job has no handler are left out.
    pub schedules: &'static [Schedule],
    /// Its part of an organization's export.
    pub exports: &'static [Export],
    /// Its part of a user's export.
    pub user_exports: &'static [UserExport],
    /// What it does when an organization changes.
    pub hooks: Hooks<C>,
}

impl<C> Module<C> {
    /// A module with this name and nothing else.
    pub const fn named(name: &'static str) -> Self {
        Self {
            name,
            migrations: None,
            statements: &[],
            error_codes: &[],
            events: &[],
            actions: &[],
            mails: &[],
            counters: &[],
            seal_purposes: &[],
            settings: &[],
            areas: &[],
            jobs: |_| Vec::new(),
            schedules: &[],
            exports: &[],
            user_exports: &[],
            hooks: Hooks::NONE,
        }
    }
}

/// The mails of these modules.
pub fn mails<C>(modules: &[Module<C>]) -> Mails {
    modules.iter().flat_map(|module| module.mails).copied().flatten().copied().collect()
}

impl<C> Clone for Module<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Module<C> {}

/// The module of what all others stand on: error codes, the schema of the database, and its self-checks.
pub const fn platform<C>() -> Module<C> {
    Module {
        migrations: Some(freehold_db::MIGRATIONS),
        statements: &[
            freehold_db::audit::STATEMENTS,
            freehold_db::CANARY_STATEMENTS,
            freehold_db::INSPECT_STATEMENTS,
            freehold_db::FOREIGN_STATEMENTS,
            freehold_db::HEALTH_STATEMENTS,
            // Of the module of jobs, whose crate does not know this one.
            job_export::STATEMENTS,
        ],
        error_codes: freehold_core::codes::ALL,
        seal_purposes: Purpose::SHARED,
        ..Module::named("db")
    }
}

/// The module of background jobs and of the outbox of events.
pub const fn jobs<C: AsRef<Infra>>() -> Module<C> {
    Module {
        migrations: Some(freehold_jobs::MIGRATIONS),
        statements: freehold_jobs::STATEMENTS,
        actions: ACTIONS,
        areas: &[Area::Jobs, Area::Events],
        jobs: |context| {
            let Infra { db, .. } = context.as_ref();
            vec![forget_handler(db.clone())]
        },
        schedules: &[FORGETTING],
        exports: job_export::EXPORTS,
        ..Module::named("jobs")
    }
}
