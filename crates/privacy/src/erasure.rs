//! Erasure: organizations and users are deleted after a grace period, with everything that is theirs.
//!
//! A request is a row of [`TenantDeletion`] or [`UserDeletion`], which can be cancelled until erasing begins. What
//! remains of an erased organization or user is a row of `freehold.erasures`: an id that leads nowhere. [`purge`]
//! deletes the rows of an organization, [`verify`] looks for what is left. The order of the steps, and what other
//! modules do in them, is in `freehold_app::erasure`.

mod mail;
pub mod purge;
pub(crate) mod tenant_deletion;
pub(crate) mod user_deletion;
pub mod verify;

use freehold_module::{Settings, TypedSetting};
use jiff::{SignedDuration, Timestamp};

pub use mail::{ACCOUNT_DELETION_MAIL, MAILS, ORGANIZATION_DELETED_MAIL, ORGANIZATION_DELETION_MAIL};
pub use tenant_deletion::{
    ClosingTenant, DeletionReason, NewTenantDeletion, TenantDeletion, tenant_deletion_cancel, tenant_deletion_find,
    tenant_deletion_postpone, tenant_deletion_request, tenant_deletions_due, tenant_lock, tenants_archived,
    tenants_revived,
};
pub use user_deletion::{
    UserDeletion, UserOrganization, user_addresses, user_deletion_cancel, user_deletion_find, user_deletion_lock,
    user_deletion_postpone, user_deletion_request, user_deletions_due, user_erasure_note, user_organizations,
};

/// Days from the request of a deletion until erasing begins.
pub const GRACE_DAYS: TypedSetting<i64> = TypedSetting::number(
    "deletion_grace_days",
    "Days from the request to delete an organization or an account until that happens; it can be cancelled until then.",
    30,
    0,
    365,
);

/// Days after which archived organizations are deleted.
pub const ARCHIVED_DAYS: TypedSetting<i64> = TypedSetting::number(
    "delete_archived_after_days",
    "Days after which the deletion of an archived organization is requested and its grace period begins; 0: never.",
    0,
    0,
    3650,
);

/// When an organization or account whose deletion is requested now is deleted.
pub fn due_at(settings: &Settings, now: Timestamp) -> Timestamp {
    let grace = SignedDuration::from_hours(24 * settings.get(&GRACE_DAYS));
    now.checked_add(grace).unwrap_or(Timestamp::MAX)
}
