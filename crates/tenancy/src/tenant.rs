//! The tenant, which the API calls an organization.

mod profile;
mod store;

use freehold_core::{Error, OptionExt, Plan, Result, Role, Standing, TenantId, UserId, codes, slug, slug_is_reserved};
use freehold_db::{Db, OnConstraint, SystemTx, TenantTx, row};
use jiff::Timestamp;
use uuid::Uuid;

pub use profile::{TenantChange, tenant_logo_set, tenant_update};
pub use store::STATEMENTS;

/// Slug of an organization whose name has no letter or digit, before its suffix.
const NAMELESS: &str = "organization";

row! {
    /// An organization.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Tenant {
        /// Id of the organization.
        pub tenant_id: TenantId,
        /// Name of the organization, as its members chose it.
        pub name: String,
        /// Name of the organization for URLs, unique over all organizations.
        pub slug: String,
        /// Whether the organization was created for one user at sign-up.
        pub personal: bool,
        /// Id of the plan.
        pub plan: String,
        /// Version of the plan that was bought.
        pub plan_version: i32,
        /// State of the organization: `good`, `suspended`, `archived` or `closing`.
        pub standing: String,
        /// Address of the organization's website; none: it named none.
        pub website: Option<String>,
        /// E-mail address for others; none: it named none.
        pub contact_email: Option<String>,
        /// Time zone of the organization, a name of the IANA database.
        pub time_zone: String,
        /// Language of the organization, as a language tag.
        pub locale: String,
        /// Id of the file of the logo; none: it has no logo.
        pub logo_file: Option<Uuid>,
        /// When the organization was created, UTC.
        pub created_at: Timestamp,
        /// When the organization was last changed, UTC; its entity tag.
        pub updated_at: Timestamp,
    }
}

/// An organization to create.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// Id of the organization.
    pub id: TenantId,
    /// Name of the organization.
    pub name: String,
    /// Whether the organization is created for one user at sign-up.
    pub personal: bool,
    /// Plan of the organization.
    pub plan: Plan,
    /// Id of the owner.
    pub owner: UserId,
}

/// Creates an organization with its owner, and switches the owner to it.
pub async fn tenant_create(tx: &mut SystemTx, new: NewTenant) -> Result<Tenant> {
    let name = name_check(&new.name)?;
    let slug = slug_free(tx, &name, new.id).await?;
    let tenant = tx
        .fetch_one(store::tenant_insert(new.id, &name, &slug, new.personal, &new.plan.id, new.plan.version))
        .await
        // Of two simultaneous organizations with the same name the second gets a conflict; a retry finds another slug.
        .on_constraint("tenants_slug_key", || {
            Error::new(codes::CONFLICT, "Another organization took this name a moment ago. Try again.")
        })?;
    tx.execute(store::owner_insert(new.id, new.owner, Role::Owner.name())).await?;
    Ok(tenant)
}

/// The caller's organization.
pub async fn tenant_get(tx: &mut TenantTx, id: TenantId) -> Result<Tenant> {
    tx.fetch_optional(store::tenant_find(id)).await?.or_not_found("organization")
}

/// Up to 500 organizations with their plans, in the order of their ids, after this one.
pub async fn tenants_after(db: &Db, after: Uuid) -> Result<Vec<(TenantId, Plan)>> {
    let rows = db.system("list organizations with their plans").fetch_all(store::tenants_after(after)).await?;
    Ok(rows.into_iter().map(|(tenant, id, version)| (tenant, Plan { id, version })).collect())
}

/// Whether a file is the logo that an organization has now.
pub async fn tenant_has_logo(tx: &mut SystemTx, id: TenantId, logo: Uuid) -> Result<bool> {
    Ok(tx.fetch_optional(store::tenant_has_logo(id, logo)).await?.is_some())
}

/// Changes the organization's plan.
pub async fn tenant_change_plan(tx: &mut SystemTx, id: TenantId, plan: &Plan) -> Result<()> {
    match tx.execute(store::tenant_change_plan(id, &plan.id, plan.version)).await? {
        0 => Err(Error::not_found("organization")),
        _ => Ok(()),
    }
}

/// Changes the organization's state. With billing, `freehold.tenant_settle` sets it, too, and later.
pub async fn tenant_change_standing(tx: &mut SystemTx, id: TenantId, standing: Standing) -> Result<()> {
    match tx.execute(store::tenant_change_standing(id, standing.name())).await? {
        0 => Err(Error::not_found("organization")),
        _ => Ok(()),
    }
}

/// The organization that has this slug, or had it before, for operators.
pub async fn tenant_find_by_slug(tx: &mut SystemTx, slug: &str) -> Result<Tenant> {
    tx.fetch_optional(store::tenant_find_by_slug(slug)).await?.or_not_found("organization")
}

/// The trimmed name. Web addresses in it are kept; mails show the name without them (`freehold_core::mail_name`).
fn name_check(name: &str) -> Result<String> {
    freehold_core::name_check("/name", name, 200)
}

/// The slug of the name, with a suffix from the id when another organization has it or URLs need it.
async fn slug_free(tx: &mut SystemTx, name: &str, id: TenantId) -> Result<String> {
    let slug = slug(name).unwrap_or_else(|| NAMELESS.to_owned());
    if !slug_is_reserved(&slug) && tx.fetch_optional(store::slug_taken(&slug)).await?.is_none() {
        return Ok(slug);
    }
    let tail = id.uuid().simple().to_string();
    Ok(format!("{slug}-{}", &tail[tail.len() - 8..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        assert!(name_check("x").is_ok());
        for name in ["", "   ", "a\u{7}b", "a\u{202e}b", "a\u{200b}b", "a\u{2028}b", &"x".repeat(201)] {
            assert!(name_check(name).is_err());
        }
    }
}
