//! Signing in by other providers, which a stand-in plays over a socket.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests too, which clippy sees in a #[test] only")]

mod browser;
#[expect(dead_code, reason = "not every test needs all of it")]
mod db {
    pub(crate) mod probe;
}
mod directory;
mod github;
#[expect(dead_code, unused_imports, reason = "not every test needs all of it")]
mod harness;
mod hostile;
mod id_token;
mod identities;
mod people;
mod realms;
mod sign_in;
mod stand_in;
