//! Converts the columns of a row to the record that is stored.
//!
//! A row is refused only when it has no valid id. Any other invalid field is left out or shortened, and reported.

mod field;

use freehold_core::{EmailAddress, HiddenCharacter, UserId};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Columns;
use crate::{HOUSE, PeopleOf, factor::totp_secret_seal, password::hash_check, signing::Keeper};
use field::{Moment, Reader};

/// Longest authenticator secret that is accepted, in characters.
const SECRET_CHARS_MAX: usize = 256;

/// Most bytes of an address, a phone number or a name that are kept.
const TEXT_BYTES_MAX: usize = 255;

/// A row as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) id: Uuid,
    /// Input for `jsonb_to_recordset`.
    pub(super) kept: Value,
    /// The fields that were left out or changed.
    pub(super) remarks: Vec<String>,
}

/// Why a row cannot be stored.
type Refusal = String;

/// Reads a user.
pub(super) fn user_read(columns: &Columns, people: PeopleOf, now: Timestamp) -> Result<Record, Refusal> {
    let mut row = Reader::new(columns);
    let id = row.uuid("id")?;
    let deleted = match row.moment("deleted_at") {
        Moment::None => None,
        Moment::At(at) => Some(at),
        // A deleted user stays deleted, even when the time of deletion is invalid.
        Moment::Always | Moment::Never | Moment::Odd => {
            row.remark("its deleted_at is no time: it counts as deleted now");
            Some(now)
        }
    };
    let email = if deleted.is_some() { row.short_text("email") } else { address(&mut row) };
    let password = match row.text("encrypted_password").map(|hash| (hash, hash_check(hash))) {
        None => None,
        Some((hash, Ok(()))) => Some(hash),
        Some((_, Err(problem))) => {
            row.remark(format!("has no password here: {problem}"));
            None
        }
    };
    let is_sso_user = row.boolean("is_sso_user");
    if is_sso_user {
        row.remark("signs in by SAML, which is not offered here");
    }
    let created = row.time("created_at").unwrap_or(now);
    let updated = row.time("updated_at").unwrap_or(created);
    let realm = match people {
        PeopleOf::House => HOUSE.uuid(),
        // A user who signs up without an invitation creates a tenant, which has the user's id.
        PeopleOf::PerTenant => UserId::new(id).uuid(),
    };
    let record = json!({
        "id": id,
        "instance_id": realm,
        "aud": row.short_text("aud").unwrap_or_else(|| "authenticated".to_owned()),
        "role": row.short_text("role").unwrap_or_else(|| "authenticated".to_owned()),
        "email": email,
        "encrypted_password": password,
        "email_confirmed_at": row.confirmed("email_confirmed_at", created).filter(|_| email.is_some()),
        "invited_at": row.time("invited_at"),
        "raw_app_meta_data": row.metadata("raw_app_meta_data"),
        "raw_user_meta_data": row.metadata("raw_user_meta_data"),
        "created_at": created,
        "updated_at": updated,
        "phone": row.short_text("phone"),
        "phone_confirmed_at": row.confirmed("phone_confirmed_at", created),
        "banned_until": row.banned(),
        "is_sso_user": is_sso_user,
        "deleted_at": deleted,
        "is_anonymous": row.boolean("is_anonymous"),
    });
    Ok(Record { id, kept: record, remarks: row.remarks() })
}

/// The address that a user signs in with. An address that mail servers would not accept is kept as it is, so that its
/// password still works; invisible characters are removed.
fn address(row: &mut Reader<'_>) -> Option<String> {
    let text = row.text("email")?;
    if let Ok(address) = EmailAddress::parse(text) {
        return Some(address.into_string());
    }
    let visible = without_hidden(text);
    if visible != text {
        row.remark("its address had characters that cannot be seen, which were removed");
    }
    if let Ok(address) = EmailAddress::parse(&visible) {
        return Some(address.into_string());
    }
    let stored = visible.trim().to_lowercase();
    let plausible = stored.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@') && !stored.contains(char::is_whitespace)
    });
    if plausible && stored.len() <= TEXT_BYTES_MAX {
        row.remark("no mail can be sent to its address, which is kept as it stands: it signs in by password");
        return Some(stored);
    }
    row.remark("has no address here: what stands there is none that mail can be sent to");
    None
}

/// The text without invisible characters, and with ordinary spaces only.
fn without_hidden(text: &str) -> String {
    let kept = |letter: &char| {
        let alone = letter.to_string();
        HiddenCharacter::in_name(&alone).is_none() && (*letter == ' ' || !letter.is_whitespace())
    };
    text.chars().filter(kept).collect()
}

/// Reads a sign-in method. Until 2023 the provider's id of the user was called `id`, and the row had no id of its own.
pub(super) fn identity_read(columns: &Columns, now: Timestamp) -> Result<Record, Refusal> {
    let mut row = Reader::new(columns);
    let user = row.uuid("user_id")?;
    let provider = row.text("provider").ok_or("it names no provider")?;
    let (id, provider_id) = if let Some(provider_id) = row.text("provider_id") {
        (row.uuid("id")?, provider_id)
    } else {
        let provider_id = row.text("id").ok_or("it has no id")?;
        // Derives the id from the row, so that importing it twice adds it once.
        (Uuid::new_v5(&user, format!("{provider}:{provider_id}").as_bytes()), provider_id)
    };
    let created = row.time("created_at");
    let record = json!({
        "id": id,
        "provider_id": provider_id,
        "user_id": user,
        "identity_data": row.object("identity_data"),
        "provider": provider,
        "last_sign_in_at": row.time("last_sign_in_at"),
        "created_at": created.unwrap_or(now),
        "updated_at": row.time("updated_at").or(created).unwrap_or(now),
    });
    Ok(Record { id, kept: record, remarks: row.remarks() })
}

/// Reads a second factor: only authenticator apps are imported.
pub(super) fn factor_read(keeper: &Keeper, columns: &Columns, now: Timestamp) -> Result<Record, Refusal> {
    let mut row = Reader::new(columns);
    let id = row.uuid("id")?;
    match row.text("factor_type") {
        Some("totp") => {}
        Some("phone") => return Err("phones are no second factor here".to_owned()),
        Some("webauthn") => return Err("security keys are bound to the old address and cannot move".to_owned()),
        _ => return Err("second factors of its kind are not known here".to_owned()),
    }
    if row.text("status") != Some("verified") {
        return Err("it was never verified".to_owned());
    }
    let secret = row.text("secret").ok_or("it has no secret")?;
    let sealed = Some(secret).filter(|secret| secret.len() <= SECRET_CHARS_MAX);
    let sealed = sealed.and_then(|secret| totp_secret_seal(&keeper.vault, &keeper.random, id, secret));
    let sealed = sealed.ok_or("its secret is encrypted with a key of the old server, or is none")?;
    let created = row.time("created_at").unwrap_or(now);
    let record = json!({
        "id": id,
        "user_id": row.uuid("user_id")?,
        "friendly_name": row.short_text("friendly_name"),
        "secret": sealed,
        "created_at": created,
        "updated_at": row.time("updated_at").unwrap_or(created),
    });
    Ok(Record { id, kept: record, remarks: row.remarks() })
}

#[cfg(test)]
mod tests;
