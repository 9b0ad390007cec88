//! The keys that sign access tokens. Freehold creates ECDSA keys on P-256 with SHA-256 (ES256, RFC 7518), so that
//! anyone can verify a token with the published half and only Freehold can sign one. Other types can be imported: RSA,
//! Ed25519, and the secret that older Supabase projects share with the verifiers of their tokens (HS256).
//!
//! A key is standby (published, not used yet), current, previous (published, still verifies) and then deleted. Clients
//! cache the published set, so a key stays in each state for longer than they do: before it becomes current, and, plus
//! the lifetime of a token, before it is deleted.

mod jwk;
mod ring;
mod rsa;
mod verifying;

use std::fmt;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use freehold_core::Secret;
use jsonwebtoken::{
    Algorithm as Jws, EncodingKey, Header,
    jwk::{AlgorithmParameters, Jwk as LibraryJwk},
};
use serde::Serialize;
use zeroize::Zeroizing;

pub use jwk::{GivenJwk, Jwk, JwkSet};
pub use ring::KeyRing;
pub use verifying::VerifyingKey;

const COORDINATE_LEN: usize = 32;

/// Name of a shared secret without a name. Tokens signed with it name no key.
pub const LEGACY: &str = "legacy";

/// Signature algorithm of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// RSA with SHA-256, PKCS#1 v1.5, 2048 bits or more.
    Rs256,
    /// EdDSA with Ed25519.
    EdDsa,
    /// HMAC with SHA-256: a verifier can sign, too.
    Hs256,
}

/// A key that signs tokens.
pub struct SigningKey {
    material: Zeroizing<Vec<u8>>,
    encoding: EncodingKey,
    header: Header,
    verifying: VerifyingKey,
}

/// Why a key is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// It is not a private key, or its halves do not belong together.
    Private,
    /// It is not a public key that is safe to use.
    Public,
    /// It is a secret of less than 32 bytes.
    Short,
    /// Its algorithm or purpose is not supported for tokens.
    Unsupported,
    /// Its `kid` is too long, or contains spaces.
    Name,
    /// Tokens are signed elsewhere, by a Supabase project.
    Elsewhere,
    /// The cryptographic library failed.
    Failed,
}

impl Algorithm {
    /// Name of the algorithm (RFC 7518, RFC 8037).
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::EdDsa => "EdDSA",
            Self::Hs256 => "HS256",
        }
    }

    /// The algorithm with this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Es256, Self::Rs256, Self::EdDsa, Self::Hs256].into_iter().find(|algorithm| algorithm.name() == name)
    }

    pub(crate) const fn jws(self) -> Jws {
        match self {
            Self::Es256 => Jws::ES256,
            Self::Rs256 => Jws::RS256,
            Self::EdDsa => Jws::EdDSA,
            Self::Hs256 => Jws::HS256,
        }
    }
}

impl SigningKey {
    /// Creates a key for ES256.
    pub fn generate() -> Result<Self, KeyError> {
        Self::generate_for(Algorithm::Es256)
    }

