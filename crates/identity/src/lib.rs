//! Who is this? The Supabase Auth protocol, spoken by ourselves, and API keys.
//!
//! Read in this order: [`user`] are people, [`sign_up`] and [`sign_in`] let them in, [`session`] keeps them in,
//! [`access_token`] is what they show with every request; [`key`] is what programs show. The rest is what these are made
//! of: [`password`], [`one_time`] codes and links, [`refresh_token`], [`signing_key`], the form of an [`api_key`].

pub mod access_token;
pub mod api_key;
pub mod audit_entry;
pub mod codes;
pub mod event;
pub mod flow;
pub mod key;
pub mod one_time;
pub mod password;
mod realm;
pub mod refresh_token;
pub mod session;
mod settings;
pub mod sign_in;
pub mod sign_up;
mod signing;
pub mod signing_key;
pub mod user;

use std::{fmt::Write, pin::Pin, sync::Arc};

use freehold_core::{Clock, Ids, Random, Result};
use freehold_db::{Db, Migration, MigrationSet, Statement, SystemTx};
use freehold_vault::Vault;

pub use realm::{HOUSE, Realm, RealmKind, realm_of, realm_tenant};
pub use settings::{AuthSettings, PeopleOf, SessionSettings, Settings};

use access_token::Verifier;
use password::{AT_ONCE, Cost, PasswordPolicy, Passwords};

/// The tables of this room.
pub const MIGRATIONS: MigrationSet = MigrationSet {
    name: "identity",
    migrations: &[
        Migration { number: 1, name: "auth_schema", sql: include_str!("../migrations/0001_auth_schema.sql") },
        Migration { number: 2, name: "signing_keys", sql: include_str!("../migrations/0002_signing_keys.sql") },
        Migration { number: 3, name: "api_keys", sql: include_str!("../migrations/0003_api_keys.sql") },
        Migration { number: 4, name: "people", sql: include_str!("../migrations/0004_people.sql") },
    ],
};

/// Every statement of this room.
pub const STATEMENTS: &[&[&Statement]] = &[
    user::STATEMENTS,
    session::STATEMENTS,
    sign_in::STATEMENTS,
    flow::STATEMENTS,
    audit_entry::STATEMENTS,
    key::STATEMENTS,
    signing::STATEMENTS,
];

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
    /// What happens to somebody who signs in for the first time.
    pub newcomer: Arc<Newcomer>,
}

/// Gives somebody who signs in for the first time a place, in the transaction of the sign-in. Another room knows how.
pub type Newcomer = dyn for<'a> Fn(&'a mut SystemTx, &'a user::User) -> Settled<'a> + Send + Sync;

/// What a [`Newcomer`] answers.
pub type Settled<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

impl Identity {
    /// Loads the signing keys, and makes the first one where there is none.
    pub async fn load(
        db: Db,
        vault: Vault,
        clock: Clock,
        random: Random,
        settings: Settings,
        newcomer: Arc<Newcomer>,
    ) -> Result<Self> {
        let ids = Ids::new(clock.clone(), random.clone());
        let ring = signing::ring_load(&db, &vault, &ids, &random, &clock, &settings).await?;
        let verifier = Arc::new(signing::verifier(ring, &clock, &settings));
        let passwords = Passwords::new(Cost::OWASP, AT_ONCE, random.clone())?;
        let policy = PasswordPolicy {
            min_length: settings.auth.password_min_length,
            required: settings.auth.password_required.clone(),
        };
        Ok(Self { db, vault, clock, ids, random, passwords, policy, verifier, settings: Arc::new(settings), newcomer })
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
