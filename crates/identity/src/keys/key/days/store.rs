//! SQL of the requests of keys by day.

use freehold_core::{ApiKeyId, TenantId};
use freehold_db::statements;
use jiff::Timestamp;
use uuid::Uuid;

use super::KeyDay;

statements! {
    /// Adds requests of a tenant's keys, in the order of their ids, so that two servers do not deadlock. Keys that are
    /// gone, because their organization was erased meanwhile, get no row.
    fn key_days_add(tenant: TenantId, keys: Vec<Uuid>, days: Vec<Timestamp>, requests: Vec<i64>) -> () =
        "insert into freehold.api_key_days as d (tenant_id, key_id, day, requests)
         select $1, u.key_id, u.day, u.requests
         from unnest($2::uuid[], $3::timestamptz[], $4::bigint[]) as u (key_id, day, requests)
           join freehold.api_keys as k on k.tenant_id = $1 and k.id = u.key_id
         order by u.key_id, u.day
         on conflict (tenant_id, key_id, day) do update set requests = d.requests + excluded.requests";

    /// The days from `since` on which a key was used.
    fn key_days(id: ApiKeyId, since: Timestamp; tenant) -> KeyDay =
        "select day, requests from freehold.api_key_days where tenant_id = $3 and key_id = $1 and day >= $2";

    /// Deletes a batch of old days.
    fn key_days_sweep(before: Timestamp) -> () =
        "delete from freehold.api_key_days as d
         using (select tenant_id, key_id, day from freehold.api_key_days where day < $1 limit 1000) as old
         where d.tenant_id = old.tenant_id and d.key_id = old.key_id and d.day = old.day";
}
