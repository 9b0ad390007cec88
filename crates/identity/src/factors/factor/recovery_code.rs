//! Recovery codes: saved when a second factor is set up, and each valid once, for a user who has lost that factor.
//!
//! They are a factor of their own type; a user has at most one such factor, and never as the only factor. A code has 80
//! random bits; only an HMAC of it under the vault's pepper is stored.

mod store;

use freehold_core::{Error, Random, Result, Secret, UserId};
use freehold_db::{Db, row};
use freehold_vault::Vault;
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

pub use store::STATEMENTS;

use super::{
    RECOVERY_CODE, factor_list, factor_remove, factor_tries, factors_hold, refuse_another, store as factor_store,
    tries::note_wrong,
};
use crate::{
    Base, Settings,
    audit_entry::{Action, audit_note},
    codes,
    purposes::SECOND_FACTOR,
    session::{Client, Held, Holder, Sessions, Tokens, session_step_up, sessions_revoke},
};

/// Number of codes that are created at once.
const COUNT: usize = 10;
/// Characters of a code, each one of 32: 80 bits.
const LENGTH: usize = 16;
/// Without characters that are easily confused.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Name of the factor when the user gives none.
const NAME: &str = "Recovery codes";
/// Name of the method in the session's authentication methods.
const METHOD: &str = "mfa/recovery_code";

row! {
    /// A user's recovery codes, counted.
    #[derive(Clone, Debug)]
    pub struct RecoveryCodes {
        /// Id of the factor.
        pub factor: Uuid,
        /// Name that the user gave it.
        pub friendly_name: String,
        /// Number of codes that were created.
        pub total: i64,
        /// Number of codes that are still unused.
        pub remaining: i64,
    }
}

/// Codes just created; they are shown only this once.
#[derive(Clone, Debug)]
pub struct NewCodes {
    /// Id of the factor.
    pub factor: Uuid,
    /// Name that the user gave it.
    pub friendly_name: String,
    /// The codes in plain text.
    pub codes: Vec<Secret>,
}

/// How many codes the user has.
///
/// # Errors
/// `mfa_factor_not_found` when there are none.
pub async fn codes_status(db: &Db, user: UserId) -> Result<RecoveryCodes> {
    let found = db.system("count own recovery codes").fetch_optional(store::codes_find(user)).await?;
    found.ok_or_else(none)
}

/// Creates the user's codes.
///
/// # Errors
/// `mfa_verified_factor_exists` when the user has codes, `insufficient_aal` when the session has not used a second
/// factor, `mfa_recovery_codes_sole_factor` when the user has no other factor; and the errors of enrolling any other
/// factor.
pub async fn codes_generate(base: &Base, holder: Holder, friendly_name: &str, client: &Client) -> Result<NewCodes> {
    let mut tx = base.db.system("create recovery codes").begin().await?;
    let held = factors_hold(&base.settings, &mut tx, holder).await?;
    admit(&base.settings, &held, "AAL2 required to generate recovery codes")?;
    if tx.fetch_optional(store::codes_find(held.user.id)).await?.is_some() {
        let message = "Recovery codes are already enrolled for this user, use regenerate to rotate them";
        return Err(Error::new(codes::MFA_VERIFIED_FACTOR_EXISTS, message));
    }
    let friendly_name = if friendly_name.is_empty() { NAME } else { friendly_name };
    refuse_another(&base.settings, &mut tx, &held, friendly_name).await?;
    let factors = factor_list(&mut tx, held.user.id).await?;
    if !factors.iter().any(|factor| factor.verified && factor.kind != RECOVERY_CODE) {
        let message = "At least one other verified factor is required to generate recovery codes";
        return Err(Error::new(codes::MFA_RECOVERY_CODES_SOLE_FACTOR, message));
    }
    let factor = tx.id::<()>().uuid();
    let insert = factor_store::factor_insert(factor, held.user.id, RECOVERY_CODE, "verified", friendly_name, None);
    tx.execute(insert).await?;
    let codes = codes_make(base, &mut tx, held.user.id, factor).await?;
    let traits = json!({ "factor_id": factor, "count": codes.len() });
    audit_note(&mut tx, Action::RecoveryCodesGenerated, &held.user, traits, client).await?;
    tx.commit().await?;
    Ok(NewCodes { factor, friendly_name: friendly_name.to_owned(), codes })
}

