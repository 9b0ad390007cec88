//! The organizations as operators find them.

mod store;

use freehold_core::{OptionExt, Page, PageRequest, Result, TenantId};
use freehold_db::{Db, row};
use jiff::Timestamp;

pub use store::STATEMENTS;

row! {
    /// An organization, as operators see it.
    #[derive(Clone, Debug)]
    pub struct TenantSummary {
        /// Id of the organization.
        pub tenant_id: TenantId,
        /// Name of the organization.
        pub name: String,
        /// Name of the organization for URLs.
        pub slug: String,
        /// Id of its plan.
        pub plan: String,
        /// Version of its plan.
        pub plan_version: i32,
        /// `good`, `suspended` or `archived`.
        pub standing: String,
        /// When an operator suspended it, UTC; none: no operator did.
        pub suspended_at: Option<Timestamp>,
        /// Why an operator suspended it; none: no operator did.
        pub suspended_reason: Option<String>,
        /// E-mail address of the owner who joined first; none: the owner has none.
        pub owner_email: Option<String>,
        /// Number of its members.
        pub members: i64,
        /// When it was created, UTC.
        pub created_at: Timestamp,
    }
}

row! {
    /// Whether an organization's background work is well.
    #[derive(Clone, Debug)]
    pub struct TenantHealth {
        /// Jobs that failed for good and can be repeated.
        pub dead_jobs: i64,
        /// Webhook endpoints that were disabled because their deliveries failed.
        pub disabled_webhooks: i64,
        /// Webhook endpoints whose last deliveries failed, and that are still tried.
        pub failing_webhooks: i64,
        /// When the last change was recorded in its audit, UTC; none: never, or before the audit's retention.
        pub last_change_at: Option<Timestamp>,
    }
}

/// What a search for organizations looks for. None selects all.
#[derive(Clone, Debug, Default)]
pub struct TenantFilter {
    /// A part of the name, the slug or an owner's e-mail address, in any case; or the whole id.
    pub search: Option<String>,
    /// Id of the plan.
    pub plan: Option<String>,
    /// Only organizations with this standing: `good`, `suspended` or `archived`; none: with any.
    pub standing: Option<String>,
}

/// A page of the organizations, newest first.
pub async fn tenant_search(db: &Db, filter: &TenantFilter, page: PageRequest) -> Result<Page<TenantSummary>> {
    let search = filter.search.as_deref().map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty());
    let query =
        store::tenant_search(search, filter.plan.as_deref(), filter.standing.as_deref(), page.before(), page.rows());
    let rows = db.system("search organizations").fetch_all(query).await?;
    Ok(page.page(rows, |tenant| tenant.tenant_id))
}

/// One organization.
///
/// # Errors
/// `not_found`.
pub async fn tenant_summary(db: &Db, tenant: TenantId) -> Result<TenantSummary> {
    db.system("read an organization").fetch_optional(store::tenant_summary(tenant)).await?.or_not_found("organization")
}

/// The health of an organization.
pub async fn tenant_health(db: &Db, tenant: TenantId) -> Result<TenantHealth> {
    let found = db.system("read an organization").fetch_optional(store::tenant_health(tenant)).await?;
    found.or_not_found("organization")
}
