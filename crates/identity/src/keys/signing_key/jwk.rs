//! Keys in the format of RFC 7517: published ones, and imported ones.

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use freehold_core::Secret;
use serde::{Deserialize, Serialize};

use super::{Algorithm, KeyError};

/// A public key as it is published. Which members are present depends on `kty`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// `EC`, `RSA` or `OKP`.
    pub kty: String,
    /// `P-256` or `Ed25519`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    /// 32 bytes in base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// 32 bytes in base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    /// The modulus in base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// The exponent in base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
    /// Id of the key: the one from its source, or its thumbprint (RFC 7638).
    pub kid: String,
    /// `ES256`, `RS256` or `EdDSA`.
    pub alg: String,
    /// Use of the key: always `sig`.
    #[serde(rename = "use")]
    pub usage: String,
    /// Operations that the key is for: always `verify`.
    pub key_ops: Vec<String>,
}

/// The document of `/.well-known/jwks.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JwkSet {
    /// The current key first.
    pub keys: Vec<Jwk>,
}

/// A foreign key, private or public. Unknown members are ignored (RFC 7517, section 4).
#[derive(Clone, Default, Deserialize)]
pub struct GivenJwk {
    pub(super) kty: String,
    pub(super) crv: Option<String>,
    pub(super) x: Option<String>,
    pub(super) y: Option<String>,
    pub(super) n: Option<String>,
    pub(super) e: Option<String>,
    pub(super) d: Option<Secret>,
    pub(super) p: Option<Secret>,
    pub(super) q: Option<Secret>,
    pub(super) dp: Option<Secret>,
    pub(super) dq: Option<Secret>,
    pub(super) qi: Option<Secret>,
    pub(super) k: Option<Secret>,
    pub(super) kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
}

/// The longest `kid` that is accepted, in bytes; it is part of every token.
const KID_MAX: usize = 128;

impl Jwk {
    /// A point of P-256, its coordinates in base64url.
    pub(crate) fn ec(x: String, y: String) -> Self {
        let kid = thumbprint(&format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#));
        Self { crv: Some("P-256".into()), x: Some(x), y: Some(y), ..Self::bare("EC", Algorithm::Es256, kid) }
    }

    /// A key of Ed25519 in base64url.
    pub(crate) fn okp(x: String) -> Self {
        let kid = thumbprint(&format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#));
        Self { crv: Some("Ed25519".into()), x: Some(x), ..Self::bare("OKP", Algorithm::EdDsa, kid) }
    }

    /// A modulus and an exponent in base64url.
    pub(crate) fn rsa(n: String, e: String) -> Self {
        let kid = thumbprint(&format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#));
        Self { n: Some(n), e: Some(e), ..Self::bare("RSA", Algorithm::Rs256, kid) }
    }

    fn bare(kty: &str, algorithm: Algorithm, kid: String) -> Self {
        Self {
            kty: kty.into(),
            crv: None,
            x: None,
            y: None,
            n: None,
            e: None,
            kid,
            alg: algorithm.name().into(),
            usage: "sig".into(),
            key_ops: vec!["verify".into()],
        }
    }
}

impl GivenJwk {
    /// Signature algorithm of the key. The algorithm that the JWK names must fit its type.
    pub fn algorithm(&self) -> Result<Algorithm, KeyError> {
        let algorithm = match (self.kty.as_str(), self.crv.as_deref()) {
            ("EC", Some("P-256")) => Algorithm::Es256,
            ("OKP", Some("Ed25519")) => Algorithm::EdDsa,
            ("RSA", None) => Algorithm::Rs256,
            ("oct", None) => Algorithm::Hs256,
            _ => return Err(KeyError::Unsupported),
        };
        let said = self.alg.as_deref().is_none_or(|alg| {
            // RFC 9864 uses the name of the curve.
            alg == algorithm.name() || algorithm == Algorithm::EdDsa && alg == "Ed25519"
        });
        let signs = self.usage.as_deref().is_none_or(|usage| usage == "sig");
        if said && signs { Ok(algorithm) } else { Err(KeyError::Unsupported) }
    }

    /// Id of the key, if the JWK has one.
    pub fn kid(&self) -> Result<Option<&str>, KeyError> {
        match self.kid.as_deref() {
            None | Some("") => Ok(None),
            Some(kid) if kid.len() <= KID_MAX && kid.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(Some(kid)),
            Some(_) => Err(KeyError::Name),
        }
    }

    /// Whether the private half is present.
    pub fn is_private(&self) -> bool {
        self.d.is_some() || self.k.is_some()
    }
}

/// The bytes of a member, which is in base64url.
pub(super) fn bytes(member: Option<&str>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(member?).ok()
}

/// The thumbprint of a key's required members, in their canonical form (RFC 7638).
fn thumbprint(canonical: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, canonical.as_bytes()))
}
