//! Limits of invitation mails, since strangers receive them in the product's name.

use std::time::Duration;

use freehold_core::{Error, Result, codes};
use freehold_db::TenantTx;
use jiff::SignedDuration;

use super::store;
use crate::tenant::Tenant;

/// How long an organization counts as new.
const NEW: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Most invitation mails in a day; 0 for no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvitationRates {
    /// Limit for a user, in all organizations together.
    pub per_user: u32,
    /// Limit for an organization that has paid and is older than a week.
    pub per_organization: u32,
    /// Limit for any other organization.
    pub per_new_organization: u32,
    /// Limit for the whole server, counted separately for organizations that are new or have not paid and for the
    /// others, so that neither kind uses up the other's.
    pub per_server: u32,
    /// Whether the organization pays, or billing is disabled.
    pub pays: bool,
}

/// Counts a mail in this transaction.
///
/// # Errors
/// `rate_limited`, with the time after which the next mail is allowed.
pub(super) async fn take(tx: &mut TenantTx, tenant: &Tenant, rates: InvitationRates) -> Result<()> {
    let now = tx.now();
    let trusted = rates.pays && now.duration_since(tenant.created_at) >= NEW;
    let (of_organization, whose) = if trusted {
        (rates.per_organization, "An organization")
    } else if rates.pays {
        (rates.per_new_organization, "An organization in its first week")
    } else {
        (rates.per_new_organization, "An organization that has not paid yet")
    };
    // Mails of an API key count for its organization only.
    let user = tx.caller().user().map(|user| ("user", rates.per_user, "A user", user.uuid()));
    let organization = ("organization", of_organization, whose, tenant.tenant_id.uuid());
    // The server's row comes last, because all senders wait for it.
    let server = (
        if trusted { "server_of_trusted" } else { "server" },
        rates.per_server,
        "This server",
        tenant.tenant_id.uuid(),
    );
    for (scope, per_day, who, subject) in user.into_iter().chain([organization, server]) {
        let Some(per_day) = i32::try_from(per_day).ok().filter(|per_day| *per_day > 0) else { continue };
        let (until,) = tx.fetch_one(store::invitation_take(scope, subject, per_day)).await?;
        let Some(until) = until else { continue };
        let seconds = u64::try_from(until.duration_since(now).as_millis()).unwrap_or_default().div_ceil(1000).max(1);
        let message = format!("{who} may send {per_day} invitations a day. Retry after {seconds} seconds.");
        return Err(Error::new(codes::RATE_LIMITED, message).with_retry_after(Duration::from_secs(seconds)));
    }
    Ok(())
}
