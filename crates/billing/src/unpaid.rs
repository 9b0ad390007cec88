//! How many organizations a person may own that pay nothing. Only making another one is refused; members who are made owners of others
//! keep them.

mod store;

use freehold_core::{Error, Result, UserId};
use freehold_db::SystemTx;

pub use store::STATEMENTS;

use crate::{Billing, codes};

/// `unpaid_organizations` where the person owns as many organizations that pay nothing as the settings allow. Others who ask for the
/// same person wait until the transaction ends, so that parallel requests make no more than that.
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
