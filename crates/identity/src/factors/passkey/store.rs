//! SQL of passkeys.

use freehold_core::UserId;
use freehold_db::{params, statements};
use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::{CredentialRow, Passkey};

params! {
    /// A passkey to insert.
    pub(super) struct PasskeyRow {
        pub(super) id: Uuid,
        pub(super) user: UserId,
        pub(super) credential: Vec<u8>,
        pub(super) public_key: Vec<u8>,
        pub(super) aaguid: Uuid,
        pub(super) sign_count: i64,
        pub(super) transports: Value,
        pub(super) backup_eligible: bool,
        pub(super) backed_up: bool,
    }
}

statements! {
    /// A user's passkeys, the oldest first.
    fn passkey_list(user: UserId) -> Passkey =
        "select id, friendly_name, backup_eligible, backed_up, transports, created_at, last_used_at
         from auth.webauthn_credentials where user_id = $1 order by created_at, id";

    /// The credential ids of a user's passkeys.
    fn passkey_handles(user: UserId) -> (Vec<u8>, Value) =
        "select credential_id, transports from auth.webauthn_credentials where user_id = $1 order by created_at, id";

    /// Inserts a passkey.
    fn passkey_insert(passkey: PasskeyRow; now) -> () =
        "insert into auth.webauthn_credentials (
           id, user_id, credential_id, public_key, attestation_type, aaguid, sign_count, transports, backup_eligible,
           backed_up, created_at, updated_at
         ) values ($1, $2, $3, $4, 'none', $5, $6, $7, $8, $9, $10, $10)";

    /// The passkey with this credential id, locked.
    fn passkey_lock(credential: &[u8]) -> CredentialRow =
        "select id, user_id, public_key, sign_count, backup_eligible
         from auth.webauthn_credentials where credential_id = $1 for update";

    /// Records that the passkey was used.
    fn passkey_used(id: Uuid, sign_count: i64, backed_up: bool; now) -> () =
        "update auth.webauthn_credentials
         set sign_count = $2, backed_up = $3, last_used_at = $4, updated_at = $4 where id = $1";

    /// Renames the passkey.
    fn passkey_rename(user: UserId, id: Uuid, friendly_name: &str; now) -> Passkey =
        "update auth.webauthn_credentials set friendly_name = $3, updated_at = $4 where user_id = $1 and id = $2
         returning id, friendly_name, backup_eligible, backed_up, transports, created_at, last_used_at";

    /// Deletes the passkey.
    fn passkey_delete(user: UserId, id: Uuid) -> (Uuid,) =
        "delete from auth.webauthn_credentials where user_id = $1 and id = $2 returning id";

    /// Inserts a challenge.
    fn challenge_insert(
        id: Uuid, user: Option<Uuid>, kind: &str, data: Value, expires_at: Timestamp; now
    ) -> () =
        "insert into auth.webauthn_challenges (id, user_id, challenge_type, session_data, expires_at, created_at)
         values ($1, $2, $3, $4, $5, $6)";

    /// Uses a challenge up, whether or not its answer is valid.
    fn challenge_take(id: Uuid, user: Option<Uuid>, kind: &str) -> (String, Timestamp) =
        "delete from auth.webauthn_challenges
         where id = $1 and user_id is not distinct from $2 and challenge_type = $3
         returning coalesce(session_data ->> 'challenge', ''), expires_at";
}
