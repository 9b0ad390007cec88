//! The mail that signs a user in.

use freehold_core::Result;
use freehold_db::SystemTx;
use serde_json::json;

use crate::{
    Base,
    audit_entry::{Action, audit_note},
    flow::Challenge,
    limit::Reader,
    mail_token::{MailKind, NewToken, mail_flow, mail_send},
    session::Client,
    user::User,
};

/// Sends the mail with link and code: it confirms the address of a new user and signs in an existing one.
pub(crate) async fn mail_sign_in_with(
    base: &Base,
    tx: &mut SystemTx,
    user: &User,
    reader: Reader<'_>,
    redirect_to: &str,
    challenge: Option<Challenge>,
    client: &Client,
) -> Result<()> {
    let (kind, action) = if user.confirmed() {
        (MailKind::MagicLink, Action::UserRecoveryRequested)
    } else {
        (MailKind::SignUp, Action::UserConfirmationRequested)
    };
    let flow = mail_flow(tx, user.realm, Some(user.id), kind, challenge).await?;
    mail_send(base, tx, user, NewToken { kind, address: &user.email, redirect_to, flow }, reader).await?;
    audit_note(tx, action, user, json!({ "provider": "email" }), client).await
}
