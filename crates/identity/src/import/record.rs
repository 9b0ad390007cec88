//! From the columns of a row to what is kept here of it.

use freehold_core::{EmailAddress, EmailAddressError, UserId};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Columns;
use crate::{HOUSE, PeopleOf, admin::METADATA_BYTES, factor::totp_secret_seal, password::hash_check, signing::Keeper};

/// The longest secret of an authenticator app that is looked at, in characters.
const SECRET_CHARS_MAX: usize = 256;

/// A row as it is kept here.
#[derive(Clone, Debug)]
pub(super) struct Brought {
    pub(super) id: Uuid,
    /// For `jsonb_to_recordset`.
    pub(super) record: Value,
    /// What it lacks here.
    pub(super) lacking: Vec<String>,
}

/// Why a row cannot be kept here.
type Refusal = String;

/// A person.
pub(super) fn person_read(columns: &Columns, people: PeopleOf, now: Timestamp) -> Result<Brought, Refusal> {
    let id = uuid(columns, "id")?;
    let mut lacking = Vec::new();
    let deleted = time(columns, "deleted_at")?;
    let email = match text(columns, "email") {
        Some(email) if deleted.is_none() => {
            let refusal = |error| match error {
                EmailAddressError::Hidden(hidden) => format!("its address contains {hidden}, which cannot be seen"),
                EmailAddressError::Invalid => "its address is none that mail can be sent to".to_owned(),
            };
            Some(EmailAddress::parse(email).map_err(refusal)?.into_string())
        }
        other => other.map(str::to_owned),
    };
    if email.as_ref().is_some_and(|email| email.len() > 255) {
        return Err("its address is too long".to_owned());
    }
    let password = match text(columns, "encrypted_password").map(|hash| (hash, hash_check(hash))) {
        None => None,
        Some((hash, Ok(()))) => Some(hash),
        Some((_, Err(problem))) => {
            lacking.push(format!("has no password here: {problem}"));
            None
        }
    };
    let is_sso_user = boolean(columns, "is_sso_user")?;
    if is_sso_user {
        lacking.push("signs in by SAML, which is not offered here".to_owned());
    }
    let created = time(columns, "created_at")?.unwrap_or(now);
    let realm = match people {
        PeopleOf::House => HOUSE.uuid(),
        // Who comes by himself founds a tenant, which has his id.
        PeopleOf::PerTenant => UserId::new(id).uuid(),
    };
    let record = json!({
        "id": id,
        "instance_id": realm,
        "aud": text(columns, "aud").unwrap_or("authenticated"),
        "role": text(columns, "role").unwrap_or("authenticated"),
        "email": email,
        "encrypted_password": password,
        "email_confirmed_at": time(columns, "email_confirmed_at")?,
        "invited_at": time(columns, "invited_at")?,
        "raw_app_meta_data": known_of(columns, "raw_app_meta_data")?,
        "raw_user_meta_data": known_of(columns, "raw_user_meta_data")?,
        "created_at": created,
        "updated_at": time(columns, "updated_at")?.unwrap_or(created),
        "phone": text(columns, "phone"),
        "phone_confirmed_at": time(columns, "phone_confirmed_at")?,
        "banned_until": time(columns, "banned_until")?,
        "is_sso_user": is_sso_user,
        "deleted_at": deleted,
        "is_anonymous": boolean(columns, "is_anonymous")?,
    });
    Ok(Brought { id, record, lacking })
}

/// A way in. Until 2023 the provider's id of the person was called `id`, and the row had no id of its own.
pub(super) fn identity_read(columns: &Columns, now: Timestamp) -> Result<Brought, Refusal> {
    let user = uuid(columns, "user_id")?;
    let provider = text(columns, "provider").ok_or("it names no provider")?;
    let (id, provider_id) = if let Some(provider_id) = text(columns, "provider_id") {
        (uuid(columns, "id")?, provider_id)
    } else {
        let provider_id = text(columns, "id").ok_or("it has no id")?;
        // The same one each time, so that bringing it twice is bringing it once.
        (Uuid::new_v5(&user, format!("{provider}:{provider_id}").as_bytes()), provider_id)
    };
    let created = time(columns, "created_at")?;
    let record = json!({
        "id": id,
        "provider_id": provider_id,
        "user_id": user,
        "identity_data": object(columns, "identity_data")?,
        "provider": provider,
        "last_sign_in_at": time(columns, "last_sign_in_at")?,
        "created_at": created.unwrap_or(now),
        "updated_at": time(columns, "updated_at")?.or(created).unwrap_or(now),
    });
    Ok(Brought { id, record, lacking: Vec::new() })
}

