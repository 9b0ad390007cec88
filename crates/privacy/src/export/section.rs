//! What goes into one folder of an archive: the part of a module.

use freehold_core::{Caller, Result, TenantId, UserId};
use freehold_db::{Db, OfTenant, Query};
use freehold_module::{Export, ExportFile, ExportRow, ExportRows, UserExport};
use futures_util::stream::BoxStream;

/// The part of a module in an archive.
pub struct Section {
    /// Name of the folder: that of the module.
    pub(super) folder: &'static str,
    pub(super) tables: Vec<Table>,
    pub(super) files: Option<BoxStream<'static, Result<ExportFile>>>,
}

/// Rows that become a file of JSON lines.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) first: &'static str,
    source: Source,
}

#[derive(Clone, Copy)]
enum Source {
    Tenant(fn(&str, i64) -> Query<ExportRow, OfTenant>),
    System(TenantId, fn(TenantId, &str, i64) -> Query<ExportRow>),
    User(UserId, fn(UserId, &str, i64) -> Query<ExportRow>),
}

impl Section {
    /// The part of a module in the export of an organization.
    pub fn of_organization(
        folder: &'static str,
        tenant: TenantId,
        exports: &[Export],
        files: Option<BoxStream<'static, Result<ExportFile>>>,
    ) -> Self {
        let table = |export: &Export| {
            let source = match export.rows {
                ExportRows::Tenant(rows) => Source::Tenant(rows),
                ExportRows::System(rows) => Source::System(tenant, rows),
            };
            Table { name: export.name, first: export.first, source }
        };
        Self { folder, tables: exports.iter().map(table).collect(), files }
    }

    /// The part of a module in the export of a user.
    pub fn of_user(folder: &'static str, user: UserId, exports: &[UserExport]) -> Self {
        let table = |export: &UserExport| Table {
            name: export.name,
            first: export.first,
            source: Source::User(user, export.rows),
        };
        Self { folder, tables: exports.iter().map(table).collect(), files: None }
    }
}

impl Table {
    /// The rows behind a key, at most so many.
    pub(super) async fn page(&self, db: &Db, caller: &Caller, after: &str, rows: i64) -> Result<Vec<ExportRow>> {
        let system = || db.system("read rows of an export");
        match self.source {
            Source::Tenant(page) => db.tenant(caller).fetch_all(page(after, rows)).await,
            Source::System(tenant, page) => system().fetch_all(page(tenant, after, rows)).await,
            Source::User(user, page) => system().fetch_all(page(user, after, rows)).await,
        }
    }
}
