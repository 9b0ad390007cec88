//! Exports: the job that writes an archive of what all modules declare, and the one that ends exports.

use std::{sync::Arc, time::Duration};

use freehold_catalog::Exports;
use freehold_core::{Actor, Caller, Error, Result, TenantId, UserId, codes};
use freehold_db::TenantTx;
use freehold_files::error::FILE_STORE_FULL;
use freehold_jobs::{Done, Handler, Job, JobKind, Schedule};
use freehold_metering::plan::plan_of_new_tenant;
use freehold_privacy::export::{
    ExportJob, ExportRecord, Requested, Scope, Section, USER_LIMIT, Writing,
    end::{DueExport, export_expire, exports_abandoned, exports_expired, exports_forget},
    export_fail, export_get, export_notify, export_request, export_write, tenant_of_user,
};
use serde_json::{Map, Value, json};

use crate::App;

/// Writes the archive of an export. A worker that is killed costs an attempt, too, so there are many.
const EXPORT: JobKind =
    JobKind { attempts: 50, time_limit: Duration::from_hours(12), ..JobKind::named("privacy.export") };
/// From this attempt on, an error ends the export. Those before are tried again.
const GIVEN_UP_AFTER: i16 = 8;

/// Deletes expired archives, and fails exports whose job has ended.
const END: JobKind = JobKind::maintenance("privacy.end_exports");
pub(crate) const SCHEDULE: Schedule = Schedule { name: END.name, every: Duration::from_mins(1), kind: &END };

/// Why an export failed whose job is gone.
const ABANDONED: &str = "The job that wrote the archive was cancelled, or the server ended it.";

pub(crate) fn handlers(app: &App) -> [Handler; 2] {
    [
        Handler::with(&EXPORT, app.clone(), |app, job| async move { run(&app, &job).await }),
        Handler::with(&END, app.clone(), |app, _| async move { exports_end(&app).await.map(|()| Done::Done) }),
    ]
}

impl App {
    /// What stands for a user and their own data: the caller of a tenant that has no other rows than the exports of that
    /// user. Only code that has checked who the user is calls this.
    pub fn own_caller(&self, user: UserId) -> Caller {
        Self::scratch_caller(tenant_of_user(user), "export a user's own data", plan_of_new_tenant(&self.product))
    }

    /// The caller for the export of an organization, or of a user; none: there is no such organization any more.
    async fn export_caller(&self, tenant: TenantId, user: Option<UserId>) -> Result<Option<Arc<Caller>>> {
        Ok(match user {
            Some(user) => Some(Arc::new(self.own_caller(user))),
            None => self.settling_caller(tenant, "export an organization's data").await?.map(Arc::new),
        })
    }
}

/// Requests an export of the organization of the transaction's caller, or returns the one that is being written. The
/// caller comes from [`Caller::allow_exporting`].
///
/// # Errors
/// `export_limit_reached`; `permission_denied` for callers for whom no user is responsible.
pub async fn organization_export_request(app: &App, tx: &mut TenantTx) -> Result<ExportRecord> {
    let caller = tx.caller().clone();
    let (by_kind, by) = match caller.actor() {
        Actor::User { user, .. } => ("user", user.uuid()),
        Actor::Key { key, .. } => ("key", key.uuid()),
        Actor::Service { .. } | Actor::Operator(_) | Actor::System { .. } => return Err(no_user()),
    };
    let mail_to = caller.behind().ok_or_else(|| no_user())?;
    let plan = app.entitlements.plan(&app.db, caller.plan()).await?;
    let limited_by = format!("The plan {}", plan.name);
    let (limit, weight) = (plan.export_limit(), plan.processing.weight().into());
    let new = Requested {
        scope: Scope::Organization,
        by_kind,
        by,
        mail_to,
        limit,
        limited_by: &limited_by,
        job: &EXPORT,
        weight,
    };
    export_request(tx, new).await
}

/// Requests an export of a user's own data, in a transaction of [`App::own_caller`], or returns the one that is being
/// written.
///
/// # Errors
/// `export_limit_reached`.
pub async fn user_export_request(tx: &mut TenantTx, user: UserId) -> Result<ExportRecord> {
    let limit: Exports = USER_LIMIT;
    let (by, limited_by) = (user.uuid(), "This server");
    let scope = Scope::User;
    export_request(
        tx,
        Requested { scope, by_kind: "user", by, mail_to: user, limit, limited_by, job: &EXPORT, weight: 1 },
    )
    .await
}

