//! The master key in the configuration.

use std::fmt;

use base64::{
    Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use zeroize::Zeroizing;

/// How to generate a master key, for error messages.
const RECIPE: &str = "make one with: openssl rand -hex 32";

/// The master keys of a deployment, 32 bytes each. The first seals and opens; the others only open, so that a key can
/// be replaced without losing what it sealed.
pub struct MasterKeys(pub(crate) Vec<Zeroizing<[u8; 32]>>);

impl MasterKeys {
    /// A single key.
    pub fn new(current: [u8; 32]) -> Self {
        Self(vec![Zeroizing::new(current)])
    }

    /// Adds a previous key, which can only open.
    #[must_use]
    pub fn and_previous(mut self, previous: [u8; 32]) -> Self {
        self.0.push(Zeroizing::new(previous));
        self
    }

    /// Reads keys in one of two forms: 64 hexadecimal digits, or base64 of 32 bytes (either alphabet, padded or not).
    /// Several keys are separated by commas, the current one first.
    ///
    /// # Errors
    /// When one of them is not a key. The error says which one and why, and never contains the text.
    pub fn from_text(text: &str) -> Result<Self, MasterKeyError> {
        let keys = text.split(',').enumerate().map(|(index, key)| {
            let problem = |problem| MasterKeyError { position: index + 1, problem };
            let bytes = decode(key.trim()).map_err(problem)?;
            if bytes.iter().all(|byte| *byte == bytes[0]) {
                return Err(problem(Problem::Placeholder));
            }
            Ok(bytes)
        });
        keys.collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} secret master keys]", self.0.len())
    }
}

/// Why a text is not a master key. It never contains the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MasterKeyError {
    /// The position among the keys separated by commas, from 1.
    position: usize,
    problem: Problem,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Problem {
    Empty,
    NotAKey { characters: usize },
    WrongDigits { digits: usize },
    WrongLength { bytes: usize },
    Placeholder,
}

impl fmt::Display for MasterKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "master key {}: ", self.position)?;
        match self.problem {
            Problem::Empty => f.write_str("it is empty")?,
            Problem::NotAKey { characters } => {
                write!(f, "{characters} characters that are neither 64 hexadecimal digits nor base64")?;
            }
            Problem::WrongDigits { digits } => write!(f, "it has {digits} hexadecimal digits, and a key has 64")?,
            Problem::WrongLength { bytes } => write!(f, "it is {bytes} bytes long, and a key is 32")?,
            Problem::Placeholder => f.write_str("all its bytes are the same, which is a placeholder and not a key")?,
        }
        write!(f, "; {RECIPE}")
    }
}

impl std::error::Error for MasterKeyError {}

fn decode(text: &str) -> Result<Zeroizing<[u8; 32]>, Problem> {
    if text.is_empty() {
        return Err(Problem::Empty);
    }
    // The probability that base64 of 32 bytes consists of hexadecimal digits only is one in 10^24.
    if text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return if text.len() == 64 { Ok(decode_hex(text)) } else { Err(Problem::WrongDigits { digits: text.len() }) };
    }
    let forgiving = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let bytes = [STANDARD, URL_SAFE]
        .iter()
        .find_map(|alphabet| GeneralPurpose::new(alphabet, forgiving).decode(text).ok())
        .map(Zeroizing::new)
        .ok_or(Problem::NotAKey { characters: text.chars().count() })?;
    <[u8; 32]>::try_from(bytes.as_slice()).map(Zeroizing::new).map_err(|_| Problem::WrongLength { bytes: bytes.len() })
}

/// Decodes `text`, which consists of 64 hexadecimal digits.
fn decode_hex(text: &str) -> Zeroizing<[u8; 32]> {
    let digit = |byte: u8| if byte.is_ascii_digit() { byte - b'0' } else { (byte | 0x20) - b'a' + 10 };
    let mut key = Zeroizing::new([0; 32]);
    for (byte, pair) in key.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = digit(pair[0]) << 4 | digit(pair[1]);
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1efb";

    #[test]
    fn hex_and_every_base64_read_the_same_key() {
        let key = MasterKeys::from_text(HEX).unwrap().0[0].clone();
        assert_eq!(key[..3], [0, 1, 2]);
        assert_eq!(key[31], 0xfb);
        for text in [
            HEX.to_uppercase().as_str(),
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHvs=",
            " AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHvs\n",
        ] {
            assert_eq!(MasterKeys::from_text(text).unwrap().0[0], key, "{text}");
        }
        let urls = MasterKeys::from_text(&format!("{}=", "-_".repeat(21) + "8")).unwrap();
        let standard = MasterKeys::from_text(&format!("{}=", "+/".repeat(21) + "8")).unwrap();
        assert_eq!(urls.0[0], standard.0[0]);
    }

    #[test]
    fn several_keys_keep_their_order() {
        let other = HEX.replacen("00", "ff", 1);
        let keys = MasterKeys::from_text(&format!("{other}, {HEX}")).unwrap();
        assert_eq!([keys.0[0][0], keys.0[1][0]], [0xff, 0]);
    }

    #[test]
    fn what_is_wrong_is_said_and_the_value_is_not() {
        for (text, expected) in [
            ("", "master key 1: it is empty"),
            ("hunter2!", "master key 1: 8 characters that are neither"),
            (&HEX[..62], "master key 1: it has 62 hexadecimal digits"),
            ("aHVudGVyMg==", "master key 1: it is 7 bytes long"),
            (&"00".repeat(32), "master key 1: all its bytes are the same"),
            (&format!("{HEX},hunter2!"), "master key 2: 8 characters"),
            (&format!("{HEX},"), "master key 2: it is empty"),
        ] {
            let error = MasterKeys::from_text(text).unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(shown.starts_with(expected), "{shown}");
            assert!(!shown.contains("hunter2") && !shown.contains("aHVud") && !shown.contains(&HEX[..20]), "{shown}");
        }
        assert_eq!(format!("{:?}", MasterKeys::from_text(HEX).unwrap()), "[1 secret master keys]");
    }
}
