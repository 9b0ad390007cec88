//! SQL of members who are paid for.

use freehold_core::TenantId;
use freehold_db::statements;

statements! {
    /// Number of members.
    fn member_count(tenant: TenantId) -> (i64,) =
        "select count(*) as members from freehold.members where tenant_id = $1";
}
