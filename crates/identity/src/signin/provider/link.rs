//! Sign-in methods that users add to their account and remove again.

use freehold_core::{EmailAddress, Error, Result};
use freehold_db::{OnConstraint, SystemTx};
use serde_json::json;
use uuid::Uuid;

use super::{
    Providers,
    person::{Named, Settled, subject_in},
    store::{self, IdentityRow},
};
use crate::{
    Base, Settings,
    audit_entry::{Action, audit_note},
    codes,
    session::{Client, Held, Holder, session_hold},
    user::{User, identity_add, providers_note, user_find, user_set_password},
};

/// Links an external identity to the user who requested it in this session. An anonymous user becomes a regular one.
///
/// # Errors
/// The errors of [`linking_hold`]; `identity_already_exists` when another user signs in with it; `email_exists`,
/// `email_not_confirmed` when the user has no address, and the provider's address belongs to another user or is not
/// verified.
pub(super) async fn identity_link(
    settings: &Settings,
    tx: &mut SystemTx,
    holder: Holder,
    named: Named<'_>,
    client: &Client,
) -> Result<Settled> {
    let Named { provider, profile, .. } = named;
    let gone = || Error::new(codes::LINKING_TARGET_NOT_FOUND, "Linking target user not found");
    let target = holder.user;
    let user = linking_hold(settings, tx, holder).await?.user;
    let subject = subject_in(user.realm, &profile.subject);
    if let Some((_, owner)) = tx.fetch_optional(store::identity_find(&provider.name, &subject)).await? {
        let whose = if owner == target { "" } else { " to another user" };
        return Err(Error::new(codes::IDENTITY_ALREADY_EXISTS, format!("Identity is already linked{whose}")));
    }
    identity_add(tx, target, &provider.name, &subject, profile.data()).await?;
    if user.email.is_empty() {
        name(tx, &user, named).await?;
    }
    let traits = json!({ "provider": provider.name, "provider_id": profile.subject });
    audit_note(tx, Action::IdentityLinked, &user, traits, client).await?;
    let user = user_find(tx, target).await?.ok_or_else(gone)?;
    Ok(Settled::admitted(user))
}

/// Gives an anonymous user the provider's address.
///
/// Supabase Auth also accepts an unverified address and asks its owner to confirm it. The owner who then signs in would
/// find a stranger's session in the account, so here an unverified address is rejected.
async fn name(tx: &mut SystemTx, user: &User, named: Named<'_>) -> Result<()> {
    let now = tx.now();
    if let Some(email) = named.profile.email() {
        if !email.verified {
            let provider = &named.provider.name;
            let message =
                format!("Unverified email with {provider}. Verify the email with {provider} in order to link it");
            return Err(Error::new(codes::EMAIL_NOT_CONFIRMED, message));
        }
        let taken = || Error::new(codes::EMAIL_EXISTS, "A user with this email address has already been registered");
        tx.execute(store::user_email_set(user.id, Some(email.address.clone()), Some(now)))
            .await
            .on_constraint("users_email_partial_key", taken)?;
    }
    tx.execute(store::user_named(user.id)).await.map(drop)
}

/// Locks the session in which a user links or unlinks identities.
///
/// # Errors
/// `session_not_found` when it has ended; `insufficient_aal` when it has not used the second factor that its user has.
pub(super) async fn linking_hold(settings: &Settings, tx: &mut SystemTx, holder: Holder) -> Result<Held> {
    let held = session_hold(settings, tx, holder).await?;
    let message = "AAL2 session is required to link or unlink identities when MFA is enabled";
    held.guard(tx, codes::AAL2_REQUIRED, message).await?;
    Ok(held)
}

/// Removes a sign-in method. A user whose address came from it gets the address of another one. Removing the method
/// `email` removes the password, too.
///
/// # Errors
/// The errors of `linking_hold`; `single_identity_not_deletable`, `identity_not_found`,
/// `email_conflict_identity_not_deletable`.
pub async fn identity_unlink(
    base: &Base,
    providers: &Providers,
    holder: Holder,
    id: Uuid,
    client: &Client,
) -> Result<()> {
    let mut tx = base.db.system("delete a sign-in method").begin().await?;
    let user = linking_hold(&base.settings, &mut tx, holder).await?.user.id;
    let mut rows = tx.fetch_all(store::identities_lock(user)).await?;
    if rows.len() <= 1 {
        return Err(single("User must have at least 1 identity after unlinking"));
    }
    let unknown = || Error::new(codes::IDENTITY_NOT_FOUND, "Identity doesn't exist");
    let index = rows.iter().position(|row| row.id == id).ok_or_else(unknown)?;
    let row = rows.remove(index);
    let user = user_find(&mut tx, user).await?.ok_or_else(unknown)?;
    tx.execute(store::identity_delete(row.id)).await?;
    match row.provider.as_str() {
        "phone" => _ = tx.execute(store::user_phone_clear(user.id)).await?,
        provider => {
            if provider == "email" {
                user_set_password(&mut tx, user.id, None).await?;
            }
            address_keep(&mut tx, &user, &rows, providers).await?;
        }
    }
    providers_note(&mut tx, user.id).await?;
    let traits = json!({ "identity_id": row.id, "provider": row.provider, "provider_id": row.provider_id });
    audit_note(&mut tx, Action::IdentityUnlinked, &user, traits, client).await?;
    tx.commit().await
}

/// Gives the user an address of the remaining sign-in methods, unless one of them has the user's present address.
async fn address_keep(tx: &mut SystemTx, user: &User, left: &[IdentityRow], providers: &Providers) -> Result<()> {
    let now = tx.now();
    if left.iter().any(|row| EmailAddress::same(&row.email, &user.email)) {
        return Ok(());
    }
    let next = left.iter().find(|row| row.verified && !row.email.is_empty());
    let without = |row: &IdentityRow| {
        row.provider == "phone" || providers.find(&row.provider).is_some_and(|provider| provider.email_optional)
    };
    if next.is_none() && !left.iter().any(without) {
        return Err(single("User must have at least 1 identity with a verified email after unlinking"));
    }
    let conflict = || {
        let message = "Unable to unlink identity due to email conflict";
        Error::new(codes::EMAIL_CONFLICT_IDENTITY_NOT_DELETABLE, message)
    };
    let (email, confirmed) = (next.map(|row| row.email.clone()), next.map(|_| now));
    tx.execute(store::user_email_set(user.id, email, confirmed))
        .await
        .on_constraint("users_email_partial_key", conflict)?;
    Ok(())
}

fn single(message: &'static str) -> Error {
    Error::new(codes::SINGLE_IDENTITY_NOT_DELETABLE, message)
}
