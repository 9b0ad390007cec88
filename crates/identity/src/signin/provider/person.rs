//! Finds the user of an external identity: the user who signed in with it before, the user with the same verified
//! address, or a new user. An address that the provider has not verified never leads to an existing user.

use freehold_core::{EmailAddress, Error, Result, SessionId, UserId, codes as core_codes};
use freehold_db::SystemTx;
use jiff::SignedDuration;
use serde_json::json;
use uuid::Uuid;

use super::{
    Provider,
    profile::{Email, Profile},
    store,
};
use crate::{
    Base, HOUSE, PeopleOf, Realm, Settings,
    audit_entry::{Action, audit_note},
    codes,
    hooks::Hooks,
    limit::Reader,
    mail_request::{Asking, mail_request_note},
    mail_token::token_use,
    realm_tenant,
    session::{Client, sessions_end_all},
    sign_in_mail::mail_sign_in_with,
    sign_up::realm_new,
    user::{
        NewUser, User, identity_add, providers_note, user_confirm, user_create, user_find, user_find_by_email,
        user_merge_metadata,
    },
};

/// A user as a provider names them.
#[derive(Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) provider: &'a Provider,
    pub(super) profile: &'a Profile,
    /// The realm in which the address is unique.
    pub(super) realm: Realm,
    /// Where the link in a mail leads, if one must be sent.
    pub(super) redirect_to: &'a str,
}

/// The result. The caller commits the transaction in either case.
pub(super) struct Settled {
    pub(super) user: User,
    /// Why the user may not sign in; none: they may.
    pub(super) refusal: Option<Error>,
    /// Sessions that were ended; the caller passes them to the verifier.
    pub(super) ended: Vec<SessionId>,
}

impl Settled {
    /// The user may sign in.
    pub(super) fn admitted(user: User) -> Self {
        Self { user, refusal: None, ended: Vec::new() }
    }
}

/// Finds or creates the user, and stores what the provider says about them.
pub(super) async fn person_settle(
    base: &Base,
    hooks: &Hooks,
    tx: &mut SystemTx,
    named: Named<'_>,
    client: &Client,
) -> Result<Settled> {
    let now = tx.now();
    let Named { provider, profile, .. } = named;
    let named = Named { realm: realm_meant(&base.settings, tx, named).await?, ..named };
    let (subject, data) = (subject_in(named.realm, &profile.subject), profile.data());
    let user = if let Some((id, user)) = tx.fetch_optional(store::identity_find(&provider.name, &subject)).await? {
        tx.execute(store::identity_used(id, data.clone())).await?;
        user_merge_metadata(tx, user, data).await?;
        providers_note(tx, user).await?;
        found(tx, user).await?
    } else if let Some(user) = owner(tx, named).await? {
        identity_add(tx, user, &provider.name, &subject, data.clone()).await?;
        user_merge_metadata(tx, user, data).await?;
        let user = found(tx, user).await?;
        let traits = json!({ "provider": provider.name, "provider_id": profile.subject });
        audit_note(tx, Action::IdentityLinked, &user, traits, client).await?;
        user
    } else {
        person_make(&base.settings, hooks, tx, named).await?
    };
    user.admit(now)?;
    person_confirm(base, tx, user, named, client).await
}

/// Accepts an invitation. A client with its token reads the mail of the address, so the address is confirmed.
pub(super) async fn invitation_take(
    settings: &Settings,
    tx: &mut SystemTx,
    hash: &str,
    named: Named<'_>,
    client: &Client,
) -> Result<Settled> {
    let Named { provider, profile, .. } = named;
    let gone = || Error::new(codes::INVITE_NOT_FOUND, "Invite not found");
    let (token, user) = invitation(settings, tx, hash).await?.ok_or_else(gone)?;
    if !profile.emails.iter().any(|email| EmailAddress::same(&email.address, &user.email)) {
        let message = "Invited email does not match emails from external provider";
        return Err(Error::new(core_codes::VALIDATION_FAILED, message));
    }
    let (subject, data) = (subject_in(user.realm, &profile.subject), profile.data());
    identity_add(tx, user.id, &provider.name, &subject, data.clone()).await?;
    user_merge_metadata(tx, user.id, data).await?;
    audit_note(tx, Action::InviteAccepted, &user, json!({ "provider": provider.name }), client).await?;
    let ended = if user.confirmed() { Vec::new() } else { strip(tx, &user, named).await? };
    user_confirm(tx, user.id).await?;
    token_use(tx, token).await?;
    Ok(Settled { user: found(tx, user.id).await?, refusal: None, ended })
}

