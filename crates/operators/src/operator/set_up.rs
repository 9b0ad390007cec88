//! Setting up an account: the operator sets a password, adds the account to an authenticator app, and proves it with
//! the first code. Until then the account cannot sign in.

use freehold_core::{Error, Result, Secret, codes};
use freehold_db::SystemTx;
use freehold_identity::{
    factor::{TotpKey, qr_code},
    limit::operator_try,
    password::PasswordPolicy,
    session::Client,
};

use super::{Account, set_up_digests, store};
use crate::{
    Operators,
    entry::{NewEntry, entry_note},
    session::{SignedIn, session_open},
};

/// The policy for operators' passwords.
fn policy() -> PasswordPolicy {
    PasswordPolicy { min_length: 12, required: Vec::new() }
}

/// The key of an authenticator app, which is shown once.
#[derive(Clone, Debug)]
pub struct NewFactor {
    /// The operator's e-mail address.
    pub email: String,
    /// The key in base32, to type into the app.
    pub secret: Secret,
    /// `otpauth://totp/…` URI, for apps.
    pub uri: Secret,
    /// The URI as a QR code, in SVG.
    pub qr_code: Secret,
}

/// Sets the password, and makes a key for the authenticator app. Repeating it replaces both.
///
/// # Errors
/// `unauthenticated` for a token that is unknown, used or expired; `weak_password`.
pub async fn account_set_up(operators: &Operators, token: &str, password: Secret) -> Result<NewFactor> {
    let Operators { base, passwords, .. } = operators;
    // Before hashing, which costs more than a look-up.
    let mut tx = base.db.system("set up an operator's account").begin().await?;
    account_of(&mut tx, operators, token).await?;
    drop(tx);
    let password = policy().accept(password)?;
    let hash = passwords.hash(password.secret()).await?;
    let mut tx = base.db.system("set up an operator's account").begin().await?;
    let account = account_of(&mut tx, operators, token).await?;
    let key = TotpKey::generate(&base.random);
    let uri = key.uri(&format!("{} operator", base.settings.product_name), &account.email);
    let qr_code = qr_code(&uri)?;
    let sealed = key.seal(&base.vault, account.operator_id.uuid(), &base.random);
    tx.execute(store::account_set_up(account.operator_id, hash, sealed)).await?;
    tx.commit().await?;
    Ok(NewFactor { email: account.email, secret: key.to_base32(), uri, qr_code })
}

/// Ends the set-up with the first code of the authenticator app, and signs the operator in. The token is used up.
///
/// # Errors
/// `unauthenticated` for a token that is unknown, used or expired, and for a wrong code; `conflict` before
/// [`account_set_up`]; `over_request_rate_limit` after too many wrong codes.
pub async fn account_confirm(operators: &Operators, token: &str, code: &str, client: &Client) -> Result<SignedIn> {
    let base = &operators.base;
    let mut tx = base.db.system("set up an operator's account").begin().await?;
    let account = account_of(&mut tx, operators, token).await?;
    let Some(secret) = account.totp_secret.as_deref() else {
        let message = "Set the password first: POST /operator/v1/set-up.";
        return Err(Error::new(codes::CONFLICT, message));
    };
    let attempt = operator_try(&operators.limits, &account.email, false, client).await?;
    let (key, _) = TotpKey::open(&base.vault, account.operator_id.uuid(), secret)?;
    let Some(step) = key.find_step(code, tx.now(), account.totp_step) else {
        let message = "The code is wrong. Enter the present code of the authenticator app.";
        return Err(Error::new(codes::UNAUTHENTICATED, message));
    };
    tx.execute(store::account_open(account.operator_id, step)).await?;
    entry_note(&mut tx, NewEntry::new("operator.set_up", account.operator_id).by(account.operator_id, client)).await?;
    let signed_in = session_open(operators, &mut tx, account.proven()?, client).await?;
    tx.commit().await?;
    attempt.succeeded(&operators.limits).await?;
    Ok(signed_in)
}

/// The account that is set up with this token, locked.
async fn account_of(tx: &mut SystemTx, operators: &Operators, token: &str) -> Result<Account> {
    let now = tx.now();
    let digests = set_up_digests(&operators.base.vault, token);
    let found = tx.fetch_optional(store::account_by_set_up(digests)).await?;
    let valid = |account: &Account| {
        account.disabled_at.is_none() && account.set_up_expires_at.is_some_and(|expires_at| expires_at > now)
    };
    found.filter(valid).ok_or_else(|| {
        let message = "The set-up token is unknown, was used or has expired. Ask for a new one: `freehold operator \
                       reset-factor`.";
        Error::new(codes::UNAUTHENTICATED, message)
    })
}
