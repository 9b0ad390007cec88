//! Rotation: a key gets another secret and keeps its id, name and limits, so what refers to the key stays valid.
//!
//! The new secret acts in the name of the key's user. So only that user can rotate the key, or the key itself, or a key
//! that it derives from: each of them can do everything that the key can, and ends no earlier.

use std::time::Duration;

use freehold_core::{ApiKeyId, Bounds, Error, OptionExt, Result, Secret, codes};
use freehold_db::TenantTx;
use freehold_jobs::outbox::event_publish;
use jiff::SignedDuration;

use super::{Key, KeyState, WRITE, audit, caller_check, store, within_user};
use crate::{Base, api_key::ApiKey, event::KeyRotated};

/// How long the previous secret works unless the caller says otherwise, in seconds: a day.
const OVERLAP: i64 = 86_400;
/// The longest overlap, in seconds: a week.
const LONGEST_OVERLAP: i64 = 604_800;
/// How long another server may take a previous secret for the current one: half a second for its cache, and what the
/// clocks of two servers may differ by.
const SETTLING: SignedDuration = SignedDuration::from_secs(2);

/// Replaces the secret of a key. Only this answer contains the new one. The previous secret works for another
/// `overlap_seconds`, 0 to 604,800 (a week); none: 86,400 (a day). The secret before the previous one stops working.
///
/// # Errors
/// `validation_failed` for an overlap that is too long; `permission_denied` for a key of another user, for a key that
/// the calling key did not create, and for a caller with the previous secret; `conflict` when the key does not work.
pub async fn key_rotate(
    base: &Base,
    tx: &mut TenantTx,
    id: ApiKeyId,
    overlap_seconds: Option<i64>,
) -> Result<(Key, Secret)> {
    tx.caller().allow(WRITE)?;
    let overlap = overlap(overlap_seconds)?;
    let key = tx.fetch_optional(store::key_lock(id)).await?.or_not_found("key")?;
    rotating_check(tx, &key).await?;
    let refusal = match key.state(tx.now()) {
        KeyState::Active => None,
        KeyState::Suspended => Some("The key is suspended. Have an owner adopt it first."),
        KeyState::Expired => Some("The key has expired. Create another one."),
        KeyState::Revoked => Some("The key was revoked. Create another one."),
    };
    if let Some(refusal) = refusal {
        return Err(Error::new(codes::CONFLICT, refusal));
    }
    caller_check(tx).await?;
    let secret = ApiKey::generate(key.live, &base.random);
    let new = store::NewSecretRow {
        id,
        prefix: secret.lookup_prefix(),
        digest: secret.digest(&base.vault).to_vec(),
        previous_until: tx.now().saturating_add(overlap).unwrap_or(tx.now()),
    };
    let rotated = tx.fetch_one(store::key_rotate(new)).await?;
    let event = event_publish(tx, &KeyRotated::of(&rotated)).await?;
    audit(tx, event, "key.rotated", &rotated, None).await?;
    Ok((rotated, secret.into_secret()))
}

fn overlap(seconds: Option<i64>) -> Result<SignedDuration> {
    let seconds = seconds.unwrap_or(OVERLAP);
    if (0..=LONGEST_OVERLAP).contains(&seconds) {
        return Ok(SignedDuration::from_secs(seconds));
    }
    let message = format!("expected 0 to {LONGEST_OVERLAP} seconds (a week)");
    Err(Error::invalid("/overlap_seconds", message))
}

/// Checks that the caller can do everything that the key can do, now and for as long as the new secret works.
async fn rotating_check(tx: &mut TenantTx, key: &Key) -> Result<()> {
    let caller = tx.caller().clone();
    let refuse = |message: &'static str| Err(Error::new(codes::PERMISSION_DENIED, message));
    if key.created_by.is_none() || key.created_by != caller.behind() {
        return refuse(
            "Only the key's user can rotate it, since the key acts in their name. An owner can adopt it first.",
        );
    }
    let Some(own) = caller.api_key() else { return Ok(()) };
    if !tx.fetch_one(store::key_descends(key.id, own)).await?.0 {
        return refuse("A key can rotate itself and the keys that it created, and no others.");
    }
    // The present rights of the user, who is the same, limit both keys alike. A caller with a previous secret ends
    // before the key does.
    let bounds = within_user(tx, key, key.own_bounds()?).await?;
    Bounds { role: bounds.role.min(caller.role()), ..bounds }.check_within(caller.bounds())
}

/// Rejects a key that was rotated a moment ago, when another server may not know it yet.
///
/// # Errors
/// `conflict`, with the time after which to retry.
pub(super) async fn just_rotated_check(tx: &mut TenantTx, key: ApiKeyId) -> Result<()> {
    let (rotated_at,) = tx.fetch_optional(store::key_rotated_at(key)).await?.unwrap_or((None,));
    if rotated_at.is_none_or(|at| tx.now().duration_since(at) >= SETTLING) {
        return Ok(());
    }
    let message = "The key that you call with was rotated a moment ago. Retry in two seconds with its newest secret.";
    Err(Error::new(codes::CONFLICT, message).with_retry_after(Duration::from_secs(2)))
}
