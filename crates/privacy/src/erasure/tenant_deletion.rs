//! The requested deletion of an organization.

mod store;

use std::str::FromStr;

use freehold_core::{Error, OptionExt, Result, TenantId, UserId, codes};
use freehold_db::{Db, SystemTx, row};
use jiff::Timestamp;

pub(crate) use store::STATEMENTS;

row! {
    /// An organization that is to be deleted.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct TenantDeletion {
        /// Id of the organization.
        pub tenant_id: TenantId,
        /// Why: a name of [`DeletionReason`].
        pub reason: String,
        /// Id of the user who requested it; none: the server.
        pub requested_by: Option<UserId>,
        /// When it was requested, UTC.
        pub requested_at: Timestamp,
        /// When erasing begins, UTC.
        pub due_at: Timestamp,
        /// When erasing began, UTC; none: it has not.
        pub begun_at: Option<Timestamp>,
        /// Why it could not begin when it was due; none: nothing.
        pub problem: Option<String>,
    }
}

row! {
    /// An organization, locked until the transaction ends.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ClosingTenant {
        /// Name of the organization.
        pub name: String,
        /// Name of the organization for URLs.
        pub slug: String,
        /// State of the organization.
        pub standing: String,
    }
}

/// Why an organization is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeletionReason {
    /// An owner requested it.
    Owner,
    /// Its last member deleted their account.
    Account,
    /// It was archived for too long.
    Retention,
}

/// A deletion to request.
#[derive(Clone, Copy, Debug)]
pub struct NewTenantDeletion {
    /// Id of the organization.
    pub tenant: TenantId,
    /// Why it is deleted.
    pub reason: DeletionReason,
    /// Id of the user who requests it; none: the server.
    pub by: Option<UserId>,
    /// When erasing begins.
    pub due_at: Timestamp,
}

impl DeletionReason {
    /// Name in the database and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Account => "account",
            Self::Retention => "retention",
        }
    }
}

impl FromStr for DeletionReason {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = [Self::Owner, Self::Account, Self::Retention].into_iter().find(|reason| reason.name() == name);
        found.ok_or_else(|| Error::internal(format!("unknown reason of a deletion {name:?}")))
    }
}

/// Locks an organization.
///
/// # Errors
/// `not_found`.
pub async fn tenant_lock(tx: &mut SystemTx, tenant: TenantId) -> Result<ClosingTenant> {
    tx.fetch_optional(store::tenant_lock(tenant)).await?.or_not_found("organization")
}

/// The requested deletion of an organization; none: it was not requested.
pub async fn tenant_deletion_find(tx: &mut SystemTx, tenant: TenantId) -> Result<Option<TenantDeletion>> {
    tx.fetch_optional(store::tenant_deletion_find(tenant)).await
}

/// Requests the deletion of an organization that this transaction has locked. An owner's request replaces one because
/// of the age of an archived organization; any other earlier request stays as it is. The organization is closed for
/// writes, except while it is archived, since a payment ends that.
pub async fn tenant_deletion_request(tx: &mut SystemTx, new: NewTenantDeletion) -> Result<TenantDeletion> {
    let NewTenantDeletion { tenant, reason, by, due_at } = new;
    tx.execute(store::tenant_deletion_put(tenant, reason.name(), by, due_at)).await?;
    if reason != DeletionReason::Retention {
        tenant_close(tx, tenant).await?;
    }
    let found = tx.fetch_optional(store::tenant_deletion_find(tenant)).await?;
    found.ok_or_else(|| Error::internal("a deletion that was requested is not there"))
}

/// Closes an organization for writes, if it is not closed yet.
pub(super) async fn tenant_close(tx: &mut SystemTx, tenant: TenantId) -> Result<()> {
    tx.execute(store::tenant_close(tenant)).await.map(drop)
}

/// Cancels the deletion of an organization, which gets the state that it would have without it. Returns whether one was
/// requested.
///
/// # Errors
/// `conflict` when erasing has begun.
pub async fn tenant_deletion_cancel(tx: &mut SystemTx, tenant: TenantId) -> Result<bool> {
    if tx.execute(store::tenant_deletion_delete(tenant)).await? == 0 {
        let Some(_) = tenant_deletion_find(tx, tenant).await? else { return Ok(false) };
        return Err(Error::new(
            codes::CONFLICT,
            "The organization is being deleted already. This cannot be cancelled.",
        ));
    }
    tx.execute(store::tenant_reopen(tenant)).await?;
    Ok(true)
}

/// Records why erasing could not begin.
pub async fn tenant_deletion_postpone(tx: &mut SystemTx, tenant: TenantId, problem: &str) -> Result<()> {
    tx.execute(store::tenant_deletion_postpone(tenant, problem)).await.map(drop)
}

/// Up to 100 organizations whose deletion is due or has begun.
pub async fn tenant_deletions_due(db: &Db) -> Result<Vec<TenantId>> {
    let due = db.system("find organizations to delete").fetch_all(store::tenant_deletions_due()).await?;
    Ok(due.into_iter().map(|(tenant,)| tenant).collect())
}

/// Up to 100 organizations that have been archived since before this time and whose deletion is not requested.
pub async fn tenants_archived(db: &Db, before: Timestamp) -> Result<Vec<TenantId>> {
    let archived = store::tenants_archived(before);
    let found = db.system("find organizations that were archived long ago").fetch_all(archived).await?;
    Ok(found.into_iter().map(|(tenant,)| tenant).collect())
}

/// Cancels the deletion of organizations that were to be deleted because they were archived, and are not any more.
/// Returns their number.
pub async fn tenants_revived(db: &Db) -> Result<u64> {
    db.system("keep organizations that pay again").execute(store::tenants_revived()).await
}
