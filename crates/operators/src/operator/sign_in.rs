//! Signing in as an operator: with address, password and the code of the authenticator app, all at once. An answer never
//! says which of them was wrong.

use freehold_core::{Error, Result, Secret, codes};
use freehold_identity::{
    even::Step,
    factor::TotpKey,
    limit::{operator_place, operator_try},
    session::Client,
};
use serde_json::json;

use super::{Account, store};
use crate::{
    Operators,
    entry::{NewEntry, entry_note},
    session::{SignedIn, place_known, session_open},
};

/// What an operator signs in with.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// E-mail address.
    pub email: String,
    /// Password of the account, as it was typed.
    pub password: Secret,
    /// Present code of the authenticator app.
    pub code: String,
}

/// Signs in. Unknown addresses take as much time as known ones.
///
/// # Errors
/// `unauthenticated` when address, password or code is wrong, or the operator is disabled; `over_request_rate_limit`
/// after too many wrong attempts.
pub async fn operator_sign_in(operators: &Operators, wanted: SignIn, client: &Client) -> Result<SignedIn> {
    let step = Step::begin();
    let signed_in = sign_in(operators, wanted, client).await;
    if signed_in.as_ref().is_err_and(|error| error.is(codes::UNAUTHENTICATED)) {
        step.end().await;
    }
    signed_in
}

async fn sign_in(operators: &Operators, wanted: SignIn, client: &Client) -> Result<SignedIn> {
    let SignIn { email, password, code } = wanted;
    let (base, email) = (&operators.base, email.trim().to_lowercase());
    let place = operator_place(&base.vault, &email, client);
    let found = base.db.system("sign in an operator").fetch_optional(store::account_by_email(&email)).await?;
    let known = match &found {
        Some(account) => place_known(&base.db, account.operator_id, place).await?,
        None => false,
    };
    let attempt = operator_try(&operators.limits, &email, known, client).await?;
    let hash = found.as_ref().and_then(|account| account.password_hash.clone());
    let right = operators.passwords.verify(&password, hash.as_ref()).await?;
    let Some(account) = found else { return Err(wrong()) };
    let opened = match right && account.is_open() {
        true => code_use(operators, &account, &code, client).await?,
        false => None,
    };
    let Some(signed_in) = opened else {
        let mut tx = base.db.system("sign in an operator").begin().await?;
        let failed = NewEntry::new("operator.sign_in_failed", account.operator_id);
        let detail = json!({ "password": if right { "right" } else { "wrong" } });
        entry_note(&mut tx, failed.detail(detail).by(account.operator_id, client)).await?;
        tx.commit().await?;
        return Err(wrong());
    };
    attempt.succeeded(&operators.limits).await?;
    Ok(signed_in)
}

/// Opens a session with the code, which is used up; none: it is wrong, or the account has changed meanwhile.
async fn code_use(operators: &Operators, seen: &Account, code: &str, client: &Client) -> Result<Option<SignedIn>> {
    let base = &operators.base;
    let mut tx = base.db.system("sign in an operator").begin().await?;
    // Hashing takes time, in which the account may have been changed.
    let Some(account) = tx.fetch_optional(store::account_lock(seen.operator_id)).await? else { return Ok(None) };
    let hash = |account: &Account| account.password_hash.as_ref().map(|hash| hash.expose().to_owned());
    let (true, Some(secret)) = (account.is_open() && hash(&account) == hash(seen), &account.totp_secret) else {
        return Ok(None);
    };
    let (key, seal_anew) = TotpKey::open(&base.vault, account.operator_id.uuid(), secret)?;
    let Some(step) = key.find_step(code, tx.now(), account.totp_step) else { return Ok(None) };
    let sealed = seal_anew.then(|| key.seal(&base.vault, account.operator_id.uuid(), &base.random));
    tx.execute(store::account_step(account.operator_id, step, sealed)).await?;
    let entry = NewEntry::new("operator.signed_in", account.operator_id).by(account.operator_id, client);
    entry_note(&mut tx, entry).await?;
    let signed_in = session_open(operators, &mut tx, account.proven()?, client).await?;
    tx.commit().await?;
    Ok(Some(signed_in))
}

fn wrong() -> Error {
    let message = "The e-mail address, the password or the code is wrong, or the account cannot be used.";
    Error::new(codes::UNAUTHENTICATED, message)
}
