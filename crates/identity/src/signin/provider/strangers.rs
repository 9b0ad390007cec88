//! External identities that others may have left on an account.

use freehold_core::{EmailAddress, Result};
use freehold_db::SystemTx;
use serde_json::json;

use super::store;
use crate::user::{User, identity_add, providers_note, user_identities};

/// Removes external identities that others may have left on an unconfirmed account, because its address now requests a
/// mail: a person who came by a provider that did not verify the address may not be the one who reads the mail.
pub(crate) async fn strangers_forget(tx: &mut SystemTx, user: &User) -> Result<()> {
    if user.confirmed() {
        return Ok(());
    }
    if tx.execute(store::identities_delete_unverified(user.id, &EmailAddress::spellings(&user.email))).await? == 0 {
        return Ok(());
    }
    if user_identities(tx, user.id).await?.is_empty() {
        let data = json!({ "sub": user.id, "email": user.email, "email_verified": false, "phone_verified": false });
        return identity_add(tx, user.id, "email", &user.id.to_string(), data).await;
    }
    providers_note(tx, user.id).await
}
