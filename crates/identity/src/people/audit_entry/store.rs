//! SQL of the users' audit log.

use freehold_db::statements;
use serde_json::Value;
use uuid::Uuid;

use super::AuditEntry;
use crate::Realm;

statements! {
    /// Number of entries.
    fn entry_count(realm: Option<Realm>, author: Option<String>, action: Option<String>, kind: Option<String>) -> (i64,) =
        "select count(*) from auth.audit_log_entries
         where ($1::uuid is null or coalesce(instance_id, '00000000-0000-0000-0000-000000000000') = $1)
           and ($2::text is null or strpos(lower(concat_ws(' ', payload ->> 'actor_username', payload ->> 'actor_name')), $2) > 0)
           and ($3::text is null or strpos(lower(payload ->> 'action'), $3) > 0)
           and ($4::text is null or strpos(lower(payload ->> 'log_type'), $4) > 0)";

    /// A page of entries.
    fn entry_list(
        realm: Option<Realm>, author: Option<String>, action: Option<String>, kind: Option<String>, limit: i64, offset: i64
    ) -> AuditEntry =
        "select id, payload, coalesce(created_at, 'epoch') as created_at, ip_address::text as ip_address
         from auth.audit_log_entries
         where ($1::uuid is null or coalesce(instance_id, '00000000-0000-0000-0000-000000000000') = $1)
           and ($2::text is null or strpos(lower(concat_ws(' ', payload ->> 'actor_username', payload ->> 'actor_name')), $2) > 0)
           and ($3::text is null or strpos(lower(payload ->> 'action'), $3) > 0)
           and ($4::text is null or strpos(lower(payload ->> 'log_type'), $4) > 0)
         order by auth.audit_log_entries.created_at desc, id desc limit $5 offset $6";

    /// Inserts an entry.
    fn entry_insert(id: Uuid, realm: Realm, payload: Value, ip: String; now) -> () =
        "insert into auth.audit_log_entries (id, instance_id, payload, ip_address, created_at)
         values ($1, $2, $3::jsonb::json, $4, $5)";
}
