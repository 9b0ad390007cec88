//! The tenant itself.

mod store;

use freehold_core::{Error, OptionExt, Plan, Result, Role, Standing, TenantId, UserId, codes, slug, slug_is_reserved};
use freehold_db::{OnConstraint, SystemTx, TenantTx, row};
use jiff::Timestamp;

pub use store::STATEMENTS;

/// Slug of an organization whose name has no letter and no digit, before its tail.
const NAMELESS: &str = "organization";

row! {
    /// An organization.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Tenant {
        /// Its id.
        pub tenant_id: TenantId,
        /// Its name, as its members chose it.
        pub name: String,
        /// Its name in URLs, unique over all organizations.
        pub slug: String,
        /// Made for one person at sign-up.
        pub personal: bool,
        /// The plan's id.
        pub plan: String,
        /// The plan's version that was bought.
        pub plan_version: i32,
        /// `good`, `suspended` or `archived`.
        pub standing: String,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it was last changed; its entity tag.
        pub updated_at: Timestamp,
    }
}

/// An organization to be made.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// Its id.
    pub id: TenantId,
    /// Its name.
    pub name: String,
    /// Made for one person at sign-up.
    pub personal: bool,
    /// The plan it begins with.
    pub plan: Plan,
    /// Who owns it.
    pub owner: UserId,
}

/// Makes an organization and its owner, and switches the owner to it.
pub async fn tenant_create(tx: &mut SystemTx, new: NewTenant, now: Timestamp) -> Result<Tenant> {
    let name = name_check(&new.name)?;
    let slug = slug_free(tx, &name, new.id).await?;
    let tenant = tx
        .fetch_one(store::tenant_insert(new.id, &name, &slug, new.personal, &new.plan.id, new.plan.version, now))
        .await
        // Two of the same name in the same moment: the second is told to try again, which then finds another slug.
        .on_constraint("tenants_slug_key", || {
            Error::new(codes::CONFLICT, "Another organization took that name a moment ago. Try again.")
        })?;
    tx.execute(store::owner_insert(new.id, new.owner, Role::Owner.name(), now)).await?;
    Ok(tenant)
}

/// The caller's organization.
pub async fn tenant_get(tx: &mut TenantTx, id: TenantId) -> Result<Tenant> {
    tx.fetch_optional(store::tenant_find(id)).await?.or_not_found("organization")
}

/// Gives the organization another name, if `check` agrees to its present state.
pub async fn tenant_rename(
    tx: &mut TenantTx,
    id: TenantId,
    name: &str,
    check: impl FnOnce(&Tenant) -> Result<()>,
    now: Timestamp,
) -> Result<Tenant> {
    let name = name_check(name)?;
    let current = tx.fetch_optional(store::tenant_lock(id)).await?.or_not_found("organization")?;
    check(&current)?;
    tx.fetch_one(store::tenant_rename(id, &name, now)).await
}

/// Puts the organization on another plan.
pub async fn tenant_change_plan(tx: &mut SystemTx, id: TenantId, plan: &Plan, now: Timestamp) -> Result<()> {
    match tx.execute(store::tenant_change_plan(id, &plan.id, plan.version, now)).await? {
        0 => Err(Error::not_found("organization")),
        _ => Ok(()),
    }
}

/// Says what the organization may do. Where billing is switched on, `freehold.tenant_settle` says so, too, and later.
pub async fn tenant_change_standing(tx: &mut SystemTx, id: TenantId, standing: Standing, now: Timestamp) -> Result<()> {
    match tx.execute(store::tenant_change_standing(id, standing.name(), now)).await? {
        0 => Err(Error::not_found("organization")),
        _ => Ok(()),
    }
}

/// The organization with this slug, for operators.
pub async fn tenant_find_by_slug(tx: &mut SystemTx, slug: &str) -> Result<Tenant> {
    tx.fetch_optional(store::tenant_find_by_slug(slug)).await?.or_not_found("organization")
}

/// The name, trimmed. A web address in it is kept; mails show the name without (`freehold_core::mail_name`).
fn name_check(name: &str) -> Result<String> {
    freehold_core::name_check("/name", name, 200)
}

/// The name's slug, with a few characters of the id behind it when another organization has it or URLs need it for themselves.
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
