//! SQL of second factors.

use freehold_core::UserId;
use freehold_db::statements;
use jiff::Timestamp;
use uuid::Uuid;

use super::{ChallengeRow, FactorRow};

statements! {
    /// Locks the user's factors. Others who want to change them wait for at most three seconds.
    fn person_lock(user: UserId) -> (UserId,) =
        "select u.id from auth.users as u, (select set_config('lock_timeout', '3s', true) as set) as patience
         where u.id = $1 and patience.set is not null for no key update of u";

    /// Deletes factors that were never verified and whose challenges have expired.
    fn factors_forget(user: UserId, before: Timestamp) -> () =
        "delete from auth.mfa_factors as f
         where f.user_id = $1 and f.status = 'unverified' and f.created_at < $2
           and not exists (select from auth.mfa_challenges as c where c.factor_id = f.id and c.created_at >= $2)";

    /// Inserts a factor.
    fn factor_insert(
        id: Uuid, user: UserId, kind: &str, status: &str, friendly_name: &str, secret: Option<String>; now
    ) -> () =
        "insert into auth.mfa_factors (id, user_id, factor_type, status, friendly_name, secret, created_at, updated_at)
         values ($1, $2, $3::text::auth.factor_type, $4::text::auth.factor_status, $5, $6, $7, $7)";

    /// A factor of the user, locked.
    fn factor_lock(user: UserId, id: Uuid) -> FactorRow =
        "select id, factor_type::text as kind, status = 'verified' as verified, secret, last_step, failed_attempts,
           locked_until
         from auth.mfa_factors where user_id = $1 and id = $2 for update";

    /// Records that a right code was entered.
    fn factor_verified(id: Uuid, step: i64, secret: Option<String>; now) -> () =
        "update auth.mfa_factors
         set status = 'verified', last_step = $2, secret = coalesce($3, secret), failed_attempts = 0,
           locked_until = null, updated_at = $4
         where id = $1";

    /// Records that a right code was entered for a factor whose codes have no period.
    fn factor_forgive(id: Uuid; now) -> () =
        "update auth.mfa_factors set failed_attempts = 0, locked_until = null, updated_at = $2 where id = $1";

    /// Records that a wrong code was entered.
    fn factor_failed(id: Uuid, attempts: i32, locked_until: Option<Timestamp>) -> () =
        "update auth.mfa_factors set failed_attempts = $2, locked_until = $3 where id = $1";

    /// Deletes a factor.
    fn factor_delete(user: UserId, id: Uuid) -> (String,) =
        "delete from auth.mfa_factors where user_id = $1 and id = $2 returning factor_type::text";

    /// Deletes the user's factors of this type that were never verified.
    fn factors_delete_unverified(user: UserId, kind: &str) -> () =
        "delete from auth.mfa_factors
         where user_id = $1 and status = 'unverified' and factor_type = $2::text::auth.factor_type";

    /// Inserts a challenge.
    fn challenge_insert(id: Uuid, factor: Uuid, ip: &str; now) -> () =
        "insert into auth.mfa_challenges (id, factor_id, created_at, ip_address) values ($1, $2, $4, $3::text::inet)";

    /// Records when the last challenge was created.
    fn factor_challenged(id: Uuid; now) -> () =
        "update auth.mfa_factors set last_challenged_at = $2 where id = $1";

    /// When and from which address the challenge was created.
    fn challenge_find(factor: Uuid, id: Uuid) -> ChallengeRow =
        "select created_at, verified_at is not null as used, host(ip_address) as ip
         from auth.mfa_challenges where factor_id = $1 and id = $2";

    /// Marks the challenge as answered.
    fn challenge_used(id: Uuid; now) -> () =
        "update auth.mfa_challenges set verified_at = $2 where id = $1";

    /// Deletes a challenge.
    fn challenge_delete(id: Uuid) -> () = "delete from auth.mfa_challenges where id = $1";
}
