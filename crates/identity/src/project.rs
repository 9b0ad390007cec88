//! A Supabase project instead of our own sign-in: people sign in there, and show its tokens here.
//!
//! Tokens are checked here, with the keys that the project publishes (or the secret that older projects share), so most requests
//! cost no question to it, and it may be away. Its keys are asked for every ten minutes, and when a token names a
//! key that is not known, at most every few seconds. What follows from that:
//!
//! - a key that the project revoked is refused here ten minutes later at most;
//! - a ban, a deletion and an ended session at the project are seen within a minute, where one of its keys is set.
//!
//! Our pages sign visitors in through the project ([`client`]).
//!
//! A person is made here when a token of his first comes by, and gets what a newcomer gets. What the project says of him
//! is taken from his newest token. [`admin`] asks the project to change people.

pub mod admin;
pub mod client;
mod keys;
mod people;
mod standing;

use std::{fmt, sync::Arc};

use freehold_core::{Context, Error, Result, UserId};
use jiff::{SignedDuration, Timestamp};
use moka::sync::Cache;
use tokio::sync::{Mutex, OnceCell};

pub use keys::jwks_count;
pub use people::STATEMENTS;
pub use standing::user_check;

use crate::{
    Identity, ProjectSettings, SupabaseSettings,
    access_token::{Claims, TokenError},
    signing_key::VerifyingKey,
};

/// The longest life that a project can give an access token.
pub(crate) const LONGEST_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How many people are remembered as settled.
const REMEMBERED: u64 = 100_000;

/// The project where people sign in.
pub struct Project {
    settings: ProjectSettings,
    /// What older projects sign with.
    secret: Option<VerifyingKey>,
    known: Mutex<Known>,
    /// Since when the newest token of a person holds that was looked at.
    settled: Cache<UserId, i64>,
    /// Whether people are kept in tables of ours.
    own_tables: OnceCell<bool>,
    /// Who may still come in.
    standings: standing::Standings,
    /// What refresh tokens of visitors were exchanged for.
    refreshed: client::Refreshed,
}

/// When its keys were asked for.
#[derive(Clone, Copy, Default)]
struct Known {
    tried: Option<Timestamp>,
    read: Option<Timestamp>,
}

impl Project {
    /// What the settings name, if they name one.
    pub(crate) fn named(settings: &SupabaseSettings) -> Result<Option<Arc<Self>>> {
        let Some(project) = settings.project.clone() else { return Ok(None) };
        let secret = settings.jwt_secret.as_ref().map(|secret| VerifyingKey::secret(secret.expose().as_bytes()));
        Ok(Some(Arc::new(Self {
            settings: project,
            secret: secret.transpose().context("reading SUPABASE_JWT_SECRET")?,
            known: Mutex::default(),
            settled: Cache::new(REMEMBERED),
            own_tables: OnceCell::new(),
            standings: standing::Standings::default(),
            refreshed: client::Refreshed::default(),
        })))
    }

    /// What older projects sign with.
    pub(crate) fn secret_key(&self) -> Vec<VerifyingKey> {
        self.secret.iter().cloned().collect()
    }

    /// Where people sign in.
    pub fn auth_url(&self) -> String {
        self.settings.auth_url()
    }
}

impl fmt::Debug for Project {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Project({})", self.settings.url)
    }
}

/// What a token claims, when it holds now. Where people sign in at a project, its keys are asked for when the token names
/// one that is not known, and who shows it is known from then on.
///
/// # Errors
/// A [`TokenError`] is the source of the refusal. `unavailable` when the token's key is not known, and the project, which
/// knows it, does not answer: a client must not sign its person out for that.
pub async fn token_claims(identity: &Identity, token: &str) -> Result<Result<Arc<Claims>, TokenError>> {
    let Some(project) = &identity.project else { return own_claims(identity, token).await };
    project.keys_keep(identity);
    let known = identity.verifier.ring();
    let claims = match identity.verifier.verify(token) {
        Err(TokenError::UnknownKey) => {
            if !project.keys_ask(identity, &known).await? {
                return Ok(Err(TokenError::UnknownKey));
            }
            identity.verifier.verify(token)
        }
        verified => verified,
    };
    match claims {
        Ok(claims) if claims.role == "authenticated" => {
            project.person_settle(identity, &claims).await?;
            let refused = project.standing_check(identity, &claims, token).await?;
            Ok(refused.map_or(Ok(claims), Err))
        }
        other => Ok(other),
    }
}

/// The same of a token that this deployment signed. Another server may have begun to sign with a key that is not known here.
async fn own_claims(identity: &Identity, token: &str) -> Result<Result<Arc<Claims>, TokenError>> {
    match identity.verifier.verify(token) {
        Err(TokenError::UnknownKey) => {
            let verify = || match identity.verifier.verify(token) {
                Err(TokenError::UnknownKey) => None,
                verified => Some(verified),
            };
            // The header names the key, so that all tokens of an unknown key are one question.
            let header = token.split_once('.').map_or(token, |(header, _)| header);
            let found = identity.looks.again(identity, header, verify).await?;
            Ok(found.unwrap_or(Err(TokenError::UnknownKey)))
        }
        verified => Ok(verified),
    }
}

/// Why nobody signs in here.
pub fn elsewhere(project: &Project) -> Error {
    let message = format!("People sign in at {} here, and not at this server.", project.auth_url());
    Error::new(crate::codes::FEATURE_DISABLED, message)
}
