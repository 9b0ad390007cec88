//! SQL of recovery codes.

use freehold_core::UserId;
use freehold_db::statements;
use uuid::Uuid;

use super::RecoveryCodes;

statements! {
    /// The user's recovery codes, counted.
    fn codes_find(user: UserId) -> RecoveryCodes =
        "select f.id as factor, coalesce(f.friendly_name, '') as friendly_name,
           count(c.id) as total, count(c.id) filter (where c.used_at is null) as remaining
         from auth.mfa_factors as f left join freehold.recovery_codes as c on c.factor_id = f.id
         where f.user_id = $1 and f.factor_type = 'recovery_code' group by f.id";

    /// Inserts new codes.
    fn codes_insert(ids: Vec<Uuid>, factor: Uuid, digests: Vec<Vec<u8>>; now) -> () =
        "insert into freehold.recovery_codes (id, factor_id, digest, created_at)
         select new.id, $2, new.digest, $4 from unnest($1, $3) as new (id, digest)";

    /// Deletes the codes.
    fn codes_delete(factor: Uuid) -> () = "delete from freehold.recovery_codes where factor_id = $1";

    /// Marks a code as used.
    fn code_use(factor: Uuid, digests: Vec<Vec<u8>>; now) -> (Uuid,) =
        "update freehold.recovery_codes set used_at = $3
         where factor_id = $1 and used_at is null and digest = any ($2) returning id";
}
