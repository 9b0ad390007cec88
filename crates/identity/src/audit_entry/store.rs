//! SQL of what happened to people.

use freehold_db::statements;
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use crate::Realm;

statements! {
    /// Writes an entry.
    fn entry_insert(id: Uuid, realm: Realm, payload: Value, ip: String, now: Timestamp) -> () =
        "insert into auth.audit_log_entries (id, instance_id, payload, ip_address, created_at)
         values ($1, $2, $3::jsonb::json, $4, $5)";
}
