//! SQL of requested deletions of users.

use freehold_core::{TenantId, UserId};
use freehold_db::statements;
use jiff::Timestamp;

use super::{UserDeletion, UserOrganization};

statements! {
    /// The requested deletion of a user.
    fn user_deletion_find(user: UserId) -> UserDeletion =
        "select user_id, requested_at, due_at, problem from freehold.user_deletions where user_id = $1";

    /// Requests the deletion of a user.
    fn user_deletion_put(user: UserId, due_at: Timestamp; now) -> () =
        "insert into freehold.user_deletions (user_id, requested_at, due_at) values ($1, $3, $2)
         on conflict (user_id) do nothing";

    /// Cancels the deletion of a user.
    fn user_deletion_delete(user: UserId) -> () = "delete from freehold.user_deletions where user_id = $1";

    /// Locks the deletion of a user that is due.
    fn user_deletion_lock(user: UserId; now) -> UserDeletion =
        "select user_id, requested_at, due_at, problem from freehold.user_deletions
         where user_id = $1 and due_at <= $2 for update";

    /// Records why a user could not be deleted.
    fn user_deletion_postpone(user: UserId, problem: &str) -> () =
        "update freehold.user_deletions set problem = $2 where user_id = $1";

    /// The users whose deletion is due. Those with a problem come last.
    fn user_deletions_due(; now) -> (UserId,) =
        "select user_id from freehold.user_deletions where due_at <= $1
         order by problem is not null, due_at, user_id limit 100";

    /// The user's organizations that are not being deleted.
    fn user_organizations(user: UserId) -> UserOrganization =
        "select m.tenant_id, t.slug, t.standing,
           (select count(*) from freehold.members as o where o.tenant_id = m.tenant_id and o.user_id <> $1) as others,
           m.role = 'owner' and not exists (
             select from freehold.members as o
             where o.tenant_id = m.tenant_id and o.user_id <> $1 and o.role = 'owner'
           ) as only_owner
         from freehold.members as m join freehold.tenants as t using (tenant_id)
         where m.user_id = $1 and t.standing <> 'closing' order by m.tenant_id";

    /// The addresses and numbers of a user.
    fn user_addresses(user: UserId) -> (String,) =
        "select distinct lower(a) from (
           select unnest(array[email::text, email_change::text, phone::text, phone_change::text]) as a
           from auth.users where id = $1
           union all
           select identity_data ->> 'email' from auth.identities where user_id = $1
         ) as known where a is not null and a <> '' order by 1";

    /// Records that the tenant with the user's exports is to be emptied, as an organization that was deleted.
    fn user_tenant_note(tenant: TenantId; now) -> () =
        "insert into freehold.erasures (id, kind, begun_at, removed_at) values ($1, 'organization', $2, $2)
         on conflict (id) do nothing";

    /// Records the erasure of a user.
    fn user_erasure_note(user: UserId; now) -> () =
        "insert into freehold.erasures (id, kind, begun_at, removed_at, erased_at) values ($1, 'user', $2, $2, $2)
         on conflict (id) do nothing";
}
