//! What storing keys needs.

use freehold_core::{Clock, Ids, Random};
use freehold_db::Db;
use freehold_vault::Vault;

/// The services needed to store keys. Cheap to clone.
#[derive(Clone)]
pub struct Keeper {
    /// Database of the keys.
    pub db: Db,
    /// Seals the keys.
    pub vault: Vault,
    /// Source of the current time.
    pub clock: Clock,
    /// Generates ids.
    pub ids: Ids,
    /// Random source.
    pub random: Random,
}
