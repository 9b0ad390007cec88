//! The format of API keys.
//!
//! ```text
//! sk_live_ | 43 base62 characters: 32 random bytes | 6 base62 characters: CRC-32 of all characters before
//! ```
//!
//! The layout is GitHub's (<https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/>): the
//! underscores let a double click select the whole key, the prefix lets a scanner find leaked keys, and the checksum
//! lets the scanner (and Freehold) tell an invalid key from a valid one without asking a database.

use std::fmt;

use freehold_core::{Random, Secret};
use freehold_vault::Vault;
use zeroize::Zeroizing;

use crate::purposes::API_KEY;

const LIVE: &str = "sk_live_";
const TEST: &str = "sk_test_";
const PREFIX_LEN: usize = 8;
/// Characters of 32 bytes in base62: 62^43 is the first power above 2^256.
const RANDOM_LEN: usize = 43;
const CHECKSUM_LEN: usize = 6;
const KEY_LEN: usize = PREFIX_LEN + RANDOM_LEN + CHECKSUM_LEN;
const LOOKUP_LEN: usize = 8;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// An API key in plain text: `sk_live_` or `sk_test_` and 49 characters. It exists only while a key is shown to its
/// creator and while a request is checked; the database stores only [`digest`](Self::digest). It displays as
/// [`masked`](Self::masked).
#[derive(Clone)]
pub struct ApiKey {
    text: Secret,
    live: bool,
}

/// Why a text is not a Freehold API key; known without a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFormatError {
    /// It does not begin with `sk_live_` or `sk_test_`.
    Prefix,
    /// It does not have 57 characters.
    Length,
    /// It has a character that is not a digit or a letter, or a number too large for 32 bytes.
    Characters,
    /// Its checksum does not match: the key was mistyped, cut or made up.
    Checksum,
}

impl ApiKey {
    /// Creates a new key, for live or for test data.
    pub fn generate(live: bool, random: &Random) -> Self {
        let mut text = Zeroizing::new(String::with_capacity(KEY_LEN));
        text.push_str(if live { LIVE } else { TEST });
        let mut number = Zeroizing::new(random.bytes::<32>());
        let mut digits = Zeroizing::new([0; RANDOM_LEN]);
        for digit in digits.iter_mut().rev() {
            *digit = divide(&mut number);
        }
        text.extend(digits.iter().map(|digit| char::from(*digit)));
        let sum = checksum(text.as_bytes());
        text.extend(sum.map(char::from));
        Self { text: Secret::new(text.as_str()), live }
    }

    /// Parses an API key.
    ///
    /// # Errors
    /// When the text does not have the form of a key, so that a scanner's random text never costs a query.
    pub fn parse(text: &str) -> Result<Self, KeyFormatError> {
        let live = text.starts_with(LIVE);
        if !live && !text.starts_with(TEST) {
            return Err(KeyFormatError::Prefix);
        }
        if text.len() != KEY_LEN {
            return Err(KeyFormatError::Length);
        }
        let (body, sum) = text.as_bytes().split_at(KEY_LEN - CHECKSUM_LEN);
        if !fits_32_bytes(&body[PREFIX_LEN..]) || !sum.iter().all(u8::is_ascii_alphanumeric) {
            return Err(KeyFormatError::Characters);
        }
        if sum != checksum(body) {
            return Err(KeyFormatError::Checksum);
        }
        Ok(Self { text: Secret::new(text), live })
    }

    /// Whether it is a key for live data.
    pub fn live(&self) -> bool {
        self.live
    }

    /// The first 8 random characters: stored in plain text, indexed, and shown in lists so that users can tell their
    /// keys apart. They do not weaken the key: 208 of the 256 random bits remain, and the key is only ever compared by
    /// its digest.
    pub fn lookup_prefix(&self) -> &str {
        &self.text.expose()[PREFIX_LEN..PREFIX_LEN + LOOKUP_LEN]
    }

