//! From the columns of a row to what is kept here of it.
//!
//! A row is refused only where nothing can be kept of it: without an id, or with one that is none. Any other field that is odd is
//! left out or shortened, and that is said.

mod field;

use freehold_core::{EmailAddress, HiddenCharacter, UserId};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Columns;
use crate::{HOUSE, PeopleOf, factor::totp_secret_seal, password::hash_check, signing::Keeper};
use field::{Moment, Reader};

/// The longest secret of an authenticator app that is looked at, in characters.
const SECRET_CHARS_MAX: usize = 256;

/// The most bytes of an address, a number or a name that are kept.
const TEXT_BYTES_MAX: usize = 255;

/// A row as it is kept here.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) id: Uuid,
    /// For `jsonb_to_recordset`.
    pub(super) kept: Value,
    /// What it lacks here, or has otherwise.
    pub(super) remarks: Vec<String>,
}

/// Why a row cannot be kept here.
type Refusal = String;

/// A user.
pub(super) fn user_read(columns: &Columns, people: PeopleOf, now: Timestamp) -> Result<Record, Refusal> {
    let mut row = Reader::new(columns);
    let id = row.uuid("id")?;
    let deleted = match row.moment("deleted_at") {
        Moment::None => None,
        Moment::At(at) => Some(at),
        // A user who was deleted stays so, whenever that was.
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
        // Who signs up alone founds a tenant, which has the user's id.
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

/// The address by which a user signs in. One that mail servers would not take is kept as it stands, so that its password signs in;
/// characters that cannot be seen are left out.
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

/// The text without the characters that cannot be seen, and without spaces other than the ordinary one.
fn without_hidden(text: &str) -> String {
    let kept = |letter: &char| {
        let alone = letter.to_string();
        HiddenCharacter::in_name(&alone).is_none() && (*letter == ' ' || !letter.is_whitespace())
    };
    text.chars().filter(kept).collect()
}

/// A sign-in method. Until 2023 the provider's id of the user was called `id`, and the row had no id of its own.
pub(super) fn identity_read(columns: &Columns, now: Timestamp) -> Result<Record, Refusal> {
    let mut row = Reader::new(columns);
    let user = row.uuid("user_id")?;
    let provider = row.text("provider").ok_or("it names no provider")?;
    let (id, provider_id) = if let Some(provider_id) = row.text("provider_id") {
        (row.uuid("id")?, provider_id)
    } else {
        let provider_id = row.text("id").ok_or("it has no id")?;
        // The same one each time, so that importing it twice is importing it once.
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

/// A second factor: only authenticator apps are kept here.
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
