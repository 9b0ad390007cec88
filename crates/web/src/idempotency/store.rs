//! SQL of idempotency.

use freehold_core::TenantId;
use freehold_db::statements;
use jiff::Timestamp;

use super::AnswerRow;

statements! {
    /// Claims the key for this request; no row when another request has it. Waits for a running one.
    fn claim(tenant: TenantId, key: &str, fingerprint: &[u8], expires_at: Timestamp; now) -> (bool,) =
        "insert into freehold.idempotent_answers as a (tenant_id, key, fingerprint, expires_at)
         values ($1, $2, $3, $4)
         on conflict (tenant_id, key) do update
           set fingerprint = excluded.fingerprint, status = null, sealed_body = null, expires_at = excluded.expires_at
           where a.expires_at <= $5
         returning true";

    /// The stored answer of the key's request.
    fn find(key: &str; tenant) -> AnswerRow =
        "select fingerprint, status, sealed_body from freehold.idempotent_answers where tenant_id = $2 and key = $1";

    /// Stores the answer.
    fn keep(key: &str, status: i16, sealed_body: Vec<u8>; tenant) -> () =
        "update freehold.idempotent_answers set status = $2, sealed_body = $3 where tenant_id = $4 and key = $1";

    /// Deletes a batch of expired answers.
    fn forget(; now) -> () =
        "delete from freehold.idempotent_answers as a
         using (select tenant_id, key from freehold.idempotent_answers where expires_at <= $1 limit 1000) as old
         where a.tenant_id = old.tenant_id and a.key = old.key";
}