/// A second factor: only authenticator apps are kept here.
pub(super) fn factor_read(keeper: &Keeper, columns: &Columns, now: Timestamp) -> Result<Brought, Refusal> {
    let id = uuid(columns, "id")?;
    match text(columns, "factor_type") {
        Some("totp") => {}
        Some("phone") => return Err("phones are no second factor here".to_owned()),
        Some("webauthn") => return Err("security keys are bound to the old address and cannot move".to_owned()),
        _ => return Err("second factors of its kind are not known here".to_owned()),
    }
    if text(columns, "status") != Some("verified") {
        return Err("it was never verified".to_owned());
    }
    let secret = text(columns, "secret").ok_or("it has no secret")?;
    let sealed = Some(secret).filter(|secret| secret.len() <= SECRET_CHARS_MAX);
    let sealed = sealed.and_then(|secret| totp_secret_seal(&keeper.vault, &keeper.random, id, secret));
    let sealed = sealed.ok_or("its secret is encrypted with a key of the old server, or is none")?;
    let created = time(columns, "created_at")?.unwrap_or(now);
    let record = json!({
        "id": id,
        "user_id": uuid(columns, "user_id")?,
        "friendly_name": text(columns, "friendly_name"),
        "secret": sealed,
        "created_at": created,
        "updated_at": time(columns, "updated_at")?.unwrap_or(created),
    });
    Ok(Brought { id, record, lacking: Vec::new() })
}

/// The text of a column, unless it is empty.
fn text<'a>(columns: &'a Columns, name: &str) -> Option<&'a str> {
    columns.get(name)?.as_deref().filter(|text| !text.is_empty())
}

fn uuid(columns: &Columns, name: &str) -> Result<Uuid, Refusal> {
    let text = text(columns, name).ok_or_else(|| format!("it has no {name}"))?;
    Uuid::parse_str(text).ok().filter(|id| !id.is_nil()).ok_or_else(|| format!("its {name} is no UUID"))
}

fn boolean(columns: &Columns, name: &str) -> Result<bool, Refusal> {
    match text(columns, name) {
        None | Some("f" | "false" | "FALSE" | "0") => Ok(false),
        Some("t" | "true" | "TRUE" | "1") => Ok(true),
        Some(_) => Err(format!("its {name} is neither true nor false")),
    }
}

/// As Postgres writes a time, or as JSON has it.
fn time(columns: &Columns, name: &str) -> Result<Option<Timestamp>, Refusal> {
    let Some(text) = text(columns, name) else { return Ok(None) };
    let read = text.parse::<Timestamp>().ok();
    read.map(Some).ok_or_else(|| format!("its {name} is no time with its zone"))
}

fn object(columns: &Columns, name: &str) -> Result<Value, Refusal> {
    let Some(text) = text(columns, name) else { return Ok(json!({})) };
    if text.contains("\\u0000") {
        return Err(format!("its {name} holds the character NUL"));
    }
    match serde_json::from_str(text) {
        Ok(Value::Null) => Ok(json!({})),
        Ok(Value::Object(fields)) => Ok(Value::Object(fields)),
        _ => Err(format!("its {name} is no JSON object")),
    }
}

/// What is known of a person goes into every token, so there is a limit to it.
fn known_of(columns: &Columns, name: &str) -> Result<Value, Refusal> {
    let found: Map<String, Value> = match object(columns, name)? {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    let found = Value::Object(found);
    if found.to_string().len() > METADATA_BYTES {
        return Err(format!("its {name} is larger than {METADATA_BYTES} bytes, and goes into every token"));
    }
    Ok(found)
}
