//! Validating the answers of browsers and authenticators (WebAuthn level 3, sections 7.1 and 7.2).
//!
//! The attestation is `none`, so statements about the maker of the authenticator are ignored. Every fault gives the
//! client the same error; the log has the reason.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use ciborium::Value as Cbor;
use serde::Deserialize;
use uuid::Uuid;

use super::cose::{PublicKey, read_cbor};

/// Accepts Base64 with and without padding, as clients differ.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// Longest credential id that the specification allows, in bytes.
const CREDENTIAL_ID_MAX: usize = 1023;

/// The relying party: where passkeys may be used.
#[derive(Clone, Debug)]
pub(super) struct RelyingParty {
    /// Domain of the relying party.
    pub(super) id: String,
    /// Origins of the pages: `https://app.example.org`, without a slash at the end.
    pub(super) origins: Vec<String>,
}

/// The result of `navigator.credentials.create()` or `get()`, as JSON.
#[derive(Debug, Deserialize)]
pub struct Credential {
    id: Option<String>,
    #[serde(rename = "rawId")]
    raw_id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    response: Option<Response>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    #[serde(rename = "clientDataJSON")]
    client_data: Option<String>,
    attestation_object: Option<String>,
    transports: Option<Vec<String>>,
    authenticator_data: Option<String>,
    signature: Option<String>,
    user_handle: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
}

/// Why an answer is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rejected(&'static str);

/// A passkey that an authenticator has created.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Registered {
    pub(super) credential: Vec<u8>,
    /// The key's bytes as received, for the database.
    pub(super) public_key: Vec<u8>,
    pub(super) aaguid: Uuid,
    pub(super) sign_count: u32,
    pub(super) transports: Vec<String>,
    pub(super) backup_eligible: bool,
    pub(super) backed_up: bool,
}

