//! Seals, opens and authenticates.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use aws_lc_rs::{
    aead::{Aad, LessSafeKey, NONCE_LEN, Nonce},
    constant_time, hkdf, hmac,
};
use freehold_core::Random;
use zeroize::Zeroizing;

use crate::{MasterKeyError, MasterKeys, PublicKey, Purpose, derive, sign::SigningPair};

/// The first byte of everything sealed. A different algorithm would get another number.
const VERSION: u8 = 1;
const KEY_ID_LEN: usize = 4;
/// The length of version and key id, which are authenticated but not encrypted.
const HEADER_LEN: usize = 1 + KEY_ID_LEN;
const TAG_LEN: usize = 16;
/// The salt of every derivation, so that a master key that is also used elsewhere gives different keys there.
const SALT: &[u8] = b"freehold vault 1";

/// The keys derived from the master keys, and the operations that use them. Cloning is cheap and shares the keys.
///
/// A sealed secret has this form, and is 33 bytes longer than the plaintext:
///
/// ```text
/// version (1) | key id (4) | nonce (12) | AES-256-GCM ciphertext | tag (16)
/// ```
///
/// Nonces are random, so one master key should seal fewer than 2^32 secrets of one [`Purpose`] (NIST SP 800-38D, 8.3),
/// which a database of signing keys and webhook secrets never reaches.
#[derive(Clone)]
pub struct Vault(Arc<[Master]>);

/// The keys derived from one master key so far. The master key itself is not kept.
struct Master {
    id: [u8; KEY_ID_LEN],
    /// What all of them are derived from, by their purpose.
    extracted: hkdf::Prk,
    purposes: RwLock<HashMap<Purpose, Arc<Keys>>>,
}

struct Keys {
    sealing: LessSafeKey,
    authentication: hmac::Key,
    /// The seed of the key pair that signs: few purposes sign, and making the pair takes longer than sealing.
    signing: Zeroizing<[u8; 32]>,
}

impl Vault {
    /// A vault with one master key of 32 random bytes.
    pub fn new(master: [u8; 32]) -> Self {
        Self::from(MasterKeys::new(master))
    }

    /// A vault with the master keys that [`MasterKeys::from_text`] reads from this text.
    pub fn from_text(text: &str) -> Result<Self, MasterKeyError> {
        MasterKeys::from_text(text).map(Self::from)
    }

    /// Encrypts `plaintext`. `associated_data` names where the secret is stored (`signing_key/<uuid>`). It is not
    /// stored itself, and opening needs the same value, so an attacker who can write to the database cannot swap the
    /// secrets of two rows.
    #[expect(clippy::expect_used, reason = "AES-GCM refuses only texts of 64 GiB and more")]
    pub fn seal(&self, purpose: Purpose, plaintext: &[u8], associated_data: &str, random: &Random) -> Vec<u8> {
        let master = self.current();
        let nonce: [u8; NONCE_LEN] = random.bytes();
        let mut sealed = Vec::with_capacity(HEADER_LEN + NONCE_LEN + plaintext.len() + TAG_LEN);
        sealed.push(VERSION);
        sealed.extend_from_slice(&master.id);
        let aad = authenticated(&sealed, associated_data);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plaintext);
        let tag = master
            .keys(purpose)
            .sealing
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed[HEADER_LEN + NONCE_LEN..])
            .expect("the text is short enough");
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    /// Decrypts what [`seal`](Self::seal) returned for the same purpose and the same `associated_data`.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(
        &self,
        purpose: Purpose,
        sealed: &[u8],
        associated_data: &str,
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (header, rest) = sealed.split_at_checked(HEADER_LEN).ok_or(OpenError::Malformed)?;
        let (nonce, hidden) = rest.split_first_chunk::<NONCE_LEN>().ok_or(OpenError::Malformed)?;
        if header[0] != VERSION || hidden.len() < TAG_LEN {
            return Err(OpenError::Malformed);
        }
        let mut known = self.0.iter().filter(|master| master.id == header[1..]).peekable();
        if known.peek().is_none() {
            return Err(OpenError::UnknownKey);
        }
        // Two master keys have the same id with a probability of one in four thousand million. Even then no secret may
        // be lost.
        known.find_map(|master| master.open(purpose, nonce, hidden, header, associated_data)).ok_or(OpenError::Refused)
    }

    /// Whether the current master key sealed this. If not, open it and seal it again before the old key is retired.
    pub fn is_current(&self, sealed: &[u8]) -> bool {
        sealed.get(1..HEADER_LEN).is_some_and(|id| id == self.current().id)
    }

    /// The first bytes of everything that the current master key seals, by which a query finds what former ones sealed.
    pub fn current_header(&self) -> [u8; HEADER_LEN] {
        let [a, b, c, d] = self.current().id;
        [VERSION, a, b, c, d]
    }

    /// The authentication code of `data`: HMAC-SHA-256 under the current master key.
    pub fn mac(&self, purpose: Purpose, data: &[u8]) -> [u8; 32] {
        derive::authenticate(&self.current().keys(purpose).authentication, data)
    }

    /// Whether `tag` is the authentication code of `data` under any master key. The comparison takes constant time.
    pub fn mac_verify(&self, purpose: Purpose, data: &[u8], tag: &[u8]) -> bool {
        self.macs(purpose, data).any(|mac| constant_time::verify_slices_are_equal(&mac, tag).is_ok())
    }

    /// The authentication codes of `data` under each master key, the current one first: to find rows by their digest
    /// while a master key is being replaced.
    pub fn macs<'a>(&'a self, purpose: Purpose, data: &'a [u8]) -> impl Iterator<Item = [u8; 32]> + 'a {
        self.0.iter().map(move |master| derive::authenticate(&master.keys(purpose).authentication, data))
    }

    /// Signs a message with the key that the current master key has for this purpose. The signature has 64 bytes, and
    /// [`public_key`](Self::public_key) checks it.
    pub fn sign(&self, purpose: Purpose, message: &[u8]) -> Vec<u8> {
        SigningPair::from_seed(&self.current().keys(purpose).signing).sign(message)
    }

    /// The public key of [`sign`](Self::sign). It changes with the master key.
    pub fn public_key(&self, purpose: Purpose) -> PublicKey {
        self.current().public_key(purpose)
    }

    /// The public keys of every master key, the current one first: those of former ones check older signatures.
    pub fn public_keys(&self, purpose: Purpose) -> Vec<PublicKey> {
        self.0.iter().map(|master| master.public_key(purpose)).collect()
    }

    fn current(&self) -> &Master {
        &self.0[0]
    }
}

