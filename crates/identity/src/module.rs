//! Identity as a module of the program.

use std::time::Duration;

use freehold_core::Area;
use freehold_jobs::{Done, Handler, JobKind, Schedule};
use freehold_module::Module;

use crate::{
    Identity, MIGRATIONS, STATEMENTS, codes, event,
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
            vec![suspension_handler(identity), sweep_handler(identity)]
        },
        schedules: SCHEDULES,
        ..Module::named("identity")
    }
}

fn sweep_handler(identity: &Identity) -> Handler {
    Handler::with(&SIGN_INS, identity.clone(), |identity, _| async move { sweep(&identity).await.map(|_| Done::Done) })
}
