//! Refresh tokens, in version 2 of Supabase Auth's format, and the rules for a presented one.
//!
//! ```text
//! unpadded base64url of: 0 (1) | session (16) | counter (uvarint) | HMAC (16) | checksum (4)
//! ```
//!
//! The HMAC is SHA-256 of the bytes before it, cut to 16 bytes, under a key of the session; the checksum is the first 4
//! bytes of SHA-256 of all bytes before it. So a session stores a counter and a key and no row per token, and an
//! invalid text is rejected without a query. The bytes are the same as in `internal/crypto/refresh_tokens.go` of
//! supabase/auth, so sessions survive a migration in both directions.

use std::fmt;

use aws_lc_rs::{constant_time, digest, hmac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use freehold_core::{Random, Secret, SessionId};
use jiff::SignedDuration;
use uuid::Uuid;
use zeroize::Zeroizing;

const VERSION: u8 = 0;
const SESSION_LEN: usize = 16;
const SIGNATURE_LEN: usize = 16;
const CHECKSUM_LEN: usize = 4;
/// A counter takes 9 bytes at most, because Postgres keeps it in a `bigint`.
const COUNTER_MAX_LEN: usize = 9;
const MAX_LEN: usize = 1 + SESSION_LEN + COUNTER_MAX_LEN + SIGNATURE_LEN + CHECKSUM_LEN;

/// The key that authenticates the refresh tokens of one session: 32 random bytes, stored with the session, sealed.
#[derive(Clone)]
pub struct SessionKey(Zeroizing<[u8; 32]>);

impl SessionKey {
    /// Creates a key.
    pub fn generate(random: &Random) -> Self {
        Self(Zeroizing::new(random.bytes()))
    }

    /// The key as it was stored; none when it does not have 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// The bytes, for sealing.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_LEN] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_slice());
        let mut signature = [0; SIGNATURE_LEN];
        signature.copy_from_slice(&hmac::sign(&key, message).as_ref()[..SIGNATURE_LEN]);
        signature
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// A well-formed refresh token. Only [`verify`](Self::verify) tells whether this server issued it.
#[derive(Clone)]
pub struct RefreshToken {
    session: SessionId,
    counter: i64,
    signature: [u8; SIGNATURE_LEN],
}

/// The text is not a refresh token; known without a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedRefreshToken;

impl RefreshToken {
    /// Creates the token of this session with this counter, which is not negative.
    pub fn issue(session: SessionId, counter: i64, key: &SessionKey) -> Secret {
        let mut bytes = message(session, counter);
        let signature = key.sign(&bytes);
        bytes.extend_from_slice(&signature);
        let sum = checksum(&bytes);
        bytes.extend_from_slice(&sum);
        Secret::new(URL_SAFE_NO_PAD.encode(&*bytes))
    }

    /// Parses a token and checks its checksum.
    ///
    /// # Errors
    /// When it is not a token of this version: answer as to a token that does not exist.
    pub fn parse(text: &str) -> Result<Self, MalformedRefreshToken> {
        read(text).ok_or(MalformedRefreshToken)
    }

    /// Id of the session.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// Number of the token within the session, from 0.
    pub fn counter(&self) -> i64 {
        self.counter
    }

    /// Whether it was issued under this key. Takes constant time.
    pub fn verify(&self, key: &SessionKey) -> bool {
        let expected = key.sign(&message(self.session, self.counter));
        constant_time::verify_slices_are_equal(&expected, &self.signature).is_ok()
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefreshToken({} number {})", self.session, self.counter)
    }
}

impl fmt::Display for MalformedRefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a refresh token")
    }
}

impl std::error::Error for MalformedRefreshToken {}

fn read(text: &str) -> Option<RefreshToken> {
    // Checked before decoding, so that a megabyte of invalid text costs nothing.
    if text.len() > MAX_LEN.div_ceil(3) * 4 {
        return None;
    }
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
    let (body, sum) = bytes.split_last_chunk::<CHECKSUM_LEN>()?;
    if *sum != checksum(body) {
        return None;
    }
    let (signed, signature) = body.split_last_chunk::<SIGNATURE_LEN>()?;
    let (version, rest) = signed.split_first()?;
    let (session, counter) = rest.split_first_chunk::<SESSION_LEN>()?;
    if *version != VERSION {
        return None;
    }
    let counter = read_uvarint(counter)?;
    let token = RefreshToken { session: SessionId::new(Uuid::from_bytes(*session)), counter, signature: *signature };
    // A number can be encoded in more than one way; only the shortest is accepted, so that each token has one text.
    (message(token.session, counter).as_slice() == signed).then_some(token)
}

/// The signed bytes.
fn message(session: SessionId, counter: i64) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_LEN));
    bytes.push(VERSION);
    bytes.extend_from_slice(session.uuid().as_bytes());
    let mut rest = counter.unsigned_abs();
    while rest > 0x7f {
        bytes.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    bytes.push(rest.to_le_bytes()[0]);
    bytes
}

/// The number that exactly these bytes encode.
fn read_uvarint(bytes: &[u8]) -> Option<i64> {
    let (last, before) = bytes.split_last()?;
    if bytes.len() > COUNTER_MAX_LEN || *last > 0x7f || before.iter().any(|byte| *byte < 0x80) {
        return None;
    }
    let number = bytes.iter().rev().fold(0_u64, |number, byte| number << 7 | u64::from(byte & 0x7f));
    i64::try_from(number).ok()
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_LEN] {
    let mut sum = [0; CHECKSUM_LEN];
    sum.copy_from_slice(&digest::digest(&digest::SHA256, bytes).as_ref()[..CHECKSUM_LEN]);
    sum
}

/// What to do with a genuine token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// It is the session's current one: increment the counter and issue the next.
    Advance,
    /// The client repeats its request, most likely because it lost the answer: issue the current token again without
    /// incrementing the counter.
    Repeat,
    /// It was used before, too long ago for an accident: another client has it. End the session.
    Reuse,
    /// Its counter is ahead of the session's: the database was restored from an older backup, or the token was forged
    /// with a stolen key. Reject it.
    NotIssued,
}

/// Decides what happens to a genuine token with the counter `presented`, when the session's is `current`.
///
/// `since_refresh` is the time since the session was last refreshed, and `None` when the counter last changed for
/// another reason. A second factor increments the counter by 2 and must also clear the time, so that a token from
/// before it, which may have been stolen, is never exchanged for one with the second factor within the grace of an
/// earlier refresh.
pub fn decide(
    presented: i64,
    current: i64,
    since_refresh: Option<SignedDuration>,
    reuse_interval: SignedDuration,
) -> Rotation {
    if presented > current {
        Rotation::NotIssued
    } else if presented == current {
        Rotation::Advance
    } else if presented == current - 1 || since_refresh.is_some_and(|since| since < reuse_interval) {
        Rotation::Repeat
    } else {
        Rotation::Reuse
    }
}

#[cfg(test)]
mod tests;
