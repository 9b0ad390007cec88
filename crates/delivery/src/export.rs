//! The part of delivery in an export of an organization's data: webhooks without their secrets, and mails without their
//! text, which may contain the code of a user.

use freehold_core::TenantId;
use freehold_db::statements;
use freehold_module::{Export, ExportRow, ExportRows, FIRST_ID};

/// The rows of an organization.
pub(crate) const EXPORTS: &[Export] = &[
    Export { name: "webhook_endpoints", first: FIRST_ID, rows: ExportRows::Tenant(webhook_endpoints_export) },
    Export { name: "webhook_deliveries", first: FIRST_ID, rows: ExportRows::Tenant(webhook_deliveries_export) },
    Export { name: "mail_brand", first: FIRST_ID, rows: ExportRows::Tenant(mail_brand_export) },
    Export { name: "mails", first: FIRST_ID, rows: ExportRows::System(mails_export) },
];

statements! {
    /// Webhook endpoints as JSON, without their secrets.
    fn webhook_endpoints_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select r.id::text as key, to_json(r)::text as line from (
           select id, url, description, patterns, enabled, disabled_at, disabled_because, signature, public_key,
             per_second, at_once, failing_since, created_at, updated_at
           from freehold.webhook_endpoints where tenant_id = $3 and id > $1::text::uuid and deleted_at is null
           order by id limit $2
         ) as r order by r.id";

    /// Deliveries as JSON.
    fn webhook_deliveries_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select r.endpoint_id::text || '/' || r.event_id::text as key, to_json(r)::text as line from (
           select endpoint_id, event_id, state, tried, due_at, attempts, created_at, ended_at
           from freehold.webhook_deliveries
           where tenant_id = $3 and (endpoint_id, event_id) > (left($1, 36)::uuid, right($1, 36)::uuid)
           order by endpoint_id, event_id limit $2
         ) as r order by r.endpoint_id, r.event_id";

    /// The branding of mails as JSON.
    fn mail_brand_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select $3::text as key, to_json(r)::text as line from (
           select sender_name, reply_to, color, footer, updated_at
           from freehold.mail_brands where tenant_id = $3 and tenant_id > $1::text::uuid limit $2
         ) as r";

    /// Mails in the name of the organization as JSON.
    fn mails_export(tenant: TenantId, after: &str, rows: i64) -> ExportRow =
        "select r.id::text as key, to_json(r)::text as line from (
           select id, template, recipient, state, attempts, created_at, ended_at
           from freehold.mails where for_tenant = $1 and id > $2::text::uuid order by id limit $3
         ) as r order by r.id";
}