impl From<MasterKeys> for Vault {
    fn from(keys: MasterKeys) -> Self {
        Self(keys.0.iter().map(|key| Master::new(key)).collect())
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[vault with {} secret master keys]", self.0.len())
    }
}

impl Master {
    fn new(master: &[u8; 32]) -> Self {
        let extracted = derive::extract(SALT, master);
        Self {
            // Derived and not merely hashed: the id is stored beside every ciphertext and reveals nothing about the
            // key.
            id: *derive::expand(&extracted, &[b"id"]),
            extracted,
            purposes: RwLock::default(),
        }
    }

    /// The keys of a purpose, which are derived at its first use.
    fn keys(&self, purpose: Purpose) -> Arc<Keys> {
        // A panic elsewhere leaves the map as it was.
        if let Some(keys) = self.purposes.read().unwrap_or_else(PoisonError::into_inner).get(&purpose) {
            return keys.clone();
        }
        let (key, label) = (&self.extracted, purpose.label().as_bytes());
        let keys = Arc::new(Keys {
            sealing: derive::sealing_key(&derive::expand(key, &[b"seal/", label])),
            authentication: derive::authentication_key(derive::expand::<32>(key, &[b"mac/", label]).as_slice()),
            signing: derive::expand(key, &[b"sign/", label]),
        });
        self.purposes.write().unwrap_or_else(PoisonError::into_inner).entry(purpose).or_insert(keys).clone()
    }

    fn public_key(&self, purpose: Purpose) -> PublicKey {
        SigningPair::from_seed(&self.keys(purpose).signing).public_key()
    }

    fn open(
        &self,
        purpose: Purpose,
        nonce: &[u8; NONCE_LEN],
        hidden: &[u8],
        header: &[u8],
        associated_data: &str,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let (ciphertext, tag) = hidden.split_at_checked(hidden.len() - TAG_LEN)?;
        let mut plaintext = Zeroizing::new(vec![0; ciphertext.len()]);
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let aad = authenticated(header, associated_data);
        self.keys(purpose).sealing.open_separate_gather(nonce, aad, ciphertext, tag, &mut plaintext).ok()?;
        Some(plaintext)
    }
}

/// The authenticated data beside the plaintext: the header, which has a fixed length, then `associated_data`.
fn authenticated(header: &[u8], associated_data: &str) -> Aad<Vec<u8>> {
    Aad::from([header, associated_data.as_bytes()].concat())
}

/// Why a sealed secret could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// The bytes were not sealed by a vault, or are incomplete.
    Malformed,
    /// The secret was sealed under a master key that this vault does not have.
    UnknownKey,
    /// The bytes were changed, or sealed for another place or purpose.
    Refused,
}

impl OpenError {
    /// The stable name of the error, for the log.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "seal_malformed",
            Self::UnknownKey => "seal_unknown_key",
            Self::Refused => "seal_refused",
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the secret is not in the vault's format",
            Self::UnknownKey => "the secret was sealed under a master key that is not configured; add the old one",
            Self::Refused => "the secret was changed, or belongs to another place",
        })
    }
}

impl std::error::Error for OpenError {}

#[cfg(test)]
mod tests;
