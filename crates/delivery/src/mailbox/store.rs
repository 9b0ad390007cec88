//! SQL of the local mailbox.

use freehold_db::statements;
use uuid::Uuid;

use super::MailRow;

statements! {
    /// The latest mails.
    fn mail_list(to: Option<String>) -> MailRow =
        "select id, template, recipient, data, created_at, sender_name, reply_to, color, footer
         from freehold.mails left join freehold.mail_brands on tenant_id = for_tenant
         where $1::text is null or recipient = $1 order by created_at desc, id desc limit 100";

    /// One mail.
    fn mail_find(id: Uuid) -> MailRow =
        "select id, template, recipient, data, created_at, sender_name, reply_to, color, footer
         from freehold.mails left join freehold.mail_brands on tenant_id = for_tenant where id = $1";
}
