//! The tenant, rights and plan of every request. Results are cached for half a second, so that every server notices a
//! change of role or plan within that time.

mod store;

use freehold_core::{Bounds, Plan, Result, Standing, TenantId, UserId};
use freehold_db::{Db, row};

pub use store::STATEMENTS;

/// The rights in a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Id of the tenant.
    pub tenant: TenantId,
    /// What the user may do; none for Freehold itself.
    pub bounds: Option<Bounds>,
    /// Plan of the tenant.
    pub plan: Plan,
    /// State of the tenant.
    pub standing: Standing,
    /// Whether an operator suspended the tenant, whatever it pays.
    pub suspended: bool,
}

row! {
    struct PlaceRow {
        tenant_id: TenantId,
        role: Option<String>,
        permissions: Option<Vec<String>>,
        plan: String,
        plan_version: i32,
        standing: String,
        suspended: bool,
    }
}

/// The user's rights in `tenant`, or in the last selected organization when none is named. None when the user is not a
/// member.
pub async fn member_place(db: &Db, user: UserId, tenant: Option<TenantId>) -> Result<Option<Place>> {
    let row = db.system("resolve member").fetch_optional(store::member_place(user, tenant)).await?;
    row.map(place).transpose()
}

/// Freehold's own rights in a tenant, without a role. None when the tenant does not exist.
pub async fn tenant_place(db: &Db, tenant: TenantId) -> Result<Option<Place>> {
    let row = db.system("resolve tenant").fetch_optional(store::tenant_place(tenant)).await?;
    row.map(place).transpose()
}

fn place(row: PlaceRow) -> Result<Place> {
    let permissions = row.permissions.unwrap_or_default();
    let role = row.role.as_deref().map(str::parse).transpose()?;
    Ok(Place {
        tenant: row.tenant_id,
        bounds: role.map(|role| Bounds::of_member(role, &permissions)),
        plan: Plan { id: row.plan, version: row.plan_version },
        standing: row.standing.parse()?,
        suspended: row.suspended,
    })
}