    /// The digest that is stored for a key: HMAC-SHA-256 of the whole text under the vault's pepper. A stolen table can
    /// neither be used nor searched for a known key. A random key needs no slow hash.
    pub fn digest(&self, vault: &Vault) -> [u8; 32] {
        vault.mac(API_KEY, self.text.expose().as_bytes())
    }

    /// Whether `digest` belongs to this key, also under an older master key. If it does and differs from
    /// [`digest`](Self::digest), store the new digest.
    pub fn matches(&self, vault: &Vault, digest: &[u8]) -> bool {
        vault.mac_verify(API_KEY, self.text.expose().as_bytes(), digest)
    }

    /// The key as lists show it: `sk_live_4fJk29aB…`.
    pub fn masked(&self) -> String {
        format!("{}…", &self.text.expose()[..PREFIX_LEN + LOOKUP_LEN])
    }

    /// The key itself, shown once to its creator.
    pub fn into_secret(self) -> Secret {
        self.text
    }
}

impl fmt::Display for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({self})")
    }
}

impl fmt::Display for KeyFormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prefix => "an API key begins with sk_live_ or sk_test_",
            Self::Length => "an API key has 57 characters",
            Self::Characters => "an API key holds only digits and letters after its prefix",
            Self::Checksum => "the API key's checksum does not agree with its other characters",
        })
    }
}

impl std::error::Error for KeyFormatError {}

/// Divides the big-endian number by 62 and returns the character of the remainder.
fn divide(number: &mut [u8; 32]) -> u8 {
    let mut remainder = 0;
    for byte in number.iter_mut() {
        let value = remainder << 8 | u32::from(*byte);
        *byte = u8::try_from(value / 62).unwrap_or_default();
        remainder = value % 62;
    }
    DIGITS[remainder as usize]
}

/// Whether these are base62 digits of a number below 2^256.
fn fits_32_bytes(digits: &[u8]) -> bool {
    let mut number = Zeroizing::new([0_u8; 32]);
    digits.iter().all(|character| {
        let Some(digit) = DIGITS.iter().position(|known| known == character) else { return false };
        let mut carry = digit;
        for byte in number.iter_mut().rev() {
            let value = usize::from(*byte) * 62 + carry;
            *byte = value.to_le_bytes()[0];
            carry = value >> 8;
        }
        carry == 0
    })
}

/// The base62 characters of the CRC-32 of `text`.
fn checksum(text: &[u8]) -> [u8; CHECKSUM_LEN] {
    let mut sum = crc32(text);
    let mut characters = [0; CHECKSUM_LEN];
    for character in characters.iter_mut().rev() {
        *character = DIGITS[(sum % 62) as usize];
        sum /= 62;
    }
    characters
}

