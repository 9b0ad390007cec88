//! SQL of organizations without a paid plan.

use freehold_core::UserId;
use freehold_db::statements;

statements! {
    /// Locks the user against other calls until the transaction ends.
    fn owner_lock(user: UserId) -> (bool,) =
        "select pg_advisory_xact_lock(hashtextextended('freehold.unpaid_organizations/' || $1::uuid, 0)) is null as held";

    /// Number of the owner's organizations without a paid plan.
    fn unpaid_count(user: UserId) -> (i64,) =
        "select count(*) as unpaid from freehold.members as m left join freehold.billing_accounts as a using (tenant_id)
         where m.user_id = $1 and m.role = 'owner' and coalesce(a.state, 'free') not in ('active', 'past_due')";
}