#[track_caller]
fn no_user() -> Error {
    Error::new(
        codes::PERMISSION_DENIED,
        "Only a member or an API key can request an export, since it is mailed to them.",
    )
}

async fn run(app: &App, job: &Job) -> Result<Done> {
    let ExportJob { export: id, user } = job.payload()?;
    let Some(tenant) = job.tenant else { return Ok(Done::Done) };
    let Some(caller) = app.export_caller(tenant, user).await? else { return Ok(Done::Done) };
    let export = match export_get(&app.db, &caller, id).await {
        Err(error) if error.is(codes::NOT_FOUND) => return Ok(Done::Done),
        found => found?,
    };
    if export.is_open() {
        let writing = writing(app, &caller, export.clone(), user);
        if let Err(error) = export_write(&app.infra, &app.files, writing).await {
            if job.attempt < GIVEN_UP_AFTER && !error.is(FILE_STORE_FULL) {
                return Err(error);
            }
            export_fail(&app.db, &caller, &export, &reason(&error)).await?;
            notify(app, &caller, &export, None).await?;
            return Ok(Done::GiveUp(error));
        }
    }
    notify(app, &caller, &export, Some(job)).await?;
    Ok(Done::Done)
}

/// Why an export failed, for members.
fn reason(error: &Error) -> String {
    if error.is(codes::INTERNAL) || error.is(codes::UNAVAILABLE) {
        return "The server could not write the archive. Request another export, or ask the operator.".to_owned();
    }
    error.message().to_owned()
}

/// Sends the mail about an export that has ended.
async fn notify(app: &App, caller: &Caller, export: &ExportRecord, job: Option<&Job>) -> Result<()> {
    let export = export_get(&app.db, caller, export.id).await?;
    export_notify(&app.infra, caller.tenant(), &export, &app.product.name, &app.site_url, job).await
}

fn writing(app: &App, caller: &Arc<Caller>, export: ExportRecord, user: Option<UserId>) -> Writing {
    let sections = app.modules.iter().filter_map(|module| {
        if let Some(user) = user {
            let some = !module.user_exports.is_empty();
            return some.then(|| Section::of_user(module.name, user, module.user_exports));
        }
        let files = module.hooks.export.map(|hook| hook(app, caller.clone()));
        let some = !module.exports.is_empty() || files.is_some();
        some.then(|| Section::of_organization(module.name, caller.tenant(), module.exports, files))
    });
    let now = app.clock.now();
    let (whose, id) = user.map_or(("organization", caller.tenant().uuid()), |user| ("user", user.uuid()));
    let head: Map<String, Value> = Map::from_iter([
        (whose.to_owned(), json!(id)),
        ("product".to_owned(), json!(app.product.name)),
        ("export".to_owned(), json!(export.id)),
        ("exported_at".to_owned(), json!(now)),
    ]);
    let name = now.strftime("export-%Y-%m-%d.zip").to_string();
    Writing { export, caller: caller.clone(), name, head, sections: sections.collect() }
}

/// Deletes archives whose time has passed, and fails exports whose job has ended without them. One that cannot be ended
/// does not keep the others from it.
///
/// # Errors
/// The first error, after the other exports.
pub async fn exports_end(app: &App) -> Result<()> {
    let mut failed = None;
    for due in exports_expired(&app.db).await? {
        let ended = async {
            let Some(caller) = due_caller(app, due).await? else { return Ok(()) };
            export_expire(&app.db, &caller, due.id).await
        };
        failed = failed.or(ended.await.err());
    }
    for due in exports_abandoned(&app.db).await? {
        let ended = async {
            let Some(caller) = due_caller(app, due).await? else { return Ok(()) };
            let export = export_get(&app.db, &caller, due.id).await?;
            if export_fail(&app.db, &caller, &export, ABANDONED).await? {
                notify(app, &caller, &export, None).await?;
            }
            Ok(())
        };
        failed = failed.or(ended.await.err());
    }
    exports_forget(&app.db).await?;
    failed.map_or(Ok(()), Err)
}

async fn due_caller(app: &App, due: DueExport) -> Result<Option<Arc<Caller>>> {
    app.export_caller(due.tenant_id, due.of_user.then_some(due.mail_to)).await
}
