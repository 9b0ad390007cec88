//! Sign-in with a Supabase project instead of Freehold's own: users sign in there and send its tokens here.
//!
//! Tokens are verified here, with the keys that the project publishes (or the secret that older projects share), so
//! most requests need no call to the project, and it may be down. Its keys are fetched every ten minutes, and when a
//! token names an unknown key, at most every few seconds. This has two consequences:
//!
//! - a key that the project revoked is rejected here at most ten minutes later;
//! - a ban, a deletion and an ended session at the project take effect within a minute, if one of its keys is set.
//!
//! The site's pages sign visitors in through the project ([`client`]).
//!
//! A user is created here when their first token arrives, and is then provisioned like any new user. The profile comes
//! from the user's newest token. [`admin`] asks the project to change its users.

pub mod admin;
pub mod client;
mod keys;
mod people;
mod standing;

use std::{fmt, sync::Arc};

use freehold_core::{Clock, Context, Error, Result, UserId};
use freehold_outbound::Outbound;
use jiff::{SignedDuration, Timestamp};
use moka::sync::Cache;
use tokio::sync::{Mutex, OnceCell};

pub use keys::jwks_count;
pub use people::STATEMENTS;
pub use standing::user_check;

use crate::{ProjectSettings, SupabaseSettings, signing_key::VerifyingKey};

/// The longest lifetime that a project can give an access token.
pub(crate) const LONGEST_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Number of users whose newest token is remembered.
const REMEMBERED: u64 = 100_000;

/// The project where users sign in.
pub struct Project {
    settings: ProjectSettings,
    /// HTTP client for its services.
    outbound: Outbound,
    /// Source of the current time.
    clock: Clock,
    /// The shared secret that older projects sign with.
    secret: Option<VerifyingKey>,
    known: Mutex<Known>,
    /// Issue time of each user's newest token that was processed.
    settled: Cache<UserId, i64>,
    /// Whether users are stored in Freehold's own tables.
    own_tables: OnceCell<bool>,
    /// Which users may still sign in.
    standings: standing::Standings,
    /// Sessions that visitors' refresh tokens were exchanged for.
    refreshed: client::Refreshed,
}

/// When the project's keys were fetched.
#[derive(Clone, Copy, Default)]
struct Known {
    tried: Option<Timestamp>,
    read: Option<Timestamp>,
}

impl Project {
    /// The project that the settings name, if they name one.
    pub(crate) fn named(settings: &SupabaseSettings, outbound: Outbound, clock: Clock) -> Result<Option<Arc<Self>>> {
        let Some(project) = settings.project.clone() else { return Ok(None) };
        let secret = settings.jwt_secret.as_ref().map(|secret| VerifyingKey::secret(secret.expose().as_bytes()));
        Ok(Some(Arc::new(Self {
            settings: project,
            outbound,
            clock,
            secret: secret.transpose().context("reading SUPABASE_JWT_SECRET")?,
            known: Mutex::default(),
            settled: Cache::new(REMEMBERED),
            own_tables: OnceCell::new(),
            standings: standing::Standings::default(),
            refreshed: client::Refreshed::default(),
        })))
    }

    /// The shared secret that older projects sign with.
    pub(crate) fn secret_key(&self) -> Vec<VerifyingKey> {
        self.secret.iter().cloned().collect()
    }

    /// Whether the pages can sign users in at the project.
    pub fn signs_in_on_pages(&self) -> bool {
        self.settings.public_key.is_some()
    }

    /// URL where the application signs its users in; none: the settings name none.
    pub fn sign_in_url(&self) -> Option<&str> {
        self.settings.sign_in_url.as_deref()
    }

    /// URL of the project's sign-in service.
    pub fn auth_url(&self) -> String {
        self.settings.auth_url()
    }
}

impl fmt::Debug for Project {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Project({})", self.settings.url)
    }
}

/// The error of sign-in calls while users sign in at a project.
pub fn elsewhere(project: &Project) -> Error {
    let message = format!("Users sign in at {}, not at this server.", project.auth_url());
    Error::new(crate::codes::FEATURE_DISABLED, message)
}
