//! Signs tokens, correctly and incorrectly.

use std::sync::atomic::Ordering::SeqCst;

use aws_lc_rs::{
    encoding::AsDer,
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{KEYS, OTHER_KEYS, ROTATED};

/// Keys of three kinds.
pub(crate) struct Signer {
    elliptic: EcdsaKeyPair,
    edwards: Ed25519KeyPair,
    rsa: RsaKeyPair,
    name: String,
}

impl Signer {
    pub(super) fn new() -> Self {
        let elliptic = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let name = URL_SAFE_NO_PAD.encode(&elliptic.public_key().as_ref()[1..9]);
        let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        Self { elliptic, edwards: Ed25519KeyPair::generate().unwrap(), rsa, name }
    }

    pub(super) fn jwks(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let (x, y) = self.elliptic.public_key().as_ref()[1..].split_at(32);
        let rsa = self.rsa.public_key();
        let name = &self.name;
        json!({ "keys": [
            { "kty": "RSA", "use": "enc", "kid": "enc", "n": "AQAB", "e": "AQAB" },
            { "kty": "EC", "crv": "P-256", "kid": format!("{name}-es"), "x": text(x), "y": text(y), "use": "sig" },
            { "kty": "OKP", "crv": "Ed25519", "kid": format!("{name}-ed"), "x": text(self.edwards.public_key().as_ref()) },
            { "kty": "RSA", "kid": format!("{name}-rs"), "alg": "RS256",
              "n": text(rsa.modulus().big_endian_without_leading_zero()),
              "e": text(rsa.exponent().big_endian_without_leading_zero()) },
        ] })
    }

    fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match algorithm {
            "EdDSA" => self.edwards.sign(message).as_ref().to_vec(),
            "RS256" => {
                let mut signature = vec![0; self.rsa.public_modulus_len()];
                self.rsa.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
            _ => self.elliptic.sign(&random, message).unwrap().as_ref().to_vec(),
        }
    }
}

/// The token with these claims, as this provider signs it.
pub(super) fn token(variant: &str, claims: Value) -> String {
    let turned = variant == "turning" && ROTATED.load(SeqCst);
    let published = if turned { &OTHER_KEYS } else { &KEYS };
    let (algorithm, kind) = match variant {
        "ed" => ("EdDSA", "ed"),
        "rs" => ("RS256", "rs"),
        _ => ("ES256", "es"),
    };
    let kid = format!("{}-{kind}", published.name);
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let made = |header: Value, sign: &dyn Fn(&[u8]) -> Vec<u8>| {
        let message = format!("{}.{}", encoded(&header), encoded(&claims));
        let signature = sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    };
    let usual = json!({ "alg": algorithm, "kid": kid, "typ": "JWT" });
    match variant {
        "unsigned" => made(json!({ "alg": "none", "kid": kid }), &|_| Vec::new()),
        "other-key" => made(usual, &|message| OTHER_KEYS.sign(algorithm, message)),
        "unknown-key" => {
            made(json!({ "alg": algorithm, "kid": "nobody's" }), &|message| published.sign(algorithm, message))
        }
        "other-algorithm" => made(json!({ "alg": "RS256", "kid": kid }), &|message| published.sign("RS256", message)),
        "by-public-key" => {
            // Signed with the public key, as if it were a shared secret.
            let public = published.elliptic.public_key().as_der().unwrap();
            let key = hmac::Key::new(hmac::HMAC_SHA256, public.as_ref());
            made(json!({ "alg": "HS256", "kid": kid }), &|message| hmac::sign(&key, message).as_ref().to_vec())
        }
        "critical" => made(json!({ "alg": algorithm, "kid": kid, "crit": ["b64"] }), &|message| {
            published.sign(algorithm, message)
        }),
        "bent" => {
            let token = made(usual, &|message| published.sign(algorithm, message));
            let (head, signature) = token.rsplit_once('.').unwrap();
            let mut claims = claims.clone();
            claims["sub"] = json!("somebody-else");
            format!("{}.{}.{signature}", head.split_once('.').unwrap().0, encoded(&claims))
        }
        _ => made(usual, &|message| published.sign(algorithm, message)),
    }
}
