//! SQL of what people sign in with.

use freehold_core::UserId;
use freehold_db::statements;

use super::Ways;

statements! {
    /// Ways in and second factors.
    fn ways(user: UserId) -> Ways =
        "select
           (select coalesce(json_agg(i order by i.created_at, i.id), '[]') from (
              select id, provider_id, provider, identity_data, last_sign_in_at, created_at, updated_at
              from auth.identities where user_id = $1
            ) as i) as identities,
           (select coalesce(json_agg(f order by f.created_at, f.id), '[]') from (
              select id, factor_type::text as kind, status = 'verified' as verified,
                coalesce(friendly_name, '') as friendly_name, coalesce(phone, '') as phone, created_at, updated_at,
                last_challenged_at
              from auth.mfa_factors where user_id = $1
            ) as f) as factors";
}
