//! SQL of the erasure of customers.

use freehold_core::TenantId;
use freehold_db::statements;

statements! {
    /// Whether a subscription would renew.
    fn subscription_renews(tenant: TenantId) -> (bool,) =
        "select exists (
           select from freehold.subscriptions
           where tenant_id = $1 and status in ('trialing', 'active', 'past_due', 'unpaid', 'paused')
             and not cancel_at_period_end and cancel_at is null
         )";

    /// Whether the organization is being deleted.
    fn tenant_closing(tenant: TenantId) -> (bool,) =
        "select true from freehold.tenants where tenant_id = $1 and standing = 'closing'";

    /// Deletes events about a customer.
    fn events_delete(customer: &str, most: i64) -> () =
        "delete from freehold.stripe_events where event_id in (
           select event_id from freehold.stripe_events where customer_id = $1 or object_id = $1 limit $2
         )";
}
