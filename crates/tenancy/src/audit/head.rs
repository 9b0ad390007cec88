//! The head of a chain: its last number and hash, signed. Whoever keeps one can tell later whether the entries up to it
//! are still the same.

use data_encoding::HEXLOWER;
use freehold_core::{Error, Result, TenantId};
use freehold_db::row;
use freehold_vault::{PublicKey, Purpose, Vault};
use jiff::{Timestamp, tz::TimeZone};

use super::record::{Hash, NO_HASH};

/// Signs heads and exports of chains.
pub const AUDIT_HEAD: Purpose = Purpose::new("audit_head");

row! {
    /// A chain as the database has it.
    pub(super) struct ChainRow {
        pub(super) number: i64,
        pub(super) hash: Vec<u8>,
        pub(super) signed_at: Option<Timestamp>,
        pub(super) public_key: Option<Vec<u8>>,
        pub(super) signature: Option<Vec<u8>>,
    }
}

/// The last entry of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of the last entry; 0: the chain has none.
    pub number: i64,
    /// Hash of the last entry; zeros: the chain has none.
    pub hash: Hash,
}

/// A head with the signature of the installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHead {
    /// The last entry.
    pub head: Head,
    /// When it was signed, UTC.
    pub signed_at: Timestamp,
    /// The key that checks the signature.
    pub public_key: PublicKey,
    /// Ed25519 over [`SignedHead::message`], 64 bytes.
    pub signature: Vec<u8>,
}

impl Head {
    /// The head of a chain without entries.
    pub const NONE: Self = Self { number: 0, hash: NO_HASH };

    /// Signs the head.
    pub(super) fn sign(self, vault: &Vault, tenant: TenantId, now: Timestamp) -> SignedHead {
        let message = SignedHead::message(tenant, self, now);
        let signature = vault.sign(AUDIT_HEAD, message.as_bytes());
        SignedHead { head: self, signed_at: now, public_key: vault.public_key(AUDIT_HEAD), signature }
    }
}

impl SignedHead {
    /// The text that is signed.
    pub fn message(tenant: TenantId, head: Head, signed_at: Timestamp) -> String {
        let Head { number, hash } = head;
        format!("freehold audit head 1\n{tenant}\n{number}\n{}\n{}\n", HEXLOWER.encode(&hash), instant(signed_at))
    }
}

impl ChainRow {
    /// The signed head, after a check that a key of this installation signed it; none for a chain without entries.
    ///
    /// # Errors
    /// `internal` when the row was changed by other means than this program.
    pub(super) fn read(self, vault: &Vault, tenant: TenantId) -> Result<Option<SignedHead>> {
        let wrong =
            |what: &str| Error::internal(format!("the audit chain of {tenant} was changed by another program: {what}"));
        let hash: Hash = self.hash.try_into().map_err(|_| wrong("its hash is not of 32 bytes"))?;
        let head = Head { number: self.number, hash };
        let (Some(signed_at), Some(key), Some(signature)) = (self.signed_at, self.public_key, self.signature) else {
            return if head == Head::NONE { Ok(None) } else { Err(wrong("its head is not signed")) };
        };
        let known = vault.public_keys(AUDIT_HEAD).into_iter().find(|known| known.as_bytes()[..] == key[..]);
        let public_key = known.ok_or_else(|| wrong("no configured master key has the key that signed its head"))?;
        if !public_key.verify(SignedHead::message(tenant, head, signed_at).as_bytes(), &signature) {
            return Err(wrong("the signature of its head is invalid"));
        }
        Ok(Some(SignedHead { head, signed_at, public_key, signature }))
    }
}

/// A time as hashes and signatures have it, in microseconds as the database: `2026-03-15T12:00:00.000000Z`.
pub(super) fn instant(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// The time in the precision of the database.
pub(super) fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}
