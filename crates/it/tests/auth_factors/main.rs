//! Second factors, passkeys, and sessions.

#![expect(clippy::unwrap_used, reason = "a test's helpers are tests too, which clippy sees in a #[test] only")]

#[expect(dead_code, reason = "not every test needs all of it")]
mod db {
    pub(crate) mod probe;
}
mod factors;
#[expect(dead_code, unused_imports, reason = "not every test needs all of it")]
mod harness;
