//! The requested deletion of a user.

mod store;

use freehold_core::{Result, TenantId, UserId};
use freehold_db::{Db, SystemTx, row};
use jiff::Timestamp;

pub(crate) use store::STATEMENTS;

row! {
    /// A user who is to be deleted.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct UserDeletion {
        /// Id of the user.
        pub user_id: UserId,
        /// When it was requested, UTC.
        pub requested_at: Timestamp,
        /// When the user is deleted, UTC.
        pub due_at: Timestamp,
        /// Why the user could not be deleted when it was due; none: nothing.
        pub problem: Option<String>,
    }
}

row! {
    /// An organization of a user, and who else belongs to it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct UserOrganization {
        /// Id of the organization.
        pub tenant_id: TenantId,
        /// Name of the organization for URLs.
        pub slug: String,
        /// State of the organization.
        pub standing: String,
        /// Number of its other members.
        pub others: i64,
        /// Whether the user is its only owner.
        pub only_owner: bool,
    }
}

/// The requested deletion of a user; none: it was not requested.
pub async fn user_deletion_find(tx: &mut SystemTx, user: UserId) -> Result<Option<UserDeletion>> {
    tx.fetch_optional(store::user_deletion_find(user)).await
}

/// Requests the deletion of a user. An earlier request stays as it is.
pub async fn user_deletion_request(tx: &mut SystemTx, user: UserId, due_at: Timestamp) -> Result<UserDeletion> {
    tx.execute(store::user_deletion_put(user, due_at)).await?;
    tx.fetch_one(store::user_deletion_find(user)).await
}

/// Cancels the deletion of a user. Returns whether one was requested.
pub async fn user_deletion_cancel(tx: &mut SystemTx, user: UserId) -> Result<bool> {
    Ok(tx.execute(store::user_deletion_delete(user)).await? > 0)
}

/// Locks a deletion that is due; none: it is not due, or was cancelled or carried out meanwhile.
pub async fn user_deletion_lock(tx: &mut SystemTx, user: UserId) -> Result<Option<UserDeletion>> {
    tx.fetch_optional(store::user_deletion_lock(user)).await
}

/// Records why a user could not be deleted.
pub async fn user_deletion_postpone(tx: &mut SystemTx, user: UserId, problem: &str) -> Result<()> {
    tx.execute(store::user_deletion_postpone(user, problem)).await.map(drop)
}

/// Up to 100 users whose deletion is due, the first that were due first.
pub async fn user_deletions_due(db: &Db) -> Result<Vec<UserId>> {
    let due = db.system("find users to delete").fetch_all(store::user_deletions_due()).await?;
    Ok(due.into_iter().map(|(user,)| user).collect())
}

/// The organizations of a user, without those that are being deleted.
pub async fn user_organizations(tx: &mut SystemTx, user: UserId) -> Result<Vec<UserOrganization>> {
    tx.fetch_all(store::user_organizations(user)).await
}

/// E-mail addresses and phone numbers of a user, in lower case: also those that wait to be confirmed, and those of
/// identity providers.
pub async fn user_addresses(tx: &mut SystemTx, user: UserId) -> Result<Vec<String>> {
    let found = tx.fetch_all(store::user_addresses(user)).await?;
    Ok(found.into_iter().map(|(address,)| address).collect())
}

/// Records that a user was erased, in the transaction that deletes them, and that their exports in `tenant` are to be.
pub async fn user_erasure_note(tx: &mut SystemTx, user: UserId, tenant: TenantId) -> Result<()> {
    tx.execute(store::user_tenant_note(tenant)).await?;
    tx.execute(store::user_erasure_note(user)).await.map(drop)
}
