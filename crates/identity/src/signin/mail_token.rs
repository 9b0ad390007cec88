//! The contents of a sign-in mail: a link to follow and a code to type. Either is valid once.

mod store;

use freehold_core::{Result, Secret, UserId, percent_encode};
use freehold_db::{SystemTx, row};
use freehold_vault::MAIL_SEALED;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

pub use store::STATEMENTS;

use crate::{
    Base, Realm, Settings,
    flow::{Challenge, NewFlow, flow_begin},
    limit::{Reader, mail_take},
    one_time::{Flow, LinkToken, OneTimeCode, code_digest},
    realm_tenant,
    user::User,
};

row! {
    /// A link and code that were mailed.
    #[derive(Clone)]
    pub(crate) struct TokenRow {
        pub(crate) id: Uuid,
        pub(crate) user_id: UserId,
        pub(crate) token_type: String,
        pub(crate) relates_to: String,
        pub(crate) code_hash: Option<Vec<u8>>,
        pub(crate) failed_attempts: i32,
        pub(crate) created_at: Timestamp,
        pub(crate) flow_id: Option<Uuid>,
    }
}

/// Purpose of a sign-in mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailKind {
    /// Confirms the address of a new user.
    SignUp,
    /// Invites a user and confirms their address.
    Invite,
    /// Signs in an existing user.
    MagicLink,
    /// Signs in an existing user to choose a new password.
    Recovery,
    /// Confirms a change of address at the new address.
    EmailChangeNew,
    /// Confirms a change of address at the present address.
    EmailChangeCurrent,
    /// Authenticates a signed-in user again; a code only.
    Reauthentication,
}

impl MailKind {
    /// The `type` in the link, with which it is verified.
    pub const fn verify_type(self) -> &'static str {
        match self {
            Self::SignUp => "signup",
            Self::Invite => "invite",
            Self::MagicLink => "magiclink",
            Self::Recovery => "recovery",
            Self::EmailChangeNew | Self::EmailChangeCurrent => "email_change",
            Self::Reauthentication => "reauthentication",
        }
    }

    /// Authentication method that the session names, when a browser finishes a sign-in by this mail.
    pub const fn method(self) -> &'static str {
        match self {
            Self::SignUp => "email/signup",
            _ => self.verify_type(),
        }
    }

    /// Name of the mail in the queue: `magic_link`.
    pub(crate) const fn template(self) -> &'static str {
        match self {
            Self::SignUp => "confirm_signup",
            Self::Invite => "invite",
            Self::MagicLink => "magic_link",
            Self::Recovery => "recovery",
            Self::EmailChangeNew => "email_change",
            Self::EmailChangeCurrent => "email_change_current",
            Self::Reauthentication => "reauthentication",
        }
    }

    /// Supabase's name for the type of token; a newer token of the same type replaces it.
    const fn token_type(self) -> &'static str {
        match self {
            Self::SignUp | Self::Invite => "confirmation_token",
            Self::MagicLink | Self::Recovery => "recovery_token",
            Self::EmailChangeNew => "email_change_token_new",
            Self::EmailChangeCurrent => "email_change_token_current",
            Self::Reauthentication => "reauthentication_token",
        }
    }
}

/// A token to create.
#[derive(Clone, Copy, Debug)]
pub struct NewToken<'a> {
    /// Purpose of the mail.
    pub kind: MailKind,
    /// The address that the mail goes to: the user's own, except for a change of address.
    pub address: &'a str,
    /// Where the link finally leads; already checked.
    pub redirect_to: &'a str,
    /// The sign-in that the link continues (RFC 7636), from [`mail_flow`]; none: the link opens the session itself.
    pub flow: Option<Uuid>,
}

/// A token just created. It is valid once the transaction is committed.
#[derive(Clone, Debug)]
pub struct MadeToken {
    /// Id of the token.
    pub id: Uuid,
    /// Purpose of the mail.
    pub kind: MailKind,
    /// The address that the mail goes to.
    pub address: String,
    /// The code to type.
    pub code: OneTimeCode,
    /// The token in the link's `token`, which a client sends as `token_hash`.
    pub token: LinkToken,
    /// The link to follow.
    pub link: Secret,
    realm: Realm,
}

/// Creates a link and a code for `user`, and records when. Those of earlier mails of this kind become invalid. Sends
/// nothing: `token_mail` does.
pub async fn token_make(base: &Base, tx: &mut SystemTx, user: &User, new: NewToken<'_>) -> Result<MadeToken> {
    let NewToken { kind, address, redirect_to, flow } = new;
    let code = OneTimeCode::generate(base.settings.auth.code_digits, &base.random);
    let way = if flow.is_some() { Flow::Pkce } else { Flow::Implicit };
    let token = LinkToken::generate(way, &base.random);
    let id = tx.id::<()>().uuid();
    let digest = code_digest(&base.vault, address, &code).to_vec();
    tx.execute(store::token_replace(id, user.id, kind.token_type(), &token.hash(), address, digest, flow)).await?;
    let note = match kind {
        MailKind::SignUp => store::confirmation_sent(user.id),
        MailKind::Invite => store::invitation_sent(user.id),
        MailKind::MagicLink | MailKind::Recovery => store::recovery_sent(user.id),
        MailKind::EmailChangeNew | MailKind::EmailChangeCurrent => store::email_change_sent(user.id),
        MailKind::Reauthentication => store::reauthentication_sent(user.id),
    };
    tx.execute(note).await?;
    let link = Secret::new(link_of(&base.settings, &token, kind, redirect_to, user.realm));
    Ok(MadeToken { id, kind, address: address.to_owned(), code, token, link, realm: user.realm })
}

