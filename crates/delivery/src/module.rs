//! Delivery as a module of the program.

use std::time::Duration;

use freehold_core::Area;
use freehold_jobs::{Done, Handler, JobKind, Schedule};
use freehold_module::{Hooks, Infra, Module};

use crate::{
    MIGRATIONS, STATEMENTS, action,
    export::EXPORTS,
    mail::{mails_of_tenant_erase, mails_of_user_erase, mails_seal},
    webhook::{disabled_mail::DISABLED_MAIL, event, sweep},
};

/// Encrypts the secrets of mails that an older version queued in plain text.
const MAILS: JobKind = JobKind::maintenance("house.seal_mails");

const SCHEDULES: &[Schedule] =
    &[Schedule { name: MAILS.name, every: Duration::from_mins(10), kind: &MAILS }, sweep::SCHEDULE];

/// Mails and webhooks.
pub const fn module<C: AsRef<Infra>>() -> Module<C> {
    Module {
        migrations: Some(MIGRATIONS),
        statements: STATEMENTS,
        events: event::ALL,
        actions: action::ALL,
        mails: &[&[DISABLED_MAIL]],
        areas: &[Area::Webhooks],
        jobs: |context| {
            let infra: &Infra = context.as_ref();
            vec![seal(infra), sweep::handler(infra.db.clone())]
        },
        schedules: SCHEDULES,
        exports: EXPORTS,
        hooks: Hooks {
            erase: Some(|context, tenant| {
                let infra: &Infra = context.as_ref();
                Box::pin(mails_of_tenant_erase(&infra.db, tenant))
            }),
            erase_user: Some(|_, tx, user| Box::pin(mails_of_user_erase(tx, user))),
            ..Hooks::NONE
        },
        ..Module::named("delivery")
    }
}

fn seal(infra: &Infra) -> Handler {
    Handler::with(&MAILS, infra.clone(), |infra, _| async move {
        mails_seal(&infra.db, &infra.vault, &infra.random, &infra.mails).await.map(|_| Done::Done)
    })
}
