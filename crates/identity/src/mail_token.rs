//! What a mail of sign-in carries: a link to follow and a code to type, of which either is good once.

mod store;

use freehold_core::{Result, Secret, UserId, percent_encode};
use freehold_db::SystemTx;
use freehold_vault::MAIL_SEALED;
use serde_json::{Map, Value, json};
use uuid::Uuid;

pub use store::STATEMENTS;

use crate::{
    Identity, Realm,
    flow::{Challenge, NewFlow, flow_begin},
    limit::{Reader, mail_take},
    one_time::{Flow, LinkToken, OneTimeCode, code_digest},
    realm_tenant,
    user::User,
};

/// What a mail of sign-in is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailKind {
    /// Confirms the address of somebody new.
    SignUp,
    /// Invites somebody, whose address it confirms.
    Invite,
    /// Lets somebody known in.
    MagicLink,
    /// Lets somebody known in to choose a new password.
    Recovery,
    /// Confirms the address that somebody changes to.
    EmailChangeNew,
    /// Confirms the change at the address that somebody has.
    EmailChangeCurrent,
    /// Shows once more that it is them; a code only.
    Reauthentication,
}

impl MailKind {
    /// The `type` in the link, and the one to verify it with.
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

    /// How the session says that the person came in, when a browser that began a sign-in ends it by this mail.
    pub const fn method(self) -> &'static str {
        match self {
            Self::SignUp => "email/signup",
            _ => self.verify_type(),
        }
    }

    const fn template(self) -> &'static str {
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

    /// Supabase's name for the kind of token: a newer one of the same kind replaces it.
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

/// A token to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewToken<'a> {
    /// What for.
    pub kind: MailKind,
    /// The address that the mail goes to. The person's own, but for a change of it.
    pub address: &'a str,
    /// Where the link leads in the end; already checked.
    pub redirect_to: &'a str,
    /// The sign-in that the link goes on with (RFC 7636), by [`mail_flow`]; none: the link opens the session itself.
    pub flow: Option<Uuid>,
}

/// A token just made. It is good as soon as the transaction is over.
#[derive(Clone, Debug)]
pub struct MadeToken {
    /// Which.
    pub id: Uuid,
    /// What for.
    pub kind: MailKind,
    /// The address that the mail goes to.
    pub address: String,
    /// The code to type.
    pub code: OneTimeCode,
    /// What the link carries as `token`, and a client sends as `token_hash`.
    pub token: LinkToken,
    /// The link to follow.
    pub link: Secret,
    realm: Realm,
}

/// Makes link and code for `user`, and notes when. The ones of earlier mails of this kind stop working. Sends nothing:
/// that is `token_mail`.
pub async fn token_make(identity: &Identity, tx: &mut SystemTx, user: &User, new: NewToken<'_>) -> Result<MadeToken> {
    let NewToken { kind, address, redirect_to, flow } = new;
    let now = identity.clock.now();
    let code = OneTimeCode::generate(identity.settings.auth.code_digits, &identity.random);
    let way = if flow.is_some() { Flow::Pkce } else { Flow::Implicit };
    let token = LinkToken::generate(way, &identity.random);
    let id = identity.ids.next::<()>().uuid();
    let digest = code_digest(&identity.vault, address, &code).to_vec();
    tx.execute(store::token_replace(id, user.id, kind.token_type(), &token.hash(), address, digest, flow, now)).await?;
    let note = match kind {
        MailKind::SignUp => store::confirmation_sent(user.id, now),
        MailKind::Invite => store::invitation_sent(user.id, now),
        MailKind::MagicLink | MailKind::Recovery => store::recovery_sent(user.id, now),
        MailKind::EmailChangeNew | MailKind::EmailChangeCurrent => store::email_change_sent(user.id, now),
        MailKind::Reauthentication => store::reauthentication_sent(user.id, now),
    };
    tx.execute(note).await?;
    let link = Secret::new(link_of(identity, &token, kind, redirect_to, user.realm));
    Ok(MadeToken { id, kind, address: address.to_owned(), code, token, link, realm: user.realm })
}

/// Mails link and code to the address they were made for. `extra` is what the template tells beside: `new_email`,
/// `organization_name`.
///
/// Sends nothing when the budget has no room for a mail to an address that nobody confirmed: see [`Reader`].
///
/// # Errors
/// `over_email_send_rate_limit` when this server has sent as many mails to `reader` as it may, and the caller may know.
pub(crate) async fn token_mail(
    identity: &Identity,
    tx: &mut SystemTx,
    made: &MadeToken,
    reader: Reader<'_>,
    extra: Map<String, Value>,
) -> Result<()> {
    if !mail_take(identity, tx, reader).await? {
        return Ok(());
    }
    let settings = &identity.settings;
    let mut secrets = Map::from_iter([("code".to_owned(), json!(made.code.expose()))]);
    if made.kind != MailKind::Reauthentication {
        secrets.insert("link".to_owned(), json!(made.link.expose()));
    }
    let mut data = json!({
        "product_name": settings.product_name,
        "minutes_valid": settings.auth.code_minutes,
        "site_url": settings.site_url,
        MAIL_SEALED: identity.vault.mail_seal(made.id, &secrets, &identity.random),
    });
    for (name, value) in extra {
        data[name] = value;
    }
    let (cause, template) = (format!("sign_in/{}", made.id), made.kind.template());
    let tenant = realm_tenant(made.realm);
    tx.execute(store::mail_enqueue(made.id, &cause, template, &made.address, data, identity.clock.now(), tenant))
        .await
        .map(drop)
}

/// Makes and mails in one.
pub(crate) async fn mail_send(
    identity: &Identity,
    tx: &mut SystemTx,
    user: &User,
    new: NewToken<'_>,
    reader: Reader<'_>,
) -> Result<()> {
    let made = token_make(identity, tx, user, new).await?;
    token_mail(identity, tx, &made, reader, Map::new()).await
}

/// Begins the sign-in that the link of such a mail goes on with; none without a challenge. `user` is none for somebody
/// who does not exist.
pub async fn mail_flow(
    identity: &Identity,
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
    flow_begin(identity, tx, new).await.map(Some)
}

/// A link or code was used, and is good no more.
pub(crate) async fn token_use(tx: &mut SystemTx, token: Uuid) -> Result<()> {
    tx.execute(store::token_delete(token)).await.map(drop)
}

/// Links and codes that were sent to a person work no longer.
pub(crate) async fn tokens_forget(tx: &mut SystemTx, user: UserId) -> Result<()> {
    tx.execute(store::tokens_delete(user)).await.map(drop)
}

/// The same, and it is forgotten when they were sent, and that the address was to be changed.
pub(crate) async fn mails_forget(tx: &mut SystemTx, user: UserId) -> Result<()> {
    tokens_forget(tx, user).await?;
    tx.execute(store::mails_forget(user)).await.map(drop)
}

fn link_of(identity: &Identity, token: &LinkToken, kind: MailKind, redirect_to: &str, realm: Realm) -> String {
    let organization = realm_tenant(realm).map(|tenant| format!("&organization={tenant}")).unwrap_or_default();
    format!(
        "{}/auth/v1/verify?token={}&type={}&redirect_to={}{organization}",
        identity.settings.site_url,
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
