//! Sealing secrets. Everything the database must hold and a stolen copy of it must not give away (signing keys,
//! webhook secrets, the digests of API keys) passes through one [`Vault`], which holds the master key of the
//! configuration and nothing else. No I/O.
//!
//! Read in this order: [`MasterKeys`] is what the configuration says, [`Purpose`] what a key is for, [`Vault`] seals,
//! opens and authenticates.

mod derive;
mod mail;
mod master;
mod purpose;
mod vault;

pub use mail::MAIL_SEALED;
pub use master::{MasterKeyError, MasterKeys};
pub use purpose::Purpose;
pub use vault::{OpenError, Vault};
