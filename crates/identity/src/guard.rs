//! Protection of sign-in: rate limits, constant-time responses, redirects, reauthentication.

pub mod even;
pub mod limit;
pub mod reauthentication;
pub mod redirect;
