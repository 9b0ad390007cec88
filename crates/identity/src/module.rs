//! Identity as a module of the program.

use std::{sync::Arc, time::Duration};

use freehold_core::Area;
use freehold_jobs::{Done, Handler, JobKind, Schedule};
use freehold_module::{Hooks, Module};

use crate::{
    Base, Identity, MIGRATIONS, STATEMENTS, codes,
    erasure::{tenant_keys_erase, user_erase},
    event,
    export::{EXPORTS, USER_EXPORTS},
    key::{SUSPENSION_MAIL, suspension_handler},
    purposes,
    signin::mail_texts,
    sweep::sweep,
};

/// Deletes expired records of sign-in.
const SIGN_INS: JobKind = JobKind::maintenance("house.sweep_sign_ins");

const SCHEDULES: &[Schedule] = &[Schedule { name: SIGN_INS.name, every: Duration::from_mins(10), kind: &SIGN_INS }];

/// Users, sessions and API keys.
pub const fn module<C: AsRef<Identity>>() -> Module<C> {
    Module {
        migrations: Some(MIGRATIONS),
        statements: STATEMENTS,
        error_codes: codes::ALL,
        events: event::ALL,
        mails: &[mail_texts::TEMPLATES, &[SUSPENSION_MAIL]],
        seal_purposes: purposes::ALL,
        areas: &[Area::Keys],
        jobs: |context| {
            let identity: &Identity = context.as_ref();
            vec![suspension_handler(&identity.base), sweep_handler(&identity.base)]
        },
        schedules: SCHEDULES,
        exports: EXPORTS,
        user_exports: USER_EXPORTS,
        hooks: Hooks {
            erase: Some(|context, tenant| {
                let identity: &Identity = context.as_ref();
                Box::pin(tenant_keys_erase(&identity.base, tenant))
            }),
            erase_user: Some(|_, tx, user| Box::pin(user_erase(tx, user))),
            ..Hooks::NONE
        },
        ..Module::named("identity")
    }
}

fn sweep_handler(base: &Arc<Base>) -> Handler {
    Handler::with(&SIGN_INS, base.clone(), |base, _| async move { sweep(&base).await.map(|_| Done::Done) })
}
