//! The question of every request: who is this, in which tenant, with which role, on which plan? Asked once and kept for
//! half a second, so that a change of role or plan is seen by every server within that time.

mod store;

use freehold_core::{Plan, Result, Role, Standing, TenantId, UserId};
use freehold_db::{Db, row};

pub use store::STATEMENTS;

/// Where somebody stands in a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which tenant.
    pub tenant: TenantId,
    /// With which role; none: not a member.
    pub role: Option<Role>,
    /// On which plan the tenant is.
    pub plan: Plan,
    /// Whether it may write.
    pub standing: Standing,
}

row! {
    struct PlaceRow {
        tenant_id: TenantId,
        role: Option<String>,
        plan: String,
        plan_version: i32,
        standing: String,
    }
}

/// The person's place in `tenant`, or in the organization last switched to when none is named. None: the person does
/// not belong there.
pub async fn member_place(db: &Db, user: UserId, tenant: Option<TenantId>) -> Result<Option<Place>> {
    let row = db.system("resolve member").fetch_optional(store::member_place(user, tenant)).await?;
    row.map(place).transpose()
}

/// Where Freehold itself stands in a tenant, with no role of its own. None: there is no such tenant any more.
pub async fn tenant_place(db: &Db, tenant: TenantId) -> Result<Option<Place>> {
    let row = db.system("resolve tenant").fetch_optional(store::tenant_place(tenant)).await?;
    row.map(place).transpose()
}

fn place(row: PlaceRow) -> Result<Place> {
    Ok(Place {
        tenant: row.tenant_id,
        role: row.role.as_deref().map(str::parse).transpose()?,
        plan: Plan { id: row.plan, version: row.plan_version },
        standing: row.standing.parse()?,
    })
}
