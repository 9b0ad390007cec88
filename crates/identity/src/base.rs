//! What nearly every operation of sign-in stands on.

use freehold_core::Random;
use freehold_db::Db;
use freehold_vault::Vault;

use crate::{Settings, keeper::Keeper};

/// The database, the secrets and the settings of sign-in. Its transactions know the time and give ids. The other parts
/// of [`Identity`](crate::Identity) share one.
pub struct Base {
    /// Database of the users.
    pub db: Db,
    /// Seals secrets, and computes keyed digests of those that are only compared.
    pub vault: Vault,
    /// Random source.
    pub random: Random,
    /// Settings of sign-in.
    pub settings: Settings,
}

impl Base {
    /// The services needed to store keys and to import users' secrets.
    pub fn keeper(&self) -> Keeper {
        let Self { db, vault, random, .. } = self;
        let (clock, ids) = (db.clock().clone(), db.ids().clone());
        Keeper { db: db.clone(), vault: vault.clone(), clock, ids, random: random.clone() }
    }
}
