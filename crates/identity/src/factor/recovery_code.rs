//! Recovery codes: written down when a second factor is set up, each good once, for the day on which it is lost.
//!
//! They are a factor of their own kind, one of each person's, and never the only one. A code holds 80 bits of chance; of it
//! only an HMAC under the vault's pepper is stored.

mod store;

use freehold_core::{Error, Random, Result, Secret, UserId};
use freehold_db::row;
use freehold_vault::Purpose;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

pub use store::STATEMENTS;

use super::{
    RECOVERY_CODE, factor_list, factor_remove, factor_tries, factors_hold, refuse_another, store as factor_store,
    tries::note_wrong,
};
use crate::{
    Identity,
    audit_entry::{Action, audit_note},
    codes,
    session::{Client, Held, Holder, Tokens, session_step_up, sessions_revoke},
};

/// So many codes are made at once.
const COUNT: usize = 10;
/// Letters of a code, of 32 different ones: 80 bits.
const LENGTH: usize = 16;
/// Without those that are mistaken for one another.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// What the factor is called when the person does not say.
const NAME: &str = "Recovery codes";
/// What they are called among the ways in which a person showed who he is.
const METHOD: &str = "mfa/recovery_code";

row! {
    /// How many codes a person has.
    #[derive(Clone, Debug)]
    pub struct RecoveryCodes {
        /// The factor.
        pub factor: Uuid,
        /// What the person calls it.
        pub friendly_name: String,
        /// How many there were.
        pub total: i64,
        /// How many can still be used.
        pub remaining: i64,
    }
}

/// Codes that were made just now, and are shown this once.
#[derive(Clone, Debug)]
pub struct NewCodes {
    /// The factor.
    pub factor: Uuid,
    /// What the person calls it.
    pub friendly_name: String,
    /// The codes.
    pub codes: Vec<Secret>,
}

/// How many codes the person has.
///
/// # Errors
/// `mfa_factor_not_found` when there are none.
pub async fn codes_status(identity: &Identity, user: UserId) -> Result<RecoveryCodes> {
    let found = identity.db.system("count own recovery codes").fetch_optional(store::codes_find(user)).await?;
    found.ok_or_else(none)
}

/// Makes the person's codes.
///
/// # Errors
/// `mfa_verified_factor_exists` when there are some, `insufficient_aal` when the session has not shown a second factor,
/// `mfa_recovery_codes_sole_factor` when the person has none; what stands against any other factor.
pub async fn codes_generate(
    identity: &Identity,
    holder: Holder,
    friendly_name: &str,
    client: &Client,
) -> Result<NewCodes> {
    let now = identity.clock.now();
    let mut tx = identity.db.system("make recovery codes").begin().await?;
    let held = factors_hold(identity, &mut tx, holder).await?;
    admit(identity, &held, "AAL2 required to generate recovery codes")?;
    if tx.fetch_optional(store::codes_find(held.user.id)).await?.is_some() {
        let message = "Recovery codes are already enrolled for this user, use regenerate to rotate them";
        return Err(Error::new(codes::MFA_VERIFIED_FACTOR_EXISTS, message));
    }
    let friendly_name = if friendly_name.is_empty() { NAME } else { friendly_name };
    refuse_another(identity, &mut tx, &held, friendly_name, now).await?;
    let factors = factor_list(&mut tx, held.user.id).await?;
    if !factors.iter().any(|factor| factor.verified && factor.kind != RECOVERY_CODE) {
        let message = "At least one other verified factor is required to generate recovery codes";
        return Err(Error::new(codes::MFA_RECOVERY_CODES_SOLE_FACTOR, message));
    }
    let factor = identity.ids.next::<()>().uuid();
    let insert = factor_store::factor_insert(factor, held.user.id, RECOVERY_CODE, "verified", friendly_name, None, now);
    tx.execute(insert).await?;
    let codes = codes_make(identity, &mut tx, held.user.id, factor, now).await?;
    let traits = json!({ "factor_id": factor, "count": codes.len() });
    audit_note(identity, &mut tx, Action::RecoveryCodesGenerated, &held.user, traits, client).await?;
    tx.commit().await?;
    Ok(NewCodes { factor, friendly_name: friendly_name.to_owned(), codes })
}

/// Replaces the person's codes, and forgives wrong tries.
///
/// # Errors
/// `mfa_factor_not_found` when there are none, `insufficient_aal` when the session has not shown a second factor.
pub async fn codes_regenerate(identity: &Identity, holder: Holder, client: &Client) -> Result<NewCodes> {
    let now = identity.clock.now();
    let mut tx = identity.db.system("replace recovery codes").begin().await?;
    let held = factors_hold(identity, &mut tx, holder).await?;
    admit(identity, &held, "AAL2 required to regenerate recovery codes")?;
    let found = tx.fetch_optional(store::codes_find(held.user.id)).await?.ok_or_else(none)?;
    tx.execute(store::codes_delete(found.factor)).await?;
    let codes = codes_make(identity, &mut tx, held.user.id, found.factor, now).await?;
    tx.execute(factor_store::factor_forgive(found.factor, now)).await?;
    let traits = json!({ "factor_id": found.factor, "count": codes.len() });
    audit_note(identity, &mut tx, Action::RecoveryCodesRegenerated, &held.user, traits, client).await?;
    tx.commit().await?;
    Ok(NewCodes { factor: found.factor, friendly_name: found.friendly_name, codes })
}

