//! SQL of the wait between two mails to one address.

use freehold_db::statements;
use jiff::Timestamp;

statements! {
    /// Records the request; no row when the wait after the last one is not over yet.
    fn request_note(digest: &[u8], over: Timestamp; now) -> (Timestamp,) =
        "insert into freehold.mail_requests as r (digest, asked_at) values ($1, $3)
         on conflict (digest) do update set asked_at = excluded.asked_at where r.asked_at <= $2
         returning asked_at";

    /// When a mail was last requested.
    fn request_find(digest: &[u8]) -> (Timestamp,) = "select asked_at from freehold.mail_requests where digest = $1";

    /// Deletes a few whose wait is over. Skips locked rows.
    fn requests_forget(over: Timestamp) -> () =
        "delete from freehold.mail_requests where digest in (
           select digest from freehold.mail_requests where asked_at <= $1 order by asked_at limit 20
           for update skip locked
         )";
}
