//! Second factors: the codes of an authenticator app.
//!
//! Read in this order: [`factor_enroll`] starts one, [`factor_challenge`] creates a challenge, [`factor_verify`] checks
//! the code and raises the session's assurance level, [`factor_unenroll`] removes the factor. `totp` computes the
//! codes, `tries` slows down guessing; [`recovery_code`]s replace a factor that was lost.

pub mod recovery_code;
mod store;
mod totp;
mod tries;

use freehold_core::{Error, Random, Result, Secret, UserId, codes as core_codes};
use freehold_db::{SystemTx, row};
use freehold_vault::Vault;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use url::{Position, Url};
use uuid::Uuid;

pub use store::STATEMENTS;

pub use super::enrolled::{Factor, factor_list};

use crate::{
    Base, Settings,
    audit_entry::{Action, audit_note},
    codes,
    session::{
        Client, Held, Holder, Sessions, Tokens, session_hold, session_step_up, sessions_revoke, sessions_step_down,
    },
};
use store::factor_insert;
pub use totp::{TotpKey, qr_code};
use tries::{Tries, note_wrong};

/// Lifetime of a challenge.
const CHALLENGE_LIFE: SignedDuration = SignedDuration::from_mins(5);
/// Longest name of a factor, in characters.
const NAME_MAX: usize = 120;
/// Type of an authenticator app.
const TOTP: &str = "totp";
/// Type of recovery codes.
const RECOVERY_CODE: &str = "recovery_code";

row! {
    struct FactorRow {
        id: Uuid,
        kind: String,
        verified: bool,
        secret: Option<String>,
        last_step: Option<i64>,
        failed_attempts: i32,
        locked_until: Option<Timestamp>,
    }
}

row! {
    struct ChallengeRow {
        created_at: Timestamp,
        used: bool,
        ip: String,
    }
}

/// An authenticator app to enroll.
#[derive(Clone, Debug, Default)]
pub struct NewFactor {
    /// Name that the user gives it.
    pub friendly_name: String,
    /// Issuer name shown in the app; empty: the site's host.
    pub issuer: String,
}

/// An enrolled authenticator app whose first code is still to be verified.
#[derive(Clone, Debug)]
pub struct Enrolled {
    /// Id of the factor.
    pub id: Uuid,
    /// Name that the user gave it.
    pub friendly_name: String,
    /// The key in base32, to type into the app.
    pub secret: Secret,
    /// `otpauth://totp/…` URI, for apps.
    pub uri: Secret,
    /// The URI as a QR code, in SVG.
    pub qr_code: Secret,
}

/// A challenge that a code answers.
#[derive(Clone, Debug)]
pub struct Challenge {
    /// Id of the challenge; the client sends it with the code.
    pub id: Uuid,
    /// Type of the factor.
    pub kind: String,
    /// Expiry of the challenge.
    pub expires_at: Timestamp,
}

/// Enrolls an authenticator app. It counts as a second factor once a code of it was verified.
///
/// # Errors
/// `mfa_totp_enroll_not_enabled`, `mfa_factor_name_conflict`, `too_many_enrolled_mfa_factors`, and `insufficient_aal`
/// when the user has a verified factor and this session has not used it.
pub async fn factor_enroll(base: &Base, holder: Holder, new: NewFactor, client: &Client) -> Result<Enrolled> {
    if !base.settings.auth.factors.totp {
        return Err(Error::new(codes::MFA_TOTP_ENROLL_NOT_ENABLED, "MFA enroll is disabled for TOTP"));
    }
    name_check("issuer", &new.issuer)?;
    let mut tx = base.db.system("begin a second factor").begin().await?;
    let held = factors_hold(&base.settings, &mut tx, holder).await?;
    refuse_another(&base.settings, &mut tx, &held, &new.friendly_name).await?;
    let id = tx.id::<()>().uuid();
    let key = TotpKey::generate(&base.random);
    let sealed = key.seal(&base.vault, id, &base.random);
    let issuer = if new.issuer.is_empty() { site_host(&base.settings.site_url) } else { new.issuer };
    let account = if held.user.email.is_empty() { &held.user.phone } else { &held.user.email };
    let uri = key.uri(&issuer, account);
    let qr_code = qr_code(&uri)?;
    let insert = factor_insert(id, held.user.id, TOTP, "unverified", &new.friendly_name, Some(sealed));
    tx.execute(insert).await?;
    let traits = json!({ "factor_id": id, "factor_type": TOTP });
    audit_note(&mut tx, Action::FactorEnrolled, &held.user, traits, client).await?;
    tx.commit().await?;
    Ok(Enrolled { id, friendly_name: new.friendly_name, secret: key.to_base32(), uri, qr_code })
}

