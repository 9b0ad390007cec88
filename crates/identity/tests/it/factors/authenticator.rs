//! A device with passkeys, in software: does what a telephone and its browser do.

use std::sync::Arc;

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// The key of a passkey.
pub(super) enum Key {
    Es256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rs256(RsaKeyPair),
}

/// A device with one passkey. Its answers can be made invalid.
#[derive(Clone)]
pub(super) struct Device {
    pub(super) key: Arc<Key>,
    pub(super) id: Vec<u8>,
    /// Id of the user that it was registered for.
    pub(super) user_handle: Vec<u8>,
    /// Origin of the page.
    pub(super) origin: String,
    /// Domain that the browser passes on.
    pub(super) domain: String,
    pub(super) flags: u8,
    pub(super) count: u32,
}

const PRESENT_AND_RECOGNISED: u8 = 0b101;
const ATTESTED: u8 = 0b100_0000;

impl Device {
    pub(super) fn new(key: Key) -> Self {
        Self {
            key: Arc::new(key),
            id: b"a passkey of the test's".to_vec(),
            user_handle: Vec::new(),
            origin: "https://app.example.org".to_owned(),
            domain: "app.example.org".to_owned(),
            flags: PRESENT_AND_RECOGNISED,
            count: 0,
        }
    }

    pub(super) fn es256() -> Self {
        Self::new(Key::Es256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap()))
    }

    pub(super) fn ed25519() -> Self {
        Self::new(Key::Ed25519(Ed25519KeyPair::generate().unwrap()))
    }

    pub(super) fn rs256() -> Self {
        Self::new(Key::Rs256(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()))
    }

    /// `navigator.credentials.create()`.
    pub(super) fn create(&mut self, options: &Value) -> Value {
        self.user_handle = URL_SAFE_NO_PAD.decode(options["user"]["id"].as_str().unwrap()).unwrap();
        let length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        let attested = [[7; 16].as_slice(), &length, &self.id, &self.cose()].concat();
        let data = self.data(self.flags | ATTESTED, &attested);
        let mut object = vec![0xa3];
        object
            .extend([text("fmt"), text("none"), text("attStmt"), vec![0xa0], text("authData"), bytes(&data)].concat());
        json!({
            "id": encode(&self.id),
            "rawId": encode(&self.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": self.client_data("webauthn.create", options),
                "attestationObject": encode(&object),
                "transports": ["internal", "hybrid"],
            },
        })
    }

    /// `navigator.credentials.get()`.
    pub(super) fn get(&mut self, options: &Value) -> Value {
        let data = self.data(self.flags, &[]);
        let client_data = self.client_data("webauthn.get", options);
        let hash = digest(&SHA256, &URL_SAFE_NO_PAD.decode(&client_data).unwrap());
        let signature = self.sign(&[data.as_slice(), hash.as_ref()].concat());
        json!({
            "id": encode(&self.id),
            "rawId": encode(&self.id),
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": client_data,
                "authenticatorData": encode(&data),
                "signature": encode(&signature),
                "userHandle": encode(&self.user_handle),
            },
        })
    }

    fn client_data(&self, kind: &str, options: &Value) -> String {
        let data = json!({
            "type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false,
        });
        encode(data.to_string().as_bytes())
    }

    fn data(&self, flags: u8, rest: &[u8]) -> Vec<u8> {
        let hash = digest(&SHA256, self.domain.as_bytes());
        [hash.as_ref(), &[flags], &self.count.to_be_bytes(), rest].concat()
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &*self.key {
            Key::Es256(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Key::Ed25519(key) => key.sign(message).as_ref().to_vec(),
            Key::Rs256(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
        }
    }

    /// The public key in COSE format.
    fn cose(&self) -> Vec<u8> {
        match &*self.key {
            Key::Es256(key) => {
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                [vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21], bytes(x), vec![0x22], bytes(y)].concat()
            }
            Key::Ed25519(key) => {
                [vec![0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21], bytes(key.public_key().as_ref())].concat()
            }
            Key::Rs256(key) => {
                let public = key.public_key();
                let (n, e) = (public.modulus(), public.exponent());
                let (n, e) = (n.big_endian_without_leading_zero(), e.big_endian_without_leading_zero());
                let head = vec![0xa4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20];
                [head, bytes(n), vec![0x21], bytes(e)].concat()
            }
        }
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A text in CBOR.
fn text(text: &str) -> Vec<u8> {
    [&[0x60 | u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
}

/// Bytes in CBOR.
fn bytes(bytes: &[u8]) -> Vec<u8> {
    let head = match bytes.len() {
        short @ 0..24 => vec![0x40 | u8::try_from(short).unwrap()],
        middle @ 24..256 => vec![0x58, u8::try_from(middle).unwrap()],
        long => [&[0x59], u16::try_from(long).unwrap().to_be_bytes().as_slice()].concat(),
    };
    [head.as_slice(), bytes].concat()
}
