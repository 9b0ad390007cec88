//! The keys that sign access tokens: ECDSA on P-256 with SHA-256 (ES256, RFC 7518), so that everybody can check a token
//! with the published half and only we can make one.
//!
//! A key is standby (published, not used yet), current, previous (published, still checked) and then gone. Clients cache
//! the published set, so a key stays in each state for longer than they do: before it becomes current, and, added to
//! the life of a token, before it goes.

use std::fmt;

use aws_lc_rs::{
    digest,
    signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, ParsedPublicKey},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::access_token::{Claims, TokenError};

const COORDINATE_LEN: usize = 32;

/// A pair of keys, of which one is private.
pub struct SigningKey {
    pkcs8: Zeroizing<Vec<u8>>,
    encoding: EncodingKey,
    public: PublicKey,
}

/// The published half of a signing key.
#[derive(Clone)]
pub struct PublicKey {
    jwk: Jwk,
    decoding: DecodingKey,
}

/// A public key as RFC 7517 writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// `EC`.
    pub kty: String,
    /// `P-256`.
    pub crv: String,
    /// 32 bytes in base64url.
    pub x: String,
    /// 32 bytes in base64url.
    pub y: String,
    /// The key's thumbprint (RFC 7638).
    pub kid: String,
    /// `ES256`.
    pub alg: String,
    /// `sig`.
    #[serde(rename = "use")]
    pub usage: String,
    /// `verify`.
    pub key_ops: Vec<String>,
}

/// The document of `/.well-known/jwks.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JwkSet {
    /// The current key first.
    pub keys: Vec<Jwk>,
}

/// Something is wrong with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// It is not a pair of P-256 keys in PKCS#8.
    Private,
    /// It is not a P-256 key that signs with ES256, or its `kid` is not its thumbprint.
    Public,
    /// The cryptographic library failed.
    Failed,
}

impl SigningKey {
    /// A new pair. The randomness is the library's own, which is the operating system's: a key repeatable from a seed is
    /// nothing anybody should be able to make.
    pub fn generate() -> Result<Self, KeyError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| KeyError::Failed)?;
        Self::from_pkcs8(pair.to_pkcs8v1().map_err(|_| KeyError::Failed)?.as_ref())
    }

    /// The pair as [`pkcs8`](Self::pkcs8) gave it.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).map_err(|_| KeyError::Private)?;
        let point = pair.public_key().as_ref().strip_prefix(&[4]).ok_or(KeyError::Private)?;
        let (x, y) = point.split_at_checked(COORDINATE_LEN).ok_or(KeyError::Private)?;
        let public = PublicKey::from_coordinates(URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y))?;
        Ok(Self { pkcs8: Zeroizing::new(der.to_vec()), encoding: EncodingKey::from_ec_der(der), public })
    }

    /// The pair in PKCS#8 (RFC 5208), unencrypted: store it sealed.
    pub fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// The half that is published.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The key's name in token headers.
    pub fn kid(&self) -> &str {
        self.public.kid()
    }
}

impl PublicKey {
    /// The key a JWK describes.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        let key = Self::from_coordinates(jwk.x.clone(), jwk.y.clone())?;
        if key.jwk == *jwk { Ok(key) } else { Err(KeyError::Public) }
    }

    /// The key with these coordinates, 32 bytes each in base64url, when they are a point of the curve.
    fn from_coordinates(x: String, y: String) -> Result<Self, KeyError> {
        let mut point = vec![4];
        for coordinate in [&x, &y] {
            let bytes = URL_SAFE_NO_PAD.decode(coordinate).map_err(|_| KeyError::Public)?;
            if bytes.len() != COORDINATE_LEN {
                return Err(KeyError::Public);
            }
            point.extend(bytes);
        }
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point).map_err(|_| KeyError::Public)?;
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let kid = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, canonical.as_bytes()));
        let jwk = Jwk {
            kty: "EC".into(),
            crv: "P-256".into(),
            x,
            y,
            kid,
            alg: "ES256".into(),
            usage: "sig".into(),
            key_ops: vec!["verify".into()],
        };
        Ok(Self { jwk, decoding: DecodingKey::from_ec_der(&point) })
    }

    /// The key's name in token headers.
    pub fn kid(&self) -> &str {
        &self.jwk.kid
    }

    /// The key as it is published.
    pub fn jwk(&self) -> &Jwk {
        &self.jwk
    }
}

/// The keys of a deployment, with what its tokens say of where they come from and whom they are for.
pub struct KeyRing {
    current: SigningKey,
    others: Vec<PublicKey>,
    header: Header,
    validation: Validation,
    issuer: String,
    audience: String,
}

impl KeyRing {
    /// A ring that signs with `current` and also checks with `others`, which are standby and previous keys. Tokens are
    /// taken only from `issuer` (`https://…/auth/v1`) and only for `audience` (`authenticated`).
    pub fn new(
        current: SigningKey,
        others: Vec<PublicKey>,
        issuer: impl Into<String>,
        audience: impl Into<String>,
    ) -> Self {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(current.kid().to_owned());
        let mut validation = Validation::new(Algorithm::ES256);
        // What the token claims is judged in `Claims::check`, by the clock that is passed in and not the machine's.
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        Self { current, others, header, validation, issuer: issuer.into(), audience: audience.into() }
    }

    /// What `iss` is.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// What `aud` is.
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// The token that makes these claims.
    pub fn sign(&self, claims: &Claims) -> Result<String, KeyError> {
        jsonwebtoken::encode(&self.header, claims, &self.current.encoding).map_err(|_| KeyError::Failed)
    }

    /// What the token claims, when one of our keys signed it and it holds at `now`. The key is found by the header's
    /// `kid` and says the algorithm: what the header says it is has no influence but to be refused.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Malformed)?;
        if header.alg != Algorithm::ES256 {
            return Err(TokenError::Algorithm);
        }
        // `crit` names extensions that must be understood (RFC 7515, 4.1.11), and we know none.
        if header.typ.as_deref() != Some("JWT") || header.crit.is_some() {
            return Err(TokenError::Malformed);
        }
        let key = header.kid.and_then(|kid| self.public_keys().find(|key| key.kid() == kid));
        let key = key.ok_or(TokenError::UnknownKey)?;
        let token = jsonwebtoken::decode::<Claims>(token, &key.decoding, &self.validation);
        let claims = token.map_err(|error| refusal(error.kind()))?.claims;
        claims.check(&self.issuer, &self.audience, now)?;
        Ok(claims)
    }

    /// The published keys.
    pub fn jwks(&self) -> JwkSet {
        JwkSet { keys: self.public_keys().map(|key| key.jwk.clone()).collect() }
    }

    fn public_keys(&self) -> impl Iterator<Item = &PublicKey> {
        std::iter::once(&self.current.public).chain(&self.others)
    }
}

fn refusal(error: &ErrorKind) -> TokenError {
    match error {
        ErrorKind::InvalidSignature => TokenError::Signature,
        ErrorKind::InvalidAlgorithm => TokenError::Algorithm,
        _ => TokenError::Malformed,
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, [secret])", self.kid())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.kid())
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kids: Vec<_> = self.public_keys().map(PublicKey::kid).collect();
        f.debug_struct("KeyRing").field("kids", &kids).field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Private => "not a pair of P-256 keys in PKCS#8",
            Self::Public => "not a public P-256 key for ES256 with its own thumbprint as kid",
            Self::Failed => "the cryptographic library failed",
        })
    }
}

impl std::error::Error for KeyError {}

#[cfg(test)]
pub(crate) mod tests;
