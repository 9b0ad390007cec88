//! SQL of limits.

use freehold_core::UserId;
use freehold_db::statements;
use jiff::Timestamp;

use super::FoundAccount;
use crate::Realm;

statements! {
    /// Takes one try; when there will be one, where there is none.
    fn bucket_take(name: &str, subject: &[u8], step: i64, room: i64, now: Timestamp) -> (Option<Timestamp>,) =
        "select freehold.bucket_take($1, $2, $3, $4, $5)";

    /// Takes one try; when the bucket will be full with it, or no row where there is no try. A bucket that is further ahead than its
    /// room begins anew, as in `freehold.bucket_take`.
    fn bucket_draw(name: &str, subject: &[u8], step: i64, room: i64, now: Timestamp) -> (Timestamp,) =
        "insert into freehold.rate_buckets as b (name, subject, full_at)
         values ($1, $2, $5::timestamptz + $3::bigint * interval '1 microsecond')
         on conflict (name, subject) do update set full_at =
             case when b.full_at > $5 + $4::bigint * interval '1 microsecond' + interval '5 seconds'
                  then $5 else greatest(b.full_at, $5) end + $3::bigint * interval '1 microsecond'
           where b.full_at > $5 + $4::bigint * interval '1 microsecond' + interval '5 seconds'
              or greatest(b.full_at, $5) + $3::bigint * interval '1 microsecond' <= $5 + $4::bigint * interval '1 microsecond'
         returning full_at";

    /// Who has this address, and one try taken of those from anywhere, or of those from here where he knows it, if one is to be
    /// taken. Always one row: what is counted is counted for nobody, too.
    fn account_take(
        realm: Realm, emails: &[String], place: &[u8], take: bool, name: &str, anywhere: &[u8], here: &[u8], step: i64,
        room: i64, now: Timestamp
    ) -> FoundAccount =
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

    /// Gives one try back.
    fn bucket_give_back(name: &str, subject: &[u8], step: i64) -> () =
        "update freehold.rate_buckets set full_at = full_at - $3::bigint * interval '1 microsecond'
         where name = $1 and subject = $2";

    /// When the bucket will be full; of one that is further ahead than its room, now, because it begins anew with the next try.
    fn bucket_look(name: &str, subject: &[u8], room: i64, now: Timestamp) -> (Timestamp,) =
        "select case when full_at > $4::timestamptz + $3::bigint * interval '1 microsecond' + interval '5 seconds' then $4
                     else full_at end
         from freehold.rate_buckets where name = $1 and subject = $2";

    /// Forgets buckets that are full, some at a time.
    fn bucket_sweep(now: Timestamp) -> () =
        "delete from freehold.rate_buckets where ctid = any(array(
           select ctid from freehold.rate_buckets where full_at <= $1 limit 1000 for update skip locked
         ))";

    /// Whether the person has signed in from there.
    fn place_known(user: UserId, place: &[u8]) -> (bool,) =
        "select true from freehold.known_places where user_id = $1 and place = $2";

    /// The person signed in from there.
    fn place_note(user: UserId, place: &[u8], now: Timestamp) -> () =
        "insert into freehold.known_places as k (user_id, place, seen_at) values ($1, $2, $3)
         on conflict (user_id, place) do update set seen_at = excluded.seen_at
           where k.seen_at < excluded.seen_at - interval '1 day'";

    /// Forgets places from which nobody has come for long, some at a time.
    fn place_sweep(before: Timestamp) -> () =
        "delete from freehold.known_places where ctid = any(array(
           select ctid from freehold.known_places where seen_at < $1 order by seen_at limit 1000 for update skip locked
         ))";
}
