//! Which transactions may send a statement. One that is made with `; tenant` gets its tenant from the transaction that
//! sends it, so no caller can pass another, and a transaction without a tenant cannot send it.

/// Any transaction may send the statement.
#[derive(Debug)]
pub enum AnyTx {}

/// Only [`Tenant`](crate::Tenant) and [`TenantTx`](crate::TenantTx) may send the statement; they add the tenant.
#[derive(Debug)]
pub enum OfTenant {}

/// Who may send a statement: [`AnyTx`] or [`OfTenant`].
pub trait Scope: sealed::Scope {}

impl Scope for AnyTx {}
impl Scope for OfTenant {}

mod sealed {
    pub trait Scope {
        /// Whether the tenant is added after the other parameters.
        const ADDS_TENANT: bool;
    }

    impl Scope for super::AnyTx {
        const ADDS_TENANT: bool = false;
    }
    impl Scope for super::OfTenant {
        const ADDS_TENANT: bool = true;
    }
}
