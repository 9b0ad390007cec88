//! Suppressed addresses: no mail is sent to them.

mod store;

use std::collections::HashSet;

use freehold_core::{Error, Result};
use freehold_db::{Db, SystemTx, row};
use jiff::Timestamp;

pub use store::STATEMENTS;

use super::Address;

/// Why an address is suppressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The mail server answered that the address does not exist.
    HardBounce,
    /// The recipient reported a mail as spam.
    Complaint,
    /// An operator suppressed the address.
    Manual,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 3] = [Self::HardBounce, Self::Complaint, Self::Manual];

    /// Name in the database and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HardBounce => "hard_bounce",
            Self::Complaint => "complaint",
            Self::Manual => "manual",
        }
    }
}

row! {
    /// A suppressed address.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Suppression {
        /// The address in its canonical spelling.
        pub address: String,
        /// Name of the [`Reason`].
        pub reason: String,
        /// Answer of the mail server; none for other reasons than a bounce.
        pub answer: Option<String>,
        /// When the address was suppressed, UTC.
        pub since: Timestamp,
    }
}

/// The suppressed addresses, the latest first, at most 1,000.
pub async fn suppression_list(db: &Db) -> Result<Vec<Suppression>> {
    db.system("list suppressed addresses").fetch_all(store::suppression_list()).await
}

/// Suppresses an address. If it is already suppressed, its first reason stays. Returns whether it is new.
pub async fn suppression_add(
    tx: &mut SystemTx,
    address: &Address,
    reason: Reason,
    answer: Option<&str>,
) -> Result<bool> {
    let answer = answer.map(str::to_owned);
    Ok(tx.execute(store::suppression_insert(&address.canonical(), reason.name(), answer)).await? > 0)
}

/// Allows mails to an address again; `not_found` if it is not suppressed.
pub async fn suppression_remove(tx: &mut SystemTx, address: &Address) -> Result<()> {
    match tx.execute(store::suppression_delete(&address.canonical())).await? {
        0 => Err(Error::not_found("suppressed address")),
        _ => Ok(()),
    }
}

/// The suppressed ones of these addresses, all in their canonical spelling.
pub(super) async fn suppression_among(db: &Db, addresses: Vec<String>) -> Result<HashSet<String>> {
    let found = db.system("find suppressed addresses").fetch_all(store::suppression_among(addresses)).await?;
    Ok(found.into_iter().map(|(address,)| address).collect())
}
