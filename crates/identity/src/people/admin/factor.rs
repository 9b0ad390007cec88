//! Administrators manage users' second factors and passkeys.

use freehold_core::{Error, Result, UserId};
use freehold_db::{OnConstraint, SystemTx};
use uuid::Uuid;

use super::store;
use crate::{
    codes,
    factor::{Factor, factor_list, factor_remove, name_check},
    passkey::{Passkey, passkeys_of},
};

/// Returns one second factor of a user.
///
/// # Errors
/// `mfa_factor_not_found`.
pub async fn user_factor_get(tx: &mut SystemTx, user: UserId, factor: Uuid) -> Result<Factor> {
    let found = factor_list(tx, user).await?.into_iter().find(|found| found.id == factor);
    found.ok_or_else(|| Error::new(codes::MFA_FACTOR_NOT_FOUND, "Factor not found"))
}

/// Renames a second factor of a user.
///
/// # Errors
/// `mfa_factor_not_found`, `mfa_factor_name_conflict`, `validation_failed`.
pub async fn user_factor_rename(tx: &mut SystemTx, user: UserId, factor: Uuid, name: &str) -> Result<Factor> {
    name_check("friendly_name", name)?;
    let renamed = tx.execute(store::factor_rename(user, factor, name)).await;
    renamed.on_constraint("mfa_factors_user_friendly_name_unique", || {
        let message = "A factor with the friendly name already exists for this user";
        Error::new(codes::MFA_FACTOR_NAME_CONFLICT, message)
    })?;
    user_factor_get(tx, user, factor).await
}

/// Deletes a second factor of a user. Sessions that used it fall back to one factor. Returns the factor as it was
/// before.
///
/// # Errors
/// `mfa_factor_not_found`.
pub async fn user_factor_delete(tx: &mut SystemTx, user: UserId, factor: Uuid) -> Result<Factor> {
    let found = user_factor_get(tx, user, factor).await?;
    factor_remove(tx, user, factor).await?;
    Ok(found)
}

/// A user's passkeys, the oldest first.
pub async fn user_passkey_list(tx: &mut SystemTx, user: UserId) -> Result<Vec<Passkey>> {
    passkeys_of(tx, user).await
}

/// Deletes a passkey of a user.
///
/// # Errors
/// `not_found`.
pub async fn user_passkey_delete(tx: &mut SystemTx, user: UserId, passkey: Uuid) -> Result<()> {
    match tx.execute(store::passkey_delete(user, passkey)).await? {
        0 => Err(Error::not_found("passkey")),
        _ => Ok(()),
    }
}