/// Replaces the user's codes, and resets the count of wrong attempts.
///
/// # Errors
/// `mfa_factor_not_found` when there are none, `insufficient_aal` when the session has not used a second factor.
pub async fn codes_regenerate(base: &Base, holder: Holder, client: &Client) -> Result<NewCodes> {
    let mut tx = base.db.system("replace recovery codes").begin().await?;
    let held = factors_hold(&base.settings, &mut tx, holder).await?;
    admit(&base.settings, &held, "AAL2 required to regenerate recovery codes")?;
    let found = tx.fetch_optional(store::codes_find(held.user.id)).await?.ok_or_else(none)?;
    tx.execute(store::codes_delete(found.factor)).await?;
    let codes = codes_make(base, &mut tx, held.user.id, found.factor).await?;
    tx.execute(factor_store::factor_forgive(found.factor)).await?;
    let traits = json!({ "factor_id": found.factor, "count": codes.len() });
    audit_note(&mut tx, Action::RecoveryCodesRegenerated, &held.user, traits, client).await?;
    tx.commit().await?;
    Ok(NewCodes { factor: found.factor, friendly_name: found.friendly_name, codes })
}

/// Uses up a code: from now on the session has two factors, as with a code of an app.
///
/// # Errors
/// `mfa_verification_failed`, also when there are no codes; `mfa_recovery_codes_locked` after too many wrong ones.
pub async fn codes_verify(sessions: &Sessions, holder: Holder, code: &str, client: &Client) -> Result<Tokens> {
    if !sessions.base.settings.auth.factors.recovery_codes {
        let message = "MFA verification is disabled for recovery codes";
        return Err(Error::new(codes::MFA_RECOVERY_CODES_VERIFY_NOT_ENABLED, message));
    }
    let wrong = || Error::new(codes::MFA_VERIFICATION_FAILED, "Invalid recovery code entered");
    let mut tx = sessions.base.db.system("use a recovery code").begin().await?;
    let now = tx.now();
    let held = factors_hold(&sessions.base.settings, &mut tx, holder).await?;
    let found = tx.fetch_optional(store::codes_find(held.user.id)).await?.ok_or_else(wrong)?;
    let tries = factor_tries(&mut tx, held.user.id, found.factor).await?;
    let message = "Too many failed verification attempts, try again later";
    tries.admit(now, codes::MFA_RECOVERY_CODES_LOCKED, message)?;
    let digests = digests(&sessions.base.vault, held.user.id, &normalize(code));
    if tx.fetch_optional(store::code_use(found.factor, digests)).await?.is_none() {
        note_wrong(&mut tx, found.factor, tries).await?;
        tx.commit().await?;
        return Err(wrong());
    }
    tx.execute(factor_store::factor_forgive(found.factor)).await?;
    let traits = json!({ "factor_id": found.factor, "remaining": found.remaining - 1 });
    audit_note(&mut tx, Action::RecoveryCodesVerified, &held.user, traits, client).await?;
    let stepped_up = session_step_up(sessions, &mut tx, held, found.factor, METHOD).await?;
    tx.commit().await?;
    sessions_revoke(&sessions.verifier, &stepped_up.ended);
    Ok(stepped_up.tokens)
}

