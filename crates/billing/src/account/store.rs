//! SQL of accounts.

use freehold_core::TenantId;
use freehold_db::statements;
use jiff::Timestamp;

use super::Account;

statements! {
    /// Opens an account, once. Its age and its state count from the tenant's creation.
    fn account_open(tenant: TenantId, trial_ends_at: Option<Timestamp>; now) -> () =
        "insert into freehold.billing_accounts (tenant_id, state, state_since, trial_ends_at, due_at, created_at, updated_at)
         select tenant_id, 'free', created_at, $2, $3, created_at, $3 from freehold.tenants where tenant_id = $1
         on conflict (tenant_id) do nothing";

    /// The account of a tenant, locked.
    fn account_lock(tenant: TenantId) -> Account =
        "select tenant_id, customer_id, state, state_since, trial_ends_at, granted_plan, granted_version, due_at,
                refresh_begun, refresh_done, refreshed_at, created_at
         from freehold.billing_accounts where tenant_id = $1 for update";

    /// The account of a tenant.
    fn account_find(tenant: TenantId) -> Account =
        "select tenant_id, customer_id, state, state_since, trial_ends_at, granted_plan, granted_version, due_at,
                refresh_begun, refresh_done, refreshed_at, created_at
         from freehold.billing_accounts where tenant_id = $1";

    /// The account of the tenant whose transaction this is.
    fn account_get() -> Account =
        "select tenant_id, customer_id, state, state_since, trial_ends_at, granted_plan, granted_version, due_at,
                refresh_begun, refresh_done, refreshed_at, created_at
         from freehold.billing_accounts";

    /// The tenant with this customer id.
    fn account_of_customer(customer: &str) -> (TenantId,) =
        "select tenant_id from freehold.billing_accounts where customer_id = $1";

    /// Sets the customer id.
    fn account_put_customer(tenant: TenantId, customer: &str; now) -> () =
        "update freehold.billing_accounts set customer_id = $2, updated_at = $3 where tenant_id = $1";

    /// Sets the granted plan, or removes it.
    fn account_grant(tenant: TenantId, plan: Option<&str>, version: Option<i32>; now) -> Account =
        "update freehold.billing_accounts set granted_plan = $2, granted_version = $3, updated_at = $4 where tenant_id = $1
         returning tenant_id, customer_id, state, state_since, trial_ends_at, granted_plan, granted_version, due_at,
                   refresh_begun, refresh_done, refreshed_at, created_at";

    /// Sets the end of the trial without a card.
    fn account_extend_trial(tenant: TenantId, ends_at: Timestamp; now) -> Account =
        "update freehold.billing_accounts set trial_ends_at = $2, updated_at = $3 where tenant_id = $1
         returning tenant_id, customer_id, state, state_since, trial_ends_at, granted_plan, granted_version, due_at,
                   refresh_begun, refresh_done, refreshed_at, created_at";

    /// Takes the next number for asking Stripe.
    fn refresh_begin(tenant: TenantId) -> Account =
        "update freehold.billing_accounts set refresh_begun = refresh_begun + 1 where tenant_id = $1
         returning tenant_id, customer_id, state, state_since, trial_ends_at, granted_plan, granted_version, due_at,
                   refresh_begun, refresh_done, refreshed_at, created_at";

    /// The number of the newest event.
    fn last_event() -> (i64,) =
        "select coalesce(max(number), 0)::bigint as number from freehold.stripe_events";

    /// Records that the answer with this number was stored.
    fn refresh_end(tenant: TenantId, number: i64; now) -> () =
        "update freehold.billing_accounts set refresh_done = $2, refreshed_at = $3, updated_at = $3 where tenant_id = $1";

    /// The tenants with a customer.
    fn account_page(after: TenantId, limit: i64) -> (TenantId,) =
        "select tenant_id from freehold.billing_accounts
         where tenant_id > $1 and customer_id is not null order by tenant_id limit $2";

    /// The number of a checkout: that of the newest one, if it is for the same page and was started after `since`;
    /// otherwise the next number.
    fn checkout_begin(tenant: TenantId, wanted: &str, since: Timestamp; now) -> (i64,) =
        "update freehold.billing_accounts set
           checkout_begun = checkout_begun + case when checkout_wanted = $2 and checkout_since > $3 then 0 else 1 end,
           checkout_since = case when checkout_wanted = $2 and checkout_since > $3 then checkout_since else $4 end,
           checkout_wanted = $2
         where tenant_id = $1
         returning checkout_begun";

    /// Records that the page with this number was created, or will not be. Returns the number of the newest checkout.
    fn checkout_end(tenant: TenantId, number: i64) -> (i64,) =
        "update freehold.billing_accounts set
           checkout_wanted = case when checkout_begun = $2 then null else checkout_wanted end
         where tenant_id = $1
         returning checkout_begun";
}
