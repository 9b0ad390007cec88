//! The head of a chain: its last number and hash, signed. Whoever keeps one can tell later whether the entries up to it
//! are still the same.

use data_encoding::HEXLOWER;
use freehold_core::{Error, Result, TenantId};
use freehold_db::row;
use freehold_vault::{PublicKey, Purpose, Vault};
use jiff::Timestamp;

use super::record::{Hash, NO_HASH, instant};

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
        pub(super) cut_number: i64,
        pub(super) cut_hash: Vec<u8>,
        pub(super) cut_at: Option<Timestamp>,
        pub(super) cut_public_key: Option<Vec<u8>>,
        pub(super) cut_signature: Option<Vec<u8>>,
    }
}

/// A chain whose signatures were checked.
pub(super) struct Chain {
    /// The last entry; none: there is no entry yet.
    pub(super) head: Option<SignedHead>,
    /// The last entry that was deleted because of its age.
    pub(super) cut: Option<SignedHead>,
}

/// What a signature says about an entry.
#[derive(Clone, Copy, Debug)]
pub(super) enum Word {
    /// It is the last one.
    Head,
    /// It is the last one that was deleted because of its age.
    Cut,
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
    /// Ed25519 over the text that docs/audit.md describes, 64 bytes.
    pub signature: Vec<u8>,
}

impl Head {
    /// The head of a chain without entries.
    pub const NONE: Self = Self { number: 0, hash: NO_HASH };

    /// Signs the head, or the place of a cut.
    pub(super) fn sign(self, vault: &Vault, word: Word, tenant: TenantId, now: Timestamp) -> SignedHead {
        let message = SignedHead::message(word, tenant, self, now);
        let signature = vault.sign(AUDIT_HEAD, message.as_bytes());
        SignedHead { head: self, signed_at: now, public_key: vault.public_key(AUDIT_HEAD), signature }
    }
}

impl SignedHead {
    /// The text that is signed.
    fn message(word: Word, tenant: TenantId, head: Head, signed_at: Timestamp) -> String {
        let Head { number, hash } = head;
        let word = match word {
            Word::Head => "head",
            Word::Cut => "cut",
        };
        format!("freehold audit {word} 1\n{tenant}\n{number}\n{}\n{}\n", HEXLOWER.encode(&hash), instant(signed_at))
    }
}

impl ChainRow {
    /// The chain, after a check that keys of this installation signed it.
    ///
    /// # Errors
    /// `internal` when the row was changed by other means than this program.
    pub(super) fn read(self, vault: &Vault, tenant: TenantId) -> Result<Chain> {
        let Self { number, hash, signed_at, public_key, signature, .. } = self;
        let head = Stored { number, hash, signed_at, public_key, signature };
        let cut = Stored {
            number: self.cut_number,
            hash: self.cut_hash,
            signed_at: self.cut_at,
            public_key: self.cut_public_key,
            signature: self.cut_signature,
        };
        Ok(Chain { head: head.check(vault, Word::Head, tenant)?, cut: cut.check(vault, Word::Cut, tenant)? })
    }
}

/// A head or a cut as the database has it.
struct Stored {
    number: i64,
    hash: Vec<u8>,
    signed_at: Option<Timestamp>,
    public_key: Option<Vec<u8>>,
    signature: Option<Vec<u8>>,
}

impl Stored {
    fn check(self, vault: &Vault, word: Word, tenant: TenantId) -> Result<Option<SignedHead>> {
        let wrong = |what: &str| {
            Error::internal(format!("the audit chain of {tenant} was changed by another program: its {word:?} {what}"))
        };
        let hash: Hash = self.hash.try_into().map_err(|_| wrong("has a hash that is not of 32 bytes"))?;
        let head = Head { number: self.number, hash };
        let (Some(signed_at), Some(key), Some(signature)) = (self.signed_at, self.public_key, self.signature) else {
            return if head == Head::NONE { Ok(None) } else { Err(wrong("is not signed")) };
        };
        let known = vault.public_keys(AUDIT_HEAD).into_iter().find(|known| known.as_bytes()[..] == key[..]);
        let public_key = known.ok_or_else(|| wrong("was signed with the key of no configured master key"))?;
        if !public_key.verify(SignedHead::message(word, tenant, head, signed_at).as_bytes(), &signature) {
            return Err(wrong("has an invalid signature"));
        }
        Ok(Some(SignedHead { head, signed_at, public_key, signature }))
    }
}

impl Chain {
    /// The last entry.
    pub(super) fn last(&self) -> Head {
        self.head.as_ref().map_or(Head::NONE, |signed| signed.head)
    }

    /// The last entry that was deleted.
    pub(super) fn deleted(&self) -> Head {
        self.cut.as_ref().map_or(Head::NONE, |signed| signed.head)
    }
}

/// The time in the precision of the database.
pub(super) fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(at.as_microsecond()).unwrap_or(at)
}
