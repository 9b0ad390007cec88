//! SQL of trials.

use freehold_core::TenantId;
use freehold_db::statements;
use uuid::Uuid;

use super::{Owner, Unnoted};

statements! {
    /// The member who has owned the organization the longest.
    fn owner_find(tenant: TenantId) -> Owner =
        "select m.user_id, u.email::text as email from freehold.members as m join auth.users as u on u.id = m.user_id
         where m.tenant_id = $1 and m.role = 'owner' order by m.joined_at, m.user_id limit 1";

    /// A page of organizations whose trial has no recorded holder, each with the member who has owned it the longest.
    fn trials_unnoted(after: Uuid, rows: i64) -> Unnoted =
        "select distinct on (a.tenant_id) a.tenant_id, m.user_id, u.email::text as email
         from freehold.billing_accounts as a
         join freehold.members as m on m.tenant_id = a.tenant_id and m.role = 'owner'
         join auth.users as u on u.id = m.user_id
         where a.tenant_id > $1 and a.trial_ends_at is not null
           and not exists (select from freehold.trials where begun_for = a.tenant_id)
         order by a.tenant_id, m.joined_at, m.user_id limit $2";

    /// Records who had a tenant's trial. In a fixed order, so that two transactions with the same rows cannot deadlock.
    fn trial_put(digests: Vec<Vec<u8>>, kinds: Vec<String>, tenant: TenantId; now) -> () =
        "insert into freehold.trials (digest, kind, begun_for, begun_at)
         select digest, kind, $3, $4 from unnest($1, $2) as holder (digest, kind) order by digest
         on conflict (digest) do nothing";

    /// Whether one of these had a trial at another tenant.
    fn trial_elsewhere(digests: Vec<Vec<u8>>, tenant: TenantId) -> (bool,) =
        "select exists (select from freehold.trials where digest = any ($1) and begun_for <> $2) as held";
}
