//! Public keys in the format of authenticators (COSE, RFC 9052 and 9053), and verifying their signatures.

use aws_lc_rs::{
    rsa::PublicKeyComponents,
    signature::{ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey},
};
use ciborium::Value;

/// The accepted signature algorithms, in order of preference: ES256, EdDSA, RS256.
pub(super) const ALGORITHMS: [i64; 3] = [-7, -8, -257];

/// Nesting limit, deeper than anything an authenticator sends.
const CBOR_DEPTH: usize = 8;

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PublicKey {
    /// ES256: a point of P-256, uncompressed.
    Es256(Vec<u8>),
    /// EdDSA with Ed25519.
    Ed25519(Vec<u8>),
    /// RS256: modulus and exponent, with the highest byte first.
    Rs256(Vec<u8>, Vec<u8>),
}

impl PublicKey {
    /// Parses a key; none when it has none of the three types.
    pub(super) fn read(key: &Value) -> Option<Self> {
        let map = key.as_map()?;
        let find = |label: i64| {
            let mut found =
                map.iter().filter(|(name, _)| name.as_integer() == Some(label.into())).map(|(_, value)| value);
            // A repeated label would make the key ambiguous.
            found.next().filter(|_| found.next().is_none())
        };
        let number = |label| find(label).and_then(Value::as_integer).and_then(|number| i64::try_from(number).ok());
        let bytes = |label| find(label).and_then(Value::as_bytes).cloned();
        match (number(1)?, number(3)?) {
            (2, -7) if number(-1)? == 1 => {
                let (x, y) = (bytes(-2)?, bytes(-3)?);
                (x.len() == 32 && y.len() == 32).then(|| Self::Es256([&[4], x.as_slice(), y.as_slice()].concat()))
            }
            (1, -8) if number(-1)? == 6 => bytes(-2).filter(|x| x.len() == 32).map(Self::Ed25519),
            (3, -257) => {
                let (modulus, exponent) = (bytes(-1)?, bytes(-2)?);
                let sound =
                    (256..=1024).contains(&modulus.len()) && modulus[0] != 0 && (1..=8).contains(&exponent.len());
                sound.then_some(Self::Rs256(modulus, exponent))
            }
            _ => None,
        }
    }

    /// Parses a key as it is stored.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::read(&read_cbor(&mut &*bytes)?)
    }

    /// Whether the key signed the message.
    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Es256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature),
            Self::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature),
            Self::Rs256(n, e) => PublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature),
        }
        .is_ok()
    }
}

/// Reads one value; the bytes after it stay in `bytes`.
pub(super) fn read_cbor(bytes: &mut &[u8]) -> Option<Value> {
    ciborium::de::from_reader_with_recursion_limit(bytes, CBOR_DEPTH).ok()
}
