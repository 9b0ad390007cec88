//! SQL of redeeming links and codes.

use freehold_db::statements;

use crate::{Realm, mail_token::TokenRow};

statements! {
    /// The token of a link, locked so that it cannot be used twice.
    fn token_lock_by_hash(hash: &str, types: &[String]) -> TokenRow =
        "select id, user_id, token_type::text as token_type, relates_to, code_hash, failed_attempts,
           created_at at time zone 'utc' as created_at, flow_id
         from auth.one_time_tokens where token_hash = $1 and token_type::text = any($2) for update";

    /// The token of a link.
    fn token_by_hash(hash: &str, types: &[String]) -> TokenRow =
        "select id, user_id, token_type::text as token_type, relates_to, code_hash, failed_attempts,
           created_at at time zone 'utc' as created_at, flow_id
         from auth.one_time_tokens where token_hash = $1 and token_type::text = any($2)";

    /// The tokens sent to an address, locked so that they cannot be used twice. A user who has created a tenant is
    /// found without naming it, until their address is confirmed.
    fn token_lock_by_email(realm: Realm, emails: &[String], types: &[String]) -> TokenRow =
        "select t.id, t.user_id, t.token_type::text as token_type, t.relates_to, t.code_hash, t.failed_attempts,
           t.created_at at time zone 'utc' as created_at, t.flow_id
         from auth.one_time_tokens as t join auth.users as u on u.id = t.user_id
         where t.relates_to = any($2) and t.token_type::text = any($3)
           and (coalesce(u.instance_id, '00000000-0000-0000-0000-000000000000') = $1
             or ($1 = '00000000-0000-0000-0000-000000000000' and u.instance_id = u.id and u.email_confirmed_at is null))
         order by t.created_at desc
         for update of t";

    /// Counts a wrong code.
    fn token_failed(realm: Realm, emails: &[String], types: &[String]) -> () =
        "update auth.one_time_tokens as t set failed_attempts = t.failed_attempts + 1
         from auth.users as u
         where u.id = t.user_id and t.relates_to = any($2) and t.token_type::text = any($3)
           and (coalesce(u.instance_id, '00000000-0000-0000-0000-000000000000') = $1
             or ($1 = '00000000-0000-0000-0000-000000000000' and u.instance_id = u.id and u.email_confirmed_at is null))";
}