/// Uses a code up: the session has shown a second factor from now on, as by a code of an app.
///
/// # Errors
/// `mfa_verification_failed`, also when there are no codes; `mfa_recovery_codes_locked` after too many wrong ones.
pub async fn codes_verify(identity: &Identity, holder: Holder, code: &str, client: &Client) -> Result<Tokens> {
    if !identity.settings.auth.factors.recovery_codes {
        let message = "MFA verification is disabled for recovery codes";
        return Err(Error::new(codes::MFA_RECOVERY_CODES_VERIFY_NOT_ENABLED, message));
    }
    let wrong = || Error::new(codes::MFA_VERIFICATION_FAILED, "Invalid recovery code entered");
    let now = identity.clock.now();
    let mut tx = identity.db.system("use a recovery code").begin().await?;
    let held = factors_hold(identity, &mut tx, holder).await?;
    let found = tx.fetch_optional(store::codes_find(held.user.id)).await?.ok_or_else(wrong)?;
    let tries = factor_tries(&mut tx, held.user.id, found.factor).await?;
    let message = "Too many failed verification attempts, try again later";
    tries.admit(now, codes::MFA_RECOVERY_CODES_LOCKED, message)?;
    let digests = digests(identity, held.user.id, &normalize(code));
    if tx.fetch_optional(store::code_use(found.factor, digests, now)).await?.is_none() {
        note_wrong(&mut tx, found.factor, tries, now).await?;
        tx.commit().await?;
        return Err(wrong());
    }
    tx.execute(factor_store::factor_forgive(found.factor, now)).await?;
    let traits = json!({ "factor_id": found.factor, "remaining": found.remaining - 1 });
    audit_note(identity, &mut tx, Action::RecoveryCodesVerified, &held.user, traits, client).await?;
    let stepped_up = session_step_up(identity, &mut tx, held, found.factor, METHOD).await?;
    tx.commit().await?;
    sessions_revoke(identity, &stepped_up.ended);
    Ok(stepped_up.tokens)
}

/// Takes the person's codes away; which factor they were. Sessions that had shown one have shown one factor only.
///
/// # Errors
/// `mfa_factor_not_found` when there are none, `insufficient_aal` when the session has not shown a second factor.
pub async fn codes_delete(identity: &Identity, holder: Holder, client: &Client) -> Result<Uuid> {
    let now = identity.clock.now();
    let mut tx = identity.db.system("take recovery codes away").begin().await?;
    let held = factors_hold(identity, &mut tx, holder).await?;
    if !held.has_second_factor() {
        return Err(Error::new(codes::AAL2_REQUIRED, "AAL2 required to delete recovery codes"));
    }
    let found = tx.fetch_optional(store::codes_find(held.user.id)).await?.ok_or_else(none)?;
    factor_remove(&mut tx, held.user.id, found.factor, now).await?;
    let traits = json!({ "factor_id": found.factor });
    audit_note(identity, &mut tx, Action::RecoveryCodesDeleted, &held.user, traits, client).await?;
    tx.commit().await?;
    Ok(found.factor)
}

fn admit(identity: &Identity, held: &Held, message: &'static str) -> Result<()> {
    if !identity.settings.auth.factors.recovery_codes {
        let message = "MFA enroll is disabled for recovery codes";
        return Err(Error::new(codes::MFA_RECOVERY_CODES_ENROLL_NOT_ENABLED, message));
    }
    if held.has_second_factor() { Ok(()) } else { Err(Error::new(codes::AAL2_REQUIRED, message)) }
}

fn none() -> Error {
    Error::new(codes::MFA_FACTOR_NOT_FOUND, "The user has not enrolled recovery codes")
}

async fn codes_make(
    identity: &Identity,
    tx: &mut freehold_db::SystemTx,
    user: UserId,
    factor: Uuid,
    now: Timestamp,
) -> Result<Vec<Secret>> {
    let made: Vec<Secret> = (0..COUNT).map(|_| code_generate(&identity.random)).collect();
    let ids = made.iter().map(|_| identity.ids.next::<()>().uuid()).collect();
    let digest = |code: &Secret| identity.vault.mac(Purpose::SecondFactor, &message(user, code.expose())).to_vec();
    let digests = made.iter().map(digest).collect();
    tx.execute(store::codes_insert(ids, factor, digests, now)).await?;
    Ok(made)
}

fn code_generate(random: &Random) -> Secret {
    // 32 letters, so every byte gives each of them equally often.
    let bytes = Zeroizing::new(random.bytes::<LENGTH>());
    let code: Zeroizing<String> =
        Zeroizing::new(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect());
    Secret::new(code.as_str())
}

/// What a person typed, in the form in which codes are made.
fn normalize(code: &str) -> Zeroizing<String> {
    let kept = code.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').take(LENGTH + 1);
    Zeroizing::new(kept.map(|letter| letter.to_ascii_lowercase()).collect())
}

/// The code's digests, also under older master keys.
fn digests(identity: &Identity, user: UserId, code: &str) -> Vec<Vec<u8>> {
    let message = message(user, code);
    identity.vault.macs(Purpose::SecondFactor, &message).map(|digest| digest.to_vec()).collect()
}

/// What is digested: the same code of somebody else's has another digest.
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