/// Mails link and code to the address they were created for. `extra` are further values for the template: `new_email`,
/// `organization_name`.
///
/// Sends nothing when the budget has no room for a mail to an unconfirmed address: see [`Reader`].
///
/// # Errors
/// `over_email_send_rate_limit` when this server has used up the mails of `reader`, and the caller may know it.
pub(crate) async fn token_mail(
    base: &Base,
    tx: &mut SystemTx,
    made: &MadeToken,
    reader: Reader<'_>,
    extra: Map<String, Value>,
) -> Result<()> {
    if !mail_take(base, tx, reader).await? {
        return Ok(());
    }
    let settings = &base.settings;
    let mut secrets = Map::from_iter([("code".to_owned(), json!(made.code.expose()))]);
    if made.kind != MailKind::Reauthentication {
        secrets.insert("link".to_owned(), json!(made.link.expose()));
    }
    let mut data = json!({
        "product_name": settings.product_name,
        "minutes_valid": settings.auth.code_minutes,
        "site_url": settings.site_url,
        MAIL_SEALED: base.vault.mail_seal(made.id, &secrets, &base.random),
    });
    for (name, value) in extra {
        data[name] = value;
    }
    let (cause, template) = (format!("sign_in/{}", made.id), made.kind.template());
    let tenant = realm_tenant(made.realm);
    tx.execute(store::mail_enqueue(made.id, &cause, template, &made.address, data, tenant)).await.map(drop)
}

/// Creates the token and mails it.
pub(crate) async fn mail_send(
    base: &Base,
    tx: &mut SystemTx,
    user: &User,
    new: NewToken<'_>,
    reader: Reader<'_>,
) -> Result<()> {
    let made = token_make(base, tx, user, new).await?;
    token_mail(base, tx, &made, reader, Map::new()).await
}

/// Starts the sign-in that the link of such a mail continues; none without a challenge. `user` is none for an unknown
/// address.
pub async fn mail_flow(
    tx: &mut SystemTx,
    realm: Realm,
    user: Option<UserId>,
    kind: MailKind,
    challenge: Option<Challenge>,
) -> Result<Option<Uuid>> {
    if challenge.is_none() {
        return Ok(None);
    }
    let provider = if kind == MailKind::SignUp { "email" } else { kind.verify_type() };
    let new = NewFlow {
        realm,
        challenge,
        provider: provider.to_owned(),
        method: kind.method().to_owned(),
        user,
        linking: None,
        redirect_to: None,
        sealed: None,
    };
    flow_begin(tx, new).await.map(Some)
}

/// Deletes a link and code that was used.
pub(crate) async fn token_use(tx: &mut SystemTx, token: Uuid) -> Result<()> {
    tx.execute(store::token_delete(token)).await.map(drop)
}

/// Invalidates the links and codes that were sent to a user.
pub(crate) async fn tokens_forget(tx: &mut SystemTx, user: UserId) -> Result<()> {
    tx.execute(store::tokens_delete(user)).await.map(drop)
}

/// The same, and clears when they were sent and the requested change of address.
pub(crate) async fn mails_forget(tx: &mut SystemTx, user: UserId) -> Result<()> {
    tokens_forget(tx, user).await?;
    tx.execute(store::mails_forget(user)).await.map(drop)
}

fn link_of(settings: &Settings, token: &LinkToken, kind: MailKind, redirect_to: &str, realm: Realm) -> String {
    let organization = realm_tenant(realm).map(|tenant| format!("&organization={tenant}")).unwrap_or_default();
    format!(
        "{}/auth/v1/verify?token={}&type={}&redirect_to={}{organization}",
        settings.site_url,
        token.expose(),
        kind.verify_type(),
        percent_encode(redirect_to)
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_a_link_leads_to_stays_one_value(text in "\\PC{0,40}") {
            let encoded = percent_encode(&text);
            let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._~%".contains(letter);
            prop_assert!(encoded.chars().all(plain), "{encoded}");
            let mut bytes = encoded.bytes();
            let mut decoded = Vec::new();
            while let Some(byte) = bytes.next() {
                let pair = (byte == b'%').then(|| [bytes.next(), bytes.next()].map(Option::unwrap));
                let hex = |pair: [u8; 2]| u8::from_str_radix(std::str::from_utf8(&pair).unwrap(), 16).unwrap();
                decoded.push(pair.map_or(byte, hex));
            }
            prop_assert_eq!(String::from_utf8(decoded).unwrap(), text);
        }
    }
}