/// The invitation whose token has this digest, if it is valid, and the invited user.
pub(super) async fn invitation(settings: &Settings, tx: &mut SystemTx, hash: &str) -> Result<Option<(Uuid, User)>> {
    let Some(token) = tx.fetch_optional(store::invitation_lock(hash)).await? else { return Ok(None) };
    let life = SignedDuration::from_mins(settings.auth.code_minutes);
    if tx.now().duration_since(token.created_at) > life {
        return Ok(None);
    }
    let user = user_find(tx, token.user_id).await?;
    Ok(user.filter(|user| user.invited_at.is_some()).map(|user| (token.id, user)))
}

/// The user's id at the provider, as stored. Where each tenant has users of its own, the id includes the realm.
pub(super) fn subject_in(realm: Realm, subject: &str) -> String {
    realm_tenant(realm).map_or_else(|| subject.to_owned(), |tenant| format!("{tenant}:{subject}"))
}

/// The realm, when the request names none: that of the user who signs in with this identity already, if there is one.
async fn realm_meant(settings: &Settings, tx: &mut SystemTx, named: Named<'_>) -> Result<Realm> {
    let Named { provider, profile, realm, .. } = named;
    if settings.auth.identity == PeopleOf::House || realm != HOUSE {
        return Ok(realm);
    }
    match tx
        .fetch_all(store::realms_of(&provider.name, &profile.subject, spellings(profile.verified())))
        .await?
        .as_slice()
    {
        [] => Ok(HOUSE),
        [(realm,)] => Ok(*realm),
        _ => Err(Error::new(
            core_codes::VALIDATION_FAILED,
            "Several organizations have this user. Name one in X-Organization-Id, or in organization in the query",
        )),
    }
}

/// All spellings under which the addresses may be stored.
fn spellings(emails: Vec<String>) -> Vec<String> {
    emails.iter().flat_map(|email| EmailAddress::spellings(email)).collect()
}

/// The user who has one of the addresses that the provider verified.
async fn owner(tx: &mut SystemTx, named: Named<'_>) -> Result<Option<UserId>> {
    let verified = spellings(named.profile.verified());
    let first = named.profile.email().filter(|email| email.verified).map(|email| email.address.clone());
    let several = || Error::internal("the verified addresses belong to several users");
    if let Some(first) = first
        && let Some((user,)) =
            tx.fetch_optional(store::users_by_email(named.realm, EmailAddress::spellings(&first))).await?
    {
        return Ok(Some(user));
    }
    for query in
        [store::users_by_email(named.realm, verified.clone()), store::users_by_identity(named.realm, verified.clone())]
    {
        match tx.fetch_all(query).await?.as_slice() {
            [] => {}
            [(user,)] => return Ok(Some(*user)),
            _ => return Err(several()),
        }
    }
    Ok(None)
}

async fn person_make(settings: &Settings, hooks: &Hooks, tx: &mut SystemTx, named: Named<'_>) -> Result<User> {
    let Named { provider, profile, realm, .. } = named;
    let id: UserId = tx.id();
    let mut email = candidate(profile);
    let verified = email.filter(|email| email.verified).map_or("", |email| &email.address);
    let disabled = || Error::new(codes::SIGNUP_DISABLED, "Signups not allowed for this instance");
    let realm = realm_new(settings, hooks, tx, realm, verified, id).await?.ok_or_else(disabled)?;
    if let Some(unverified) = email.filter(|email| !email.verified)
        && user_find_by_email(tx, realm, &unverified.address).await?.is_some()
    {
        if !provider.email_optional {
            return Err(unverified_at(provider));
        }
        email = None;
    }
    let new = NewUser {
        id,
        realm,
        email: email.map(|email| email.address.clone()).unwrap_or_default(),
        password_hash: None,
        confirmed: false,
        data: profile.data(),
        anonymous: false,
    };
    let user = user_create(tx, new).await?;
    identity_add(tx, user.id, &provider.name, &subject_in(realm, &profile.subject), profile.data()).await?;
    found(tx, user.id).await
}

