//! Links and codes that administrators create for users: invitations, which Freehold mails, and links that they mail
//! themselves.

use freehold_core::{Error, Result, Secret, codes as core_codes};
use freehold_db::SystemTx;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::{NewPerson, email_exists, found_within_limits, user_get, user_make};
use crate::{
    Base, Realm, Settings,
    audit_entry::{Action, By, audit_note_by},
    codes,
    email_change::email_change_note,
    limit::Reader,
    mail_token::{MadeToken, MailKind, NewToken, token_mail, token_make},
    provider::strangers_forget,
    user::{User, person_find, user_find_by_email, user_merge_metadata, user_set_password},
};

/// A user to invite.
#[derive(Clone, Debug)]
pub struct Invitee {
    /// The realm in which the address is unique.
    pub realm: Realm,
    /// E-mail address, as [`email_normalize`](crate::user::email_normalize) returns it.
    pub email: String,
    /// Metadata of a new user.
    pub data: Value,
    /// Where the link in the mail finally leads; already checked.
    pub redirect_to: String,
}

/// Invites a user by a mail with a link and a code. Creates the user if the address has none yet.
///
/// # Errors
/// `email_exists` when the address is confirmed already.
pub async fn user_invite(base: &Base, tx: &mut SystemTx, invitee: Invitee, by: &By) -> Result<User> {
    let Invitee { realm, email, data, redirect_to } = invitee;
    let user = invitee_find(&base.settings, tx, realm, &email, data).await?;
    audit_note_by(tx, by, Action::UserInvited, &user).await?;
    let new = NewToken { kind: MailKind::Invite, address: &email, redirect_to: &redirect_to, flow: None };
    let made = token_make(base, tx, &user, new).await?;
    token_mail(base, tx, &made, Reader::Invited, Map::new()).await?;
    user_get(tx, user.id).await
}

/// The kinds of links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LinkType)]
pub enum LinkKind {
    /// Confirms the address of a user who signs up.
    #[serde(rename = "signup")]
    SignUp,
    /// Invites a user, and confirms their address.
    Invite,
    /// Signs the user in.
    #[serde(rename = "magiclink")]
    MagicLink,
    /// Signs the user in to choose a new password.
    Recovery,
    /// Confirms a change of address at the present address.
    EmailChangeCurrent,
    /// Confirms a change of address at the new address.
    EmailChangeNew,
}

impl LinkKind {
    /// The kind with this name in the protocol.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "signup" => Self::SignUp,
            "invite" => Self::Invite,
            "magiclink" => Self::MagicLink,
            "recovery" => Self::Recovery,
            "email_change_current" => Self::EmailChangeCurrent,
            "email_change_new" => Self::EmailChangeNew,
            _ => return None,
        })
    }

    /// Its name in the protocol.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignUp => "signup",
            Self::Invite => "invite",
            Self::MagicLink => "magiclink",
            Self::Recovery => "recovery",
            Self::EmailChangeCurrent => "email_change_current",
            Self::EmailChangeNew => "email_change_new",
        }
    }

    const fn mail(self) -> MailKind {
        match self {
            Self::SignUp => MailKind::SignUp,
            Self::Invite => MailKind::Invite,
            Self::MagicLink => MailKind::MagicLink,
            Self::Recovery => MailKind::Recovery,
            Self::EmailChangeCurrent => MailKind::EmailChangeCurrent,
            Self::EmailChangeNew => MailKind::EmailChangeNew,
        }
    }
}

/// A link to create, which the caller mails.
#[derive(Clone, Debug)]
pub struct NewLink {
    /// Kind of the link.
    pub kind: LinkKind,
    /// The realm in which the address is unique.
    pub realm: Realm,
    /// Address of the user, as [`email_normalize`](crate::user::email_normalize) returns it.
    pub email: String,
    /// The new address, for a change of address.
    pub new_email: Option<String>,
    /// Hash of the password, for a new user who signs up.
    pub password_hash: Option<Secret>,
    /// Metadata of a new user; merged into the present metadata for an unconfirmed user who signs up again.
    pub data: Value,
    /// Where the link finally leads; already checked.
    pub redirect_to: String,
}

