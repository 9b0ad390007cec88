//! Verifying signatures.

use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use jsonwebtoken::{DecodingKey, Header, Validation, errors::ErrorKind};
use serde::de::DeserializeOwned;

use super::{Algorithm, COORDINATE_LEN, GivenJwk, Jwk, KeyError, LEGACY, jwk};
use crate::access_token::TokenError;

/// Fewest bytes of a shared secret (RFC 7518, 3.2).
const SECRET_LEN: usize = 32;

/// Verifies the signatures of a key: with its public half, or with the secret itself.
#[derive(Clone)]
pub struct VerifyingKey {
    pub(super) algorithm: Algorithm,
    pub(super) kid: String,
    decoding: DecodingKey,
    validation: Validation,
    /// None: the key is a secret.
    jwk: Option<Jwk>,
}

impl VerifyingKey {
    /// Parses a published public key.
    pub fn from_jwk(jwk: &GivenJwk) -> Result<Self, KeyError> {
        let algorithm = jwk.algorithm()?;
        let own = |member: &Option<String>| member.clone().ok_or(KeyError::Public);
        let public = match algorithm {
            Algorithm::Es256 => Jwk::ec(own(&jwk.x)?, own(&jwk.y)?),
            Algorithm::EdDsa => Jwk::okp(own(&jwk.x)?),
            Algorithm::Rs256 => Jwk::rsa(own(&jwk.n)?, own(&jwk.e)?),
            Algorithm::Hs256 => return Err(KeyError::Unsupported),
        };
        let key = Self::published(public, algorithm)?;
        Ok(match jwk.kid()? {
            Some(kid) => key.called(kid),
            None => key,
        })
    }

    /// Creates a key from a shared secret.
    pub fn secret(secret: &[u8]) -> Result<Self, KeyError> {
        if secret.len() < SECRET_LEN {
            return Err(KeyError::Short);
        }
        Ok(Self::new(Algorithm::Hs256, LEGACY.to_owned(), DecodingKey::from_secret(secret), None))
    }

    /// The key of a JWK, if it is safe to use.
    pub(crate) fn published(jwk: Jwk, algorithm: Algorithm) -> Result<Self, KeyError> {
        let number = |member: &Option<String>| {
            let bytes = jwk::bytes(member.as_deref()).ok_or(KeyError::Public)?;
            let from = bytes.iter().position(|byte| *byte != 0).ok_or(KeyError::Public)?;
            Ok(bytes[from..].to_vec())
        };
        let decoding = match algorithm {
            Algorithm::Es256 => {
                let point = point(jwk.x.as_deref(), jwk.y.as_deref())?;
                ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point).map_err(|_| KeyError::Public)?;
                DecodingKey::from_ec_der(&point)
            }
            Algorithm::EdDsa => {
                let x = jwk::bytes(jwk.x.as_deref()).ok_or(KeyError::Public)?;
                ParsedPublicKey::new(&ED25519, &x).map_err(|_| KeyError::Public)?;
                DecodingKey::from_ed_der(&x)
            }
            Algorithm::Rs256 => {
                let (n, e) = (number(&jwk.n)?, number(&jwk.e)?);
                let key = RsaPublicKeyComponents { n: &n, e: &e };
                key.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).map_err(|_| KeyError::Public)?;
                // The library checks these only when it verifies a signature.
                let bits = n.len() * 8 - n.first().map_or(0, |first| first.leading_zeros() as usize);
                let odd = |number: &[u8]| number.last().is_some_and(|last| last & 1 == 1);
                if !(2048..=8192).contains(&bits) || !odd(&n) || !odd(&e) || e == [1] {
                    return Err(KeyError::Public);
                }
                DecodingKey::from_rsa_raw_components(&n, &e)
            }
            Algorithm::Hs256 => return Err(KeyError::Public),
        };
        Ok(Self::new(algorithm, jwk.kid.clone(), decoding, Some(jwk)))
    }

    fn new(algorithm: Algorithm, kid: String, decoding: DecodingKey, jwk: Option<Jwk>) -> Self {
        let mut validation = Validation::new(algorithm.jws());
        // `Claims::check` checks the claims, by the clock that is passed in and not the machine's.
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        Self { algorithm, kid, decoding, validation, jwk }
    }

    /// The same key under another id.
    #[must_use]
    pub fn called(mut self, kid: &str) -> Self {
        kid.clone_into(&mut self.kid);
        if let Some(jwk) = &mut self.jwk {
            kid.clone_into(&mut jwk.kid);
        }
        self
    }

    /// The content of a token that this key signed. The header cannot choose the algorithm, and the claims are not
    /// checked.
    pub(crate) fn open<T: DeserializeOwned>(&self, token: &str, header: &Header) -> Result<T, TokenError> {
        if header.alg != self.algorithm.jws() {
            return Err(TokenError::Algorithm);
        }
        match jsonwebtoken::decode::<T>(token, &self.decoding, &self.validation) {
            Ok(token) => Ok(token.claims),
            Err(error) => Err(match error.kind() {
                ErrorKind::InvalidSignature => TokenError::Signature,
                ErrorKind::InvalidAlgorithm => TokenError::Algorithm,
                _ => TokenError::Malformed,
            }),
        }
    }

    /// Signature algorithm of the key.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Id of the key in token headers.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The key as it is published; none: it is a secret.
    pub fn jwk(&self) -> Option<&Jwk> {
        self.jwk.as_ref()
    }
}

/// The point with these coordinates, 32 bytes each in base64url.
pub(super) fn point(x: Option<&str>, y: Option<&str>) -> Result<Vec<u8>, KeyError> {
    let mut point = vec![4];
    for coordinate in [x, y] {
        let bytes = jwk::bytes(coordinate).filter(|bytes| bytes.len() == COORDINATE_LEN);
        point.extend(bytes.ok_or(KeyError::Public)?);
    }
    Ok(point)
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({}, {})", self.algorithm.name(), self.kid)
    }
}
