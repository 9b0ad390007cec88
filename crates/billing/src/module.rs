//! Billing as a module of the program.

use freehold_core::Area;
use freehold_module::{Hooks, Infra, Module};

use crate::{
    Billing, MIGRATIONS, STATEMENTS, action, codes, erasure::customer_erase, event, export::EXPORTS, job, mail,
    settle::account_open, trial,
};

/// What organizations pay. Where billing is switched off it has no jobs, and new organizations get no account.
pub const fn module<C: AsRef<Option<Billing>> + AsRef<Infra> + Sync>() -> Module<C> {
    Module {
        migrations: Some(MIGRATIONS),
        statements: STATEMENTS,
        error_codes: codes::ALL,
        events: event::ALL,
        actions: action::ALL,
        mails: &[mail::TEMPLATES],
        seal_purposes: &[trial::PEPPER],
        areas: &[Area::Billing],
        jobs: |context| {
            let billing: &Option<Billing> = context.as_ref();
            billing.iter().flat_map(job::handlers).collect()
        },
        schedules: job::SCHEDULES,
        exports: EXPORTS,
        hooks: Hooks {
            tenant_created: Some(|context, tx, tenant| {
                Box::pin(async move {
                    let billing: &Option<Billing> = context.as_ref();
                    let Some(billing) = billing else { return Ok(()) };
                    account_open(tx, billing, tenant).await
                })
            }),
            erase: Some(|context, tenant| {
                let billing: &Option<Billing> = context.as_ref();
                Box::pin(async move {
                    let Some(billing) = billing else { return Ok(()) };
                    customer_erase(billing, tenant).await
                })
            }),
            ..Hooks::NONE
        },
        ..Module::named("billing")
    }
}