/// Host and port of the site, as apps show them.
fn site_host(site_url: &str) -> String {
    Url::parse(site_url).map(|url| url[Position::BeforeHost..Position::AfterPort].to_owned()).unwrap_or_default()
}

/// Creates a challenge for a code of the factor.
///
/// # Errors
/// `mfa_factor_not_found`.
pub async fn factor_challenge(base: &Base, holder: Holder, factor: Uuid, client: &Client) -> Result<Challenge> {
    let mut tx = base.db.system("ask for a second factor").begin().await?;
    let now = tx.now();
    let held = factors_hold(&base.settings, &mut tx, holder).await?;
    let factor = factor_lock(&mut tx, held.user.id, factor).await?;
    codes_only(&base.settings, &factor)?;
    let id = tx.id::<()>().uuid();
    tx.execute(store::challenge_insert(id, factor.id, &address(client))).await?;
    tx.execute(store::factor_challenged(factor.id)).await?;
    let status = if factor.verified { "verified" } else { "unverified" };
    let traits = json!({ "factor_id": factor.id, "factor_status": status });
    audit_note(&mut tx, Action::ChallengeCreated, &held.user, traits, client).await?;
    tx.commit().await?;
    Ok(Challenge { id, kind: factor.kind, expires_at: now.saturating_add(CHALLENGE_LIFE).unwrap_or(now) })
}

/// Verifies a code. From now on the session has two factors, and gets new tokens. The user's sessions with one factor
/// end, because one of them may be a thief's.
///
/// # Errors
/// `mfa_factor_not_found`, `mfa_ip_address_mismatch`, `mfa_challenge_expired`, `mfa_verification_failed`, and
/// `over_request_rate_limit` after too many wrong codes.
pub async fn factor_verify(
    sessions: &Sessions,
    holder: Holder,
    factor: Uuid,
    challenge: Uuid,
    code: &str,
    client: &Client,
) -> Result<Tokens> {
    let mut tx = sessions.base.db.system("show a second factor").begin().await?;
    let now = tx.now();
    let held = factors_hold(&sessions.base.settings, &mut tx, holder).await?;
    let factor = factor_lock(&mut tx, held.user.id, factor).await?;
    codes_only(&sessions.base.settings, &factor)?;
    if !factor.verified {
        // Verifying it adds another sign-in factor.
        held.guard(&mut tx, codes::AAL2_REQUIRED, "AAL2 required to enroll a new factor").await?;
    }
    let mut tx = challenge_check(tx, &factor, challenge, client).await?;
    let tries = Tries { failed: factor.failed_attempts, locked_until: factor.locked_until };
    tries.admit(now, codes::OVER_REQUEST_RATE_LIMIT, "Too many wrong codes; wait before you try again")?;
    let stored = factor.secret.as_deref().ok_or_else(|| Error::internal("a factor without a secret"))?;
    let (key, seal_anew) = TotpKey::open(&sessions.base.vault, factor.id, stored)?;
    let Some(step) = key.find_step(code, now, factor.last_step) else {
        note_wrong(&mut tx, factor.id, tries).await?;
        tx.commit().await?;
        return Err(Error::new(codes::MFA_VERIFICATION_FAILED, "Invalid TOTP code entered"));
    };
    let secret = seal_anew.then(|| key.seal(&sessions.base.vault, factor.id, &sessions.base.random));
    tx.execute(store::challenge_used(challenge)).await?;
    tx.execute(store::factor_verified(factor.id, step, secret)).await?;
    tx.execute(store::factors_delete_unverified(held.user.id, TOTP)).await?;
    let traits = json!({ "factor_id": factor.id, "challenge_id": challenge, "factor_type": TOTP });
    audit_note(&mut tx, Action::VerificationAttempted, &held.user, traits, client).await?;
    let stepped_up = session_step_up(sessions, &mut tx, held, factor.id, TOTP).await?;
    tx.commit().await?;
    sessions_revoke(&sessions.verifier, &stepped_up.ended);
    Ok(stepped_up.tokens)
}

