//! What a module does when an organization changes.

use std::sync::Arc;

use freehold_core::{Caller, Result, TenantId, UserId};
use freehold_db::SystemTx;
use futures_util::{future::BoxFuture, stream::BoxStream};

use crate::ExportFile;

/// Runs in the transaction that creates an organization. An error undoes the creation.
pub type TenantCreated<C> = for<'a> fn(&'a C, &'a mut SystemTx, TenantId) -> BoxFuture<'a, Result<()>>;

/// Runs after a change of an organization was committed, as a job: at least once, and again after an error.
pub type AfterTenant<C> = for<'a> fn(&'a C, TenantId) -> BoxFuture<'a, Result<()>>;

/// Runs after a member left an organization or was removed from it, as a job: at least once, and again after an error.
pub type AfterMember<C> = for<'a> fn(&'a C, TenantId, UserId) -> BoxFuture<'a, Result<()>>;

/// The files that a module adds to an export of the caller's organization besides its rows, one after the other. Each
/// is read before the next is made, and memory does not grow with them.
pub type ExportFiles<C> = fn(&C, Arc<Caller>) -> BoxStream<'static, Result<ExportFile>>;

/// Erases what a deleted user left, in the transaction that deletes the user. Run again after an error.
pub type EraseUser<C> = for<'a> fn(&'a C, &'a mut SystemTx, &'a ErasedUser) -> BoxFuture<'a, Result<()>>;

/// A user who is being erased.
#[derive(Clone, Debug)]
pub struct ErasedUser {
    /// Id of the user.
    pub id: UserId,
    /// The user's e-mail addresses in lower case, and phone numbers.
    pub addresses: Vec<String>,
}

/// The hooks of a module; none: the module does nothing on this occasion.
pub struct Hooks<C: 'static> {
    /// An organization is created.
    pub tenant_created: Option<TenantCreated<C>>,
    /// The plan of an organization changed, or the version of its plan.
    pub plan_changed: Option<AfterTenant<C>>,
    /// An organization was closed: its data can be read for some time, and it can still pay.
    pub tenant_closed: Option<AfterTenant<C>>,
    /// A member left an organization or was removed from it.
    pub member_removed: Option<AfterMember<C>>,
    /// The data of an organization is exported, and the module has some that is in no row.
    pub export: Option<ExportFiles<C>>,
    /// An organization is erased: deletes what is in no table of the tenant plane, such as objects, customers of other
    /// services and mails. The rows of the tenant plane and those that refer to the organization are deleted without
    /// it. Run before that and once more after it, when the organization no longer exists.
    pub erase: Option<AfterTenant<C>>,
    /// A user is erased: deletes what does not refer to the row of the user.
    pub erase_user: Option<EraseUser<C>>,
}

impl<C> Hooks<C> {
    /// No hooks.
    pub const NONE: Self = Self {
        tenant_created: None,
        plan_changed: None,
        tenant_closed: None,
        member_removed: None,
        export: None,
        erase: None,
        erase_user: None,
    };
}

impl<C> Clone for Hooks<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Hooks<C> {}
