//! SQL of enrolled factors.

use freehold_core::UserId;
use freehold_db::statements;

use super::Factor;

statements! {
    /// A user's factors, the oldest first.
    fn factor_list(user: UserId) -> Factor =
        "select id, factor_type::text as kind, status = 'verified' as verified, coalesce(friendly_name, '') as friendly_name,
           coalesce(phone, '') as phone, created_at, updated_at, last_challenged_at
         from auth.mfa_factors where user_id = $1 order by created_at, id";

    /// Whether the user has a verified second factor.
    fn factor_exists(user: UserId) -> (bool,) =
        "select true from auth.mfa_factors where user_id = $1 and status = 'verified' limit 1";
}
