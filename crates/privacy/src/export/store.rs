//! SQL of exports.

use freehold_core::{TenantId, UserId};
use freehold_db::{params, row, statements};
use freehold_files::FileId;
use freehold_jobs::JobId;
use freehold_module::ExportRow;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::{ExportId, ExportRecord};

params! {
    /// An export that was requested.
    pub(super) struct RequestRow {
        pub(super) tenant: TenantId,
        pub(super) id: ExportId,
        pub(super) scope: &'static str,
        pub(super) requested_kind: &'static str,
        pub(super) requested_by: Uuid,
        pub(super) mail_to: UserId,
        pub(super) job: JobId,
    }
}

params! {
    /// The archive of an export.
    pub(super) struct ArchiveRow {
        pub(super) id: ExportId,
        pub(super) file: FileId,
        pub(super) size: i64,
        pub(super) sha256: Vec<u8>,
        pub(super) entries: i64,
        pub(super) row_count: i64,
        pub(super) expires_at: Timestamp,
    }
}

params! {
    /// A mail to a user.
    pub(super) struct MailRow<'a> {
        pub(super) id: Uuid,
        pub(super) cause: &'a str,
        pub(super) template: &'static str,
        pub(super) user: UserId,
        pub(super) data: Value,
        pub(super) branded: Option<TenantId>,
    }
}

row! {
    /// An export that a maintenance job ends.
    #[derive(Clone, Copy, Debug)]
    pub struct DueExport {
        /// The organization, or what stands for the user.
        pub tenant_id: TenantId,
        /// Id of the export.
        pub id: ExportId,
        /// Whether it contains a user's own data.
        pub of_user: bool,
        /// Who gets the mail.
        pub mail_to: UserId,
    }
}

statements! {
    /// Records an export; no row while another one of the tenant is open.
    fn export_insert(row: RequestRow; now) -> ExportRecord =
        "insert into freehold.exports
           (tenant_id, id, scope, state, requested_kind, requested_by, mail_to, job_id, requested_at)
         values ($1, $2, $3, 'waiting', $4, $5, $6, $7, $8)
         on conflict (tenant_id) where state in ('waiting', 'running') do nothing
         returning id, scope, state, requested_kind, requested_by, mail_to, file_id, size, sha256, entries, row_count,
           failure, requested_at, started_at, ended_at, expires_at";

    /// The export that is open.
    fn export_find_open(; tenant) -> ExportRecord =
        "select id, scope, state, requested_kind, requested_by, mail_to, file_id, size, sha256, entries, row_count,
           failure, requested_at, started_at, ended_at, expires_at
         from freehold.exports where tenant_id = $1 and state in ('waiting', 'running')";

    /// How many exports were requested since then. One that failed does not count.
    fn exports_count(since: Timestamp; tenant) -> (i64,) =
        "select count(*) from freehold.exports where tenant_id = $2 and requested_at >= $1 and state <> 'failed'";

    /// A page of exports.
    fn export_list(before: Uuid, rows: i64; tenant) -> ExportRecord =
        "select id, scope, state, requested_kind, requested_by, mail_to, file_id, size, sha256, entries, row_count,
           failure, requested_at, started_at, ended_at, expires_at
         from freehold.exports where tenant_id = $3 and id < $1 order by id desc limit $2";

    /// One export.
    fn export_find(id: ExportId; tenant) -> ExportRecord =
        "select id, scope, state, requested_kind, requested_by, mail_to, file_id, size, sha256, entries, row_count,
           failure, requested_at, started_at, ended_at, expires_at
         from freehold.exports where tenant_id = $2 and id = $1";

    /// The export with an archive.
    fn export_of_archive(file: FileId; tenant) -> ExportRecord =
        "select id, scope, state, requested_kind, requested_by, mail_to, file_id, size, sha256, entries, row_count,
           failure, requested_at, started_at, ended_at, expires_at
         from freehold.exports where tenant_id = $2 and file_id = $1";

    /// Marks an export whose archive is being written.
    fn export_start(id: ExportId; now, tenant) -> () =
        "update freehold.exports set state = 'running', started_at = coalesce(started_at, $2)
         where tenant_id = $3 and id = $1 and state in ('waiting', 'running')";

    /// Marks an open export whose archive is stored.
    fn export_ready(row: ArchiveRow; now, tenant) -> () =
        "update freehold.exports
         set state = 'ready', file_id = $2, size = $3, sha256 = $4, entries = $5, row_count = $6, expires_at = $7,
           ended_at = $8
         where tenant_id = $9 and id = $1 and state in ('waiting', 'running')";

    /// Marks an open export that failed.
    fn export_fail(id: ExportId, failure: &str; now, tenant) -> () =
        "update freehold.exports set state = 'failed', failure = $2, ended_at = $3
         where tenant_id = $4 and id = $1 and state in ('waiting', 'running')";

    /// Marks an export whose time has passed, and returns its archive.
    fn export_expire(id: ExportId; now, tenant) -> (Option<FileId>,) =
        "update freehold.exports set state = 'expired'
         where tenant_id = $3 and id = $1 and state = 'ready' and expires_at <= $2
         returning file_id";

    /// Exports whose archives are to be deleted.
    fn expired_list(rows: i64; now) -> DueExport =
        "select tenant_id, id, scope = 'user' as of_user, mail_to from freehold.exports
         where state = 'ready' and expires_at <= $2 order by expires_at limit $1";

    /// Open exports whose job has ended, requested before then.
    fn abandoned_list(before: Timestamp, rows: i64) -> DueExport =
        "select e.tenant_id, e.id, e.scope = 'user' as of_user, e.mail_to from freehold.exports as e
         where e.state in ('waiting', 'running') and e.requested_at < $1
           and not exists (
             select from freehold.jobs as j
             where j.tenant_id = e.tenant_id and j.id = e.job_id and j.state in ('scheduled', 'waiting', 'running')
           )
         order by e.requested_at limit $2";

    /// Deletes a batch of the records of exports that ended before then.
    fn exports_forget(before: Timestamp, rows: i64) -> () =
        "delete from freehold.exports as e
         using (
           select tenant_id, id from freehold.exports where state in ('failed', 'expired') and ended_at < $1 limit $2
         ) as old
         where e.tenant_id = old.tenant_id and e.id = old.id";

    /// Queues a mail to a user, once for each cause; no row for a user without an address.
    fn export_mail(row: MailRow<'_>; now) -> (bool,) =
        "select freehold.mail_enqueue($1, $2, $3, u.email::text, $5, $7, $6) is null
         from auth.users as u where u.id = $4 and u.email <> ''";

    /// Name of an organization.
    fn organization_name(tenant: TenantId) -> (String,) = "select name from freehold.tenants where tenant_id = $1";

    /// Exports as JSON.
    fn exports_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select r.id::text as key, to_json(r)::text as line from (
           select id, state, requested_kind, requested_by, size, encode(sha256, 'hex') as sha256, entries, row_count,
             failure, requested_at, started_at, ended_at, expires_at
           from freehold.exports where tenant_id = $3 and id > $1::text::uuid order by id limit $2
         ) as r order by r.id";
}
