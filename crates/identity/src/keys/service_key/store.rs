//! SQL of service keys.

use freehold_db::statements;
use uuid::Uuid;

use super::ServiceKeyRow;

statements! {
    /// The valid keys.
    fn keys_live() -> ServiceKeyRow =
        "select id, sealed from freehold.service_keys where state <> 'revoked' order by created_at, id";

    /// The keys that are shown.
    fn keys_current() -> ServiceKeyRow = "select id, sealed from freehold.service_keys where state = 'current'";

    /// Inserts new keys. Does nothing when another process was first.
    fn keys_insert(id: Uuid, kid: &str, sealed: Vec<u8>; now) -> () =
        "insert into freehold.service_keys (id, state, kid, sealed, created_at, changed_at)
         values ($1, 'current', $2, $3, $4, $4) on conflict do nothing";

    /// Stops showing the current keys; they stay valid.
    fn keys_retire(; now) -> () =
        "update freehold.service_keys set state = 'previous', changed_at = $1 where state = 'current'";

    /// Revokes the old keys.
    fn keys_end(; now) -> () =
        "update freehold.service_keys set state = 'revoked', changed_at = $1 where state = 'previous'";

    /// Whether valid service keys were signed with this key.
    fn keys_of(kid: &str) -> (bool,) =
        "select true from freehold.service_keys where kid = $1 and state <> 'revoked' limit 1";
}
