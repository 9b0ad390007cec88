//! With what people sign in: their ways in and their second factors, in one question, since every answer with a session
//! shows them.

mod store;

use freehold_core::{Error, Result, UserId};
use freehold_db::{Db, JsonText, SystemTx, row};
use serde::Deserialize;

pub use store::STATEMENTS;

use crate::{factor::Factor, user::UserIdentity};

row! {
    /// With what a person signs in.
    #[derive(Clone, Debug, Deserialize)]
    pub struct Ways {
        /// The ways in, the oldest first.
        pub identities: JsonText<Vec<UserIdentity>>,
        /// The second factors, the oldest first, those included that were begun and never shown.
        pub factors: JsonText<Vec<Factor>>,
    }
}

/// With what the person signs in.
pub async fn ways(tx: &mut SystemTx, user: UserId) -> Result<Ways> {
    tx.fetch_one(store::ways(user)).await
}

/// The same by itself, outside of any transaction.
pub async fn ways_now(db: &Db, user: UserId) -> Result<Ways> {
    let found = db.system("read who signed in").fetch_optional(store::ways(user)).await?;
    found.ok_or_else(|| Error::internal("ways answered no row"))
}
