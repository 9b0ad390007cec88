//! What identity seals secrets for.

use freehold_vault::Purpose;

/// Private keys that sign access tokens.
pub const SIGNING_KEY: Purpose = Purpose::new("signing_key");
/// The key of each session, which authenticates its refresh tokens.
pub const SESSION_KEY: Purpose = Purpose::new("session_key");
/// The pepper of API key digests.
pub const API_KEY: Purpose = Purpose::new("api_key");
/// The secrets of authenticator apps.
pub const SECOND_FACTOR: Purpose = Purpose::new("second_factor");
/// Passwords and keys of other systems: sign-in providers, service keys.
pub const CREDENTIAL: Purpose = Purpose::new("credential");
/// The pepper of the digests by which attempts are counted: of network addresses and accounts.
pub const LIMIT: Purpose = Purpose::new("limit");

/// All of them.
pub const ALL: &[Purpose] = &[SIGNING_KEY, SESSION_KEY, API_KEY, SECOND_FACTOR, CREDENTIAL, LIMIT];
