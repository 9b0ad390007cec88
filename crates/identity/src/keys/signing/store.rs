//! SQL of signing keys.

use freehold_db::statements;
use uuid::Uuid;

use super::{KeyRecord, KeyRow};

statements! {
    /// All keys that still verify.
    fn key_list() -> KeyRow =
        "select id, kid, algorithm, sealed, state from freehold.signing_keys
         where state <> 'revoked' order by created_at desc, id";

    /// A mark that changes whenever a signing key or service key is added or changes its state.
    fn key_mark() -> (String,) =
        "select md5(coalesce(string_agg(id::text || state, ',' order by id), ''))
         from (
           select id, state from freehold.signing_keys
           union all
           select id, state from freehold.service_keys
         ) as k";

    /// Inserts a key. Does nothing when another server was first, or the key exists.
    fn key_insert(id: Uuid, kid: &str, algorithm: &str, sealed: Vec<u8>, state: &str; now) -> () =
        "insert into freehold.signing_keys (id, kid, algorithm, sealed, state, created_at, changed_at)
         values ($1, $2, $3, $4, $5, $6, $6) on conflict do nothing";

    /// All keys, as an operator sees them.
    fn key_records() -> KeyRecord =
        "select kid, algorithm, state, created_at, changed_at from freehold.signing_keys
         order by array_position(array['current', 'standby', 'previous', 'revoked'], state), created_at desc, id";

    /// All keys, locked.
    fn key_lock() -> KeyRecord =
        "select kid, algorithm, state, created_at, changed_at from freehold.signing_keys order by created_at, id
         for update";

    /// Changes the state of a key.
    fn key_change(kid: &str, state: &str; now) -> () =
        "update freehold.signing_keys set state = $2, changed_at = $3 where kid = $1";

    /// Deletes a key.
    fn key_delete(kid: &str) -> () = "delete from freehold.signing_keys where kid = $1";
}
