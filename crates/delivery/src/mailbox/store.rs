//! SQL of the local mailbox.

use freehold_db::statements;
use uuid::Uuid;

use super::MailRow;

statements! {
    /// The latest mails that can be shown. Mails with secrets can be shown while they are queued, and afterwards if the
    /// mailbox kept their secrets.
    fn mail_list(to: Option<String>, with_secrets: Vec<String>) -> MailRow =
        "select id, template, recipient,
                case when mailbox_sealed is null then data
                     else data || jsonb_build_object('sealed', mailbox_sealed) end as data,
                created_at, sender_name, reply_to, color, footer
         from freehold.mails left join freehold.mail_brands on tenant_id = for_tenant
         where ($1::text is null or recipient = $1)
           and (state = 'queued' or mailbox_sealed is not null or template <> all($2))
         order by created_at desc, id desc limit 100";

    /// One mail that can be shown.
    fn mail_find(id: Uuid, with_secrets: Vec<String>) -> MailRow =
        "select id, template, recipient,
                case when mailbox_sealed is null then data
                     else data || jsonb_build_object('sealed', mailbox_sealed) end as data,
                created_at, sender_name, reply_to, color, footer
         from freehold.mails left join freehold.mail_brands on tenant_id = for_tenant
         where id = $1 and (state = 'queued' or mailbox_sealed is not null or template <> all($2))";
}
