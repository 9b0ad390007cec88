//! The part of billing in an export of an organization's data. Stripe has the invoices and the means of payment.

use freehold_db::statements;
use freehold_module::{Export, ExportRow, ExportRows, FIRST_ID};

/// The rows of an organization.
pub(crate) const EXPORTS: &[Export] = &[
    Export { name: "account", first: FIRST_ID, rows: ExportRows::Tenant(account_export) },
    Export { name: "subscriptions", first: "", rows: ExportRows::Tenant(subscriptions_export) },
    Export { name: "extra_subscriptions", first: "", rows: ExportRows::Tenant(extra_subscriptions_export) },
    Export { name: "notices", first: "", rows: ExportRows::Tenant(notices_export) },
];

statements! {
    /// The billing account as JSON.
    fn account_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select $3::text as key, to_json(r)::text as line from (
           select customer_id, state, state_since, trial_ends_at, granted_plan, granted_version, created_at,
             updated_at
           from freehold.billing_accounts where tenant_id = $3 and tenant_id > $1::text::uuid limit $2
         ) as r";

    /// Subscriptions as JSON.
    fn subscriptions_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select r.subscription_id as key, to_json(r)::text as line from (
           select subscription_id, status, plan, plan_version, interval, per_member, seats, price_id, items,
             period_start, period_end, cancel_at_period_end, cancel_at, canceled_at, ended_at, trial_end,
             unpaid_since, custom, created_at
           from freehold.subscriptions where tenant_id = $3 and subscription_id > $1
           order by subscription_id limit $2
         ) as r order by r.subscription_id";

    /// Subscriptions that were cancelled because there was another, as JSON.
    fn extra_subscriptions_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select r.subscription_id as key, to_json(r)::text as line from (
           select subscription_id, kept_id, state, refunded, found_at, ended_at
           from freehold.extra_subscriptions where tenant_id = $3 and subscription_id > $1
           order by subscription_id limit $2
         ) as r order by r.subscription_id";

    /// Mails about payments as JSON.
    fn notices_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select r.cause as key, to_json(r)::text as line from (
           select cause, at
           from freehold.billing_notices where tenant_id = $3 and cause > $1
           order by cause limit $2
         ) as r order by r.cause";
}