/// CRC-32 as in IEEE 802.3 and zip: polynomial 0x04C11DB7, reflected. Bit by bit, because a key has 51 bytes.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| sum >> 1 ^ (0xEDB8_8320 & (sum & 1).wrapping_neg()))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn vault() -> Vault {
        Vault::new(std::array::from_fn(|at| u8::try_from(at).unwrap()))
    }

    #[test]
    fn crc32_agrees_with_the_standard_check_value() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn a_generated_key_parses_and_says_what_it_is() {
        for live in [true, false] {
            let key = ApiKey::generate(live, &Random::system());
            let text = key.clone().into_secret();
            assert_eq!(text.expose().len(), 57);
            assert!(text.expose().starts_with(if live { "sk_live_" } else { "sk_test_" }));
            let parsed = ApiKey::parse(text.expose()).unwrap();
            assert_eq!(parsed.live(), live);
            assert_eq!(parsed.lookup_prefix(), &text.expose()[8..16]);
            assert_eq!(parsed.digest(&vault()), key.digest(&vault()));
        }
    }

    /// Keys in customers' configurations stay valid: form and digest never change.
    #[test]
    fn the_form_does_not_change() {
        let key = ApiKey::generate(true, &Random::seeded(7));
        assert_eq!(key.clone().into_secret().expose(), "sk_live_4wqyDSo5ZoidaEK1iWLyvVG7YFsLxQmfVnpp4B9QL2s3Ejox8");
    }

    #[test]
    fn malformed_texts_are_told_apart_without_a_database() {
        let key = ApiKey::generate(true, &Random::seeded(7)).into_secret();
        let key = key.expose();
        let test = key.replacen("live", "test", 1);
        let dashed = format!("{}-{}", &key[..20], &key[21..]);
        let wide = format!("{}é{}", &key[..20], &key[22..]);
        let overflow = format!("sk_live_{}{}", "z".repeat(43), &key[51..]);
        for (text, expected) in [
            ("", KeyFormatError::Prefix),
            ("Bearer", KeyFormatError::Prefix),
            ("SK_LIVE_", KeyFormatError::Prefix),
            ("sk_live_", KeyFormatError::Length),
            (&key[..56], KeyFormatError::Length),
            (&format!("{key}0"), KeyFormatError::Length),
            (&format!("{key} "), KeyFormatError::Length),
            (&dashed, KeyFormatError::Characters),
            (&wide, KeyFormatError::Characters),
            (&overflow, KeyFormatError::Characters),
            // The checksum covers the prefix: a live key does not become a test key.
            (&test, KeyFormatError::Checksum),
        ] {
            assert_eq!(ApiKey::parse(text).unwrap_err(), expected, "{text}");
        }
    }

    #[test]
    fn the_largest_number_fits_and_one_more_does_not() {
        let mut number = [255; 32];
        let mut digits: Vec<u8> = (0..RANDOM_LEN).map(|_| divide(&mut number)).collect();
        digits.reverse();
        assert!(fits_32_bytes(&digits));
        let last = digits.len() - 1;
        digits[last] = DIGITS[DIGITS.iter().position(|digit| *digit == digits[last]).unwrap() + 1];
        assert!(!fits_32_bytes(&digits));
    }

    #[test]
    fn a_digest_belongs_to_one_key_and_outlives_the_master_key() {
        let key = ApiKey::generate(true, &Random::system());
        let other = ApiKey::generate(true, &Random::system());
        let digest = key.digest(&vault());
        assert!(key.matches(&vault(), &digest) && !other.matches(&vault(), &digest));
        let old = std::array::from_fn(|at| u8::try_from(at).unwrap());
        let rotated = Vault::from(freehold_vault::MasterKeys::new([9; 32]).and_previous(old));
        assert!(key.matches(&rotated, &digest));
        assert_ne!(key.digest(&rotated), digest);
    }

    #[test]
    fn a_key_does_not_print() {
        let key = ApiKey::generate(true, &Random::system());
        let text = key.clone().into_secret();
        let shown = format!("{key} {key:?}");
        assert!(!shown.contains(&text.expose()[8..17]), "{shown}");
        assert!(key.to_string().starts_with("sk_live_") && key.to_string().ends_with('…'));
    }

    proptest! {
        #[test]
        fn every_key_parses(seed: u64, live: bool) {
            let key = ApiKey::generate(live, &Random::seeded(seed)).into_secret();
            prop_assert!(ApiKey::parse(key.expose()).is_ok());
        }

        #[test]
        fn a_mistyped_character_is_noticed(seed: u64, at in 8_usize..57, character in "[0-9A-Za-z]") {
            let key = ApiKey::generate(true, &Random::seeded(seed)).into_secret();
            let mut typed = key.expose().to_owned();
            typed.replace_range(at..=at, &character);
            prop_assert_eq!(ApiKey::parse(&typed).is_ok(), typed == key.expose());
        }

        #[test]
        fn nonsense_is_refused(text in "(sk_live_)?.{0,60}") {
            prop_assert!(ApiKey::parse(&text).is_err());
        }
    }
}
