//! Limits of operators: their guesses and their requests. They are counted as users' are, and apart from them.

use freehold_core::{OperatorId, Result};
use freehold_vault::Vault;

use super::{Bucket, Limits, PasswordTry, UserRate, digest, network, requests::take_counted, try_take};
use crate::session::Client;

/// Counts an attempt to sign in as an operator with this address, in lower case, whether or not one has it. `known`:
/// the operator has signed in from the client's network before; then only attempts from there count.
///
/// # Errors
/// `over_request_rate_limit` after too many wrong attempts.
pub async fn operator_try(limits: &Limits, email: &str, known: bool, client: &Client) -> Result<PasswordTry> {
    let settings = &limits.base.settings.auth.limits;
    let number = settings.wrong_passwords_per_hour;
    let Some(bucket) = Bucket::new("operator_passwords", number, 3600, number).filter(|_| settings.enabled) else {
        return Ok(PasswordTry(None));
    };
    let vault = &limits.base.vault;
    let here = operator_place(vault, email, client).filter(|_| known);
    try_take(limits, bucket, here.unwrap_or_else(|| digest(vault, &[b"operator", email.as_bytes()]))).await
}

/// Digest of an operator's address and the client's network; none: the network is unknown.
pub fn operator_place(vault: &Vault, email: &str, client: &Client) -> Option<[u8; 32]> {
    Some(digest(vault, &[b"operator", email.as_bytes(), network(client.ip?).as_bytes()]))
}

/// Counts a request of a signed-in operator, as many as a user may send; none: there is no limit.
pub async fn operator_take(limits: &Limits, operator: OperatorId) -> Result<Option<UserRate>> {
    take_counted(limits, &[b"operator", operator.uuid().as_bytes()]).await
}