/// The address of a new user: the first one if it is verified, else any verified one.
fn candidate(profile: &Profile) -> Option<&Email> {
    let first = profile.email().filter(|email| email.verified);
    first.or(profile.emails.iter().find(|email| email.verified)).or(profile.email())
}

/// Confirms the user's address if the provider has verified it; otherwise sends the user a mail to confirm it.
///
/// Until then another person may have signed up with that address: every sign-in method that they left is removed.
async fn person_confirm(
    base: &Base,
    tx: &mut SystemTx,
    user: User,
    named: Named<'_>,
    client: &Client,
) -> Result<Settled> {
    let Named { provider, profile, redirect_to, .. } = named;
    if user.confirmed() || (provider.email_optional && user.email.is_empty()) {
        return Ok(Settled::admitted(user));
    }
    if user.email.is_empty() {
        return Err(unverified_at(provider));
    }
    let ended = strip(tx, &user, named).await?;
    if profile.verified().contains(&user.email) || base.settings.auth.autoconfirm {
        user_confirm(tx, user.id).await?;
        let user = found(tx, user.id).await?;
        audit_note(tx, Action::UserSignedUp, &user, json!({ "provider": provider.name }), client).await?;
        return Ok(Settled { user, refusal: None, ended });
    }
    let asked = async {
        mail_request_note(&base.settings, tx, user.realm, &user.email, Asking::SignUp).await?;
        mail_sign_in_with(base, tx, &user, Reader::Unconfirmed(client), redirect_to, None, client).await
    };
    match asked.await {
        // A mail was sent a moment ago, or the budget has no room for one.
        Err(error) if !error.is(codes::OVER_EMAIL_SEND_RATE_LIMIT) => return Err(error),
        _ => {}
    }
    let name = &provider.name;
    let message = format!("Unverified email with {name}. A confirmation email has been sent to your {name} email");
    let refusal = Some(Error::new(codes::PROVIDER_EMAIL_NEEDS_VERIFICATION, message));
    Ok(Settled { user, refusal, ended })
}

/// Removes every other sign-in method of an unconfirmed user, and ends their sessions.
async fn strip(tx: &mut SystemTx, user: &User, named: Named<'_>) -> Result<Vec<SessionId>> {
    let subject = subject_in(user.realm, &named.profile.subject);
    tx.execute(store::user_strip(user.id, named.profile.data())).await?;
    tx.execute(store::identities_delete_others(user.id, &named.provider.name, &subject)).await?;
    providers_note(tx, user.id).await?;
    sessions_end_all(tx, user.id).await
}

fn unverified_at(provider: &Provider) -> Error {
    let name = &provider.name;
    let message = format!("Unverified email with {name}. Verify the email with {name} in order to sign in");
    Error::new(codes::PROVIDER_EMAIL_NEEDS_VERIFICATION, message)
}

async fn found(tx: &mut SystemTx, user: UserId) -> Result<User> {
    user_find(tx, user).await?.ok_or_else(|| Error::internal("who signs in is gone"))
}

#[cfg(test)]
mod tests {
    use freehold_core::TenantId;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn each_tenant_has_its_own_of_a_providers_people() {
        assert_eq!(subject_in(HOUSE, "7"), "7");
        let tenant = TenantId::new(Uuid::from_u128(1));
        assert_eq!(subject_in(crate::realm_of(tenant), "7"), format!("{tenant}:7"));
    }
}
