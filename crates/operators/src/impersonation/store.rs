//! SQL of operators' sessions in organizations.

use freehold_core::{ImpersonationId, OperatorId, TenantId, UserId};
use freehold_db::{params, statements};
use jiff::Timestamp;
use uuid::Uuid;

use super::Impersonation;

params! {
    /// A session to start.
    pub(super) struct NewRow<'a> {
        pub(super) tenant: TenantId,
        pub(super) id: ImpersonationId,
        pub(super) operator: OperatorId,
        pub(super) user: UserId,
        pub(super) writes: bool,
        pub(super) reason: &'a str,
        pub(super) expires_at: Timestamp,
    }
}

statements! {
    /// The member with this id, or an owner.
    fn member_find(tenant: TenantId, user: Option<UserId>) -> (UserId,) =
        "select user_id from freehold.members
         where tenant_id = $1 and case when $2::uuid is null then role = 'owner' else user_id = $2 end
         order by joined_at, user_id limit 1";

    /// Starts a session.
    fn impersonation_insert(session: NewRow<'_>; now) -> Impersonation =
        "insert into freehold.impersonations
           (tenant_id, impersonation_id, operator_id, user_id, writes, reason, expires_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         returning impersonation_id, tenant_id, operator_id, user_id, writes, reason, created_at, expires_at, ended_at";

    /// A running session whose operator may sign in.
    fn impersonation_find(id: ImpersonationId, at: Timestamp) -> Impersonation =
        "select i.impersonation_id, i.tenant_id, i.operator_id, i.user_id, i.writes, i.reason, i.created_at,
           i.expires_at, i.ended_at
         from freehold.impersonations as i join freehold.operators as o using (operator_id)
         where i.impersonation_id = $1 and i.ended_at is null and i.expires_at > $2
           and o.disabled_at is null and o.set_up_digest is null and (o.role = 'admin' or not i.writes)";

    /// Locks a session.
    fn impersonation_lock(id: ImpersonationId) -> Impersonation =
        "select impersonation_id, tenant_id, operator_id, user_id, writes, reason, created_at, expires_at, ended_at
         from freehold.impersonations where impersonation_id = $1 for update";

    /// Ends a session.
    fn impersonation_end(tenant: TenantId, id: ImpersonationId; now) -> Impersonation =
        "update freehold.impersonations set ended_at = $3 where tenant_id = $1 and impersonation_id = $2
         returning impersonation_id, tenant_id, operator_id, user_id, writes, reason, created_at, expires_at, ended_at";

    /// A page of sessions.
    fn impersonation_list(tenant: Option<TenantId>, before: Uuid, rows: i64) -> Impersonation =
        "select impersonation_id, tenant_id, operator_id, user_id, writes, reason, created_at, expires_at, ended_at
         from freehold.impersonations
         where ($1::uuid is null or tenant_id = $1) and impersonation_id < $2
         order by impersonation_id desc limit $3";

    /// The sessions of an operator that have not ended; locked.
    fn impersonations_of(operator: OperatorId) -> Impersonation =
        "select impersonation_id, tenant_id, operator_id, user_id, writes, reason, created_at, expires_at, ended_at
         from freehold.impersonations where operator_id = $1 and ended_at is null
         order by tenant_id, impersonation_id for update";

    /// A batch of expired sessions whose end is to be recorded; locked.
    fn impersonations_expired(at: Timestamp, rows: i64) -> Impersonation =
        "select impersonation_id, tenant_id, operator_id, user_id, writes, reason, created_at, expires_at, ended_at
         from freehold.impersonations where ended_at is null and expires_at <= $1
         order by expires_at limit $2 for update skip locked";
}
