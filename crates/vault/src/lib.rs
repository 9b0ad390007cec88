//! Sealing secrets. All secrets in the database that must be safe even if a copy of it is stolen (signing keys, webhook
//! secrets, the digests of API keys) pass through one [`Vault`], which uses the master key of the configuration. It
//! does no I/O.
//!
//! Read in this order: [`MasterKeys`] are the configured keys, [`Purpose`] is what a key is for, [`Vault`] seals, opens,
//! authenticates and signs, [`PublicKey`] checks signatures.

mod derive;
mod mail;
mod master;
mod purpose;
mod sign;
mod vault;

pub use mail::MAIL_SEALED;
pub use master::{MasterKeyError, MasterKeys};
pub use purpose::Purpose;
pub use sign::{PublicKey, sha256};
pub use vault::{OpenError, Vault};
