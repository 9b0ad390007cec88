//! SQL of limits.

use freehold_core::UserId;
use freehold_db::{params, statements};
use jiff::Timestamp;

use super::FoundAccount;
use crate::Realm;

params! {
    /// An attempt to sign in, and the buckets it may be taken from.
    pub(super) struct AccountAttempt<'a> {
        pub(super) realm: Realm,
        pub(super) emails: &'a [String],
        pub(super) place: &'a [u8],
        pub(super) take: bool,
        pub(super) name: &'a str,
        pub(super) anywhere: &'a [u8],
        pub(super) here: &'a [u8],
        pub(super) step: i64,
        pub(super) room: i64,
        pub(super) now: Timestamp,
    }
}

statements! {
    /// Takes one attempt; when there is none left, returns when there will be one.
    fn bucket_take(name: &str, subject: &[u8], step: i64, room: i64, now: Timestamp) -> (Option<Timestamp>,) =
        "select freehold.bucket_take($1, $2, $3, $4, $5)";

    /// Takes one attempt and returns when the bucket will be full again; no row when there is none left. A bucket that
    /// is further ahead than its capacity starts anew, as in `freehold.bucket_take`.
    fn bucket_draw(name: &str, subject: &[u8], step: i64, room: i64, now: Timestamp) -> (Timestamp,) =
        "insert into freehold.rate_buckets as b (name, subject, full_at)
         values ($1, $2, $5::timestamptz + $3::bigint * interval '1 microsecond')
         on conflict (name, subject) do update set full_at =
             case when b.full_at > $5 + $4::bigint * interval '1 microsecond' + interval '5 seconds'
                  then $5 else greatest(b.full_at, $5) end + $3::bigint * interval '1 microsecond'
           where b.full_at > $5 + $4::bigint * interval '1 microsecond' + interval '5 seconds'
              or greatest(b.full_at, $5) + $3::bigint * interval '1 microsecond' <= $5 + $4::bigint * interval '1 microsecond'
         returning full_at";

    /// The user with this address, and one attempt taken, if one is to be taken: of those from any network address, or,
    /// where the user knows this one, of those from here. Always returns one row: attempts are counted for unknown
    /// addresses, too.
    fn account_take(attempt: AccountAttempt<'_>) -> FoundAccount =
        "select a.person, a.known,
           case when $4 then freehold.bucket_take($5, case when a.known then $7 else $6 end, $8, $9, $10) end as until
         from (
           select row_to_json(p) as person,
             exists (select from freehold.known_places as k where k.user_id = p.id and k.place = $3) as known
           from (values (true)) as one (row)
             left join freehold.people_with_ways as p
               on p.realm = $1 and p.email = any($2) and not p.is_sso_user and p.deleted_at is null
             order by array_position($2, p.email)
           limit 1
         ) as a";

    /// Gives one attempt back.
    fn bucket_give_back(name: &str, subject: &[u8], step: i64) -> () =
        "update freehold.rate_buckets set full_at = full_at - $3::bigint * interval '1 microsecond'
         where name = $1 and subject = $2";

    /// When the bucket will be full; now for one that is further ahead than its capacity, because it starts anew with
    /// the next attempt.
    fn bucket_look(name: &str, subject: &[u8], room: i64, now: Timestamp) -> (Timestamp,) =
        "select case when full_at > $4::timestamptz + $3::bigint * interval '1 microsecond' + interval '5 seconds' then $4
                     else full_at end
         from freehold.rate_buckets where name = $1 and subject = $2";

    /// Deletes a batch of full buckets.
    fn bucket_sweep(; now) -> () =
        "delete from freehold.rate_buckets where ctid = any(array(
           select ctid from freehold.rate_buckets where full_at <= $1 limit 1000 for update skip locked
         ))";

    /// Whether the user has signed in from there.
    fn place_known(user: UserId, place: &[u8]) -> (bool,) =
        "select true from freehold.known_places where user_id = $1 and place = $2";

    /// Records that the user signed in from there.
    fn place_note(user: UserId, place: &[u8]; now) -> () =
        "insert into freehold.known_places as k (user_id, place, seen_at) values ($1, $2, $3)
         on conflict (user_id, place) do update set seen_at = excluded.seen_at
           where k.seen_at < excluded.seen_at - interval '1 day'";

    /// Deletes a batch of network addresses that were not used for long.
    fn place_sweep(before: Timestamp) -> () =
        "delete from freehold.known_places where ctid = any(array(
           select ctid from freehold.known_places where seen_at < $1 order by seen_at limit 1000 for update skip locked
         ))";
}