/// Rejects an answer that does not belong to this challenge. Deletes the challenge if it has expired.
async fn challenge_check(mut tx: SystemTx, factor: &FactorRow, challenge: Uuid, client: &Client) -> Result<SystemTx> {
    let now = tx.now();
    let found = tx.fetch_optional(store::challenge_find(factor.id, challenge)).await?;
    let message = "MFA factor with the provided challenge ID not found";
    let found = found.ok_or_else(|| Error::new(codes::MFA_CHALLENGE_NOT_FOUND, message))?;
    if found.used || found.ip != address(client) {
        let message = "Challenge and verify IP addresses mismatch.";
        return Err(Error::new(codes::MFA_IP_ADDRESS_MISMATCH, message));
    }
    if now.duration_since(found.created_at) > CHALLENGE_LIFE {
        tx.execute(store::challenge_delete(challenge)).await?;
        tx.commit().await?;
        let message = format!(
            "MFA challenge {challenge} has expired, verify against another challenge or create a new challenge."
        );
        return Err(Error::new(codes::MFA_CHALLENGE_EXPIRED, message));
    }
    Ok(tx)
}

/// Removes a factor. Sessions that used it fall back to one factor.
///
/// # Errors
/// `mfa_factor_not_found`; `insufficient_aal` when the factor is verified and this session has not used a second
/// factor;
/// `mfa_recovery_codes_sole_factor` when only recovery codes would be left.
pub async fn factor_unenroll(base: &Base, holder: Holder, factor: Uuid, client: &Client) -> Result<()> {
    let mut tx = base.db.system("delete a second factor").begin().await?;
    let held = factors_hold(&base.settings, &mut tx, holder).await?;
    let factor = factor_lock(&mut tx, held.user.id, factor).await?;
    if factor.kind == RECOVERY_CODE {
        let message = "Recovery codes cannot be unenrolled with this endpoint, use DELETE /factors/recovery-codes";
        return Err(Error::new(core_codes::VALIDATION_FAILED, message));
    }
    if factor.verified {
        held.guard(&mut tx, codes::INSUFFICIENT_AAL, "AAL2 required to unenroll verified factor").await?;
        let left = factor_list(&mut tx, held.user.id).await?;
        let others = left.iter().any(|other| other.id != factor.id && other.verified && other.kind != RECOVERY_CODE);
        if !others && left.iter().any(|other| other.kind == RECOVERY_CODE) {
            let message = "Recovery codes cannot be the only verified factor. Please enroll another factor before \
                           unenrolling this one or delete your recovery codes.";
            return Err(Error::new(codes::MFA_RECOVERY_CODES_SOLE_FACTOR, message));
        }
    }
    factor_remove(&mut tx, held.user.id, factor.id).await?;
    let status = if factor.verified { "verified" } else { "unverified" };
    let traits = json!({ "factor_id": factor.id, "factor_status": status, "session_id": held.session() });
    audit_note(&mut tx, Action::FactorUnenrolled, &held.user, traits, client).await?;
    tx.commit().await
}

/// Removes a factor, whatever factors the session has used: for administrators and for [`factor_unenroll`]. Sessions
/// that used it fall back to one factor. Returns whether the factor existed.
pub async fn factor_remove(tx: &mut SystemTx, user: UserId, factor: Uuid) -> Result<bool> {
    let Some((kind,)) = tx.fetch_optional(store::factor_delete(user, factor)).await? else { return Ok(false) };
    let method = match kind.as_str() {
        TOTP => TOTP.to_owned(),
        other => format!("mfa/{other}"),
    };
    sessions_step_down(tx, user, factor, &method).await?;
    Ok(true)
}

