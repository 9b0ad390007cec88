//! SQL of the inbox. The functions are in `migrations/0002_billing_functions.sql`.

use freehold_db::{params, statements};
use jiff::Timestamp;
use uuid::Uuid;

use super::InboxEvent;

params! {
    /// An event of Stripe to store, with the job that processes it.
    pub(super) struct ReceivedEvent<'a> {
        pub(super) event: &'a str,
        pub(super) kind: &'a str,
        pub(super) created: Timestamp,
        pub(super) live: bool,
        pub(super) version: Option<&'a str>,
        pub(super) object: Option<&'a str>,
        pub(super) customer: Option<&'a str>,
        pub(super) payload: &'a str,
        pub(super) job: Uuid,
        pub(super) job_kind: &'a str,
        pub(super) attempts: i16,
        pub(super) state: &'a str,
        pub(super) note: &'a str,
    }
}

statements! {
    /// Stores an event.
    fn event_receive(event: ReceivedEvent<'_>; now) -> (String,) =
        "select freehold.stripe_event_receive($1, $2, $3, $4, $5, $6, $7, $8::text::json, $9, $10, $11, $14, $12, $13)
           as outcome";

    /// Enqueues the job that processes it.
    fn event_enqueue(event: &str, customer: &str, job: Uuid, job_kind: &str, attempts: i16; now) -> () =
        "select from freehold.stripe_event_enqueue($1, $2, $3, $4, $5, $6)";

    /// Marks an event as needing no processing.
    fn event_put_away(event: &str, state: &str, note: &str; now) -> () =
        "update freehold.stripe_events set state = $2, note = $3, processed_at = $4 where event_id = $1";

    /// Marks events that arrived before Stripe was asked as done.
    fn events_done(customer: &str, last: i64; now) -> () =
        "update freehold.stripe_events set state = 'done', note = null, processed_at = $3
         where customer_id = $1 and number <= $2 and state in ('waiting', 'failed')";

    /// Events, the newest first.
    fn inbox_list(state: Option<&str>, before: Option<i64>, limit: i64) -> InboxEvent =
        "select e.event_id, e.number, e.type as kind, e.created_at, e.received_at, e.times, e.livemode, e.object_id, e.customer_id,
                a.tenant_id, e.state, e.note, e.processed_at
         from freehold.stripe_events as e left join freehold.billing_accounts as a using (customer_id)
         where ($1::text is null or e.state = $1) and ($2::bigint is null or e.number < $2)
         order by e.number desc limit $3";

    /// One event.
    fn inbox_find(event: &str) -> InboxEvent =
        "select e.event_id, e.number, e.type as kind, e.created_at, e.received_at, e.times, e.livemode, e.object_id, e.customer_id,
                a.tenant_id, e.state, e.note, e.processed_at
         from freehold.stripe_events as e left join freehold.billing_accounts as a using (customer_id)
         where e.event_id = $1";

    /// The body of an event.
    fn inbox_payload(event: &str) -> (String,) =
        "select payload::text as payload from freehold.stripe_events where event_id = $1";

    /// Reopens events: one, those since a time, or those that failed.
    fn inbox_reopen(one: Option<&str>, since: Option<Timestamp>, limit: i64) -> (String, String) =
        "update freehold.stripe_events set state = 'waiting', note = null, processed_at = null
         where event_id in (
           select event_id from freehold.stripe_events
           where customer_id is not null and case
             when $1::text is not null then event_id = $1
             when $2::timestamptz is not null then received_at >= $2
             else state = 'failed'
           end
           order by number limit $3
         )
         returning event_id, customer_id";

    /// Deletes a batch of old events.
    fn events_forget(before: Timestamp, limit: i64) -> () =
        "delete from freehold.stripe_events where event_id in (
           select event_id from freehold.stripe_events where received_at < $1 and state <> 'waiting' limit $2
         )";
}
