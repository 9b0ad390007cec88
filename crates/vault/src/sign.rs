//! Signatures that others check without any secret (Ed25519, RFC 8032), and the digests that are signed (SHA-256).

use std::fmt;

use aws_lc_rs::{
    digest,
    signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey},
};
use zeroize::Zeroizing;

/// The SHA-256 digest of these parts, one after the other.
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

/// The key that checks the signatures of an installation for one [`Purpose`](crate::Purpose). It is public.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// The key with these bytes; none unless they are 32.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The 32 bytes of the key.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether the holder of the secret key signed this message.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(message, signature).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The key pair that signs, made from a derived secret.
pub(crate) struct SigningPair(Ed25519KeyPair);

impl SigningPair {
    #[expect(clippy::expect_used, reason = "every 32 bytes are the seed of a key pair")]
    pub(crate) fn from_seed(seed: &Zeroizing<[u8; 32]>) -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).expect("a seed of 32 bytes"))
    }

    #[expect(clippy::expect_used, reason = "a public key of Ed25519 has 32 bytes")]
    pub(crate) fn public_key(&self) -> PublicKey {
        PublicKey::from_bytes(self.0.public_key().as_ref()).expect("32 bytes")
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MasterKeys, Purpose, Vault};

    const HEADS: Purpose = Purpose::new("heads");

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    #[test]
    fn ed25519_agrees_with_rfc_8032() {
        let seed = hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
        let pair = SigningPair::from_seed(&Zeroizing::new(seed.try_into().unwrap()));
        let public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
        assert_eq!(format!("{:?}", pair.public_key()), public, "test 2");
        let signature = hex(concat!(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da",
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ));
        assert_eq!(pair.sign(&[0x72]), signature);
        assert!(pair.public_key().verify(&[0x72], &signature) && !pair.public_key().verify(&[0x73], &signature));
    }

    #[test]
    fn each_master_key_signs_with_its_own_key_and_older_signatures_stay_valid() {
        let (old, new) = (Vault::new([7; 32]), Vault::from(MasterKeys::new([8; 32]).and_previous([7; 32])));
        let (key, signature) = (old.public_key(HEADS), old.sign(HEADS, b"head"));
        assert_eq!(new.public_keys(HEADS), [new.public_key(HEADS), key]);
        assert!(new.public_keys(HEADS)[1].verify(b"head", &signature));
        assert!(!new.public_key(HEADS).verify(b"head", &signature));
        assert_ne!(old.public_key(Purpose::new("others")), key);
        assert!(!key.verify(b"head", &old.sign(Purpose::new("others"), b"head")));
    }

    #[test]
    fn digests_are_over_all_parts() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(&[b"a", b"", b"bc"])[..], hex(abc), "FIPS 180-2, B.1");
    }
}
