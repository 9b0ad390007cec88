//! Tenancy as a module of the program.

use std::time::Duration;

use freehold_catalog::MEMBERS;
use freehold_core::Area;
use freehold_jobs::{Done, Handler, JobKind, Schedule};
use freehold_module::{Hooks, Infra, Module};

use crate::{
    MIGRATIONS, STATEMENTS, action,
    audit::{AUDIT_HEAD, AUDIT_PERSON, audit_chain, audit_files, audit_renew},
    erasure::user_erase,
    event,
    export::{EXPORTS, USER_EXPORTS},
    invitation::{INVITATION_MAIL, invitations_forget},
    member::OWNERSHIP_MAIL,
};

/// Deletes old invitations, with their addresses.
const INVITATIONS: JobKind = JobKind::maintenance("house.forget_invitations");

/// Joins audit entries to the chains of their tenants.
const CHAIN: JobKind = JobKind::maintenance("tenancy.chain_audit");

/// Signs and encrypts anew what former master keys signed and encrypted.
const RENEW: JobKind = JobKind::maintenance("tenancy.renew_audit");

const SCHEDULES: &[Schedule] = &[
    Schedule { name: INVITATIONS.name, every: Duration::from_hours(6), kind: &INVITATIONS },
    Schedule { name: RENEW.name, every: Duration::from_hours(1), kind: &RENEW },
    Schedule { name: CHAIN.name, every: Duration::from_secs(2), kind: &CHAIN },
];

/// Organizations, their members and invitations, and the audit log.
pub const fn module<C: AsRef<Infra>>() -> Module<C> {
    Module {
        migrations: Some(MIGRATIONS),
        statements: STATEMENTS,
        events: event::ALL,
        actions: action::ALL,
        mails: &[&[INVITATION_MAIL, OWNERSHIP_MAIL]],
        counters: &[MEMBERS],
        areas: &[Area::Organization, Area::Members],
        seal_purposes: &[AUDIT_HEAD, AUDIT_PERSON],
        jobs: |context| vec![forget(context.as_ref()), chain(context.as_ref()), renew(context.as_ref())],
        schedules: SCHEDULES,
        exports: EXPORTS,
        user_exports: USER_EXPORTS,
        hooks: Hooks {
            export: Some(|context, caller| audit_files(context.as_ref(), caller)),
            erase_user: Some(|_, tx, user| Box::pin(user_erase(tx, user))),
            ..Hooks::NONE
        },
        ..Module::named("tenancy")
    }
}

fn chain(infra: &Infra) -> Handler {
    Handler::with(&CHAIN, infra.clone(), |infra, _| async move { audit_chain(&infra).await.map(|_| Done::Done) })
}

fn renew(infra: &Infra) -> Handler {
    Handler::with(&RENEW, infra.clone(), |infra, _| async move { audit_renew(&infra).await.map(|_| Done::Done) })
}

fn forget(infra: &Infra) -> Handler {
    Handler::with(&INVITATIONS, infra.clone(), |infra, _| async move {
        invitations_forget(&infra.db).await.map(|_| Done::Done)
    })
}