/// An answer to check against the key of the passkey that it names.
#[derive(Debug)]
pub(super) struct Assertion {
    pub(super) credential: Vec<u8>,
    /// Id of the user, as the authenticator knows it.
    pub(super) user_handle: Vec<u8>,
    pub(super) sign_count: u32,
    pub(super) backup_eligible: bool,
    pub(super) backed_up: bool,
    message: Vec<u8>,
    signature: Vec<u8>,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Rejected {}

/// Encodes bytes as they appear in the JSON.
pub(super) fn encode(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

impl Credential {
    /// Credential id of the passkey.
    fn id(&self) -> Result<Vec<u8>, Rejected> {
        bytes(self.raw_id.as_deref().or(self.id.as_deref()), "no id")
    }

    fn response(&self) -> Result<&Response, Rejected> {
        if self.kind.as_deref() != Some("public-key") {
            return Err(Rejected("no public-key credential"));
        }
        self.response.as_ref().ok_or(Rejected("no response"))
    }
}

impl Assertion {
    /// Whether the key signed the answer.
    pub(super) fn verify(&self, key: &PublicKey) -> bool {
        key.verify(&self.message, &self.signature)
    }

    /// Whether the authenticator's counter is above `stored`. An authenticator without a counter always says 0; a
    /// counter that goes back means that the key was copied.
    pub(super) fn counts_on(&self, stored: i64) -> bool {
        (self.sign_count == 0 && stored == 0) || i64::from(self.sign_count) > stored
    }
}

impl RelyingParty {
    /// Validates the answer of a registration to `challenge`.
    pub(super) fn registered(&self, credential: &Credential, challenge: &str) -> Result<Registered, Rejected> {
        let response = credential.response()?;
        self.client_data(response, "webauthn.create", challenge)?;
        let object = bytes(response.attestation_object.as_deref(), "no attestationObject")?;
        let object = read_cbor(&mut object.as_slice()).ok_or(Rejected("an attestationObject that is no CBOR"))?;
        let data = object.as_map().and_then(|map| map.iter().find(|(name, _)| name.as_text() == Some("authData")));
        let data = data.and_then(|(_, value)| value.as_bytes()).ok_or(Rejected("no authData"))?;
        let head = self.head(data)?;
        if head.flags & ATTESTED == 0 {
            return Err(Rejected("no credential in authData"));
        }
        let short = Rejected("authData that breaks off");
        let (aaguid, rest) = head.rest.split_first_chunk::<16>().ok_or(short)?;
        let (length, rest) = rest.split_first_chunk::<2>().ok_or(short)?;
        let length = usize::from(u16::from_be_bytes(*length));
        if length == 0 || length > CREDENTIAL_ID_MAX {
            return Err(Rejected("a credential id of a wrong length"));
        }
        let (id, rest) = rest.split_at_checked(length).ok_or(short)?;
        if id != credential.id()? {
            return Err(Rejected("two credential ids that differ"));
        }
        let mut after = rest;
        let key = read_cbor(&mut after).ok_or(Rejected("a key that is no CBOR"))?;
        PublicKey::read(&key).ok_or(Rejected("a key of another kind"))?;
        let public_key = rest[..rest.len() - after.len()].to_vec();
        extensions(head.flags, after)?;
        let transports =
            response.transports.iter().flatten().take(8).filter(|name| name.len() <= 32).cloned().collect();
        Ok(Registered {
            credential: id.to_vec(),
            public_key,
            aaguid: Uuid::from_bytes(*aaguid),
            sign_count: head.sign_count,
            transports,
            backup_eligible: head.flags & BACKUP_ELIGIBLE != 0,
            backed_up: head.flags & BACKED_UP != 0,
        })
    }

    /// Validates the answer of a sign-in to `challenge`, except for its signature.
    pub(super) fn assertion(&self, credential: &Credential, challenge: &str) -> Result<Assertion, Rejected> {
        let response = credential.response()?;
        let client_data = self.client_data(response, "webauthn.get", challenge)?;
        let data = bytes(response.authenticator_data.as_deref(), "no authenticatorData")?;
        let head = self.head(&data)?;
        if head.flags & ATTESTED != 0 {
            return Err(Rejected("a credential where none was asked for"));
        }
        extensions(head.flags, head.rest)?;
        let message = [data.as_slice(), digest(&SHA256, &client_data).as_ref()].concat();
        Ok(Assertion {
            credential: credential.id()?,
            user_handle: bytes(response.user_handle.as_deref(), "no userHandle")?,
            sign_count: head.sign_count,
            backup_eligible: head.flags & BACKUP_ELIGIBLE != 0,
            backed_up: head.flags & BACKED_UP != 0,
            message,
            signature: bytes(response.signature.as_deref(), "no signature")?,
        })
    }

    /// The client data's bytes, if they are about this kind of ceremony, this challenge and one of the site's pages.
    fn client_data(&self, response: &Response, kind: &str, challenge: &str) -> Result<Vec<u8>, Rejected> {
        let json = bytes(response.client_data.as_deref(), "no clientDataJSON")?;
        let data: ClientData = serde_json::from_slice(&json).map_err(|_| Rejected("clientDataJSON that is no JSON"))?;
        if data.kind != kind {
            return Err(Rejected("an answer to something else"));
        }
        if challenge.is_empty() || data.challenge.trim_end_matches('=') != challenge {
            return Err(Rejected("an answer to another challenge"));
        }
        if data.cross_origin || !self.origins.contains(&data.origin) {
            return Err(Rejected("an answer from a page of another origin"));
        }
        Ok(json)
    }

    /// The first 37 bytes of the authenticator data, if they are about this relying party and about a user who is
    /// present and verified.
    fn head<'a>(&self, data: &'a [u8]) -> Result<Head<'a>, Rejected> {
        let short = Rejected("authenticator data that breaks off");
        let (hash, rest) = data.split_first_chunk::<32>().ok_or(short)?;
        let (flags, rest) = rest.split_first().ok_or(short)?;
        let (count, rest) = rest.split_first_chunk::<4>().ok_or(short)?;
        if hash != digest(&SHA256, self.id.as_bytes()).as_ref() {
            return Err(Rejected("a passkey for another domain"));
        }
        if flags & PRESENT == 0 || flags & RECOGNISED == 0 {
            return Err(Rejected("an answer without user verification"));
        }
        if flags & BACKUP_ELIGIBLE == 0 && flags & BACKED_UP != 0 {
            return Err(Rejected("a copy of what cannot be copied"));
        }
        Ok(Head { flags: *flags, sign_count: u32::from_be_bytes(*count), rest })
    }
}

/// The user was present.
const PRESENT: u8 = 1;
/// The user was verified, by a finger or a PIN.
const RECOGNISED: u8 = 1 << 2;
/// The passkey may be synchronized to several devices.
const BACKUP_ELIGIBLE: u8 = 1 << 3;
/// The passkey is synchronized to several devices.
const BACKED_UP: u8 = 1 << 4;
/// A new passkey follows.
const ATTESTED: u8 = 1 << 6;
/// Extensions follow.
const EXTENSIONS: u8 = 1 << 7;

struct Head<'a> {
    flags: u8,
    sign_count: u32,
    rest: &'a [u8],
}

/// Rejects bytes at the end other than announced extensions. The extensions' contents are ignored.
fn extensions(flags: u8, mut rest: &[u8]) -> Result<(), Rejected> {
    if flags & EXTENSIONS != 0 {
        let read = read_cbor(&mut rest).filter(Cbor::is_map);
        read.ok_or(Rejected("extensions that are no CBOR"))?;
    }
    if rest.is_empty() { Ok(()) } else { Err(Rejected("bytes behind the end")) }
}

fn bytes(text: Option<&str>, missing: &'static str) -> Result<Vec<u8>, Rejected> {
    let text = text.filter(|text| !text.is_empty()).ok_or(Rejected(missing))?;
    BASE64.decode(text).map_err(|_| Rejected("what is no base64url"))
}

#[cfg(test)]
mod tests;
