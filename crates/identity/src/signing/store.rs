//! SQL of signing keys.

use freehold_db::statements;
use jiff::Timestamp;
use uuid::Uuid;

use super::KeyRow;

statements! {
    /// Every key that still verifies.
    fn key_list() -> KeyRow =
        "select id, sealed, state from freehold.signing_keys where state <> 'revoked' order by created_at desc, id";

    /// The first key. Does nothing when another server was faster.
    fn key_insert(id: Uuid, kid: &str, sealed: Vec<u8>, now: Timestamp) -> () =
        "insert into freehold.signing_keys (id, kid, algorithm, sealed, state, created_at)
         values ($1, $2, 'ES256', $3, 'current', $4) on conflict do nothing";
}
