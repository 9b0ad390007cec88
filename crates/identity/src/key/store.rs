//! SQL of API keys.

use freehold_core::{ApiKeyId, TenantId, UserId};
use freehold_db::statements;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::{Holder, Key};

statements! {
    /// Makes a key.
    fn key_insert(
        tenant: TenantId, id: ApiKeyId, name: &str, prefix: &str, digest: Vec<u8>, live: bool, role: &str,
        scopes: &[String], created_by: Option<UserId>, now: Timestamp, expires_at: Option<Timestamp>
    ) -> Key =
        "insert into freehold.api_keys
           (tenant_id, id, name, prefix, digest, live, role, scopes, created_by, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         returning id, name, prefix, live, role, scopes, created_by, created_at, expires_at, last_used_at, revoked_at";

    /// A page of keys.
    fn key_list(before: Uuid, rows: i64) -> Key =
        "select id, name, prefix, live, role, scopes, created_by, created_at, expires_at, last_used_at, revoked_at
         from freehold.api_keys where id < $1 order by id desc limit $2";

    /// One key.
    fn key_find(id: ApiKeyId) -> Key =
        "select id, name, prefix, live, role, scopes, created_by, created_at, expires_at, last_used_at, revoked_at
         from freehold.api_keys where id = $1";

    /// Ends a key that has not ended.
    fn key_revoke(id: ApiKeyId, now: Timestamp) -> Key =
        "update freehold.api_keys set revoked_at = $2 where id = $1 and revoked_at is null
         returning id, name, prefix, live, role, scopes, created_by, created_at, expires_at, last_used_at, revoked_at";

    /// Writes into the audit what somebody did to a key.
    fn audit_append(
        tenant: TenantId, id: Uuid, actor_kind: &str, actor: Option<Uuid>, action: &str, key: &str, detail: Value,
        now: Timestamp
    ) -> (bool,) = "select freehold.audit_append($1, $2, $3, $4, $5, $6, $7, $8) is null";

    /// What a key stands for. Its use is noted once a minute, so that a busy key does not write with every request.
    fn key_holder(digests: Vec<Vec<u8>>, now: Timestamp) -> Holder =
        "with found as (
           select tenant_id, id, live, role, scopes, created_by, expires_at, last_used_at
           from freehold.api_keys
           where digest = any ($1) and revoked_at is null and (expires_at is null or expires_at > $2)
         ), touched as (
           update freehold.api_keys as k set last_used_at = $2 from found as f
           where k.id = f.id and (f.last_used_at is null or f.last_used_at < $2 - interval '1 minute')
         )
         select tenant_id, id, live, role, scopes, created_by, expires_at from found";
}