/// Deletes the user's codes and returns the id of their factor. Sessions that used one fall back to one factor.
///
/// # Errors
/// `mfa_factor_not_found` when there are none, `insufficient_aal` when the session has not used a second factor.
pub async fn codes_delete(base: &Base, holder: Holder, client: &Client) -> Result<Uuid> {
    let mut tx = base.db.system("delete recovery codes").begin().await?;
    let held = factors_hold(&base.settings, &mut tx, holder).await?;
    if !held.has_second_factor() {
        return Err(Error::new(codes::AAL2_REQUIRED, "AAL2 required to delete recovery codes"));
    }
    let found = tx.fetch_optional(store::codes_find(held.user.id)).await?.ok_or_else(none)?;
    factor_remove(&mut tx, held.user.id, found.factor).await?;
    let traits = json!({ "factor_id": found.factor });
    audit_note(&mut tx, Action::RecoveryCodesDeleted, &held.user, traits, client).await?;
    tx.commit().await?;
    Ok(found.factor)
}

fn admit(settings: &Settings, held: &Held, message: &'static str) -> Result<()> {
    if !settings.auth.factors.recovery_codes {
        let message = "MFA enroll is disabled for recovery codes";
        return Err(Error::new(codes::MFA_RECOVERY_CODES_ENROLL_NOT_ENABLED, message));
    }
    if held.has_second_factor() { Ok(()) } else { Err(Error::new(codes::AAL2_REQUIRED, message)) }
}

fn none() -> Error {
    Error::new(codes::MFA_FACTOR_NOT_FOUND, "The user has not enrolled recovery codes")
}

async fn codes_make(base: &Base, tx: &mut freehold_db::SystemTx, user: UserId, factor: Uuid) -> Result<Vec<Secret>> {
    let made: Vec<Secret> = (0..COUNT).map(|_| code_generate(&base.random)).collect();
    let ids = made.iter().map(|_| tx.id::<()>().uuid()).collect();
    let digest = |code: &Secret| base.vault.mac(SECOND_FACTOR, &message(user, code.expose())).to_vec();
    let digests = made.iter().map(digest).collect();
    tx.execute(store::codes_insert(ids, factor, digests)).await?;
    Ok(made)
}

fn code_generate(random: &Random) -> Secret {
    // The alphabet has 32 characters, so random bytes select each of them equally often.
    let bytes = Zeroizing::new(random.bytes::<LENGTH>());
    let code: Zeroizing<String> =
        Zeroizing::new(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect());
    Secret::new(code.as_str())
}

/// A typed code, in the form in which codes are created.
fn normalize(code: &str) -> Zeroizing<String> {
    let kept = code.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').take(LENGTH + 1);
    Zeroizing::new(kept.map(|letter| letter.to_ascii_lowercase()).collect())
}

/// The code's digests, under the current and under older master keys.
fn digests(vault: &Vault, user: UserId, code: &str) -> Vec<Vec<u8>> {
    let message = message(user, code);
    vault.macs(SECOND_FACTOR, &message).map(|digest| digest.to_vec()).collect()
}

/// The text that is digested. It includes the user, so the same code of another user has another digest.
fn message(user: UserId, code: &str) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(format!("recovery_code\0{user}\0{code}").into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_long_different_and_easy_to_type() {
        let random = Random::seeded(3);
        let codes: Vec<String> = (0..100).map(|_| code_generate(&random).expose().to_owned()).collect();
        let different: std::collections::HashSet<_> = codes.iter().collect();
        assert_eq!(different.len(), codes.len());
        for code in &codes {
            assert_eq!(code.len(), LENGTH);
            assert!(code.bytes().all(|letter| ALPHABET.contains(&letter)), "{code}");
        }
    }

    #[test]
    fn people_may_type_them_in_groups_and_in_capitals() {
        for typed in ["abcdefghijkmnpqr", "ABCD-EFGH-IJKM-NPQR", " abcd efgh\tijkm npqr\n"] {
            assert_eq!(normalize(typed).as_str(), "abcdefghijkmnpqr");
        }
        assert_eq!(normalize(&"x".repeat(1_000_000)).len(), LENGTH + 1);
        assert_eq!(normalize(" - ").as_str(), "");
    }
}
