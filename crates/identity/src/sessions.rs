//! Sessions, and the access and refresh tokens of them.

pub mod access_token;
pub mod client;
pub mod refresh_token;
pub mod session;
