//! Limit of organizations without a paid plan that one user may own. Only creating another one is rejected; members who
//! are made owners of others keep them.

mod store;

use freehold_core::{Error, Result, UserId};
use freehold_db::SystemTx;

pub use store::STATEMENTS;

use crate::{Billing, codes};

/// `unpaid_organizations` when the user owns as many organizations without a paid plan as the settings allow. Other
/// calls for the same user wait until the transaction ends, so that concurrent requests cannot exceed the limit.
pub async fn organization_allowed(tx: &mut SystemTx, billing: &Billing, user: UserId) -> Result<()> {
    let Some(most) = billing.unpaid_organizations else { return Ok(()) };
    tx.fetch_one(store::owner_lock(user)).await?;
    let (unpaid,) = tx.fetch_one(store::unpaid_count(user)).await?;
    if unpaid < i64::from(most) {
        return Ok(());
    }
    let message = format!(
        "You own {unpaid} organizations that pay nothing, and this server allows {most}. Choose a plan for one of them, or leave one \
         or hand it over, and try again."
    );
    Err(Error::new(codes::UNPAID_ORGANIZATIONS, message))
}
