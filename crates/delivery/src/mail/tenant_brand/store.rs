//! SQL of tenants' brands.

use freehold_core::TenantId;
use freehold_db::statements;
use jiff::Timestamp;

use super::{MailBrand, NamedRow};

statements! {
    /// The brand of one tenant.
    fn mail_brand_find(tenant: TenantId) -> MailBrand =
        "select sender_name, reply_to, color, footer, nullif(updated_at, 'epoch') as updated_at
         from freehold.mail_brands where tenant_id = $1";

    /// The brands of all tenants, the latest first.
    fn mail_brand_list() -> NamedRow =
        "select tenant_id, name, sender_name, reply_to, color, footer
         from freehold.mail_brands as b join freehold.tenants using (tenant_id)
         order by b.updated_at desc limit 50";

    /// Inserts an empty brand unless there is one.
    fn mail_brand_ensure(tenant: TenantId, never: Timestamp) -> () =
        "insert into freehold.mail_brands (tenant_id, updated_at) values ($1, $2) on conflict (tenant_id) do nothing";

    /// Reads and locks a brand.
    fn mail_brand_lock(tenant: TenantId) -> MailBrand =
        "select sender_name, reply_to, color, footer, updated_at
         from freehold.mail_brands where tenant_id = $1 for update";

    /// Replaces a brand.
    fn mail_brand_update(
        tenant: TenantId, sender_name: Option<String>, reply_to: Option<String>, color: Option<String>,
        footer: Option<String>; now
    ) -> MailBrand =
        "update freehold.mail_brands
         set sender_name = $2, reply_to = $3, color = $4, footer = $5, updated_at = $6
         where tenant_id = $1
         returning sender_name, reply_to, color, footer, updated_at";
}
