//! Changing a user's e-mail address. Both the old and the new address confirm the change, or the new one alone, as
//! `[auth]` says.

mod store;

use freehold_core::{Error, Result, UserId};
use freehold_db::{OnConstraint, SystemTx};
use serde_json::{Map, json};

pub use store::STATEMENTS;

use crate::{
    Base, Realm, Settings,
    audit_entry::{Action, audit_note},
    codes,
    even::evenly,
    flow::Challenge,
    limit::{Limits, MailRoom, Reader, mail_room},
    mail_request::{Asking, mail_request_note},
    mail_token::{MailKind, NewToken, TokenRow, mail_flow, token_mail, token_make, tokens_forget},
    session::Client,
    user::{User, identity_add, providers_note, user_find, user_find_by_email},
};

/// A requested change of address.
#[derive(Clone, Debug)]
pub(crate) struct EmailChange {
    /// The new address, as [`email_normalize`](crate::user::email_normalize) returns it.
    pub(crate) email: String,
    /// Where the links in the mails finally lead; already checked.
    pub(crate) redirect_to: String,
    /// Challenge of the PKCE flow; none: the implicit flow.
    pub(crate) challenge: Option<Challenge>,
}

/// Records that a user requests a change of address. Must take the first lock of the transaction.
///
/// # Errors
/// `over_email_send_rate_limit` when the user requested one a moment ago.
pub(crate) async fn email_change_ask(settings: &Settings, tx: &mut SystemTx, user: &User) -> Result<()> {
    let address = if user.email.is_empty() { &user.id.to_string() } else { &user.email };
    mail_request_note(settings, tx, user.realm, address, Asking::EmailChange).await
}

/// Starts a change of address, sends its mails, and returns the user as they are afterwards. Where addresses need no
/// confirmation, a user without an address gets the new one at once.
///
/// # Errors
/// `email_exists` when the address is taken.
pub(crate) async fn email_change_begin(
    base: &Base,
    tx: &mut SystemTx,
    user: User,
    change: EmailChange,
    client: &Client,
) -> Result<User> {
    if user_find_by_email(tx, user.realm, &change.email).await?.is_some_and(|other| other.id != user.id) {
        return Err(taken());
    }
    if user.is_anonymous && base.settings.auth.autoconfirm {
        email_change_note(tx, user.id, &change.email).await?;
        return finish(tx, user, &change.email, client).await;
    }
    send(base, tx, &user, change, Asker::User(client)).await?;
    found(tx, user.id).await
}

/// Stores the address that the user wants to change to. A confirmation of an earlier change is discarded.
pub async fn email_change_note(tx: &mut SystemTx, user: UserId, email: &str) -> Result<()> {
    tx.execute(store::change_note(user, email)).await.map(drop)
}

/// Sends the mails of a change of address again. The answer does not reveal whether such a user exists.
pub async fn email_change_resend(
    limits: &Limits,
    realm: Realm,
    email: &str,
    redirect_to: String,
    challenge: Option<Challenge>,
    client: &Client,
) -> Result<()> {
    evenly(async {
        let room = mail_room(limits, client).await?.check()?;
        let mut tx = limits.base.db.system("send the mails of a change again").begin().await?;
        mail_request_note(&limits.base.settings, &mut tx, realm, email, Asking::EmailChange).await?;
        let user = user_find_by_email(&mut tx, realm, email).await?;
        if let Some(user) = user.filter(|user| !user.new_email.is_empty()) {
            let email = user.new_email.clone();
            send(&limits.base, &mut tx, &user, EmailChange { email, redirect_to, challenge }, Asker::Anyone(room))
                .await?;
        }
        tx.commit().await
    })
    .await
}

/// The client that requests the mails of a change.
#[derive(Clone, Copy)]
enum Asker<'a> {
    /// The signed-in user, on this client.
    User(&'a Client),
    /// A client that is not signed in; its request was counted before the address was looked up.
    Anyone(MailRoom),
}

async fn send(base: &Base, tx: &mut SystemTx, user: &User, change: EmailChange, asker: Asker<'_>) -> Result<()> {
    let EmailChange { email, redirect_to, challenge } = change;
    let kind = MailKind::EmailChangeNew;
    let flow = mail_flow(tx, user.realm, Some(user.id), kind, challenge).await?;
    let told = Map::from_iter([("new_email".to_owned(), json!(email))]);
    let at_new = NewToken { kind, address: &email, redirect_to: &redirect_to, flow };
    let at_current = NewToken { kind: MailKind::EmailChangeCurrent, address: &user.email, ..at_new };
    let both = base.settings.auth.email_change_both && !user.email.is_empty();
    // Creates all tokens before the first mail, so that the lock on the mail budget is taken last.
    let mut made = Vec::new();
    for new in [Some(at_new), both.then_some(at_current)].into_iter().flatten() {
        made.push(token_make(base, tx, user, new).await?);
    }
    email_change_note(tx, user.id, &email).await?;
    for made in &made {
        let confirmed = made.kind == MailKind::EmailChangeCurrent && user.confirmed();
        let reader = match asker {
            Asker::Anyone(room) => Reader::Asked { room, confirmed },
            Asker::User(_) if confirmed => Reader::Confirmed,
            Asker::User(client) => Reader::Unconfirmed(client),
        };
        token_mail(base, tx, made, reader, told.clone()).await?;
    }
    Ok(())
}

/// Confirms the change from one of the two addresses. None: the other address must confirm it, too.
pub(crate) async fn email_change_confirm(
    settings: &Settings,
    tx: &mut SystemTx,
    user: User,
    token: &TokenRow,
    client: &Client,
) -> Result<Option<User>> {
    let expired = || Error::new(codes::OTP_EXPIRED, "Email link is invalid or has expired");
    let (wanted, confirmed) = tx.fetch_optional(store::change_lock(user.id)).await?.ok_or_else(expired)?;
    let at_new = token.token_type == "email_change_token_new";
    if wanted.is_empty() || token.relates_to != if at_new { wanted.as_str() } else { user.email.as_str() } {
        return Err(expired());
    }
    let settings = &settings.auth;
    if settings.email_change_both && !settings.autoconfirm && !user.email.is_empty() && confirmed == 0 {
        tx.execute(store::change_half(user.id)).await?;
        return Ok(None);
    }
    finish(tx, user, &wanted, client).await.map(Some)
}

/// Makes the new address the user's address.
async fn finish(tx: &mut SystemTx, user: User, email: &str, client: &Client) -> Result<User> {
    tokens_forget(tx, user.id).await?;
    tx.execute(store::change_finish(user.id, email)).await.on_constraint("users_email_partial_key", taken)?;
    if tx.execute(store::identity_change(user.id, email)).await? == 0 {
        let data = json!({ "sub": user.id, "email": email, "email_verified": true, "phone_verified": false });
        identity_add(tx, user.id, "email", &user.id.to_string(), data).await?;
    }
    providers_note(tx, user.id).await?;
    let user = found(tx, user.id).await?;
    audit_note(tx, Action::UserModified, &user, json!({ "provider": "email" }), client).await?;
    Ok(user)
}

async fn found(tx: &mut SystemTx, id: UserId) -> Result<User> {
    user_find(tx, id).await?.ok_or_else(|| Error::internal("the user who changes the address no longer exists"))
}

fn taken() -> Error {
    Error::new(codes::EMAIL_EXISTS, "A user with this email address has already been registered")
}
