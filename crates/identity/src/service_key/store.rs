//! SQL of service keys.

use freehold_db::statements;
use jiff::Timestamp;
use uuid::Uuid;

use super::ServiceKeyRow;

statements! {
    /// Those that hold.
    fn keys_live() -> ServiceKeyRow =
        "select id, sealed from freehold.service_keys where state <> 'revoked' order by created_at, id";

    /// Those that are shown.
    fn keys_current() -> ServiceKeyRow = "select id, sealed from freehold.service_keys where state = 'current'";

    /// New ones. Does nothing when somebody else was faster.
    fn keys_insert(id: Uuid, kid: &str, sealed: Vec<u8>, now: Timestamp) -> () =
        "insert into freehold.service_keys (id, state, kid, sealed, created_at, changed_at)
         values ($1, 'current', $2, $3, $4, $4) on conflict do nothing";

    /// Others are shown from now on; these hold.
    fn keys_retire(now: Timestamp) -> () =
        "update freehold.service_keys set state = 'previous', changed_at = $1 where state = 'current'";

    /// The old ones hold no longer.
    fn keys_end(now: Timestamp) -> () =
        "update freehold.service_keys set state = 'revoked', changed_at = $1 where state = 'previous'";

    /// Whether some that hold were signed with this key.
    fn keys_of(kid: &str) -> (bool,) =
        "select true from freehold.service_keys where kid = $1 and state <> 'revoked' limit 1";
}
