//! An authenticator app, as on a telephone.

use aws_lc_rs::hmac;
use freehold_core::Clock;

use crate::app::Answer;

const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// One entry of the app.
#[derive(Clone, Debug)]
pub struct AuthenticatorApp {
    /// Id of the factor.
    pub factor: String,
    key: Vec<u8>,
}

impl AuthenticatorApp {
    /// Reads the key from an answer.
    pub fn of(answer: &Answer) -> Self {
        Self { factor: answer.at("/id"), key: base32(&answer.at("/totp/secret")) }
    }

    /// Creates an entry with a key as users type it.
    pub fn with_text(factor: &str, key: &str) -> Self {
        Self { factor: factor.to_owned(), key: base32(key) }
    }

    /// Creates an entry with this key.
    pub fn with_key(factor: &str, key: &[u8]) -> Self {
        Self { factor: factor.to_owned(), key: key.to_vec() }
    }

    /// The present code.
    pub fn code(&self, clock: &Clock) -> String {
        self.code_of(clock, 0)
    }

    /// The code of a period after the present one.
    pub fn code_of(&self, clock: &Clock, periods: i64) -> String {
        let step = clock.now().as_second().div_euclid(30) + periods;
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.key);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let tag = tag.as_ref();
        let offset = usize::from(tag[19] & 15);
        let number = u32::from_be_bytes(tag[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }

    /// A code that is not valid at present.
    pub fn wrong_code(&self, clock: &Clock) -> String {
        let right: Vec<String> = (-2..=2).map(|periods| self.code_of(clock, periods)).collect();
        let mut all = (0..).map(|number| format!("{number:06}"));
        all.find(|code| !right.contains(code)).unwrap()
    }
}

fn base32(text: &str) -> Vec<u8> {
    let values = text.chars().map(|letter| ALPHABET.find(letter).unwrap());
    let bits: Vec<usize> = values.flat_map(|value| (0..5).rev().map(move |bit| value >> bit & 1)).collect();
    let bytes = bits.chunks_exact(8).map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | bit));
    bytes.map(|byte| u8::try_from(byte).unwrap()).collect()
}
