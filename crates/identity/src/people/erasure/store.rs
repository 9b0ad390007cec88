//! SQL of the erasure of users.

use freehold_core::{SessionId, TenantId, UserId};
use freehold_db::statements;
use jiff::Timestamp;

statements! {
    /// When a session began.
    fn session_since(session: SessionId) -> (Timestamp,) =
        "select created_at from auth.sessions where id = $1 and created_at is not null";

    /// Deletes the user's entries from the audit log of users.
    fn audit_delete(user: &str) -> () =
        "delete from auth.audit_log_entries
         where payload ->> 'actor_id' = $1 or payload -> 'traits' ->> 'user_id' = $1";

    /// Deletes the networks from which the user signed in.
    fn places_delete(user: UserId) -> () = "delete from freehold.known_places where user_id = $1";

    /// Deletes API keys of an organization; keys that others were created with come last.
    fn keys_delete(tenant: TenantId, most: i64) -> () =
        "delete from freehold.api_keys where tenant_id = $1 and id in (
           select k.id from freehold.api_keys as k where k.tenant_id = $1 order by k.created_at desc, k.id desc limit $2
         )";

    /// Deletes what is stored of a project's user.
    fn project_person_delete(user: UserId) -> () = "delete from freehold.project_people where user_id = $1";
}
