//! SQL of settling.

use freehold_core::TenantId;
use freehold_db::statements;
use jiff::Timestamp;
use serde_json::Value;

statements! {
    /// The plan that requests see.
    fn tenant_plan(tenant: TenantId) -> (String, i32) =
        "select plan, plan_version from freehold.tenants where tenant_id = $1";

    /// Sets what requests see; returns whether it is new.
    fn tenant_settle(tenant: TenantId, plan: &str, version: i32, standing: &str; now) -> (bool,) =
        "select freehold.tenant_settle($1, $2, $3, $4, $5)";

    /// Stores the state of the account.
    fn account_settle(
        tenant: TenantId, state: &str, since: Timestamp, due: Option<Timestamp>; now
    ) -> () =
        "update freehold.billing_accounts set state = $2, state_since = $3, due_at = $4, updated_at = $5
         where tenant_id = $1 and (state, state_since, due_at) is distinct from ($2, $3, $4)";

    /// Requests a mail to the administrators, once for each cause; returns whether it was the first time.
    fn notify(tenant: TenantId, cause: &str, template: &str, data: Value; now) -> (bool,) =
        "select freehold.billing_notify($1, $2, $3, $4, $5)";

    /// Accounts that are due, the longest due first.
    fn accounts_due(after: Timestamp, after_tenant: TenantId, rows: i64; now) -> (TenantId, Timestamp) =
        "select tenant_id, due_at from freehold.billing_accounts
         where due_at <= $4 and (due_at, tenant_id) > ($1, $2)
         order by due_at, tenant_id limit $3";

    /// Locks a due account, unless another transaction has locked it.
    fn account_take(tenant: TenantId; now) -> (TenantId,) =
        "select tenant_id from freehold.billing_accounts where tenant_id = $1 and due_at <= $2 for update skip locked";
}
