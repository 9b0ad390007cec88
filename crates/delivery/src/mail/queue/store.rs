//! SQL of the queue.

use freehold_db::statements;
use uuid::Uuid;

use super::MailRecord;

statements! {
    /// Number of mails in each state.
    fn mail_count() -> (String, i64) = "select state, count(*) from freehold.mails group by state order by state";

    /// The latest mails.
    fn mail_list(state: Option<String>) -> MailRecord =
        "select id, template, recipient, state, attempts, created_at, due_at, answer from freehold.mails
         where $1::text is null or state = $1 order by created_at desc, id desc limit 100";

    /// Template of a mail that failed or was suppressed; locked.
    fn mail_lock_failed(id: Uuid) -> (String,) =
        "select template from freehold.mails where id = $1 and state in ('failed', 'suppressed') for update";

    /// Queues one mail again.
    fn mail_retry(id: Uuid; now) -> () =
        "update freehold.mails set state = 'queued', attempts = 0, due_at = $2, ended_at = null
         where id = $1 and state in ('failed', 'suppressed')";

    /// Queues all failed mails again, except those of these templates.
    fn mail_retry_all(but: Vec<String>; now) -> () =
        "update freehold.mails set state = 'queued', attempts = 0, due_at = $2, ended_at = null
         where state = 'failed' and template <> all($1)";

    /// Number of failed mails of these templates.
    fn mail_count_failed(templates: Vec<String>) -> (i64,) =
        "select count(*) from freehold.mails where state = 'failed' and template = any($1)";
}
