//! Keys of both kinds of signature.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    hmac,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use freehold_core::{Context, Random, Result, Secret};
use zeroize::Zeroizing;

const SECRET: &str = "whsec_";
const PRIVATE: &str = "whsk_";
const PUBLIC: &str = "whpk_";

/// Length of an ed25519 seed and of a public key, in bytes.
const ED25519_BYTES: usize = 32;

/// The key of a sender. Its debug output leaves the key out, and dropping it wipes the key from memory.
#[derive(Clone)]
pub enum Key {
    /// `whsec_`: a secret that both sides know, for `v1`.
    Symmetric(SymmetricKey),
    /// `whsk_`: ed25519, for `v1a`; the receiver gets `whpk_`.
    Ed25519(Ed25519Key),
}

/// The key of a receiver.
#[derive(Clone)]
pub enum Verifier {
    /// `whsec_`, for `v1`.
    Symmetric(SymmetricKey),
    /// `whpk_`, for `v1a`.
    Ed25519([u8; ED25519_BYTES]),
}

/// The bytes of a `whsec_`, 24 to 64 of them.
#[derive(Clone)]
pub struct SymmetricKey(Zeroizing<Vec<u8>>);

/// An ed25519 key pair.
#[derive(Clone)]
pub struct Ed25519Key {
    seed: Zeroizing<[u8; ED25519_BYTES]>,
    pair: Arc<Ed25519KeyPair>,
}

/// The text is no key of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyError;

impl Key {
    /// A new secret of 32 bytes, for `v1`.
    pub fn generate_symmetric(random: &Random) -> Self {
        Self::Symmetric(SymmetricKey(Zeroizing::new(random.bytes::<32>().to_vec())))
    }

    /// A new key pair, for `v1a`.
    pub fn generate_ed25519(random: &Random) -> Result<Self> {
        let seed = Zeroizing::new(random.bytes::<ED25519_BYTES>());
        Ed25519Key::from_seed(&seed[..]).map(Self::Ed25519).context("making an ed25519 key")
    }

    /// Reads `whsec_…` or `whsk_…`.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        if let Some(text) = text.strip_prefix(SECRET) {
            return SymmetricKey::parse(text).map(Self::Symmetric);
        }
        let text = text.strip_prefix(PRIVATE).ok_or(KeyError)?;
        let bytes = decode(text)?;
        // The seed alone, or the seed followed by the public key.
        let (seed, public) = bytes.split_at_checked(ED25519_BYTES).ok_or(KeyError)?;
        let key = Ed25519Key::from_seed(seed)?;
        if !public.is_empty() && public != key.pair.public_key().as_ref() {
            return Err(KeyError);
        }
        Ok(Self::Ed25519(key))
    }

    /// The key as text, `whsec_…` or `whsk_…`, to seal it or to show it once.
    pub fn reveal(&self) -> Secret {
        match self {
            Self::Symmetric(key) => encode(SECRET, &key.0),
            Self::Ed25519(key) => key.reveal(),
        }
    }

    /// The receiver's key as text: the same `whsec_…`, or the public `whpk_…`.
    pub fn receivers(&self) -> Secret {
        match self {
            Self::Symmetric(_) => self.reveal(),
            Self::Ed25519(key) => encode(PUBLIC, key.pair.public_key().as_ref()),
        }
    }

    /// The receiver's key.
    pub fn verifier(&self) -> Verifier {
        match self {
            Self::Symmetric(key) => Verifier::Symmetric(key.clone()),
            Self::Ed25519(key) => {
                let mut public = [0; ED25519_BYTES];
                public.copy_from_slice(key.pair.public_key().as_ref());
                Verifier::Ed25519(public)
            }
        }
    }
}

impl Verifier {
    /// Reads `whsec_…` or `whpk_…`.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        if let Some(text) = text.strip_prefix(SECRET) {
            return SymmetricKey::parse(text).map(Self::Symmetric);
        }
        let bytes = decode(text.strip_prefix(PUBLIC).ok_or(KeyError)?)?;
        bytes.as_slice().try_into().map(Self::Ed25519).map_err(|_| KeyError)
    }
}

impl SymmetricKey {
    fn parse(text: &str) -> Result<Self, KeyError> {
        let bytes = decode(text)?;
        if (24..=64).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(KeyError) }
    }

    pub(super) fn authentication(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.0)
    }
}

impl Ed25519Key {
    fn from_seed(seed: &[u8]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyError)?;
        let mut kept = Zeroizing::new([0; ED25519_BYTES]);
        kept.copy_from_slice(seed);
        Ok(Self { seed: kept, pair: Arc::new(pair) })
    }

    /// The seed followed by the public key, as libsodium and Svix write a private key.
    fn reveal(&self) -> Secret {
        let mut bytes = Zeroizing::new([0; 2 * ED25519_BYTES]);
        let (seed, public) = bytes.split_at_mut(ED25519_BYTES);
        seed.copy_from_slice(&self.seed[..]);
        public.copy_from_slice(self.pair.public_key().as_ref());
        encode(PRIVATE, &bytes[..])
    }

    pub(super) fn pair(&self) -> &Ed25519KeyPair {
        &self.pair
    }
}

fn decode(text: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    STANDARD.decode(text).map(Zeroizing::new).map_err(|_| KeyError)
}

fn encode(prefix: &str, bytes: &[u8]) -> Secret {
    let mut text = prefix.to_owned();
    STANDARD.encode_string(bytes, &mut text);
    Secret::new(text)
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Symmetric(_) => "Key::Symmetric([secret])",
            Self::Ed25519(_) => "Key::Ed25519([secret])",
        })
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Symmetric(_) => "Verifier::Symmetric([secret])",
            Self::Ed25519(_) => "Verifier::Ed25519",
        })
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("This is no key of Standard Webhooks.")
    }
}

impl std::error::Error for KeyError {}
