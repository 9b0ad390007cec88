//! SQL of sending. Each statement that ends an attempt names the attempt, so that a sender whose lease expired changes
//! nothing; only a success is stored in any case.

use freehold_db::{params, statements};
use jiff::Timestamp;
use uuid::Uuid;

use super::Taken;

params! {
    /// Which mails a sender claims.
    pub(super) struct MailClaim {
        pub(super) until: Timestamp,
        pub(super) urgent: bool,
        pub(super) most: i64,
        pub(super) share: i64,
        pub(super) domains: Vec<String>,
        pub(super) rooms: Vec<i64>,
        pub(super) full: Vec<String>,
        pub(super) looked: i64,
    }
}

statements! {
    /// Leases due mails of one kind: of each domain at most `share`, or its number in `rooms`; the domains take turns,
    /// and the oldest mails come first. Looks only at the `looked` oldest mails.
    fn mail_take(claim: MailClaim; now) -> Taken =
        "update freehold.mails as m set attempts = m.attempts + 1, due_at = $1
         from (
           select q.id, q.for_tenant
           from freehold.mails as q
           join (
             select placed.id
             from (
               select w.id, w.due_at, coalesce($4 - h.room, 0) as held, coalesce(h.room, $4) as room,
                 row_number() over (partition by w.domain order by w.due_at, w.id) as place
               from (
                 select id, domain, due_at from freehold.mails
                 where state = 'queued' and urgent = $2 and due_at <= $9 and domain <> all($7)
                 order by due_at limit $8
               ) as w
               left join unnest($5, $6) as h (domain, room) on h.domain = w.domain
             ) as placed
             where placed.place <= placed.room
             order by placed.held + placed.place, placed.due_at, placed.id
             limit $3
           ) as chosen on chosen.id = q.id
           where q.state = 'queued' and q.due_at <= $9
           for update of q skip locked
         ) as due
         left join freehold.mail_brands as b on b.tenant_id = due.for_tenant
         where m.id = due.id
         returning m.id, m.template, m.recipient, m.data, m.created_at, m.attempts, m.domain,
                   b.sender_name, b.reply_to, b.color, b.footer";

    /// Renews the lease of a mail.
    fn mail_keep(id: Uuid, attempt: i16, until: Timestamp) -> () =
        "update freehold.mails set due_at = $3 where id = $1 and attempts = $2 and state = 'queued'";

    /// Stores that a mail was sent. If the local mailbox shows it, its sealed secrets are kept.
    fn mail_sent(id: Uuid, answer: &str, shown: bool; now) -> () =
        "update freehold.mails
         set state = 'sent', answer = $2, ended_at = $4, mailbox_sealed = case when $3 then data->>'sealed' end
         where id = $1 and state = 'queued'";

    /// Stores that a mail is to be retried.
    fn mail_again(id: Uuid, attempt: i16, answer: &str, due: Timestamp) -> () =
        "update freehold.mails set answer = $3, due_at = $4 where id = $1 and attempts = $2 and state = 'queued'";

    /// Puts a mail back without counting the attempt.
    fn mail_back(id: Uuid, attempt: i16, answer: &str; now) -> () =
        "update freehold.mails set attempts = attempts - 1, answer = $3, due_at = $4
         where id = $1 and attempts = $2 and state = 'queued'";

    /// Ends a mail.
    fn mail_over(id: Uuid, attempt: i16, state: &str, answer: &str; now) -> () =
        "update freehold.mails set state = $3, answer = $4, ended_at = $5
         where id = $1 and attempts = $2 and state = 'queued'";

    /// Deletes mails that ended before a time.
    fn mail_forget(before: Timestamp) -> () =
        "delete from freehold.mails where state <> 'queued' and ended_at < $1";
}
