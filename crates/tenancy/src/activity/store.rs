//! SQL of the activity feed.

use freehold_core::TenantId;
use freehold_db::statements;
use jiff::Timestamp;
use uuid::Uuid;

use super::UserRow;
use crate::audit::EntryRow;

statements! {
    /// A page of entries of these actions. Each action is looked up by itself, so that a feed does not read the
    /// entries that it does not show.
    fn activity_list(
        actions: Vec<String>, actor: Option<Uuid>, since: Option<Timestamp>, until: Option<Timestamp>, before: Uuid,
        rows: i64; tenant
    ) -> EntryRow =
        "select e.entry_id, e.at, e.actor_kind, e.actor_id, e.action, e.subject, e.detail::text, e.before::text,
           e.after::text, e.personal, e.sealed::text, e.number, e.hash
         from unnest($1) as a (action)
         cross join lateral (
           select entry_id, at, actor_kind, actor_id, action, subject, detail, before, after, personal, sealed, number,
             hash
           from freehold.audit_entries
           where tenant_id = $7 and action = a.action and entry_id < $5 and ($2 is null or actor_id = $2)
             and ($3 is null or at >= $3) and ($4 is null or at < $4)
           order by entry_id desc limit $6
         ) as e
         order by e.entry_id desc limit $6";

    /// The users among these who exist, with the names that they gave themselves.
    fn user_names(tenant: TenantId, users: Vec<Uuid>) -> UserRow =
        "select u.id as user_id, m.user_id is not null as is_member, nullif(u.email::text, '') as email,
           u.raw_user_meta_data -> 'name' as name, u.raw_user_meta_data -> 'full_name' as full_name
         from auth.users as u left join freehold.members as m on m.tenant_id = $1 and m.user_id = u.id
         where u.id = any($2) and u.deleted_at is null";

    /// The names of keys.
    fn key_names(tenant: TenantId, keys: Vec<Uuid>) -> (Uuid, String) =
        "select id, name from freehold.api_keys where tenant_id = $1 and id = any($2)";
}