/// Creates a link and its code; the caller mails them. A magic link for an unknown address creates the user and
/// confirms the address. Returns the kind that was created.
///
/// # Errors
/// `user_not_found`, `email_exists` (the address or the new address is taken), `validation_failed`.
pub async fn link_make(base: &Base, tx: &mut SystemTx, new: NewLink, by: &By) -> Result<(User, MadeToken, LinkKind)> {
    let known = person_find(&base.settings, tx, new.realm, &new.email).await?;
    let (kind, user) = match (new.kind, known) {
        (LinkKind::SignUp, Some(user)) => {
            let user = unconfirmed(tx, user, new.data).await?;
            user_set_password(tx, user.id, new.password_hash).await?;
            (LinkKind::SignUp, user)
        }
        (LinkKind::SignUp | LinkKind::MagicLink, None) => {
            let made = newcomer(&base.settings, tx, new.realm, &new.email, new.password_hash, new.data).await?;
            audit_note_by(tx, by, Action::UserSignedUp, &made).await?;
            (LinkKind::SignUp, made)
        }
        (LinkKind::Invite, _) => {
            let user = invitee_find(&base.settings, tx, new.realm, &new.email, new.data).await?;
            audit_note_by(tx, by, Action::UserInvited, &user).await?;
            (LinkKind::Invite, user)
        }
        (_, None) => return Err(Error::new(codes::USER_NOT_FOUND, "User with this email not found")),
        (LinkKind::MagicLink | LinkKind::Recovery, Some(user)) => {
            let user = reclaim(tx, user).await?;
            audit_note_by(tx, by, Action::UserRecoveryRequested, &user).await?;
            (new.kind, user)
        }
        (LinkKind::EmailChangeCurrent | LinkKind::EmailChangeNew, Some(user)) => {
            change_begin(&base.settings, tx, &user, new.kind, new.new_email.as_deref()).await?;
            (new.kind, user)
        }
    };
    let address = match kind {
        LinkKind::EmailChangeNew => new.new_email.as_deref().unwrap_or(&new.email),
        _ => &new.email,
    };
    let token = NewToken { kind: kind.mail(), address, redirect_to: &new.redirect_to, flow: None };
    let made = token_make(base, tx, &user, token).await?;
    Ok((user_get(tx, user.id).await?, made, kind))
}

/// Stores the address that the user changes to. When a second link is created for the same change, the first stays
/// valid.
async fn change_begin(
    settings: &Settings,
    tx: &mut SystemTx,
    user: &User,
    kind: LinkKind,
    new_email: Option<&str>,
) -> Result<()> {
    if kind == LinkKind::EmailChangeCurrent && !settings.auth.email_change_both {
        let message = "Enable secure email change to generate link for current email";
        return Err(Error::new(core_codes::VALIDATION_FAILED, message));
    }
    let email = new_email.ok_or_else(|| Error::new(core_codes::VALIDATION_FAILED, "new_email is required"))?;
    if user_find_by_email(tx, user.realm, email).await?.is_some_and(|other| other.id != user.id) {
        return Err(email_exists());
    }
    if user.new_email == email {
        return Ok(());
    }
    email_change_note(tx, user.id, email).await
}

async fn invitee_find(settings: &Settings, tx: &mut SystemTx, realm: Realm, email: &str, data: Value) -> Result<User> {
    match person_find(settings, tx, realm, email).await? {
        Some(user) if user.confirmed() => Err(email_exists()),
        Some(user) => reclaim(tx, user).await,
        None => newcomer(settings, tx, realm, email, None, data).await,
    }
}

async fn unconfirmed(tx: &mut SystemTx, user: User, data: Value) -> Result<User> {
    if user.confirmed() {
        return Err(email_exists());
    }
    let user = reclaim(tx, user).await?;
    user_merge_metadata(tx, user.id, data).await?;
    found_within_limits(tx, user.id).await
}

/// Removes what another person may have left on an unconfirmed account: the one who signed up with the address and a
/// password, or came with it from a provider that did not verify it, may not be the one who reads its mail.
async fn reclaim(tx: &mut SystemTx, user: User) -> Result<User> {
    if user.confirmed() {
        return Ok(user);
    }
    user_set_password(tx, user.id, None).await?;
    strangers_forget(tx, &user).await?;
    user_get(tx, user.id).await
}

async fn newcomer(
    settings: &Settings,
    tx: &mut SystemTx,
    realm: Realm,
    email: &str,
    password_hash: Option<Secret>,
    data: Value,
) -> Result<User> {
    let new = NewPerson {
        id: None,
        realm,
        aud: None,
        role: None,
        email: email.to_owned(),
        phone: String::new(),
        password_hash,
        email_confirmed: false,
        phone_confirmed: false,
        user_metadata: data,
        app_metadata: json!({}),
        banned_until: None,
    };
    user_make(settings, tx, new).await
}
