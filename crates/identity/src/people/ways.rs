//! A user's sign-in methods and second factors, read in one query, because every answer with a session contains them.

mod store;

use freehold_core::{Error, Result, UserId};
use freehold_db::{Db, JsonText, SystemTx, row};
use serde::Deserialize;

pub use store::STATEMENTS;

use crate::{enrolled::Factor, user::UserIdentity};

row! {
    /// A user's sign-in methods and second factors.
    #[derive(Clone, Debug, Deserialize)]
    pub struct Ways {
        /// The sign-in methods, the oldest first.
        pub identities: JsonText<Vec<UserIdentity>>,
        /// The second factors, the oldest first, including those that were never verified.
        pub factors: JsonText<Vec<Factor>>,
    }
}

/// Reads the user's sign-in methods and second factors.
pub async fn ways(tx: &mut SystemTx, user: UserId) -> Result<Ways> {
    tx.fetch_one(store::ways(user)).await
}

/// The same, outside a transaction.
pub async fn ways_now(db: &Db, user: UserId) -> Result<Ways> {
    let found = db.system("read the user who signed in").fetch_optional(store::ways(user)).await?;
    found.ok_or_else(|| Error::internal("the query of a user's sign-in methods returned no row"))
}
