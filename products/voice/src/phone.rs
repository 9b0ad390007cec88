//! Phone numbers: all code that reads a number, in any spelling, is here.

use std::{collections::HashMap, fmt, sync::LazyLock};

use freehold_core::visible_line;
use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, ParseError, PhoneNumber, PhoneNumberFormat, ValidationError,
};

use crate::country::Country;

/// Most digits of a number with its country code (E.164).
const DIGITS_MAX: usize = 15;
/// Most characters of a text that may contain a number.
const TEXT_MAX: usize = 100;

/// The time zones of numbers by their first digits; none where several zones share them.
static ZONES: LazyLock<HashMap<&'static str, Option<&'static str>>> = LazyLock::new(|| {
    let lines = include_str!("../data/phone_zones.txt").lines().filter(|line| !line.starts_with('#'));
    let zones = lines.filter_map(|line| line.split_once(' '));
    let numbers = |(zone, prefixes): (&'static str, &'static str)| {
        prefixes.split(' ').map(move |prefix| (prefix, (zone != "-").then_some(zone)))
    };
    zones.flat_map(numbers).collect()
});

/// A phone number in E.164 form: `+`, its country code and its digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Phone(String);

impl Phone {
    /// Reads a phone number. `home` is the country of numbers without a country code.
    ///
    /// # Errors
    /// What is wrong with the text, as the end of a sentence that starts with the name of the number: "has no country
    /// code: …".
    pub(crate) fn read(text: &str, home: Option<Country>) -> Result<Self, String> {
        if text.chars().count() > TEXT_MAX {
            return Err(format!("is longer than {TEXT_MAX} characters; send one telephone number"));
        }
        let text = cleaned(text)?;
        let text = text.as_str();
        several_refuse(text)?;
        let words = words_refuse(text, home);
        // A remark whose letters were read as digits gives an invalid number, but the error should name the remark.
        let number = parsed(text, home).map_err(|reason| words.clone().err().unwrap_or(reason))?;
        let phone = Self(PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164).into_owned());
        if let Some(extension) = number.extension.as_deref().filter(|extension| !extension.is_empty()) {
            return Err(format!(
                "contains the extension {extension}, which cannot be dialled. Remove it to call {phone}"
            ));
        }
        words?;
        origin_check(text, home, &number, &phone)?;
        Ok(phone)
    }

    /// The IANA time zone of the number. None when numbers with these digits are in zones whose clocks differ, or
    /// belong to no place.
    pub(crate) fn time_zone(&self) -> Option<&'static str> {
        let digits = self.0.trim_start_matches('+');
        (1..=digits.len()).rev().find_map(|length| ZONES.get(&digits[..length]).copied()).flatten()
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Removes what programs put around a number: invisible characters, a URI scheme, and the quotes and formulas by which
/// spreadsheets keep a number as text.
fn cleaned(text: &str) -> Result<String, String> {
    let line = visible_line(text);
    let mut text = line.as_str();
    // ="+4930901820" and '+4930901820
    if let Some(inside) = text.strip_prefix('=') {
        text = inside.trim();
    }
    text = text.trim_start_matches(['\'', '’', '`']).trim_matches('"').trim();
    let lower = text.to_ascii_lowercase();
    if let Some(scheme) = ["callto:", "phone:", "sms:"].iter().find(|scheme| lower.starts_with(**scheme)) {
        text = text[scheme.len()..].trim();
    }
    if is_scientific(text) {
        return Err(format!(
            "was changed to {text} by a spreadsheet, which loses digits. Format the column as text, enter the number again and \
             export the file again"
        ));
    }
    // A number that was stored as a decimal fraction.
    if let Some((whole, fraction)) = text.split_once('.')
        && whole.len() >= 7
        && whole.bytes().all(|byte| byte.is_ascii_digit())
        && !fraction.is_empty()
        && fraction.bytes().all(|byte| byte == b'0')
    {
        text = whole;
    }
    // The number was written as ++49 or +0049 instead of +49.
    let digits = text.trim_start_matches(['+', '＋']);
    if digits.len() < text.len() {
        let digits = digits.trim_start();
        return Ok(format!("+{}", digits.strip_prefix("00").unwrap_or(digits)));
    }
    if text.is_empty() { Err("is empty; send a telephone number".to_owned()) } else { Ok(text.to_owned()) }
}

/// Whether the text is in scientific notation: `4.93090182E+11`, with a point or a comma.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa = mantissa.trim_start_matches(['+', '-']);
    let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, "0"));
    digits(whole) && digits(fraction) && digits(exponent.trim_start_matches(['+', '-']))
}

fn several_refuse(text: &str) -> Result<(), String> {
    let pluses = text.chars().filter(|letter| matches!(letter, '+' | '＋')).count();
    // A `tel:` URI has parameters after semicolons; Google Contacts joins numbers with three colons.
    let listed = text.contains(":::") || text.contains(',') && text.split(',').all(has_number);
    let listed = listed || text.contains(';') && !text.contains('=') && text.split(';').all(has_number);
    if pluses > 1 || listed {
        return Err("contains more than one number; send one".to_owned());
    }
    Ok(())
}

fn has_number(part: &str) -> bool {
    part.chars().filter(|letter| letter.is_numeric()).count() >= 6
}