/// Seals an imported base32 key for this factor; none: the text is not a key.
pub(crate) fn totp_secret_seal(vault: &Vault, random: &Random, factor: Uuid, base32: &str) -> Option<String> {
    TotpKey::from_base32(base32).map(|key| key.seal(vault, factor, random))
}

/// Locks the user's factors and the session. Every operation that changes factors takes these locks first, so that no
/// deadlock can occur.
///
/// # Errors
/// `no_authorization` for an anonymous user.
pub(crate) async fn factors_hold(settings: &Settings, tx: &mut SystemTx, holder: Holder) -> Result<Held> {
    tx.fetch_optional(store::person_lock(holder.user)).await?;
    let held = session_hold(settings, tx, holder).await?;
    if held.user.is_anonymous {
        let message = "Anonymous user not allowed to perform these actions";
        return Err(Error::new(codes::ANONYMOUS_NOT_ALLOWED, message));
    }
    Ok(held)
}

/// Rejects a factor above the limit, a name that is taken, and a session that has not used the user's second factor.
async fn refuse_another(settings: &Settings, tx: &mut SystemTx, held: &Held, friendly_name: &str) -> Result<()> {
    let now = tx.now();
    name_check("friendly_name", friendly_name)?;
    let before = now.saturating_sub(CHALLENGE_LIFE).unwrap_or(now);
    tx.execute(store::factors_forget(held.user.id, before)).await?;
    let factors = factor_list(tx, held.user.id).await?;
    if factors.iter().any(|factor| factor.friendly_name == friendly_name) {
        let message = format!("A factor with the friendly name {friendly_name:?} for this user already exists");
        return Err(Error::new(codes::MFA_FACTOR_NAME_CONFLICT, message));
    }
    if i64::try_from(factors.len()).unwrap_or(i64::MAX) >= settings.auth.factors.most {
        let message = "Maximum number of verified factors reached, unenroll to continue";
        return Err(Error::new(codes::TOO_MANY_ENROLLED_MFA_FACTORS, message));
    }
    held.guard(tx, codes::AAL2_REQUIRED, "AAL2 required to enroll a new factor").await
}

/// Rejects a name with characters that cannot be read.
pub(crate) fn name_check(field: &str, name: &str) -> Result<()> {
    if name.chars().count() > NAME_MAX || name.contains(char::is_control) {
        let message = format!("{field} must be {NAME_MAX} characters or less, without control characters");
        return Err(Error::new(core_codes::VALIDATION_FAILED, message));
    }
    Ok(())
}

async fn factor_lock(tx: &mut SystemTx, user: UserId, factor: Uuid) -> Result<FactorRow> {
    let found = tx.fetch_optional(store::factor_lock(user, factor)).await?;
    found.ok_or_else(|| Error::new(codes::MFA_FACTOR_NOT_FOUND, "Factor not found"))
}

/// The wrong attempts at a factor of the user, locked.
async fn factor_tries(tx: &mut SystemTx, user: UserId, factor: Uuid) -> Result<Tries> {
    let factor = factor_lock(tx, user, factor).await?;
    Ok(Tries { failed: factor.failed_attempts, locked_until: factor.locked_until })
}

/// Rejects factors that are not verified by a code of an authenticator app.
fn codes_only(settings: &Settings, factor: &FactorRow) -> Result<()> {
    if factor.kind != TOTP {
        return Err(Error::new(core_codes::VALIDATION_FAILED, "factor_type needs to be totp, phone, or webauthn"));
    }
    if !settings.auth.factors.totp {
        return Err(Error::new(codes::MFA_TOTP_VERIFY_NOT_ENABLED, "MFA verification is disabled for TOTP"));
    }
    Ok(())
}

/// The client's address, which must be the same for challenge and code.
fn address(client: &Client) -> String {
    client.address().unwrap_or_else(|| "0.0.0.0".to_owned())
}
