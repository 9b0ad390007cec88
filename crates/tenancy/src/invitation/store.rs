//! SQL of invitations.

use freehold_core::{ApiKeyId, TenantId, UserId};
use freehold_db::{params, row, statements};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::{Invitation, InvitationId};
use crate::role::RoleId;

row! {
    /// The offer of a token.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Offer {
        /// Id of the inviting organization.
        pub tenant_id: TenantId,
        /// Id of the invitation.
        pub invitation_id: InvitationId,
        /// Name of the organization.
        pub organization: String,
        /// The invited e-mail address.
        pub email: String,
        /// Role that the user gets: `viewer`, `member`, `admin` or `owner`; with a custom role its base.
        pub role: String,
        /// Id of the custom role that the user gets; none for a built-in role.
        pub role_id: Option<RoleId>,
        /// Name of the custom role; none for a built-in role.
        pub role_name: Option<String>,
        /// The present permissions of the custom role; empty for a built-in role.
        pub permissions: Vec<String>,
        /// Id of the user who last sent it; none when a key did.
        pub invited_by: Option<UserId>,
        /// Id of the API key that last sent it; none when a user did.
        pub invited_by_key: Option<ApiKeyId>,
        /// When the invitation expires, UTC.
        pub expires_at: Timestamp,
        /// When the invitation was accepted, UTC; none while it is not.
        pub accepted_at: Option<Timestamp>,
        /// Id of the user who accepted it; none while it is not accepted.
        pub accepted_by: Option<UserId>,
        /// When the invitation was revoked, UTC; none when it was not.
        pub revoked_at: Option<Timestamp>,
    }
}

params! {
    /// An invitation to insert.
    pub(super) struct NewRow<'a> {
        pub(super) tenant: TenantId,
        pub(super) id: InvitationId,
        pub(super) email: &'a str,
        pub(super) role: &'a str,
        pub(super) role_id: Option<RoleId>,
        pub(super) digest: Vec<u8>,
        pub(super) invited_by: Option<UserId>,
        pub(super) invited_by_key: Option<ApiKeyId>,
        pub(super) expires_at: Timestamp,
    }
}

params! {
    /// A member to create.
    pub(super) struct JoinRow<'a> {
        pub(super) tenant: TenantId,
        pub(super) user: UserId,
        pub(super) role: &'a str,
        pub(super) role_id: Option<RoleId>,
        pub(super) permissions: &'a [String],
    }
}

