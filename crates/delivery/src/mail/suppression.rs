//! Addresses that take no mails.

mod store;

use std::collections::HashSet;

use freehold_core::{Error, Result};
use freehold_db::{Db, SystemTx, row};
use jiff::Timestamp;

pub use store::STATEMENTS;

use super::Address;

/// Why an address takes no mails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Its server said that there is no such address.
    HardBounce,
    /// Its reader called our mail spam.
    Complaint,
    /// An operator decided so.
    Manual,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::HardBounce, Self::Complaint, Self::Manual];

    /// Its name in the database and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HardBounce => "hard_bounce",
            Self::Complaint => "complaint",
            Self::Manual => "manual",
        }
    }
}

row! {
    /// An address that takes no mails.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Suppression {
        /// The address, in its canonical spelling.
        pub address: String,
        /// Why: the name of a [`Reason`].
        pub reason: String,
        /// What its server said, if that was why.
        pub answer: Option<String>,
        /// Since when.
        pub since: Timestamp,
    }
}

/// The addresses that take no mails, the latest first, 1,000 at most.
pub async fn suppression_list(db: &Db) -> Result<Vec<Suppression>> {
    db.system("list addresses that take no mails").fetch_all(store::suppression_list()).await
}

/// Sends nothing more to an address; of two reasons the first stays. Whether it is new.
pub async fn suppression_add(
    tx: &mut SystemTx,
    address: &Address,
    reason: Reason,
    answer: Option<&str>,
    now: Timestamp,
) -> Result<bool> {
    let answer = answer.map(str::to_owned);
    Ok(tx.execute(store::suppression_insert(&address.canonical(), reason.name(), answer, now)).await? > 0)
}

/// Sends to the address again; `not_found` if it was never kept from it.
pub async fn suppression_remove(tx: &mut SystemTx, address: &Address) -> Result<()> {
    match tx.execute(store::suppression_delete(&address.canonical())).await? {
        0 => Err(Error::not_found("suppressed address")),
        _ => Ok(()),
    }
}

/// Which of these addresses, in their canonical spelling, take no mails.
pub(super) async fn suppression_among(db: &Db, addresses: Vec<String>) -> Result<HashSet<String>> {
    let found =
        db.system("look for addresses that take no mails").fetch_all(store::suppression_among(addresses)).await?;
    Ok(found.into_iter().map(|(address,)| address).collect())
}
