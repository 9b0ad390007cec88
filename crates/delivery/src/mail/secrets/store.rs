//! SQL of the secrets of mails.

use freehold_db::statements;
use serde_json::Value;
use uuid::Uuid;

statements! {
    /// Queued mails of these templates with secrets in clear, 100 at most, locked.
    fn mails_in_clear(templates: Vec<String>) -> (Uuid, String, Value) =
        "select id, template, data from freehold.mails
         where state = 'queued' and template = any($1) and jsonb_typeof(data) = 'object' and data ?| array['code', 'link']
         limit 100 for update skip locked";

    /// Replaces the data of a queued mail.
    fn mail_replace_data(id: Uuid, data: Value) -> () =
        "update freehold.mails set data = $2 where id = $1 and state = 'queued'";
}