statements! {
    /// Locks the seats of a tenant. Every creation of an invitation or member does this first.
    fn seats_lock(tenant: TenantId) -> (bool,) =
        "select true from freehold.tenants where tenant_id = $1 for no key update";

    /// The number of members, and of invitations that can still be accepted.
    fn seats_count(tenant: TenantId; now) -> (i64, i64) =
        "select (select count(*) from freehold.members where tenant_id = $1),
           (select count(*) from freehold.invitations
            where tenant_id = $1 and accepted_at is null and revoked_at is null and expires_at > $2)";

    /// Closes expired invitations, so that their addresses can be invited again.
    fn invitation_expire(emails: &[String]; now) -> () =
        "update freehold.invitations set revoked_at = expires_at
         where email = any($1) and accepted_at is null and revoked_at is null and expires_at <= $2";

    /// The number of mails sent since a time.
    fn mails_count(since: Timestamp) -> (i64,) =
        "select coalesce(sum(mails), 0)::bigint from freehold.invitations where sent_at > $1";

    /// Creates an invitation.
    fn invitation_insert(new: NewRow<'_>; now) -> Invitation =
        "insert into freehold.invitations as i
           (tenant_id, invitation_id, email, role, role_id, digest, invited_by, invited_by_key, created_at, sent_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $10, $10, $9)
         returning i.invitation_id, i.email, i.role, i.role_id,
           (select r.name from freehold.roles as r where r.tenant_id = i.tenant_id and r.role_id = i.role_id) as role_name,
           i.invited_by, i.invited_by_key, i.mails, i.created_at, i.sent_at, i.expires_at, i.accepted_at, i.accepted_by,
           i.revoked_at";

    /// A page of the tenant's invitations.
    fn invitation_list(before: Uuid, rows: i64) -> Invitation =
        "select i.invitation_id, i.email, i.role, i.role_id,
           (select r.name from freehold.roles as r where r.tenant_id = i.tenant_id and r.role_id = i.role_id) as role_name,
           i.invited_by, i.invited_by_key, i.mails, i.created_at, i.sent_at, i.expires_at, i.accepted_at, i.accepted_by,
           i.revoked_at
         from freehold.invitations as i where i.invitation_id < $1 order by i.invitation_id desc limit $2";

    /// Locks an invitation of the tenant.
    fn invitation_lock(id: InvitationId) -> Invitation =
        "select i.invitation_id, i.email, i.role, i.role_id,
           (select r.name from freehold.roles as r where r.tenant_id = i.tenant_id and r.role_id = i.role_id) as role_name,
           i.invited_by, i.invited_by_key, i.mails, i.created_at, i.sent_at, i.expires_at, i.accepted_at, i.accepted_by,
           i.revoked_at
         from freehold.invitations as i where i.invitation_id = $1 for update";

    /// Renews an invitation: the previous mail's token stops working.
    fn invitation_renew(
        id: InvitationId, digest: Vec<u8>, by: Option<UserId>, by_key: Option<ApiKeyId>, until: Timestamp; now
    ) -> Invitation =
        "update freehold.invitations as i
         set digest = $2, invited_by = $3, invited_by_key = $4, sent_at = $6, expires_at = $5, mails = mails + 1
         where i.invitation_id = $1
         returning i.invitation_id, i.email, i.role, i.role_id,
           (select r.name from freehold.roles as r where r.tenant_id = i.tenant_id and r.role_id = i.role_id) as role_name,
           i.invited_by, i.invited_by_key, i.mails, i.created_at, i.sent_at, i.expires_at, i.accepted_at, i.accepted_by,
           i.revoked_at";

    /// Revokes an invitation.
    fn invitation_revoke(id: InvitationId; now) -> Invitation =
        "update freehold.invitations as i set revoked_at = $2 where i.invitation_id = $1
         returning i.invitation_id, i.email, i.role, i.role_id,
           (select r.name from freehold.roles as r where r.tenant_id = i.tenant_id and r.role_id = i.role_id) as role_name,
           i.invited_by, i.invited_by_key, i.mails, i.created_at, i.sent_at, i.expires_at, i.accepted_at, i.accepted_by,
           i.revoked_at";

    /// Counts a mail in this scope; at the limit returns when the next one is allowed.
    fn invitation_take(scope: &str, user: Uuid, per_day: i32; now) -> (Option<Timestamp>,) =
        "select freehold.invitation_take($1, $2, $3, $4)";

    /// Queues the mail of an invitation.
    fn invitation_mail(id: InvitationId, mail: Uuid, data: Value; now) -> (bool,) =
        "select freehold.invitation_mail($1, $2, $3, $4) is null";

    /// The offer of a token.
    fn offer_find(digests: Vec<Vec<u8>>) -> Offer =
        "select i.tenant_id, i.invitation_id, t.name as organization, i.email, coalesce(r.base, i.role) as role, i.role_id,
           r.name as role_name, coalesce(r.permissions, '{}') as permissions, i.invited_by, i.invited_by_key, i.expires_at,
           i.accepted_at, i.accepted_by, i.revoked_at
         from freehold.invitations as i join freehold.tenants as t using (tenant_id)
           left join freehold.roles as r on r.tenant_id = i.tenant_id and r.role_id = i.role_id
         where i.digest = any ($1)";

    /// Locks the offer of an invitation.
    fn offer_lock(tenant: TenantId, id: InvitationId) -> Offer =
        "select i.tenant_id, i.invitation_id, t.name as organization, i.email, coalesce(r.base, i.role) as role, i.role_id,
           r.name as role_name, coalesce(r.permissions, '{}') as permissions, i.invited_by, i.invited_by_key, i.expires_at,
           i.accepted_at, i.accepted_by, i.revoked_at
         from freehold.invitations as i join freehold.tenants as t using (tenant_id)
           left join freehold.roles as r on r.tenant_id = i.tenant_id and r.role_id = i.role_id
        
         where i.tenant_id = $1 and i.invitation_id = $2 for update of i";

    /// The current role and permissions of a member who is neither banned nor deleted.
    fn inviter_rights(tenant: TenantId, user: UserId; now) -> (String, Vec<String>) =
        "select m.role, m.permissions from freehold.members as m join auth.users as u on u.id = m.user_id
         where m.tenant_id = $1 and m.user_id = $2 and u.deleted_at is null
           and (u.banned_until is null or u.banned_until <= $3)";

    /// Marks an invitation as accepted.
    fn offer_accept(tenant: TenantId, id: InvitationId, by: UserId; now) -> () =
        "update freehold.invitations set accepted_at = $4, accepted_by = $3 where tenant_id = $1 and invitation_id = $2";

    /// Creates a member and switches the user to the organization.
    fn member_join(new: JoinRow<'_>; now) -> () =
        "insert into freehold.members (tenant_id, user_id, role, role_id, permissions, joined_at, selected_at)
         values ($1, $2, $3, $4, $5, $6, $6)
         on conflict on constraint members_pkey do update set selected_at = excluded.selected_at";

    /// Deletes a batch of invitations that were closed before a time.
    fn invitations_forget(before: Timestamp) -> () =
        "delete from freehold.invitations where ctid = any (array(
           select ctid from freehold.invitations where expires_at < $1 limit 1000
         ))";

    /// Whether an open invitation to this address exists.
    fn invitation_awaits(emails: &[String], tenant: Option<TenantId>; now) -> (bool,) =
        "select exists (
           select from freehold.invitations
           where email = any($1) and accepted_at is null and revoked_at is null and expires_at > $3
             and ($2::uuid is null or tenant_id = $2)
         )";

    /// Whether a member has this address.
    fn member_with_address(tenant: TenantId, emails: &[String]) -> (bool,) =
        "select exists (
           select from freehold.members as m join auth.users as u on u.id = m.user_id
           where m.tenant_id = $1 and u.email::text = any($2)
         )";
}
