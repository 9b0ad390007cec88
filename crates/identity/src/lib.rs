//! Who is this? The Supabase Auth protocol, spoken by ourselves, and API keys.
//!
//! Read in this order: [`user`] are people, [`sign_up`] and [`sign_in`] let them in, [`session`] keeps them in,
//! [`access_token`] is what they show with every request; [`key`] is what programs show. The rest is what these are made
//! of: [`password`], [`one_time`] codes and links, [`refresh_token`], [`signing_key`], the form of an [`api_key`].

pub mod access_token;
pub mod api_key;
pub mod codes;
pub mod event;
pub mod key;
pub mod one_time;
pub mod password;
pub mod refresh_token;
pub mod session;
mod settings;
pub mod sign_in;
pub mod sign_up;
mod signing;
pub mod signing_key;
pub mod user;

use std::sync::Arc;

use freehold_core::{Clock, Ids, Random, Result};
use freehold_db::{Db, Migration, MigrationSet, Statement};
use freehold_vault::Vault;

pub use settings::Settings;

use access_token::Verifier;
use password::{AT_ONCE, Cost, PasswordPolicy, Passwords};

/// The tables of this room.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "identity",
    migrations: &[
        Migration { number: 1, name: "auth_schema", sql: include_str!("../migrations/0001_auth_schema.sql") },
        Migration { number: 2, name: "signing_keys", sql: include_str!("../migrations/0002_signing_keys.sql") },
        Migration { number: 3, name: "api_keys", sql: include_str!("../migrations/0003_api_keys.sql") },
    ],
};

/// Every statement of this room.
pub const STATEMENTS: &[&[&Statement]] =
    &[user::STATEMENTS, session::STATEMENTS, sign_in::STATEMENTS, key::STATEMENTS, signing::STATEMENTS];

/// What signing in needs. Cheap to clone.
#[derive(Clone)]
pub struct Identity {
    /// Where people are kept.
    pub db: Db,
    /// Seals keys, and peppers what is only compared.
    pub vault: Vault,
    /// The time.
    pub clock: Clock,
    /// New ids.
    pub ids: Ids,
    /// Chance.
    pub random: Random,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// What a new password must be like.
    pub policy: PasswordPolicy,
    /// Signs and checks access tokens.
    pub verifier: Arc<Verifier>,
    /// How sign-in behaves here.
    pub settings: Arc<Settings>,
}

impl Identity {
    /// Loads the signing keys, and makes the first one where there is none.
    pub async fn load(db: Db, vault: Vault, clock: Clock, random: Random, settings: Settings) -> Result<Self> {
        let ids = Ids::new(clock.clone(), random.clone());
        let ring = signing::ring_load(&db, &vault, &ids, &random, &clock, &settings).await?;
        let verifier = Arc::new(signing::verifier(ring, &clock, &settings));
        let passwords = Passwords::new(Cost::OWASP, AT_ONCE, random.clone())?;
        let policy = PasswordPolicy::default();
        Ok(Self { db, vault, clock, ids, random, passwords, policy, verifier, settings: Arc::new(settings) })
    }
}
