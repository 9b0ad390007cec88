//! Forgotten passwords: a mail signs the user in, who then chooses a new password.

use freehold_core::Result;
use serde_json::json;

use crate::{
    Realm,
    audit_entry::{Action, audit_note},
    even::evenly,
    flow::Challenge,
    limit::{Limits, mail_room},
    mail_request::{Asking, mail_request_note},
    mail_token::{MailKind, NewToken, mail_flow, mail_send},
    provider::strangers_forget,
    session::Client,
    user::person_find,
};

/// Sends a mail to choose a new password. The answer does not reveal whether the address has an account.
///
/// # Errors
/// `email_provider_disabled` where users do not sign in with a password; `over_email_send_rate_limit`.
pub async fn recovery_request(
    limits: &Limits,
    realm: Realm,
    email: &str,
    redirect_to: &str,
    challenge: Option<Challenge>,
    client: &Client,
) -> Result<()> {
    limits.base.settings.password_check()?;
    evenly(async {
        let room = mail_room(limits, client).await?;
        let mut tx = limits.base.db.system("send a mail for a new password").begin().await?;
        mail_request_note(&limits.base.settings, &mut tx, realm, email, Asking::Recovery).await?;
        let user = person_find(&limits.base.settings, &mut tx, realm, email).await?;
        let (kind, id) = (MailKind::Recovery, user.as_ref().map(|user| user.id));
        let flow = mail_flow(&mut tx, realm, id, kind, challenge).await?;
        if let Some(user) = user {
            strangers_forget(&mut tx, &user).await?;
            let new = NewToken { kind, address: &user.email, redirect_to, flow };
            mail_send(&limits.base, &mut tx, &user, new, room.reader(&user)).await?;
            audit_note(&mut tx, Action::UserRecoveryRequested, &user, json!({}), client).await?;
        }
        tx.commit().await
    })
    .await
}
