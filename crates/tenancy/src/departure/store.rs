//! SQL of user deletion.

use freehold_core::UserId;
use freehold_db::statements;

use super::Place;

statements! {
    /// Locks the owners of the user's organizations.
    fn owners_lock(user: UserId) -> (UserId,) =
        "select o.user_id from freehold.members as o
         where o.role = 'owner' and o.tenant_id in (select tenant_id from freehold.members where user_id = $1)
         order by o.tenant_id, o.user_id for update";

    /// The user's organizations, and whether they have other members and owners.
    fn place_list(user: UserId) -> Place =
        "select m.tenant_id, t.slug, m.role,
           (select count(*) from freehold.members as o where o.tenant_id = m.tenant_id and o.user_id <> $1) as others,
           (select count(*) from freehold.members as o
            where o.tenant_id = m.tenant_id and o.user_id <> $1 and o.role = 'owner') as other_owners
         from freehold.members as m join freehold.tenants as t using (tenant_id)
         where m.user_id = $1 order by m.tenant_id";

    /// Ends all memberships of the user.
    fn membership_delete_all(user: UserId) -> () = "delete from freehold.members where user_id = $1";

    /// The user's e-mail address, if there is one.
    fn addresses(user: UserId) -> (String,) =
        "select email::text from auth.users where id = $1 and email is not null and email <> ''";
}
