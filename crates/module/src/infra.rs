//! What every part of the program runs on.

use freehold_core::{Clock, Ids, Random};
use freehold_db::Db;
use freehold_jobs::Nudge;
use freehold_outbound::Outbound;
use freehold_vault::Vault;

use crate::{Mails, Settings};

/// The database, the clock and the other services that every module may use. Cheap to clone.
#[derive(Clone)]
pub struct Infra {
    /// Database of the installation.
    pub db: Db,
    /// Clock that follows the database's time.
    pub clock: Clock,
    /// The source of ids.
    pub ids: Ids,
    /// The source of random bytes.
    pub random: Random,
    /// Encrypts stored secrets.
    pub vault: Vault,
    /// The mails of all modules.
    pub mails: Mails,
    /// The settings of all modules.
    pub settings: Settings,
    /// Sends requests to URLs from customers.
    pub outbound: Outbound,
    /// Wakes the worker of this process.
    pub nudge: Nudge,
}
