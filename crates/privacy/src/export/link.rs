//! The signed link to an archive: as a link to a file, it is authority that its maker gave away, and limited at each use
//! by what the maker may do then. It lasts as long as the archive.

use freehold_core::{ApiKeyId, Id, Result, TenantId};
use freehold_files::{
    FileId,
    link::{Link, LinkMaker, LinkQuery},
};
use freehold_vault::{Purpose, Vault};
use jiff::Timestamp;

use super::ExportRecord;

/// What links to archives are signed for.
pub const EXPORT_LINK: Purpose = Purpose::new("privacy/export");

/// The path under which links are served.
pub const PATH: &str = "/exports";

/// Path and query of the link to the archive of an export, in the name of who requested it; none while there is no
/// archive, and when it has expired.
pub fn export_link(vault: &Vault, tenant: TenantId, export: &ExportRecord, now: Timestamp) -> Option<String> {
    let (file, expires_at) = export.file_id.zip(export.expires_at).filter(|_| export.is_ready(now))?;
    let maker = match export.requested_kind.as_str() {
        "user" => LinkMaker::User(Id::new(export.requested_by)),
        _ => LinkMaker::Key(ApiKeyId::new(export.requested_by)),
    };
    Some(Link { tenant, file, maker, expires_at }.address_for(vault, EXPORT_LINK, PATH))
}

/// The link to this archive with this query.
///
/// # Errors
/// `file_link_invalid` when the signature is wrong, `file_link_expired`.
pub fn export_link_check(
    vault: &Vault,
    tenant: TenantId,
    archive: FileId,
    query: &LinkQuery,
    now: Timestamp,
) -> Result<Link> {
    Link::check_for(vault, EXPORT_LINK, tenant, archive, query, now)
}
