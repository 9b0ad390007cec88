//! SQL of second factors.

use freehold_core::UserId;
use freehold_db::statements;
use jiff::Timestamp;
use uuid::Uuid;

use super::{ChallengeRow, Factor, FactorRow};

statements! {
    /// Keeps a person's factors from changing, and who else would change them waiting, for at most three seconds.
    fn person_lock(user: UserId) -> (UserId,) =
        "select u.id from auth.users as u, (select set_config('lock_timeout', '3s', true) as set) as patience
         where u.id = $1 and patience.set is not null for no key update of u";

    /// A person's factors, the oldest first.
    fn factor_list(user: UserId) -> Factor =
        "select id, factor_type::text as kind, status = 'verified' as verified, coalesce(friendly_name, '') as friendly_name,
           coalesce(phone, '') as phone, created_at, updated_at, last_challenged_at
         from auth.mfa_factors where user_id = $1 order by created_at, id";

    /// Whether the person has a second factor that counts.
    fn factor_exists(user: UserId) -> (bool,) =
        "select true from auth.mfa_factors where user_id = $1 and status = 'verified' limit 1";

    /// Forgets factors that were begun and never shown, and whose challenges are over.
    fn factors_forget(user: UserId, before: Timestamp) -> () =
        "delete from auth.mfa_factors as f
         where f.user_id = $1 and f.status = 'unverified' and f.created_at < $2
           and not exists (select from auth.mfa_challenges as c where c.factor_id = f.id and c.created_at >= $2)";

    /// Begins a factor.
    fn factor_insert(
        id: Uuid, user: UserId, kind: &str, status: &str, friendly_name: &str, secret: Option<String>, now: Timestamp
    ) -> () =
        "insert into auth.mfa_factors (id, user_id, factor_type, status, friendly_name, secret, created_at, updated_at)
         values ($1, $2, $3::text::auth.factor_type, $4::text::auth.factor_status, $5, $6, $7, $7)";

    /// A factor of the person's, kept from changing.
    fn factor_lock(user: UserId, id: Uuid) -> FactorRow =
        "select id, factor_type::text as kind, status = 'verified' as verified, secret, last_step, failed_attempts,
           locked_until
         from auth.mfa_factors where user_id = $1 and id = $2 for update";

    /// A right code was shown.
    fn factor_verified(id: Uuid, step: i64, secret: Option<String>, now: Timestamp) -> () =
        "update auth.mfa_factors
         set status = 'verified', last_step = $2, secret = coalesce($3, secret), failed_attempts = 0,
           locked_until = null, updated_at = $4
         where id = $1";

    /// A right code was shown, of a factor that has no period.
    fn factor_forgive(id: Uuid, now: Timestamp) -> () =
        "update auth.mfa_factors set failed_attempts = 0, locked_until = null, updated_at = $2 where id = $1";

    /// A wrong code was shown.
    fn factor_failed(id: Uuid, attempts: i32, locked_until: Option<Timestamp>) -> () =
        "update auth.mfa_factors set failed_attempts = $2, locked_until = $3 where id = $1";

    /// Takes a factor away.
    fn factor_delete(user: UserId, id: Uuid) -> (String,) =
        "delete from auth.mfa_factors where user_id = $1 and id = $2 returning factor_type::text";

    /// Forgets the factors of that kind that were begun and never shown.
    fn factors_delete_unverified(user: UserId, kind: &str) -> () =
        "delete from auth.mfa_factors
         where user_id = $1 and status = 'unverified' and factor_type = $2::text::auth.factor_type";

    /// Asks for a code.
    fn challenge_insert(id: Uuid, factor: Uuid, ip: &str, now: Timestamp) -> () =
        "insert into auth.mfa_challenges (id, factor_id, created_at, ip_address) values ($1, $2, $4, $3::text::inet)";

    /// When a code was last asked for.
    fn factor_challenged(id: Uuid, now: Timestamp) -> () =
        "update auth.mfa_factors set last_challenged_at = $2 where id = $1";

    /// When, and from where, that code was asked for.
    fn challenge_find(factor: Uuid, id: Uuid) -> ChallengeRow =
        "select created_at, verified_at is not null as used, host(ip_address) as ip
         from auth.mfa_challenges where factor_id = $1 and id = $2";

    /// The code that was asked for was shown.
    fn challenge_used(id: Uuid, now: Timestamp) -> () =
        "update auth.mfa_challenges set verified_at = $2 where id = $1";

    /// Forgets a challenge.
    fn challenge_delete(id: Uuid) -> () = "delete from auth.mfa_challenges where id = $1";
}