    /// Creates a key. The library takes the randomness from the operating system: no one should be able to create a key
    /// that can be repeated from a seed.
    pub fn generate_for(algorithm: Algorithm) -> Result<Self, KeyError> {
        let material = match algorithm {
            Algorithm::Es256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| KeyError::Failed)?;
                Zeroizing::new(pair.to_pkcs8v1().map_err(|_| KeyError::Failed)?.as_ref().to_vec())
            }
            Algorithm::EdDsa => {
                let pair = Ed25519KeyPair::generate().map_err(|_| KeyError::Failed)?;
                Zeroizing::new(pair.to_pkcs8v1().map_err(|_| KeyError::Failed)?.as_ref().to_vec())
            }
            Algorithm::Rs256 => rsa::generate()?,
            // A new deployment should not use a secret that every verifier must know.
            Algorithm::Hs256 => return Err(KeyError::Unsupported),
        };
        Self::from_material(algorithm, None, &material)
    }

    /// Parses a private key from a JWK.
    pub fn from_jwk(jwk: &GivenJwk) -> Result<Self, KeyError> {
        let algorithm = jwk.algorithm()?;
        let secret = |member: &Option<Secret>| {
            jwk::bytes(member.as_ref().map(Secret::expose)).map(Zeroizing::new).ok_or(KeyError::Private)
        };
        let material = match algorithm {
            Algorithm::Es256 => {
                let point = verifying::point(jwk.x.as_deref(), jwk.y.as_deref())?;
                let pair = EcdsaKeyPair::from_private_key_and_public_key(
                    &ECDSA_P256_SHA256_FIXED_SIGNING,
                    &secret(&jwk.d)?,
                    &point,
                );
                let pair = pair.map_err(|_| KeyError::Private)?;
                Zeroizing::new(pair.to_pkcs8v1().map_err(|_| KeyError::Private)?.as_ref().to_vec())
            }
            Algorithm::EdDsa => {
                let public = jwk::bytes(jwk.x.as_deref()).ok_or(KeyError::Private)?;
                let pair = Ed25519KeyPair::from_seed_and_public_key(&secret(&jwk.d)?, &public);
                let pair = pair.map_err(|_| KeyError::Private)?;
                Zeroizing::new(pair.to_pkcs8v1().map_err(|_| KeyError::Private)?.as_ref().to_vec())
            }
            Algorithm::Rs256 => rsa::from_jwk(jwk)?,
            Algorithm::Hs256 => secret(&jwk.k)?,
        };
        Self::from_material(algorithm, jwk.kid()?, &material)
    }

    /// Parses a key as [`material`](Self::material) returned it. A key without a name gets its thumbprint as name; a
    /// secret, whose thumbprint would reveal something, gets [`LEGACY`].
    pub fn from_material(algorithm: Algorithm, kid: Option<&str>, material: &[u8]) -> Result<Self, KeyError> {
        let encode = URL_SAFE_NO_PAD;
        let (encoding, mut verifying) = match algorithm {
            Algorithm::Es256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, material);
                let pair = pair.map_err(|_| KeyError::Private)?;
                let point = pair.public_key().as_ref().strip_prefix(&[4]).ok_or(KeyError::Private)?;
                let (x, y) = point.split_at_checked(COORDINATE_LEN).ok_or(KeyError::Private)?;
                let jwk = Jwk::ec(encode.encode(x), encode.encode(y));
                (EncodingKey::from_ec_der(material), VerifyingKey::published(jwk, algorithm)?)
            }
            Algorithm::EdDsa => {
                let pair = Ed25519KeyPair::from_pkcs8(material).map_err(|_| KeyError::Private)?;
                let jwk = Jwk::okp(encode.encode(pair.public_key().as_ref()));
                (EncodingKey::from_ed_der(material), VerifyingKey::published(jwk, algorithm)?)
            }
            Algorithm::Rs256 => {
                let encoding = EncodingKey::from_rsa_der(material);
                let read = LibraryJwk::from_encoding_key(&encoding, Jws::RS256).map_err(|_| KeyError::Private)?;
                let AlgorithmParameters::RSA(public) = read.algorithm else { return Err(KeyError::Private) };
                (encoding, VerifyingKey::published(Jwk::rsa(public.n, public.e), algorithm)?)
            }
            Algorithm::Hs256 => (EncodingKey::from_secret(material), VerifyingKey::secret(material)?),
        };
        if let Some(kid) = kid {
            verifying = verifying.called(kid);
        }
        let mut header = Header::new(algorithm.jws());
        header.kid = Some(verifying.kid.clone()).filter(|kid| kid != LEGACY);
        Ok(Self { material: Zeroizing::new(material.to_vec()), encoding, header, verifying })
    }

    /// The key for storing, unencrypted: seal it first. PKCS#8 (RFC 5208) for ES256 and EdDSA, `RSAPrivateKey` (RFC
    /// 8017) for RS256, the bytes of the secret for HS256.
    pub fn material(&self) -> &[u8] {
        &self.material
    }

    /// The key that verifies its signatures.
    pub fn verifying(&self) -> &VerifyingKey {
        &self.verifying
    }

    /// Signature algorithm of the key.
    pub fn algorithm(&self) -> Algorithm {
        self.verifying.algorithm
    }

    /// Id of the key in token headers.
    pub fn kid(&self) -> &str {
        self.verifying.kid()
    }

    /// Signs a token with these claims.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, KeyError> {
        jsonwebtoken::encode(&self.header, claims, &self.encoding).map_err(|_| KeyError::Failed)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, [secret])", self.kid())
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Private => "it is not a private key, or its halves do not belong together",
            Self::Public => "it is not a public key that is safe to use",
            Self::Short => "a shared secret has to have 32 bytes at least",
            Self::Unsupported => {
                "tokens are signed with ES256, RS256, EdDSA or HS256 here, and this key is for something else"
            }
            Self::Name => "its kid has to be 128 characters at most, without spaces",
            Self::Elsewhere => "another server signs the tokens",
            Self::Failed => "the cryptographic library failed",
        })
    }
}

impl std::error::Error for KeyError {}

#[cfg(test)]
pub(crate) mod tests;