/// The number, if it is valid in the numbering plan of its country.
fn parsed(text: &str, home: Option<Country>) -> Result<PhoneNumber, String> {
    let read = PHONE_NUMBER_UTIL.parse(text, home.map(Country::region));
    let valid = read.as_ref().is_ok_and(|number| PHONE_NUMBER_UTIL.is_valid_number(number));
    // 00 is what most countries dial instead of +, for the case that `home` dials something else or is unknown.
    if let Some(number) = text.strip_prefix("00").filter(|_| !valid)
        && let Ok(number) = parsed(&format!("+{number}"), None)
    {
        return Ok(number);
    }
    let number = read.map_err(|error| unreadable(text, home, &error))?;
    if valid {
        let digits = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164).len() - 1;
        if digits > DIGITS_MAX {
            return Err(format!("has {digits} digits with its country code; a number has at most {DIGITS_MAX}"));
        }
        return Ok(number);
    }
    // The zero in parentheses is dialled only within the country, unless its numbering plan includes it: +7 (0)495
    // 1234567.
    if text.contains("(0)") && text.starts_with('+') {
        return parsed(&text.replacen("(0)", " ", 1), home);
    }
    let code = number.country_code;
    Err(match PHONE_NUMBER_UTIL.is_possible_number_with_reason(&number) {
        Ok(NumberLengthType::IsPossibleLocalOnly) | Err(ValidationError::TooShort) => {
            format!("is too short for a number of +{code}; write it with its area code")
        }
        Err(ValidationError::TooLong) => format!("is too long for a number of +{code}"),
        Err(ValidationError::InvalidLength) => format!("has a length that no number of +{code} has"),
        _ => format!("is not a number that can be called: the numbering plan of +{code} has none like it"),
    })
}

/// The error for a text without a readable number.
fn unreadable(text: &str, home: Option<Country>, error: &ParseError) -> String {
    let allowed = |letter: char| letter.is_alphanumeric() || " +-()/.,;:=*#[]~x–—−‐‑".contains(letter);
    if let Some(letter) = text.chars().find(|letter| !allowed(*letter)) {
        return format!("contains '{letter}' (U+{:04X}), which is no part of a telephone number", u32::from(letter));
    }
    match error {
        ParseError::InvalidCountryCode if text.contains('+') => {
            "begins with a country code that does not exist; check the digits behind the +".to_owned()
        }
        ParseError::InvalidCountryCode if text.chars().filter(|letter| letter.is_numeric()).count() >= 3 => {
            without_country(home)
        }
        ParseError::TooShortAfterIdd | ParseError::TooShortNsn => "is too short for a telephone number".to_owned(),
        ParseError::TooLongNsn => "is too long for a telephone number".to_owned(),
        _ => without_country(home),
    }
}

fn without_country(home: Option<Country>) -> String {
    match home {
        Some(country) => {
            format!("expected a number of {country}, or one with + and its country code (E.164), such as +4930901820")
        }
        None => {
            "expected a number with + and its country code (E.164), such as +4930901820; name the country of numbers \
                 without one as `default_country`"
                .to_owned()
        }
    }
}

/// Refuses words in a number. Letters are digits if the number needs them (`1-800-FLOWERS`), but a remark if the number
/// is complete without them (`030 901820 office`): a remark must not be dialled.
fn words_refuse(text: &str, home: Option<Country>) -> Result<(), String> {
    let body = match text.get(..4) {
        Some(scheme) if scheme.eq_ignore_ascii_case("tel:") => text[4..].split(';').next().unwrap_or_default(),
        _ => text,
    };
    // Text before the number is not read as digits.
    let begin = body.find(|letter: char| letter.is_numeric() || letter == '+').unwrap_or_default();
    let body = &body[begin..];
    let Some(word) = body.find(char::is_alphabetic) else { return Ok(()) };
    let letters: String = body[word..].chars().take_while(|letter| letter.is_alphanumeric()).take(20).collect();
    let before = body[..word].trim_end_matches(|letter: char| !letter.is_numeric());
    if parsed(before, home).is_ok() {
        return Err(format!("contains '{letters}' behind the number. Remove it"));
    }
    // Single letters, such as an O for a zero, do not count as words.
    let longest = body.split(|letter: char| !letter.is_alphabetic()).map(|word| word.chars().count()).max();
    if longest.unwrap_or_default() < 3 {
        return Err(format!("contains '{letters}' among its digits. Write the number with digits"));
    }
    Ok(())
}

/// Refuses a number that may have lost its `+` or its first zero, so that it could belong to `home` or to another
/// country.
fn origin_check(text: &str, home: Option<Country>, number: &PhoneNumber, phone: &Phone) -> Result<(), String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if home.is_none() || !text.chars().all(|letter| letter.is_ascii_digit() || " -./()".contains(letter)) {
        return Ok(());
    }
    let national = PHONE_NUMBER_UTIL.format(number, PhoneNumberFormat::National);
    if national.chars().filter(char::is_ascii_digit).eq(digits.chars()) || digits.starts_with('0') {
        return Ok(());
    }
    match parsed(&format!("+{digits}"), None) {
        Ok(other) => {
            let other = Phone(PHONE_NUMBER_UTIL.format(&other, PhoneNumberFormat::E164).into_owned());
            if other == *phone {
                return Ok(());
            }
            Err(format!("could be {phone} or {other}. Write it with + and its country code"))
        }
        Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests;
