//! SQL of the local mailbox.

use freehold_db::statements;
use jiff::Timestamp;
use uuid::Uuid;

use super::MailRow;

statements! {
    /// The latest mails.
    fn mail_list(to: Option<String>) -> MailRow =
        "select id, template, recipient, data, created_at from freehold.mails
         where $1::text is null or recipient = $1 order by created_at desc, id desc limit 100";

    /// One mail.
    fn mail_find(id: Uuid) -> MailRow =
        "select id, template, recipient, data, created_at from freehold.mails where id = $1";

    /// Takes mails out of the queue, each by one server only.
    fn mail_take(now: Timestamp) -> MailRow =
        "update freehold.mails as m set sent_at = $1
         from (select id from freehold.mails where sent_at is null order by created_at limit 100 for update skip locked) as queued
         where m.id = queued.id
         returning m.id, m.template, m.recipient, m.data, m.created_at";
}
