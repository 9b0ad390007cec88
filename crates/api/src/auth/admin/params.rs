//! The fields of a user that an administrator sets, parsed and checked.

use freehold_core::{Error, Result, Secret, codes as core_codes};
use freehold_identity::{admin::Ban, password::hash_check, user::email_normalize};
use freehold_web::Backbone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A user to create or change. A null counts as left out; unknown fields are ignored.
#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct AdminUserAttributes {
    /// Id of the new user; ignored in a change. A random id when left out.
    #[schema(value_type = Option<Uuid>)]
    pub(super) id: Option<String>,
    /// Audience of the user's access tokens; `authenticated` when left out.
    pub(super) aud: Option<String>,
    /// Role in the user's access tokens; `authenticated` when left out.
    pub(super) role: Option<String>,
    /// E-mail address of the user.
    #[schema(format = IdnEmail)]
    pub(super) email: Option<String>,
    /// Phone number of the user, with its country code (E.164).
    pub(super) phone: Option<String>,
    /// Password of the user.
    #[schema(value_type = Option<String>)]
    pub(super) password: Option<Secret>,
    /// Hash of an existing password (bcrypt, argon2 or Firebase scrypt), when creating a user only.
    #[schema(value_type = Option<String>)]
    pub(super) password_hash: Option<Secret>,
    /// Whether the e-mail address counts as confirmed.
    pub(super) email_confirm: Option<bool>,
    /// Whether the phone number counts as confirmed.
    pub(super) phone_confirm: Option<bool>,
    /// Metadata that the user may change, merged into `user_metadata`; a null deletes a key. At most 4,096 bytes as
    /// JSON, because every access token contains it.
    #[schema(value_type = Option<Object>)]
    pub(super) user_metadata: Option<Value>,
    /// Metadata that only administrators change, merged into `app_metadata`; a null deletes a key. At most 4,096 bytes
    /// as JSON, because every access token contains it.
    #[schema(value_type = Option<Object>)]
    pub(super) app_metadata: Option<Value>,
    /// How long the user is banned, such as `24h` or `1h30m`; `none` ends the ban.
    pub(super) ban_duration: Option<String>,
}

/// The text, unless it is empty.
pub(super) fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

/// The e-mail address in its stored form.
pub(super) fn email(text: Option<String>) -> Result<Option<String>> {
    given(text).map(|text| email_normalize(&text)).transpose()
}

/// The phone number in its stored form: digits (E.164) and nothing else.
pub(super) fn phone(text: Option<String>) -> Result<Option<String>> {
    let Some(text) = given(text) else { return Ok(None) };
    let digits: String = text.trim().trim_start_matches('+').chars().filter(|letter| *letter != ' ').collect();
    let good = (2..=15).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|letter| letter.is_ascii_digit());
    if good { Ok(Some(digits)) } else { Err(invalid("Invalid phone number format (E.164 required)")) }
}

/// An object, or nothing.
pub(super) fn metadata(name: &str, data: Option<Value>) -> Result<Option<Value>> {
    match data {
        None | Some(Value::Null) => Ok(None),
        Some(data) if data.is_object() => Ok(Some(data)),
        Some(_) => Err(invalid(format!("{name} has to be an object"))),
    }
}

/// The password hash, given as a hash or as a password. Hashing a password takes long.
pub(super) async fn password_hash(
    backbone: &Backbone,
    password: Option<Secret>,
    hash: Option<Secret>,
) -> Result<Option<Secret>> {
    let hash = hash.filter(|hash| !hash.expose().is_empty());
    match (password, hash) {
        (Some(_), Some(_)) => Err(invalid("Only a password or a password hash should be provided")),
        (None, Some(hash)) => {
            hash_check(hash.expose()).map_err(|problem| invalid(problem.to_string()).caused_by(problem))?;
            Ok(Some(hash))
        }
        (Some(password), None) if !password.expose().is_empty() => {
            let password = backbone.identity.settings().password_policy().accept(password)?;
            backbone.identity.passwords.hash(password.secret()).await.map(Some)
        }
        _ => Ok(None),
    }
}

/// The change of a ban that `text` asks for.
pub(super) fn ban(text: Option<String>, now: Timestamp) -> Result<Option<Ban>> {
    let Some(text) = given(text) else { return Ok(None) };
    if text == "none" {
        return Ok(Some(Ban::Lifted));
    }
    let unreadable = || invalid(format!("invalid format for ban duration: time: invalid duration {text:?}"));
    let duration = go_duration(&text).ok_or_else(unreadable)?;
    if duration.is_zero() {
        return Ok(Some(Ban::Lifted));
    }
    now.checked_add(duration).map(|until| Some(Ban::Until(until))).map_err(|_| unreadable())
}

/// A duration in Go's notation: `1h30m`, `1.5h`, `-300ms`; at most 292 years.
fn go_duration(text: &str) -> Option<SignedDuration> {
    let (negative, mut rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Some(SignedDuration::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    let mut nanos: i128 = 0;
    while !rest.is_empty() {
        let number = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
        let (number, behind) = rest.split_at(number);
        let end = behind.find(|letter: char| letter.is_ascii_digit() || letter == '.').unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(end);
        let unit: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        nanos = nanos.checked_add(decimal_times(number, unit)?)?;
        rest = behind;
    }
    let nanos = i64::try_from(if negative { -nanos } else { nanos }).ok()?;
    Some(SignedDuration::from_nanos(nanos))
}

/// `1.5` of a unit, in nanoseconds.
fn decimal_times(number: &str, unit: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if number.len() > 40 || whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    // Fifteen digits suffice: what follows is less than a nanosecond.
    let fraction = &fraction[..fraction.len().min(15)];
    let scale = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
    let part: i128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    whole.checked_mul(unit)?.checked_add(part.checked_mul(unit)? / scale)
}

/// A `validation_failed` with this message.
pub(super) fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(core_codes::VALIDATION_FAILED, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_go_writes_them() {
        for (text, seconds) in [
            ("24h", 86_400),
            ("1h30m", 5_400),
            ("1.5h", 5_400),
            (".5h", 1_800),
            ("-10s", -10),
            ("+10s", 10),
            ("0", 0),
            ("876600h", 3_155_760_000),
            ("1000ms", 1),
        ] {
            assert_eq!(go_duration(text), Some(SignedDuration::from_secs(seconds)), "{text}");
        }
        for text in
            ["", "h", "1", "1d", "1h30", "-", "1..5h", ".h", "1 h", "9999999h", "99999999999999999999999999999h"]
        {
            assert_eq!(go_duration(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_kept_as_digits() {
        assert_eq!(phone(Some("+49 170 1234567".into())).unwrap().as_deref(), Some("491701234567"));
        assert_eq!(phone(Some(" ".into())).unwrap(), None);
        for bad in ["+0170", "x", "1", "1234567890123456", "+49-170"] {
            assert!(phone(Some(bad.into())).is_err(), "{bad}");
        }
    }
}
