//! What the program adds to sign-in when it starts: it provisions new users and says who is invited.

use std::{pin::Pin, sync::Arc};

use freehold_core::{Result, TenantId};
use freehold_db::SystemTx;

use crate::user::User;

/// The hooks of the program.
#[derive(Clone)]
pub struct Hooks {
    /// Provisioning hook for a user who signs in for the first time; does nothing by default.
    pub newcomer: Arc<Newcomer>,
    /// Checks whether an address was invited; always no by default.
    pub invited: Arc<Invited>,
}

impl Default for Hooks {
    fn default() -> Self {
        Self {
            newcomer: Arc::new(|_, _| Box::pin(async { Ok(()) })),
            invited: Arc::new(|_, _, _| Box::pin(async { Ok(false) })),
        }
    }
}

/// The provisioning hook: gives a user who signs in for the first time an organization, in the transaction of the
/// sign-in. The program supplies it when it starts.
pub type Newcomer = dyn for<'a> Fn(&'a mut SystemTx, &'a User) -> Settled<'a> + Send + Sync;

/// The future that a [`Newcomer`] returns.
pub type Settled<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// Whether an address was invited, by this tenant or by any. The program supplies it when it starts.
pub type Invited = dyn for<'a> Fn(&'a mut SystemTx, &'a str, Option<TenantId>) -> Awaited<'a> + Send + Sync;

/// The future that an [`Invited`] returns.
pub type Awaited<'a> = Pin<Box<dyn Future<Output = Result<bool>> + Send + 'a>>;
