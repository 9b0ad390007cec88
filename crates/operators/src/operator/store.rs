//! SQL of operators' accounts.

use freehold_core::{OperatorId, Secret};
use freehold_db::statements;
use jiff::Timestamp;

use super::{Account, Operator};

statements! {
    /// Creates an account that is to be set up.
    fn operator_insert(id: OperatorId, email: &str, role: &str, digest: &[u8], expires_at: Timestamp; now) -> () =
        "insert into freehold.operators (operator_id, email, role, set_up_digest, set_up_expires_at, created_at)
         values ($1, $2, $3, $4, $5, $6)";

    /// The accounts.
    fn operator_list() -> Operator =
        "select o.operator_id, o.email, o.role, o.created_at, o.disabled_at, o.set_up_expires_at,
           (select max(s.created_at) from freehold.operator_sessions as s where s.operator_id = o.operator_id)
             as signed_in_at
         from freehold.operators as o order by o.email limit 1000";

    /// Finds an account by its address; locked.
    fn operator_named(email: &str) -> (OperatorId, Option<Timestamp>) =
        "select operator_id, disabled_at from freehold.operators where email = $1 for update";

    /// Disables an account.
    fn operator_disable(id: OperatorId; now) -> () =
        "update freehold.operators set disabled_at = coalesce(disabled_at, $2) where operator_id = $1";

    /// Lets an account be set up anew.
    fn operator_reset(id: OperatorId, digest: &[u8], expires_at: Timestamp) -> () =
        "update freehold.operators set
           password_hash = null, totp_secret = null, totp_step = null, disabled_at = null,
           set_up_digest = $2, set_up_expires_at = $3
         where operator_id = $1";

    /// The account with this address.
    fn account_by_email(email: &str) -> Account =
        "select operator_id, email, role, password_hash, totp_secret, totp_step, set_up_expires_at, disabled_at
         from freehold.operators where email = $1";

    /// The account that is set up with one of these digests; locked.
    fn account_by_set_up(digests: Vec<Vec<u8>>) -> Account =
        "select operator_id, email, role, password_hash, totp_secret, totp_step, set_up_expires_at, disabled_at
         from freehold.operators where set_up_digest = any($1) for update";

    /// Locks an account.
    fn account_lock(id: OperatorId) -> Account =
        "select operator_id, email, role, password_hash, totp_secret, totp_step, set_up_expires_at, disabled_at
         from freehold.operators where operator_id = $1 for update";

    /// Sets the password, and the key of an authenticator app whose first code is still to come.
    fn account_set_up(id: OperatorId, password_hash: Secret, totp_secret: String) -> () =
        "update freehold.operators set password_hash = $2, totp_secret = $3, totp_step = null where operator_id = $1";

    /// Ends the set-up with the first code of the app.
    fn account_open(id: OperatorId, step: i64) -> () =
        "update freehold.operators set set_up_digest = null, set_up_expires_at = null, totp_step = $2
         where operator_id = $1";

    /// Uses up a code, and replaces the key if it was encrypted anew.
    fn account_step(id: OperatorId, step: i64, totp_secret: Option<String>) -> () =
        "update freehold.operators set totp_step = $2, totp_secret = coalesce($3, totp_secret) where operator_id = $1";
}
